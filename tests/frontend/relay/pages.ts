// Two pages become one list, a new contact is appended to it, and one that changes changes wherever it is shown.
import { ConnectionHandler, createOperationDescriptor, fetchQuery, getFragment, getRequest, getSingularSelector, graphql, ROOT_ID } from "relay-runtime";

import type { pages_list$data } from "./__generated__/pages_list.graphql.ts";
import type { pagesAddMutation } from "./__generated__/pagesAddMutation.graphql.ts";
import type { pagesChangeMutation } from "./__generated__/pagesChangeMutation.graphql.ts";
import type { pagesMoreQuery } from "./__generated__/pagesMoreQuery.graphql.ts";
import type { pagesQuery } from "./__generated__/pagesQuery.graphql.ts";
import { commit, connect } from "./environment.ts";
import { ada, endpoint, report } from "../given.ts";

const Page = graphql`
  query pagesQuery($count: Int!) {
    ...pages_list @arguments(count: $count)
  }
`;

const List = graphql`
  fragment pages_list on Query
  @refetchable(queryName: "pagesMoreQuery")
  @argumentDefinitions(count: { type: "Int" }, cursor: { type: "String" }) {
    contacts(first: $count, after: $cursor) @connection(key: "pages_contacts") {
      edges {
        node {
          id
          version
          name
        }
      }
      pageInfo {
        endCursor
        hasNextPage
      }
    }
  }
`;

const Add = graphql`
  mutation pagesAddMutation($input: CreateContactInput!, $connections: [ID!]!) {
    createContact(input: $input) {
      contact @appendNode(connections: $connections, edgeTypeName: "ContactEdge") {
        id
        version
        name
      }
      userErrors {
        code
      }
    }
  }
`;

const Change = graphql`
  mutation pagesChangeMutation($input: UpdateContactInput!) {
    updateContact(input: $input) {
      contact {
        id
        version
        name
      }
      userErrors {
        __typename
        message
        ... on StaleVersionError {
          current {
            id
            version
            name
          }
        }
      }
    }
  }
`;

const { environment, signIn } = connect(endpoint);
await signIn(ada);

// What a component renders, time after time: usePaginationFragment does this for React.
const operation = createOperationDescriptor(getRequest(Page), { count: 2 });
environment.retain(operation);
await fetchQuery<pagesQuery>(environment, Page, { count: 2 }).toPromise();
const root = environment.lookup(operation.fragment).data;
const list = environment.lookup(getSingularSelector(getFragment(List), root)!);
const contacts = (data: unknown) => (data as pages_list$data).contacts!;
const rendered: string[][] = [];
const render = ({ data }: { data: unknown }) => rendered.push(contacts(data).edges.map(({ node }) => node.name));
render(list);
environment.subscribe(list, render);

const [first] = contacts(list.data).edges;
const cursor = contacts(list.data).pageInfo.endCursor;
await fetchQuery<pagesMoreQuery>(environment, getFragment(List).metadata!.refetch!.operation as never, { count: 2, cursor }).toPromise();

const connections = [ConnectionHandler.getConnectionID(ROOT_ID, "pages_contacts")];
await commit<pagesAddMutation>(environment, Add, { input: { contact: { name: "Alan" } }, connections });

const input = { id: first!.node.id, expectedVersion: first!.node.version, contact: { name: "Charles B." } };
await commit<pagesChangeMutation>(environment, Change, { input });
const again = await commit<pagesChangeMutation>(environment, Change, { input });

report({ rendered, stale: again.updateContact.userErrors });
