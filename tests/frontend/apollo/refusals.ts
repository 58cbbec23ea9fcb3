// What may go wrong: in the payload what a person can mend, at the top level the rest.
import { useFragment } from "../generated/index.ts";
import * as api from "../generated/graphql.ts";
import { codeOf, connect } from "./client.ts";
import { ada, endpoint, linus, report } from "../given.ts";

const statuses: number[] = [];
const watched: typeof fetch = async (...request) => {
  const response = await fetch(...request);
  statuses.push(response.status);
  return response;
};
const failure = (asked: Promise<unknown>) => asked.then(() => "none", codeOf);
const create = (contact: api.ContactDraft) => ({ mutation: api.CreateContactDocument, variables: { input: { contact } } });

const stranger = connect(endpoint, { fetch: watched });
const unauthenticated = await failure(stranger.client.query({ query: api.ContactPagesDocument }));

const wrong = await stranger.signIn({ ...ada, password: "not-the-one" }).catch((error: Error) => error.message);

const viewer = connect(endpoint, { fetch: watched });
await viewer.signIn(linus);
const forbidden = await failure(viewer.client.mutate(create({ name: "Edsger" })));

const owner = connect(endpoint, { fetch: watched });
await owner.signIn(ada);
const made = await owner.client.mutate(create({ name: "Edsger", email: "edsger@example.org" }));
const invalid = await owner.client.mutate(create({ name: "Edsger", email: "nowhere" }));

report({
  unauthenticated,
  wrong,
  forbidden,
  statuses,
  made: useFragment(api.ContactCardFragmentDoc, made.data?.createContact.contact),
  invalid: useFragment(api.RefusalFragmentDoc, invalid.data?.createContact.userErrors),
});
