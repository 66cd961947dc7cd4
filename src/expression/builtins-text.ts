// Built-in functions on text (Go's strings package through builtin/builtin.go of expr-lang).
// Positions count bytes, as in Go.
import { fault } from "./errors";
import { type Frame, grow, type Run } from "./frame";
import { lowerText, upperText } from "./go-case";
import { formatValue } from "./go-format";
import { base64, JsonError, toJson } from "./go-json";
import { parseJson } from "./go-json-parse";
import {
  byteLength,
  fromByteString,
  isAscii,
  maybeBroken,
  settle,
  toByteString,
  toBytes,
  toValid,
} from "./go-text";
import { spend, spendMaking, spendText } from "./meter";
import { argument, argumentText, expectString, maxTextLength, toInt } from "./operators";
import { types } from "./types";
import { ListValue, TypedNil, typeName, typeOf } from "./values";

/** Charges the making of a text; refuses one that is too long. */
function made(text: string, frame: Frame): string {
  if (text.length > maxTextLength) fault("memory budget exceeded");
  spendMaking(frame, text);
  return text;
}

/** Any value as Go prints it. */
export function text(value: unknown, frame: Frame): string {
  return made(formatValue(value, frame), frame);
}

/** Runs an operation on texts by bytes when one of them holds broken ones. */
function bytewise<T>(
  texts: readonly string[],
  operate: (texts: readonly string[]) => T,
  back: (result: T) => T,
): T {
  return texts.some(maybeBroken) ? back(operate(texts.map(toByteString))) : operate(texts);
}

const edgeSpace = /^[\t-\r \u0085\p{Z}]+|[\t-\r \u0085\p{Z}]+$/gu;

/** Without white space, or without the given characters, at both ends. */
export const trim: Run = (args, frame) => {
  if (args.length !== 1 && args.length !== 2) {
    fault(`invalid number of arguments for trim (expected 1 or 2, got ${args.length})`);
  }
  const value = argumentText(args, 0);
  spendText(frame, value);
  if (args.length === 1) return value.replace(edgeSpace, "");
  spend(frame, value.length);
  const cut = new Set(toValid(argumentText(args, 1)));
  let start = 0;
  let end = value.length;
  while (start < end && cut.has(charAt(value, start))) start += charAt(value, start).length;
  while (end > start && cut.has(charBefore(value, end))) end -= charBefore(value, end).length;
  return value.slice(start, end);
};

function charAt(text: string, at: number): string {
  return toValid(String.fromCodePoint(text.codePointAt(at) ?? 0));
}

function charBefore(text: string, end: number): string {
  const pair = /[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(Math.max(0, end - 2), end));
  return charAt(text, end - (pair ? 2 : 1));
}

/** Without the prefix (a space when none is given), once. */
export const trimPrefix: Run = (args) => {
  const prefix = args.length === 2 ? argumentText(args, 1) : " ";
  const trimmed = ([value = "", part = ""]: readonly string[]) =>
    value.startsWith(part) ? value.slice(part.length) : value;
  return bytewise([argumentText(args, 0), prefix], trimmed, fromByteString);
};

/** Without the suffix (a space when none is given), once. */
export const trimSuffix: Run = (args) => {
  const suffix = args.length === 2 ? argumentText(args, 1) : " ";
  const trimmed = ([value = "", part = ""]: readonly string[]) =>
    value.endsWith(part) ? value.slice(0, value.length - part.length) : value;
  return bytewise([argumentText(args, 0), suffix], trimmed, fromByteString);
};

/** Changing case goes character by character unless all are ASCII. */
function spendCase(text: string, frame: Frame): string {
  if (isAscii(text)) spendMaking(frame, text);
  else spend(frame, text.length * 2);
  return text;
}

/** Capitals, one for one. */
export function upper(value: unknown, frame: Frame): string {
  return upperText(spendCase(expectString(value), frame));
}

/** Small letters, one for one. */
export function lower(value: unknown, frame: Frame): string {
  return lowerText(spendCase(expectString(value), frame));
}

/** Pieces of a text; `keep` leaves the separator at their ends. A negative limit means all, a positive the most. */
function pieces(value: string, separator: string, limit: bigint, keep: "separator" | "nothing"): string[] {
  if (separator === "") return characters(value, limit);
  const out: string[] = [];
  let start = 0;
  while (limit < 0n || BigInt(out.length) < limit - 1n) {
    const at = value.indexOf(separator, start);
    if (at < 0) break;
    out.push(value.slice(start, keep === "separator" ? at + separator.length : at));
    start = at + separator.length;
  }
  out.push(value.slice(start));
  return out;
}

function characters(value: string, limit: bigint): string[] {
  const chars = [...value];
  if (limit < 0n || limit > BigInt(chars.length)) return chars;
  const head = chars.slice(0, Number(limit) - 1);
  return [...head, chars.slice(head.length).join("")];
}

function splitting(name: string, keep: "separator" | "nothing"): Run {
  return (args, frame) => {
    if (args.length !== 2 && args.length !== 3) {
      fault(`invalid number of arguments for ${name} (expected 2 or 3, got ${args.length})`);
    }
    const [value, separator] = [argumentText(args, 0), argumentText(args, 1)];
    const limit = args.length === 3 ? toInt(argument(args, 2)) : -1n;
    if (limit === 0n) return new TypedNil(types.stringList);
    spendMaking(frame, value);
    const broken = separator !== "" && (maybeBroken(value) || maybeBroken(separator));
    const items = broken
      ? pieces(toByteString(value), toByteString(separator), limit, keep).map(fromByteString)
      : pieces(value, separator, limit, keep);
    spend(frame, items.length);
    return new ListValue(types.stringList, items);
  };
}

/** Pieces between separators. */
export const split = splitting("split", "nothing");
/** Pieces that keep the separator at their ends. */
export const splitAfter = splitting("splitAfter", "separator");

/** With the first so many, or all, occurrences replaced. */
export const replace: Run = (args, frame) => {
  if (args.length !== 3 && args.length !== 4) {
    fault(`invalid number of arguments for replace (expected 3 or 4, got ${args.length})`);
  }
  const [value, old, next] = args.slice(0, 3).map(expectString) as [string, string, string];
  const limit = args.length === 4 ? toInt(argument(args, 3)) : -1n;
  if (old === next || limit === 0n) return value;
  const broken = old !== "" && [value, old, next].some(maybeBroken);
  const parts = broken
    ? pieces(toByteString(value), toByteString(old), limit < 0n ? limit : limit + 1n, "nothing")
    : old === ""
      ? gaps(value, limit)
      : pieces(value, old, limit < 0n ? limit : limit + 1n, "nothing");
  if (value.length + parts.length * next.length > maxTextLength) fault("memory budget exceeded");
  spend(frame, parts.length);
  const joined = parts.join(broken ? toByteString(next) : next);
  return made(broken ? fromByteString(joined) : settle(joined), frame);
};

/** A text cut where an empty pattern matches: before each character and at the end. */
function gaps(value: string, limit: bigint): string[] {
  const chars = [...value];
  const cuts = limit < 0n || limit > BigInt(chars.length) ? chars.length + 1 : Number(limit);
  if (cuts > chars.length) return ["", ...chars, ""];
  return ["", ...chars.slice(0, cuts - 1), chars.slice(cuts - 1).join("")];
}

/** The text so many times. */
export const repeat: Run = (args, frame) => {
  const value = argumentText(args, 0);
  const count = toInt(argument(args, 1));
  if (count < 0n) fault(`invalid argument for repeat (expected positive integer, got ${count})`);
  if (count > 1_000_000n) fault("memory budget exceeded");
  grow(frame, byteLength(value) * Number(count));
  return settle(value.repeat(Number(count)));
};

/** A list of texts as one. */
export const join: Run = (args, frame) => {
  const glue = args.length === 2 ? argumentText(args, 1) : "";
  const list = argument(args, 0);
  const type = typeOf(list);
  if (type !== types.stringList && type !== types.anyList) {
    fault(`invalid argument for join (type ${type === undefined ? "%!s(<nil>)" : typeName(list)})`);
  }
  const items = (Array.isArray(list) ? list : list instanceof ListValue ? list.items : []).map(expectString);
  let length = 0;
  for (const item of items) length += item.length + glue.length;
  if (length > maxTextLength) fault("memory budget exceeded");
  spend(frame, items.length);
  return made(settle(items.join(glue)), frame);
};

function position(find: (value: string, part: string) => number): Run {
  return (args, frame) => {
    const [value, part] = [argumentText(args, 0), argumentText(args, 1)];
    spendText(frame, value);
    if (maybeBroken(value) || maybeBroken(part)) return BigInt(find(toByteString(value), toByteString(part)));
    const at = find(value, part);
    return BigInt(at < 0 ? at : byteLength(value.slice(0, at)));
  };
}

/** First position in bytes, -1 when absent. */
export const indexOf = position((value, part) => value.indexOf(part));
/** Last position in bytes, -1 when absent. */
export const lastIndexOf = position((value, part) => value.lastIndexOf(part));

/** Whether a text begins with another. */
export const hasPrefix: Run = (args) =>
  bytewise(
    [argumentText(args, 0), argumentText(args, 1)],
    ([value = "", part = ""]) => value.startsWith(part),
    (result) => result,
  );

/** Whether a text ends with another. */
export const hasSuffix: Run = (args) =>
  bytewise(
    [argumentText(args, 0), argumentText(args, 1)],
    ([value = "", part = ""]) => value.endsWith(part),
    (result) => result,
  );

/** JSON, two spaces a level. */
export const writeJson: Run = (args, frame) => {
  try {
    return made(toJson(argument(args, 0), { indent: "  ", meter: frame }), frame);
  } catch (error) {
    if (error instanceof JsonError) return fault(error.message);
    throw error;
  }
};

/** Value of a JSON text. */
export const readJson: Run = (args, frame) => {
  const value = argumentText(args, 0);
  spend(frame, value.length);
  const { value: read, problem } = parseJson(value);
  return problem === undefined ? read : fault(problem);
};

/** Standard base64 with padding. */
export const toBase64: Run = (args, frame) => {
  const value = argumentText(args, 0);
  spend(frame, value.length >> 1);
  return made(base64(toBytes(value)), frame);
};

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** What standard base64 stands for; padding is required. */
export const fromBase64: Run = (args, frame) => {
  const value = argumentText(args, 0);
  spendMaking(frame, value);
  const illegal = firstIllegal(toByteString(value));
  if (illegal !== undefined) fault(`illegal base64 data at input byte ${illegal}`);
  return fromByteString(atob(value.replace(/[\r\n]/g, "")));
};

/** Where Go finds that the text is no base64; line breaks do not count. */
function firstIllegal(source: string): number | undefined {
  const isBreak = (char: string | undefined) => char === "\n" || char === "\r";
  let filled = 0;
  for (let i = 0; i < source.length; i++) {
    const char = source[i] ?? "";
    if (isBreak(char)) continue;
    if (alphabet.includes(char)) {
      filled = (filled + 1) % 4;
      continue;
    }
    if (char !== "=" || filled < 2) return i;
    let next = i + 1;
    while (isBreak(source[next])) next++;
    if (filled === 2) {
      if (next >= source.length) return source.length;
      if (source[next] !== "=") return next - 1;
      next++;
      while (isBreak(source[next])) next++;
    }
    return next < source.length ? next : undefined;
  }
  return filled === 0 ? undefined : source.length - filled;
}
