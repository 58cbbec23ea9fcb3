// Relay for the address book: operations go with the access token, which is renewed while one waits.
import { commitMutation, Environment, graphql, Network, RecordSource, Store } from "relay-runtime";
import type { GraphQLResponse, GraphQLTaggedNode, MutationParameters, RequestParameters, Variables } from "relay-runtime";

import type { environmentLoginMutation, LoginInput } from "./__generated__/environmentLoginMutation.graphql.ts";
import type { environmentRefreshMutation } from "./__generated__/environmentRefreshMutation.graphql.ts";

const Login = graphql`
  mutation environmentLoginMutation($input: LoginInput!) {
    login(input: $input) {
      tokens {
        accessToken
        refreshToken
      }
      userErrors {
        code
      }
    }
  }
`;

const Refresh = graphql`
  mutation environmentRefreshMutation($input: RefreshInput!) {
    refresh(input: $input) {
      tokens {
        accessToken
        refreshToken
      }
      userErrors {
        code
      }
    }
  }
`;

type Payload = environmentLoginMutation["response"]["login"] | environmentRefreshMutation["response"]["refresh"];

/** A top-level error, by its code: UNAUTHENTICATED, FORBIDDEN, LIMIT_EXCEEDED … */
export class Refused extends Error {
  override name = "Refused";
}

/** An environment for one person. `body` says what of an operation is sent, and `fetch` is the browser's unless told otherwise. */
export function connect(url: string, options: { body?: (operation: RequestParameters) => object; fetch?: typeof fetch } = {}) {
  const body = options.body ?? (({ text, name }: RequestParameters) => ({ query: text, operationName: name }));
  let tokens: Payload["tokens"]; // in memory alone: whatever a page stores, a script in it can read
  let renewal: Promise<void> | undefined;

  async function post(operation: RequestParameters, variables: Variables): Promise<GraphQLResponse> {
    const response = await (options.fetch ?? fetch)(url, {
      method: "POST",
      headers: {
        accept: "application/graphql-response+json",
        "content-type": "application/json",
        ...(tokens && { authorization: `Bearer ${tokens.accessToken}` }),
      },
      body: JSON.stringify({ ...body(operation), variables }),
    });
    const answer = await response.json();
    if (answer.errors) throw new Refused(answer.errors[0].extensions.code);
    return answer;
  }

  // Whoever finds the access token expired waits for the same renewal, and is sent once more.
  async function send(operation: RequestParameters, variables: Variables): Promise<GraphQLResponse> {
    const used = tokens;
    try {
      return await post(operation, variables);
    } catch (error) {
      const expired = error instanceof Refused && error.message === "UNAUTHENTICATED";
      if (!expired || !used || operation.name === "environmentRefreshMutation") throw error;
      if (used === tokens) renewal ??= renew().finally(() => (renewal = undefined));
      await renewal;
      return post(operation, variables);
    }
  }

  const environment = new Environment({ network: Network.create(send), store: new Store(new RecordSource()) });

  /** Keeps the tokens of an answer, or throws the code of what is said against them. */
  function keep(payload: Payload): void {
    tokens = payload.tokens;
    if (!tokens) throw new Error(payload.userErrors[0]?.code);
  }

  async function signIn(input: LoginInput): Promise<void> {
    keep((await commit<environmentLoginMutation>(environment, Login, { input })).login);
  }

  async function renew(): Promise<void> {
    const input = { refreshToken: tokens?.refreshToken ?? null };
    keep((await commit<environmentRefreshMutation>(environment, Refresh, { input })).refresh);
  }

  return { environment, signIn };
}

/** One mutation, as a promise of what it answers. */
export function commit<M extends MutationParameters>(environment: Environment, mutation: GraphQLTaggedNode, variables: M["variables"]) {
  return new Promise<M["response"]>((resolve, onError) => {
    commitMutation<M>(environment, { mutation, variables, onCompleted: (response) => resolve(response), onError });
  });
}
