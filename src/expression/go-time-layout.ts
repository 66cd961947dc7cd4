// Go's time layouts: printing and reading times by example (time/format.go).
// Works on calendar fields and zones; the value class is in time-values.ts.
import {
  civilFromSeconds,
  daysFromCivil,
  daysInMonth,
  monthNames,
  secondsFromCivil,
  weekdayNames,
} from "./go-calendar";
import { fixedZone, type Location, local, utc } from "./go-time-zone";

/** A moment: seconds since 1970, nanoseconds within the second, and the zone it is told in. */
export interface Moment {
  readonly seconds: number;
  readonly nanos: number;
  readonly location: Location;
}

/** Layouts Go names. */
export const layouts = {
  rfc3339: "2006-01-02T15:04:05Z07:00",
  rfc3339Nano: "2006-01-02T15:04:05.999999999Z07:00",
  rfc822: "02 Jan 06 15:04 MST",
  rfc850: "Monday, 02-Jan-06 15:04:05 MST",
  rfc1123: "Mon, 02 Jan 2006 15:04:05 MST",
} as const;

const element = new RegExp(
  [
    "January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST",
    "0[1-6]|002|15|1|2006|_2(?!006)|__2|2|3|4|5|PM|pm",
    "-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07",
    "[.,](?:0+|9+)(?![0-9])",
  ].join("|"),
);

/** Splits at the first element: text before it, the element ("" when there is none), text behind it. */
function nextElement(layout: string): readonly [string, string, string] {
  const match = element.exec(layout);
  if (match === null) return [layout, "", ""];
  return [layout.slice(0, match.index), match[0], layout.slice(match.index + match[0].length)];
}

/** Prints a moment by a layout (Time.Format). */
export function formatLayout(moment: Moment, layout: string): string {
  const state = moment.location.lookup(moment.seconds);
  const fields = civilFromSeconds(moment.seconds + state.offset);
  let out = "";
  for (let rest = layout; rest !== ""; ) {
    const [before, std, after] = nextElement(rest);
    out += before;
    if (std === "") break;
    out += printElement(std, fields, state, moment.nanos);
    rest = after;
  }
  return out;
}

function printElement(
  std: string,
  fields: ReturnType<typeof civilFromSeconds>,
  zone: { readonly name: string; readonly offset: number },
  nanos: number,
): string {
  const { year, month, day, hour, minute, second, weekday, yearDay } = fields;
  const monthName = monthNames[month - 1] ?? "";
  const weekdayName = weekdayNames[weekday] ?? "";
  const hour12 = hour % 12 || 12;
  switch (std) {
    case "January":
      return monthName;
    case "Jan":
      return monthName.slice(0, 3);
    case "Monday":
      return weekdayName;
    case "Mon":
      return weekdayName.slice(0, 3);
    case "2006":
      return pad(year, 4);
    case "06":
      return pad(Math.abs(year) % 100, 2);
    case "01":
      return pad(month, 2);
    case "1":
      return String(month);
    case "02":
      return pad(day, 2);
    case "_2":
      return String(day).padStart(2, " ");
    case "2":
      return String(day);
    case "002":
      return pad(yearDay, 3);
    case "__2":
      return String(yearDay).padStart(3, " ");
    case "15":
      return pad(hour, 2);
    case "03":
      return pad(hour12, 2);
    case "3":
      return String(hour12);
    case "04":
      return pad(minute, 2);
    case "4":
      return String(minute);
    case "05":
      return pad(second, 2);
    case "5":
      return String(second);
    case "PM":
      return hour >= 12 ? "PM" : "AM";
    case "pm":
      return hour >= 12 ? "pm" : "am";
    case "MST":
      return zone.name === "" ? printOffset("-0700", zone.offset) : zone.name;
    default:
      return /^[.,]/.test(std) ? printFraction(std, nanos) : printOffset(std, zone.offset);
  }
}

function pad(value: number, width: number): string {
  return (value < 0 ? "-" : "") + String(Math.abs(value)).padStart(width, "0");
}

function printFraction(std: string, nanos: number): string {
  const digits = pad(nanos, 9)
    .slice(0, std.length - 1)
    .padEnd(Math.min(9, std.length - 1), "0");
  if (std[1] === "0") return `${std[0]}${digits}`;
  const trimmed = nanos === 0 ? "" : digits.replace(/0+$/, "");
  return trimmed === "" ? "" : `${std[0]}${trimmed}`;
}

function printOffset(std: string, offset: number): string {
  if (std.startsWith("Z") && offset === 0) return "Z";
  const minutes = Math.trunc(offset / 60);
  const size = Math.abs(minutes);
  const colon = std.includes(":") ? ":" : "";
  let out = (minutes < 0 ? "-" : "+") + pad(Math.floor(size / 60), 2);
  if (std.length > 3) out += colon + pad(size % 60, 2);
  if (std.length > 6) out += colon + pad(Math.abs(offset) % 60, 2);
  return out;
}

/** Why a text does not fit a layout, in Go's words. */
export class LayoutFault extends Error {}

/** Reads a text by a layout; throws a LayoutFault (time.Parse; with a zone: time.ParseInLocation). */
export function parseLayout(layout: string, value: string, zone?: Location): Moment {
  if (layout === layouts.rfc3339 || layout === layouts.rfc3339Nano) {
    const moment = readRfc3339(value, zone ?? local);
    if (moment !== undefined) return moment;
  }
  return new LayoutReader(layout, value).read(zone ?? utc, zone ?? local);
}

function readRfc3339(value: string, zone: Location): Moment | undefined {
  const form =
    /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:(Z)|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
  const match = form.exec(value);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  const nanos = Number((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
  const seconds = secondsFromCivil(year, month, day, hour, minute, second);
  if (match[8] === "Z") return { seconds, nanos, location: utc };
  const size = Number(match[10]) * 3600 + Number(match[11]) * 60;
  const offset = match[9] === "-" ? -size : size;
  const at = seconds - offset;
  return { seconds: at, nanos, location: zone.lookup(at).offset === offset ? zone : fixedZone("", offset) };
}

/** Seconds since 1970 of a time of day in a zone; in a gap or overlap Go's choice (time.Date). */
export function secondsInZone(wallSeconds: number, zone: Location): number {
  const { offset } = zone.lookup(wallSeconds);
  if (offset === 0) return wallSeconds;
  return wallSeconds - zone.lookup(wallSeconds - offset).offset;
}

/** Signals that a field is no good; the reader turns it into Go's sentence. */
const bad = Symbol("bad value for field");

class LayoutReader {
  private readonly layout: string;
  private readonly whole: string;
  private value: string;
  private year = 0;
  private month = -1;
  private day = -1;
  private yearDay = -1;
  private hour = 0;
  private minute = 0;
  private second = 0;
  private nanos = 0;
  private half: "am" | "pm" | undefined;
  private zone: Location | undefined;
  private offset: number | undefined;
  private zoneName = "";
  private outOfRange = "";

  constructor(layout: string, value: string) {
    this.layout = layout;
    this.whole = value;
    this.value = value;
  }

  read(defaultZone: Location, localZone: Location): Moment {
    for (let rest = this.layout; ; ) {
      const [before, std, after] = nextElement(rest);
      this.skip(before);
      if (std === "") {
        if (this.value !== "") this.failWith(`: extra text: ${quoteAscii(this.value)}`);
        break;
      }
      const held = this.value;
      const good = this.readElement(std, after) !== bad;
      if (this.outOfRange !== "") this.failWith(`: ${this.outOfRange} out of range`);
      if (!good) this.fail(std, held);
      rest = after;
    }
    if (this.half === "pm" && this.hour < 12) this.hour += 12;
    else if (this.half === "am" && this.hour === 12) this.hour = 0;
    this.settleDay();
    return this.moment(defaultZone, localZone);
  }

  private fail(element: string, value: string): never {
    const what = `${quoteAscii(this.whole)} as ${quoteAscii(this.layout)}`;
    throw new LayoutFault(
      `parsing time ${what}: cannot parse ${quoteAscii(value)} as ${quoteAscii(element)}`,
    );
  }

  private failWith(message: string): never {
    throw new LayoutFault(`parsing time ${quoteAscii(this.whole)}${message}`);
  }

  /** Steps over literal text; runs of spaces count as one. */
  private skip(text: string): void {
    for (let rest = text; rest !== ""; ) {
      if (rest.startsWith(" ")) {
        if (this.value !== "" && !this.value.startsWith(" ")) this.fail(text, this.value);
        rest = rest.replace(/^ +/, "");
        this.value = this.value.replace(/^ +/, "");
      } else {
        if (this.value === "" || this.value[0] !== rest[0]) this.fail(text, this.value);
        rest = rest.slice(1);
        this.value = this.value.slice(1);
      }
    }
  }

  /** Takes what the pattern matches at the front. */
  private take(pattern: RegExp): string | undefined {
    const match = pattern.exec(this.value)?.[0];
    if (match !== undefined) this.value = this.value.slice(match.length);
    return match;
  }

  private digits(pattern: RegExp): number {
    return Number(this.take(pattern) ?? Number.NaN);
  }

  private name(names: readonly string[], length?: number): number {
    const lower = this.value.toLowerCase();
    const index = names.findIndex((name) => lower.startsWith(name.slice(0, length).toLowerCase()));
    if (index >= 0) this.value = this.value.slice((names[index] ?? "").slice(0, length).length);
    return index < 0 ? Number.NaN : index;
  }

  private ranged(value: number, least: number, most: number, what: string): number {
    if (!Number.isNaN(value) && (value < least || value > most)) this.outOfRange = what;
    return value;
  }

  private readElement(std: string, after: string): typeof bad | undefined {
    const two = /^\d\d/;
    const upToTwo = /^\d\d?/;
    const number = (value: number): typeof bad | undefined => (Number.isNaN(value) ? bad : undefined);
    switch (std) {
      case "06": {
        const year = this.digits(/^(\d\d|[+-]\d)/);
        this.year = year >= 69 ? year + 1900 : year + 2000;
        return number(year);
      }
      case "2006":
        this.year = this.digits(/^\d{4}/);
        return number(this.year);
      case "Jan":
        this.month = this.name(monthNames, 3) + 1;
        return number(this.month);
      case "January":
        this.month = this.name(monthNames) + 1;
        return number(this.month);
      case "1":
      case "01":
        this.month = this.ranged(this.digits(std === "1" ? upToTwo : two), 1, 12, "month");
        return number(this.month);
      case "Mon":
        return number(this.name(weekdayNames, 3));
      case "Monday":
        return number(this.name(weekdayNames));
      case "2":
      case "_2":
      case "02":
        if (std === "_2") this.take(/^ /);
        this.day = this.digits(std === "02" ? two : upToTwo);
        return number(this.day);
      case "002":
      case "__2":
        if (std === "__2") this.take(/^ {1,2}/);
        this.yearDay = this.digits(std === "002" ? /^\d{3}/ : /^\d{1,3}/);
        return number(this.yearDay);
      case "15":
        this.hour = this.ranged(this.digits(upToTwo), 0, 23, "hour");
        return number(this.hour);
      case "3":
      case "03":
        this.hour = this.ranged(this.digits(std === "3" ? upToTwo : two), 0, 12, "hour");
        return number(this.hour);
      case "4":
      case "04":
        this.minute = this.ranged(this.digits(std === "4" ? upToTwo : two), 0, 59, "minute");
        return number(this.minute);
      case "5":
      case "05":
        this.second = this.ranged(this.digits(std === "5" ? upToTwo : two), 0, 59, "second");
        this.readFractionBehindSeconds(after);
        return number(this.second);
      case "PM":
      case "pm": {
        const half = this.take(std === "PM" ? /^[AP]M/ : /^[ap]m/);
        this.half = half?.toLowerCase() === "pm" ? "pm" : "am";
        return half === undefined ? bad : undefined;
      }
      case "MST":
        return this.readZoneName();
      default:
        return /^[.,]/.test(std) ? this.readFraction(std) : this.readOffset(std);
    }
  }

  /** Digits may follow the seconds even where the layout has none. */
  private readFractionBehindSeconds(after: string): void {
    if (this.outOfRange !== "" || /^[.,](0+|9+)$/.test(nextElement(after)[1])) return;
    const fraction = this.take(/^[.,]\d+/);
    if (fraction !== undefined) this.nanos = fractionNanos(fraction);
  }

  private readFraction(std: string): typeof bad | undefined {
    if (std[1] === "9") {
      const fraction = this.take(/^[.,]\d+/);
      if (fraction !== undefined) this.nanos = fractionNanos(fraction);
      return undefined;
    }
    const fraction = this.take(new RegExp(`^[.,]\\d{${std.length - 1}}`));
    if (fraction === undefined) return bad;
    this.nanos = fractionNanos(fraction);
    return undefined;
  }

  private readOffset(std: string): typeof bad | undefined {
    if (std.startsWith("Z") && this.take(/^Z/) !== undefined) {
      this.zone = utc;
      return undefined;
    }
    const form = std.slice(1).replace(/\d\d/g, "(..)");
    const match = new RegExp(`^(.)${form}`, "s").exec(this.value);
    if (match === null) return bad;
    this.value = this.value.slice(match[0].length);
    const [hours = 0, minutes = 0, seconds = 0] = match
      .slice(2)
      .map((part) => (/^\d\d$/.test(part) ? Number(part) : Number.NaN));
    this.ranged(hours, 0, 24, "time zone offset hour");
    this.ranged(minutes, 0, 60, "time zone offset minute");
    this.ranged(seconds, 0, 60, "time zone offset second");
    const size = (hours * 60 + minutes) * 60 + seconds;
    this.offset = match[1] === "-" ? -size : size;
    return Number.isNaN(size) || !/[+-]/.test(match[1] ?? "") ? bad : undefined;
  }

  private readZoneName(): typeof bad | undefined {
    if (this.take(/^UTC/) !== undefined) {
      this.zone = utc;
      return undefined;
    }
    const name = this.value.length < 3 ? undefined : this.take(zoneNameForm);
    if (name === undefined) return bad;
    this.zoneName = name;
    return undefined;
  }

  private settleDay(): void {
    if (this.yearDay < 0) {
      if (this.month < 0) this.month = 1;
      if (this.day < 0) this.day = 1;
    } else {
      const length = daysFromCivil(this.year + 1, 1, 1) - daysFromCivil(this.year, 1, 1);
      if (this.yearDay < 1 || this.yearDay > length) this.failWith(": day-of-year out of range");
      const { month, day } = civilFromSeconds(daysFromCivil(this.year, 1, this.yearDay) * 86_400);
      if (this.month >= 0 && this.month !== month) this.failWith(": day-of-year does not match month");
      if (this.day >= 0 && this.day !== day) this.failWith(": day-of-year does not match day");
      this.month = month;
      this.day = day;
    }
    if (this.day < 1 || this.day > daysInMonth(this.year, this.month)) this.failWith(": day out of range");
  }

  private moment(defaultZone: Location, localZone: Location): Moment {
    const { year, month, day, hour, minute, second, nanos, zoneName } = this;
    const wall = secondsFromCivil(year, month, day, hour, minute, second);
    if (this.zone !== undefined)
      return { seconds: secondsInZone(wall, this.zone), nanos, location: this.zone };
    if (this.offset !== undefined && this.offset !== -1) {
      const seconds = wall - this.offset;
      const state = localZone.lookup(seconds);
      const fits = state.offset === this.offset && (zoneName === "" || state.name === zoneName);
      return { seconds, nanos, location: fits ? localZone : fixedZone(zoneName, this.offset) };
    }
    if (zoneName === "") return { seconds: secondsInZone(wall, defaultZone), nanos, location: defaultZone };
    const known = localZone.lookupName(zoneName, wall);
    if (known !== undefined) return { seconds: wall - known, nanos, location: localZone };
    const offset = /^GMT./.test(zoneName) ? Number(zoneName.slice(3)) * 3600 : 0;
    return { seconds: wall, nanos, location: fixedZone(zoneName, offset) };
  }
}

/** What may stand for `MST`: capitals, `GMT` with hours, or a bare offset in hours. */
const zoneNameForm =
  /^(ChST|MeST|GMT([+-]0*(2[0-3]|1?\d)(?!\d))?|[+-]0*(2[0-3]|1?\d)(?!\d)|([A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z]))/;

function fractionNanos(fraction: string): number {
  return Number(fraction.slice(1, 10).padEnd(9, "0"));
}

/** Quoting inside these sentences: what is not printable ASCII as `\xNN` per byte. */
export function quoteAscii(text: string): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || code >= 0x80) {
      const bytes = code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : new TextEncoder().encode(char);
      for (const byte of bytes) out += `\\x${byte.toString(16).padStart(2, "0")}`;
    } else out += char === '"' || char === "\\" ? `\\${char}` : char;
  }
  return `"${out}"`;
}
