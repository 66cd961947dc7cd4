// The value of a number literal (parser/parser.go parseSecondary of expr-lang).
// Says what is wrong in upstream's words; where a literal ends is the lexer's business.
import { goQuoteBytes } from "../base/go-text";

/** An int, a float, or the sentence that says why it is neither. */
export type NumberLiteral = bigint | number | string;

const maxInt = (1n << 63n) - 1n;

/** Reads a literal as the lexer found it. Underscores mean nothing, a leading zero is not octal. */
export function parseNumberLiteral(literal: string): NumberLiteral {
  const text = literal.replaceAll("_", "");
  const lower = text.toLowerCase();
  if (lower.startsWith("0x")) return integer(text, "hex", /^0[xX][0-9a-fA-F]+$/);
  if (/[.e]/.test(lower)) return float(text);
  if (lower.startsWith("0b")) return integer(text, "binary", /^0[bB][01]+$/);
  if (lower.startsWith("0o")) return integer(text, "octal", /^0[oO][0-7]+$/);
  return integer(text, "integer", /^[0-9]+$/);
}

function integer(text: string, name: string, form: RegExp): NumberLiteral {
  const problem = `invalid ${name} literal: strconv.ParseInt: parsing ${goQuoteBytes(text)}`;
  if (!form.test(text)) return `${problem}: invalid syntax`;
  const value = BigInt(name === "integer" ? text : text.toLowerCase());
  return value > maxInt ? `${problem}: value out of range` : value;
}

function float(text: string): NumberLiteral {
  const problem = `invalid float literal: strconv.ParseFloat: parsing ${goQuoteBytes(text)}`;
  if (!/^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return `${problem}: invalid syntax`;
  const value = Number(text);
  return Number.isFinite(value) ? value : `${problem}: value out of range`;
}
