// What the history of verifications says about Freight, and what is to be done next about it
// (pkg/controller/stages verifyStageFreight). AnalysisRuns are verification-run.ts.
import { randomUUID } from "node:crypto";
import { formatTime } from "../../base/time";
import { type NewCondition, setCondition } from "../../model/conditions";
import type { FreightCollection, Stage, StageStatus, VerificationInfo } from "../../model/resources";
import { verificationRequest } from "../promotion/annotations";
import { abortRun, followRun, startRun, type VerificationPorts } from "./verification-run";

const maxHistory = 10;

/** True when the verification will not change any more. */
export function isTerminalVerification(verification: VerificationInfo | undefined): boolean {
  const phase = verification?.phase;
  return phase !== undefined && phase !== "Pending" && phase !== "Running";
}

/** True while any verification of the collection is under way. */
export function hasUnfinishedVerification(collection: FreightCollection): boolean {
  return (collection.verificationHistory ?? []).some((info) => !isTerminalVerification(info));
}

/** True while the Stage's current Freight is being verified. */
export function isVerifying({ status }: Stage): boolean {
  const current = status?.freightHistory?.[0];
  return current !== undefined && hasUnfinishedVerification(current);
}

/** The history with `info` in the place of the entry of the same ID, or on top of it. */
export function withVerification(collection: FreightCollection, info: VerificationInfo): FreightCollection {
  const history = collection.verificationHistory ?? [];
  const isKnown = history.some((other) => other.id === info.id);
  const next = isKnown ? history.map((other) => (other.id === info.id ? info : other)) : [info, ...history];
  return { ...collection, verificationHistory: next.slice(0, maxHistory) };
}

/** The Stage's status after looking at its verification, and why the pass has failed, if it has. */
export interface VerifiedStatus {
  readonly status: StageStatus;
  readonly error?: string;
}

/**
 * Looks at the verification of a Stage's current Freight: follows or aborts one that is under way, begins one that is due.
 * A Stage that asks for no verification is verified as soon as it is healthy.
 */
export async function verifyFreight(
  ports: VerificationPorts,
  stage: Stage,
  startedAt: Date,
): Promise<VerifiedStatus> {
  const status = stage.status ?? {};
  const now = () => ports.clock.now();
  const current = status.freightHistory?.[0];
  if (current === undefined) {
    const nothing = unknown("NoFreight", "Stage has no current Freight to verify");
    return { status: withVerified(stage, status, nothing, now()) };
  }
  if (status.currentPromotion !== undefined) return { status };
  const step = await nextStep(ports, stage, current, startedAt);
  const verified = step.info === undefined ? current : withVerification(current, step.info);
  const next =
    verified === current
      ? status
      : { ...status, freightHistory: [verified, ...(status.freightHistory ?? []).slice(1)] };
  const condition = verifiedCondition(verified);
  const error = step.error === undefined ? {} : { error: step.error };
  return { status: condition === undefined ? next : withVerified(stage, next, condition, now()), ...error };
}

/** What is to be remembered; neither member when there is nothing to do. */
type Step = { readonly info?: VerificationInfo; readonly error?: string };

async function nextStep(
  ports: VerificationPorts,
  stage: Stage,
  current: FreightCollection,
  startedAt: Date,
): Promise<Step> {
  const newest = current.verificationHistory?.[0];
  const request = verificationRequest(stage.metadata, "reverify");
  if (newest !== undefined && !isTerminalVerification(newest)) {
    const abort = verificationRequest(stage.metadata, "abort");
    return abort !== undefined && abort.id === newest.id
      ? abortRun(ports, current, abort)
      : followRun(ports, current);
  }
  if (newest !== undefined && (request === undefined || request.id !== newest.id)) return {};
  if (stage.status?.health?.status !== "Healthy") return {};
  if (stage.spec.verification !== undefined) return startRun(ports, stage, current, { request, startedAt });
  const finishTime = formatTime(ports.clock.now());
  return { info: { id: randomUUID(), startTime: formatTime(startedAt), finishTime, phase: "Successful" } };
}

type Judgement = Pick<NewCondition, "status" | "reason" | "message">;

/** One success is enough: a later failure does not take it back. Undefined when nothing was verified yet. */
function verifiedCondition({ verificationHistory }: FreightCollection): Judgement | undefined {
  const [newest] = verificationHistory ?? [];
  if (newest === undefined) return undefined;
  if ((verificationHistory ?? []).some((info) => info.phase === "Successful")) {
    return { status: "True", reason: "Verified", message: "Freight has been verified" };
  }
  const message = newest.message ?? "";
  switch (newest.phase) {
    case "Pending":
      return unknown("VerificationPending", "Freight is pending verification");
    case "Running":
      return unknown("VerificationRunning", "Freight is currently being verified");
    case "Inconclusive":
      return unknown("VerificationInconclusive", message);
    case "Failed":
    case "Error":
    case "Aborted":
      return { status: "False", reason: `Verification${newest.phase}`, message };
    default:
      return unknown(
        "UnknownVerificationPhase",
        `Freight verification is in an unknown phase: ${newest.phase ?? ""}`,
      );
  }
}

function unknown(reason: string, message: string): Judgement {
  return { status: "Unknown", reason, message };
}

function withVerified(stage: Stage, status: StageStatus, condition: Judgement, now: Date): StageStatus {
  const observedGeneration = stage.metadata.generation;
  const verified = { type: "Verified", ...condition, observedGeneration };
  return { ...status, conditions: setCondition(status.conditions, verified, now) };
}
