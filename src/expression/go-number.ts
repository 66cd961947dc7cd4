// Numbers as Go prints them, 32-bit floats included, and how it cuts floats to ints.
// Reading numbers and printing 64-bit floats is in base, where others need it too.
import { goFloat } from "../base/go-text";

/** Digits and decimal exponent of a finite 32-bit float: 0.d1d2d3… times ten to the exponent. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

function shortest(value: number): Decimal {
  const [mantissa = "0", exponent = "0"] = shortest32(Math.abs(value)).split("e");
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
  if (bits === 64 || !Number.isFinite(value) || value === 0) return goFloat(value);
  const sign = value < 0 ? "-" : "";
  const { digits, point } = shortest(value);
  const exponent = point - 1;
  return sign + (exponent < -4 || exponent >= 6 ? scientific(digits, exponent) : plain(digits, point));
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
  const { digits, point } = shortest(value);
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (size >= 1e-6 && size < 1e21) return sign + plain(digits, point);
  return sign + scientific(digits, point - 1).replace(/e-0(\d)$/, "e-$1");
}

/** Go's conversion of a float64 to int on amd64: cut toward zero, the least int for what does not fit. */
export function truncateToInt(value: number): bigint {
  return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : -(1n << 63n);
}
