// Built-in functions on lists and maps (builtin/builtin.go of expr-lang).
// Those with a predicate are in compiler-builtins.ts.
import { fetch, fieldOf, methodOf } from "./access";
import { Fault, fault } from "./errors";
import { type Frame, grow, type Run } from "./frame";
import { formatValue } from "./go-format";
import { sortWith } from "./go-sort";
import { byteLength, runeCount, sliceBytes, toBytes } from "./go-text";
import { spend, spendText } from "./meter";
import { pairListType, pairType } from "./nature";
import { equal, expectString, mapKeyFor, order, toInt } from "./operators";
import { isIntegerKind, sliceOf, type Type, types } from "./types";
import {
  byteValue,
  deref,
  isHashable,
  isPlainMap,
  ListValue,
  listItems,
  listOf,
  MapValue,
  mapEntries,
  PointerValue,
  Scalar,
  TypedNil,
  typeName,
  typeOf,
} from "./values";

/** Go's name for the kind of a value. */
function kindName(value: unknown): string {
  return typeOf(value)?.kind ?? "invalid";
}

function expectOne(args: readonly unknown[]): unknown {
  if (args.length !== 1) fault(`invalid number of arguments (expected 1, got ${args.length})`);
  return args[0];
}

function expectList(value: unknown, act: string): readonly unknown[] {
  return listItems(value) ?? fault(`cannot ${act} ${kindName(value)}`);
}

/** Characters of a text, elements of a list, entries of a map. */
export function length(value: unknown, frame: Frame): bigint {
  const text = value instanceof Scalar ? value.value : value;
  if (typeof text === "string") {
    spendText(frame, text);
    return BigInt(runeCount(text));
  }
  const size = listItems(value)?.length ?? mapEntries(value)?.length;
  if (size === undefined || typeof value === "function")
    fault(`invalid argument for len (type ${typeName(value)})`);
  return BigInt(size);
}

const kindTexts: readonly (readonly [RegExp, string])[] = [
  [/^int/, "int"],
  [/^uint/, "uint"],
  [/^float/, "float"],
  [/^(slice|array)$/, "array"],
];

/** What `type()` says. */
export function typeText(value: unknown): string {
  const type = typeOf(value);
  if (type === undefined) return "nil";
  if (type.packagePath !== "") return `${type.packagePath}.${type.name.replace(/^.*\./, "")}`;
  const special = kindTexts.find(([kind]) => kind.test(type.kind));
  if (special !== undefined) return special[1];
  return /^(bool|string|map|func|struct)$/.test(type.kind) ? type.kind : "unknown";
}

/** The first or last element; nil where there is none to get. */
export function endElement(args: readonly unknown[], index: bigint): unknown {
  try {
    return fetch(args[0], index);
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

/** Element or entry, nil where there is none; never an index error. */
export const get: Run = (args) => {
  if (args.length < 2) fault(`invalid number of arguments (expected 2, got ${args.length})`);
  const [from, key] = args;
  if (from === null || from === undefined) return null;
  const method = typeof key === "string" ? methodOf(from, key) : undefined;
  if (method !== undefined) return method;
  const items = listItems(from);
  if (items !== undefined) return items[indexIn(key, items.length)] ?? null;
  const text = from instanceof Scalar ? from.value : from;
  if (typeof text === "string") {
    const index = indexIn(key, byteLength(text));
    return byteValue(toBytes(sliceBytes(text, index, index + 1))[0] ?? -1) ?? null;
  }
  if (from instanceof MapValue) return from.get(mapKeyFor(key, from.type)) ?? null;
  if (isPlainMap(from)) {
    const name = mapKeyFor(key, types.anyMap) as string;
    return Object.hasOwn(from, name) ? (from[name] ?? null) : null;
  }
  const type = typeOf(from);
  if (type?.kind === "struct") return fieldOf(from, expectString(key)) ?? null;
  if (type?.kind === "map") mapKeyFor(key, type);
  return null;
};

/** Index from the start; one that is out of range finds nothing. */
function indexIn(key: unknown, size: number): number {
  const index = Number(toInt(key));
  return index < 0 ? (size + index < 0 ? size : size + index) : index;
}

/** The first so many elements; the type of the list is kept. */
export const take: Run = (args) => {
  if (args.length !== 2) fault(`invalid number of arguments (expected 2, got ${args.length})`);
  const [list, count] = args;
  const items = expectList(list, "take from");
  const type = typeOf(count);
  const whole = count instanceof Scalar ? count.value : count;
  if (
    type === undefined ||
    !isIntegerKind(type.kind) ||
    type.kind.startsWith("u") ||
    typeof whole !== "bigint"
  ) {
    return fault(`cannot take ${kindName(count)} elements`);
  }
  if (typeOf(list)?.kind === "array") fault("reflect.Value.Slice: slice of unaddressable array");
  if (whole < 0n) fault("reflect.Value.Slice: slice index out of bounds");
  const size = whole > BigInt(items.length) ? items.length : Number(whole);
  if (list instanceof TypedNil) return list;
  if (list instanceof Uint8Array) return list.subarray(0, size);
  return listOf(typeOf(list) as Type, items.slice(0, size));
};

function expectMap(args: readonly unknown[], act: string, to = ""): readonly (readonly [unknown, unknown])[] {
  const map = expectOne(args);
  const entries = typeof map === "function" ? undefined : mapEntries(map);
  return entries ?? fault(`cannot ${act} ${kindName(map)}${to}`);
}

/** Keys of a map, in no order to rely on. */
export const keys: Run = (args, frame) => {
  const entries = expectMap(args, "get keys from");
  spend(frame, entries.length * 4);
  return entries.map(([key]) => key);
};

/** Values of a map, in no order to rely on. */
export const values: Run = (args, frame) => {
  const entries = expectMap(args, "get values from");
  spend(frame, entries.length * 4);
  return entries.map(([, value]) => value ?? null);
};

/** Entries of a map as pairs of key and value. */
export const toPairs: Run = (args, frame) => {
  const entries = expectMap(args, "transform", " to pairs");
  spend(frame, entries.length * 4);
  const pairs = entries.map(([key, value]) => new ListValue(pairType, [key, value ?? null]));
  return new ListValue(pairListType, pairs);
};

/** What Go makes of a value behind the verb `%s`, which is for text. */
function verbText(value: unknown): string {
  const type = typeOf(value);
  if (type === undefined) return "<invalid reflect.Value>";
  const text = formatValue(value);
  const number = /^(bool|u?int\d*|float\d+)$/.test(type.kind) && !type.methods.has("String");
  return number ? `%!s(${type.name}=${text})` : text;
}

/** A map from pairs; the last of equal keys wins. */
export const fromPairs: Run = (args, frame) => {
  const list = expectOne(args);
  const items = listItems(list) ?? fault(`cannot transform ${verbText(list)} from pairs`);
  spend(frame, items.length);
  const map = new MapValue(types.pairsMap);
  for (const item of items) {
    const pair = deref(item);
    const parts = listItems(pair);
    if (parts === undefined) return fault(`invalid pair ${formatValue(pair)}`);
    if (parts.length !== 2) fault(`invalid pair length ${formatValue(pair)}`);
    const [key, value] = parts;
    if (!isHashable(key)) fault(`runtime error: hash of unhashable type ${typeName(key)}`);
    map.set(key ?? null, value ?? null);
  }
  return map;
};

/** A new list, last element first. */
export const reverse: Run = (args, frame) => {
  const items = expectList(expectOne(args), "reverse");
  grow(frame, items.length);
  return [...items].reverse();
};

/** Without elements equal to an earlier one. */
export const uniq: Run = (args, frame) => {
  const items = expectList(expectOne(args), "uniq");
  const kept: unknown[] = [];
  for (const item of items) if (!kept.some((known) => equal(item, known, frame))) kept.push(item);
  return kept;
};

/** Lists as one; nil when all are empty. */
export const concat: Run = (args, frame) => {
  if (args.length === 0) fault("invalid number of arguments (expected at least 1, got 0)");
  const lists = args.map((arg) => expectList(arg, "concat"));
  const size = lists.reduce((total, items) => total + items.length, 0);
  grow(frame, size);
  return size === 0 ? new TypedNil(types.anyList) : lists.flat();
};

/** Elements of all nested lists in one list. */
export const flatten: Run = (args, frame) => {
  const items = expectList(expectOne(args), "flatten");
  const flat: unknown[] = [];
  // A stack of places instead of recursion: lists may be nested ten thousand deep.
  const stack: { readonly items: readonly unknown[]; next: number }[] = [{ items, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next === top.items.length) {
      stack.pop();
      continue;
    }
    const item = top.items[top.next++];
    const pointed = item instanceof PointerValue ? deref(item) : item;
    const inner = listItems(pointed);
    if (inner === undefined) flat.push(pointed ?? null);
    else {
      spend(frame, 4);
      stack.push({ items: inner, next: 0 });
    }
    if (stack.length > 10_001) fault("recursion depth exceeded");
    spend(frame, 1);
  }
  grow(frame, flat.length);
  return flat;
};

const sortable: ReadonlySet<Type> = new Set([
  types.anyList,
  types.stringList,
  sliceOf(types.int),
  sliceOf(types.float64),
]);

/** A new list in ascending or descending order. */
export const sort: Run = (args, frame) => {
  if (args.length !== 1 && args.length !== 2) {
    fault(`invalid number of arguments (expected 1 or 2, got ${args.length})`);
  }
  const [list, direction = "asc"] = args;
  if (args.length === 2 && typeof args[1] !== "string") {
    fault(`sort order argument must be a string (got ${typeName(args[1])})`);
  }
  if (direction !== "asc" && direction !== "desc") fault(`invalid order ${direction}, expected asc or desc`);
  const type = typeOf(list);
  if (type === undefined || !sortable.has(type) || list instanceof TypedNil) return sortedNil(list, type);
  const items = [...(listItems(list) ?? [])];
  spend(frame, items.length);
  sortWith(items, (a, b) => (direction === "desc" ? order("<", b, a) : order("<", a, b)));
  grow(frame, items.length);
  return items;
};

/** Upstream copies a nil list into an empty one, and gives nil for what it cannot sort. */
function sortedNil(list: unknown, type: Type | undefined): unknown {
  return type !== undefined && sortable.has(type) && list instanceof TypedNil
    ? []
    : new TypedNil(types.anyList);
}
