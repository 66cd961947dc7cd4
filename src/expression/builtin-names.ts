// Names of expr-lang's built-in functions, and which of them take a predicate; the grammar depends on both.
// What they do is in builtins.ts.

/** Parameters of the built-ins that loop over a list; `?` marks one that may be left out. */
export const predicateBuiltins: Readonly<Record<string, readonly string[] | undefined>> = Object.assign(
  Object.create(null),
  {
    all: ["list", "predicate"],
    none: ["list", "predicate"],
    any: ["list", "predicate"],
    one: ["list", "predicate"],
    filter: ["list", "predicate"],
    map: ["list", "predicate"],
    count: ["list", "predicate?"],
    sum: ["list", "predicate?"],
    find: ["list", "predicate"],
    findIndex: ["list", "predicate"],
    findLast: ["list", "predicate"],
    findLastIndex: ["list", "predicate"],
    groupBy: ["list", "predicate"],
    sortBy: ["list", "predicate", "order?"],
    reduce: ["list", "predicate", "initial?"],
  },
);

/** Names of the built-ins that take values only. */
export const plainBuiltinNames = [
  "len",
  "type",
  "abs",
  "ceil",
  "floor",
  "round",
  "int",
  "float",
  "string",
  "trim",
  "trimPrefix",
  "trimSuffix",
  "upper",
  "lower",
  "split",
  "splitAfter",
  "replace",
  "repeat",
  "join",
  "indexOf",
  "lastIndexOf",
  "hasPrefix",
  "hasSuffix",
  "max",
  "min",
  "mean",
  "median",
  "toJSON",
  "fromJSON",
  "toBase64",
  "fromBase64",
  "now",
  "duration",
  "date",
  "timezone",
  "first",
  "last",
  "get",
  "take",
  "keys",
  "values",
  "toPairs",
  "fromPairs",
  "reverse",
  "uniq",
  "concat",
  "flatten",
  "sort",
  "bitand",
  "bitor",
  "bitxor",
  "bitnand",
  "bitshl",
  "bitshr",
  "bitushr",
  "bitnot",
] as const;

/** Name of a built-in that takes values only. */
export type PlainBuiltinName = (typeof plainBuiltinNames)[number];

/** Every built-in's name. */
export const builtinNames: readonly string[] = [...Object.keys(predicateBuiltins), ...plainBuiltinNames];

const names = new Set(builtinNames);

/** True for the name of a built-in. */
export function isBuiltin(name: string): boolean {
  return names.has(name);
}
