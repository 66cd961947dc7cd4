// The value of a quoted literal: escapes of strings and of bytes literals (parser/lexer/utils.go of expr-lang).
// Does not find where a literal ends; the lexer does.
import { fromBytes } from "./go-text";

/** What a literal means, or the sentence that says why it means nothing. */
export type Unescaped =
  | { readonly value: string; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "'": 39,
  '"': 34,
  "`": 96,
  "?": 63,
};
const bad = "unable to unescape string";
const badOctal = "unable to unescape octal sequence in string";

/** The text of a string literal given with its quotes. */
export function unescapeString(literal: string): Unescaped {
  return readLiteral(literal, readStringEscape);
}

/** The bytes, as text, of a bytes literal given with its quotes but without the `b`. */
export function unescapeBytes(literal: string): Unescaped {
  return readLiteral(literal, readByteEscape);
}

/** One escape: what it writes and how many units behind the backslash it takes; or a problem. */
type Escape = { readonly bytes: readonly number[]; readonly length: number } | string;

function readLiteral(literal: string, read: (body: string, at: number) => Escape): Unescaped {
  const body = literal.slice(1, -1).replace(/\r\n?/g, "\n");
  if (!body.includes("\\")) return { value: body };
  const out: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < body.length; ) {
    const slash = body.indexOf("\\", i);
    const end = slash < 0 ? body.length : slash;
    for (const byte of encoder.encode(body.slice(i, end))) out.push(byte);
    if (slash < 0) break;
    if (slash + 1 === body.length) return { problem: `${bad}, found '\\' as last character` };
    const found = read(body, slash + 1);
    if (typeof found === "string") return { problem: found };
    out.push(...found.bytes);
    i = slash + 1 + found.length;
  }
  return { value: fromBytes(Uint8Array.from(out)) };
}

function readStringEscape(body: string, at: number): Escape {
  const kind = body[at] ?? "";
  const plain = simple[kind];
  if (plain !== undefined) return { bytes: [plain], length: 1 };
  if (/[0-3]/.test(kind)) {
    const digits = /^[0-7]{3}/.exec(body.slice(at, at + 3))?.[0];
    return digits === undefined ? badOctal : { bytes: encode(Number.parseInt(digits, 8)), length: 3 };
  }
  if (kind === "u" && body[at + 1] === "{") {
    const [whole, digits] = /^u\{([0-9a-fA-F]{1,6})\}/.exec(body.slice(at, at + 9)) ?? [];
    if (whole === undefined || digits === undefined) return bad;
    const code = Number.parseInt(digits, 16);
    return code > 0x10ffff ? bad : { bytes: encode(code), length: whole.length };
  }
  return readHexEscape(body, at, kind);
}

function readHexEscape(body: string, at: number, kind: string): Escape {
  const size = { x: 2, X: 2, u: 4, U: 8 }[kind];
  if (size === undefined) return bad;
  const digits = body.slice(at + 1, at + 1 + size);
  if (digits.length < size || !/^[0-9a-fA-F]*$/.test(digits)) return bad;
  // Upstream collects the digits in a signed 32-bit number: eight digits from 8 up come out negative and as one byte.
  const code = Number.parseInt(digits, 16) | 0;
  if (code > 0x10ffff) return bad;
  return { bytes: code < 0 ? [code & 0xff] : encode(code), length: 1 + size };
}

/** UTF-8 of a code point; surrogates become U+FFFD one by one. */
function encode(code: number): readonly number[] {
  const valid = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
  return [...new TextEncoder().encode(String.fromCodePoint(valid))];
}

function readByteEscape(body: string, at: number): Escape {
  const kind = body[at] ?? "";
  const plain = simple[kind];
  if (plain !== undefined) return { bytes: [plain], length: 1 };
  if (/[0-3]/.test(kind)) {
    const digits = /^[0-7]{3}/.exec(body.slice(at, at + 3))?.[0];
    return digits === undefined ? badOctal : { bytes: [Number.parseInt(digits, 8)], length: 3 };
  }
  if (kind !== "x" && kind !== "X") return bad;
  const digits = /^[0-9a-fA-F]{2}/.exec(body.slice(at + 1, at + 3))?.[0];
  return digits === undefined ? bad : { bytes: [Number.parseInt(digits, 16)], length: 3 };
}
