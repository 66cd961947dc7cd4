// What passes over regular and control-flow Stages share: what they ask of their surroundings, and when a status that
// was computed anew is the one that is stored.
import type { StageStatus } from "../../model/resources";
import type { EnginePorts } from "../ports";

/** What a pass asks of its surroundings. */
export type StagePorts = Pick<EnginePorts, "store" | "clock" | "log" | "autonomy" | "secrets">;

/** Removes members that have nothing to say, as Go's omitempty does. */
export function compactStatus(status: StageStatus): StageStatus {
  const isEmpty = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(status).filter(([, value]) => !isEmpty(value)));
}

/** Equality of JSON data, whatever the order of members. */
export function sameJson(a: unknown, b: unknown): boolean {
  // Members that are in the same order already need no sorting.
  return JSON.stringify(a) === JSON.stringify(b) || JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]),
  );
}
