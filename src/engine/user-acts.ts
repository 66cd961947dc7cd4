// What a user may do to Freight and Stages beside promoting, with the semantics of Kargo's API (pkg/server/*.go).
// Writes requests and facts; who reconciles the Stage afterwards is the engine's decision.
import { errorMessage } from "../base/errors";
import { formatTime } from "../base/time";
import { admissionText, changedFreightProblems, freightDeletionProblems } from "../model/admission";
import { isApprovedFor, isFreightAvailable } from "../model/freight";
import { type Freight, originKey, type Promotion, type ResourceRef, type Stage } from "../model/resources";
import { removeOrphanRuns } from "./analysis/orphan-runs";
import { DiscoveryError } from "./discovery/discovery-error";
import { checkAlias, createFreight, newestArtifacts } from "./discovery/freight";
import { type EnginePorts, StoreError } from "./ports";
import { AdmissionError, createPromotion } from "./promotion/admission";
import { annotationKeys, requestAnnotation } from "./promotion/annotations";
import { controlPlane } from "./promotion/control-plane";
import { isTerminalVerification } from "./reconcile/verification";

type ActPorts = Pick<EnginePorts, "store" | "clock">;

/** Names one piece of Freight of a Project. */
export type FreightRef = ResourceRef<"Freight">;

/**
 * Lets a Stage have Freight whatever its upstream says. Approving twice changes nothing. Throws AdmissionError `invalid`
 * when the Stage never asks for Freight of that origin (pkg/server/approve_freight_v1alpha1.go).
 */
export async function approveFreight(ports: ActPorts, ref: FreightRef, stageName: string): Promise<Freight> {
  const { namespace = "" } = ref;
  const freight = await needFreight(ports, ref);
  const stage = await needStage(ports, namespace, stageName);
  if (!stage.spec.requestedFreight.some(({ origin }) => originKey(origin) === originKey(freight.origin))) {
    const origin = originKey(freight.origin);
    throw new AdmissionError("invalid", `Stage "${stageName}" does not request Freight of ${origin}.`);
  }
  const approvedAt = formatTime(ports.clock.now());
  return ports.store.update<"Freight">(ref, (current) => {
    if (isApprovedFor(current, stageName)) return undefined;
    const approvedFor = { ...current.status?.approvedFor, [stageName]: { approvedAt } };
    return { ...current, status: { ...current.status, approvedFor } };
  });
}

/** Gives Freight another alias, field and label alike. Throws AdmissionError `conflict` when it is taken. */
export async function setAlias(ports: ActPorts, ref: FreightRef, alias: string): Promise<Freight> {
  const { namespace = "" } = ref;
  const freight = await needFreight(ports, ref);
  if (alias === "") throw new AdmissionError("invalid", "An alias must not be empty.", { field: "alias" });
  checkAlias(alias);
  const others = await ports.store.list("Freight", { namespace });
  const [problem] = changedFreightProblems(freight, { ...freight, alias }, others);
  if (problem !== undefined) {
    throw new AdmissionError("conflict", `${admissionText(problem)}.`, { field: "alias" });
  }
  await controlPlane(ports.store, namespace).setFreightAlias(ref.name, alias);
  return needFreight(ports, ref);
}

/** Deletes Freight. Throws AdmissionError `forbidden` while a Stage runs on it. */
export async function deleteFreight(ports: ActPorts, ref: FreightRef): Promise<void> {
  const freight = await needFreight(ports, ref);
  const stages = await ports.store.list("Stage", { namespace: ref.namespace ?? "" });
  const [problem] = freightDeletionProblems(freight, stages);
  if (problem !== undefined) {
    throw new AdmissionError("forbidden", `Freight "${ref.name}" is not deleted: ${problem.message}.`);
  }
  await ports.store.delete(ref);
  await removeOrphanRuns(ports.store, ref.namespace ?? "");
}

/** Freight of the first artifact of every subscription, as a Warehouse makes it by itself. Throws DiscoveryError. */
export async function createNewestFreight(
  ports: ActPorts,
  request: { readonly namespace: string; readonly warehouse: string; readonly alias?: string },
): Promise<Freight> {
  const { namespace, warehouse: name } = request;
  const warehouse = await ports.store.get("Warehouse", { namespace, name });
  if (warehouse === undefined) throw new StoreError("notFound", `Warehouse ${name} does not exist.`);
  const discovered = warehouse.status?.discoveredArtifacts;
  if (discovered === undefined) {
    throw new DiscoveryError("content", `Warehouse ${name} has discovered nothing yet; refresh it first.`);
  }
  return createFreight(ports, { ...request, ...newestArtifacts(discovered) });
}

/** What promoting downstream came to: what was created, and one sentence for each Stage that refused. */
export interface DownstreamPromotions {
  readonly promotions: readonly Promotion[];
  readonly refusals: readonly string[];
}

/**
 * Promotes Freight to every Stage right behind `stage`. Nothing is created unless all of them may have it; Stages without
 * steps are passed over (pkg/server/promote_downstream_v1alpha1.go). Throws AdmissionError.
 */
export async function promoteDownstream(
  ports: ActPorts,
  request: { readonly freight: FreightRef; readonly stage: string; readonly actor: string },
): Promise<DownstreamPromotions> {
  const { namespace = "" } = request.freight;
  const stage = await needStage(ports, namespace, request.stage);
  const freight = await needFreight(ports, request.freight);
  const downstream = await stagesBehind(ports, stage, freight);
  if (downstream.length === 0) {
    throw new AdmissionError("notFound", `Stage "${request.stage}" has no downstream Stages.`);
  }
  const nowMs = ports.clock.now().getTime();
  const barred = downstream.find((candidate) => !isFreightAvailable(candidate, freight, nowMs));
  if (barred !== undefined) {
    const text = `Freight "${freight.metadata.name}" is not available to downstream Stage "${barred.metadata.name}".`;
    throw new AdmissionError("invalid", text);
  }
  return createEach(ports, downstream, freight, request.actor);
}

async function createEach(
  ports: ActPorts,
  stages: readonly Stage[],
  freight: Freight,
  actor: string,
): Promise<DownstreamPromotions> {
  const promotions: Promotion[] = [];
  const refusals: string[] = [];
  const { namespace = "", name } = freight.metadata;
  // A template with no steps is passed over, no template at all fails admission: upstream makes that difference.
  for (const stage of stages.filter(({ spec }) => spec.promotionTemplate?.spec.steps?.length !== 0)) {
    try {
      const request = { namespace, stage: stage.metadata.name, freight: name, by: { actor } };
      promotions.push(await createPromotion(ports, request));
    } catch (error) {
      refusals.push(errorMessage(error));
    }
  }
  return { promotions, refusals };
}

async function stagesBehind(ports: ActPorts, stage: Stage, freight: Freight): Promise<Stage[]> {
  const all = await ports.store.list("Stage", { namespace: stage.metadata.namespace ?? "" });
  const key = originKey(freight.origin);
  return all.filter(({ spec }) =>
    spec.requestedFreight.some(
      ({ origin, sources }) =>
        originKey(origin) === key && sources?.stages?.includes(stage.metadata.name) === true,
    ),
  );
}

/** Asks for a pass over a Stage; resolves with the token that the pass will have taken note of. */
export async function requestRefresh(ports: ActPorts, ref: ResourceRef<"Stage">): Promise<string> {
  const token = ports.clock.now().toISOString();
  await ports.store.update<"Stage">(ref, (stage) => {
    const annotations = { ...stage.metadata.annotations, [annotationKeys.refresh]: token };
    return { ...stage, metadata: { ...stage.metadata, annotations } };
  });
  return token;
}

/**
 * Asks for the verification of a Stage's current Freight to be run again, or to be stopped; stopping one that has ended
 * changes nothing (pkg/api/stage.go). Throws AdmissionError `invalid` when there is no verification to speak of.
 */
export async function requestVerification(
  ports: ActPorts,
  ref: ResourceRef<"Stage">,
  request: { readonly act: "reverify" | "abort"; readonly actor: string },
): Promise<void> {
  await ports.store.update<"Stage">(ref, (stage) => {
    const current = stage.status?.freightHistory?.[0];
    const about = `Stage "${ref.name}"`;
    if (current === undefined || Object.keys(current.items).length === 0)
      throw new AdmissionError("invalid", `${about} has no current Freight.`);
    const newest = current.verificationHistory?.[0];
    if (newest?.id === undefined || newest.id === "")
      throw new AdmissionError("invalid", `${about} has no current verification.`);
    if (request.act === "abort" && isTerminalVerification(newest)) return undefined;
    const { id } = newest;
    const value = requestAnnotation({ id, actor: request.actor, controlPlane: true });
    const annotations = { ...stage.metadata.annotations, [annotationKeys[request.act]]: value };
    return { ...stage, metadata: { ...stage.metadata, annotations } };
  });
}

async function needFreight({ store }: ActPorts, ref: FreightRef): Promise<Freight> {
  const freight = await store.get("Freight", ref);
  if (freight === undefined) throw new StoreError("notFound", `Freight ${ref.name} does not exist.`);
  return freight;
}

async function needStage({ store }: ActPorts, namespace: string, name: string): Promise<Stage> {
  const stage = await store.get("Stage", { namespace, name });
  if (stage === undefined) throw new StoreError("notFound", `Stage ${name} does not exist.`);
  return stage;
}
