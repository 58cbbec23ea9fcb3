// In a browser the refresh token belongs into the cookie, where no script can read it.
//
// A browser does by itself what `jar` does here by hand: it keeps the cookie, sends it back to /graphql, and says of which page it is
// by Origin, which only a page of the same site, or one that the server allows, passes. A `__Secure-` cookie needs https there.
// A page of another origin that is allowed adds `credentials: "include"` to its HttpLink.
import * as api from "../generated/graphql.ts";
import { codeOf, connect } from "./client.ts";
import { ada, endpoint, report } from "../given.ts";

function jar(origin: string) {
  const kept: string[] = [];
  const browse: typeof fetch = async (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set("origin", origin);
    const cookie = kept.at(-1)?.split(";")[0];
    if (cookie) headers.set("cookie", cookie);
    const response = await fetch(url, { ...init, headers });
    kept.push(...response.headers.getSetCookie());
    return response;
  };
  return { kept, browse };
}

const page = jar(new URL(endpoint).origin);
const { client, signIn, renew } = connect(endpoint, { fetch: page.browse });
await signIn({ ...ada, refreshTokenIn: "COOKIE" });
await renew();
const { data } = await client.query({ query: api.ViewerDocument });

// Another site has the cookie sent along, too, and gets nothing for it.
const elsewhere = jar("https://evil.example.org");
elsewhere.kept.push(...page.kept);
const stolen = await connect(endpoint, { fetch: elsewhere.browse }).renew().catch(codeOf);

report({
  viewer: data?.viewer?.user.username,
  cookies: page.kept.map((cookie) => cookie.replace(/=[\w-]{64}(?=;)/, "=…")),
  distinct: new Set(page.kept).size,
  stolen,
});
