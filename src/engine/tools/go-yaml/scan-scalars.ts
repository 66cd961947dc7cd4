// Scanning scalars: plain, quoted and block ones, with go-yaml's folding and its faults.
// Resolves no types; a scalar is text here.
import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isOneOf } from "./characters";
import { type Cursor, type Mark, makeToken, scannerError, type Token } from "./cursor";

/** A scalar, and whether a simple key may follow it because it ended with a line break. */
export interface ScannedScalar {
  readonly token: Token;
  readonly endsLine: boolean;
}

/** True when the cursor stands before `---` or `...` at the beginning of a line. */
export function isAtDocumentIndicator(cursor: Cursor): boolean {
  return cursor.column === 0 && (cursor.isAt("---") || cursor.isAt("...")) && isBlankOrEnd(cursor.peek(3));
}

/** White space between two pieces of a scalar, and what folding makes of it. */
class Gap {
  #blanks = "";
  #firstBreak = "";
  #moreBreaks = "";

  get hasBreak(): boolean {
    return this.#firstBreak !== "";
  }

  /** Takes all blanks and breaks; `checkBlank` sees each blank that stands at the beginning of a line. */
  take(cursor: Cursor, checkBlank: () => void = () => {}): void {
    while (isBlank(cursor.peek()) || isBreak(cursor.peek())) {
      if (isBlank(cursor.peek())) {
        if (this.hasBreak) {
          checkBlank();
          cursor.skip();
        } else {
          this.#blanks += cursor.read();
        }
      } else {
        cursor.need(2);
        if (this.hasBreak) {
          this.#moreBreaks += cursor.readBreak();
        } else {
          this.#blanks = "";
          this.#firstBreak = cursor.readBreak();
        }
      }
      cursor.need(1);
    }
  }

  /** The text the gap stands for; afterwards it is empty. */
  fold(): string {
    const { hasBreak } = this;
    const breaks = this.#firstBreak === "\n" ? this.#moreBreaks || " " : this.#firstBreak + this.#moreBreaks;
    const text = hasBreak ? breaks : this.#blanks;
    this.#blanks = "";
    this.#firstBreak = "";
    this.#moreBreaks = "";
    return text;
  }
}

/** Scans a scalar without quotes (yaml_parser_scan_plain_scalar). */
export function scanPlainScalar(cursor: Cursor, indent: number, isInFlow: boolean): ScannedScalar {
  const start = cursor.mark;
  let end = start;
  let value = "";
  const gap = new Gap();
  for (;;) {
    cursor.need(4);
    if (isAtDocumentIndicator(cursor) || cursor.peek() === 0x23) break;
    let isRun = false;
    while (!isBlankOrEnd(cursor.peek()) && !endsPlainScalar(cursor, isInFlow)) {
      if (!isRun) value += gap.fold();
      isRun = true;
      value += cursor.read();
      cursor.need(2);
    }
    if (isRun) end = cursor.mark;
    if (!isBlank(cursor.peek()) && !isBreak(cursor.peek())) break;
    gap.take(cursor, () => {
      if (cursor.column <= indent && cursor.peek() === 0x09) {
        throw scannerError(cursor, start, "found a tab character that violates indentation");
      }
    });
    if (!isInFlow && cursor.column <= indent) break;
  }
  return { token: makeToken("scalar", start, end, { value }), endsLine: gap.hasBreak };
}

function endsPlainScalar(cursor: Cursor, isInFlow: boolean): boolean {
  const code = cursor.peek();
  return (code === 0x3a && isBlankOrEnd(cursor.peek(1))) || (isInFlow && isOneOf(code, ",?[]{}"));
}

/** Scans a scalar in single or double quotes (yaml_parser_scan_flow_scalar). */
export function scanQuotedScalar(cursor: Cursor, style: "single" | "double"): Token {
  const start = cursor.mark;
  const quote = style === "single" ? 0x27 : 0x22;
  cursor.skip();
  let value = "";
  for (;;) {
    cursor.need(4);
    if (isAtDocumentIndicator(cursor)) {
      throw scannerError(cursor, start, "found unexpected document indicator");
    }
    if (cursor.peek() === 0) throw scannerError(cursor, start, "found unexpected end of stream");
    const gap = new Gap();
    let isJoined = false;
    while (!isBlankOrEnd(cursor.peek())) {
      const code = cursor.peek();
      if (style === "single" && code === quote && cursor.peek(1) === quote) {
        value += "'";
        cursor.skip(2);
      } else if (code === quote) {
        break;
      } else if (style === "double" && code === 0x5c && isBreak(cursor.peek(1))) {
        cursor.need(3);
        cursor.skip();
        cursor.readBreak();
        isJoined = true;
        break;
      } else if (style === "double" && code === 0x5c) {
        value += scanEscape(cursor, start);
      } else {
        value += cursor.read();
      }
      cursor.need(2);
    }
    cursor.need(1);
    if (cursor.peek() === quote) break;
    value += isJoined ? takeAfterJoin(cursor) : takeGap(cursor, gap);
  }
  cursor.skip();
  return makeToken("scalar", start, cursor.mark, { value, style });
}

function takeGap(cursor: Cursor, gap: Gap): string {
  gap.take(cursor);
  return gap.fold();
}

/** After an escaped break leading blanks do not count and every further break does. */
function takeAfterJoin(cursor: Cursor): string {
  let breaks = "";
  while (isBlank(cursor.peek()) || isBreak(cursor.peek())) {
    if (isBlank(cursor.peek())) {
      cursor.skip();
    } else {
      cursor.need(2);
      breaks += cursor.readBreak();
    }
    cursor.need(1);
  }
  return breaks;
}

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "'": "'",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};

const hexEscapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function scanEscape(cursor: Cursor, start: Mark): string {
  const name = String.fromCharCode(cursor.peek(1));
  const length = hexEscapes[name];
  if (length === undefined) {
    const character = escapes[name];
    if (character === undefined) throw scannerError(cursor, start, "found unknown escape character");
    cursor.skip(2);
    return character;
  }
  cursor.skip(2);
  cursor.need(length);
  let digits = "";
  for (let i = 0; i < length; i++) {
    const digit = String.fromCharCode(cursor.peek(i));
    if (!/[\da-fA-F]/.test(digit)) {
      throw scannerError(cursor, start, "did not find expected hexdecimal number");
    }
    digits += digit;
  }
  const code = Number.parseInt(digits, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    throw scannerError(cursor, start, "found invalid Unicode character escape code");
  }
  cursor.skip(length);
  return String.fromCodePoint(code);
}

/** Scans a literal or folded block scalar; `onComment` takes what stands behind its header. */
export function scanBlockScalar(
  cursor: Cursor,
  style: "literal" | "folded",
  parentIndent: number,
  onComment: (start: Mark) => void,
): Token {
  const start = cursor.mark;
  const { chomping, increment } = scanBlockHeader(cursor, start, onComment);
  const block = new Block(cursor, start, parentIndent, increment);
  let value = "";
  let lineBreak = "";
  let wasBlank = false;
  block.skipEmptyLines();
  cursor.need(1);
  while (cursor.column === block.indent && cursor.peek() !== 0) {
    const isLineBlank = isBlank(cursor.peek());
    const isFolded = style === "folded" && !wasBlank && !isLineBlank && lineBreak.startsWith("\n");
    value += isFolded ? (block.breaks === "" ? " " : "") : lineBreak;
    value += block.breaks;
    wasBlank = isLineBlank;
    while (!isBreakOrEnd(cursor.peek())) {
      value += cursor.read();
      cursor.need(1);
    }
    cursor.need(2);
    lineBreak = cursor.readBreak();
    block.skipEmptyLines();
  }
  if (chomping !== "-") value += lineBreak;
  if (chomping === "+") value += block.breaks;
  return makeToken("scalar", start, block.end, { value, style });
}

/** `|2-  # note` and its break; a comment is told before it is passed over. */
function scanBlockHeader(
  cursor: Cursor,
  start: Mark,
  onComment: (start: Mark) => void,
): { readonly chomping: string; readonly increment: number } {
  cursor.skip();
  cursor.need(1);
  let chomping = "";
  let increment = 0;
  const takeChomping = (): void => {
    if (isOneOf(cursor.peek(), "+-")) chomping = cursor.read();
    cursor.need(1);
  };
  takeChomping();
  if (isDigit(cursor.peek())) {
    if (cursor.peek() === 0x30) {
      throw scannerError(cursor, start, "found an indentation indicator equal to 0");
    }
    increment = Number(cursor.read());
    cursor.need(1);
    if (chomping === "") takeChomping();
  }
  while (isBlank(cursor.peek())) {
    cursor.skip();
    cursor.need(1);
  }
  if (cursor.peek() === 0x23) {
    onComment(start);
    while (!isBreakOrEnd(cursor.peek())) {
      cursor.skip();
      cursor.need(1);
    }
  }
  if (!isBreakOrEnd(cursor.peek())) {
    throw scannerError(cursor, start, "did not find expected comment or line break");
  }
  cursor.need(2);
  cursor.readBreak();
  return { chomping, increment };
}

/** The indentation of a block scalar and the empty lines between its lines. */
class Block {
  /** 0 until the first line that has content tells it. */
  indent: number;
  /** Breaks of the empty lines passed over last. */
  breaks = "";
  end: Mark;
  readonly #cursor: Cursor;
  readonly #start: Mark;
  readonly #parentIndent: number;

  constructor(cursor: Cursor, start: Mark, parentIndent: number, increment: number) {
    this.#cursor = cursor;
    this.#start = start;
    this.#parentIndent = parentIndent;
    this.indent = increment > 0 ? Math.max(parentIndent, 0) + increment : 0;
    this.end = cursor.mark;
  }

  skipEmptyLines(): void {
    const cursor = this.#cursor;
    this.breaks = "";
    this.end = cursor.mark;
    let deepest = 0;
    for (;;) {
      cursor.need(1);
      while (this.#isBeforeIndent() && cursor.peek() === 0x20) {
        cursor.skip();
        cursor.need(1);
      }
      deepest = Math.max(deepest, cursor.column);
      if (this.#isBeforeIndent() && cursor.peek() === 0x09) {
        const problem = "found a tab character where an indentation space is expected";
        throw scannerError(cursor, this.#start, problem);
      }
      if (!isBreak(cursor.peek())) break;
      cursor.need(2);
      this.breaks += cursor.readBreak();
      this.end = cursor.mark;
    }
    if (this.indent === 0) this.indent = Math.max(deepest, this.#parentIndent + 1, 1);
  }

  #isBeforeIndent(): boolean {
    return this.indent === 0 || this.#cursor.column < this.indent;
  }
}
