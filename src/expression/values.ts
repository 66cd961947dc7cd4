// The values of expressions. int is bigint, float64 number, `map[string]any` a plain object, `[]any` an array,
// `[]byte` a Uint8Array, nil null; everything else Go can hold is one of the classes below, with its type.
import { derefType, functionType, integerFormat, isIntegerKind, type Type, types } from "./types";

/** A value that carries its Go type. */
export abstract class GoValue {
  abstract readonly type: Type;
}

/** An integer of another width, a float32, or a value of a declared type over a simple one. */
export class Scalar extends GoValue {
  readonly type: Type;
  readonly value: bigint | number | string | boolean;

  constructor(type: Type, value: bigint | number | string | boolean) {
    super();
    this.type = type;
    this.value = value;
  }
}

/** A nil that knows its type: pointer, map, list or function. */
export class TypedNil extends GoValue {
  readonly type: Type;

  constructor(type: Type) {
    super();
    this.type = type;
  }
}

/** A list that is not `[]any` or `[]byte`: `[]string`, `[]int`, `[2]any`. Elements of interface type may be anything. */
export class ListValue extends GoValue {
  readonly type: Type;
  readonly items: readonly unknown[];

  constructor(type: Type, items: readonly unknown[]) {
    super();
    this.type = type;
    this.items = items;
  }
}

/** A map that is not `map[string]any`. */
export class MapValue extends GoValue {
  readonly type: Type;
  private readonly entryTable: Map<unknown, readonly [unknown, unknown]>;

  constructor(type: Type, entries: Iterable<readonly [unknown, unknown]> = []) {
    super();
    this.type = type;
    this.entryTable = new Map();
    for (const [key, value] of entries) this.entryTable.set(mapKey(key), [key, value]);
  }

  /** A string-keyed map from a plain object. */
  static from(type: Type, object: Readonly<Record<string, unknown>>): MapValue {
    return new MapValue(type, Object.entries(object));
  }

  get size(): number {
    return this.entryTable.size;
  }

  has(key: unknown): boolean {
    return this.entryTable.has(mapKey(key));
  }

  /** The value under the key, undefined when there is none. */
  get(key: unknown): unknown {
    return this.entryTable.get(mapKey(key))?.[1];
  }

  /** For building; a map that was handed out does not change. */
  set(key: unknown, value: unknown): void {
    this.entryTable.set(mapKey(key), [key, value]);
  }

  entries(): IterableIterator<readonly [unknown, unknown]> {
    return this.entryTable.values();
  }
}

/** A struct. `fields` by Go name; a field left out has its zero value. */
export class StructValue extends GoValue {
  readonly type: Type;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(type: Type, fields: Readonly<Record<string, unknown>>) {
    super();
    this.type = type;
    this.fields = fields;
  }

  /** The value of a field of this struct itself. */
  get(name: string): unknown {
    const value = this.fields[name];
    if (value !== undefined) return value;
    const field = this.type.fields.find((candidate) => candidate.name === name);
    return field === undefined ? undefined : zeroValue(field.type);
  }
}

/** A pointer to a struct or another value. */
export class PointerValue extends GoValue {
  readonly type: Type;
  readonly target: unknown;

  constructor(type: Type, target: unknown) {
    super();
    this.type = type;
    this.target = target;
  }
}

/** A function with a Go type. `call` is given exactly the arguments of the call. */
export class FunctionValue extends GoValue {
  readonly type: Type;
  readonly call: (...args: unknown[]) => unknown;

  constructor(type: Type, call: (...args: unknown[]) => unknown) {
    super();
    this.type = type;
    this.call = call;
  }
}

/** Type of plain JavaScript functions: any number of arguments of any type. */
export const anyFunctionType = functionType([types.anyList], [types.any, types.error], true);

/** A plain object: `map[string]any`. */
export type PlainMap = Readonly<Record<string, unknown>>;

/** True for a value that is a plain object, not a list, not one of the classes here. */
export function isPlainMap(value: unknown): value is PlainMap {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return !(value instanceof GoValue) && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The Go type of a value; undefined for nil. */
export function typeOf(value: unknown): Type | undefined {
  switch (typeof value) {
    case "boolean":
      return types.bool;
    case "bigint":
      return types.int;
    case "number":
      return types.float64;
    case "string":
      return types.string;
    case "function":
      return anyFunctionType;
    case "object":
      if (value === null) return undefined;
      if (value instanceof GoValue) return value.type;
      if (Array.isArray(value)) return types.anyList;
      return value instanceof Uint8Array ? types.bytes : types.anyMap;
    default:
      return undefined;
  }
}

/** Go's `%T`. */
export function typeName(value: unknown): string {
  return typeOf(value)?.name ?? "<nil>";
}

/** nil, or a nil pointer, map, list or function. */
export function isNil(value: unknown): boolean {
  return value === null || value === undefined || value instanceof TypedNil;
}

/** What a pointer points to; nil for a nil pointer; everything else as it is. */
export function deref(value: unknown): unknown {
  let out = value;
  while (out instanceof PointerValue) out = out.target;
  if (out instanceof TypedNil && out.type.kind === "ptr") return null;
  return out === undefined ? null : out;
}

/** Go's zero value of a type. */
export function zeroValue(type: Type): unknown {
  switch (type.kind) {
    case "interface":
      return null;
    case "ptr":
    case "map":
    case "slice":
    case "func":
      return new TypedNil(type);
    case "struct":
      return zeroOf.get(type) ?? new StructValue(type, {});
    case "array":
      return new ListValue(
        type,
        Array.from({ length: type.length ?? 0 }, () => zeroValue(type.elem ?? types.any)),
      );
    default:
      return scalarOf(type, zeroScalar(type));
  }
}

const zeroOf = new Map<Type, GoValue>();

/** Declares the zero value of a struct type that has a class of its own (time). */
export function declareZero(type: Type, value: GoValue): void {
  zeroOf.set(type, value);
}

function zeroScalar(type: Type): bigint | number | string | boolean {
  if (type.kind === "bool") return false;
  if (type.kind === "string") return "";
  return isIntegerKind(type.kind) ? 0n : 0;
}

/** A simple value of the given type: int, float64, string and bool stay JavaScript values. Integers wrap to the width. */
export function scalarOf(type: Type, value: bigint | number | string | boolean): unknown {
  if (isIntegerKind(type.kind) && typeof value === "bigint") {
    const { bits, signed } = integerFormat(type.kind);
    const wrapped = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
    return type === types.int ? wrapped : new Scalar(type, wrapped);
  }
  if (type === types.float64 || type === types.string || type === types.bool) return value;
  return new Scalar(type, type.kind === "float32" && typeof value === "number" ? Math.fround(value) : value);
}

const bytesTable: readonly Scalar[] = Array.from(
  { length: 256 },
  (_, i) => new Scalar(types.uint8, BigInt(i)),
);

/** A byte as a value of type uint8. */
export function byteValue(byte: number): unknown {
  return bytesTable[byte];
}

/** The elements of a list, undefined when the value is none; a nil list has none. */
export function listItems(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof ListValue) return value.items;
  if (value instanceof Uint8Array) return Array.from(value, byteValue);
  if (value instanceof TypedNil && (value.type.kind === "slice" || value.type.kind === "array")) return [];
  return undefined;
}

/** The entries of a map, undefined when the value is none; a nil map has none. */
export function mapEntries(value: unknown): readonly (readonly [unknown, unknown])[] | undefined {
  if (value instanceof MapValue) return [...value.entries()];
  if (value instanceof TypedNil && value.type.kind === "map") return [];
  return isPlainMap(value) ? Object.entries(value) : undefined;
}

/** A list of the type, as compact as values allow. */
export function listOf(type: Type, items: readonly unknown[]): unknown {
  return type === types.anyList ? items : new ListValue(type, items);
}

/** Sets a key of a plain map that is being built, whatever its name. */
export function setKey(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") map[key] = value;
  else Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The value of a plain map under a key, undefined when there is none. */
export function getKey(map: PlainMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

const keyPrefix = "\ud800";

/** What stands for a key in a Map: equal exactly when Go's keys are (type and value). */
function mapKey(key: unknown): unknown {
  // NaN equals nothing, not even itself: every one is a key of its own.
  if (typeof key === "number" && Number.isNaN(key)) return Symbol("NaN");
  if (typeof key !== "object" || key === null) return key === undefined ? null : key;
  if (key instanceof Scalar)
    return `${keyPrefix}${key.type.name}${keyPrefix}${typeof key.value}:${key.value}`;
  if (key instanceof ListValue)
    return `${keyPrefix}${key.type.name}${key.items.map(keyText).join(keyPrefix)}`;
  if (key instanceof TypedNil) return `${keyPrefix}nil${keyPrefix}${key.type.name}`;
  if (key instanceof StructValue) {
    const fields = key.type.fields.map((field) => keyText(key.get(field.name)));
    return `${keyPrefix}${key.type.name}${fields.join(keyPrefix)}`;
  }
  return "keyText" in key && typeof key.keyText === "function" ? `${keyPrefix}${key.keyText()}` : key;
}

function keyText(value: unknown): string {
  return `${typeof value}${String(mapKey(value))}`;
}

/** True when Go can use the value as a map key of interface type. */
export function isHashable(value: unknown): boolean {
  const type = typeOf(value);
  return type === undefined || isHashableType(type, value);
}

function isHashableType(type: Type, value: unknown): boolean {
  if (type.kind === "slice" || type.kind === "map" || type.kind === "func") return false;
  if (value instanceof ListValue) return value.items.every(isHashable);
  if (value instanceof StructValue) return type.fields.every((field) => isHashable(value.get(field.name)));
  return true;
}

/** The struct a value is or points to, undefined otherwise. */
export function structOf(value: unknown): StructValue | undefined {
  const target = value instanceof PointerValue ? deref(value) : value;
  return target instanceof StructValue ? target : undefined;
}

/** A pointer to the struct. */
export function pointer(target: GoValue, type: Type): PointerValue {
  return new PointerValue(type, target);
}

/** The type behind pointers. */
export function targetType(value: unknown): Type | undefined {
  const type = typeOf(value);
  return type === undefined ? undefined : derefType(type);
}
