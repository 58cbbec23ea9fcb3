// Apollo Client 4 for the address book: pages that merge, and an access token that is renewed while a query waits.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { relayStylePagination } from "@apollo/client/utilities";
import { from, switchMap } from "rxjs";

import * as api from "../generated/graphql.ts";
import { useFragment } from "../generated/index.ts";
import possibleTypes from "../generated/possible-types.ts";

/** The first code of a top-level error: UNAUTHENTICATED, FORBIDDEN, LIMIT_EXCEEDED …; undefined where it is another failure. */
export function codeOf(error: unknown): unknown {
  return CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.["code"] : undefined;
}

/** A client for one person. `links` stand in front of the one that sends, and `fetch` is the browser's unless told otherwise. */
export function connect(uri: string, options: { links?: ApolloLink[]; fetch?: typeof fetch } = {}) {
  let tokens: api.TokensKeptFragment | undefined; // in memory alone: whatever a page stores, a script in it can read
  let renewal: Promise<void> | undefined;

  const bearer = () => (tokens ? `Bearer ${tokens.accessToken}` : undefined);
  const signed = new SetContextLink(({ headers }) => ({ headers: { ...headers, ...(tokens && { authorization: bearer() }) } }));

  // Whoever finds the access token expired waits for the same renewal, and is sent once more.
  const renewed = new ErrorLink(({ error, operation, forward }) => {
    if (codeOf(error) !== "UNAUTHENTICATED" || !tokens || operation.operationName === "Refresh") return;
    if (operation.getContext()["headers"].authorization === bearer()) renewal ??= renew().finally(() => (renewal = undefined));
    return from(renewal ?? Promise.resolve()).pipe(switchMap(() => forward(operation)));
  });

  const client = new ApolloClient({
    link: ApolloLink.from([renewed, signed, ...(options.links ?? []), new HttpLink({ uri, fetch: options.fetch ?? fetch })]),
    cache: new InMemoryCache({
      ...possibleTypes,
      typePolicies: { Query: { fields: { contacts: relayStylePagination(["search", "trashed", "filter", "orderBy"]) } } },
    }),
  });

  /** Keeps the tokens of an answer, or throws the code of what is said against them. */
  function keep(payload: api.LoginMutation["login"] | api.RefreshMutation["refresh"] | undefined): void {
    tokens = useFragment(api.TokensKeptFragmentDoc, payload?.tokens) ?? undefined;
    if (!tokens) throw new Error(useFragment(api.RefusalFragmentDoc, payload?.userErrors)?.[0]?.code);
  }

  async function signIn(input: api.LoginInput): Promise<void> {
    keep((await client.mutate({ mutation: api.LoginDocument, variables: { input } })).data?.login);
  }

  /** Spends the refresh token; where it is null, it is in the cookie, which goes along by itself. */
  async function renew(): Promise<void> {
    const input = { refreshToken: tokens?.refreshToken ?? null };
    keep((await client.mutate({ mutation: api.RefreshDocument, variables: { input } })).data?.refresh);
  }

  return { client, signIn, renew };
}
