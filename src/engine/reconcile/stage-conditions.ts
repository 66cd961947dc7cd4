// The summary of a Stage: whether it is Ready and why not, and how much of its Freight it has
// (pkg/controller/stages summarizeConditions). Judges only what the other parts have written into the status.
import { deleteCondition, findCondition, setCondition } from "../../model/conditions";
import {
  type Condition,
  type FreightCollection,
  isTerminalPhase,
  type Stage,
  type StageStatus,
} from "../../model/resources";

type Ready = Pick<Condition, "status" | "reason" | "message">;

/** `status` with Ready, Reconciling and the Freight summary brought in line with it. `error` is what ended the pass. */
export function summarizeConditions(
  stage: Stage,
  status: StageStatus,
  now: Date,
  error?: string,
): StageStatus {
  const observedGeneration = stage.metadata.generation;
  if (error !== undefined) {
    const ready: Ready = { status: "False", reason: "ReconcileError", message: error };
    const retry = { type: "Reconciling", status: "True", reason: "RetryAfterError", message: "" } as const;
    const conditions = setCondition(
      withReady(status, ready, observedGeneration, now),
      { ...retry, observedGeneration },
      now,
    );
    return { ...status, conditions };
  }
  const requested = stage.spec.requestedFreight.length;
  const summarized = { ...status, freightSummary: freightSummary(requested, status.freightHistory?.[0]) };
  const ready = judge(status);
  const conditions = withReady(summarized, ready, observedGeneration, now);
  if (ready.status !== "True") return { ...summarized, conditions };
  return {
    ...summarized,
    conditions: deleteCondition(conditions, "Reconciling"),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

function withReady(
  { conditions }: StageStatus,
  ready: Ready,
  observedGeneration: number | undefined,
  now: Date,
): readonly Condition[] {
  return setCondition(conditions, { type: "Ready", ...ready, observedGeneration }, now);
}

/** The first of these that is so: promoting, last Promotion not a success, not healthy, not verified; else ready. */
function judge({ conditions, lastPromotion }: StageStatus): Ready {
  const promoting = findCondition(conditions, "Promoting");
  if (promoting !== undefined) return notReady(promoting.reason, promoting.message);
  const phase = lastPromotion?.status?.phase;
  if (isTerminalPhase(phase) && phase !== "Succeeded") {
    return notReady(`LastPromotion${phase}`, lastPromotion?.status?.message ?? "");
  }
  const healthy = findCondition(conditions, "Healthy");
  if (healthy?.status !== "True") {
    return notReady(healthy?.reason ?? "Unhealthy", healthy?.message ?? "Stage is not healthy");
  }
  const verified = findCondition(conditions, "Verified");
  if (verified?.status !== "True") {
    return notReady(verified?.reason ?? "PendingVerification", verified?.message ?? "Stage is not verified");
  }
  return { status: "True", reason: verified.reason, message: verified.message };
}

function notReady(reason: string, message: string): Ready {
  return { status: "False", reason, message };
}

/** `2/3 Fulfilled`, or the name of the only Freight of a Stage that requests one origin. */
export function freightSummary(requested: number, current: FreightCollection | undefined): string {
  const freight = Object.values(current?.items ?? {});
  if (requested === 1 && freight.length === 1 && freight[0] !== undefined) return freight[0].name;
  return `${freight.length}/${requested} Fulfilled`;
}
