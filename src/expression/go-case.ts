// Upper and lower case as Go's strings package maps them: one character to one character.
// JavaScript maps some to several (ß → SS) and looks at neighbours (final sigma).
import { toValid } from "./go-text";

/** Greek letters with iota below have a one-letter capital, which JavaScript spells out. */
function singleUpper(code: number): number {
  if (code >= 0x1f80 && code <= 0x1faf) return code | 8;
  return { 8115: 0x1fbc, 8131: 0x1fcc, 8179: 0x1ffc }[code] ?? code;
}

/** strings.ToUpper. */
export function upperText(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toUpperCase();
  const chars = Array.from(toValid(text), (char) => {
    const upper = char.toUpperCase();
    return isOne(upper) ? upper : String.fromCodePoint(singleUpper(char.codePointAt(0) ?? 0));
  });
  return chars.join("");
}

/** strings.ToLower. */
export function lowerText(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  const chars = Array.from(toValid(text), (char) => {
    const lower = char.toLowerCase();
    return isOne(lower) ? lower : char === "\u0130" ? "i" : char;
  });
  return chars.join("");
}

function isOne(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}
