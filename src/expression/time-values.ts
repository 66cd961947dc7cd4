// Go's time types as values of expressions: time.Time, Duration, Month, Weekday and *Location, with their methods.
// Reading and printing by layout is in go-time-layout.ts, zones in go-time-zone.ts.
import { formatDuration } from "../base/duration";
import { fault } from "./errors";
import { civilFromSeconds, isoWeek, monthNames, secondsFromCivil, weekdayNames } from "./go-calendar";
import { toBytes } from "./go-text";
import { formatLayout, layouts, type Moment, secondsInZone } from "./go-time-layout";
import { type Location, local, utc } from "./go-time-zone";
import { type Method, namedType, pointerTo, structType, type Type, types } from "./types";
import { declareZero, GoValue, PointerValue, Scalar } from "./values";

const billion = 1_000_000_000n;
const minInt64 = -(1n << 63n);
const maxInt64 = (1n << 63n) - 1n;
/** Seconds from Go's zero time, the first of January of year 1, to 1970. */
const zeroSeconds = -62_135_596_800;

/** A moment in a time zone (Go time.Time). */
export class TimeValue extends GoValue {
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly nanos: number;
  readonly location: Location;
  /** Nanoseconds of the monotonic clock; only what `now()` gives has one. */
  readonly monotonic: bigint | undefined;

  constructor(moment: Moment, monotonic?: bigint) {
    super();
    this.seconds = moment.seconds;
    this.nanos = moment.nanos;
    this.location = moment.location;
    this.monotonic = monotonic;
  }

  override get type(): Type {
    return timeType;
  }

  /** Nanoseconds since 1970. */
  get unixNanos(): bigint {
    return BigInt(this.seconds) * billion + BigInt(this.nanos);
  }

  /** Tells equal map keys. */
  keyText(): string {
    const zone = this.location === local ? "local" : this.location.name;
    return `time:${this.seconds}:${this.nanos}:${zone}`;
  }

  format(layout: string): string {
    return formatLayout(this, layout);
  }

  /** What Go prints for it. */
  text(): string {
    const text = this.format("2006-01-02 15:04:05.999999999 -0700 MST");
    if (this.monotonic === undefined) return text;
    const size = this.monotonic < 0n ? -this.monotonic : this.monotonic;
    const fraction = (size % billion).toString().padStart(9, "0");
    return `${text} m=${this.monotonic < 0n ? "-" : "+"}${size / billion}.${fraction}`;
  }
}

/** A time zone (Go time.Location); expressions have pointers to it. */
export class LocationValue extends GoValue {
  readonly location: Location;

  constructor(location: Location) {
    super();
    this.location = location;
  }

  override get type(): Type {
    return locationStruct;
  }

  keyText(): string {
    return `location:${this.location.name}`;
  }
}

/** A time zone as a value: a pointer to it. */
export function locationPointer(location: Location): PointerValue {
  return new PointerValue(locationType, new LocationValue(location));
}

/** The time zone a value points to. */
export function locationOf(value: unknown): Location | undefined {
  return value instanceof PointerValue && value.target instanceof LocationValue
    ? value.target.location
    : undefined;
}

/** A time as a value. */
export function timeOf(date: Date): TimeValue {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return new TimeValue({ seconds, nanos: (ms - seconds * 1000) * 1e6, location: utc });
}

/** The current time, with a monotonic reading (Go time.Now). */
export function currentTime(location: Location = local): TimeValue {
  const { seconds, nanos } = timeOf(new Date());
  const monotonic = BigInt(Math.round(performance.now() * 1e6));
  return new TimeValue({ seconds, nanos, location }, location === local ? monotonic : undefined);
}

/** A duration as a value; wraps at 64 bits. */
export function durationOf(ns: bigint): Scalar {
  return new Scalar(durationType, BigInt.asIntN(64, ns));
}

/** Nanoseconds of a value that is a duration. */
export function nanosOf(value: unknown): bigint {
  return value instanceof Scalar && typeof value.value === "bigint" ? value.value : 0n;
}

/** `time + duration`. */
export function addDuration(time: TimeValue, ns: bigint): TimeValue {
  const total = BigInt(time.nanos) + ns;
  const carry = total >= 0n ? total / billion : (total - (billion - 1n)) / billion;
  const moment = {
    seconds: time.seconds + Number(carry),
    nanos: Number(total - carry * billion),
    location: time.location,
  };
  return new TimeValue(moment, time.monotonic === undefined ? undefined : time.monotonic + ns);
}

/** `left - right` in nanoseconds; the largest duration where it does not fit. */
export function subtractTimes(left: TimeValue, right: TimeValue): bigint {
  const monotonic = left.monotonic !== undefined && right.monotonic !== undefined;
  const ns = monotonic ? (left.monotonic ?? 0n) - (right.monotonic ?? 0n) : left.unixNanos - right.unixNanos;
  return ns < minInt64 ? minInt64 : ns > maxInt64 ? maxInt64 : ns;
}

/** Negative, 0 or positive as the first is before, at or after the second. */
export function compareTimes(left: TimeValue, right: TimeValue): number {
  if (left.monotonic !== undefined && right.monotonic !== undefined) {
    return left.monotonic < right.monotonic ? -1 : left.monotonic > right.monotonic ? 1 : 0;
  }
  return left.seconds - right.seconds || left.nanos - right.nanos;
}

/** Go's JSON of a time, quotes included; a sentence starting with "!" where Go gives an error. */
export function timeJson(time: TimeValue): string {
  const { offset } = time.location.lookup(time.seconds);
  const { year } = civilFromSeconds(time.seconds + offset);
  if (year < 0 || year > 9999) return "!Time.MarshalJSON: year outside of range [0,9999]";
  if (Math.abs(offset) >= 86_400) return "!Time.MarshalJSON: timezone hour outside of range [0,23]";
  return `"${time.format(layouts.rfc3339Nano)}"`;
}

function without(time: TimeValue, location = time.location): TimeValue {
  return new TimeValue({ seconds: time.seconds, nanos: time.nanos, location });
}

function fieldsOf(time: TimeValue): ReturnType<typeof civilFromSeconds> {
  return civilFromSeconds(time.seconds + time.location.lookup(time.seconds).offset);
}

/** Nanoseconds past the last multiple of the step since year 1. */
function remainder(time: TimeValue, step: bigint): bigint {
  const since = (BigInt(time.seconds) - BigInt(zeroSeconds)) * billion + BigInt(time.nanos);
  const rest = since % step;
  return rest < 0n ? rest + step : rest;
}

function addDate(time: TimeValue, years: bigint, months: bigint, days: bigint): TimeValue {
  const { year, month, day, hour, minute, second } = fieldsOf(time);
  const [y, m, d] = [year + Number(years), month + Number(months), day + Number(days)];
  const seconds = secondsInZone(secondsFromCivil(y, m, d, hour, minute, second), time.location);
  return new TimeValue({ seconds, nanos: time.nanos, location: time.location });
}

function goString(time: TimeValue): string {
  const { year, month, day, hour, minute, second } = fieldsOf(time);
  const zone = time.location === utc ? "time.UTC" : time.location === local ? "time.Local" : "";
  const place = zone === "" ? `time.Location("${time.location.name}")` : zone;
  return `time.Date(${year}, time.${monthNames[month - 1]}, ${day}, ${hour}, ${minute}, ${second}, ${time.nanos}, ${place})`;
}

function roundDuration(ns: bigint, step: bigint): bigint {
  if (step <= 0n) return ns;
  const size = ns < 0n ? -ns : ns;
  const rest = size % step;
  const rounded = rest + rest < step ? size - rest : size + step - rest;
  const out = ns < 0n ? -rounded : rounded;
  return out < minInt64 ? minInt64 : out > maxInt64 ? maxInt64 : out;
}

/** Whole units and the rest as a float, the way Go computes Hours, Minutes and Seconds. */
function inUnits(ns: bigint, unit: bigint): number {
  return Number(ns / unit) + Number(ns % unit) / Number(unit);
}

const { int, int64, string, bool, float64, bytes, error } = types;
const wide = (value: bigint): Scalar => new Scalar(int64, BigInt.asIntN(64, value));

const durationMethods: readonly Method[] = (
  [
    ["Hours", float64, (ns: bigint) => inUnits(ns, 3600n * billion)],
    ["Minutes", float64, (ns: bigint) => inUnits(ns, 60n * billion)],
    ["Seconds", float64, (ns: bigint) => inUnits(ns, billion)],
    ["Milliseconds", int64, (ns: bigint) => wide(ns / 1_000_000n)],
    ["Microseconds", int64, (ns: bigint) => wide(ns / 1_000n)],
    ["Nanoseconds", int64, (ns: bigint) => wide(ns)],
    ["String", string, (ns: bigint) => formatDuration(ns)],
  ] as const
).map(([name, result, call]) => ({ name, params: [], results: [result], call: (d) => call(nanosOf(d)) }));

/** Go time.Duration, in nanoseconds. */
export const durationType: Type = namedType({
  name: "time.Duration",
  packagePath: "time",
  underlying: int64,
  methods: () => [
    ...durationMethods,
    durationMethod("Abs", 0, (ns) => (ns === minInt64 ? maxInt64 : ns < 0n ? -ns : ns)),
    durationMethod("Round", 1, roundDuration),
    durationMethod("Truncate", 1, (ns, step) => (step <= 0n ? ns : ns - (ns % step))),
  ],
});

/** A method from duration to duration. */
function durationMethod(
  name: string,
  parameters: 0 | 1,
  compute: (ns: bigint, other: bigint) => bigint,
): Method {
  const params = Array.from({ length: parameters }, () => durationType);
  const call = (receiver: unknown, other: unknown) => durationOf(compute(nanosOf(receiver), nanosOf(other)));
  return { name, params, results: [durationType], call };
}

function nameMethod(names: readonly string[], first: number, type: string): readonly Method[] {
  const call = (receiver: unknown) => {
    const index = nanosOf(receiver);
    return names[Number(index) - first] ?? `%!${type}(${BigInt.asUintN(64, index)})`;
  };
  return [{ name: "String", params: [], results: [string], call }];
}

/** Go time.Month, from 1. */
export const monthType: Type = namedType({
  name: "time.Month",
  packagePath: "time",
  underlying: int,
  methods: nameMethod(monthNames, 1, "Month"),
});

/** Go time.Weekday, from 0, Sunday. */
export const weekdayType: Type = namedType({
  name: "time.Weekday",
  packagePath: "time",
  underlying: int,
  methods: nameMethod(weekdayNames, 0, "Weekday"),
});

const locationStruct: Type = structType({
  name: "time.Location",
  packagePath: "time",
  fields: [],
  methods: [
    {
      name: "String",
      pointer: true,
      params: [],
      results: [string],
      call: (location) => (location instanceof LocationValue ? location.location.name : "UTC"),
    },
  ],
});

/** Go *time.Location. */
export const locationType: Type = pointerTo(locationStruct);

/** Methods of time.Time: name, parameters, results, what it does. `"time"` and such stand for types declared below. */
type TimeMethod = readonly [
  name: string,
  params: readonly (Type | "time")[],
  results: readonly (Type | "time")[],
  call: (time: TimeValue, ...args: never[]) => unknown,
];

const timeMethods: readonly TimeMethod[] = [
  ["Year", [], [int], (t) => BigInt(fieldsOf(t).year)],
  ["Month", [], [monthType], (t) => new Scalar(monthType, BigInt(fieldsOf(t).month))],
  ["Day", [], [int], (t) => BigInt(fieldsOf(t).day)],
  ["Hour", [], [int], (t) => BigInt(fieldsOf(t).hour)],
  ["Minute", [], [int], (t) => BigInt(fieldsOf(t).minute)],
  ["Second", [], [int], (t) => BigInt(fieldsOf(t).second)],
  ["Nanosecond", [], [int], (t) => BigInt(t.nanos)],
  ["YearDay", [], [int], (t) => BigInt(fieldsOf(t).yearDay)],
  ["Weekday", [], [weekdayType], (t) => new Scalar(weekdayType, BigInt(fieldsOf(t).weekday))],
  ["Date", [], [int, monthType, int], (t) => BigInt(fieldsOf(t).year)],
  ["Clock", [], [int, int, int], (t) => BigInt(fieldsOf(t).hour)],
  ["ISOWeek", [], [int, int], (t) => BigInt(isoWeek(wallDays(t)).year)],
  ["Unix", [], [int64], (t) => wide(BigInt(t.seconds))],
  ["UnixMilli", [], [int64], (t) => wide(BigInt(t.seconds) * 1000n + BigInt(Math.floor(t.nanos / 1e6)))],
  ["UnixMicro", [], [int64], (t) => wide(BigInt(t.seconds) * 1_000_000n + BigInt(Math.floor(t.nanos / 1e3)))],
  ["UnixNano", [], [int64], (t) => wide(t.unixNanos)],
  ["IsZero", [], [bool], (t) => t.seconds === zeroSeconds && t.nanos === 0],
  ["IsDST", [], [bool], (t) => isSummerTime(t)],
  ["Zone", [], [string, int], (t) => t.location.lookup(t.seconds).name],
  ["Location", [], [locationType], (t) => locationPointer(t.location)],
  ["UTC", [], ["time"], (t) => without(t, utc)],
  ["Local", [], ["time"], (t) => without(t, local)],
  ["In", [locationType], ["time"], (t, zone: unknown) => without(t, zoneArgument(zone))],
  ["Add", [durationType], ["time"], (t, d: unknown) => addDuration(t, nanosOf(d))],
  ["AddDate", [int, int, int], ["time"], addDate],
  ["Sub", ["time"], [durationType], (t, other: TimeValue) => durationOf(subtractTimes(t, other))],
  ["After", ["time"], [bool], (t, other: TimeValue) => compareTimes(t, other) > 0],
  ["Before", ["time"], [bool], (t, other: TimeValue) => compareTimes(t, other) < 0],
  ["Equal", ["time"], [bool], (t, other: TimeValue) => compareTimes(t, other) === 0],
  ["Compare", ["time"], [int], (t, other: TimeValue) => BigInt(Math.sign(compareTimes(t, other)))],
  ["Round", [durationType], ["time"], (t, d: unknown) => roundTime(t, nanosOf(d))],
  ["Truncate", [durationType], ["time"], (t, d: unknown) => truncateTime(t, nanosOf(d))],
  ["Format", [string], [string], (t, layout: string) => t.format(layout)],
  ["String", [], [string], (t) => t.text()],
  ["GoString", [], [string], goString],
  ["MarshalJSON", [], [bytes, error], (t) => toBytes(marshalled(t))],
  ["MarshalText", [], [bytes, error], (t) => toBytes(marshalled(t).slice(1, -1))],
];

function marshalled(time: TimeValue): string {
  const json = timeJson(time);
  return json.startsWith("!") ? fault(json.slice(1)) : json;
}

function wallDays(time: TimeValue): number {
  return Math.floor((time.seconds + time.location.lookup(time.seconds).offset) / 86_400);
}

function isSummerTime(time: TimeValue): boolean {
  const { offset } = time.location.lookup(time.seconds);
  const others = [7_889_400, 15_778_800, 23_668_200].map(
    (shift) => time.location.lookup(time.seconds + shift).offset,
  );
  const dublin = time.location.name === "Europe/Dublin" || time.location.name === "Eire";
  return dublin ? offset === 0 : offset > Math.min(...others);
}

function zoneArgument(value: unknown): Location {
  return locationOf(value) ?? fault("time: missing Location in call to Time.In");
}

function truncateTime(time: TimeValue, step: bigint): TimeValue {
  const bare = without(time);
  return step <= 0n ? bare : addDuration(bare, -remainder(bare, step));
}

function roundTime(time: TimeValue, step: bigint): TimeValue {
  const bare = without(time);
  if (step <= 0n) return bare;
  const rest = remainder(bare, step);
  return addDuration(bare, rest + rest < step ? -rest : step - rest);
}

/** Go time.Time. */
export const timeType: Type = structType({
  name: "time.Time",
  packagePath: "time",
  fields: [],
  methods: () =>
    timeMethods.map(([name, params, results, call]) => ({
      name,
      params: params.map((type) => (type === "time" ? timeType : type)),
      results: results.map((type) => (type === "time" ? timeType : type)),
      call: (receiver: unknown, ...args: unknown[]) => call(receiver as TimeValue, ...(args as never[])),
    })),
});

declareZero(timeType, new TimeValue({ seconds: zeroSeconds, nanos: 0, location: utc }));

/** A pointer to a time (Go *time.Time). */
export function timePointer(time: TimeValue): PointerValue {
  return new PointerValue(pointerTo(timeType), time);
}
