// Numbers, dates and times of TOML: their values, with go-toml's checks and faults.
// Scanning where they end is parser.ts's business.
import { goQuote } from "../../../base/go-text";
import { TomlError, type TomlValue } from "./node";

/** A date, a time of day, both, or a moment with its offset from UTC. */
export interface TomlMoment {
  readonly kind: "LocalDate" | "LocalTime" | "LocalDateTime" | "DateTime";
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** How many digits of the fraction were written. */
  readonly precision: number;
  /** East of UTC. */
  readonly offsetSeconds: number;
}

/** Decodes an integer of any base; throws TomlError (decode.go parseInteger). */
export function decodeInteger({ data }: TomlValue): bigint {
  const base = data.length > 2 && data.startsWith("0") ? data[1] : undefined;
  if (base === "x" || base === "o" || base === "b") {
    const names = { x: "hexadecimal", o: "octal", b: "binary" } as const;
    return toInt64(`0${base}`, withoutUnderscores(data.slice(2)), names[base]);
  }
  const digits = withoutUnderscores(data);
  const unsigned = digits.replace(/^[+-]/, "");
  if (unsigned.length > 1 && unsigned.startsWith("0")) {
    throw new TomlError("leading zero not allowed on decimal number");
  }
  return toInt64("", digits, "decimal");
}

const digitsOf: Readonly<Record<string, RegExp>> = {
  "": /^[+-]?\d+$/,
  "0x": /^[+-]?[\da-fA-F]+$/,
  "0o": /^[+-]?[0-7]+$/,
  "0b": /^[+-]?[01]+$/,
};

function toInt64(prefix: string, text: string, base: string): bigint {
  const context = `couldn't parse ${base} number: strconv.ParseInt: parsing ${goQuote(text)}`;
  if (!digitsOf[prefix]?.test(text)) throw new TomlError(`${context}: invalid syntax`);
  const magnitude = BigInt(prefix + text.replace(/^[+-]/, ""));
  const value = text.startsWith("-") ? -magnitude : magnitude;
  if (BigInt.asIntN(64, value) !== value) throw new TomlError(`${context}: value out of range`);
  return value;
}

function withoutUnderscores(text: string): string {
  const start = /^[+-]/.test(text) ? 1 : 0;
  if (text.length === start) return text;
  if (text[start] === "_") throw new TomlError("number cannot start with underscore");
  if (text.endsWith("_")) throw new TomlError("number cannot end with underscore");
  if (text.includes("__")) throw new TomlError("number must have at least one digit between underscores");
  return text.replaceAll("_", "");
}

/** Decodes a float; throws TomlError (decode.go parseFloat). */
export function decodeFloat({ data }: TomlValue): number {
  if (/^[+-]?nan$/.test(data)) return Number.NaN;
  const text = withoutFloatUnderscores(data);
  if (text.startsWith(".")) throw new TomlError("float cannot start with a dot");
  if (text.endsWith(".")) throw new TomlError("float cannot end with a dot");
  for (const [i, character] of Array.from(text).entries()) {
    if (character !== ".") continue;
    if (text.indexOf(".") < i) throw new TomlError("float can have at most one decimal point");
    if (!/\d/.test(text[i - 1] ?? "")) throw new TomlError("float decimal point must be preceded by a digit");
    if (!/\d/.test(text[i + 1] ?? "")) throw new TomlError("float decimal point must be followed by a digit");
  }
  if (/^[+-]?0\d/.test(text)) throw new TomlError("float integer part cannot have leading zeroes");
  if (/^[+-]?inf$/.test(text))
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const context = `unable to parse float: strconv.ParseFloat: parsing ${goQuote(text)}`;
  if (!/^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) throw new TomlError(`${context}: invalid syntax`);
  const value = Number(text);
  if (!Number.isFinite(value)) throw new TomlError(`${context}: value out of range`);
  return value;
}

function withoutFloatUnderscores(text: string): string {
  if (text.startsWith("_")) throw new TomlError("number cannot start with underscore");
  if (text.endsWith("_")) throw new TomlError("number cannot end with underscore");
  let hasDigitBefore = false;
  for (let i = 0; text.includes("_") && i < text.length; i++) {
    const [character = "", next] = [text[i], text[i + 1]];
    if (character === "_") {
      if (!hasDigitBefore) throw new TomlError("number must have at least one digit between underscores");
      if (/[eE]/.test(next ?? "")) throw new TomlError("cannot have underscore before exponent");
      hasDigitBefore = false;
    } else if (/[+-]/.test(character)) {
      hasDigitBefore = false;
    } else if (/[eE]/.test(character)) {
      if (next === "_") throw new TomlError("cannot have underscore after exponent");
    } else if (character === ".") {
      if (next === "_") throw new TomlError("cannot have underscore after decimal point");
      if (text[i - 1] === "_") throw new TomlError("cannot have underscore before decimal point");
    } else {
      hasDigitBefore = true;
    }
  }
  return text.replaceAll("_", "");
}

const noMoment = {
  year: 0,
  month: 0,
  day: 0,
  hour: 0,
  minute: 0,
  second: 0,
  nanosecond: 0,
  precision: 0,
  offsetSeconds: 0,
} as const;

/** Decodes a date or time; throws TomlError. */
export function decodeMoment({ kind, data }: TomlValue): TomlMoment {
  switch (kind) {
    case "LocalDate":
      return { ...noMoment, kind, ...decodeDate(data) };
    case "LocalTime": {
      const { time, rest } = decodeTime(data);
      if (rest !== "") throw new TomlError("extra characters at the end of a local time");
      return { ...noMoment, kind, ...time };
    }
    case "LocalDateTime": {
      const { moment, rest } = decodeDateTime(data);
      if (rest !== "") throw new TomlError("extra characters at the end of a local date time");
      return { ...noMoment, kind, ...moment };
    }
    default: {
      const { moment, rest } = decodeDateTime(data);
      return { ...noMoment, kind: "DateTime", ...moment, offsetSeconds: decodeOffset(rest) };
    }
  }
}

function decodeDate(text: string) {
  if (text.length !== 10 || text[4] !== "-" || text[7] !== "-") {
    throw new TomlError("dates are expected to have the format YYYY-MM-DD");
  }
  const [year, month, day] = [digits(text.slice(0, 4)), digits(text.slice(5, 7)), digits(text.slice(8, 10))];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) throw new TomlError("impossible date");
  return { year, month, day };
}

function decodeDateTime(text: string) {
  if (text.length < 11) {
    throw new TomlError("local datetimes are expected to have the format YYYY-MM-DDTHH:MM:SS[.NNNNNNNNN]");
  }
  const date = decodeDate(text.slice(0, 10));
  if (!/[Tt ]/.test(text[10] ?? "")) {
    throw new TomlError("datetime separator is expected to be T or a space");
  }
  const { time, rest } = decodeTime(text.slice(11));
  return { moment: { ...date, ...time }, rest };
}

function decodeTime(text: string) {
  if (text.length < 8) throw new TomlError("times are expected to have the format HH:MM:SS[.NNNNNN]");
  const hour = digits(text.slice(0, 2));
  if (hour > 23) throw new TomlError("hour cannot be greater 23");
  if (text[2] !== ":") throw new TomlError("expecting colon between hours and minutes");
  const minute = digits(text.slice(3, 5));
  if (minute > 59) throw new TomlError("minutes cannot be greater 59");
  if (text[5] !== ":") throw new TomlError("expecting colon between minutes and seconds");
  const second = digits(text.slice(6, 8));
  if (second > 60) throw new TomlError("seconds cannot be greater 60");
  const rest = text.slice(8);
  if (!rest.startsWith(".")) return { time: { hour, minute, second, nanosecond: 0, precision: 0 }, rest };
  const [fraction = ""] = /^\d*/.exec(rest.slice(1)) ?? [];
  if (fraction === "") {
    const isEnd = rest.length === 1;
    throw new TomlError(
      isEnd ? "nanoseconds need at least one digit" : "need at least one digit after fraction point",
    );
  }
  const kept = fraction.slice(0, 9);
  const nanosecond = Number(kept.padEnd(9, "0"));
  return {
    time: { hour, minute, second, nanosecond, precision: kept.length },
    rest: rest.slice(1 + fraction.length),
  };
}

function decodeOffset(text: string): number {
  if (/^[Zz]/.test(text)) {
    if (text.length > 1) throw new TomlError("extra bytes at the end of the timezone");
    return 0;
  }
  if (text.length !== 6) throw new TomlError("invalid date-time timezone");
  if (!/^[+-]/.test(text)) throw new TomlError("invalid timezone offset character");
  if (text[3] !== ":") throw new TomlError("expected a : separator");
  const hours = digits(text.slice(1, 3));
  if (hours > 23) throw new TomlError("invalid timezone offset hours");
  const minutes = digits(text.slice(4, 6));
  if (minutes > 59) throw new TomlError("invalid timezone offset minutes");
  return (text.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function digits(text: string): number {
  if (!/^\d*$/.test(text)) throw new TomlError("expected digit (0-9)");
  return Number(text);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
