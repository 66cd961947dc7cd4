// Strings of TOML: finding their ends and decoding them, with go-toml's checks.
// A text is one byte a character.
import { goCharacter } from "../../../base/go-text";
import { TomlError } from "./node";

/** A string as written and as meant. */
export interface ScannedString {
  /** Index behind its closing quote. */
  readonly end: number;
  readonly data: string;
}

/** Reads the string whose quote is at `start`, of any of the four kinds. */
export function scanString(text: string, start: number): ScannedString {
  if (text.startsWith('"""', start)) return scanMultilineBasic(text, start);
  if (text.startsWith("'''", start)) return scanMultilineLiteral(text, start);
  return scanLineString(text, start);
}

/** Reads a string of one line, as keys may be. */
export function scanLineString(text: string, start: number): ScannedString {
  return text[start] === '"' ? scanBasic(text, start) : scanLiteral(text, start);
}

/** Length of the character at `at` when it may stand in a document, else 0 (characters.Utf8ValidNext). */
export function validWidth(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first < 0x80) return isControl(first) ? 0 : 1;
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  const bytes = Buffer.from(text.slice(at, at + width), "latin1");
  if (width === 0 || bytes.length < width) return 0;
  return isUtf8(bytes) ? width : 0;
}

function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) || code === 0x7f;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function scanLiteral(text: string, start: number): ScannedString {
  for (let i = start + 1; i < text.length; ) {
    const character = text[i];
    if (character === "'") return { end: i + 1, data: text.slice(start + 1, i) };
    if (character === "\n" || character === "\r")
      throw new TomlError("literal strings cannot have new lines");
    i += validWidth(text, i) || fail("invalid character");
  }
  throw new TomlError("unterminated literal string");
}

function scanMultilineLiteral(text: string, start: number): ScannedString {
  for (let i = start + 3; i < text.length; ) {
    const end = endOfQuotes(text, i, "'", "''' not allowed in multiline literal string");
    if (end !== undefined) return { end, data: text.slice(afterFirstBreak(text, start + 3), end - 3) };
    if (text[i] === "\r") {
      checkLineFeed(text, i);
      i += 2;
      continue;
    }
    i += validWidth(text, i) || fail("invalid character");
  }
  throw new TomlError("multiline literal string not terminated by '''");
}

function scanBasic(text: string, start: number): ScannedString {
  for (let i = start + 1; i < text.length; i++) {
    const character = text[i];
    if (character === '"') return { end: i + 1, data: decodeBasic(text, start + 1, i) };
    if (character === "\n" || character === "\r") throw new TomlError("basic strings cannot have new lines");
    if (character !== "\\") continue;
    if (i + 1 >= text.length) throw new TomlError("need a character after \\");
    i++;
  }
  throw new TomlError('basic string not terminated by "');
}

function scanMultilineBasic(text: string, start: number): ScannedString {
  for (let i = start + 3; i < text.length; i++) {
    const end = endOfQuotes(text, i, '"', '""" not allowed in multiline basic string');
    if (end !== undefined) return { end, data: decodeBasic(text, afterFirstBreak(text, start + 3), end - 3) };
    if (text[i] === "\\") {
      if (i + 1 >= text.length) throw new TomlError("need a character after \\");
      i++;
    } else if (text[i] === "\r") {
      checkLineFeed(text, i);
      i++;
    }
  }
  throw new TomlError('multiline basic string not terminated by """');
}

/** Up to two quotes may stand right before the three that close a string; `tooMany` is said of more. */
function endOfQuotes(text: string, at: number, quote: string, tooMany: string): number | undefined {
  if (!text.startsWith(quote.repeat(3), at)) return undefined;
  let end = at + 3;
  while (end < at + 5 && text[end] === quote) end++;
  if (end === at + 5 && text[end] === quote) throw new TomlError(tooMany);
  return end;
}

/** A line break right behind the opening quotes does not count. */
function afterFirstBreak(text: string, at: number): number {
  if (text[at] === "\n") return at + 1;
  return text.startsWith("\r\n", at) ? at + 2 : at;
}

function checkLineFeed(text: string, at: number): void {
  if (text[at + 1] !== "\n") throw new TomlError("need a \\n after \\r");
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  e: "\x1b",
};

/** Decodes what stands between the quotes of a basic string, whose end is `end`. */
function decodeBasic(text: string, start: number, end: number): string {
  const content = text.slice(start, end);
  if (!content.includes("\\")) {
    for (let i = 0; i < content.length; ) i += validWidth(content, i) || fail("invalid UTF-8");
    return content;
  }
  const isMultiline = text.startsWith('"""', end);
  let decoded = "";
  for (let i = 0; i < content.length; ) {
    const character = content[i] ?? "";
    if (character !== "\\") {
      const width = validWidth(content, i) || fail(`invalid character ${goCharacter(character)}`);
      decoded += content.slice(i, i + width);
      i += width;
      continue;
    }
    const joined = isMultiline ? /^\\[ \t]*(?:\r[ \t]*)?\n[ \t\r\n]*/.exec(content.slice(i)) : null;
    if (joined !== null) {
      i += joined[0].length;
      continue;
    }
    const letter = content[i + 1] ?? text[end] ?? "";
    const width = letter === "u" ? 4 : letter === "U" ? 8 : 0;
    // In a string of several lines the closing quotes may still be looked at; they are no hexadecimal digits.
    const digits = isMultiline ? text.slice(start + i + 2, end + 3) : content.slice(i + 2);
    decoded += width > 0 ? decodeHex(digits, width) : (escapes[letter] ?? failEscape(letter));
    i += 2 + width;
  }
  return decoded;
}

function decodeHex(text: string, width: number): string {
  const digits = text.slice(0, width);
  if (digits.length < width) {
    throw new TomlError(`unicode point needs ${width} character, not ${digits.length}`);
  }
  if (!/^[\da-fA-F]+$/.test(digits)) throw new TomlError("non-hex character");
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    throw new TomlError("escape sequence is invalid Unicode code point");
  }
  return Buffer.from(String.fromCodePoint(code), "utf8").toString("latin1");
}

function failEscape(letter: string): never {
  throw new TomlError(`invalid escaped character ${goCharacter(letter)}`);
}

function fail(message: string): never {
  throw new TomlError(message);
}
