// Values → text the way Go's fmt prints them with the verb `%v`.
// Other verbs are not here: `%q` is goQuote, `%T` is typeName.

import { fault } from "./errors";
import { formatFloat } from "./go-number";
import { compareText } from "./go-text";
import { LocationValue, TimeValue } from "./time-values";
import {
  FunctionValue,
  isPlainMap,
  ListValue,
  MapValue,
  PointerValue,
  Scalar,
  StructValue,
  TypedNil,
  typeOf,
} from "./values";

const maxDepth = 2000;

/** Go's `%v` of a value. */
export function formatValue(value: unknown): string {
  return format(value, 0);
}

function format(value: unknown, depth: number): string {
  if (depth > maxDepth) fault("value is nested too deeply to print");
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return formatFloat(value);
    case "boolean":
    case "bigint":
      return String(value);
    case "undefined":
      return "<nil>";
    case "object":
      return value === null ? "<nil>" : formatObject(value, depth);
    default:
      return address;
  }
}

/** Go prints where a function or an inner pointer lies in memory; there is no such place here. */
const address = "0xc000010000";

function formatObject(value: object, depth: number): string {
  if (Array.isArray(value)) return formatList(value, depth);
  if (value instanceof TimeValue) return value.text();
  if (value instanceof LocationValue) return value.location.name;
  const own = ownText(value);
  if (own !== undefined) return own;
  if (value instanceof Uint8Array) return `[${Array.from(value).join(" ")}]`;
  if (value instanceof Scalar) return formatScalar(value);
  if (value instanceof ListValue) return formatList(value.items, depth);
  if (value instanceof MapValue) return formatMap([...value.entries()], depth);
  if (value instanceof StructValue) return formatStruct(value, depth);
  if (value instanceof PointerValue) return formatPointer(value, depth);
  if (value instanceof TypedNil) return formatNil(value);
  if (value instanceof FunctionValue) return address;
  return isPlainMap(value) ? formatMap(Object.entries(value), depth) : "{}";
}

/** What the value's own Error or String method says, if its type has one. */
function ownText(value: object): string | undefined {
  const type = typeOf(value);
  const method = type?.methods.get("Error") ?? type?.methods.get("String");
  if (method === undefined || method.params.length > 0) return undefined;
  if (value instanceof TypedNil) return "<nil>";
  const text = method.call(value instanceof PointerValue ? value.target : value);
  return typeof text === "string" ? text : undefined;
}

function formatScalar({ type, value }: Scalar): string {
  if (typeof value !== "number") return String(value);
  return formatFloat(value, type.kind === "float32" ? 32 : 64);
}

function formatNil(value: TypedNil): string {
  if (value.type.kind === "map") return "map[]";
  return value.type.kind === "slice" ? "[]" : "<nil>";
}

function formatPointer(value: PointerValue, depth: number): string {
  const kind = typeOf(value.target)?.kind ?? "";
  if (depth > 0 || !/^(struct|map|slice|array)$/.test(kind)) return address;
  return `&${format(value.target, depth + 1)}`;
}

function formatList(items: readonly unknown[], depth: number): string {
  return `[${items.map((item) => format(item, depth + 1)).join(" ")}]`;
}

function formatStruct(value: StructValue, depth: number): string {
  return `{${value.type.fields.map((field) => format(value.get(field.name), depth + 1)).join(" ")}}`;
}

function formatMap(entries: readonly (readonly [unknown, unknown])[], depth: number): string {
  const sorted = [...entries].sort(([a], [b]) => compareKeys(a, b));
  const parts = sorted.map(([key, value]) => `${format(key, depth + 1)}:${format(value, depth + 1)}`);
  return `map[${parts.join(" ")}]`;
}

const order = ["nil", "bigint", "number", "string", "boolean", "object"];

/** The order fmt prints map keys in; keys of different types, which Go orders by accident, go by sort here. */
function compareKeys(a: unknown, b: unknown): number {
  const left = a instanceof Scalar ? a.value : a;
  const right = b instanceof Scalar ? b.value : b;
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (typeof left === "bigint" && typeof right === "bigint") return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === "number" && typeof right === "number") {
    if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : -1;
    return Number.isNaN(right) ? 1 : left - right;
  }
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  const rank = (key: unknown) => order.indexOf(key === null ? "nil" : typeof key);
  return rank(left) - rank(right);
}
