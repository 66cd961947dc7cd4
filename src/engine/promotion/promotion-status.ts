// How a Promotion's status moves from one phase to the next (pkg/controller/promotions). Pure: from status to status.
// When a phase is due is decided by promotion-run.ts.
import { formatTime } from "../../base/time";
import type { Promotion, PromotionStatus, StepExecutionMetadata } from "../../model/resources";
import { type AbortRequest, annotationKeys, controllerActorPrefix } from "./annotations";

/** The name by which Kargo's controller signs what it does to Promotions. */
export const promotionController = `${controllerActorPrefix}promotion-controller`;

/** The status of a Promotion that begins to run. */
export function startedStatus(status: PromotionStatus | undefined, now: Date): PromotionStatus {
  return { ...status, phase: "Running", startedAt: formatTime(now) };
}

/**
 * The status of a Promotion that a user stopped. A step that is running is Aborted with it; one between two tries keeps
 * what its last try came to.
 */
export function abortedStatus(
  status: PromotionStatus | undefined,
  request: AbortRequest | undefined,
  now: Date,
): PromotionStatus {
  const finishedAt = formatTime(now);
  const metadata = status?.stepExecutionMetadata ?? [];
  const current = status?.currentStep ?? 0;
  const isStepRunning =
    status?.phase === "Running" && metadata.length === current + 1 && metadata[current]?.status === "Running";
  const abortStep = (record: StepExecutionMetadata, index: number): StepExecutionMetadata =>
    isStepRunning && index === current ? { ...record, status: "Aborted", finishedAt } : record;
  return {
    ...status,
    ...(metadata.length === 0 ? {} : { stepExecutionMetadata: metadata.map(abortStep) }),
    phase: "Aborted",
    message: `Promotion terminated by ${request?.actor || promotionController}`,
    finishedAt,
  };
}

/** The status of a Promotion that ended without its steps deciding it: what it was before, and why. */
export function erroredStatus(
  status: PromotionStatus | undefined,
  message: string,
  now: Date,
): PromotionStatus {
  return { ...status, phase: "Errored", message, finishedAt: formatTime(now) };
}

/** The status with the refresh token that this pass has taken care of. */
export function withHandledRefresh(status: PromotionStatus, promotion: Promotion): PromotionStatus {
  const token = promotion.metadata.annotations?.[annotationKeys.refresh];
  return token === undefined ? status : { ...status, lastHandledRefresh: token };
}

/** Removes members that have nothing to say, as Go's omitempty does. */
export function compactStatus(status: PromotionStatus): PromotionStatus {
  const isEmpty = (value: unknown) =>
    value === undefined || value === "" || value === 0 || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(status).filter(([, value]) => !isEmpty(value)));
}
