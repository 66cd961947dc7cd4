// Makes documents from a JSON schema with a seed: most fit, many have one or more faults.
// Judges nothing; the judges are ours and a reference validator.

/** Raw JSON schema, as read from a file. */
export type RawSchema = { readonly [keyword: string]: unknown };

/** A stream of numbers in [0, 1) that is the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const texts = [
  "",
  "x",
  "app",
  "0644",
  "0999",
  "30s",
  "abc5sxyz",
  "5m0s",
  "1h30m",
  "Warehouse",
  "GET",
  "get",
  "https://github.com/a/b",
  "git@github.com:a/b.git",
  "http://proxy:3128",
  "a@b.example",
  "Bob <b@x>",
  "nope",
  "application/json",
  "ghcr.io/a/b:1",
  "ghcr.io/a/b",
  "oci://ghcr.io/a/b@sha256:00",
  "ghcr.io/a/b:1@sha256:00",
  "sha256:00ff",
  "A_b",
  "-x",
  "a.b-c",
  "2026-01-01T00:00:00Z",
  "yesterday",
  "True",
  "Ready",
  "é",
  "\u{1f600}",
  "Line\nbreak",
];
const oddities: readonly unknown[] = [
  null,
  "",
  "x",
  0,
  1,
  -1,
  1.5,
  2147483648,
  true,
  false,
  [],
  {},
  ["x"],
  [null],
  { a: 1 },
];

/** Looks up `$ref`s. */
export type Resolve = (
  ref: string,
  from: RawSchema,
) => { readonly schema: RawSchema; readonly root: RawSchema };

/** One document for the schema; `faults` is how likely each node is to go wrong. */
export function sample(
  schema: RawSchema,
  root: RawSchema,
  resolve: Resolve,
  random: () => number,
  faults: number,
): unknown {
  const again = (inner: RawSchema) => sample(inner, root, resolve, random, faults);
  if (typeof schema.$ref === "string") {
    const found = resolve(schema.$ref, root);
    return sample(found.schema, found.root, resolve, random, faults);
  }
  if (random() < faults) return pick(oddities, random);
  if (Array.isArray(schema.enum)) return random() < faults ? pick(texts, random) : pick(schema.enum, random);
  switch (schema.type) {
    case "string":
      return sampleText(schema, random, faults);
    case "integer":
      return pick(random() < faults ? [-1, 0, 1.5, 2147483648, 1e300] : [1, 2, 10, 2147483647], random);
    case "number":
      return pick([0, 1.5, -3], random);
    case "boolean":
      return random() < 0.5;
    case "array":
      return Array.from({ length: sampleLength(schema, random, faults) }, () =>
        again(asSchema(schema.items)),
      );
    case "object":
      return sampleObject(schema, random, faults, again);
    default:
      return pick(oddities, random);
  }
}

function sampleText(schema: RawSchema, random: () => number, faults: number): string {
  if (random() < faults || (random() < 0.25 && schema.minLength === undefined)) return pick(texts, random);
  return fittingText(schema, random);
}

/** A text that fits, if there is one among those known here. */
export function fittingText(schema: RawSchema, random: () => number, more: readonly string[] = []): string {
  const pattern = typeof schema.pattern === "string" ? new RegExp(schema.pattern) : undefined;
  const fitting = [...texts, ...more].filter((text) => {
    if (Array.isArray(schema.enum)) return schema.enum.includes(text);
    if (typeof schema.minLength === "number" && text.length < schema.minLength) return false;
    if (schema.format === "uri") return text.startsWith("http");
    if (schema.format === "email") return /^\w+@[^:]+$/.test(text);
    if (schema.format === "date-time") return text.endsWith("Z");
    return pattern === undefined || pattern.test(text);
  });
  return pick(fitting.length > 0 ? fitting : texts, random);
}

function sampleLength(schema: RawSchema, random: () => number, faults: number): number {
  const least = typeof schema.minItems === "number" && random() >= faults ? schema.minItems : 0;
  return least + Math.floor(random() * 3);
}

function sampleObject(
  schema: RawSchema,
  random: () => number,
  faults: number,
  again: (inner: RawSchema) => unknown,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  for (const [name, field] of Object.entries(asSchema(schema.properties))) {
    const likely = required.includes(name) ? 1 - faults : 0.4;
    if (random() < likely) value[name] = again(asSchema(field));
  }
  if (random() < faults)
    value[pick(["unknown", "path", "name", "constructor"], random)] = pick(oddities, random);
  const additional = schema.additionalProperties;
  if (typeof additional === "object" && additional !== null) {
    for (let more = Math.floor(random() * 3); more > 0; more--) {
      value[pick(["a", "b", "c/d"], random)] = again(asSchema(additional));
    }
  } else if (schema.properties === undefined && random() < 0.7) value.anything = pick(oddities, random);
  return value;
}

/** The value as a schema; what is none says nothing. */
export function asSchema(value: unknown): RawSchema {
  return typeof value === "object" && value !== null ? (value as RawSchema) : {};
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}
