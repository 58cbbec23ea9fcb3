import type { CodegenConfig } from "@graphql-codegen/cli";
import { Kind, visit, type DocumentNode, type FieldNode } from "graphql";

/**
 * Adds what caches by type ask for, as they do themselves: __typename in every selection but that of the root. (The preset's own
 * transform adds it there, too; then no answer is ever empty, and the status of a refusal is lost.)
 */
function typed(document: DocumentNode): DocumentNode {
  const __typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };
  return visit(document, {
    SelectionSet(node, _key, parent) {
      const root = parent && "kind" in parent && parent.kind === Kind.OPERATION_DEFINITION;
      const asked = node.selections.some((one) => one.kind === Kind.FIELD && one.name.value === "__typename");
      return root || asked ? undefined : { ...node, selections: [__typename, ...node.selections] };
    },
  });
}

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: ["operations/*.graphql", "app.ts"],
  generates: {
    "generated/": {
      preset: "client",
      // The manifest of trusted documents, persisted-documents.json: the sha256 of each text, and the text.
      presetConfig: { persistedDocuments: true },
      documentTransforms: [
        { transform: ({ documents }) => documents.map((file) => ({ ...file, ...(file.document && { document: typed(file.document) }) })) },
      ],
      // Every scalar must have its type here: an unknown one is an error, and no `any` slips in.
      config: { scalars: { DateTime: "string", ID: "string", JSON: "unknown" }, strictScalars: true, useTypeImports: true, importExtension: ".ts" },
    },
    // What caches by type want to know: which types an interface has, and which fields a type.
    "generated/possible-types.ts": { plugins: ["fragment-matcher"], config: { useExplicitTyping: false } },
    "generated/introspection.json": { plugins: ["introspection"], config: { minify: true } },
  },
};

export default config;
