// JSON Schema of users in the terms of our own table, so that completion and hover treat a custom step like Kargo's own.
// Gives no verdict on values; custom-step.ts does.
import { isObject } from "../base/json";
import type { ObjectSchema, Schema } from "../model/schema/schema";

type Json = NonNullable<Schema["example"]>;

/** What is wrong with a schema itself; undefined when it can be used. One sentence without the name of the schema. */
export function schemaFault(root: unknown): string | undefined {
  if (!isObject(root)) return "it is no object.";
  return faultIn(root, root, "#", new Set());
}

const types = new Set(["string", "number", "integer", "boolean", "array", "object", "null"]);
/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const single = ["additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames"];
const listed = ["allOf", "anyOf", "oneOf", "prefixItems"];
const named = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

function faultIn(
  schema: unknown,
  root: Readonly<Record<string, unknown>>,
  at: string,
  seen: Set<unknown>,
): string | undefined {
  if (typeof schema === "boolean" || seen.has(schema)) return undefined;
  if (!isObject(schema)) return `${at} is no schema.`;
  seen.add(schema);
  const { type, required, enum: values, pattern, $ref } = schema;
  const wanted: readonly unknown[] = type === undefined ? [] : Array.isArray(type) ? type : [type];
  const unknown = wanted.find((one) => typeof one !== "string" || !types.has(one));
  if (unknown !== undefined) return `${at}/type is ${JSON.stringify(unknown)}, which is no type.`;
  const names: readonly unknown[] = Array.isArray(required) ? required : [];
  // Draft 3 and 4 wrote a boolean beside the field; nobody reads that any more.
  if ((required !== undefined && !Array.isArray(required)) || names.some((one) => typeof one !== "string"))
    return `${at}/required is no list of names.`;
  if (values !== undefined && !Array.isArray(values)) return `${at}/enum is no list.`;
  if (pattern !== undefined && !isPattern(pattern)) return `${at}/pattern is no regular expression.`;
  if ($ref !== undefined && target($ref, root) === undefined)
    return `${at}/$ref names ${JSON.stringify($ref)}, which is not in the schema.`;
  return innerFault(schema, root, at, seen);
}

function innerFault(
  schema: Readonly<Record<string, unknown>>,
  root: Readonly<Record<string, unknown>>,
  at: string,
  seen: Set<unknown>,
): string | undefined {
  const parts: [string, unknown][] = [];
  for (const keyword of single) {
    const value = schema[keyword];
    if (Array.isArray(value)) parts.push(...entries(`${at}/${keyword}`, value));
    else if (value !== undefined) parts.push([`${at}/${keyword}`, value]);
  }
  for (const keyword of [...listed, ...named]) {
    const value = schema[keyword];
    if (value === undefined) continue;
    const fits = listed.includes(keyword) ? Array.isArray(value) : isObject(value);
    if (!fits || typeof value !== "object" || value === null) return `${at}/${keyword} has the wrong type.`;
    parts.push(...entries(`${at}/${keyword}`, value));
  }
  for (const [place, part] of parts) {
    const fault = faultIn(part, root, place, seen);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function entries(at: string, value: object): [string, unknown][] {
  return Object.entries(value).map(([name, part]) => [`${at}/${name}`, part]);
}

function isPattern(pattern: unknown): boolean {
  if (typeof pattern !== "string") return false;
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

/** What a reference within the schema names; undefined for every other. */
function target(ref: unknown, root: Readonly<Record<string, unknown>>): unknown {
  if (typeof ref !== "string" || !ref.startsWith("#")) return undefined;
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return undefined;
  let at: unknown = root;
  for (const segment of ref.slice(2).split("/")) {
    const name = decodeURIComponent(segment).replaceAll("~1", "/").replaceAll("~0", "~");
    at = Array.isArray(at) ? at[Number(name)] : isObject(at) ? at[name] : undefined;
  }
  return at;
}

/** How deep a schema is followed: one that names itself has no end. */
const deepest = 12;

/** The configuration such a schema describes; undefined when it describes no object. */
export function configSchema(root: Readonly<Record<string, unknown>>): ObjectSchema | undefined {
  const schema = toSchema(root, root, 0);
  return schema.type === "object" ? { ...schema, templates: true } : undefined;
}

function toSchema(json: unknown, root: Readonly<Record<string, unknown>>, depth: number): Schema {
  if (!isObject(json) || depth > deepest) return { type: "any", doc: "" };
  const merged = merge(json, root, depth);
  const base = described(merged);
  const alternatives = [merged.anyOf, merged.oneOf].find(Array.isArray);
  const type = typeOf(merged);
  switch (type) {
    case "object":
      return objectSchema(merged, root, depth);
    case "array": {
      const items = Array.isArray(merged.items) ? undefined : merged.items;
      return { ...base, type, items: toSchema(items, root, depth + 1) };
    }
    case "string": {
      const words = stringsIn(merged.enum ?? (merged.const === undefined ? undefined : [merged.const]));
      return { ...base, type, ...(words.length === 0 ? {} : { enum: words }) };
    }
    case "integer":
    case "number": {
      const { minimum, maximum } = merged;
      return {
        ...base,
        type,
        ...(typeof minimum === "number" ? { minimum } : {}),
        ...(typeof maximum === "number" ? { maximum } : {}),
      };
    }
    case "boolean":
      return { ...base, type };
    default: {
      const of = (alternatives ?? []).map((one: unknown) => toSchema(one, root, depth + 1));
      return of.length === 0 ? { ...base, type: "any" } : { ...base, type: "union", of };
    }
  }
}

/** The schema with what it names and what it must also fulfil. */
function merge(
  json: Readonly<Record<string, unknown>>,
  root: Readonly<Record<string, unknown>>,
  depth: number,
): Readonly<Record<string, unknown>> {
  const { $ref, allOf, ...own } = json;
  const others = [target($ref, root), ...(Array.isArray(allOf) ? (allOf as unknown[]) : [])];
  let merged: Readonly<Record<string, unknown>> = own;
  for (const other of others) {
    if (!isObject(other) || depth > deepest) continue;
    const more = merge(other, root, depth + 1);
    const both = {
      properties: { ...objectIn(more.properties), ...objectIn(merged.properties) },
      required: [...stringsIn(more.required), ...stringsIn(merged.required)],
    };
    merged = { ...more, ...merged, ...both };
  }
  return merged;
}

function typeOf(json: Readonly<Record<string, unknown>>): unknown {
  const { type } = json;
  if (Array.isArray(type)) {
    const real = type.filter((one) => one !== "null");
    return real.length === 1 ? real[0] : undefined;
  }
  if (type !== undefined) return type;
  if (Object.keys(objectIn(json.properties)).length > 0) return "object";
  if (json.items !== undefined) return "array";
  return stringsIn(json.enum).length > 0 || typeof json.const === "string" ? "string" : undefined;
}

function objectSchema(
  json: Readonly<Record<string, unknown>>,
  root: Readonly<Record<string, unknown>>,
  depth: number,
): ObjectSchema {
  const properties = { ...objectIn(json.properties) };
  // What only some alternatives know can be written all the same.
  for (const one of [json.anyOf, json.oneOf].flatMap((list) => (Array.isArray(list) ? list : []))) {
    const other = isObject(one) ? merge(one, root, depth + 1) : {};
    for (const [name, part] of Object.entries(objectIn(other.properties))) properties[name] ??= part;
  }
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, part]) => [name, toSchema(part, root, depth + 1)]),
  );
  const { additionalProperties: more } = json;
  const additional = more === false ? undefined : toSchema(more, root, depth + 1);
  const required = stringsIn(json.required).filter((name) => Object.hasOwn(fields, name));
  return { ...described(json), type: "object", fields, required, additional };
}

function described(json: Readonly<Record<string, unknown>>) {
  const { description, title, default: given, examples, deprecated } = json;
  const doc = typeof description === "string" ? description : typeof title === "string" ? title : "";
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  return {
    doc,
    ...(given === undefined ? {} : { default: given as Json }),
    ...(example === undefined || example === null ? {} : { example: example as Json }),
    ...(deprecated === true ? { deprecated: { instead: "" } } : {}),
  };
}

function objectIn(value: unknown): Record<string, unknown> {
  return isObject(value) ? { ...value } : {};
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
