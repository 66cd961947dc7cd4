// Makes a value what its schema says it is, so that code which reads it can trust the types.
// Reports nothing; validate.ts tells the user what was wrong.
import { isObject } from "../../base/json";
import { fitsType } from "./lookup";
import type { ObjectSchema, Schema } from "./types";

/**
 * The value without its wrongly typed members. Whatever is right stays, unknown keys included. What must be there and
 * is not is filled in with nothing (`""`, `0`, `[]`, `{}`, the first allowed word), except inside lists and maps:
 * there an entry that lacks something it must have is dropped.
 */
export function conform(value: unknown, schema: Schema): unknown {
  return fitted(value, schema) ?? nothing(schema);
}

function fitted(value: unknown, schema: Schema): unknown {
  if (!fitsType(schema, value)) return undefined;
  switch (schema.type) {
    case "array":
      return (value as readonly unknown[]).flatMap((item) => {
        const kept = fitEntry(item, schema.items);
        return kept === undefined ? [] : [kept];
      });
    case "object":
      return fitObject(value as Record<string, unknown>, schema, conform);
    case "string":
      return schema.enum === undefined || schema.enum.some((word) => word === value) ? value : undefined;
    case "union": {
      const branch = schema.of.find((one) => fitsType(one, value));
      return branch === undefined ? undefined : fitted(value, branch);
    }
    default:
      return value;
  }
}

/** An entry of a list or map: it fits with everything it must have, or not at all. */
function fitEntry(value: unknown, schema: Schema): unknown {
  if (schema.type !== "object" || !isObject(value)) return fitted(value, schema);
  return fitObject(value, schema, fitRequired);
}

/** What a required field of an entry becomes; containers may be empty, scalars must be there. */
function fitRequired(value: unknown, schema: Schema): unknown {
  if (schema.type === "object") return fitObject(isObject(value) ? value : {}, schema, fitRequired);
  return fitted(value, schema) ?? (schema.type === "array" ? [] : undefined);
}

/** The object with fitting members; undefined when a required one cannot be had. */
function fitObject(
  value: Record<string, unknown>,
  schema: ObjectSchema,
  required: (value: unknown, schema: Schema) => unknown,
): Record<string, unknown> | undefined {
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const known = isFreeText(schema) || !Object.hasOwn(schema.fields, name) ? undefined : schema.fields[name];
    const kept = known === undefined ? keepUnknown(member, schema) : fitted(member, known);
    if (kept !== undefined) set(result, name, kept);
  }
  for (const name of schema.required) {
    const field = schema.fields[name];
    if (field === undefined) continue;
    const kept = required(value[name], field);
    if (kept === undefined) return undefined;
    set(result, name, kept);
  }
  return result;
}

/** Labels and the like: their known keys may be narrower, but any text can be trusted to be one. */
function isFreeText(schema: ObjectSchema): boolean {
  return schema.additional?.type === "string";
}

function keepUnknown(member: unknown, schema: ObjectSchema): unknown {
  return schema.additional === undefined ? member : fitEntry(member, schema.additional);
}

/** Sets a key even when it is `__proto__`. */
function set(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

function nothing(schema: Schema): unknown {
  switch (schema.type) {
    case "array":
      return [];
    case "object":
      return fitObject({}, schema, conform);
    case "integer":
    case "number":
      return schema.minimum ?? 0;
    case "boolean":
      return false;
    case "string":
      return schema.enum?.[0] ?? "";
    case "union":
      return schema.of[0] === undefined ? undefined : nothing(schema.of[0]);
    default:
      return null;
  }
}
