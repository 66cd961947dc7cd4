// Which texts Go's strconv reads as numbers and booleans, and what it makes of them.
// Writes none; go-text.ts does.

const decimalFloat = /^[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d[\d_]*)?$/;
const hexFloat = /^[-+]?0[xX](?:[\da-fA-F_]+(?:\.[\da-fA-F_]*)?|\.[\da-fA-F_]+)[pP][-+]?\d[\d_]*$/;
const namedFloat = /^(?:[-+]?inf(?:inity)?|nan)$/i;

/** The value of the text when strconv.ParseFloat reads it without complaint; an overflow is a complaint. */
export function parseGoFloat(text: string): number | undefined {
  if (namedFloat.test(text)) {
    if (/nan/i.test(text)) return Number.NaN;
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const isHex = hexFloat.test(text);
  if (!isHex && !decimalFloat.test(text)) return undefined;
  if (text.includes("_") && !areUnderscoresPlaced(text)) return undefined;
  const plain = text.replaceAll("_", "");
  const value = isHex ? hexValue(plain) : Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

/** The value of the text when strconv.ParseBool reads it. */
export function parseGoBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  return /^(?:0|f|F|false|FALSE|False)$/.test(text) ? false : undefined;
}

/** The value of the text when strconv.Atoi reads it: decimal digits with a sign, within 64 bits. */
export function parseGoInt(text: string): bigint | undefined {
  if (!/^[-+]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

const bases: readonly (readonly [prefix: RegExp, digits: RegExp])[] = [
  [/^0[bB]/, /^[01]+$/],
  [/^0[oO]/, /^[0-7]+$/],
  [/^0[xX]/, /^[\da-fA-F]+$/],
];

/**
 * The value of a text without underscores when strconv.ParseInt or ParseUint with base 0 reads it: `0x`, `0o`, `0b`, a
 * leading `0` for octal; at least -2^63, at most 2^64 - 1, and only without a sign above 2^63 - 1.
 */
export function parseGoPrefixedInt(text: string): bigint | undefined {
  const [, sign = "", digits = ""] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  const magnitude = parseMagnitude(digits);
  if (magnitude === undefined) return undefined;
  if (sign === "-") return magnitude <= 2n ** 63n ? -magnitude : undefined;
  const limit = sign === "" ? 2n ** 64n : 2n ** 63n;
  return magnitude < limit ? magnitude : undefined;
}

function parseMagnitude(digits: string): bigint | undefined {
  for (const [prefix, allowed] of bases) {
    if (prefix.test(digits)) {
      return allowed.test(digits.slice(2)) ? BigInt(digits.toLowerCase()) : undefined;
    }
  }
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^(?:0|[1-9]\d*)$/.test(digits) ? BigInt(digits) : undefined;
}

/** Every underscore stands between two digits, or between a base prefix and a digit (strconv underscoreOK). */
function areUnderscoresPlaced(text: string): boolean {
  const number = text.replace(/^[-+]/, "");
  const isHex = /^0[xX]/.test(number);
  let before = "";
  for (const [i, character] of Array.from(number).entries()) {
    const isDigit = (isHex ? /[\da-fA-FxX]/ : /\d/).test(character);
    if (character === "_" ? before !== "digit" : before === "_" && !isDigit) return false;
    before = character === "_" ? "_" : isDigit ? "digit" : "other";
    if (i === 0 && character === "_") return false;
  }
  return before !== "_";
}

/** A hexadecimal float, rounded to the nearest double, halves to even. */
function hexValue(text: string): number {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/i.exec(text) ?? [];
  if (whole + fraction === "") return Number.NaN;
  const mantissa = BigInt(`0x${whole}${fraction}`);
  const power = Math.max(-100_000, Math.min(100_000, Number(exponent))) - 4 * fraction.length;
  const size = scale(mantissa, power);
  return sign === "-" ? -size : size;
}

/** `mantissa * 2 ** power` as the nearest double. */
function scale(mantissa: bigint, power: number): number {
  if (mantissa === 0n) return 0;
  const length = mantissa.toString(2).length;
  const exponent = length + power;
  if (exponent > 1024) return Infinity;
  const precision = Math.min(53, exponent + 1074);
  if (precision < 0) return 0;
  const cut = BigInt(Math.max(0, length - precision));
  const rounded = cut === 0n ? mantissa : roundHalfEven(mantissa, cut);
  const rest = power + Number(cut);
  return Number(rounded) * 2 ** Math.trunc(rest / 2) * 2 ** (rest - Math.trunc(rest / 2));
}

function roundHalfEven(value: bigint, cut: bigint): bigint {
  const floor = value >> cut;
  const rest = value - (floor << cut);
  const half = 1n << (cut - 1n);
  return rest > half || (rest === half && (floor & 1n) === 1n) ? floor + 1n : floor;
}
