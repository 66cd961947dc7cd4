// Prints a value of an expression with its Go type, so that tests can tell 1 from 1.0 and nil from a nil list.
// A form of our own; formatValue and toJson are what Go prints.
import {
  FunctionValue,
  formatFloat,
  goQuote,
  ListValue,
  LocationValue,
  listItems,
  mapEntries,
  PointerValue,
  Scalar,
  StructValue,
  TimeValue,
  TypedNil,
  typeOf,
} from "../../src/expression/expression";

/** `int(1)`, `float64(1)`, `"text"`, `[]interface {}[int(1)]`, `nil:[]string` … */
export function repr(value: unknown): string {
  if (value === null) return "nil";
  if (value === undefined) return "undefined!";
  const type = typeOf(value);
  const name = type?.name ?? "";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "bigint") return `int(${value})`;
  if (typeof value === "number") return `float64(${formatFloat(value)})`;
  if (typeof value === "function" || value instanceof FunctionValue) return `func:${name}`;
  if (value instanceof TypedNil) return `nil:${name}`;
  if (value instanceof TimeValue)
    return `time(${value.format("2006-01-02T15:04:05.999999999Z07:00:00 MST")})`;
  if (value instanceof Scalar) return scalar(value);
  if (value instanceof PointerValue) return pointer(value);
  if (value instanceof StructValue) {
    if (name === "semver.Version") return `*semver(${value.get("original")})`;
    return `${name}{${value.type.fields.map((f) => `${f.name}: ${repr(value.get(f.name))}`).join(", ")}}`;
  }
  const items =
    value instanceof ListValue || Array.isArray(value) || value instanceof Uint8Array
      ? listItems(value)
      : undefined;
  if (items !== undefined) return `${name}[${items.map(repr).join(", ")}]`;
  const parts = (mapEntries(value) ?? []).map(([key, entry]) => `${repr(key)}: ${repr(entry ?? null)}`);
  return `${name}{${parts.sort(byBytes).join(", ")}}`;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function scalar({ type, value }: Scalar): string {
  if (typeof value === "string") return `${type.name}(${goQuote(value)})`;
  const text =
    typeof value === "number" ? formatFloat(value, type.kind === "float32" ? 32 : 64) : String(value);
  return `${type.name}(${text})`;
}

function pointer(value: PointerValue): string {
  const { target } = value;
  if (target instanceof StructValue && target.type.name === "semver.Version")
    return `semver(${target.get("original")})`;
  if (target instanceof LocationValue) return `loc(${target.location.name})`;
  return `&${repr(target)}`;
}
