// What the built-in functions accept and give, before anything runs (builtin/builtin.go of expr-lang).
// Types only; what they do is in builtins-*.ts.
import { type PlainBuiltinName, plainBuiltinNames } from "./builtin-names";
import { fault } from "./errors";
import { type CallableDeclaration, groupsType } from "./nature";
import { durationType, locationType, timeType } from "./time-values";
import { derefType, functionType, sliceOf, type Type, type TypeKind, types } from "./types";

const { any, string, int, float64, anyList, stringList } = types;
const strings = stringList;
const intList = sliceOf(int);
const floatList = sliceOf(float64);

function signature(result: Type, ...params: readonly Type[]): Type {
  return functionType(params, [result]);
}

/** Upstream's implementation type, which stands for a built-in that has no signatures. */
const implementation = functionType([anyList], [any, types.error], true);

type Arg = Type | undefined;
type Validate = (args: readonly Arg[]) => Type;

const numbers: ReadonlySet<TypeKind> = new Set([
  "int",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float32",
  "float64",
] as const);

function kindOf(arg: Arg): TypeKind | undefined {
  return arg === undefined ? undefined : derefType(arg).kind;
}

/** Go prints a missing type inside a sentence like this. */
function typeText(arg: Arg): string {
  return arg?.name ?? "%!s(<nil>)";
}

function expectCount(args: readonly Arg[], count: number): void {
  if (args.length !== count) {
    fault(`invalid number of arguments (expected ${count}, got ${args.length})`);
  }
}

/** One argument of the given kinds (or unknown). */
function oneOf(name: string, accepts: (kind: TypeKind) => boolean, result: (arg: Type) => Type): Validate {
  return (args) => {
    expectCount(args, 1);
    const [arg] = args;
    const kind = kindOf(arg);
    if (arg !== undefined && kind !== undefined && (kind === "interface" || accepts(kind)))
      return result(arg);
    return fault(`invalid argument for ${name} (type ${typeText(arg)})`);
  };
}

const isListKind = (kind: TypeKind | undefined) => kind === "slice" || kind === "array";

/** One argument that is a list (or a map) or unknown, with a sentence of its own. */
function collection(
  sentence: string,
  accepts: (kind: TypeKind | undefined) => boolean,
  result: (arg: Type) => Type,
): Validate {
  return (args) => {
    expectCount(args, 1);
    const [arg] = args;
    if (arg !== undefined && (kindOf(arg) === "interface" || accepts(kindOf(arg)))) return result(arg);
    return fault(sentence.replace("%s", typeText(arg)));
  };
}

function aggregate(name: string): Validate {
  return (args) => {
    if (args.length === 0) fault(`not enough arguments to call ${name}`);
    for (const arg of args) {
      const kind = kindOf(arg);
      if (kind === "interface" || isListKind(kind)) return any;
      if (kind === undefined || !numbers.has(kind)) {
        fault(`invalid argument for ${name} (type ${typeText(arg)})`);
      }
    }
    return args[0] ?? any;
  };
}

const element = (arg: Type): Type => (kindOf(arg) === "interface" ? any : (arg.elem ?? any));
const isMapKind = (kind: TypeKind | undefined) => kind === "map";

const take: Validate = (args) => {
  expectCount(args, 2);
  const [list, count] = args;
  if (kindOf(list) !== "interface" && !isListKind(kindOf(list))) fault(`cannot take from ${typeText(list)}`);
  if (!/^(interface|int\d*)$/.test(kindOf(count) ?? "")) fault(`cannot take ${typeText(count)} elements`);
  return list ?? any;
};

const concat: Validate = (args) => {
  if (args.length === 0) fault("invalid number of arguments (expected at least 1, got 0)");
  for (const arg of args) {
    if (kindOf(arg) !== "interface" && !isListKind(kindOf(arg))) fault(`cannot concat ${typeText(arg)}`);
  }
  return anyList;
};

const now: Validate = (args) => {
  if (args.length === 0 || (args.length === 1 && args[0] === locationType)) return timeType;
  return fault(`invalid number of arguments (expected 0, got ${args.length})`);
};

const date: Validate = (args) => {
  if (args.length < 1) fault("invalid number of arguments (expected at least 1, got 0)");
  const count = args[0] === locationType ? args.length - 1 : args.length;
  if (count > 3) fault(`invalid number of arguments (expected at most 3, got ${count})`);
  return timeType;
};

const isNumber = (kind: TypeKind) => numbers.has(kind);
const convertible = (kind: TypeKind) => numbers.has(kind) || kind === "string";
const bits = [signature(int, int, int)];
const text1 = signature(string, string);
const text2 = signature(string, string, string);

/** Signatures to try in turn, or a rule of its own. */
const rules: Readonly<Record<PlainBuiltinName, readonly Type[] | Validate>> = {
  len: oneOf(
    "len",
    (kind) => isListKind(kind) || kind === "map" || kind === "string",
    () => int,
  ),
  type: [signature(string, any)],
  abs: oneOf("abs", isNumber, (arg) => arg),
  ceil: oneOf("ceil", isNumber, () => float64),
  floor: oneOf("floor", isNumber, () => float64),
  round: oneOf("round", isNumber, () => float64),
  int: oneOf("int", convertible, () => int),
  float: oneOf("float", convertible, () => float64),
  string: [signature(string, any)],
  trim: [text1, text2],
  trimPrefix: [text2, text1],
  trimSuffix: [text2, text1],
  upper: [text1],
  lower: [text1],
  split: [signature(strings, string, string), signature(strings, string, string, int)],
  splitAfter: [signature(strings, string, string), signature(strings, string, string, int)],
  replace: [signature(string, string, string, string, int), signature(string, string, string, string)],
  repeat: [signature(string, string, int)],
  join: [
    signature(string, strings, string),
    signature(string, anyList, string),
    signature(string, anyList),
    signature(string, strings, string),
    signature(string, strings),
  ],
  indexOf: [signature(int, string, string)],
  lastIndexOf: [signature(int, string, string)],
  hasPrefix: [signature(types.bool, string, string)],
  hasSuffix: [signature(types.bool, string, string)],
  max: aggregate("max"),
  min: aggregate("min"),
  mean: aggregate("mean"),
  median: aggregate("median"),
  toJSON: [signature(string, any)],
  fromJSON: [signature(any, string)],
  toBase64: [text1],
  fromBase64: [text1],
  now,
  duration: [functionType([string], [durationType, types.error])],
  date,
  timezone: [functionType([string], [locationType, types.error])],
  first: collection("cannot get first element from %s", isListKind, element),
  last: collection("cannot get last element from %s", isListKind, element),
  get: [],
  take,
  keys: collection("cannot get keys from %s", isMapKind, () => anyList),
  values: collection("cannot get values from %s", isMapKind, () => anyList),
  toPairs: collection("cannot transform %s to pairs", isMapKind, () => anyList),
  fromPairs: collection("cannot transform %s from pairs", isListKind, () => types.pairsMap),
  reverse: collection("cannot reverse %s", isListKind, () => anyList),
  uniq: collection("cannot uniq %s", isListKind, () => anyList),
  concat,
  flatten: collection("cannot flatten %s", isListKind, () => anyList),
  sort: [
    signature(anyList, anyList, string),
    signature(anyList, intList, string),
    signature(anyList, floatList, string),
    signature(anyList, strings, string),
    signature(anyList, anyList),
    signature(anyList, floatList),
    signature(anyList, strings),
    signature(anyList, intList),
  ],
  bitand: bits,
  bitor: bits,
  bitxor: bits,
  bitnand: bits,
  bitshl: bits,
  bitshr: bits,
  bitushr: bits,
  bitnot: [signature(int, int)],
};

const predicateOfBool = functionType([any], [types.bool]);
const predicateOfAny = functionType([any], [any]);

/** Function types that the names of the looping built-ins have when they are used as variables. */
const predicateTypes: Readonly<Record<string, Type>> = {
  all: signature(types.bool, anyList, predicateOfBool),
  none: signature(types.bool, anyList, predicateOfBool),
  any: signature(types.bool, anyList, predicateOfBool),
  one: signature(types.bool, anyList, predicateOfBool),
  filter: signature(anyList, anyList, predicateOfBool),
  map: signature(anyList, anyList, predicateOfAny),
  find: signature(any, anyList, predicateOfBool),
  findIndex: signature(int, anyList, predicateOfBool),
  findLast: signature(any, anyList, predicateOfBool),
  findLastIndex: signature(int, anyList, predicateOfBool),
  count: signature(int, anyList, predicateOfBool),
  sum: signature(int, anyList, predicateOfBool),
  groupBy: functionType([anyList, predicateOfAny], [groupsType]),
  sortBy: signature(anyList, anyList, predicateOfBool, string),
  reduce: signature(any, anyList, functionType([any, any], [any]), any),
};

const declarations = new Map<string, CallableDeclaration>(
  plainBuiltinNames.map((name) => {
    const rule = rules[name];
    return [name, typeof rule === "function" ? { name, types: [], validate: rule } : { name, types: rule }];
  }),
);

/** The declaration of a built-in that takes values only. */
export function builtinDeclaration(name: string): CallableDeclaration | undefined {
  return declarations.get(name);
}

/** The function type that a callable has as a variable (Function.Type of expr-lang). */
export function callableType(callable: CallableDeclaration): Type {
  return callable.types[0] ?? implementation;
}

/** A built-in, looping or not, used by its bare name. */
export function builtinVariable(name: string): CallableDeclaration | undefined {
  const looping = predicateTypes[name];
  return looping === undefined ? declarations.get(name) : { name, types: [looping] };
}
