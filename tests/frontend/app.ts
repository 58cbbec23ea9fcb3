// A frontend in small. It is never run: what it may write, and what it may not, is what tsc --strict judges.
import type { ResultOf, TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

import { graphql, useFragment } from "./generated/index.ts";
import * as api from "./generated/graphql.ts";

/** NoInfer: the document alone says what its variables are, or a field that an input does not have would pass. */
declare function ask<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: NoInfer<Variables>,
): Promise<Result>;

export const asText = (document: TypedDocumentNode<unknown, never>): string => print(document);

/** Fragments are masked: a component reads what it asked for itself, and nothing else. */
export async function signIn(tenant: string, usernameOrEmail: string, password: string): Promise<string> {
  const { login } = await ask(api.LoginDocument, { input: { tenant, usernameOrEmail, password, refreshTokenIn: "COOKIE" } });
  const tokens = useFragment(api.TokensKeptFragmentDoc, login.tokens);
  if (tokens) return tokens.accessToken;
  const [refusal] = useFragment(api.RefusalFragmentDoc, login.userErrors);
  throw new Error(refusal?.code === "INVALID_CREDENTIALS" ? "Who are you?" : refusal?.message);
}

/** Pages: cursors go around as they came; null is the end. */
export async function* everybody(search: string): AsyncGenerator<api.ContactCardFragment> {
  let page: ResultOf<typeof api.ContactsDocument>["contacts"] | undefined;
  do {
    const variables: api.ContactsQueryVariables = {
      first: 100,
      after: page?.pageInfo.endCursor,
      search,
      filter: { or: [{ email: { isNull: false } }, { age: { gte: 18, lte: 65 } }], createdAt: { gte: "2024-01-01T00:00:00Z" } },
      orderBy: [{ field: "FAMILY_NAME" }, { field: "CREATED_AT", direction: "DESC" }],
    };
    ({ contacts: page } = await ask(api.ContactsDocument, variables));
    for (const node of page?.nodes ?? []) yield useFragment(api.ContactCardFragmentDoc, node);
  } while (page?.pageInfo.hasNextPage);
}

/** A refusal is told by its type, and the one of a lost update brings the contact as it is now. */
export async function save(id: string, expectedVersion: number, contact: api.ContactPatch): Promise<string> {
  const { updateContact } = await ask(api.UpdateContactDocument, { input: { id, expectedVersion, contact } });
  for (const error of updateContact.userErrors) {
    if (error.__typename === "StaleVersionError") return `${error.current.name} is at version ${error.current.version}`;
    // @ts-expect-error the other refusals know no current contact
    error.current;
    return `${error.path?.join(".") ?? ""}: ${error.message}`;
  }
  return "";
}

/** A node is told by its type, too, and every type has its case. */
export async function title(id: string): Promise<string | undefined> {
  const { node } = await ask(api.NodeDocument, { id });
  switch (node?.__typename) {
    case "AuditEntry":
      return node.action;
    case "Contact":
      return useFragment(api.ContactCardFragmentDoc, node).name;
    case "ExportJob":
      return node.url ?? "not yet";
    case "Invitation":
      return node.expiresAt;
    case "Label":
      return node.name;
    case "MailJob":
      return `attempt ${node.attempts}`;
    case "Session":
      return node.current ? "here" : "elsewhere";
    case "Tenant":
      return node.slug;
    case "TenantSummary":
      return node.status;
    case "User":
      return node.username;
    case undefined:
      return undefined;
    default:
      return node satisfies never;
  }
}

/** An operation that stands in the code is typed by its text. */
const WhoAmI = graphql(`query WhoAmI {
  viewer {
    id
  }
}`);
export const viewerId = async (): Promise<string | undefined> => (await ask(WhoAmI, {})).viewer?.id;

/** What the types must refuse: each line is an error, or tsc complains of the directive. */
export async function refused(): Promise<void> {
  await ask(api.RevokeSessionsDocument, { input: { scope: "OTHERS" } });
  await ask(api.LogoutDocument, {});
  const { contact } = await ask(api.ContactDocument, { id: "contact_0" });
  // @ts-expect-error a variable that is not null may not be missing
  await ask(api.ContactDocument, {});
  // @ts-expect-error an id is a text
  await ask(api.ContactDocument, { id: 7 });
  // @ts-expect-error an enum has its values alone
  await ask(api.ContactsDocument, { orderBy: [{ field: "SHOE_SIZE" }] });
  // @ts-expect-error an input has its fields alone
  await ask(api.CreateLabelDocument, { input: { name: "Friends", colour: "#2ca02c" } });
  // @ts-expect-error exactly one of the two
  await ask(api.RevokeSessionsDocument, { input: { scope: "ALL", sessionId: "session_0" } });
  // @ts-expect-error a contact that is not there is null
  contact.notes;
  // @ts-expect-error the e-mail address was asked for by the fragment, and not by this
  contact?.email;
  // @ts-expect-error a moment is a text, and no Date
  contact?.createdAt.getTime();
}
