// Quick fixes of values: what was probably meant, the words that are allowed, quotes that lack or are too many.
// Keys are fix-keys.ts, expressions fix-expressions.ts.
import { isScalar, type Scalar } from "yaml";
import { schemaAt } from "../model/schema/schema";
import type { QuickFix, Trouble } from "./code-action";
import { scalarText } from "./yaml-edits";
import { nodeAt, spanOf } from "./yaml-nodes";

/** More words than these are no menu. */
const maxWords = 8;

/** Fixes about values. */
export function valueFixes(trouble: Trouble): QuickFix[] {
  return [...didYouMean(trouble), ...replacements(trouble), ...allowedWords(trouble), ...otherType(trouble)];
}

/** Puts the likely name in place of the wrong one, in the quotes it had. */
function didYouMean(trouble: Trouble): QuickFix[] {
  const { diagnostic, span, text } = trouble;
  const suggestion = diagnostic.fix?.suggestion;
  if (suggestion === undefined) return [];
  const quote = /^(["']).*\1$/s.exec(text)?.[1];
  const isKeyOrValue = scalarAtSpan(trouble) !== undefined;
  const plain = isKeyOrValue ? scalarText(suggestion) : suggestion;
  const written = quote === undefined ? plain : quote + suggestion + quote;
  return [
    {
      title: `Change to \`${suggestion}\``,
      id: "did-you-mean",
      preferred: true,
      edits: [{ ...span, text: written }],
    },
  ];
}

function replacements({ diagnostic, span }: Trouble): QuickFix[] {
  const replacement = diagnostic.fix?.replacement;
  if (replacement === undefined) return [];
  const id = /^quote\(/.test(replacement.text) ? "quote" : "replace";
  return [{ title: replacement.title, id, preferred: true, edits: [{ ...span, text: replacement.text }] }];
}

function allowedWords(trouble: Trouble): QuickFix[] {
  const { diagnostic, resource, path, span } = trouble;
  if (diagnostic.rule !== "enum" || resource?.schema === undefined) return [];
  const schema = schemaAt(resource.schema.schema, path, resource.value)?.schema;
  const words = schema?.type === "string" ? (schema.enum ?? []).filter((word) => word !== "") : [];
  if (words.length > maxWords) return [];
  return words
    .filter((word) => word !== diagnostic.fix?.suggestion)
    .map((word) => ({
      title: `Change to \`${word}\``,
      id: "allowed-value",
      edits: [{ ...span, text: scalarText(word) }],
    }));
}

/** `5` where text is wanted, `"5"` where a number is, one value where a list is. */
function otherType(trouble: Trouble): QuickFix[] {
  const { diagnostic, resource, path, span, unit } = trouble;
  if (diagnostic.rule !== "type" || resource?.schema === undefined) return [];
  const scalar = scalarAt(trouble);
  const schema = schemaAt(resource.schema.schema, path, resource.value)?.schema;
  if (scalar === undefined || schema === undefined) return [];
  const text = unit.text.slice(span.start, span.end);
  if (schema.type === "string" && /^(?:number|boolean|bigint)$/.test(typeof scalar.value))
    return [
      {
        title: "Put it in quotes",
        id: "add-quotes",
        preferred: true,
        edits: [{ ...span, text: JSON.stringify(text) }],
      },
    ];
  if (schema.type === "array" && scalar.value !== null && schema.items.type === typeof scalar.value)
    return [
      { title: "Make it a list", id: "make-list", preferred: true, edits: [{ ...span, text: `[${text}]` }] },
    ];
  const bare = typeof scalar.value === "string" ? scalar.value : "";
  const fits =
    schema.type === "boolean"
      ? /^(?:true|false)$/
      : schema.type === "integer"
        ? /^-?\d+$/
        : /^-?\d+(?:\.\d+)?$/;
  const isScalarType = schema.type === "boolean" || schema.type === "integer" || schema.type === "number";
  if (!isScalarType || !fits.test(bare) || bare === text) return [];
  return [
    {
      title: "Take off the quotes",
      id: "remove-quotes",
      preferred: true,
      edits: [{ ...span, text: bare }],
    },
  ];
}

function scalarAt({ resource, path, unit }: Trouble): Scalar | undefined {
  const found = resource === undefined ? undefined : nodeAt(resource.node, path, unit.tree.document);
  return found?.shared !== true && isScalar(found?.node) ? found.node : undefined;
}

/** The key or value that the diagnostic marks as a whole. */
function scalarAtSpan(trouble: Trouble): Scalar | undefined {
  const { resource, path, unit, span } = trouble;
  const found = resource === undefined ? undefined : nodeAt(resource.node, path, unit.tree.document);
  return [found?.key, found?.node]
    .filter((node): node is Scalar => isScalar(node))
    .find((node) => spanOf(node)?.start === span.start && spanOf(node)?.end === span.end);
}
