// Relay with trusted documents: what the compiler wrote into persisted-documents.json is sent by its id.
import { fetchQuery, graphql } from "relay-runtime";

import type { trustedQuery } from "./__generated__/trustedQuery.graphql.ts";
import { connect } from "./environment.ts";
import { ada, endpoint, recorder, report } from "../given.ts";

const Viewer = graphql`
  query trustedQuery {
    viewer {
      user {
        username
      }
    }
  }
`;

const { fetched, sent } = recorder();
const { environment, signIn } = connect(endpoint, { body: ({ id }) => ({ documentId: `sha256:${id}` }), fetch: fetched });
await signIn(ada);
const data = await fetchQuery<trustedQuery>(environment, Viewer, {}).toPromise();

const text = connect(endpoint, { body: () => ({ query: "query Strange { viewer { user { username } } }" }) });
const strange = await fetchQuery(text.environment, Viewer, {}).toPromise().then(() => "answered", (error: Error) => error.message);

report({ viewer: data?.viewer?.user.username, sent, strange });
