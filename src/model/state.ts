// How Freight, Promotions, Stages and Warehouses stand, in the words that trees, pickers and messages use.
// Reads what the engine or a cluster recorded; grouping and order are pipeline.ts, looks are decided by whoever shows it.
import { formatDurationMs, parseDurationMs } from "../base/duration";
import { lengthText } from "../base/elapsed";
import type { JsonValue } from "../base/json";
import { findCondition } from "./conditions";
import { isFreightAvailable, isVerifiedIn, longestSoakMs } from "./freight";
import { freightNamed, promotionLookup } from "./list-index";
import { compareText, type ProjectTree } from "./pipeline";
import {
  type Freight,
  type FreightReference,
  type FreightRequest,
  isControlFlow,
  isTerminalPhase,
  originKey,
  type Promotion,
  type PromotionPhase,
  type PromotionStatus,
  type Stage,
  type StepStatus,
  type Warehouse,
} from "./resources";
import { artifactLabels, shortId } from "./subscriptions";

// --- Freight -------------------------------------------------------------------------------------------------------

/** What people call a piece of Freight: its alias, else the start of its name. */
export function freightLabel(freight: Freight): string {
  return freight.alias || shortId(freight.metadata.name);
}

/** What people call the Freight of that name, known or not. */
export function freightLabelByName(tree: ProjectTree, name: string): string {
  const freight = freightByName(tree, name);
  return freight === undefined ? shortId(name) : freightLabel(freight);
}

/** The Freight of that name; undefined when the Project does not have it. */
export function freightByName(tree: ProjectTree, name: string): Freight | undefined {
  return freightNamed(tree.freight, name);
}

/** The artifacts of Freight in one phrase: `app@3f2ab1c, nginx:1.27`. */
export function freightSummary(freight: Freight | FreightReference): string {
  return artifactLabels(freight).join(", ");
}

/** Stages by what the Freight is to them, in the order the pipeline has them; Stages unknown to it come last. */
export interface FreightPlaces {
  readonly currentlyIn: readonly string[];
  /** Verified there, but not running there now. */
  readonly verifiedIn: readonly string[];
  readonly approvedFor: readonly string[];
}

/** Where Freight runs, was verified and may go. */
export function freightPlaces(freight: Freight, stages: readonly Stage[]): FreightPlaces {
  const order = orderOf(stages);
  const sorted = (map: Readonly<Record<string, unknown>> | undefined) =>
    Object.keys(map ?? {}).sort(
      (a, b) => (order.get(a) ?? stages.length) - (order.get(b) ?? stages.length) || compareText(a, b),
    );
  const currentlyIn = sorted(freight.status?.currentlyIn);
  return {
    currentlyIn,
    verifiedIn: sorted(freight.status?.verifiedIn).filter((name) => !currentlyIn.includes(name)),
    approvedFor: sorted(freight.status?.approvedFor),
  };
}

const stageOrders = new WeakMap<readonly Stage[], ReadonlyMap<string, number>>();

function orderOf(stages: readonly Stage[]): ReadonlyMap<string, number> {
  const order =
    stageOrders.get(stages) ?? new Map(stages.map((stage, index) => [stage.metadata.name, index]));
  stageOrders.set(stages, order);
  return order;
}

/** More names than these are counted: one line has to hold all three of where it is, was and may go. */
const namedPlaces = 3;

/** The places in words: `in test · verified in 5 Stages`; empty when it has been nowhere. */
export function freightPlacesText({ currentlyIn, verifiedIn, approvedFor }: FreightPlaces): string {
  const phrase = (how: string, names: readonly string[]) =>
    names.length === 0
      ? ""
      : `${how} ${names.length > namedPlaces ? `${names.length} Stages` : names.join(", ")}`;
  const parts = [
    phrase("in", currentlyIn),
    phrase("verified in", verifiedIn),
    phrase("approved for", approvedFor),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** A piece of Freight as it is offered to a Stage. */
export interface FreightOffer {
  readonly freight: Freight;
  /** Why the Stage cannot have it; absent when it can. */
  readonly obstacle?: string;
  /** True when the Stage runs on it now. */
  readonly current: boolean;
}

/** Freight of the origins the Stage asks for: what it may have first, each group in the given order. */
export function freightOffers(stage: Stage, freight: readonly Freight[], nowMs: number): FreightOffer[] {
  const origins = new Set(stage.spec.requestedFreight.map((request) => originKey(request.origin)));
  const current = new Set(currentFreight(stage).map((reference) => reference.name));
  const offers = freight
    .filter((piece) => origins.has(originKey(piece.origin)))
    .map((piece): FreightOffer => {
      const obstacle = freightObstacle(stage, piece, nowMs);
      const offer = { freight: piece, current: current.has(piece.metadata.name) };
      return obstacle === undefined ? offer : { ...offer, obstacle };
    });
  return [
    ...offers.filter((o) => o.obstacle === undefined),
    ...offers.filter((o) => o.obstacle !== undefined),
  ];
}

/** Why a Stage may not be promoted to this Freight now, in words; undefined when it may. */
export function freightObstacle(stage: Stage, freight: Freight, nowMs: number): string | undefined {
  if (isFreightAvailable(stage, freight, nowMs)) return undefined;
  const requests = stage.spec.requestedFreight.filter(
    (r) => originKey(r.origin) === originKey(freight.origin),
  );
  if (requests.length === 0)
    return `${stage.metadata.name} takes no Freight of Warehouse ${freight.origin.name}`;
  return requests.map((request) => requestObstacle(request, freight, nowMs)).join("; ");
}

function requestObstacle({ sources }: FreightRequest, freight: Freight, nowMs: number): string {
  const { stages = [], requiredSoakTime, availabilityStrategy } = sources ?? {};
  if (stages.length === 0) return "no source is given for it";
  const joiner = availabilityStrategy === "All" ? " and " : " or ";
  const unverified = stages.filter((name) => !isVerifiedIn(freight, name));
  const soaking = stages.filter((name) => isVerifiedIn(freight, name));
  if (soaking.length === 0 || (availabilityStrategy === "All" && unverified.length > 0))
    return `not verified in ${unverified.join(joiner)} yet`;
  const required = parseDurationMs(requiredSoakTime ?? "") ?? 0;
  const wait = longestWaitMs({ sources }, soaking, freight, nowMs);
  return `soaking in ${soaking.join(joiner)}: ${lengthText(wait)} of ${formatDurationMs(required)} left`;
}

function longestWaitMs(
  { sources }: Pick<FreightRequest, "sources">,
  soaking: readonly string[],
  freight: Freight,
  nowMs: number,
): number {
  const required = parseDurationMs(sources?.requiredSoakTime ?? "") ?? 0;
  const left = soaking.map((name) => required - longestSoakMs(freight, name, nowMs));
  return sources?.availabilityStrategy === "All" ? Math.max(...left) : Math.min(...left);
}

/** Milliseconds the Freight must still soak upstream of the Stage, when nothing but that is missing. */
export function soakLeftMs(stage: Stage, freight: Freight, nowMs: number): number | undefined {
  if (isFreightAvailable(stage, freight, nowMs)) return undefined;
  const waits = stage.spec.requestedFreight.flatMap((request) => {
    const { stages = [], availabilityStrategy } = request.sources ?? {};
    const verified = stages.filter((name) => isVerifiedIn(freight, name));
    const enough = availabilityStrategy === "All" ? verified.length === stages.length : true;
    if (originKey(request.origin) !== originKey(freight.origin) || verified.length === 0 || !enough)
      return [];
    return [longestWaitMs(request, verified, freight, nowMs)];
  });
  return waits.length === 0 ? undefined : Math.min(...waits);
}

// --- Promotions ----------------------------------------------------------------------------------------------------

/** How a step stands: Kargo's statuses, `Waiting` before its turn, `NotRun` when the Promotion ended before it. */
export type StepPhase = StepStatus | "Waiting" | "NotRun";

/** One step of a Promotion as it is shown. */
export interface StepState {
  readonly index: number;
  /** The full alias, which is also the key of its output. */
  readonly alias: string;
  /** The alias without the task it came from, unless that would leave two steps alike. */
  readonly label: string;
  readonly uses: string;
  readonly phase: StepPhase;
  /** Milliseconds it has run or ran; absent before it starts. */
  readonly lengthMs?: number;
  readonly message?: string;
  readonly output?: JsonValue;
}

/** How a Promotion stands. */
export interface PromotionState {
  /** `Pending` as long as nothing was recorded. */
  readonly phase: PromotionPhase;
  /** In words: `Running step 3 of 8`, `Failed at step push`. */
  readonly label: string;
  readonly steps: readonly StepState[];
  /** Steps that ended. */
  readonly done: number;
  /** The step that decided a Failed or Errored Promotion, or that an abort hit. */
  readonly culprit?: StepState;
  /** Why it failed or what it waits for. */
  readonly message?: string;
  readonly lengthMs?: number;
}

/** How a Promotion and each of its steps stand. */
export function promotionState(promotion: Promotion, nowMs: number): PromotionState {
  const status = promotion.status ?? {};
  const phase = status.phase ?? "Pending";
  const steps = stepStates(promotion, nowMs);
  const done = steps.filter((step) => !["Waiting", "NotRun", "Running"].includes(step.phase)).length;
  const culprit = culpritOf(status, steps);
  const lengthMs = lengthBetween(status.startedAt, status.finishedAt, nowMs);
  return {
    phase,
    label: promotionLabel(phase, steps, status.currentStep, culprit),
    steps,
    done,
    ...(culprit === undefined ? {} : { culprit }),
    ...(status.message ? { message: status.message } : {}),
    ...(lengthMs === undefined ? {} : { lengthMs }),
  };
}

/**
 * Why a step failed, without what Kargo puts before every reason and what stands beside it anyway: the step's alias and
 * its error threshold (pkg/promotion/local_orchestrator.go).
 */
export function plainReason(message: string): string {
  return message
    .replace(/^step "[^"]*" met error threshold of \d+: /, "")
    .replace(/^error running step "[^"]*": /, "");
}

/**
 * A reason for a message that is read at a glance: of a chain of causes what was tried and what came of it, without the
 * links between and without the command line.
 */
export function briefReason(message: string): string {
  const links = plainReason(message.replace(/\s+/g, " ").trim()).split(/: (?=error )/);
  const cause = (links.at(-1) ?? "")
    .replace(/^error executing cmd \[[^\]]*\]: /, "")
    .replace(/^(remote: .*?) To \S+ ! \[.*$/, "$1"); // the remote has said it better than git
  return links.length < 2 ? cause : `${links[0]}: ${cause}`;
}

/** Promotions that have not ended, oldest first: the order in which a Stage takes them. */
export function openPromotions(promotions: readonly Promotion[], stage?: string): Promotion[] {
  return promotionLookup(promotions)
    .open.filter((promotion) => stage === undefined || promotion.spec.stage === stage)
    .sort((a, b) => compareText(a.metadata.name, b.metadata.name));
}

/** The Promotions of a Stage, in the given order. */
export function promotionsOf(promotions: readonly Promotion[], stage: string): readonly Promotion[] {
  return promotionLookup(promotions).byStage.get(stage) ?? [];
}

function stepStates(promotion: Promotion, nowMs: number): StepState[] {
  const status = promotion.status ?? {};
  const ended = isTerminalPhase(status.phase);
  const steps = promotion.spec.steps ?? [];
  const aliases = steps.map((step, index) => step.as || `step-${index + 1}`);
  const labels = stepLabels(aliases);
  return steps.map((step, index) => {
    const alias = aliases[index] ?? "";
    const meta = status.stepExecutionMetadata?.[index];
    const lengthMs = lengthBetween(
      meta?.startedAt,
      meta?.finishedAt ?? (ended ? status.finishedAt : undefined),
      nowMs,
    );
    const output = status.state?.[alias];
    return {
      index,
      alias,
      label: labels[index] ?? alias,
      uses: step.uses ?? "",
      phase: meta?.status ?? (ended ? "NotRun" : "Waiting"),
      ...(lengthMs === undefined ? {} : { lengthMs }),
      ...(meta?.message ? { message: meta.message } : {}),
      ...(output === undefined || output === null ? {} : { output }),
    };
  });
}

/** Aliases of inflated tasks read `task::step`; the task is left out while all steps still differ. */
function stepLabels(aliases: readonly string[]): string[] {
  const short = aliases.map((alias) => alias.slice(alias.lastIndexOf("::") + 1).replace(/^:/, ""));
  return short.map((label, i) =>
    short.indexOf(label) === i && short.lastIndexOf(label) === i ? label : (aliases[i] ?? ""),
  );
}

/** The step whose status became the Promotion's (pkg/promotion/orchestrator.go): the worst that was not excused, the first of equals. */
function culpritOf(status: PromotionStatus, steps: readonly StepState[]): StepState | undefined {
  if (status.phase === undefined || status.phase === "Succeeded" || !isTerminalPhase(status.phase))
    return undefined;
  const excused = (step: StepState) => status.stepExecutionMetadata?.[step.index]?.continueOnError === true;
  return steps.find((step) => step.phase === status.phase && !excused(step));
}

function promotionLabel(
  phase: PromotionPhase,
  steps: readonly StepState[],
  currentStep: number | undefined,
  culprit: StepState | undefined,
): string {
  if (phase === "Running" && steps.length > 0) {
    const step = Math.min((currentStep ?? 0) + 1, steps.length);
    return `Running step ${step} of ${steps.length}`;
  }
  return culprit === undefined ? phase : `${phase} at step ${culprit.label}`;
}

function lengthBetween(
  start: string | undefined,
  end: string | undefined,
  nowMs: number,
): number | undefined {
  const from = Date.parse(start ?? "");
  if (Number.isNaN(from)) return undefined;
  const to = Date.parse(end ?? "");
  return Math.max(0, (Number.isNaN(to) ? nowMs : to) - from);
}

// --- Stages --------------------------------------------------------------------------------------------------------

/** What a Stage is doing or how it is. Kargo has no such field; this is the first that holds, the most pressing first. */
export type StagePhase =
  | "ControlFlow"
  | "Promoting"
  | "Queued"
  | "Failed"
  | "Errored"
  | "Aborted"
  | "NoFreight"
  | "Verifying"
  | "VerificationFailed"
  | "Unhealthy"
  | "Progressing"
  | "HealthUnknown"
  | "Verified"
  | "Healthy";

/** How a Stage stands. */
export interface StageState {
  readonly phase: StagePhase;
  /** In words. */
  readonly label: string;
  /** Why, when somebody said. */
  readonly message?: string;
}

/** How a Stage stands, from its own status and the Project's Promotions. */
export function stageState(stage: Stage, promotions: readonly Promotion[], nowMs: number): StageState {
  if (isControlFlow(stage)) return { phase: "ControlFlow", label: "Control flow" };
  const open = openPromotions(promotions, stage.metadata.name);
  const running = open.find((p) => p.status?.phase === "Running");
  if (running !== undefined) {
    const { label, message } = promotionState(running, nowMs);
    const queued = open.length > 1 ? `, ${open.length - 1} queued` : "";
    return withMessage(
      { phase: "Promoting", label: `${label.replace("Running", "Promoting,")}${queued}` },
      message,
    );
  }
  if (open.length > 0)
    return {
      phase: "Queued",
      label: open.length === 1 ? "Promotion queued" : `${open.length} Promotions queued`,
    };
  return endedState(stage, promotions) ?? restingState(stage);
}

/** How the last Promotion left the Stage, when it did not succeed. */
function endedState(stage: Stage, promotions: readonly Promotion[]): StageState | undefined {
  const [newest] = promotionsOf(promotions, stage.metadata.name);
  const last = stage.status?.lastPromotion?.status ?? newest?.status;
  const phase = last?.phase;
  if (phase !== "Failed" && phase !== "Errored" && phase !== "Aborted") return undefined;
  return withMessage({ phase, label: `Promotion ${phase.toLowerCase()}` }, last?.message);
}

function restingState(stage: Stage): StageState {
  const { freightHistory = [], health } = stage.status ?? {};
  const current = freightHistory[0];
  if (current === undefined) return { phase: "NoFreight", label: "No Freight" };
  const verification = current.verificationHistory?.[0];
  const { message } = verification ?? {};
  switch (verification?.phase) {
    case "Pending":
    case "Running":
      return withMessage({ phase: "Verifying", label: "Verifying" }, message);
    case "Failed":
    case "Error":
    case "Aborted":
    case "Inconclusive":
      return withMessage(
        { phase: "VerificationFailed", label: `Verification ${verificationWords[verification.phase]}` },
        message,
      );
  }
  const issue = health?.issues?.[0];
  switch (health?.status) {
    case "Unhealthy":
      return withMessage({ phase: "Unhealthy", label: "Unhealthy" }, issue);
    case "Progressing":
      return withMessage({ phase: "Progressing", label: "Health progressing" }, issue);
    case "Healthy":
    case "NotApplicable":
      return findCondition(stage.status?.conditions, "Verified")?.status === "True"
        ? { phase: "Verified", label: "Verified" }
        : { phase: "Healthy", label: "Healthy" };
  }
  return withMessage({ phase: "HealthUnknown", label: "Health unknown" }, issue);
}

const verificationWords = {
  Failed: "failed",
  Error: "errored",
  Aborted: "aborted",
  Inconclusive: "inconclusive",
};

/** The Freight a Stage runs on, one reference for each origin it has, in the order the Stage asks for them. */
export function currentFreight(stage: Stage): FreightReference[] {
  const items = stage.status?.freightHistory?.[0]?.items ?? {};
  const asked = stage.spec.requestedFreight.map((request) => originKey(request.origin));
  return Object.entries(items)
    .sort(([a], [b]) => rank(asked, a) - rank(asked, b) || compareText(a, b))
    .map(([, reference]) => reference);
}

function rank(order: readonly string[], item: string): number {
  const index = order.indexOf(item);
  return index < 0 ? order.length : index;
}

// --- Warehouses ----------------------------------------------------------------------------------------------------

/** How a Warehouse stands. */
export interface WarehouseState {
  readonly phase: "NotDiscovered" | "Discovering" | "Failed" | "Incomplete" | "Ready";
  readonly label: string;
  readonly message?: string;
}

/** How a Warehouse stands, from its conditions (pkg/controller/warehouses/warehouses.go). */
export function warehouseState({ status }: Warehouse): WarehouseState {
  const conditions = status?.conditions;
  const healthy = findCondition(conditions, "Healthy");
  if (findCondition(conditions, "Ready")?.reason === "DiscoveryInProgress")
    return { phase: "Discovering", label: "Discovering" };
  if (healthy?.status === "False")
    return withMessage({ phase: "Failed", label: "Discovery failed" }, healthy.message);
  if (status?.discoveredArtifacts === undefined)
    return { phase: "NotDiscovered", label: "Not refreshed yet" };
  const satisfied = findCondition(conditions, "FreightCreationCriteriaSatisfied");
  if (satisfied?.status === "False")
    return withMessage({ phase: "Incomplete", label: "Freight criteria not met" }, satisfied.message);
  return { phase: "Ready", label: "Up to date" };
}

function withMessage<S extends object>(
  state: S,
  message: string | undefined,
): S & { readonly message?: string } {
  return message ? { ...state, message } : state;
}
