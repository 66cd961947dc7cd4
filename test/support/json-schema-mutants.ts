// Documents that hold one certain field of a JSON schema, and what can be wrong in such a document: one fault each, with
// the place where it is. Judges nothing.
import { asSchema, fittingText, type RawSchema, type Resolve, sample } from "./json-schema-samples";

/** A way down a schema: names of fields, `0` for entries of lists, `*` for free keys. */
export type SchemaWay = readonly (string | 0)[];
/** A place in a document. */
export type Place = readonly (string | number)[];

/** Where schemas are looked up and chance comes from. */
export interface Source {
  readonly root: RawSchema;
  readonly resolve: Resolve;
  readonly random: () => number;
  /** Texts that do where a field of that name asks for more than its schema says. */
  readonly texts?: Readonly<Record<string, string>>;
}

interface Resolved {
  readonly schema: RawSchema;
  readonly root: RawSchema;
}

/** Free keys are named so. */
const freeKey = "free";

function resolved(schema: RawSchema, root: RawSchema, resolve: Resolve): Resolved {
  if (typeof schema.$ref !== "string") return { schema, root };
  const found = resolve(schema.$ref, root);
  return resolved(found.schema, found.root, resolve);
}

/** Every field below a schema. A definition within itself is entered once. */
export function* waysBelow(
  raw: RawSchema,
  { root, resolve }: Source,
  way: SchemaWay = [],
  above: readonly RawSchema[] = [],
): Iterable<SchemaWay> {
  const { schema, root: inner } = resolved(raw, root, resolve);
  if (way.length > 0) yield way;
  if (above.includes(schema)) return;
  for (const [segment, below] of membersOf(schema)) {
    yield* waysBelow(
      below,
      { root: inner, resolve, random: Math.random },
      [...way, segment],
      [...above, schema],
    );
  }
}

function membersOf(schema: RawSchema): readonly (readonly [string | 0, RawSchema])[] {
  const fields = Object.entries(asSchema(schema.properties)).map(
    ([name, field]) => [name, asSchema(field)] as const,
  );
  const items = schema.items === undefined ? [] : [[0, asSchema(schema.items)] as const];
  const free = isFree(schema) ? [["*", asSchema(schema.additionalProperties)] as const] : [];
  return [...fields, ...items, ...free];
}

function isFree({ additionalProperties }: RawSchema): boolean {
  return typeof additionalProperties === "object" && additionalProperties !== null;
}

/** A document in which the way leads to a value; fields beside it that need not be there are there so often. */
export function documentWith(
  raw: RawSchema,
  way: SchemaWay,
  source: Source,
  often: number,
  name = "",
): unknown {
  const { random, resolve } = source;
  const { schema, root } = resolved(raw, source.root, resolve);
  const below = { ...source, root };
  const [first, ...rest] = way;
  const next = (inner: unknown, named: string, further: SchemaWay = []) =>
    documentWith(asSchema(inner), further, below, often, named);
  if (schema.type === "string" && schema.enum === undefined) return textFor(schema, name, source);
  if (schema.type === "array") {
    const least = typeof schema.minItems === "number" ? schema.minItems : 0;
    const count = Math.max(least, first === undefined && random() > often ? 0 : 1);
    return Array.from({ length: count }, (_, index) => next(schema.items, name, index === 0 ? rest : []));
  }
  if (schema.type !== "object" || (schema.properties === undefined && !isFree(schema))) {
    return sample(schema, root, resolve, random, 0);
  }
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const value: Record<string, unknown> = {};
  for (const [field, inner] of Object.entries(asSchema(schema.properties))) {
    if (field === first) value[field] = next(inner, field, rest);
    else if (required.includes(field) || random() < often) value[field] = next(inner, field);
  }
  if (first === "*" || (isFree(schema) && random() < often)) {
    value[freeKey] = next(schema.additionalProperties, freeKey, first === "*" ? rest : []);
  }
  return value;
}

function textFor(schema: RawSchema, name: string, { texts = {}, random }: Source): string {
  const known = Object.hasOwn(texts, name) ? texts[name] : undefined;
  const doesFit =
    known !== undefined && (typeof schema.pattern !== "string" || new RegExp(schema.pattern).test(known));
  return doesFit ? known : fittingText(schema, random, ["Failed", "Error", "Errored"]);
}

/** Where the way leads in a document of `documentWith`. */
export function placeOf(way: SchemaWay): Place {
  return way.map((segment) => (segment === "*" ? freeKey : segment));
}

/** The schema at the end of a way. */
export function schemaAtEnd(
  raw: RawSchema,
  way: SchemaWay,
  { root, resolve }: Omit<Source, "random">,
): Resolved {
  let at = resolved(raw, root, resolve);
  for (const segment of way) {
    const { schema } = at;
    const below =
      segment === 0
        ? schema.items
        : segment === "*"
          ? schema.additionalProperties
          : asSchema(schema.properties)[segment];
    at = resolved(asSchema(below), at.root, resolve);
  }
  return at;
}

/** One fault. */
export interface Mutant {
  readonly fault: string;
  readonly value: unknown;
  /** What a validator should point at: a value, a key, or the object that lacks something. */
  readonly at: Place;
  readonly part: "value" | "key" | "holder";
}

/** Everything that can be wrong with the value at a place, and with the object it stands in. */
export function* mutantsAt(
  document: unknown,
  place: Place,
  { schema, root }: Resolved,
  source: Source,
): Iterable<Mutant> {
  const value = valueAt(document, place);
  const set = (fault: string, changed: unknown): Mutant => {
    return { fault, value: withValue(document, place, changed), at: place, part: "value" };
  };
  // What is wrong with an entry of a list or a map is the matter of the entry.
  const own = schema.type === "array" ? "list" : schema.type === "object" ? "map" : undefined;
  for (const [name, other] of Object.entries(otherTypes)) if (name !== own) yield set(`type ${name}`, other);
  for (const [fault, changed] of faultyValues(schema, value)) yield set(fault, changed);
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    (schema.uniqueItems === true || schema[setOf] !== undefined)
  ) {
    const changed = withValue(document, place, [...value, value[0]]);
    yield { fault: "twice", value: changed, at: [...place, value.length], part: "value" };
  }
  const last = place.at(-1);
  const holder = place.slice(0, -1);
  if (typeof last === "string" && last !== freeKey) {
    yield { fault: `without ${last}`, value: withoutKey(document, place), at: holder, part: "holder" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const inner = (key: string) => [...place, key];
  if (!isFree(schema)) {
    yield {
      fault: "unknown key",
      value: withValue(document, inner("zzUnknown"), { name: "zz" }),
      at: inner("zzUnknown"),
      part: "key",
    };
  }
  // Fields that exclude each other, and rules between fields.
  for (const [name, field] of Object.entries(asSchema(schema.properties))) {
    if (Object.hasOwn(value, name)) continue;
    const added = documentWith(asSchema(field), [], { ...source, root }, 0.1, name);
    yield {
      fault: `with ${name}`,
      value: withValue(document, inner(name), added),
      at: inner(name),
      part: "key",
    };
  }
}

const setOf = "x-kubernetes-list-type";
const otherTypes = { text: "zz", number: 7.5, flag: true, list: [7], map: { zz: 7 }, nothing: null };

function* faultyValues(schema: RawSchema, value: unknown): Iterable<readonly [string, unknown]> {
  if (Array.isArray(schema.enum)) yield ["enum", "zzz"];
  if (typeof schema.pattern === "string") {
    const pattern = new RegExp(schema.pattern);
    for (const text of ["", "-", "A B", "é", "a/b:c@d", "://"])
      if (!pattern.test(text)) yield [`pattern ${text}`, text];
  }
  if (typeof schema.format === "string") yield ["format", "no such thing"];
  if (typeof schema.minLength === "number") yield ["minLength", "x".repeat(schema.minLength - 1)];
  if (typeof schema.maxLength === "number") yield ["maxLength", "x".repeat(schema.maxLength + 1)];
  if (typeof schema.minimum === "number") yield ["minimum", schema.minimum - 1];
  if (typeof schema.maximum === "number") yield ["maximum", schema.maximum + 1];
  if (!Array.isArray(value)) return;
  if (typeof schema.minItems === "number") yield ["minItems", value.slice(0, schema.minItems - 1)];
  if (typeof schema.maxItems === "number" && value.length > 0) {
    const { maxItems } = schema;
    yield ["maxItems", Array.from({ length: maxItems + 1 }, (_, index) => value[index % value.length])];
  }
}

function valueAt(document: unknown, place: Place): unknown {
  return place.reduce<unknown>(
    (at, key) => (at as Record<string | number, unknown> | undefined)?.[key],
    document,
  );
}

function withValue(document: unknown, place: Place, value: unknown): unknown {
  const [first, ...rest] = place;
  if (first === undefined) return value;
  if (Array.isArray(document)) {
    return document.map((item: unknown, index) => (index === first ? withValue(item, rest, value) : item));
  }
  const holder = document as Record<string, unknown>;
  return { ...holder, [first]: withValue(holder[first], rest, value) };
}

function withoutKey(document: unknown, place: Place): unknown {
  const holder = valueAt(document, place.slice(0, -1)) as Record<string, unknown>;
  const { [String(place.at(-1))]: _, ...others } = holder;
  return withValue(document, place.slice(0, -1), others);
}
