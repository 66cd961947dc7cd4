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
  /** Arguments without which upstream fails; the checker refuses such calls earlier. */
  readonly least: number;
  /** Upstream takes the last argument and leaves others aside. */
  readonly single: boolean;
  readonly run: Run;
}

function single(run: (value: unknown, frame: Frame) => unknown): BuiltinImplementation {
  return { least: 1, single: true, run: (args, frame) => run(args[0], frame) };
}

function many(least: number, run: Run): BuiltinImplementation {
  return { least, single: false, run };
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
  trim: many(0, texts.trim),
  trimPrefix: many(1, texts.trimPrefix),
  trimSuffix: many(1, texts.trimSuffix),
  upper: single(texts.upper),
  lower: single(texts.lower),
  split: many(0, texts.split),
  splitAfter: many(0, texts.splitAfter),
  replace: many(0, texts.replace),
  repeat: many(2, texts.repeat),
  join: many(1, texts.join),
  indexOf: many(2, texts.indexOf),
  lastIndexOf: many(2, texts.lastIndexOf),
  hasPrefix: many(2, texts.hasPrefix),
  hasSuffix: many(2, texts.hasSuffix),
  max: many(0, numbers.max),
  min: many(0, numbers.min),
  mean: many(0, numbers.mean),
  median: many(0, numbers.median),
  toJSON: many(1, texts.writeJson),
  fromJSON: many(1, texts.readJson),
  toBase64: many(1, texts.toBase64),
  fromBase64: many(1, texts.fromBase64),
  now: many(0, times.now),
  duration: many(1, times.duration),
  date: many(1, times.date),
  timezone: many(1, times.timezone),
  first: many(1, (args) => lists.endElement(args[0], 0n)),
  last: many(1, (args) => lists.endElement(args[0], -1n)),
  get: many(0, lists.get),
  take: many(0, lists.take),
  keys: many(0, lists.keys),
  values: many(0, lists.values),
  toPairs: many(0, lists.toPairs),
  fromPairs: many(0, lists.fromPairs),
  reverse: many(0, lists.reverse),
  uniq: many(0, lists.uniq),
  concat: many(0, lists.concat),
  flatten: many(0, lists.flatten),
  sort: many(0, lists.sort),
  bitand: many(0, numbers.bitand),
  bitor: many(0, numbers.bitor),
  bitxor: many(0, numbers.bitxor),
  bitnand: many(0, numbers.bitnand),
  bitshl: many(0, numbers.bitshl),
  bitshr: many(0, numbers.bitshr),
  bitushr: many(0, numbers.bitushr),
  bitnot: many(0, numbers.bitnot),
};

/** The built-in of that name, undefined for looping ones and unknown names. */
export function builtinImplementation(name: string): BuiltinImplementation | undefined {
  return Object.hasOwn(table, name) ? table[name as PlainBuiltinName] : undefined;
}
