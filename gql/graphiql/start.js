// GraphiQL against this server's own /graphql. Nothing is kept beyond the page: storage is in memory,
// since a query may hold a password and a header a token.
import { GraphiQL, createElement, createRoot } from "./graphiql.min.js";

const WELCOME = `# Welcome to Address Book. Choose SignIn under ▶,
# then Contacts. The page keeps the access token,
# in memory only, and sends it with each request.
# To send another, use the Headers pane:
# {"Authorization": "Bearer …"}

mutation SignIn {
  login(
    input: {
      tenant: "demo"
      usernameOrEmail: "ada"
      password: "address-book-demo"
    }
  ) {
    tokens { accessToken }
    viewer { user { username role } }
    userErrors { code message }
  }
}

query Contacts {
  contacts(first: 5, search: "an") {
    nodes { id name email }
    pageInfo { hasNextPage endCursor }
  }
}
`;

let accessToken = null;

async function ask(operation, { headers = {} } = {}) {
  const given = new Headers(headers);
  const ours = accessToken !== null && !given.has("Authorization");
  if (ours) given.set("Authorization", `Bearer ${accessToken}`);
  given.set("Accept", "application/graphql-response+json, application/json");
  given.set("Content-Type", "application/json");
  let response;
  try {
    response = await fetch("/graphql", { method: "POST", headers: given, body: JSON.stringify(operation) });
  } catch {
    return failed("The server does not answer. Does it run?");
  }
  const answer = await response.json().catch(() => failed(`The answer is no JSON: ${response.status} ${response.statusText}`));
  remember(answer, ours);
  return answer;
}

// As the server would say it: an error that is thrown shows its stack.
function failed(message) {
  return { errors: [{ message }] };
}

// login, signup and refresh answer alike: whatever field brings tokens, the newest counts.
function remember(answer, ours) {
  const ended = answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED");
  if (ended && ours) accessToken = null;
  for (const payload of Object.values(answer.data ?? {})) {
    if (payload?.tokens?.accessToken) accessToken = payload.tokens.accessToken;
  }
}

function inMemory() {
  const kept = new Map();
  return {
    get length() { return kept.size; },
    clear: () => kept.clear(),
    getItem: (key) => kept.get(key) ?? null,
    removeItem: (key) => kept.delete(key),
    setItem: (key, value) => kept.set(key, String(value)),
  };
}

// The documentation's search promises Ctrl-K, but GraphiQL listens to ⌘-K alone.
addEventListener("keydown", (event) => {
  const search = document.querySelector(".graphiql-doc-explorer-search input");
  if (search === null || !event.ctrlKey || event.key !== "k") return;
  event.preventDefault();
  search.focus();
});

createRoot(document.getElementById("graphiql")).render(
  createElement(GraphiQL, {
    fetcher: ask,
    storage: inMemory(),
    defaultQuery: WELCOME,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
  }),
);
