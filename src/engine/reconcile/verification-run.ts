// Starts, follows and aborts the AnalysisRun behind a Stage's verification (pkg/controller/stages startVerification,
// getVerificationResult, abortVerification). Measures nothing; engine/analysis does.
import { randomUUID } from "node:crypto";
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { formatTime, timeMs } from "../../base/time";
import type { AnalysisRun, FreightCollection, Stage, VerificationInfo } from "../../model/resources";
import { buildAnalysisRun, runLabels } from "../analysis/run-builder";
import { type EnginePorts, StoreError } from "../ports";
import type { VerificationRequest } from "../promotion/annotations";

/** What verifications ask of their surroundings. */
export type VerificationPorts = Pick<EnginePorts, "store" | "clock" | "secrets">;

/** A verification, and why the pass over its Stage has failed, if it has. */
export interface VerificationStep {
  readonly info: VerificationInfo;
  readonly error?: string;
}

/**
 * Begins to verify a collection. Without any request to verify again, the newest run of the same Stage and collection
 * is taken over with the phase that it has. What cannot be built or created is an Error.
 */
export async function startRun(
  ports: VerificationPorts,
  stage: Stage,
  collection: FreightCollection,
  { request, startedAt }: { readonly request: VerificationRequest | undefined; readonly startedAt: Date },
): Promise<VerificationStep> {
  const newest = collection.verificationHistory?.[0];
  const isRequested = request !== undefined && newest?.id !== undefined && request.id === newest.id;
  const base: VerificationInfo = {
    id: randomUUID(),
    ...(isRequested && request.actor ? { actor: request.actor } : {}),
    startTime: formatTime(startedAt),
  };
  const failed = (message: string): VerificationInfo => ({
    ...base,
    finishTime: formatTime(ports.clock.now()),
    phase: "Error",
    message,
  });
  const existing = request === undefined ? await existingRun(ports, stage, collection) : undefined;
  if (existing !== undefined) {
    const phase = existing.status?.phase;
    const info = { ...base, finishTime: formatTime(ports.clock.now()), phase: phase ?? "Pending" } as const;
    return { info: { ...info, analysisRun: reference(existing) } };
  }
  const { name, namespace = "" } = stage.metadata;
  let run: AnalysisRun;
  try {
    run = await buildAnalysisRun(ports, stage, collection, request);
  } catch (error) {
    const what = `Stage ${goQuote(name)} and Freight collection ${goQuote(collection.id)} in namespace ${goQuote(namespace)}`;
    return { info: failed(`error building AnalysisRun for ${what}: ${errorMessage(error)}`) };
  }
  try {
    const created = await ports.store.create<"AnalysisRun">(run);
    const finishTime = created.metadata.creationTimestamp;
    return { info: { ...base, finishTime, phase: "Pending", analysisRun: reference(created) } };
  } catch (error) {
    const where = `${goQuote(run.metadata.name)} in namespace ${goQuote(namespace)}`;
    const message = `error creating AnalysisRun ${where}: ${errorMessage(error)}`;
    const isRefused = error instanceof StoreError && error.code === "invalid";
    return { info: failed(message), ...(isRefused ? {} : { error: errorMessage(error) }) };
  }
}

/** The verification as its run stands now. */
export async function followRun(
  { store }: VerificationPorts,
  collection: FreightCollection,
): Promise<VerificationStep | { readonly error: string }> {
  const current = collection.verificationHistory?.[0];
  if (current?.analysisRun === undefined) return { error: noReference(collection) };
  const { name, namespace } = current.analysisRun;
  const run = await store.get("AnalysisRun", { namespace, name });
  const { id, actor, startTime, finishTime } = current;
  const kept = { id, ...(actor === undefined ? {} : { actor }), startTime };
  if (run === undefined) {
    const reason = `analysisruns.argoproj.io "${name}" not found`;
    const message = `error getting AnalysisRun ${goQuote(name)} in namespace ${goQuote(namespace)}: ${reason}`;
    const { analysisRun } = current;
    return { info: { ...kept, finishTime, phase: "Error", message, analysisRun }, error: reason };
  }
  const { phase = "Pending", message, completedAt } = run.status ?? {};
  return {
    info: {
      ...kept,
      ...(completedAt === undefined ? {} : { finishTime: completedAt }),
      phase,
      ...(message === undefined ? {} : { message }),
      analysisRun: reference(run),
    },
  };
}

/** Tells the run to end. The verification is Failed from then on, whatever the run comes to. */
export async function abortRun(
  { store, clock }: VerificationPorts,
  collection: FreightCollection,
  request: VerificationRequest,
): Promise<VerificationStep | { readonly error: string }> {
  const current = collection.verificationHistory?.[0];
  if (current?.analysisRun === undefined) return { error: noReference(collection) };
  const { id, startTime, analysisRun } = current;
  const { name, namespace } = analysisRun;
  const actor = request.actor ?? "";
  const ended = { id, ...(actor === "" ? {} : { actor }), startTime, analysisRun };
  try {
    await store.update<"AnalysisRun">({ kind: "AnalysisRun", namespace, name }, (run) => ({
      ...run,
      spec: { ...run.spec, terminate: true },
    }));
  } catch (error) {
    const what = `AnalysisRun ${goQuote(name)} in namespace ${goQuote(namespace)}`;
    const message = `error terminating ${what}: ${errorMessage(error)}`;
    return { info: { ...ended, finishTime: formatTime(clock.now()), phase: "Error", message } };
  }
  const finishTime = formatTime(clock.now());
  return { info: { ...ended, finishTime, phase: "Failed", message: "Verification aborted by user" } };
}

async function existingRun(
  { store }: VerificationPorts,
  stage: Stage,
  collection: FreightCollection,
): Promise<AnalysisRun | undefined> {
  const { name, namespace } = stage.metadata;
  const own = await store.list("AnalysisRun", { namespace, labels: runLabels(name, collection.id) });
  // Names hold the moment of creation and decide between runs of one second.
  const age = ({ metadata }: AnalysisRun) => timeMs(metadata.creationTimestamp) ?? 0;
  const [newest] = [...own].sort((a, b) => age(b) - age(a) || (a.metadata.name < b.metadata.name ? 1 : -1));
  return newest;
}

function reference({ metadata, status }: AnalysisRun): NonNullable<VerificationInfo["analysisRun"]> {
  const { name, namespace = "" } = metadata;
  return { namespace, name, phase: status?.phase ?? "" };
}

function noReference({ id }: FreightCollection): string {
  return `no AnalysisRun reference in current verification info for Freight collection ${goQuote(id)}`;
}
