// urql with trusted documents: it sends the digest, by GET where it reads, and the text to a server that has no manifest.
import { persistedExchange } from "@urql/exchange-persisted";

import * as api from "../generated/graphql.ts";
import { digest } from "../trusted.ts";
import { codeOf, connect } from "./client.ts";
import { ada, endpoint, recorder, report } from "../given.ts";

const { fetched, sent } = recorder();
const persisted = persistedExchange({
  generateHash: async (_text, document) => digest(document),
  enableForMutation: true,
  preferGetForPersistedQueries: "force",
});
const { client, signIn } = connect(endpoint, { exchanges: [persisted], fetch: fetched });
await signIn(ada);
const { data } = await client.query(api.ViewerDocument, {});

const text = connect(endpoint);
const strange = await text.client.query("query Strange { viewer { id } }", {});

report({ viewer: data?.viewer?.user.username, sent, strange: codeOf(strange.error) ?? "answered" });
