// The loop over a Promotion's steps: skip, run, retry, give up, and what all of it comes to in the end
// (pkg/promotion/local_orchestrator.go). Knows no store and no work directory; it is told when to write progress down.
import { parseDuration } from "../../base/duration";
import { goQuote } from "../../base/go-text";
import type { Logger } from "../../base/log";
import { formatTime, timeMs } from "../../base/time";
import type {
  FreightCollection,
  FreightReference,
  FreightRequest,
  HealthCheckStep,
  PromotionPhase,
  PromotionStep,
  StepExecutionMetadata,
  StepStatus,
} from "../../model/resources";
import type { StepKind } from "../../model/schema/step-kinds";
import type { Clock } from "../ports";
import type { Grant } from "./capabilities";
import type { AnyStepRunner } from "./step";
import {
  completeStep,
  executeStep,
  isStepStatus,
  type RetryLimits,
  reconcileOutcome,
  type StepOutcome,
  type StepRecord,
  thrownText,
} from "./step-outcome";
import { copyState, PassPanic, type PromotionState, propagateOutput } from "./step-state";

/** What stays the same while a Promotion's steps run (pkg/promotion/promotion.go Context). */
export interface PromotionContext {
  readonly uiBaseUrl: string;
  readonly workDir: string;
  readonly project: string;
  readonly stage: string;
  readonly promotion: string;
  readonly actor: string;
  readonly rollback: boolean;
  readonly freightRequests: readonly FreightRequest[];
  readonly freight: FreightCollection;
  readonly targetFreight: FreightReference;
  readonly targetFreightAlias: string;
  readonly vars: readonly { readonly name: string; readonly value?: string }[];
}

/** What a step's expressions are evaluated in: everything before it. */
export interface StepScope {
  readonly context: PromotionContext;
  readonly step: PromotionStep;
  readonly alias: string;
  readonly metadata: readonly StepExecutionMetadata[];
  readonly state: PromotionState;
}

/** Evaluates one step's `if` and `config`; made anew for every step, so that both see the same Secrets and ConfigMaps. */
export interface StepEvaluation {
  /** Throws an Error whose message says what is wrong with the expression. */
  shouldSkip(scope: StepScope): Promise<boolean>;
  /** The step's real configuration; undefined when it has none. Throws as `shouldSkip`. */
  config(scope: StepScope): Promise<unknown>;
}

/** Runners by the kind that steps name in `uses`. */
export type StepRunners = Readonly<Record<string, AnyStepRunner>>;

/** Where the loop stands. */
export interface LoopProgress {
  readonly currentStep: number;
  readonly metadata: readonly StepExecutionMetadata[];
  readonly state: PromotionState;
  /** Criteria of steps that succeeded in this pass. */
  readonly healthChecks: readonly HealthCheckStep[];
}

/** What the loop is given. */
export interface LoopInput {
  readonly context: PromotionContext;
  readonly steps: readonly PromotionStep[];
  readonly startFrom: number;
  readonly metadata: readonly StepExecutionMetadata[];
  /** Taken over by the loop, which changes it. */
  readonly state: PromotionState;
}

/** What the loop asks of its surroundings. */
export interface LoopPorts {
  readonly runners: StepRunners;
  readonly grant: Grant;
  readonly newEvaluation: () => StepEvaluation;
  /** What a kind's schema says against a configuration; undefined when it is in order. */
  readonly configError: (kind: StepKind, config: unknown) => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called before every run of a step; what was recorded so far must be safe when it resolves. */
  readonly beforeRun: (progress: LoopProgress) => Promise<void>;
  /** Aborted when the user stops the Promotion: the running step is interrupted. */
  readonly aborted: AbortSignal;
  /** Aborted when the engine ends: the running step is interrupted and nothing more is recorded. */
  readonly shutdown: AbortSignal;
}

/** How a pass over the steps ended. */
export type LoopResult =
  | ({
      readonly outcome: "finished";
      readonly phase: PromotionPhase;
      readonly message: string;
    } & LoopProgress)
  | ({ readonly outcome: "running"; readonly retryAfterMs?: number; readonly error?: string } & LoopProgress)
  /** The user stopped it before a step, or in one. */
  | ({ readonly outcome: "aborted" } & LoopProgress)
  | { readonly outcome: "shutdown" };

/** How long a step may take to end after its signal was aborted, in milliseconds. */
const interruptGraceMs = 20_000;

/** Runs steps until all are done, one has to wait, or somebody stops it. Throws PassPanic where Kargo would panic. */
export async function runSteps(input: LoopInput, ports: LoopPorts): Promise<LoopResult> {
  const loop = new StepLoop(input, ports);
  return loop.run();
}

type Advance = { readonly wait: false } | { readonly wait: true; readonly result: LoopResult };
const next: Advance = { wait: false };

class StepLoop {
  readonly #input: LoopInput;
  readonly #ports: LoopPorts;
  readonly #metadata: StepRecord[];
  readonly #state: PromotionState;
  readonly #healthChecks: HealthCheckStep[] = [];
  /** Exact start times of this pass; recorded ones are cut to seconds. */
  readonly #startedMs = new Map<string, number>();
  readonly #stop: AbortSignal;
  #index: number;

  constructor(input: LoopInput, ports: LoopPorts) {
    this.#input = input;
    this.#ports = ports;
    this.#metadata = input.metadata.map((record) => ({ ...record }));
    this.#state = input.state;
    this.#index = input.startFrom;
    this.#stop = AbortSignal.any([ports.aborted, ports.shutdown]);
  }

  async run(): Promise<LoopResult> {
    const { steps } = this.#input;
    for (; this.#index < steps.length; this.#index++) {
      if (this.#ports.shutdown.aborted) return { outcome: "shutdown" };
      if (this.#ports.aborted.aborted) return { outcome: "aborted", ...this.#progress() };
      const step = steps[this.#index];
      if (step === undefined) continue;
      const advance = await this.#runStep(step);
      if (advance.wait) return advance.result;
    }
    this.#index = steps.length - 1;
    return { outcome: "finished", ...finalPhase(steps, this.#metadata), ...this.#progress() };
  }

  #progress(): LoopProgress {
    return {
      currentStep: this.#index,
      metadata: this.#metadata.map((record) => ({ ...record })),
      state: this.#state,
      healthChecks: [...this.#healthChecks],
    };
  }

  async #runStep(step: PromotionStep): Promise<Advance> {
    const alias = step.as ?? "";
    const record = this.#record(step, alias);
    const scope: StepScope = {
      context: this.#input.context,
      step,
      alias,
      metadata: this.#metadata,
      state: this.#state,
    };
    const evaluation = this.#ports.newEvaluation();
    // A step that has started is never asked again whether to run: its own failure would make it skip itself.
    if (record.startedAt === undefined && (await this.#skips(record, evaluation, scope))) return next;
    const runner = findRunner(this.#ports.runners, step.uses ?? "");
    if (runner === undefined) {
      record.status = "Errored";
      record.message = unknownKindMessage(step.uses ?? "");
      return next;
    }
    this.#start(record, alias);
    let config: unknown;
    try {
      config = await evaluation.config(scope);
    } catch (error) {
      rethrowPanic(error);
      record.status = "Errored";
      record.message = `failed to build step context: failed to get step config: ${thrownText(error)}`;
      return next;
    }
    const state = copyState(this.#state);
    await this.#ports.beforeRun(this.#runningProgress(record));
    const outcome = this.#stop.aborted
      ? { status: "Errored", message: "", interrupted: true }
      : await this.#execute(runner, step, alias, config, state);
    if (this.#ports.shutdown.aborted) return { wait: true, result: { outcome: "shutdown" } };
    return this.#finish(runner, step, alias, record, outcome);
  }

  /** The record of a step, by alias; two steps of one alias share it, as upstream. */
  #record(step: PromotionStep, alias: string): StepRecord {
    const existing = this.#metadata.find((record) => (record.alias ?? "") === alias);
    if (existing !== undefined) return existing;
    const record: StepRecord = {
      ...(alias === "" ? {} : { alias }),
      ...(step.continueOnError === true ? { continueOnError: true } : {}),
    };
    this.#metadata.push(record);
    return record;
  }

  async #skips(record: StepRecord, evaluation: StepEvaluation, scope: StepScope): Promise<boolean> {
    try {
      if (!(await evaluation.shouldSkip(scope))) return false;
      record.status = "Skipped";
    } catch (error) {
      rethrowPanic(error);
      record.status = "Errored";
      record.message = `error checking if step ${goQuote(scope.alias)} should be skipped: ${thrownText(error)}`;
    }
    return true;
  }

  #start(record: StepRecord, alias: string): void {
    if (record.startedAt !== undefined) return;
    const now = this.#ports.clock.now();
    record.startedAt = formatTime(now);
    this.#startedMs.set(alias, now.getTime());
    delete record.errorCount;
  }

  /** While a step runs for the first time it shows as Running; one that is retried keeps what its last run came to. */
  #runningProgress(record: StepRecord): LoopProgress {
    const progress = this.#progress();
    const metadata = progress.metadata.map((copy, index): StepExecutionMetadata => {
      const isThis = this.#metadata[index] === record;
      return isThis && record.status === undefined ? { ...copy, status: "Running" } : copy;
    });
    return { ...progress, metadata };
  }

  async #execute(
    runner: AnyStepRunner,
    step: PromotionStep,
    alias: string,
    config: unknown,
    state: PromotionState,
  ): Promise<StepOutcome> {
    const problem = this.#ports.configError(runner.kind, config ?? null);
    if (problem !== undefined) {
      const message = `step ${goQuote(alias)}: ${problem}`;
      return { status: "Failed", message: "", error: { message, terminal: true } };
    }
    const { context } = this.#input;
    const { log } = this.#ports;
    const running = executeStep(
      runner,
      {
        workDir: context.workDir,
        project: context.project,
        stage: context.stage,
        promotion: context.promotion,
        actor: context.actor,
        alias,
        uiBaseUrl: context.uiBaseUrl,
        freightRequests: context.freightRequests,
        freight: context.freight,
        targetFreight: context.targetFreight,
        state,
        signal: this.#stop,
        log,
      },
      this.#ports.grant,
      config,
    );
    return untilInterrupted(running, this.#stop, () =>
      log.warn(`Step ${goQuote(alias)} (${step.uses}) did not stop when it was told to; it is left behind.`),
    );
  }

  #finish(
    runner: AnyStepRunner,
    step: PromotionStep,
    alias: string,
    record: StepRecord,
    outcome: StepOutcome,
  ): Advance {
    const { clock, aborted } = this.#ports;
    if (aborted.aborted && outcome.interrupted === true) {
      record.status = "Aborted";
      delete record.message;
      record.finishedAt ??= formatTime(clock.now());
      return { wait: true, result: { outcome: "aborted", ...this.#progress() } };
    }
    propagateOutput(this.#state, alias, outcome.output, runner.propagatesTaskOutput === true);
    if (!isStepStatus(outcome.status)) {
      record.status = "Errored";
      record.message = `step ${goQuote(alias)} returned an invalid status: ${outcome.status}`;
      record.finishedAt ??= formatTime(clock.now());
      return next;
    }
    const error = reconcileOutcome(record, alias, outcome);
    const startedMs = this.#startedMs.get(alias) ?? timeMs(record.startedAt) ?? clock.now().getTime();
    const elapsedMs = clock.now().getTime() - startedMs;
    if (!completeStep(record, alias, error, retryLimits(step, runner), elapsedMs)) {
      return { wait: true, result: this.#waiting(outcome, error) };
    }
    record.finishedAt ??= formatTime(clock.now());
    if (record.status === "Succeeded" && outcome.healthCheck !== undefined) {
      this.#healthChecks.push(outcome.healthCheck);
    }
    return next;
  }

  #waiting(outcome: StepOutcome, error: StepOutcome["error"]): LoopResult {
    return {
      outcome: "running",
      ...this.#progress(),
      ...(outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs }),
      ...(error === undefined ? {} : { error: error.message }),
    };
  }
}

/** The runner of a kind; names that objects inherit, such as `constructor`, are no kinds. */
export function findRunner(runners: StepRunners, uses: string): AnyStepRunner | undefined {
  return Object.hasOwn(runners, uses) ? runners[uses] : undefined;
}

/** When the step gives up: what it says itself, else its kind's default, else one error and no timeout. */
export function retryLimits(step: PromotionStep, runner: AnyStepRunner): RetryLimits {
  const { timeout, errorThreshold } = step.retry ?? {};
  const own = timeout === undefined ? undefined : parseDuration(timeout);
  const fallback = BigInt(Math.trunc(runner.defaultTimeoutMs ?? 0)) * 1_000_000n;
  return { errorThreshold: errorThreshold || 1, timeout: own ?? fallback };
}

const severity: Readonly<Record<StepStatus, number>> = {
  Succeeded: 0,
  Skipped: 1,
  Running: 2,
  Aborted: 3,
  Failed: 4,
  Errored: 5,
};

/** The worst of all steps that may not fail (pkg/promotion/orchestrator.go DetermineFinalPhase). */
export function finalPhase(
  steps: readonly PromotionStep[],
  metadata: readonly StepExecutionMetadata[],
): { readonly phase: PromotionPhase; readonly message: string } {
  let worst: StepStatus = "Succeeded";
  let message = "";
  for (const [index, record] of metadata.entries()) {
    const status = record.status ?? "Errored";
    if (steps[index]?.continueOnError === true || severity[status] <= severity[worst]) continue;
    worst = status;
    message = record.message ?? "";
  }
  if (worst === "Succeeded" || worst === "Skipped") return { phase: "Succeeded", message };
  return { phase: worst === "Aborted" || worst === "Failed" ? worst : "Errored", message };
}

const commercialKinds =
  /^(gh-(create-issue|issue-(add|delete|update)-comment|search-issues|update-issue|wait-for-issue-state)|gha-(dispatch|wait-for)-workflow|hcl-update|jfrog-evidence|jira|send-message|snow-(create|delete|query-for-records|update|wait-for-condition)|tf-(apply|output|plan))$/;

export function unknownKindMessage(kind: string): string {
  const message =
    `step kind ${goQuote(kind)} is not registered; verify the kind is correct; if you are a Kargo Enterprise ` +
    "user, you may need to enable the promotion controller";
  return commercialKinds.test(kind)
    ? `${message}; this step runs on the commercial Akuity Platform only`
    : message;
}

function rethrowPanic(error: unknown): void {
  if (error instanceof PassPanic) throw error;
}

/** Waits for a step; once it is told to stop it has a bounded time to do so, then it counts as interrupted. */
async function untilInterrupted(
  running: Promise<StepOutcome>,
  signal: AbortSignal,
  onLeft: () => void,
): Promise<StepOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<StepOutcome>((resolve) => {
    const leave = () => {
      timer = setTimeout(() => {
        onLeft();
        resolve({ status: "Errored", message: "", interrupted: true });
      }, interruptGraceMs);
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    void running.finally(() => signal.removeEventListener("abort", leave));
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
