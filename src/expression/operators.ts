// What the operators compute, with Go's rules for mixed types (vm/runtime/helpers of expr-lang).
// Knows no tree and no position; a mistake is a Fault that the evaluator places.
import { fault } from "./errors";
import { truncateToInt } from "./go-number";
import { pow } from "./go-pow";
import { compareText, concat } from "./go-text";
import { type Meter, newMeter, spend } from "./meter";
import {
  addDuration,
  compareTimes,
  durationOf,
  durationType,
  LocationValue,
  nanosOf,
  subtractTimes,
  TimeValue,
} from "./time-values";
import { isFloatType, isIntegerType, type Type, types } from "./types";
import {
  FunctionValue,
  getKey,
  isHashable,
  isNil,
  isPlainMap,
  listItems,
  MapValue,
  type PlainMap,
  PointerValue,
  Scalar,
  StructValue,
  scalarOf,
  TypedNil,
  typeName,
  typeOf,
} from "./values";

/** Longest text that may come out of an operation; upstream knows no such limit and would take all memory. */
export const maxTextLength = 1 << 26;

/** The number of a value of one of Go's own numeric types: an integer of any width as bigint, a float as number. */
export function numberOf(value: unknown): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  if (!(value instanceof Scalar)) return undefined;
  if (!isIntegerType(value.type) && !isFloatType(value.type)) return undefined;
  return value.value as bigint | number;
}

function isDurationValue(value: unknown): value is Scalar {
  return value instanceof Scalar && value.type === durationType;
}

/** `a == b`. Lists inside lists can grow without end by sharing, so the comparison is metered. */
export function equal(a: unknown, b: unknown, meter: Meter = newMeter()): boolean {
  spend(meter, 1);
  if (typeof a === "string" && typeof b === "string") return a === b;
  const left = numberOf(a);
  if (left !== undefined) {
    const right = numberOf(b);
    if (right !== undefined) return equalNumbers(left, right);
  }
  if (a instanceof TimeValue && b instanceof TimeValue) return compareTimes(a, b) === 0;
  spend(meter, 3);
  const lists = equalLists(a, b, meter);
  if (lists !== undefined) return lists;
  return (isNil(a) && isNil(b)) || deepEqual(a, b, meter);
}

function equalNumbers(a: bigint | number, b: bigint | number): boolean {
  if (typeof a === "bigint" && typeof b === "bigint") return BigInt.asIntN(64, a) === BigInt.asIntN(64, b);
  return Number(a) === Number(b);
}

/** Lists whose elements Go compares one by one: `[]any` with lists of text and numbers. Undefined for all others. */
function equalLists(a: unknown, b: unknown, meter: Meter): boolean | undefined {
  const left = simpleList(a);
  if (left === undefined) return undefined;
  const right = simpleList(b);
  if (right === undefined) return undefined;
  const [leftType, rightType] = [typeOf(a), typeOf(b)];
  if (leftType !== rightType && leftType !== types.anyList && rightType !== types.anyList) return undefined;
  return left.length === right.length && left.every((item, i) => equal(item, right[i], meter));
}

function simpleList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  const type = typeOf(value);
  if (type?.kind !== "slice" || type.declared) return undefined;
  const { elem } = type;
  const simple = elem === types.any || elem === types.string || isIntegerType(elem) || isFloatType(elem);
  return simple ? listItems(value) : undefined;
}

/** Go's reflect.DeepEqual: exact types all the way down. */
export function deepEqual(a: unknown, b: unknown, meter: Meter = newMeter()): boolean {
  spend(meter, 4);
  const type = typeOf(a);
  if (type !== typeOf(b)) return false;
  if (type === undefined) return true;
  if (a instanceof TypedNil || b instanceof TypedNil) return a instanceof TypedNil && b instanceof TypedNil;
  if (typeof a !== "object") return typeof a !== "function" && a === b;
  if (a instanceof Scalar && b instanceof Scalar) return a.value === b.value;
  if (a instanceof FunctionValue) return false;
  if (a instanceof StructValue && b instanceof StructValue) {
    return type.fields.every(({ name }) => deepEqual(a.get(name), b.get(name), meter));
  }
  if (a instanceof TimeValue && b instanceof TimeValue)
    return a.keyText() === b.keyText() && a.monotonic === b.monotonic;
  if (a === b) return true;
  if (a instanceof LocationValue && b instanceof LocationValue) return a.location.name === b.location.name;
  if (a instanceof PointerValue && b instanceof PointerValue) return deepEqual(a.target, b.target, meter);
  if (a instanceof MapValue && b instanceof MapValue) return equalMaps(a, b, meter);
  const left = listItems(a);
  const right = listItems(b);
  if (left !== undefined && right !== undefined) {
    return left.length === right.length && left.every((item, i) => deepEqual(item, right[i], meter));
  }
  return equalPlainMaps(a as PlainMap, b as PlainMap, meter);
}

function equalMaps(a: MapValue, b: MapValue, meter: Meter): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a.entries())
    if (!b.has(key) || !deepEqual(value, b.get(key), meter)) return false;
  return true;
}

function equalPlainMaps(a: PlainMap, b: PlainMap, meter: Meter): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], getKey(b, key), meter))
  );
}

/** The four order operators. */
export type OrderOperator = "<" | ">" | "<=" | ">=";

/** `a < b` and its like. */
export function order(operator: OrderOperator, a: unknown, b: unknown): boolean {
  const difference = compare(a, b);
  if (difference === undefined) fault(`invalid operation: ${typeName(a)} ${operator} ${typeName(b)}`);
  if (operator === "<") return difference < 0;
  if (operator === ">") return difference > 0;
  return operator === "<=" ? difference <= 0 : difference >= 0;
}

/** Negative, 0 or positive; NaN when floats cannot be ordered; undefined when the types cannot. */
function compare(a: unknown, b: unknown): number | undefined {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  const left = numberOf(a);
  if (left !== undefined) {
    const right = numberOf(b);
    return right === undefined ? undefined : compareNumbers(left, right);
  }
  if (a instanceof TimeValue && b instanceof TimeValue) return compareTimes(a, b);
  if (!isDurationValue(a) || !isDurationValue(b)) return undefined;
  return compareNumbers(nanosOf(a), nanosOf(b));
}

function compareNumbers(a: bigint | number, b: bigint | number): number {
  if (typeof a === "bigint" && typeof b === "bigint") {
    const [left, right] = [BigInt.asIntN(64, a), BigInt.asIntN(64, b)];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  const [left, right] = [Number(a), Number(b)];
  return left < right ? -1 : left > right ? 1 : left === right ? 0 : Number.NaN;
}

function invalid(operator: string, a: unknown, b: unknown): never {
  return fault(`invalid operation: ${typeName(a)} ${operator} ${typeName(b)}`);
}

/** `a + b`. */
export function add(a: unknown, b: unknown): unknown {
  if (typeof a === "string" && typeof b === "string") return concatenate(a, b);
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined && right !== undefined) {
    if (typeof left === "bigint" && typeof right === "bigint") return BigInt.asIntN(64, left + right);
    return Number(left) + Number(right);
  }
  if (a instanceof TimeValue && isDurationValue(b)) return addDuration(a, nanosOf(b));
  if (isDurationValue(a) && b instanceof TimeValue) return addDuration(b, nanosOf(a));
  if (isDurationValue(a) && isDurationValue(b)) return durationOf(nanosOf(a) + nanosOf(b));
  return invalid("+", a, b);
}

function concatenate(a: string, b: string): string {
  if (a.length + b.length > maxTextLength) fault("memory budget exceeded");
  return concat(a, b);
}

/** `a - b`. */
export function subtract(a: unknown, b: unknown): unknown {
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined && right !== undefined) {
    if (typeof left === "bigint" && typeof right === "bigint") return BigInt.asIntN(64, left - right);
    return Number(left) - Number(right);
  }
  if (a instanceof TimeValue && b instanceof TimeValue) return durationOf(subtractTimes(a, b));
  if (a instanceof TimeValue && isDurationValue(b)) return addDuration(a, BigInt.asIntN(64, -nanosOf(b)));
  if (isDurationValue(a) && isDurationValue(b)) return durationOf(nanosOf(a) - nanosOf(b));
  return invalid("-", a, b);
}

/** `a * b`; a duration and a float give a float of nanoseconds. */
export function multiply(a: unknown, b: unknown): unknown {
  const duration = isDurationValue(a) || isDurationValue(b);
  const left = isDurationValue(a) ? nanosOf(a) : numberOf(a);
  const right = isDurationValue(b) ? nanosOf(b) : numberOf(b);
  if (left === undefined || right === undefined) return invalid("*", a, b);
  if (typeof left !== "bigint" || typeof right !== "bigint") return Number(left) * Number(right);
  return duration ? durationOf(left * right) : BigInt.asIntN(64, left * right);
}

/** `a / b`: always a float. */
export function divide(a: unknown, b: unknown): number {
  const left = numberOf(a);
  const right = numberOf(b);
  if (left === undefined || right === undefined) return invalid("/", a, b);
  return Number(left) / Number(right);
}

/** `a % b`: whole numbers only. */
export function modulo(a: unknown, b: unknown): bigint {
  const left = numberOf(a);
  const right = numberOf(b);
  if (typeof left !== "bigint" || typeof right !== "bigint") return invalid("%", a, b);
  const divisor = BigInt.asIntN(64, right);
  if (divisor === 0n) fault("runtime error: integer divide by zero");
  return BigInt.asIntN(64, BigInt.asIntN(64, left) % divisor);
}

/** `a ** b`: always a float. */
export function exponent(a: unknown, b: unknown): number {
  return pow(toFloat(a), toFloat(b));
}

/** `-a`; keeps the width. */
export function negate(value: unknown): unknown {
  if (typeof value === "bigint") return BigInt.asIntN(64, -value);
  if (typeof value === "number") return -value;
  const number = numberOf(value);
  if (number === undefined) fault(`invalid operation: - ${typeName(value)}`);
  return scalarOf(typeOf(value) as Type, -number);
}

/** A number as int: floats are cut, other widths wrap. */
export function toInt(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  const number = numberOf(value);
  if (number === undefined) fault(`invalid operation: int(${typeName(value)})`);
  return typeof number === "bigint" ? BigInt.asIntN(64, number) : truncateToInt(number);
}

/** A number as float64. */
export function toFloat(value: unknown): number {
  const number = numberOf(value);
  if (number === undefined) fault(`invalid operation: float(${typeName(value)})`);
  return Number(number);
}

/** Go's failed type assertion. */
export function wrongType(value: unknown, wanted: string): never {
  return fault(
    `interface conversion: interface {} is ${typeName(value).replace(/^<nil>$/, "nil")}, not ${wanted}`,
  );
}

/** The value, which must be a bool. */
export function expectBool(value: unknown): boolean {
  return typeof value === "boolean" ? value : wrongType(value, "bool");
}

/** The value, which must be a plain string. */
export function expectString(value: unknown): string {
  return typeof value === "string" ? value : wrongType(value, "string");
}

/** An argument of a call that was not checked. */
export function argument(args: readonly unknown[], index: number): unknown {
  if (index < args.length) return args[index];
  return fault(`runtime error: index out of range [${index}] with length ${args.length}`);
}

/** As `argument`; it must be a plain string. */
export function argumentText(args: readonly unknown[], index: number): string {
  return expectString(argument(args, index));
}

/** `needle in haystack`. */
export function isIn(needle: unknown, haystack: unknown, meter: Meter = newMeter()): boolean {
  if (haystack === null || haystack === undefined) return false;
  if (haystack instanceof PointerValue) return isIn(needle, haystack.target, meter);
  const items = listItems(haystack);
  if (items !== undefined) return items.some((item) => equal(item, needle, meter));
  const struct = typeOf(haystack);
  if (struct?.kind === "struct") return hasField(needle, struct);
  if (haystack instanceof TypedNil && haystack.type.kind === "ptr") return false;
  if (haystack instanceof MapValue) return haystack.has(mapKeyFor(needle, haystack.type));
  if (haystack instanceof TypedNil && haystack.type.kind === "map") {
    mapKeyFor(needle, haystack.type);
    return false;
  }
  if (isPlainMap(haystack)) return Object.hasOwn(haystack, mapKeyFor(needle, types.anyMap) as string);
  return fault(`operator "in" not defined on ${typeName(haystack)}`);
}

function hasField(needle: unknown, struct: Type): boolean {
  const name = needle instanceof Scalar ? needle.value : needle;
  if (typeof name !== "string") fault(`cannot use ${typeName(needle)} as field name of ${struct.name}`);
  return struct.field(name) !== undefined;
}

const zeroKeys: Readonly<Record<string, unknown>> = { string: "", bool: false, float64: 0, int: 0n };

/** The key to look up: nil stands for the zero key; another type than the map's is a mistake. */
export function mapKeyFor(key: unknown, mapType: Type): unknown {
  const wanted = mapType.key ?? types.any;
  if (key === null || key === undefined) return wanted.kind === "interface" ? null : zeroKey(wanted);
  const type = typeOf(key) as Type;
  if (type === wanted) return key;
  if (wanted === types.any) {
    return isHashable(key) ? key : fault(`runtime error: hash of unhashable type ${type.name}`);
  }
  if (type.assignableTo(wanted)) return key;
  return fault(`reflect.Value.MapIndex: value of type ${type.name} is not assignable to type ${wanted.name}`);
}

function zeroKey(type: Type): unknown {
  const zero = zeroKeys[type.kind];
  if (!type.packagePath && zero !== undefined) return zero;
  return scalarOf(type, type.kind === "string" ? "" : type.kind === "bool" ? false : 0n);
}
