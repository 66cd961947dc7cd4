// Built-in functions on numbers: conversion, rounding, aggregates, bits (builtin/lib.go of expr-lang).
// Arithmetic operators are in operators.ts.
import { parseGoFloat, parseGoInt } from "../base/go-number";
import { fault } from "./errors";
import type { Frame, Run } from "./frame";
import { truncateToInt } from "./go-number";
import { spend } from "./meter";
import { numberOf, order, toInt } from "./operators";
import { isIntegerKind, isIntegerType, type Type, types } from "./types";
import { listItems, Scalar, scalarOf, typeName, typeOf } from "./values";

/** Depth to which nested lists are followed. */
const maxDepth = 10_000;

function notFor(name: string, value: unknown): never {
  return fault(`invalid argument for ${name} (type ${typeName(value)})`);
}

/** Keeps the type; the least number of a width stays what it is. */
export function abs(value: unknown): unknown {
  const number = numberOf(value);
  if (number === undefined) return notFor("abs", value);
  return number < 0 ? scalarOf(typeOf(value) as Type, -number) : value;
}

function rounding(name: string, compute: (value: number) => number): (value: unknown) => number {
  return (value) => {
    const number = numberOf(value);
    if (number === undefined) return notFor(name, value);
    return typeof number === "bigint" ? Number(number) : compute(number);
  };
}

/** Up to a whole number, as a float. */
export const ceil = rounding("ceil", Math.ceil);
/** Down to a whole number, as a float. */
export const floor = rounding("floor", Math.floor);
/** Half away from zero. */
export const round = rounding("round", (value) => {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
});

/** To int: floats are cut toward zero, texts must be plain decimal, declared types over numbers give their number. */
export function int(value: unknown): bigint {
  const number = numberOf(value);
  if (number !== undefined) return toInt(value);
  if (typeof value === "string") return parseGoInt(value) ?? fault(`invalid operation: int(${value})`);
  // Declared types over numbers convert as their numbers do.
  if (value instanceof Scalar && typeof value.value === "bigint") return BigInt.asIntN(64, value.value);
  if (value instanceof Scalar && typeof value.value === "number") return truncateToInt(value.value);
  if (value === null) return fault("reflect: call of reflect.Value.Type on zero Value");
  return fault(`invalid operation: int(${typeName(value)})`);
}

/** To float64; texts as strconv.ParseFloat reads them. */
export function float(value: unknown): number {
  const number = numberOf(value);
  if (number !== undefined) return Number(number);
  if (typeof value !== "string") return fault(`invalid operation: float(${typeName(value)})`);
  return parseGoFloat(value) ?? fault(`invalid operation: float(${value})`);
}

type Better = (best: unknown, candidate: unknown) => boolean;

function extreme(name: string, better: Better): Run {
  const choose = (best: unknown, candidate: unknown): unknown =>
    best === null || better(best, candidate) ? candidate : best;

  const ofArguments = (args: readonly unknown[], frame: Frame, depth: number): unknown => {
    if (depth > maxDepth) fault("recursion depth exceeded");
    let best: unknown = null;
    for (const arg of args) {
      const items = listItems(arg);
      if (items !== undefined) best = ofList(arg, items, best, frame, depth);
      else if (isNumeric(arg)) best = choose(best, arg);
      else return args.length === 1 ? arg : notFor(name, arg);
    }
    return best;
  };

  const ofList = (
    list: unknown,
    items: readonly unknown[],
    start: unknown,
    frame: Frame,
    depth: number,
  ): unknown => {
    const type = typeOf(list);
    let best = start;
    spend(frame, 8 + items.length);
    for (const item of items) {
      if (type === types.anyList && numberOf(item) === undefined && listItems(item) === undefined)
        notFor(name, item);
      const value = numberOf(item) === undefined ? ofArguments([item], frame, depth + 1) : item;
      if (type === types.anyList && value === null) continue;
      if (numberOf(value) === undefined) notFor(name, value);
      best = choose(best, value);
    }
    return best;
  };

  return (args, frame) => ofArguments(args, frame, 0);
}

/** Of any numeric kind, durations and named integers included. */
function isNumeric(value: unknown): boolean {
  const type = typeOf(value);
  return (
    type !== undefined && (isIntegerKind(type.kind) || type.kind === "float32" || type.kind === "float64")
  );
}

/** The largest number of all arguments and nested lists, with its own type; nil when there is none. */
export const max = extreme("max", (best, candidate) => order("<", best, candidate));
/** The smallest, as `max`. */
export const min = extreme("min", (best, candidate) => order(">", best, candidate));

/** All numbers in the arguments and their lists, as floats. */
function allNumbers(name: string, args: readonly unknown[], frame: Frame, depth = 0): number[] {
  spend(frame, 8 + args.length);
  if (depth > maxDepth) fault("recursion depth exceeded");
  const out: number[] = [];
  for (const arg of args) {
    const items = listItems(arg);
    if (items !== undefined) for (const item of allNumbers(name, items, frame, depth + 1)) out.push(item);
    else if (!isNumeric(arg)) notFor(name, arg);
    else out.push(Number(arg instanceof Scalar ? arg.value : arg));
  }
  return out;
}

/** The mean as a float; 0 of nothing. */
export const mean: Run = (args, frame) => {
  const values = allNumbers("mean", args, frame);
  return values.length === 0 ? 0 : values.reduce((total, value) => total + value, 0) / values.length;
};

/** The median as a float; 0 of nothing. */
export const median: Run = (args, frame) => {
  const values = allNumbers("median", args, frame);
  // Go puts what is not a number first.
  values.sort((a, b) => (Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : Number.isNaN(b) ? 1 : a - b));
  const middle = Math.floor(values.length / 2);
  const upper = values[middle] ?? 0;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? 0) + upper) / 2;
};

function bitOperand(name: string, value: unknown): bigint {
  const type = typeOf(value);
  if (isIntegerType(type)) return toInt(value);
  return fault(`cannot use ${typeName(value)} as argument (type int) to call ${name}`);
}

function bits(name: string, compute: (x: bigint, y: bigint) => bigint): Run {
  return (args) => {
    if (args.length !== 2) fault(`invalid number of arguments for ${name} (expected 2, got ${args.length})`);
    return BigInt.asIntN(64, compute(bitOperand(name, args[0]), bitOperand(name, args[1])));
  };
}

/** A shift count; what goes beyond the width comes to the same as the width. */
function shift(count: bigint): bigint {
  if (count < 0n) fault(`invalid operation: negative shift count ${count} (type int)`);
  return count > 64n ? 64n : count;
}

/** `x & y`. */
export const bitand = bits("bitand", (x, y) => x & y);
/** `x | y`. */
export const bitor = bits("bitor", (x, y) => x | y);
/** `x ^ y`. */
export const bitxor = bits("bitxor", (x, y) => x ^ y);
/** `x & ~y` (Go `&^`). */
export const bitnand = bits("bitnand", (x, y) => x & ~y);
/** Shift to the left. */
export const bitshl = bits("bitshl", (x, y) => x << shift(y));
/** Shift to the right, keeping the sign. */
export const bitshr = bits("bitshr", (x, y) => x >> shift(y));
/** Shift to the right, filling with zeros. */
export const bitushr = bits("bitushr", (x, y) => BigInt.asUintN(64, x) >> shift(y));

/** All bits inverted. */
export const bitnot: Run = (args) => {
  if (args.length !== 1) fault(`invalid number of arguments for bitnot (expected 1, got ${args.length})`);
  return ~bitOperand("bitnot", args[0]);
};
