// TOML data as values of expressions, with the Go types that go-toml gives them: int64, time.Time, toml.LocalDate.
// Dates and times can be asked and shown by an expression, but are no output that other steps can read.
import {
  fixedZone,
  type Location,
  LocationValue,
  locationType,
  type Method,
  PointerValue,
  Scalar,
  StructValue,
  secondsInZone,
  structType,
  TimeValue,
  type Type,
  timeType,
  toBytes,
  types,
  utc,
} from "../../expression/expression";
import type { TomlData } from "../tools/toml/document";
import type { TomlMoment } from "../tools/toml/values";

/** The value that expressions see. */
export function tomlValue(data: TomlData): unknown {
  if (typeof data === "bigint") return new Scalar(types.int64, data);
  if (typeof data !== "object") return data;
  if (Array.isArray(data)) return data.map(tomlValue);
  if (data instanceof Map) {
    return Object.fromEntries([...data].map(([key, member]) => [key, tomlValue(member)]));
  }
  return momentValue(data);
}

const packagePath = "github.com/pelletier/go-toml/v2";

const localDate: Type = structType({
  name: "toml.LocalDate",
  packagePath,
  fields: intFields("Year", "Month", "Day"),
  methods: [
    ...textMethods(dateText),
    asTime((date) => wallSeconds(numbersOf(date, "Year", "Month", "Day"), [0, 0, 0])),
  ],
});

const localTime: Type = structType({
  name: "toml.LocalTime",
  packagePath,
  fields: intFields("Hour", "Minute", "Second", "Nanosecond", "Precision"),
  methods: textMethods(timeText),
});

const localDateTime: Type = structType({
  name: "toml.LocalDateTime",
  packagePath,
  fields: [
    { name: "LocalDate", type: localDate, embedded: true },
    { name: "LocalTime", type: localTime, embedded: true },
  ],
  methods: [
    ...textMethods((both) => `${dateText(part(both, "LocalDate"))}T${timeText(part(both, "LocalTime"))}`),
    asTime((both) =>
      wallSeconds(
        numbersOf(part(both, "LocalDate"), "Year", "Month", "Day"),
        numbersOf(part(both, "LocalTime"), "Hour", "Minute", "Second"),
      ),
    ),
  ],
});

function momentValue(moment: TomlMoment): unknown {
  const { year, month, day, hour, minute, second, nanosecond, precision, offsetSeconds } = moment;
  if (moment.kind === "DateTime") {
    const seconds = wallSeconds([year, month, day], [hour, minute, second]) - offsetSeconds;
    const location = offsetSeconds === 0 ? utc : fixedZone("", offsetSeconds);
    return new TimeValue({ seconds, nanos: nanosecond, location });
  }
  const date = new StructValue(localDate, ints({ Year: year, Month: month, Day: day }));
  if (moment.kind === "LocalDate") return date;
  const time = new StructValue(
    localTime,
    ints({ Hour: hour, Minute: minute, Second: second, Nanosecond: nanosecond, Precision: precision }),
  );
  if (moment.kind === "LocalTime") return time;
  return new StructValue(localDateTime, { LocalDate: date, LocalTime: time });
}

function ints(numbers: Readonly<Record<string, number>>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, BigInt(value)]));
}

function intFields(...names: string[]) {
  return names.map((name) => ({ name, type: types.int }));
}

function textMethods(text: (value: StructValue) => string): Method[] {
  return [
    { name: "String", params: [], results: [types.string], call: (value) => text(value as StructValue) },
    {
      name: "MarshalText",
      params: [],
      results: [types.bytes, types.error],
      call: (value) => toBytes(text(value as StructValue)),
    },
  ];
}

/** The moment at which clocks in a zone show the value. */
function asTime(wall: (value: StructValue) => number): Method {
  return {
    name: "AsTime",
    params: [locationType],
    results: [timeType],
    call(value, zone) {
      const location = locationOf(zone);
      const shown = value as StructValue;
      const nanos = shown.type === localDateTime ? numberOf(part(shown, "LocalTime"), "Nanosecond") : 0;
      return new TimeValue({ seconds: secondsInZone(wall(shown), location), nanos, location });
    },
  };
}

function locationOf(zone: unknown): Location {
  const target = zone instanceof PointerValue ? zone.target : undefined;
  if (target instanceof LocationValue) return target.location;
  throw new Error("time: missing Location in call to Date");
}

type Three = readonly [number, number, number];

/** Seconds since 1970 by a clock in UTC. */
function wallSeconds([year, month, day]: Three, [hour, minute, second]: Three): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second;
}

function dateText(date: StructValue): string {
  const [year, month, day] = numbersOf(date, "Year", "Month", "Day");
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

function timeText(time: StructValue): string {
  const clock = numbersOf(time, "Hour", "Minute", "Second").map((number) => padded(number, 2));
  const fraction = padded(numberOf(time, "Nanosecond"), 9).slice(0, numberOf(time, "Precision"));
  return clock.join(":") + (fraction === "" ? "" : `.${fraction}`);
}

function part(both: StructValue, name: string): StructValue {
  return both.get(name) as StructValue;
}

function numbersOf(value: StructValue, ...names: readonly [string, string, string]): Three {
  const [first, second, third] = names;
  return [numberOf(value, first), numberOf(value, second), numberOf(value, third)];
}

function numberOf(value: StructValue, name: string): number {
  return Number(value.get(name));
}

function padded(number: number, width: number): string {
  return String(number).padStart(width, "0");
}
