// Kubernetes conditions as Kargo sets them (pkg/conditions/conditions.go). Lists are never changed in place.
// Decides nothing about what a condition means.
import { formatTime } from "../base/time";
import type { Condition } from "./resources";

/** A condition before it is set; its time is decided by `setCondition`. */
export type NewCondition = Omit<Condition, "lastTransitionTime">;

const maxMessageBytes = 32768;
const cutSuffix = " ... (truncated)";

/** The condition of that type, undefined when there is none. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * Sets a condition by its type. An existing one keeps its place and its `lastTransitionTime`, even when the status
 * changes (that is Kargo's rule, unlike Kubernetes' own); one that says the same already is left alone.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  condition: NewCondition,
  now: Date,
): readonly Condition[] {
  const wanted = { ...condition, message: cutMessage(condition.message) };
  const existing = findCondition(conditions, condition.type);
  if (existing === undefined) {
    return [...(conditions ?? []), { ...wanted, lastTransitionTime: formatTime(now) }];
  }
  if (saysTheSame(existing, wanted)) return conditions ?? [];
  const lastTransitionTime = existing.lastTransitionTime || formatTime(now);
  return (conditions ?? []).map((other) => (other === existing ? { ...wanted, lastTransitionTime } : other));
}

/** The list without the condition of that type; the same list when it has none. */
export function deleteCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): readonly Condition[] | undefined {
  const found = findCondition(conditions, type);
  return found === undefined ? conditions : conditions?.filter((condition) => condition !== found);
}

function saysTheSame(existing: Condition, wanted: NewCondition): boolean {
  return (
    existing.status === wanted.status &&
    existing.reason === wanted.reason &&
    existing.message === wanted.message &&
    (existing.observedGeneration ?? 0) >= (wanted.observedGeneration ?? 0)
  );
}

/** Kubernetes refuses longer messages; the cut never splits a character. */
function cutMessage(message: string): string {
  if (message.length * 3 <= maxMessageBytes) return message;
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= maxMessageBytes) return message;
  let end = maxMessageBytes - cutSuffix.length;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end)) + cutSuffix;
}
