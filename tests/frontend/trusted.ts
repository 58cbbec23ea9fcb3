// Trusted documents: instead of its text an operation sends the digest by which the manifest knows it.
import type { DocumentNode } from "graphql";

/** The sha256, in hexadecimal, that codegen embedded into a document. Throws where codegen did not make it. */
export function digest(document: DocumentNode): string {
  const { __meta__ } = document as { __meta__?: { hash: string } };
  if (!__meta__) throw new Error("This document is in no manifest.");
  return __meta__.hash.replace("sha256:", "");
}
