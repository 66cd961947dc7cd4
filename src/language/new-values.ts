// What to write where a key must be and nobody has said with which value: the only word allowed, the only resource of
// that kind, the keys an object must have, or an empty text that waits to be filled in.
import type { Schema } from "../model/schema/schema";
import type { Trouble } from "./code-action";
import { scalarText } from "./yaml-edits";

/** Lines of `name: …`, from column 0. */
export function placeholderLines(
  name: string,
  schema: Schema,
  about: Pick<Trouble, "index" | "resource">,
): string[] {
  switch (schema.type) {
    case "object": {
      const inner = schema.required.flatMap((key) => {
        const field = schema.fields[key];
        return field === undefined ? [] : placeholderLines(key, field, about);
      });
      return inner.length === 0 ? [`${name}: {}`] : [`${name}:`, ...inner.map((line) => `  ${line}`)];
    }
    case "array": {
      const entry = entryLines(schema.items, about);
      return entry.length === 0 ? [`${name}: []`] : [`${name}:`, ...entry];
    }
    default:
      return [`${name}: ${scalarFor(schema, about)}`];
  }
}

function entryLines(schema: Schema, about: Pick<Trouble, "index" | "resource">): string[] {
  if (schema.type !== "object") return [];
  const inner = schema.required.flatMap((key) => {
    const field = schema.fields[key];
    return field === undefined ? [] : placeholderLines(key, field, about);
  });
  return inner.map((line, index) => `${index === 0 ? "- " : "  "}${line}`);
}

function scalarFor(schema: Schema, about: Pick<Trouble, "index" | "resource">): string {
  if (schema.type === "boolean") return String(schema.default ?? false);
  if (schema.type === "integer" || schema.type === "number")
    return String(schema.default ?? schema.minimum ?? 0);
  if (schema.type !== "string") return "{}";
  const word = schema.enum?.[0] ?? (typeof schema.default === "string" ? schema.default : undefined);
  if (word !== undefined) return scalarText(word);
  return scalarText(onlyResource(schema.reference?.kinds[0], about) ?? "");
}

/** The name of the only resource of a kind in the namespace. */
function onlyResource(
  kind: string | undefined,
  { index, resource }: Pick<Trouble, "index" | "resource">,
): string | undefined {
  if (kind === undefined) return undefined;
  const metadata = resource?.value.metadata as { readonly namespace?: unknown } | undefined;
  const namespace = typeof metadata?.namespace === "string" ? metadata.namespace : undefined;
  const names = index.all(kind, namespace).flatMap(({ facts }) => facts.name ?? []);
  return names.length === 1 ? names[0] : undefined;
}
