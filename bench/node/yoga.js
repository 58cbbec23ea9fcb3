// GraphQL Yoga on Node's own server, with a DataLoader for the labels.
import { createServer } from "node:http";
import DataLoader from "dataloader";
import { GraphQLScalarType } from "graphql";
import { createSchema, createYoga } from "graphql-yoga";
import { caller, labelsOf, plain, port, resolvers, typeDefs } from "./common.js";

const yoga = createYoga({
  schema: createSchema({
    typeDefs,
    resolvers: {
      ...resolvers,
      Contact: { ...resolvers.Contact, labels: (row, _args, context) => context.labels.load(row.id) },
      DateTime: new GraphQLScalarType({ name: "DateTime", serialize: plain }),
    },
  }),
  context({ request }) {
    const claims = caller(request.headers.get("authorization"));
    return { ...claims, labels: new DataLoader((ids) => labelsOf(claims.tid, ids)) };
  },
  logging: false,
  graphiql: false,
});
createServer(yoga).listen(port, "127.0.0.1");
