// Text as Go's fmt and strconv write it; Kargo's messages and some of its edits are made of it.
// Reads nothing back.
import { isObject } from "./json";
import { compareBytewise } from "./text";

const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** The text in double quotes with Go's escapes (strconv.Quote, `%q`). */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const character of text) quoted += shortEscapes[character] ?? printable(character);
  return `${quoted}"`;
}

/**
 * As goQuote, for text in which U+DC80 to U+DCFF stand for bytes that are no UTF-8, as expressions keep them: those
 * become `\xNN`.
 */
export function goQuoteBytes(text: string): string {
  const parts = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const isByte = code >= 0xdc80 && code <= 0xdcff;
    return isByte ? `\\x${(code - 0xdc00).toString(16)}` : goQuote(character).slice(1, -1);
  });
  return `"${parts.join("")}"`;
}

/** A float64 in the fewest digits that read back the same (`%v`): 0.0001 to 999999 plain, the rest as `1e+06`. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "0", power = "0"] = Math.abs(value).toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return sign + String(Math.abs(value));
  const digits = String(Math.abs(exponent)).padStart(2, "0");
  return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
}

/** A float64 in the fewest digits that read back the same and without an exponent (strconv 'f'). */
export function goPlainFloat(value: number): string {
  const [mantissa = "0", power = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const point = Number(power) + 1;
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`.replace(/^(-?)0\.0*$/, "$10");
  if (point >= digits.length) return sign + digits.padEnd(point, "0");
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A JSON value as `%v` shows it: texts bare, `<nil>`, `[a b]`, `map[a:1 b:2]`; numbers are float64. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "number") return goFloat(value);
  if (typeof value === "bigint") return goFloat(Number(value));
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (!isObject(value)) return String(value);
  const keys = Object.keys(value).sort(compareBytewise);
  return `map[${keys.map((key) => `${key}:${goValue(value[key])}`).join(" ")}]`;
}

/** A character by its number and, if it can be seen, as it is: `U+0041 'A'` (`%#U`). */
export function goCharacter(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return isPrintable(character) ? `U+${code} '${character}'` : `U+${code}`;
}

/** True for what Go deems printable (unicode.IsPrint). */
function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

/** One character, escaped unless it is printable. */
function printable(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (isPrintable(character)) return character;
  // Half of a surrogate pair has no bytes in UTF-8; Go would have read the replacement character.
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
