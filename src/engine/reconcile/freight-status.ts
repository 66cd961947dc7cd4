// What Freight remembers of Stages: where it is, where it was verified, how long it stayed (api/v1alpha1/freight_types.go).
// Pure: from a status to the next one. Which Stage and when is decided by the reconciler.
import { formatDurationMs, parseDurationMs } from "../../base/duration";
import { formatTime, timeMs } from "../../base/time";
import type { FreightStatus } from "../../model/resources";

/** The Freight came into use by a Stage; when it is there already, nothing changes. */
export function withCurrentStage(
  status: FreightStatus | undefined,
  stage: string,
  now: Date,
): FreightStatus | undefined {
  if (status?.currentlyIn !== undefined && Object.hasOwn(status.currentlyIn, stage)) return status;
  return { ...status, currentlyIn: { ...status?.currentlyIn, [stage]: { since: formatTime(now) } } };
}

/** The Freight left a Stage; where it was verified there, its longest stay is brought up to date. */
export function withoutCurrentStage(
  status: FreightStatus | undefined,
  stage: string,
  now: Date,
): FreightStatus | undefined {
  if (status?.currentlyIn === undefined || !Object.hasOwn(status.currentlyIn, stage)) return status;
  const { currentlyIn: all, ...others } = status;
  const { [stage]: record, ...stages } = all;
  const left = Object.keys(stages).length === 0 ? others : { ...others, currentlyIn: stages };
  const since = timeMs(record?.since);
  const verified = status.verifiedIn?.[stage];
  if (since === undefined || verified === undefined) return left;
  const stayMs = now.getTime() - since;
  const longestMs = verified.longestSoak === undefined ? undefined : parseDurationMs(verified.longestSoak);
  if (longestMs !== undefined && stayMs <= longestMs) return left;
  const verifiedIn = {
    ...status.verifiedIn,
    [stage]: { ...verified, longestSoak: formatDurationMs(stayMs) },
  };
  return { ...left, verifiedIn };
}

/** The Freight was verified in a Stage; an earlier verification there keeps its time. */
export function withVerifiedStage(
  status: FreightStatus | undefined,
  stage: string,
  verifiedAt: string,
): FreightStatus | undefined {
  if (status?.verifiedIn !== undefined && Object.hasOwn(status.verifiedIn, stage)) return status;
  return { ...status, verifiedIn: { ...status?.verifiedIn, [stage]: { verifiedAt } } };
}
