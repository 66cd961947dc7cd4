// Values → JSON, byte for byte as Go's encoding/json writes it.
// Writes only; reading is in go-json-parse.ts.
import { errorMessage } from "../base/errors";
import { Fault } from "./errors";
import { jsonFloat } from "./go-number";
import { compareText, latin1 } from "./go-text";
import { type Meter, newMeter, spend } from "./meter";
import { TimeValue, timeJson } from "./time-values";
import type { Field, Type } from "./types";
import {
  FunctionValue,
  isPlainMap,
  ListValue,
  MapValue,
  PointerValue,
  Scalar,
  StructValue,
  TypedNil,
  typeName,
} from "./values";

/** Go refuses to write this value. */
export class JsonError extends Error {}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/**
 * JSON of a value, keys sorted, `<`, `>`, `&` escaped (json.Marshal; with `indent` json.MarshalIndent).
 * Throws a JsonError for NaN, infinities, functions, maps whose keys are not text, and what
 * would become too long.
 */
export function toJson(
  value: unknown,
  options: { readonly indent?: string; readonly meter?: Meter } = {},
): string {
  const { indent, meter = newMeter() } = options;
  try {
    const compact = write(value, meter);
    return indent === undefined ? compact : indented(compact, indent);
  } catch (error) {
    if (error instanceof Fault) throw new JsonError(error.message);
    if (error instanceof RangeError) throw new JsonError("json: unsupported value: nested too deeply");
    throw error;
  }
}

/** A text as JSON, quotes included, with the escapes of Go. */
export function jsonText(text: string): string {
  if (/^[ !#-%'-;=?-[\]-~]*$/.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) out += escapes[char] ?? escapeRare(char);
  return `${out}"`;
}

function escapeRare(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || char === "<" || char === ">" || char === "&" || code === 0x2028 || code === 0x2029) {
    return `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return code >= 0xd800 && code <= 0xdfff ? "\\ufffd" : char;
}

function write(value: unknown, meter: Meter): string {
  spend(meter, typeof value === "string" ? 8 + (value.length >> 2) : 8);
  switch (typeof value) {
    case "string":
      return jsonText(value);
    case "number":
      return writeFloat(value, 64);
    case "boolean":
    case "bigint":
      return String(value);
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : writeObject(value, meter);
    default:
      throw new JsonError(`json: unsupported type: ${typeName(value)}`);
  }
}

function writeFloat(value: number, bits: 32 | 64): string {
  const text = jsonFloat(value, bits);
  if (text !== undefined) return text;
  const name = Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  throw new JsonError(`json: unsupported value: ${name}`);
}

function writeObject(value: object, meter: Meter): string {
  if (Array.isArray(value)) return writeList(value, meter);
  if (value instanceof Uint8Array) return `"${base64(value)}"`;
  if (value instanceof TimeValue) return writeTime(value);
  if (value instanceof Scalar) return writeScalar(value);
  if (value instanceof ListValue) return writeListValue(value, meter);
  if (value instanceof MapValue) return writeMap(value.type, [...value.entries()], meter);
  if (value instanceof StructValue) return writeStruct(value, meter);
  if (value instanceof PointerValue) return writePointer(value, meter);
  if (value instanceof TypedNil) return writeNil(value);
  if (value instanceof FunctionValue) throw new JsonError(`json: unsupported type: ${value.type.name}`);
  if (!isPlainMap(value)) return "{}";
  const fields: string[] = [];
  for (const key of Object.keys(value).sort(compareText)) {
    fields.push(`${jsonText(key)}:${write(value[key], meter)}`);
  }
  return `{${fields.join(",")}}`;
}

function writeNil(value: TypedNil): string {
  if (value.type.kind === "func") throw new JsonError(`json: unsupported type: ${value.type.name}`);
  if (value.type.kind === "map") checkKeyType(value.type);
  return "null";
}

function writePointer(value: PointerValue, meter: Meter): string {
  const custom = customJson(value.type, value.target);
  return custom ?? write(value.target, meter);
}

function writeTime(value: TimeValue): string {
  const json = timeJson(value);
  if (!json.startsWith("!")) return json;
  throw new JsonError(`json: error calling MarshalJSON for type time.Time: ${json.slice(1)}`);
}

function writeScalar(value: Scalar): string {
  const custom = customJson(value.type, value);
  if (custom !== undefined) return custom;
  if (typeof value.value === "string") return jsonText(value.value);
  return typeof value.value === "number"
    ? writeFloat(value.value, value.type.kind === "float32" ? 32 : 64)
    : String(value.value);
}

function writeListValue(value: ListValue, meter: Meter): string {
  if (value.type.kind === "slice" && value.type.elem?.kind === "uint8") {
    return `"${base64(Uint8Array.from(value.items, byteOf))}"`;
  }
  return writeList(value.items, meter);
}

function byteOf(value: unknown): number {
  return value instanceof Scalar ? Number(value.value) : 0;
}

function writeList(items: readonly unknown[], meter: Meter): string {
  return `[${items.map((item) => write(item, meter)).join(",")}]`;
}

function checkKeyType(type: Type): void {
  const kind = type.key?.kind ?? "interface";
  if (kind === "interface" || kind === "bool" || kind.startsWith("float") || kind === "struct") {
    throw new JsonError(`json: unsupported type: ${type.name}`);
  }
}

function writeMap(type: Type, entries: readonly (readonly [unknown, unknown])[], meter: Meter): string {
  checkKeyType(type);
  const named = entries.map(([key, value]) => [keyText(key), value] as const);
  named.sort(([a], [b]) => compareText(a, b));
  return `{${named.map(([key, value]) => `${jsonText(key)}:${write(value, meter)}`).join(",")}}`;
}

function keyText(key: unknown): string {
  return String(key instanceof Scalar ? key.value : key);
}

/** What the type's own MarshalJSON or MarshalText writes, if it has one. */
function customJson(type: Type, receiver: unknown): string | undefined {
  const method = type.methods.get("MarshalJSON") ?? type.methods.get("MarshalText");
  if (method === undefined) return undefined;
  let written: unknown;
  try {
    written = method.call(receiver);
  } catch (error) {
    throw new JsonError(`json: error calling ${method.name} for type ${type.name}: ${errorMessage(error)}`);
  }
  const text = written instanceof Uint8Array ? new TextDecoder().decode(written) : written;
  if (typeof text !== "string") return undefined;
  return method.name === "MarshalText" ? jsonText(text) : compacted(text);
}

/** Go compacts and escapes what a MarshalJSON gives. */
function compacted(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|\s+|[^"\s]+/g, (part) => {
    if (/^\s/.test(part)) return "";
    return part.replace(
      /[<>&\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  });
}

function writeStruct(value: StructValue, meter: Meter): string {
  const custom = customJson(value.type, value);
  if (custom !== undefined) return custom;
  const fields = structFields(value, meter);
  return `{${fields.join(",")}}`;
}

function structFields(value: StructValue, meter: Meter): readonly string[] {
  const out: string[] = [];
  for (const field of value.type.fields) {
    const [name = "", ...options] = (field.json ?? "").split(",");
    if (field.json === "-") continue;
    const content = value.get(field.name);
    const inner = content instanceof PointerValue ? content.target : content;
    if (field.embedded === true && name === "" && inner instanceof StructValue) {
      out.push(...structFields(inner, meter));
      continue;
    }
    if (field.embedded === true && name === "" && content instanceof TypedNil) continue;
    if (options.includes("omitempty") && isEmpty(content)) continue;
    out.push(`${jsonText(wireName(field, name))}:${write(content, meter)}`);
  }
  return out;
}

function wireName(field: Field, name: string): string {
  return name === "" ? field.name : name;
}

/** What `omitempty` leaves out: false, 0, "", nil, and lists and maps without elements. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value instanceof TypedNil) return true;
  if (value === false || value === 0 || value === 0n || value === "") return true;
  if (value instanceof Scalar)
    return value.value === 0n || value.value === 0 || value.value === "" || value.value === false;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof ListValue) return value.items.length === 0;
  if (value instanceof MapValue) return value.size === 0;
  return isPlainMap(value) && Object.keys(value).length === 0;
}

/** Standard base64 with padding. */
export function base64(bytes: Uint8Array): string {
  return btoa(latin1(bytes));
}

/** json.Indent of compact JSON. */
function indented(json: string, indent: string): string {
  const parts = json.match(/"(?:[^"\\]|\\.)*"|\{\}|\[\]|[[\]{},:]|[^"[\]{},:]+/g) ?? [];
  let out = "";
  let depth = 0;
  const line = () => `\n${indent.repeat(depth)}`;
  for (const part of parts) {
    if (part === "{" || part === "[") {
      depth++;
      out += part + line();
    } else if (part === "}" || part === "]") {
      depth--;
      out += line() + part;
    } else if (part === ",") out += part + line();
    else out += part === ":" ? ": " : part;
  }
  return out;
}
