import graphql from "@graphql-eslint/eslint-plugin";

// All that graphql-eslint recommends for operations.
export default [
  {
    files: ["operations/*.graphql"],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: "../../schema.graphql", documents: "operations/*.graphql" } },
    },
    plugins: { "@graphql-eslint": graphql },
    rules: graphql.configs["flat/operations-recommended"].rules,
  },
];
