// The built-in functions that take values: what each does with arguments that were evaluated (builtin/ of expr-lang).
// This table only; the functions are in builtins-*.ts, their types in builtin-signatures.ts.
import type { PlainBuiltinName } from "./builtin-names";
import * as lists from "./builtins-list";
import * as numbers from "./builtins-number";
import * as texts from "./builtins-text";
import * as times from "./builtins-time";
import type { Frame, Run } from "./frame";

/** A built-in as the compiler needs it. */
export interface BuiltinImplementation {
  /** Upstream takes the last argument and leaves others aside. */
  readonly single: boolean;
  readonly run: Run;
}

function single(run: (value: unknown, frame: Frame) => unknown): BuiltinImplementation {
  return { single: true, run: (args, frame) => run(args[0], frame) };
}

function many(run: Run): BuiltinImplementation {
  return { single: false, run };
}

const table: Readonly<Record<PlainBuiltinName, BuiltinImplementation>> = {
  len: single(lists.length),
  type: single(lists.typeText),
  abs: single(numbers.abs),
  ceil: single(numbers.ceil),
  floor: single(numbers.floor),
  round: single(numbers.round),
  int: single(numbers.int),
  float: single(numbers.float),
  string: single(texts.text),
  trim: many(texts.trim),
  trimPrefix: many(texts.trimPrefix),
  trimSuffix: many(texts.trimSuffix),
  upper: single(texts.upper),
  lower: single(texts.lower),
  split: many(texts.split),
  splitAfter: many(texts.splitAfter),
  replace: many(texts.replace),
  repeat: many(texts.repeat),
  join: many(texts.join),
  indexOf: many(texts.indexOf),
  lastIndexOf: many(texts.lastIndexOf),
  hasPrefix: many(texts.hasPrefix),
  hasSuffix: many(texts.hasSuffix),
  max: many(numbers.max),
  min: many(numbers.min),
  mean: many(numbers.mean),
  median: many(numbers.median),
  toJSON: many(texts.writeJson),
  fromJSON: many(texts.readJson),
  toBase64: many(texts.toBase64),
  fromBase64: many(texts.fromBase64),
  now: many(times.now),
  duration: many(times.duration),
  date: many(times.date),
  timezone: many(times.timezone),
  first: many((args) => lists.endElement(args, 0n)),
  last: many((args) => lists.endElement(args, -1n)),
  get: many(lists.get),
  take: many(lists.take),
  keys: many(lists.keys),
  values: many(lists.values),
  toPairs: many(lists.toPairs),
  fromPairs: many(lists.fromPairs),
  reverse: many(lists.reverse),
  uniq: many(lists.uniq),
  concat: many(lists.concat),
  flatten: many(lists.flatten),
  sort: many(lists.sort),
  bitand: many(numbers.bitand),
  bitor: many(numbers.bitor),
  bitxor: many(numbers.bitxor),
  bitnand: many(numbers.bitnand),
  bitshl: many(numbers.bitshl),
  bitshr: many(numbers.bitshr),
  bitushr: many(numbers.bitushr),
  bitnot: many(numbers.bitnot),
};

/** The built-in of that name, undefined for looping ones and unknown names. */
export function builtinImplementation(name: string): BuiltinImplementation | undefined {
  return Object.hasOwn(table, name) ? table[name as PlainBuiltinName] : undefined;
}
