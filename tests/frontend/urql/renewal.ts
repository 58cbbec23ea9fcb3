// The access token expires while the page is open: nobody notices, and the refresh token is spent once.
import * as api from "../generated/graphql.ts";
import { connect } from "./client.ts";
import { ada, endpoint, expiry, report, sent, watched } from "../given.ts";

const { client, signIn } = connect(endpoint, { fetch: watched });
await signIn(ada);
await expiry();

const [viewer, contacts] = await Promise.all([
  client.query(api.ViewerDocument, {}).toPromise(),
  client.query(api.ContactPagesDocument, { first: 1 }).toPromise(),
]);

report({ viewer: viewer.data?.viewer?.user.username, contacts: contacts.data?.contacts?.edges.length, sent: sent.sort() });
