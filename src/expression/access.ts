// Reaching into values: members, elements, slices, calls (vm/runtime of expr-lang, Go's reflect behind it).
// Knows no tree and no position; a mistake is a Fault that the evaluator places.
import { fault } from "./errors";
import { formatValue } from "./go-format";
import { byteLength, isAscii, sliceBytes, toBytes } from "./go-text";
import { mapKeyFor, toInt, wrongType } from "./operators";
import { functionType, type Method, sliceOf, type Type, types } from "./types";
import {
  byteValue,
  deref,
  FunctionValue,
  getKey,
  isPlainMap,
  ListValue,
  listItems,
  MapValue,
  PointerValue,
  Scalar,
  StructValue,
  TypedNil,
  typeName,
  typeOf,
  zeroValue,
} from "./values";

function cannotFetch(from: unknown, key: unknown): never {
  return fault(`cannot fetch ${formatValue(key)} from ${typeName(from)}`);
}

/** `from[key]`, `from.key`. */
export function fetch(from: unknown, key: unknown): unknown {
  if (from === null || from === undefined) return cannotFetch(from, key);
  if (typeof key === "string") {
    const method = methodOf(from, key);
    if (method !== undefined) return method;
  }
  const base = from instanceof PointerValue ? deref(from) : from;
  if (base === null) return cannotFetch(from, key);
  if (isPlainMap(base)) {
    const value = getKey(base, mapKeyFor(key, types.anyMap) as string);
    return value === undefined ? null : value;
  }
  if (typeof base === "string") return byteAt(base, key);
  if (base instanceof Scalar && typeof base.value === "string") return byteAt(base.value, key);
  const items = listItems(base);
  if (items !== undefined) return element(items, key);
  if (base instanceof MapValue) {
    const value = base.get(mapKeyFor(key, base.type));
    return value === undefined ? zeroValue(base.type.elem ?? types.any) : value;
  }
  if (base instanceof TypedNil && base.type.kind === "map") {
    mapKeyFor(key, base.type);
    return zeroValue(base.type.elem ?? types.any);
  }
  if (typeOf(base)?.kind === "struct") {
    const value = typeof key === "string" ? fieldOf(base, key) : wrongType(key, "string");
    if (value !== undefined) return value;
  }
  return cannotFetch(from, key);
}

/** Position in a list of that length; negative ones count from the end. */
function position(key: unknown, length: number): number {
  const index = toInt(key);
  const at = index < 0n ? BigInt(length) + index : index;
  if (at < 0n || at >= length) fault(`index out of range: ${at} (array length is ${length})`);
  return Number(at);
}

function element(items: readonly unknown[], key: unknown): unknown {
  const value = items[position(key, items.length)];
  return value === undefined ? null : value;
}

function byteAt(text: string, key: unknown): unknown {
  if (isAscii(text)) return byteValue(text.charCodeAt(position(key, text.length)));
  const bytes = toBytes(text);
  return byteValue(bytes[position(key, bytes.length)] ?? 0);
}

/** The field of a struct, also one of an embedded struct; undefined when there is none. */
export function fieldOf(struct: unknown, name: string): unknown {
  const path = typeOf(struct)?.field(name)?.path;
  if (path === undefined) return undefined;
  let value: unknown = struct;
  for (const [i, step] of path.entries()) {
    const holder = value instanceof PointerValue ? deref(value) : value;
    if (!(holder instanceof StructValue)) fault(`cannot get ${step} from ${path[i - 1] ?? typeName(struct)}`);
    value = holder.get(step);
  }
  return value;
}

/** A method of the value as a function, undefined when its type has none of that name. */
export function methodOf(value: unknown, name: string): FunctionValue | undefined {
  const type = typeOf(value);
  const method = type?.methods.get(name);
  return type === undefined || method === undefined ? undefined : bind(type, method, value);
}

function bind(type: Type, method: Method, receiver: unknown): FunctionValue {
  const signature = functionType(method.params, method.results, method.variadic ?? false);
  return new FunctionValue(signature, (...args) => {
    if (receiver instanceof PointerValue) return method.call(receiver.target, ...args);
    if (!(receiver instanceof TypedNil) || type.kind !== "ptr") return method.call(receiver, ...args);
    if (method.pointer === true) return method.call(null, ...args);
    const target = type.elem?.name ?? "";
    return fault(
      `value method ${target}.${method.name} called using nil *${target.replace(/^.*\./, "")} pointer`,
    );
  });
}

/** `from[from:to]`. */
export function slice(value: unknown, from: unknown, to: unknown): unknown {
  if (value instanceof PointerValue) return slice(value.target, from, to);
  if (typeof value === "string") {
    const [start, end] = bounds(byteLength(value), from, to);
    return sliceBytes(value, start, end);
  }
  if (value instanceof Scalar && typeof value.value === "string") {
    return new Scalar(value.type, slice(value.value, from, to) as string);
  }
  if (value instanceof Uint8Array) return value.subarray(...bounds(value.length, from, to));
  const items = listItems(value);
  if (items === undefined) return fault(`cannot slice ${formatValue(from)}`);
  const part = items.slice(...bounds(items.length, from, to));
  if (Array.isArray(value)) return part;
  const type = typeOf(value) as Type;
  if (value instanceof TypedNil) return value;
  const sliced = type.kind === "array" ? sliceOf(type.elem ?? types.any) : type;
  return sliced === types.anyList ? part : new ListValue(sliced, part);
}

/** Bounds clamped to the length; negative ones count from the end. */
function bounds(length: number, from: unknown, to: unknown): [number, number] {
  const first = Number(toInt(from));
  const last = Number(toInt(to));
  const end = Math.min(Math.max(last < 0 ? length + last : last, 0), length);
  const start = Math.max(first < 0 ? length + first : first, 0);
  return [Math.min(start, end), end];
}

/** Length as slices count it: bytes of a text, elements, entries. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return byteLength(value);
  if (value instanceof Scalar && typeof value.value === "string") return byteLength(value.value);
  if (value instanceof MapValue) return value.size;
  if (value instanceof TypedNil && value.type.kind === "map") return 0;
  const items = listItems(value);
  if (items !== undefined) return items.length;
  if (isPlainMap(value)) return Object.keys(value).length;
  return fault(`invalid argument for len (type ${typeName(value)})`);
}

/** Calls a function value with arguments whose types were not checked (reflect.Value.Call). */
export function callValue(callee: unknown, args: readonly unknown[]): unknown {
  if (callee === null || callee === undefined) return fault("invalid operation: cannot call nil");
  if (typeof callee === "function") return result(callee(...args));
  if (callee instanceof TypedNil && callee.type.kind === "func")
    return fault("reflect: call of nil function");
  if (!(callee instanceof FunctionValue)) {
    return fault(`invalid operation: cannot call non-function of type ${typeName(callee)}`);
  }
  const { params, variadic, results } = callee.type;
  const least = variadic ? params.length - 1 : params.length;
  if (args.length < least || (!variadic && args.length > least)) {
    const wanted = `${variadic ? "at least " : ""}${least}`;
    fault(`invalid number of arguments: expected ${wanted}, got ${args.length}`);
  }
  const given = args.map((arg, i) => {
    const rest = variadic && i >= least;
    return argument(arg, (rest ? params[least]?.elem : params[i]) ?? types.any, rest);
  });
  const value = result(callee.call(...given));
  return results.length === 0 ? fault("runtime error: index out of range [0] with length 0") : value;
}

function result(value: unknown): unknown {
  return value === undefined ? null : value;
}

/** nil becomes the zero value of the parameter; anything else must be assignable. */
function argument(value: unknown, param: Type, rest: boolean): unknown {
  const type = typeOf(value);
  if (type === undefined) return zeroValue(param);
  if (type === param || type.assignableTo(param)) return value;
  return fault(
    rest
      ? `reflect: cannot use ${type.name} as type ${param.name} in Call`
      : `reflect: Call using ${type.name} as type ${param.name}`,
  );
}

/** Calls with arguments asserted to be exactly of the parameter types; nil fits no more than anything else. */
export function callTyped(callee: unknown, type: Type, args: readonly unknown[]): unknown {
  if (args.length < type.params.length) fault("stack underflow");
  for (let i = type.params.length - 1; i >= 0; i--) {
    const param = type.params[i] ?? types.any;
    if (param.kind !== "interface" && typeOf(args[i]) !== param) wrongType(args[i], param.name);
  }
  if (!(callee instanceof FunctionValue) || callee.type !== type) return wrongType(callee, type.name);
  return result(callee.call(...args));
}
