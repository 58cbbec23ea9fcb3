// What the tests give each program, and how it tells what came of it.
import type { LoginInput } from "./generated/graphql.ts";

const [, , address, password] = process.argv as [string, string, string, string];

/** The server's /graphql. */
export const endpoint = address;

const person = (usernameOrEmail: string): LoginInput => ({ tenant: "acme", usernameOrEmail, password });
/** An OWNER. */
export const ada = person("ada");
/** A VIEWER. */
export const linus = person("linus");

/** Until the access token of now has expired: the test lets it live three seconds, counted in whole ones. */
export const expiry = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3100));

/** A fetch that remembers how it went: the method, whether a text was sent, and the status. */
export function recorder() {
  const sent: [string | undefined, "text" | "digest", number][] = [];
  const fetched: typeof fetch = async (url, init) => {
    const response = await fetch(url, init);
    const asked = init?.body ? JSON.parse(String(init.body)) : Object.fromEntries(new URL(String(url)).searchParams);
    sent.push([init?.method, asked.query ? "text" : "digest", response.status]);
    return response;
  };
  return { fetched, sent };
}

/** Tells the test. */
export const report = (outcome: unknown): void => console.log(JSON.stringify(outcome));

/** What was sent through `watched`: each operation's name, and the status of its answer. */
export const sent: [string, number][] = [];

export const watched: typeof fetch = async (url, init) => {
  const response = await fetch(url, init);
  sent.push([JSON.parse(String(init?.body)).operationName, response.status]);
  return response;
};
