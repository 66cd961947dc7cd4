// Built-in functions on time (builtin/builtin.go of expr-lang).
// Methods of times and durations are in time-values.ts.
import { durationProblem, parseDuration } from "../base/duration";
import { fault } from "./errors";
import type { Run } from "./frame";
import { LayoutFault, layouts, parseLayout } from "./go-time-layout";
import { type Location, loadLocation } from "./go-time-zone";
import { argument, argumentText, expectString } from "./operators";
import { currentTime, durationOf, locationOf, locationPointer, TimeValue } from "./time-values";

/** The current time, in the given zone. */
export const now: Run = (args) => {
  if (args.length === 0) return currentTime();
  const zone = args.length === 1 ? locationOf(args[0]) : undefined;
  if (zone !== undefined) return currentTime(zone);
  return fault(`invalid number of arguments (expected 0, got ${args.length})`);
};

/** A duration as Go reads it. */
export const duration: Run = (args) => {
  const text = argumentText(args, 0);
  const ns = parseDuration(text);
  return ns === undefined ? fault(durationProblem(text) ?? "") : durationOf(ns);
};

/** A time zone by its name. */
export const timezone: Run = (args) => locationPointer(load(argumentText(args, 0)));

function load(name: string): Location {
  const location = loadLocation(name);
  return typeof location === "string" ? fault(location) : location;
}

/** Layouts `date` tries in turn. */
const tried = [
  "2006-01-02",
  "15:04:05",
  "2006-01-02 15:04:05",
  layouts.rfc3339,
  layouts.rfc822,
  layouts.rfc850,
  layouts.rfc1123,
];

/** A time from a text: by a layout, or by the first of the usual ones that fits. */
export const date: Run = (args) => {
  const zone = locationOf(argument(args, 0));
  const rest = zone === undefined ? args : args.slice(1);
  const text = argumentText(rest, 0);
  if (rest.length === 2) return parsed(expectString(rest[1]), text, zone);
  if (rest.length === 3) {
    const layout = expectString(rest[1]);
    return parsed(layout, text, load(expectString(rest[2])));
  }
  for (const layout of tried) {
    const time = tryLayout(layout, text, zone);
    if (time instanceof TimeValue) return time;
  }
  return fault(`invalid date ${text}`);
};

function parsed(layout: string, text: string, zone: Location | undefined): TimeValue {
  const time = tryLayout(layout, text, zone);
  return time instanceof TimeValue ? time : fault(time);
}

/** The time, or Go's sentence about why the text does not fit. */
function tryLayout(layout: string, text: string, zone: Location | undefined): TimeValue | string {
  try {
    return new TimeValue(parseLayout(layout, text, zone));
  } catch (error) {
    if (error instanceof LayoutFault) return error.message;
    throw error;
  }
}
