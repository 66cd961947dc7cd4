// Values → text the way Go's fmt prints them with the verb `%v`.
// Other verbs are not here: `%q` is goQuote, `%T` is typeName.

import { formatFloat } from "./go-number";
import { compareText } from "./go-text";
import { type Meter, newMeter, spend } from "./meter";
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

/** Go's `%v` of a value. Throws a Fault when it would become too long. */
export function formatValue(value: unknown, meter: Meter = newMeter()): string {
  return new Printer(meter).print(value, "outside");
}

/** Where a value stands: Go shows what an outer pointer points to, of an inner one only that it is one. */
type Place = "outside" | "inside";

/** Go prints where a function or an inner pointer lies in memory; there is no such place here. */
const address = "0xc000010000";

class Printer {
  private readonly meter: Meter;

  constructor(meter: Meter) {
    this.meter = meter;
  }

  print(value: unknown, place: Place): string {
    spend(this.meter, typeof value === "string" ? 8 + (value.length >> 2) : 8);
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
        return value === null ? "<nil>" : this.object(value, place);
      default:
        return address;
    }
  }

  private object(value: object, place: Place): string {
    if (Array.isArray(value)) return this.list(value);
    if (value instanceof TimeValue) return value.text();
    if (value instanceof LocationValue) return `{${value.location.name}}`;
    const own = ownText(value);
    if (own !== undefined) return own;
    if (value instanceof Uint8Array) return `[${Array.from(value).join(" ")}]`;
    if (value instanceof Scalar) return scalarText(value);
    if (value instanceof ListValue) return this.list(value.items);
    if (value instanceof MapValue) return this.map([...value.entries()]);
    if (value instanceof StructValue) return this.struct(value);
    if (value instanceof PointerValue) return this.pointer(value, place);
    if (value instanceof TypedNil) return nilText(value);
    if (value instanceof FunctionValue) return address;
    return isPlainMap(value) ? this.map(Object.entries(value)) : "{}";
  }

  private pointer(value: PointerValue, place: Place): string {
    const kind = typeOf(value.target)?.kind ?? "";
    if (place === "inside" || !/^(struct|map|slice|array)$/.test(kind)) return address;
    return `&${this.print(value.target, "inside")}`;
  }

  private list(items: readonly unknown[]): string {
    return `[${items.map((item) => this.print(item, "inside")).join(" ")}]`;
  }

  private struct(value: StructValue): string {
    return `{${value.type.fields.map((field) => this.print(value.get(field.name), "inside")).join(" ")}}`;
  }

  private map(entries: readonly (readonly [unknown, unknown])[]): string {
    const sorted = [...entries].sort(([a], [b]) => compareKeys(a, b));
    const parts = sorted.map(([key, value]) => `${this.print(key, "inside")}:${this.print(value, "inside")}`);
    return `map[${parts.join(" ")}]`;
  }
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

function scalarText({ type, value }: Scalar): string {
  if (typeof value !== "number") return String(value);
  return formatFloat(value, type.kind === "float32" ? 32 : 64);
}

function nilText(value: TypedNil): string {
  if (value.type.kind === "map") return "map[]";
  return value.type.kind === "slice" ? "[]" : "<nil>";
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
