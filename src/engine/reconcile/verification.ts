// What the history of verifications says about Freight, and the verification of a Stage that asks for none
// (pkg/controller/stages verifyStageFreight). Starts no AnalysisRun.
import { randomUUID } from "node:crypto";
import { formatTime } from "../../base/time";
import { type NewCondition, setCondition } from "../../model/conditions";
import type { FreightCollection, Stage, StageStatus, VerificationInfo } from "../../model/resources";
import { verificationRequest } from "../promotion/annotations";

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

/** The history with `info` in the place of the entry of the same ID, or on top of it. */
export function withVerification(collection: FreightCollection, info: VerificationInfo): FreightCollection {
  const history = collection.verificationHistory ?? [];
  const isKnown = history.some((other) => other.id === info.id);
  const next = isKnown ? history.map((other) => (other.id === info.id ? info : other)) : [info, ...history];
  return { ...collection, verificationHistory: next.slice(0, maxHistory) };
}

/**
 * The Stage's status after looking at the verification of its current Freight. A Stage that asks for no verification
 * is verified as soon as it is healthy. One that does gets what a controller without Argo Rollouts answers: an Error.
 */
export function verifyFreight(stage: Stage, startedAt: Date, now: Date): StageStatus {
  const status = stage.status ?? {};
  const current = status.freightHistory?.[0];
  if (current === undefined) {
    return withVerified(stage, status, unknown("NoFreight", "Stage has no current Freight to verify"), now);
  }
  if (status.currentPromotion !== undefined) return status;
  const verified = startVerification(stage, current, startedAt, now);
  const next =
    verified === current
      ? status
      : { ...status, freightHistory: [verified, ...(status.freightHistory ?? []).slice(1)] };
  const condition = verifiedCondition(verified);
  return condition === undefined ? next : withVerified(stage, next, condition, now);
}

function startVerification(
  stage: Stage,
  current: FreightCollection,
  startedAt: Date,
  now: Date,
): FreightCollection {
  const newest = current.verificationHistory?.[0];
  const request = verificationRequest(stage.metadata, "reverify");
  const isRequested = newest?.id !== undefined && newest.id !== "" && request?.id === newest.id;
  if (newest !== undefined && (!isTerminalVerification(newest) || !isRequested)) return current;
  if (stage.status?.health?.status !== "Healthy") return current;
  const info = {
    id: randomUUID(),
    startTime: formatTime(startedAt),
    finishTime: formatTime(now),
  };
  if (stage.spec.verification === undefined) {
    return withVerification(current, { ...info, phase: "Successful" });
  }
  return withVerification(current, {
    ...info,
    ...(isRequested && request?.actor ? { actor: request.actor } : {}),
    phase: "Error",
    message: "Rollouts integration is disabled on this controller: cannot start verification",
  });
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
