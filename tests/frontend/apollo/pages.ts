// Two pages become one list, and a contact that changes changes wherever it is shown.
import { filter, firstValueFrom, map } from "rxjs";

import { useFragment } from "../generated/index.ts";
import * as api from "../generated/graphql.ts";
import { connect } from "./client.ts";
import { ada, endpoint, report } from "../given.ts";

const { client, signIn } = connect(endpoint);
await signIn(ada);

const list = client.watchQuery({ query: api.ContactPagesDocument, variables: { first: 2 } });
const cards = (contacts: api.ContactPagesQuery["contacts"]) =>
  contacts?.edges.map(({ node }) => useFragment(api.ContactCardFragmentDoc, node)) ?? [];

// What a component renders, time after time.
const renderings = list.pipe(filter(({ loading }) => !loading), map(({ data }) => (data as api.ContactPagesQuery).contacts));
const rendered: string[][] = [];
renderings.subscribe((contacts) => rendered.push(cards(contacts).map(({ name }) => name)));
const first = await firstValueFrom(renderings);

const more = await list.fetchMore({ variables: { after: first?.pageInfo.endCursor } });

// A contact lies in the cache once, by its id.
const [card] = cards(first);
const input = { id: card!.id, expectedVersion: card!.version, contact: { name: "Charles B." } };
const { data } = await client.mutate({ mutation: api.UpdateContactDocument, variables: { input } });

// The second time the version is of yesterday: nothing is written, and the contact as it is now comes along.
const again = await client.mutate({ mutation: api.UpdateContactDocument, variables: { input } });

report({
  rendered,
  more: [first?.pageInfo.hasNextPage, more.data?.contacts?.pageInfo.hasNextPage],
  cached: Object.keys(client.extract() as object).filter((key) => key.startsWith("Contact:")).length,
  changed: data?.updateContact.userErrors,
  stale: again.data?.updateContact.userErrors,
});
