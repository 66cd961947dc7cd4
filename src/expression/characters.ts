// Which characters expr-lang takes for space, letter and digit, and where the characters of a source stand.
// Classifies single code points; knows no token.

/** A code point that separates tokens (Go unicode.IsSpace; U+FEFF is none). */
export function isSpace(code: number): boolean {
  if (code < 0x80) return (code >= 9 && code <= 13) || code === 32;
  if (code === 0x85 || code === 0xa0) return true;
  return code >= 0x1680 && /^[\p{Zs}\p{Zl}\p{Zp}]$/u.test(String.fromCodePoint(code));
}

/** A code point that may start a name: a letter of any script, `_` or `$`. */
export function isAlphabetic(code: number): boolean {
  if (code < 0x80)
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 36;
  return /^\p{L}$/u.test(String.fromCodePoint(code));
}

/** A code point that may stand inside a name: as `isAlphabetic`, or a decimal digit of any script. */
export function isAlphanumeric(code: number): boolean {
  if (code < 0x80) return isAlphabetic(code) || (code >= 48 && code <= 57);
  return /^[\p{L}\p{Nd}]$/u.test(String.fromCodePoint(code));
}

/** True when the text can stand behind a dot (parser/utils of expr-lang). */
export function isValidIdentifier(text: string): boolean {
  let first = true;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (!(first ? isAlphabetic(code) : isAlphanumeric(code))) return false;
    first = false;
  }
  return !first;
}

/** Number of code points in front of the UTF-16 offset. */
export function codePointOffset(text: string, offset: number): number {
  let count = 0;
  for (let i = 0; i < offset && i < text.length; count++) i += (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1;
  return count + Math.max(0, offset - text.length);
}

/** Line (from 1) and column (from 0, in code points) of a UTF-16 offset, as expr-lang counts them. */
export function lineAndColumn(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { line, column: codePointOffset(before.slice(lineStart), before.length - lineStart) };
}
