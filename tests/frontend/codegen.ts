import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: ["operations/*.graphql", "app.ts"],
  generates: {
    "generated/": {
      preset: "client",
      // Every scalar must have its type here: an unknown one is an error, and no `any` slips in.
      config: { scalars: { DateTime: "string", ID: "string" }, strictScalars: true, useTypeImports: true },
    },
  },
};

export default config;
