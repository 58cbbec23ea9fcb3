// Apollo Client with trusted documents: it sends the digest, by GET where it reads, and the text to a server that has no manifest.
import { gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

import * as api from "../generated/graphql.ts";
import { digest } from "../trusted.ts";
import { codeOf, connect } from "./client.ts";
import { ada, endpoint, recorder, report } from "../given.ts";

const { fetched, sent } = recorder();
const persisted = new PersistedQueryLink({ generateHash: digest, useGETForHashedQueries: true });
const { client, signIn } = connect(endpoint, { links: [persisted], fetch: fetched });
await signIn(ada);
const { data } = await client.query({ query: api.ViewerDocument });

const text = connect(endpoint);
const strange = await text.client.query({ query: gql("query Strange { viewer { id } }") }).then(() => "answered", codeOf);

report({ viewer: data?.viewer?.user.username, sent, strange });
