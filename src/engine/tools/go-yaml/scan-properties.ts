// Scanning what stands before nodes and documents: anchors, aliases, tags and directives.
// Looks up no handles; parser.ts does.
import { isBlank, isBlankOrEnd, isBreakOrEnd, isDigit, isOneOf, isWordCharacter } from "./characters";
import { type Cursor, type Mark, makeToken, scannerError, type Token } from "./cursor";

/** Scans `&name` or `*name` (yaml_parser_scan_anchor). */
export function scanAnchor(cursor: Cursor, type: "anchor" | "alias"): Token {
  const start = cursor.mark;
  cursor.skip();
  cursor.need(1);
  const value = readWord(cursor);
  const end = cursor.mark;
  if (value === "" || !(isBlankOrEnd(cursor.peek()) || isOneOf(cursor.peek(), "?:,]}%@`"))) {
    throw scannerError(cursor, start, "did not find expected alphabetic or numeric character");
  }
  return makeToken(type, start, end, { value });
}

/** Scans `!`, `!name`, `!!name`, `!handle!name` or `!<uri>` (yaml_parser_scan_tag). */
export function scanTag(cursor: Cursor): Token {
  const start = cursor.mark;
  cursor.need(2);
  let handle = "";
  let suffix = "";
  if (cursor.peek(1) === 0x3c) {
    cursor.skip(2);
    suffix = scanUri(cursor, start, "");
    if (cursor.peek() !== 0x3e) throw scannerError(cursor, start, "did not find the expected '>'");
    cursor.skip();
  } else {
    handle = scanHandle(cursor, start, false);
    if (handle.length > 1 && handle.endsWith("!")) {
      suffix = scanUri(cursor, start, "");
    } else {
      suffix = scanUri(cursor, start, handle);
      handle = "!";
      // A lone `!` is a tag without a handle.
      if (suffix === "") [handle, suffix] = ["", "!"];
    }
  }
  cursor.need(1);
  if (!isBlankOrEnd(cursor.peek())) {
    throw scannerError(cursor, start, "did not find expected whitespace or line break");
  }
  return makeToken("tag", start, cursor.mark, { value: handle, suffix });
}

/** Scans `%YAML 1.1` or `%TAG ! tag:…` with the rest of its line (yaml_parser_scan_directive). */
export function scanDirective(cursor: Cursor): Token {
  const start = cursor.mark;
  cursor.skip();
  cursor.need(1);
  const name = readWord(cursor);
  if (name === "") throw scannerError(cursor, start, "could not find expected directive name");
  if (!isBlankOrEnd(cursor.peek())) {
    throw scannerError(cursor, start, "found unexpected non-alphabetical character");
  }
  let token: Token;
  if (name === "YAML") token = scanVersion(cursor, start);
  else if (name === "TAG") token = scanTagDirective(cursor, start);
  else throw scannerError(cursor, start, "found unknown directive name");
  skipBlanks(cursor);
  if (cursor.peek() === 0x23) {
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
  return token;
}

function scanVersion(cursor: Cursor, start: Mark): Token {
  skipBlanks(cursor);
  const major = scanVersionNumber(cursor, start);
  if (cursor.peek() !== 0x2e) {
    throw scannerError(cursor, start, "did not find expected digit or '.' character");
  }
  cursor.skip();
  const minor = scanVersionNumber(cursor, start);
  return makeToken("version-directive", start, cursor.mark, { suffix: `${major}.${minor}` });
}

function scanVersionNumber(cursor: Cursor, start: Mark): number {
  cursor.need(1);
  let digits = "";
  while (isDigit(cursor.peek())) {
    if (digits.length === 2) throw scannerError(cursor, start, "found extremely long version number");
    digits += cursor.read();
    cursor.need(1);
  }
  if (digits === "") throw scannerError(cursor, start, "did not find expected version number");
  return Number(digits);
}

function scanTagDirective(cursor: Cursor, start: Mark): Token {
  skipBlanks(cursor);
  const handle = scanHandle(cursor, start, true);
  cursor.need(1);
  if (!isBlank(cursor.peek())) throw scannerError(cursor, start, "did not find expected whitespace");
  skipBlanks(cursor);
  const prefix = scanUri(cursor, start, "");
  cursor.need(1);
  if (!isBlankOrEnd(cursor.peek())) {
    throw scannerError(cursor, start, "did not find expected whitespace or line break");
  }
  return makeToken("tag-directive", start, cursor.mark, { value: handle, suffix: prefix });
}

function scanHandle(cursor: Cursor, start: Mark, isDirective: boolean): string {
  cursor.need(1);
  if (cursor.peek() !== 0x21) throw scannerError(cursor, start, "did not find expected '!'");
  let handle = cursor.read();
  cursor.need(1);
  handle += readWord(cursor);
  if (cursor.peek() === 0x21) handle += cursor.read();
  else if (isDirective && handle !== "!") throw scannerError(cursor, start, "did not find expected '!'");
  return handle;
}

/** Reads a URI; `head` is a handle that turned out to be its beginning. */
function scanUri(cursor: Cursor, start: Mark, head: string): string {
  let uri = head.slice(1);
  let isThere = head !== "";
  cursor.need(1);
  while (isWordCharacter(cursor.peek()) || isOneOf(cursor.peek(), ";/?:@&=+$,.!~*'()[]%")) {
    uri += cursor.peek() === 0x25 ? scanUriEscape(cursor, start) : cursor.read();
    cursor.need(1);
    isThere = true;
  }
  if (!isThere) throw scannerError(cursor, start, "did not find expected tag URI");
  return uri;
}

/** Reads the `%XX` that make up one character. */
function scanUriEscape(cursor: Cursor, start: Mark): string {
  const octets: number[] = [];
  let width = 1;
  do {
    cursor.need(3);
    const hex = String.fromCharCode(cursor.peek(1), cursor.peek(2));
    if (cursor.peek() !== 0x25 || !/^[\da-fA-F]{2}$/.test(hex)) {
      throw scannerError(cursor, start, "did not find URI escaped octet");
    }
    const octet = Number.parseInt(hex, 16);
    if (octets.length === 0) {
      width = octet < 0x80 ? 1 : (octet & 0xe0) === 0xc0 ? 2 : (octet & 0xf0) === 0xe0 ? 3 : 4;
      if (octet >= 0x80 && (octet < 0xc0 || octet >= 0xf8)) {
        throw scannerError(cursor, start, "found an incorrect leading UTF-8 octet");
      }
    } else if ((octet & 0xc0) !== 0x80) {
      throw scannerError(cursor, start, "found an incorrect trailing UTF-8 octet");
    }
    octets.push(octet);
    cursor.skip(3);
  } while (octets.length < width);
  return Buffer.from(octets).toString("utf8");
}

function readWord(cursor: Cursor): string {
  let word = "";
  while (isWordCharacter(cursor.peek())) {
    word += cursor.read();
    cursor.need(1);
  }
  return word;
}

function skipBlanks(cursor: Cursor): void {
  cursor.need(1);
  while (isBlank(cursor.peek())) {
    cursor.skip();
    cursor.need(1);
  }
}
