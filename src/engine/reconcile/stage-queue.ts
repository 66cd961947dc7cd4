// The queue of a Stage: which Promotion may run, and what a finished one leaves behind (pkg/controller/stages
// syncPromotions). Pure: from a Stage and its Promotions to the Stage's next status. Reads and writes no store.

import { isObject } from "../../base/json";
import { compareBytewise } from "../../base/text";
import { deleteCondition, setCondition } from "../../model/conditions";
import {
  type AutoPromotionHold,
  type Condition,
  type FreightCollection,
  type FreightOrigin,
  type HealthCheckStep,
  isTerminalPhase,
  originKey,
  type Promotion,
  type PromotionReference,
  type Stage,
  type StageStatus,
} from "../../model/resources";
import { annotationKeys } from "../promotion/annotations";
import { hasUnfinishedVerification, isTerminalVerification } from "./verification";

const maxHistory = 10;

/** What the queue is decided from. */
export interface QueueInput {
  readonly stage: Stage;
  /** Every Promotion of the Stage, in any order. */
  readonly promotions: readonly Promotion[];
  readonly autoPromotionEnabled: boolean;
  readonly now: Date;
}

/** What the queue decided. */
export interface QueueResult {
  readonly status: StageStatus;
  /** Something is waiting or running, whether or not it may start yet. */
  readonly hasPendingPromotions: boolean;
  /** Set when a success was recorded: the Stage's `argocd-context`, undefined inside when it must be removed. */
  readonly argocdContext?: { readonly value: string | undefined };
}

/** The Stage's status after looking at its Promotions. */
export function syncPromotions(input: QueueInput): QueueResult {
  const { stage, autoPromotionEnabled } = input;
  const before = stage.status ?? {};
  const status: StageStatus = { ...before, autoPromotionHolds: keptHolds(stage, autoPromotionEnabled) };
  const sorted = [...input.promotions].sort(compareForQueue);
  const [head] = sorted;
  if (head === undefined) return { status: notPromoting(status), hasPendingPromotions: false };
  const hasPendingPromotions = sorted.some((promotion) => !isTerminalPhase(promotion.status?.phase));
  const headIsTerminal = isTerminalPhase(head.status?.phase);
  const current = before.currentPromotion;
  if (current !== undefined && (current.name !== head.metadata.name || headIsTerminal)) {
    return { ...recordFinished(input, status, sorted), hasPendingPromotions };
  }
  if (mustVerifyFirst(before)) {
    // The current Promotion stays named while it waits: only the condition goes.
    const conditions = deleteCondition(status.conditions, "Promoting");
    return { status: { ...status, conditions }, hasPendingPromotions };
  }
  if (headIsTerminal) {
    const conditions = deleteCondition(status.conditions, "Promoting");
    return { status: { ...status, conditions }, hasPendingPromotions };
  }
  return { status: promoting(stage, status, head, input.now), hasPendingPromotions };
}

/** Running first, then what is not finished, oldest first, then what is, newest first (pkg/api/promotion.go). */
export function compareForQueue(a: Promotion, b: Promotion): number {
  const byGroup = queueGroup(a) - queueGroup(b);
  if (byGroup !== 0) return byGroup;
  const byName = compareBytewise(a.metadata.name, b.metadata.name);
  return isTerminalPhase(a.status?.phase) ? -byName : byName;
}

function queueGroup({ status }: Promotion): number {
  if (status?.phase === "Running") return 0;
  return isTerminalPhase(status?.phase) ? 2 : 1;
}

/** Holds mean nothing without auto-promotion, nor for origins that are no longer requested. */
function keptHolds(stage: Stage, autoPromotionEnabled: boolean): StageStatus["autoPromotionHolds"] {
  if (!autoPromotionEnabled) return undefined;
  const requested = requestedOrigins(stage);
  return asHolds(
    Object.entries(stage.status?.autoPromotionHolds ?? {}).filter(([key]) => requested.has(key)),
  );
}

function asHolds(entries: [string, AutoPromotionHold][]): StageStatus["autoPromotionHolds"] {
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function requestedOrigins(stage: Stage): ReadonlySet<string> {
  return new Set(stage.spec.requestedFreight.map((request) => originKey(request.origin)));
}

function notPromoting(status: StageStatus): StageStatus {
  const { currentPromotion: _, ...rest } = status;
  return { ...rest, conditions: deleteCondition(status.conditions, "Promoting") };
}

function promoting(stage: Stage, status: StageStatus, head: Promotion, now: Date): StageStatus {
  const freight = head.status?.freight;
  return {
    ...status,
    conditions: setCondition(
      status.conditions,
      {
        type: "Promoting",
        status: "True",
        reason: "ActivePromotion",
        message: `Promotion "${head.metadata.name}" is currently ${head.status?.phase ?? ""}`,
        observedGeneration: stage.metadata.generation,
      },
      now,
    ),
    currentPromotion: { name: head.metadata.name, ...(freight === undefined ? {} : { freight }) },
  };
}

/** The current Freight must be verified before the next Promotion starts, unless the Stage is not healthy. */
function mustVerifyFirst(before: StageStatus): boolean {
  const current = before.freightHistory?.[0];
  if (current === undefined) return false;
  if (hasUnfinishedVerification(current)) return true;
  const isHealthy = before.health === undefined || before.health.status === "Healthy";
  return isHealthy && !isTerminalVerification(current.verificationHistory?.[0]);
}

/** Takes in every Promotion that finished since the last recorded one, oldest first. */
function recordFinished(
  { stage, autoPromotionEnabled, now }: QueueInput,
  status: StageStatus,
  sorted: readonly Promotion[],
): Omit<QueueResult, "hasPendingPromotions"> {
  let next = notPromoting(status);
  let argocdContext: QueueResult["argocdContext"];
  for (const promotion of newlyFinished(sorted, stage.status?.lastPromotion?.name)) {
    if (autoPromotionEnabled) next = { ...next, autoPromotionHolds: applyIntent(stage, next, promotion) };
    const reference = toReference(promotion, next.lastPromotion);
    next = { ...next, lastPromotion: reference };
    if (promotion.status?.phase !== "Succeeded") continue;
    next = recordSuccess(stage, next, reference.status?.freightCollection, now);
    argocdContext = { value: argocdContextOf(promotion.status.healthChecks ?? []) };
  }
  return { status: next, ...(argocdContext === undefined ? {} : { argocdContext }) };
}

/**
 * The walk ends at the first Promotion that is not newer than the recorded one, whatever its phase. So one that was
 * queued then with a smaller name is never recorded once it runs; that is Kargo's behaviour (see the decision record).
 */
function newlyFinished(sorted: readonly Promotion[], lastName: string | undefined): Promotion[] {
  const end = sorted.findIndex(
    ({ metadata }) => lastName !== undefined && compareBytewise(metadata.name, lastName) <= 0,
  );
  return sorted
    .slice(0, end === -1 ? sorted.length : end)
    .filter((promotion) => isTerminalPhase(promotion.status?.phase))
    .sort((a, b) => compareBytewise(a.metadata.name, b.metadata.name));
}

/** A user's wish about auto-promotion counts once the Promotion has ended, however it ended, unless it was aborted. */
function applyIntent(
  stage: Stage,
  status: StageStatus,
  promotion: Promotion,
): StageStatus["autoPromotionHolds"] {
  const holds = status.autoPromotionHolds;
  if (promotion.status?.phase === "Aborted") return holds;
  const hold = promotion.metadata.annotations?.[annotationKeys.hold];
  if (hold) {
    const origin = parseOrigin(hold);
    if (origin === undefined || !requestedOrigins(stage).has(hold)) return holds;
    return { ...holds, [hold]: toHold(promotion, origin) };
  }
  const resume = promotion.metadata.annotations?.[annotationKeys.resume];
  if (!resume) return holds;
  return asHolds(Object.entries(holds ?? {}).filter(([key]) => key !== resume));
}

/** The hold that a Promotion with hold intent stands for. */
export function toHold(promotion: Promotion, origin: FreightOrigin): AutoPromotionHold {
  const { name, annotations, creationTimestamp } = promotion.metadata;
  const actor = annotations?.[annotationKeys.createActor];
  return {
    freightName: promotion.spec.freight ?? "",
    origin,
    promotionName: name,
    ...(actor ? { actor } : {}),
    ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
  };
}

/** `Warehouse/<name>` as an origin; undefined when the text is none (api/v1alpha1 ParseFreightOrigin). */
export function parseOrigin(key: string): FreightOrigin | undefined {
  const [kind, name, ...more] = key.split("/");
  return kind === "Warehouse" && name && more.length === 0 ? { kind, name } : undefined;
}

/** A Promotion that never ran knows no collection; forgetting the one before would lose the other origins for good. */
function toReference(promotion: Promotion, previous: PromotionReference | undefined): PromotionReference {
  const status = promotion.status ?? {};
  const inherited =
    status.startedAt === undefined && status.freightCollection === undefined
      ? previous?.status?.freightCollection
      : undefined;
  return {
    name: promotion.metadata.name,
    ...(status.freight === undefined ? {} : { freight: status.freight }),
    status: inherited === undefined ? status : { ...status, freightCollection: inherited },
    ...(status.finishedAt === undefined ? {} : { finishedAt: status.finishedAt }),
  };
}

function recordSuccess(
  stage: Stage,
  status: StageStatus,
  collection: FreightCollection | undefined,
  now: Date,
): StageStatus {
  const { health: _, ...rest } = status;
  const history = collection === undefined ? [] : [collection];
  const observedGeneration = stage.metadata.generation;
  const unknown = (type: string, reason: string, what: string) => ({
    type,
    status: "Unknown" as const,
    reason,
    message: `Waiting for ${what} to be performed after successful promotion`,
    observedGeneration,
  });
  let conditions: readonly Condition[] | undefined = status.conditions;
  conditions = setCondition(conditions, unknown("Healthy", "WaitingForHealthCheck", "health check"), now);
  conditions = setCondition(conditions, unknown("Verified", "WaitingForVerification", "verification"), now);
  return {
    ...rest,
    conditions,
    freightHistory: [...history, ...(status.freightHistory ?? [])].slice(0, maxHistory),
  };
}

/** The Argo CD Applications that health checks name, for links; undefined when there are none. */
function argocdContextOf(healthChecks: readonly HealthCheckStep[]): string | undefined {
  const apps = healthChecks.flatMap(({ config }) => {
    const list = isObject(config) ? config.apps : undefined;
    return Array.isArray(list) ? list.filter(isObject) : [];
  });
  if (apps.length === 0) return undefined;
  return JSON.stringify(
    apps.map(({ name, namespace }) => ({ name: name ?? null, namespace: namespace ?? null })),
  );
}
