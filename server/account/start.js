// What the link of a letter leads to. Its token stands behind the #, which no server and no proxy sees, and is used by the button
// alone: programs that look at the links of letters use nothing up.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
// Another link may be opened where this one was.
addEventListener("hashchange", () => location.reload());

const form = document.querySelector("form");
const told = document.getElementById("told");
const page = form.dataset.does;

const DONE = {
  verify: () => "Your e-mail address is confirmed. You can sign in now.",
  reset: () => "Your new password is saved, and all your devices are signed out. You can sign in now.",
  invitation: ({ viewer: { user, tenant } }) =>
    `Welcome to ${tenant.name}. You can sign in now: the address book is “${tenant.slug}”, and your username is “${user.username}”.`,
};

// What the server could not do, in words of ours: none of it is about what was typed.
class Failed extends Error {}

async function read(address, request) {
  let response;
  try {
    response = await fetch(address, { credentials: "omit", ...request });
  } catch {
    throw new Failed("The server cannot be reached. Try again in a moment.");
  }
  try {
    return await response.json();
  } catch {
    throw new Failed("The server did not answer as it should. Try again in a moment.");
  }
}

async function ask(document, variables, headers = {}) {
  const answer = await read("../graphql", {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json", Accept: "application/graphql-response+json" },
    body: JSON.stringify({ query: document, variables }),
  });
  if (answer.errors) throw new Failed(answer.errors[0].message);
  return Object.values(answer.data)[0];
}

async function send() {
  const documents = await read("documents.json");
  const given = Object.fromEntries(new FormData(form));
  const payload = await ask(documents[page], { input: { ...given, [page === "invitation" ? "invitationToken" : "token"]: token } });
  const fault = payload.userErrors[0];
  if (fault) return refuse(fault);
  form.remove();
  tell(DONE[page](payload));
  // This page keeps no session: people sign in where they use their address book.
  if (payload.tokens) await ask(documents.leave, {}, { Authorization: `Bearer ${payload.tokens.accessToken}` });
}

function refuse({ message, path }) {
  const field = form.elements.namedItem(path?.[0] ?? "");
  // With a dead link no other try will do.
  if (path?.[0].toLowerCase().endsWith("token")) form.remove();
  tell(message, true);
  if (!field) return;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-errormessage", "told");
  field.focus();
}

function tell(message, wrong = false) {
  told.textContent = message;
  told.className = wrong ? "wrong" : "";
  told.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  tell("One moment …");
  for (const field of form.elements) field.removeAttribute("aria-invalid");
  try {
    await send();
  } catch (failure) {
    if (!(failure instanceof Failed)) throw failure;
    tell(failure.message, true);
  } finally {
    button.disabled = false;
  }
});

document.getElementById("show")?.addEventListener("change", ({ target }) => {
  document.getElementById("password").type = target.checked ? "text" : "password";
});

if (token) form.hidden = false;
else tell("Open the link in your letter again: this page needs all of it.", true);
