// What the peers on Node share: connections, statements, tokens, and the resolvers of bench/schema.graphql.
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import jwt from "jsonwebtoken";
import pg from "pg";

// int8 and dates as they are read here; a DateTime is made into text once, in its scalar.
export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL) });
export const port = Number(process.argv[2]);
export const typeDefs = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");

const sql = {};
for (const name of ["viewer", "contact", "page", "after", "labels", "create"]) {
  sql[name] = { name, text: readFileSync(new URL(`../sql/bare/${name}.sql`, import.meta.url), "utf8") };
}

export async function rows(name, ...values) {
  return (await pool.query({ ...sql[name], values })).rows;
}

const tokens = new Map();

export function caller(header) {
  const token = header.slice(7);
  let claims = tokens.get(token);
  if (claims === undefined) {
    claims = jwt.verify(token, process.env.JWT_SECRET, { algorithms: ["HS256"], audience: "address-book" });
    tokens.set(token, claims);
  }
  if (claims.exp * 1000 <= Date.now()) throw new Error("expired");
  return claims;
}

export const hex = (uuid) => uuid.replaceAll("-", "");
export const plain = (moment) => moment.toISOString().replace(".000Z", "Z");

export async function labelsOf(tenant, ids) {
  const found = new Map(ids.map((id) => [id, []]));
  for (const row of await rows("labels", tenant, ids)) found.get(row.contact_id).push(row);
  return ids.map((id) => found.get(id));
}

export const resolvers = {
  Query: {
    async viewer(_root, _args, context) {
      const [row] = await rows("viewer", context.tid, context.sub);
      return {
        id: `session_${hex(context.sid)}`,
        user: { id: `user_${hex(row.id)}`, username: row.username, email: row.email, role: row.role },
        tenant: { id: `tenant_${hex(context.tid)}`, name: row.name },
      };
    },
    async contact(_root, { id }, context) {
      return (await rows("contact", context.tid, id.slice(8)))[0] ?? null;
    },
    async contacts(_root, { first = 25, after }, context) {
      const position = after == null ? [] : JSON.parse(Buffer.from(after, "base64url").toString());
      const found = await rows(after == null ? "page" : "after", context.tid, first + 1, ...position);
      const edges = found.slice(0, first).map((row) => ({
        cursor: Buffer.from(JSON.stringify([row.name_key, row.id])).toString("base64url"),
        node: row,
      }));
      return { edges, pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null } };
    },
  },
  Mutation: {
    async createContact(_root, { input: { contact } }, context) {
      const values = [randomUUID(), contact.name, contact.email, contact.phone, contact.organization];
      const [row] = await rows("create", context.tid, ...values);
      return { contact: row, userErrors: [] };
    },
  },
  Contact: { id: (row) => `contact_${hex(row.id)}`, updatedAt: (row) => row.updated_at },
  Label: { id: (row) => `label_${hex(row.id)}` },
};
