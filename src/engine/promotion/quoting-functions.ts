// The functions that every template has: quote, unsafeQuote, asJSON, asYAML (pkg/expressions/json_templates.go).
// All give text between quotation marks, which tells a template to keep it text.
import { goQuote } from "../../base/go-text";
import { type FunctionDeclaration, toJson, types } from "../../expression/expression";
import { toGoYaml } from "./as-yaml";

const { any, string } = types;

function quoting(name: string, quote: (value: unknown) => string): FunctionDeclaration {
  return {
    name,
    signatures: [{ params: [any], result: string }],
    call: ([value = null]) => quote(value),
  };
}

function unsafeQuote(value: unknown): string {
  return `"${described("quote", () => toJson(value))}"`;
}

/** Declarations of this file. */
export const quotingFunctions: readonly FunctionDeclaration[] = [
  quoting("quote", (value) => (typeof value === "string" ? goQuote(value) : unsafeQuote(value))),
  quoting("unsafeQuote", unsafeQuote),
  quoting("asJSON", (value) => `"${described("asJSON", () => toJson(value, { indent: "  " }))}\n"`),
  quoting("asYAML", (value) => `"${described("asYAML", () => toGoYaml(value))}"`),
];

function described(name: string, write: () => string): string {
  try {
    return write();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`error applying ${name}() function: ${reason}`, { cause });
  }
}
