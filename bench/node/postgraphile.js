// PostGraphile 5 over the product's own tables, under its row-level security: the tenant goes along as a setting.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { caller, port } from "./common.js";

const preset = {
  extends: [PostGraphileAmberPreset],
  disablePlugins: ["PgIndexBehaviorsPlugin"], // it looks at the first column of an index alone, which is the tenant here
  pgServices: [
    makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["public"], poolConfig: { max: Number(process.env.POOL) } }),
  ],
  grafast: {
    context: (request) => ({ pgSettings: { backtrace_functions: caller(request.node.req.headers.authorization).tid.replaceAll("-", "") } }),
  },
  grafserv: { graphqlPath: "/graphql", graphiql: false },
};
const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(port, "127.0.0.1");
