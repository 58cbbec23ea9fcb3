// What may go wrong: in the payload what a person can mend, at the top level the rest. And the simplest client of all.
import { cacheExchange, Client, fetchExchange } from "@urql/core";

import { useFragment } from "../generated/index.ts";
import * as api from "../generated/graphql.ts";
import { codeOf, connect } from "./client.ts";
import { ada, endpoint, linus, report } from "../given.ts";

const stranger = new Client({ url: endpoint, preferGetMethod: false, exchanges: [cacheExchange, fetchExchange] });
const nobody = await stranger.query(api.ViewerDocument, {});
const unauthenticated = await stranger.query(api.ContactPagesDocument, {});
const wrong = await stranger.mutation(api.LoginDocument, { input: { ...ada, password: "not-the-one" } });

const viewer = connect(endpoint);
await viewer.signIn(linus);
const forbidden = await viewer.client.mutation(api.CreateContactDocument, { input: { contact: { name: "Edsger" } } });

const owner = connect(endpoint);
await owner.signIn(ada);
const invalid = await owner.client.mutation(api.CreateContactDocument, { input: { contact: { name: "Edsger", email: "nowhere" } } });

report({
  nobody: nobody.data?.viewer,
  unauthenticated: [codeOf(unauthenticated.error), unauthenticated.error?.response.status],
  wrong: useFragment(api.RefusalFragmentDoc, wrong.data?.login.userErrors)?.map(({ code }) => code),
  forbidden: [codeOf(forbidden.error), forbidden.error?.response.status],
  invalid: useFragment(api.RefusalFragmentDoc, invalid.data?.createContact.userErrors)?.map(({ code, path }) => [code, path]),
});
