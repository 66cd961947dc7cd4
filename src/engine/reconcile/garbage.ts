// Removes Promotions and Freight that nobody will miss: far behind what is still in use, and old (pkg/garbage/*.go).
// When to collect is the caller's decision; Stages and Warehouses that are gone are not visited, as upstream.
import { errorMessage } from "../../base/errors";
import { compareBytewise } from "../../base/text";
import { timeMs } from "../../base/time";
import { freightDeletionProblems } from "../../model/admission";
import { discoveredAtMs } from "../../model/freight";
import { type Freight, isTerminalPhase, type Promotion, type Stage, toRef } from "../../model/resources";
import { removeOrphanRuns } from "../analysis/orphan-runs";
import type { EnginePorts } from "../ports";

/** How much stays. The defaults are a Kargo server's. */
export interface GarbageLimits {
  /** Terminal Promotions kept of each Stage behind its oldest unfinished one. */
  readonly maxRetainedPromotions: number;
  readonly minPromotionDeletionAgeMs: number;
  /** Freight kept of each Warehouse behind the oldest that a Stage runs on. */
  readonly maxRetainedFreight: number;
  readonly minFreightDeletionAgeMs: number;
}

const twoWeeksMs = 336 * 3_600_000;

/** Limits of a Kargo server that was not configured otherwise. */
export const defaultGarbageLimits: GarbageLimits = {
  maxRetainedPromotions: 20,
  minPromotionDeletionAgeMs: twoWeeksMs,
  maxRetainedFreight: 20,
  minFreightDeletionAgeMs: twoWeeksMs,
};

/** What a collection removed, by name, and one sentence for everything it could not remove. */
export interface GarbageResult {
  readonly promotions: readonly string[];
  readonly freight: readonly string[];
  readonly failures: readonly string[];
}

/** Collects in every Project. A failure is told and does not stop the rest. */
export async function collectGarbage(
  ports: Pick<EnginePorts, "store" | "clock">,
  limits: GarbageLimits = defaultGarbageLimits,
): Promise<GarbageResult> {
  const { store } = ports;
  const nowMs = ports.clock.now().getTime();
  const removed = { promotions: [] as string[], freight: [] as string[], failures: [] as string[] };
  const remove = async (list: "promotions" | "freight", resource: Promotion | Freight) => {
    try {
      await store.delete(toRef(resource));
      removed[list].push(resource.metadata.name);
    } catch (error) {
      removed.failures.push(`${resource.kind} ${resource.metadata.name}: ${errorMessage(error)}`);
    }
  };
  for (const project of await store.list("Project")) {
    const namespace = project.metadata.name;
    const stages = await store.list("Stage", { namespace });
    for (const { metadata } of stages) {
      const promotions = await store.list("Promotion", { namespace, stage: metadata.name });
      for (const one of promotionsToDelete(promotions, limits, nowMs)) await remove("promotions", one);
    }
    for (const { metadata } of await store.list("Warehouse", { namespace })) {
      const freight = await store.list("Freight", { namespace, warehouse: metadata.name });
      for (const one of freightToDelete(freight, stages, limits, nowMs)) await remove("freight", one);
    }
    await removeOrphanRuns(store, namespace).catch((error) => {
      removed.failures.push(`AnalysisRuns of ${namespace}: ${errorMessage(error)}`);
    });
  }
  return removed;
}

/** The Promotions of one Stage that may go. */
export function promotionsToDelete(
  promotions: readonly Promotion[],
  limits: GarbageLimits,
  nowMs: number,
): Promotion[] {
  return deletable(promotions, {
    timeOf: ({ metadata }) => timeMs(metadata.creationTimestamp) ?? 0,
    isLive: ({ status }) => !isTerminalPhase(status?.phase),
    max: limits.maxRetainedPromotions,
    minAgeMs: limits.minPromotionDeletionAgeMs,
    nowMs,
  });
}

/** The Freight of one Warehouse that may go. */
export function freightToDelete(
  freight: readonly Freight[],
  stages: readonly Stage[],
  limits: GarbageLimits,
  nowMs: number,
): Freight[] {
  return deletable(freight, {
    timeOf: discoveredAtMs,
    isLive: (one) => freightDeletionProblems(one, stages).length > 0,
    max: limits.maxRetainedFreight,
    minAgeMs: limits.minFreightDeletionAgeMs,
    nowMs,
  });
}

interface Rule<R> {
  readonly timeOf: (resource: R) => number;
  readonly isLive: (resource: R) => boolean;
  readonly max: number;
  readonly minAgeMs: number;
  readonly nowMs: number;
}

/** Newest first; what is newer than the oldest live one stays, `max` behind it stay, and what is young stays. */
function deletable<R extends Promotion | Freight>(all: readonly R[], rule: Rule<R>): R[] {
  if (all.length <= rule.max) return [];
  const sorted = [...all].sort(
    (a, b) => rule.timeOf(b) - rule.timeOf(a) || compareBytewise(b.metadata.name, a.metadata.name),
  );
  const oldestLive = sorted.reduce((last, one, index) => (rule.isLive(one) ? index : last), -1);
  return sorted
    .slice(oldestLive + rule.max + 1)
    .filter((one) => rule.nowMs - rule.timeOf(one) >= rule.minAgeMs);
}
