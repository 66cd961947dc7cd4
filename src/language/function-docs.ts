// Kargo's functions as Markdown: signature, what it gives, parameters, an example.
// The facts are in model/schema/functions.ts.
import type { ExpressionFunction, FunctionParameter } from "../model/schema/schema";
import { typeText } from "./shapes";

/** The longest way to call it: `imageFrom(repoURL string, origin FreightOrigin) Image`. */
export function functionSignature(one: ExpressionFunction): string {
  return signatureText(one, longest(one));
}

/** One way to call it. */
export function signatureText(one: ExpressionFunction, params: readonly FunctionParameter[]): string {
  const list = params.map(({ name, type }) => `${name} ${typeText(type)}`).join(", ");
  return `${one.name}(${list}) ${typeText(one.result)}${one.mayBeNil === true ? " or nil" : ""}`;
}

function longest({ signatures }: ExpressionFunction): readonly FunctionParameter[] {
  return [...signatures].sort((a, b) => b.length - a.length)[0] ?? [];
}

/** Everything to know about it. */
export function functionDoc(one: ExpressionFunction): string {
  const ways = one.signatures.map((params) => signatureText(one, params)).join("\n");
  const params = longest(one).map(({ name, doc }) => `- \`${name}\`: ${doc}`);
  return [
    `\`\`\`go\n${ways}\n\`\`\``,
    one.doc,
    ...(params.length === 0 ? [] : [params.join("\n")]),
    `Example: \`\${{ ${one.example} }}\``,
  ].join("\n\n");
}
