// The way from a character of a scalar's value back to the character of the file it came from: through quotes, escapes,
// folding and the indentation of block scalars. Decodes nothing itself; the YAML library has done that.
import type { Scalar } from "yaml";

/** Where each character of the value stands in the source; one entry more for the end. */
export type SourceMap = (valueOffset: number) => number;

/** The map of a scalar in `source`. Offsets that cannot be told are those of the nearest character before. */
export function sourceMap(scalar: Scalar<string>, source: string): SourceMap {
  const range = scalar.range;
  if (range === null || range === undefined) return () => 0;
  const [start, end] = range;
  const { value } = scalar;
  const quoted = scalar.type === "QUOTE_SINGLE" || scalar.type === "QUOTE_DOUBLE";
  const inner = quoted ? start + 1 : start;
  const length = quoted ? end - start - 2 : end - start;
  if (length === value.length && source.startsWith(value, inner)) return (offset) => inner + offset;
  const offsets = align(scalar, source, start, end);
  return (offset) => offsets[Math.min(Math.max(offset, 0), value.length)] ?? end;
}

/** Walks value and source side by side. */
function align(scalar: Scalar<string>, source: string, start: number, end: number): number[] {
  const { value, type } = scalar;
  const isBlock = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
  const cursor: Cursor = {
    source,
    at: isBlock ? firstLine(source, start, end) : /QUOTE/.test(type ?? "") ? start + 1 : start,
    end,
    indent: 0,
  };
  if (isBlock) {
    cursor.indent = blockIndent(source, cursor.at, end);
    skipIndent(cursor);
  }
  const offsets: number[] = [];
  let before = "";
  for (const char of value.split("")) {
    if (type === "QUOTE_DOUBLE") skipEscapedBreak(cursor);
    offsets.push(Math.min(cursor.at, end));
    const folds = type === "BLOCK_FOLDED" && char === "\n" && before !== "\n";
    advance(cursor, char, type ?? "PLAIN");
    if (folds) passEmptyLine(cursor);
    before = char;
  }
  offsets.push(Math.min(cursor.at, end));
  return offsets;
}

interface Cursor {
  readonly source: string;
  readonly end: number;
  at: number;
  indent: number;
}

function firstLine(source: string, start: number, end: number): number {
  const newline = source.indexOf("\n", start);
  return newline === -1 || newline >= end ? end : newline + 1;
}

/** The indentation of the first line that has any text. */
function blockIndent(source: string, from: number, end: number): number {
  for (let at = from; at < end; ) {
    const newline = source.indexOf("\n", at);
    const stop = newline === -1 ? end : newline;
    const line = source.slice(at, stop);
    if (line.trim() !== "") return line.length - line.trimStart().length;
    at = stop + 1;
  }
  return 0;
}

function skipIndent(cursor: Cursor): void {
  for (let i = 0; i < cursor.indent && cursor.source[cursor.at] === " "; i++) cursor.at++;
}

const escapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function skipEscapedBreak(cursor: Cursor): void {
  const { source } = cursor;
  while (source[cursor.at] === "\\" && /[\r\n]/.test(source[cursor.at + 1] ?? "")) {
    cursor.at++;
    while (/\s/.test(source[cursor.at] ?? "x")) cursor.at++;
  }
}

function advance(cursor: Cursor, char: string, type: string): void {
  const { source } = cursor;
  const here = source[cursor.at];
  if (type === "QUOTE_DOUBLE" && here === "\\") {
    cursor.at += escapeLengths[source[cursor.at + 1] ?? ""] ?? 2;
  } else if (type === "QUOTE_SINGLE" && here === "'") cursor.at += 2;
  else if (type.startsWith("BLOCK")) advanceInBlock(cursor);
  else if ((char === " " || char === "\n") && atLineEnd(cursor)) {
    if (char === "\n") passBreak(cursor);
    else while (/\s/.test(source[cursor.at] ?? "x")) cursor.at++;
    if (char === "\n" && !/[\r\n]/.test(source[cursor.at] ?? "x"))
      while (/[ \t]/.test(source[cursor.at] ?? "x")) cursor.at++;
  } else cursor.at++;
}

/** True when only blanks are between here and the end of the line. */
function atLineEnd({ source, at }: Cursor): boolean {
  let here = at;
  while (source[here] === " " || source[here] === "\t" || source[here] === "\r") here++;
  return source[here] === "\n";
}

/** Passes one line break; in flow scalars the first of several counts for nothing. */
function passBreak(cursor: Cursor): void {
  const { source } = cursor;
  for (let passed = 0; passed < 2; passed++) {
    while (/[ \t\r]/.test(source[cursor.at] ?? "x")) cursor.at++;
    if (source[cursor.at] !== "\n") return;
    cursor.at++;
  }
}

function advanceInBlock(cursor: Cursor): void {
  const { source } = cursor;
  const isBreak = source[cursor.at] === "\n" || source.startsWith("\r\n", cursor.at);
  if (!isBreak) {
    cursor.at++;
    return;
  }
  cursor.at += source[cursor.at] === "\r" ? 2 : 1;
  skipIndent(cursor);
}

/** In a folded text one line break of the value is two in the source: the end of the line, and an empty line. */
function passEmptyLine(cursor: Cursor): void {
  const { source } = cursor;
  if (source[cursor.at] !== "\n" && !source.startsWith("\r\n", cursor.at)) return;
  cursor.at += source[cursor.at] === "\r" ? 2 : 1;
  skipIndent(cursor);
}
