// Go strings are bytes. A JavaScript string stands for one, a byte that is not part of valid UTF-8 as U+DC00 + byte.
// Holds what is needed to cut, search and join such text by bytes; everything valid stays an ordinary string.

const brokenByte = /[\udc80-\udcff]/;
const notAscii = /[^\0-\x7f]/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** True when the text may hold broken bytes (a quick test: half of a valid pair may answer true as well). */
export function maybeBroken(text: string): boolean {
  return brokenByte.test(text);
}

/** True when every character is ASCII, so that bytes, characters and UTF-16 units are the same thing. */
export function isAscii(text: string): boolean {
  if (text.length > 64) return !notAscii.test(text);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** The bytes of the text. */
export function toBytes(text: string): Uint8Array {
  if (!maybeBroken(text)) return encoder.encode(text);
  const out: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) out.push(code - 0xdc00);
    else for (const byte of encoder.encode(char)) out.push(byte);
  }
  return Uint8Array.from(out);
}

/** The text of the bytes. */
export function fromBytes(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return fromBrokenBytes(bytes);
  }
}

function fromBrokenBytes(bytes: Uint8Array): string {
  let out = "";
  let ascii = 0;
  while (ascii < bytes.length && (bytes[ascii] ?? 0) < 0x80) ascii++;
  if (ascii > 0) out = latin1(bytes.subarray(0, ascii));
  for (let i = ascii; i < bytes.length; ) {
    const size = sequenceLength(bytes, i);
    if (size === 0) out += String.fromCharCode(0xdc00 + (bytes[i++] ?? 0));
    else {
      out += String.fromCodePoint(decodeAt(bytes, i, size));
      i += size;
    }
  }
  return out;
}

/** Length of the valid UTF-8 sequence at `i`, 0 when there is none (Go utf8.DecodeRune). */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const first = bytes[i] ?? 0;
  if (first < 0x80) return 1;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || i + size > bytes.length) return 0;
  for (let k = 1; k < size; k++) if (((bytes[i + k] ?? 0) & 0xc0) !== 0x80) return 0;
  const code = decodeAt(bytes, i, size);
  const least = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
  return code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : size;
}

function decodeAt(bytes: Uint8Array, i: number, size: number): number {
  const first = bytes[i] ?? 0;
  if (size === 1) return first;
  let code = first & (0xff >> (size + 1));
  for (let k = 1; k < size; k++) code = (code << 6) | ((bytes[i + k] ?? 0) & 0x3f);
  return code;
}

/** One character per byte. */
export function latin1(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 8192) out += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return out;
}

/** The text as one character per byte, for searching and cutting where bytes may be broken. */
export function toByteString(text: string): string {
  return latin1(toBytes(text));
}

/** Turns one character per byte back into text. */
export function fromByteString(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  return fromBytes(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}

/** Puts broken bytes that came to stand next to each other together again. */
export function settle(text: string): string {
  return maybeBroken(text) ? fromBytes(toBytes(text)) : text;
}

/** Go string concatenation. */
export function concat(left: string, right: string): string {
  const joined = left + right;
  const seam = right.charCodeAt(0);
  if (seam < 0xdc80 || seam > 0xdcff) return joined;
  const end = left.charCodeAt(left.length - 1);
  return end >= 0xdc80 && end <= 0xdcff ? settle(joined) : joined;
}

/** Number of bytes. */
export function byteLength(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdbff)) count++;
    else if (unit < 0xd800 || unit > 0xdfff) count += 2;
    else if (i > 0 && isHighSurrogate(text.charCodeAt(i - 1))) count++;
  }
  return count;
}

/** Number of characters; a broken byte counts as one (Go utf8.RuneCountInString). */
export function runeCount(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xdc00 && unit <= 0xdfff && isHighSurrogate(text.charCodeAt(i - 1))) count--;
  }
  return count;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** The text between two byte offsets; a character may be cut. */
export function sliceBytes(text: string, from: number, to: number): string {
  return isAscii(text) ? text.slice(from, to) : fromBytes(toBytes(text).subarray(from, to));
}

/** Broken bytes as U+FFFD, the way Go decodes them. */
export function toValid(text: string): string {
  if (!/[\ud800-\udfff]/.test(text)) return text;
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}

/** Orders by bytes, as Go does: negative, 0 or positive. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    return left < 0xd800 && right < 0xd800 ? left - right : compareBytes(toBytes(a), toBytes(b));
  }
  return a.length - b.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
