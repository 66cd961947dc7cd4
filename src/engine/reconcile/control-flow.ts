// A Stage without promotion steps passes its Freight on: all that is available counts as verified there
// (pkg/controller/stages/control_flow_stages.go). Runs no Promotion and asks for no health.
import { errorMessage } from "../../base/errors";
import { formatTime } from "../../base/time";
import { availableFreight } from "../../model/availability";
import { deleteCondition, findCondition, setCondition } from "../../model/conditions";
import { isVerifiedIn } from "../../model/freight";
import type { Condition, Freight, Stage, StageStatus } from "../../model/resources";
import { StoreError } from "../ports";
import { readSupply } from "../promotion/admission";
import { annotationKeys } from "../promotion/annotations";
import { withVerifiedStage } from "./freight-status";
import { compactStatus, type StagePorts, sameJson } from "./stage-status";

/** One pass over a control-flow Stage. Resolves with the reason when it has to be tried again. */
export async function reconcileControlFlow(ports: StagePorts, stage: Stage): Promise<string | undefined> {
  const { error, status } = await pass(ports, stage);
  if (error !== undefined)
    ports.log.warn(`Stage ${stage.metadata.namespace}/${stage.metadata.name}: ${error}`);
  const { name, namespace } = stage.metadata;
  await ports.store.update<"Stage">({ kind: "Stage", namespace, name }, (current) => {
    const { [annotationKeys.argocdContext]: context, ...annotations } = current.metadata.annotations ?? {};
    const metadata = current.status?.metadata;
    const next = compactStatus({ ...status, ...(metadata === undefined ? {} : { metadata }) });
    if (context === undefined && sameJson(current.status ?? {}, next)) return undefined;
    const kept = context === undefined ? current.metadata : { ...current.metadata, annotations };
    return { ...current, metadata: kept, status: next };
  });
  return error;
}

async function pass(
  ports: StagePorts,
  stage: Stage,
): Promise<{ readonly status: StageStatus; readonly error?: string }> {
  const initial = initialStatus(stage);
  const failed = (error: string, reason: string, retry: string) => {
    const now = ports.clock.now();
    const reconciling = condition("Reconciling", "True", retry, error);
    const conditions = setCondition(initial.conditions, reconciling, now);
    const ready = condition("Ready", "False", reason, error);
    return { status: { ...initial, conditions: setCondition(conditions, ready, now) }, error };
  };
  let available: readonly Freight[];
  try {
    const supply = await readSupply(ports.store, stage);
    available = availableFreight(stage, supply, ports.clock.now().getTime());
  } catch (error) {
    const text = errorMessage(error);
    return failed(text, "FreightRetrievalFailed", "RetryAfterFreightRetrievalFailed");
  }
  const failures = await verifyAll(ports, stage, available);
  if (failures > 0) {
    const text = `failed to verify ${failures} Freight`;
    return failed(text, "FreightVerificationFailed", "RetryAfterVerificationFailed");
  }
  const ready = condition("Ready", "True", "Ready", "");
  const conditions = setCondition(initial.conditions, ready, ports.clock.now());
  return { status: { ...initial, conditions: deleteCondition(conditions, "Reconciling") } };
}

/** Whatever a regular Stage may have left behind goes; what steps wrote about the Stage stays. */
function initialStatus({ metadata, status }: Stage): StageStatus {
  const token = metadata.annotations?.[annotationKeys.refresh] ?? status?.lastHandledRefresh;
  const conditions = ["Ready", "Reconciling"].flatMap(
    (type) => findCondition(status?.conditions, type) ?? [],
  );
  const generation = Math.max(metadata.generation ?? 0, status?.observedGeneration ?? 0);
  return {
    conditions,
    freightSummary: "N/A",
    ...(status?.effectiveAutoPromotionHolds && {
      effectiveAutoPromotionHolds: status.effectiveAutoPromotionHolds,
    }),
    ...(generation > 0 && { observedGeneration: generation }),
    ...(token !== undefined && { lastHandledRefresh: token }),
  };
}

function condition(
  type: string,
  status: Condition["status"],
  reason: string,
  message: string,
): Omit<Condition, "lastTransitionTime"> {
  return { type, status, reason, message };
}

/** Marks what is not verified yet; Freight that has gone in the meantime is no failure. */
async function verifyAll(ports: StagePorts, stage: Stage, available: readonly Freight[]): Promise<number> {
  const { name, namespace } = stage.metadata;
  const verifiedAt = formatTime(ports.clock.now());
  let failures = 0;
  for (const { metadata } of available.filter((freight) => !isVerifiedIn(freight, name))) {
    try {
      await ports.store.update<"Freight">({ kind: "Freight", namespace, name: metadata.name }, (freight) => {
        const status = withVerifiedStage(freight.status, name, verifiedAt);
        return status === freight.status ? undefined : { ...freight, ...(status && { status }) };
      });
    } catch (error) {
      if (error instanceof StoreError && error.code === "notFound") continue;
      ports.log.warn(`Freight ${metadata.name} cannot be marked verified in ${name}: ${errorMessage(error)}`);
      failures++;
    }
  }
  return failures;
}
