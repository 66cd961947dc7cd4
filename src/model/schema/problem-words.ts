// The words problems are told in: names of places and types, nearest names, and what a template looks like.
// Finds no problem itself.
import type { Path } from "./lookup";
import type { Schema } from "./types";

/** True for a text that holds an expression in `${{ }}` or `${% %}`. */
export function isTemplate(value: unknown): value is string {
  return typeof value === "string" && /\$\{[{%]/.test(value);
}

/** A place in words: `` `interval` ``, or ``Entry 2 of `stages` ``. */
export function label(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return "The document";
  if (typeof last === "string") return `\`${last}\``;
  const list = path.findLast((segment) => typeof segment === "string");
  return list === undefined ? `Entry ${last + 1}` : `Entry ${last + 1} of \`${list}\``;
}

/** Names as a list in a sentence. */
export function labels(names: readonly string[], conjunction: "and" | "or" = "and"): string {
  const quoted = names.map((name) => `\`${name}\``);
  const last = quoted.pop() ?? "";
  return quoted.length === 0 ? last : `${quoted.join(", ")} ${conjunction} ${last}`;
}

/** The type of a value in words. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "true or false" : "a number";
}

/** The type a schema asks for, in words. */
export function wantedType(schema: Schema): string {
  switch (schema.type) {
    case "string":
      return "text";
    case "integer":
      return "a whole number";
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    case "object":
      return "an object";
    case "union":
      return schema.of.map(wantedType).join(" or ");
    default:
      return "a value";
  }
}

/** The candidate that `name` was probably meant to be; undefined when none is near. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), limit);
    if (distance < least && candidate !== "") {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** Number of characters to add, drop, replace or swap with the neighbour; `limit + 1` when there are more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? limit + 1;
}
