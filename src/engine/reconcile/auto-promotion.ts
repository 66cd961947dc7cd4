// Which Freight a Stage promotes by itself, and what holds it back (pkg/controller/stages autoPromoteFreight,
// computeEffectiveAutoPromotionHolds). Decides from what it is given; creates nothing.
import { compareBytewise } from "../../base/text";
import { timeMs } from "../../base/time";
import {
  type AutoPromotionHold,
  type Freight,
  isTerminalPhase,
  originKey,
  type Promotion,
  type Stage,
  type StageStatus,
} from "../../model/resources";
import { annotationKeys } from "../promotion/annotations";
import { toHold } from "./stage-queue";

/**
 * The holds in effect now: the recorded ones, overlaid by what the newest Promotion that is not recorded yet means for
 * its origin. So a user's Promotion blocks auto-promotion as soon as it is queued.
 */
export function effectiveHolds(
  stage: Stage,
  promotions: readonly Promotion[],
): StageStatus["autoPromotionHolds"] {
  const holds: Record<string, AutoPromotionHold> = { ...stage.status?.autoPromotionHolds };
  for (const { origin } of stage.spec.requestedFreight) {
    const key = originKey(origin);
    const newest = newestIntent(stage, promotions, key);
    if (newest === undefined) continue;
    if (newest.metadata.annotations?.[annotationKeys.hold] === key) holds[key] = toHold(newest, origin);
    else delete holds[key];
  }
  return Object.keys(holds).length === 0 ? undefined : holds;
}

function newestIntent(stage: Stage, promotions: readonly Promotion[], key: string): Promotion | undefined {
  const recorded = stage.status?.lastPromotion?.name;
  return promotions
    .filter(({ metadata, status }) => {
      const isNew = recorded === undefined || compareBytewise(metadata.name, recorded) > 0;
      const { [annotationKeys.hold]: hold, [annotationKeys.resume]: resume } = metadata.annotations ?? {};
      return status?.phase !== "Aborted" && isNew && (hold === key || resume === key);
    })
    .sort((a, b) => compareBytewise(b.metadata.name, a.metadata.name))[0];
}

/** The candidates to promote now, in the order of the Stage's requests. */
export function freightToPromote(
  stage: Stage,
  promotions: readonly Promotion[],
  candidates: ReadonlyMap<string, Freight>,
): Freight[] {
  return stage.spec.requestedFreight.flatMap(({ origin }) => {
    const key = originKey(origin);
    const candidate = candidates.get(key);
    if (candidate === undefined || stage.status?.effectiveAutoPromotionHolds?.[key] !== undefined) return [];
    return isWanted(stage, promotions, key, candidate.metadata.name) ? [candidate] : [];
  });
}

/** Not there already, not on its way, and not tried in vain: what failed is never repeated by itself. */
function isWanted(stage: Stage, promotions: readonly Promotion[], key: string, name: string): boolean {
  const { freightHistory, currentPromotion, lastPromotion } = stage.status ?? {};
  if (freightHistory?.[0]?.items[key]?.name === name) return false;
  const awaited = currentPromotion?.freight;
  if (awaited?.name === name && originKey(awaited.origin) === key) return false;
  const own = promotions.filter(({ spec }) => spec.freight === name);
  const isUnrecorded = ({ metadata }: Promotion) =>
    lastPromotion === undefined || compareBytewise(metadata.name, lastPromotion.name) > 0;
  const isUnderWay = own.some(
    (promotion) =>
      !isTerminalPhase(promotion.status?.phase) ||
      (promotion.status?.phase === "Succeeded" && isUnrecorded(promotion)),
  );
  if (isUnderWay) return false;
  const [newest] = own.sort(newestFirst);
  return newest === undefined || newest.status?.phase === "Succeeded";
}

function newestFirst(a: Promotion, b: Promotion): number {
  const byTime = (timeMs(b.metadata.creationTimestamp) ?? 0) - (timeMs(a.metadata.creationTimestamp) ?? 0);
  return byTime || compareBytewise(b.metadata.name, a.metadata.name);
}
