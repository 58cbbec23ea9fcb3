// What may go wrong: in the payload what a person can mend, thrown the rest.
import { fetchQuery, graphql } from "relay-runtime";

import type { refusalsCreateMutation } from "./__generated__/refusalsCreateMutation.graphql.ts";
import { commit, connect } from "./environment.ts";
import { ada, endpoint, linus, report } from "../given.ts";

const Names = graphql`
  query refusalsQuery {
    contacts(first: 1) {
      nodes {
        name
      }
    }
  }
`;

const Create = graphql`
  mutation refusalsCreateMutation($input: CreateContactInput!) {
    createContact(input: $input) {
      userErrors {
        __typename
        code
        path
      }
    }
  }
`;

const statuses: number[] = [];
const watched: typeof fetch = async (...request) => {
  const response = await fetch(...request);
  statuses.push(response.status);
  return response;
};
const failure = (asked: Promise<unknown>) => asked.then(() => "none", (error: Error) => [error.name, error.message]);

const stranger = connect(endpoint, { fetch: watched });
const unauthenticated = await failure(fetchQuery(stranger.environment, Names, {}).toPromise());
const wrong = await failure(stranger.signIn({ ...ada, password: "not-the-one" }));

const viewer = connect(endpoint, { fetch: watched });
await viewer.signIn(linus);
const forbidden = await failure(commit(viewer.environment, Create, { input: { contact: { name: "Edsger" } } }));

const owner = connect(endpoint, { fetch: watched });
await owner.signIn(ada);
const invalid = await commit<refusalsCreateMutation>(owner.environment, Create, { input: { contact: { name: " " } } });

report({ unauthenticated, wrong, forbidden, invalid: invalid.createContact.userErrors, statuses });
