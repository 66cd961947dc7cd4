// Bytes to characters as go-yaml's reader takes them: UTF-8 or UTF-16 by byte order mark, and no control characters.
// Finds no structure; what cannot be read is told only once the scanner gets near it, as there.

/** The readable part of a text and what stopped the reading. */
export interface YamlInput {
  readonly text: string;
  /** How much of `text` may be looked at before `problem` has to be told; all of it when there is none. */
  readonly limit: number;
  readonly problem?: string;
}

/** How many bytes are decoded at a time; a fault is told when its portion is needed (yamlprivateh.go). */
const portion = 512;

/** Decodes a whole file. */
export function readYamlInput(bytes: Uint8Array): YamlInput {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (isLittle || (bytes[0] === 0xfe && bytes[1] === 0xff)) return readUtf16(bytes.subarray(2), isLittle);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return readUtf8(bytes, hasMark ? 3 : 0);
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readUtf8(bytes: Uint8Array, start: number): YamlInput {
  const text = decodeWhole(bytes.subarray(start));
  if (text !== undefined) {
    const bad = badCharacter.exec(text);
    if (bad === null) return { text, limit: text.length };
  }
  return readUtf8Slowly(bytes, start);
}

/** What the reader does not let pass; a lone surrogate cannot come out of UTF-8. */
const badCharacter = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ud800-\udfff\ue000-\ufffd]/;

function decodeWhole(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Goes byte by byte to the first fault. */
function readUtf8Slowly(bytes: Uint8Array, start: number): YamlInput {
  let text = "";
  let at = start;
  let portionEnd = Math.min(portion, bytes.length);
  let limit = 0;
  while (at < bytes.length) {
    const width = utf8Width(bytes[at] ?? 0);
    if (at + Math.max(width, 1) > portionEnd && portionEnd < bytes.length) {
      limit = text.length;
      portionEnd = Math.min(at + portion, bytes.length);
      continue;
    }
    const decoded = decodeOne(bytes, at, width);
    if ("problem" in decoded) return { text, limit, problem: decoded.problem };
    text += String.fromCodePoint(decoded.code);
    at += width;
  }
  return { text, limit: text.length };
}

function decodeOne(bytes: Uint8Array, at: number, width: number): { code: number } | { problem: string } {
  const first = bytes[at] ?? 0;
  if (width === 0) return { problem: "invalid leading UTF-8 octet" };
  if (at + width > bytes.length) return { problem: "incomplete UTF-8 octet sequence" };
  let code = width === 1 ? first : first & (0xff >> (width + 1));
  for (let i = 1; i < width; i++) {
    const octet = bytes[at + i] ?? 0;
    if ((octet & 0xc0) !== 0x80) return { problem: "invalid trailing UTF-8 octet" };
    code = (code << 6) | (octet & 0x3f);
  }
  if (code < (shortest[width] ?? 0)) return { problem: "invalid length of a UTF-8 sequence" };
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return { problem: "invalid Unicode character" };
  return isAllowed(code) ? { code } : { problem: "control characters are not allowed" };
}

/** The least code that needs so many bytes. */
const shortest = [0, 0, 0x80, 0x800, 0x10000];

function utf8Width(octet: number): number {
  if (octet < 0x80) return 1;
  if ((octet & 0xe0) === 0xc0) return 2;
  if ((octet & 0xf0) === 0xe0) return 3;
  return (octet & 0xf8) === 0xf0 ? 4 : 0;
}

function isAllowed(code: number): boolean {
  return code >= 0x10000 || !badCharacter.test(String.fromCharCode(code));
}

function readUtf16(bytes: Uint8Array, isLittle: boolean): YamlInput {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const unit = unitAt(bytes, at, isLittle);
    if (unit === undefined) return { text, limit: 0, problem: "incomplete UTF-16 character" };
    if (unit >= 0xdc00 && unit <= 0xdfff) return { text, limit: 0, problem: "unexpected low surrogate area" };
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const low = unitAt(bytes, at + 2, isLittle);
      if (low === undefined) return { text, limit: 0, problem: "incomplete UTF-16 surrogate pair" };
      if (low < 0xdc00 || low > 0xdfff) return { text, limit: 0, problem: "expected low surrogate area" };
      text += String.fromCharCode(unit, low);
      at += 2;
      continue;
    }
    if (!isAllowed(unit)) return { text, limit: 0, problem: "control characters are not allowed" };
    text += String.fromCharCode(unit);
  }
  return { text, limit: text.length };
}

function unitAt(bytes: Uint8Array, at: number, isLittle: boolean): number | undefined {
  const first = bytes[at];
  const second = bytes[at + 1];
  if (first === undefined || second === undefined) return undefined;
  return isLittle ? first | (second << 8) : (first << 8) | second;
}
