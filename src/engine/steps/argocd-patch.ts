// Changes to objects of a cluster as data: laying one over another, and the difference as a merge patch.
// Knows no kind and no client.
import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../base/json";

/**
 * `above` laid over `below`: mappings are merged, lists take the length of the upper one and are merged entry by entry
 * (pkg/promotion/runner/builtin/argocd_updater.go recursiveMerge).
 */
export function overlay(above: unknown, below: unknown): unknown {
  if (isObject(above)) {
    if (!isObject(below)) return above;
    const merged: Record<string, unknown> = { ...below };
    for (const [key, value] of Object.entries(above)) {
      merged[key] = Object.hasOwn(below, key) ? overlay(value, below[key]) : value;
    }
    return merged;
  }
  if (Array.isArray(above) && Array.isArray(below)) {
    return above.map((value, i) => (i < below.length ? overlay(value, below[i]) : value));
  }
  return above;
}

/** What turns `before` into `after` (RFC 7386): lists whole, `null` for what is gone or undefined afterwards. */
export function mergePatch(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, value] = [before[key], after[key]];
    if (value === undefined) {
      if (old !== undefined) patch[key] = null;
    } else if (isObject(old) && isObject(value)) {
      const inner = mergePatch(old, value);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!isDeepStrictEqual(old, value)) {
      patch[key] = value;
    }
  }
  return patch;
}
