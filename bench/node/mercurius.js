// mercurius with its just-in-time compiler; with `seen` as the second argument also with its ecosystem's logs and metrics.
import Fastify from "fastify";
import mercurius from "mercurius";
import { GraphQLScalarType } from "graphql";
import prom from "prom-client";
import { caller, labelsOf, plain, port, resolvers, typeDefs } from "./common.js";

const seen = process.argv[3] === "seen";
const app = Fastify({ logger: seen });

if (seen) {
  prom.collectDefaultMetrics();
  const timed = new prom.Histogram({ name: "request_duration_seconds", help: "By operation.", labelNames: ["operation", "status"] });
  app.addHook("onResponse", async (request, reply) => {
    timed.labels(request.body?.operationName ?? "other", reply.statusCode).observe(reply.elapsedTime / 1000);
  });
  app.get("/metrics", async () => prom.register.metrics());
}

const DateTime = new GraphQLScalarType({ name: "DateTime", serialize: plain });
const loaders = {
  Contact: {
    labels: { opts: { cache: false }, loader: (queries, context) => labelsOf(context.tid, queries.map(({ obj }) => obj.id)) },
  },
};
app.register(mercurius, {
  schema: typeDefs,
  resolvers: { ...resolvers, DateTime },
  loaders,
  jit: 1,
  context: (request) => caller(request.headers.authorization),
});
await app.listen({ host: "127.0.0.1", port });
