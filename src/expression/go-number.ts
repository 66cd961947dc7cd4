// Numbers as Go reads and prints them (strconv).
// Computes nothing; arithmetic is in operators.ts.

/** Digits and decimal exponent of a finite number: 0.d1d2d3… times ten to the exponent. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

function shortest(value: number, bits: 32 | 64): Decimal {
  const text = bits === 64 ? Math.abs(value).toExponential() : shortest32(Math.abs(value));
  const [mantissa = "0", exponent = "0"] = text.split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** The fewest digits that give the same 32-bit float again. */
function shortest32(value: number): string {
  for (let precision = 0; precision < 9; precision++) {
    const text = value.toExponential(precision);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential(9);
}

/** Go's `%v` of a float: the fewest digits that round-trip, scientific below 1e-04 and from 1e+06 up. */
export function formatFloat(value: number, bits: 32 | 64 = 64): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (value === 0) return `${sign}0`;
  const { digits, point } = shortest(value, bits);
  const exponent = point - 1;
  if (exponent < -4 || exponent >= 6) return sign + scientific(digits, exponent);
  return sign + plain(digits, point);
}

function scientific(digits: string, exponent: number): string {
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
}

function plain(digits: string, point: number): string {
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + "0".repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Go's JSON form of a float; undefined for NaN and the infinities. */
export function jsonFloat(value: number, bits: 32 | 64 = 64): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (Object.is(value, -0)) return "-0";
  if (bits === 64) return String(value);
  if (value === 0) return "0";
  const { digits, point } = shortest(value, 32);
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (size >= 1e-6 && size < 1e21) return sign + plain(digits, point);
  return sign + scientific(digits, point - 1).replace(/e-0(\d)$/, "e-$1");
}

/** Why a text is no number, in strconv's words. */
export type NumberFault = "invalid syntax" | "value out of range";

/** strconv.ParseFloat with 64 bits: the number, or why there is none. */
export function readFloat(text: string): number | NumberFault {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const hex = /^[+-]?0x/i.test(text);
  const form = hex
    ? /^[+-]?0x[0-9a-f_]*\.?[0-9a-f_]*p[+-]?[0-9][0-9_]*$/i
    : /^[+-]?[0-9_]*\.?[0-9_]*(e[+-]?[0-9][0-9_]*)?$/i;
  const mantissa = (hex ? text.replace(/^[+-]?0x/i, "").split(/p/i) : text.split(/e/i))[0] ?? "";
  if (!form.test(text) || !/[0-9a-f]/i.test(mantissa)) return "invalid syntax";
  if (text.includes("_") && !underscoresFit(text)) return "invalid syntax";
  const bare = text.replaceAll("_", "");
  const value = hex ? hexFloat(bare) : Number(bare);
  return Number.isFinite(value) ? value : "value out of range";
}

/** Go allows an underscore between digits only, a base prefix counting as a digit. */
function underscoresFit(text: string): boolean {
  const bare = text.replace(/^[+-]/, "");
  const prefix = /^0[box]/i.exec(bare)?.[0] ?? "";
  const digit = /^0x$/i.test(prefix) ? "[0-9a-fA-F]" : "[0-9]";
  const body = (prefix === "" ? "" : "0") + bare.slice(prefix.length);
  return !new RegExp(`(^|(?!${digit})[^_])_|_(?!${digit})`).test(body) && !body.startsWith("_");
}

/** A hexadecimal float without underscores, rounded to the nearest double, halves to even. */
function hexFloat(text: string): number {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/i.exec(text) ?? [];
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

/** strconv.ParseFloat with 64 bits; undefined where Go gives an error, overflow included. */
export function parseFloatGo(text: string): number | undefined {
  const value = readFloat(text);
  return typeof value === "number" ? value : undefined;
}

/** strconv.ParseBool; undefined where Go gives an error. */
export function parseBoolGo(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  return /^(0|f|F|false|FALSE|False)$/.test(text) ? false : undefined;
}

/** strconv.Atoi; undefined where Go gives an error. */
export function parseIntGo(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** Go's conversion of a float64 to int on amd64: cut toward zero, the least int for what does not fit. */
export function truncateToInt(value: number): bigint {
  return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : -(1n << 63n);
}
