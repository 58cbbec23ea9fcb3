// What a bundler does for Relay, for Node: babel-plugin-relay puts the compiled artefact where a `graphql` text stands.
import { registerHooks } from "node:module";

import { transformSync } from "@babel/core";

registerHooks({
  resolve: (name, context, next) => next(name.endsWith(".graphql") ? `${name}.ts` : name, context),
  load(url, context, next) {
    const module = next(url, context);
    if (module.format !== "module-typescript" || !String(module.source).includes("graphql`")) return module;
    const options = { filename: new URL(url).pathname, babelrc: false, plugins: ["relay"], parserOpts: { plugins: ["typescript"] } };
    return { ...module, source: transformSync(String(module.source), options).code };
  },
});
