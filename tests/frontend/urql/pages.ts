// Two pages become one list, and a contact that changes changes wherever it is shown.
import { useFragment } from "../generated/index.ts";
import * as api from "../generated/graphql.ts";
import { connect } from "./client.ts";
import { ada, endpoint, report } from "../given.ts";

const { client, signIn } = connect(endpoint);
await signIn(ada);

const cards = (data: api.ContactPagesQuery | undefined) =>
  data?.contacts?.edges.map(({ node }) => useFragment(api.ContactCardFragmentDoc, node)) ?? [];

// What a component renders, time after time.
const rendered: string[][] = [];
const page = async (after: string | null) => {
  const { data } = await client.query(api.ContactPagesDocument, { first: 2, after });
  return data;
};
client.query(api.ContactPagesDocument, { first: 2, after: null }).subscribe(({ data }) => rendered.push(cards(data).map(({ name }) => name)));

const first = await page(null);
const second = await page(first?.contacts?.pageInfo.endCursor ?? null);

// A contact lies in the cache once, by its id.
const [card] = cards(first);
const input = { id: card!.id, expectedVersion: card!.version, contact: { name: "Charles B." } };
const changed = await client.mutation(api.UpdateContactDocument, { input });

// The second time the version is of yesterday: nothing is written, and the contact as it is now comes along.
const again = await client.mutation(api.UpdateContactDocument, { input });

report({
  rendered,
  more: [first?.contacts?.pageInfo.hasNextPage, second?.contacts?.pageInfo.hasNextPage],
  merged: cards(second).map(({ name }) => name),
  changed: changed.data?.updateContact.userErrors,
  stale: again.data?.updateContact.userErrors,
});
