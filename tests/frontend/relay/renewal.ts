// The access token expires while the page is open: nobody notices, and the refresh token is spent once.
import { fetchQuery, graphql } from "relay-runtime";

import type { renewalContactsQuery } from "./__generated__/renewalContactsQuery.graphql.ts";
import type { renewalViewerQuery } from "./__generated__/renewalViewerQuery.graphql.ts";
import { connect } from "./environment.ts";
import { ada, endpoint, expiry, report, sent, watched } from "../given.ts";

const Contacts = graphql`
  query renewalContactsQuery {
    contacts(first: 1) {
      nodes {
        name
      }
    }
  }
`;

const Viewer = graphql`
  query renewalViewerQuery {
    viewer {
      user {
        username
      }
    }
  }
`;

const { environment, signIn } = connect(endpoint, { fetch: watched });
await signIn(ada);
await expiry();

const [viewer, contacts] = await Promise.all([
  fetchQuery<renewalViewerQuery>(environment, Viewer, {}).toPromise(),
  fetchQuery<renewalContactsQuery>(environment, Contacts, {}).toPromise(),
]);

report({ viewer: viewer?.viewer?.user.username, contacts: contacts?.contacts?.nodes.length, sent: sent.sort() });
