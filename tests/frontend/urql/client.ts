// urql for the address book: a normalised cache, pages that merge, and an access token that is renewed while a query waits.
import { Client, fetchExchange, type CombinedError, type Exchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";

import * as api from "../generated/graphql.ts";
import { useFragment } from "../generated/index.ts";
import introspection from "../generated/introspection.json" with { type: "json" };

/** The first code of a top-level error: UNAUTHENTICATED, FORBIDDEN, LIMIT_EXCEEDED …; undefined where it is another failure. */
export function codeOf(error: CombinedError | undefined): unknown {
  return error?.graphQLErrors[0]?.extensions["code"];
}

/** A client for one person. `exchanges` stand in front of the one that sends, and `fetch` is the browser's unless told otherwise. */
export function connect(url: string, options: { exchanges?: Exchange[]; fetch?: typeof fetch } = {}) {
  let tokens: api.TokensKeptFragment | undefined; // in memory alone: whatever a page stores, a script in it can read

  /** Keeps the tokens of an answer, or throws the code of what is said against them. */
  function keep(payload: api.LoginMutation["login"] | api.RefreshMutation["refresh"] | undefined): void {
    tokens = useFragment(api.TokensKeptFragmentDoc, payload?.tokens) ?? undefined;
    if (!tokens) throw new Error(useFragment(api.RefusalFragmentDoc, payload?.userErrors)?.[0]?.code);
  }

  const embedded = () => null; // what has no id lives and dies with what holds it
  const client = new Client({
    url,
    fetch: options.fetch ?? fetch,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({
        schema: introspection,
        keys: { RateLimit: embedded, StaleVersionError: embedded, TenantSettings: embedded, TenantUsage: embedded },
        resolvers: { Query: { contacts: relayPagination() } },
      }),
      authExchange(async ({ appendHeaders, mutate }) => ({
        addAuthToOperation: (operation) => (tokens ? appendHeaders(operation, { authorization: `Bearer ${tokens.accessToken}` }) : operation),
        didAuthError: (error) => tokens !== undefined && codeOf(error) === "UNAUTHENTICATED",
        refreshAuth: async () => {
          const input = { refreshToken: tokens?.refreshToken ?? null };
          keep((await mutate(api.RefreshDocument, { input })).data?.refresh);
        },
      })),
      ...(options.exchanges ?? []),
      fetchExchange,
    ],
  });

  async function signIn(input: api.LoginInput): Promise<void> {
    keep((await client.mutation(api.LoginDocument, { input })).data?.login);
  }

  return { client, signIn };
}
