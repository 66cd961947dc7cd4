// What an unquoted YAML scalar means to go-yaml v3: null, a boolean, a number, a date or text.
// Knows no nodes; node.ts and decode.ts use it.
import { parseGoFloat, parseGoPrefixedInt } from "../../../base/go-number";

/** A scalar's tag and value. Ints are bigint, floats number; dates keep their text. */
export interface Resolved {
  readonly tag: string;
  readonly value: null | boolean | bigint | number | string;
}

const namedValues: ReadonlyMap<string, Resolved> = new Map<string, Resolved>([
  ...["true", "True", "TRUE"].map((text) => [text, { tag: "!!bool", value: true }] as const),
  ...["false", "False", "FALSE"].map((text) => [text, { tag: "!!bool", value: false }] as const),
  ...["", "~", "null", "Null", "NULL"].map((text) => [text, { tag: "!!null", value: null }] as const),
  ...[".nan", ".NaN", ".NAN"].map((text) => [text, float(Number.NaN)] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((text) => [text, float(Infinity)] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((text) => [text, float(-Infinity)] as const),
]);

/** The tag that go-yaml gives to a plain scalar. */
export function resolveTag(text: string): string {
  return resolve(text).tag;
}

/** Reads a plain scalar without a tag (go.yaml.in/yaml/v3 resolve.go). */
export function resolve(text: string): Resolved {
  const first = text[0] ?? "";
  // Only these can begin anything but text; the quick look spares most scalars the rest.
  if (text !== "" && !/[-+0-9yYnNtTfFoO~.]/.test(first)) return plainText(text);
  const named = namedValues.get(text);
  if (named !== undefined) return named;
  if (first === ".") {
    const value = parseGoFloat(text);
    return value === undefined ? plainText(text) : float(value);
  }
  if (!/[-+0-9]/.test(first)) return plainText(text);
  if (isTimestamp(text)) return { tag: "!!timestamp", value: text };
  return resolveNumber(text.replaceAll("_", "")) ?? plainText(text);
}

function resolveNumber(text: string): Resolved | undefined {
  const int = parseGoPrefixedInt(text) ?? parseLooseBase(text);
  if (int !== undefined) return { tag: "!!int", value: int };
  if (!/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text)) return undefined;
  const value = parseGoFloat(text);
  return value === undefined ? undefined : float(value);
}

/** `0b-1` and the like: what follows the prefix may itself carry a sign. */
function parseLooseBase(text: string): bigint | undefined {
  const [, isNegative, base = "", digits = ""] = /^(-?)0([bo])([-+]?[0-7]+)$/.exec(text) ?? [];
  if (isNegative === undefined || (base === "b" && /[2-7]/.test(digits))) return undefined;
  const isSigned = /^[-+]/.test(digits);
  if (isNegative === "-" && isSigned) return undefined;
  const magnitude = BigInt(`0${base}${digits.replace(/^[-+]/, "")}`);
  const value = digits.startsWith("-") || isNegative === "-" ? -magnitude : magnitude;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function float(value: number): Resolved {
  return { tag: "!!float", value };
}

function plainText(value: string): Resolved {
  return { tag: "!!str", value };
}

const date = "(\\d{4})-(\\d\\d?)-(\\d\\d?)";
const time = "(\\d\\d?):(\\d\\d?):(\\d\\d?)(?:[.,]\\d+)?";
const timestamps = [
  new RegExp(`^${date}[Tt]${time}(?:Z|[-+](\\d\\d):(\\d\\d))$`),
  new RegExp(`^${date} +${time}$`),
  new RegExp(`^${date}$`),
];

/** True for the few ways to write a date that go-yaml takes (resolve.go parseTimestamp over time.Parse). */
function isTimestamp(text: string): boolean {
  if (!/^\d{4}-/.test(text)) return false;
  const parts = timestamps.map((pattern) => pattern.exec(text)).find((found) => found !== null);
  if (parts === undefined || parts === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  return isDate && hour < 24 && minute < 60 && second < 60 && zoneHour <= 24 && zoneMinute <= 60;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
