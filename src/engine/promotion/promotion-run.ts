// One Promotion from pass to pass: when it may run, where it works, what is written down and what happens when it is
// stopped, resumed or lost (pkg/controller/promotions/promotions.go). The steps themselves are run by orchestrator.ts.

import type { Disposable } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import type { Logger } from "../../base/log";
import { timeMs } from "../../base/time";
import { isFreightAvailable } from "../../model/freight";
import {
  type Freight,
  isTerminalPhase,
  type Promotion,
  type PromotionStatus,
  type Stage,
} from "../../model/resources";
import type { StepKind } from "../../model/schema/step-kinds";
import { type EnginePorts, StoreError } from "../ports";
import {
  type AbortRequest,
  abortRequest,
  annotationKeys,
  promotionActor,
  requestAnnotation,
} from "./annotations";
import type { Grant } from "./capabilities";
import { targetCollection, toFreightReference } from "./freight-collection";
import {
  findRunner,
  type LoopProgress,
  type LoopResult,
  type PromotionContext,
  retryLimits,
  runSteps,
  type StepEvaluation,
  type StepRunners,
} from "./orchestrator";
import {
  abortedStatus,
  compactStatus,
  erroredStatus,
  startedStatus,
  withHandledRefresh,
} from "./promotion-status";
import { SecretMask } from "./secret-mask";
import { thrownText } from "./step-outcome";
import { PassPanic, type PromotionState, recordedState } from "./step-state";
import { WorkDirectory } from "./work-directory";

/** What a run is built from beside the engine's ports. */
export interface RunParts {
  readonly runners: StepRunners;
  /** What a kind's schema says against a configuration; undefined when it is in order. */
  readonly configError: (kind: StepKind, config: unknown) => string | undefined;
  readonly grant: (namespace: string) => Grant;
  /** Evaluates expressions of a Project; secret values it reads must be added to `mask`. */
  readonly newEvaluation: (namespace: string, mask: SecretMask) => StepEvaluation;
}

/** How a pass left the Promotion. */
export type PassResult =
  /** It has ended, or is gone. */
  | { readonly state: "ended" }
  /** Its Stage has not chosen it. */
  | { readonly state: "waiting" }
  /** It runs again after this many milliseconds, or at once when it is refreshed. */
  | { readonly state: "running"; readonly requeueAfterMs: number }
  /** The engine ends: nothing was recorded of the step that was interrupted. */
  | { readonly state: "shutdown" };

const defaultRequeueMs = 5 * 60_000;
const minSuggestedRequeueMs = 10_000;
const firstBackoffMs = 5;
const maxBackoffMs = 1_000_000;

/** Runs one Promotion. Kept between passes: it remembers retries and the secrets it has to hide. */
export class PromotionRun {
  readonly #ports: EnginePorts;
  readonly #parts: RunParts;
  readonly #ref: { readonly kind: "Promotion"; readonly namespace: string; readonly name: string };
  readonly #mask = new SecretMask();
  readonly #log: Logger;
  #failures = 0;
  /** The state before masking, as long as what is stored is still its masked form. */
  #unmasked: { readonly recorded: string; readonly state: PromotionState } | undefined;

  constructor(ports: EnginePorts, parts: RunParts, namespace: string, name: string) {
    this.#ports = ports;
    this.#parts = parts;
    this.#ref = { kind: "Promotion", namespace, name };
    this.#log = this.#mask.log(ports.log);
  }

  /** One pass. `shutdown` ends it without a trace. Throws StoreError when nothing can be recorded. */
  async pass(shutdown: AbortSignal): Promise<PassResult> {
    const stopped = new AbortController();
    const watch = this.#watchForAbort(stopped);
    try {
      return await this.#pass(shutdown, stopped);
    } catch (error) {
      if (isGone(error)) return { state: "ended" };
      throw error;
    } finally {
      watch.dispose();
    }
  }

  /** Told by the store, whoever wrote it: the user wants the Promotion stopped, or has deleted it. */
  #watchForAbort(stopped: AbortController): Disposable {
    const { store } = this.#ports;
    return store.onDidChange((ref) => {
      if (ref.kind !== "Promotion" || ref.name !== this.#ref.name) return;
      if (ref.namespace !== this.#ref.namespace) return;
      void store.get("Promotion", this.#ref).then(
        (promotion) => {
          if (promotion === undefined || wantsToStop(promotion.metadata)) stopped.abort();
        },
        (error: unknown) => this.#log.warn(`Cannot read Promotion ${this.#ref.name}: ${errorMessage(error)}`),
      );
    });
  }

  async #pass(shutdown: AbortSignal, stopped: AbortController): Promise<PassResult> {
    const { store, clock } = this.#ports;
    const found = await store.get("Promotion", this.#ref);
    if (found === undefined || isTerminalPhase(found.status?.phase)) return { state: "ended" };
    const directory = new WorkDirectory(this.#ports.workRoot, found.metadata.uid ?? found.metadata.name);
    await this.#endOrphans(directory);
    if (found.metadata.deletionTimestamp !== undefined) {
      await this.#removeDirectory(directory);
      return { state: "ended" };
    }
    if (wantsToStop(found.metadata)) return this.#abort(found.status, directory);
    const stage = await store.get("Stage", { namespace: this.#ref.namespace, name: found.spec.stage });
    if (stage?.status?.currentPromotion?.name !== this.#ref.name) return { state: "waiting" };
    const promotion =
      found.status?.phase === "Running" ? found : await this.#write(startedStatus(found.status, clock.now()));
    const result = await this.#execute(promotion, stage, directory, shutdown, stopped);
    return result;
  }

  async #execute(
    promotion: Promotion,
    stage: Stage,
    directory: WorkDirectory,
    shutdown: AbortSignal,
    stopped: AbortController,
  ): Promise<PassResult> {
    const name = promotion.spec.freight ?? "";
    const namespace = this.#ref.namespace;
    const freight = await this.#ports.store.get("Freight", { namespace, name });
    const unavailable = this.#unavailable(stage, freight, name);
    if (freight === undefined || unavailable !== undefined) {
      return this.#end(promotion, erroredStatus(promotion.status, unavailable ?? "", this.#now()), directory);
    }
    const base: PromotionStatus = {
      ...promotion.status,
      freight: toFreightReference(freight),
      freightCollection: targetCollection(stage, toFreightReference(freight)),
    };
    try {
      const start = await this.#prepare(promotion, base, directory);
      const context = this.#context(promotion, stage, freight, start, directory);
      const result = await this.#runSteps(promotion, start, context, directory, shutdown, stopped);
      return await this.#conclude(promotion, stage, start, result, directory);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      // What Kargo recovers from here is a panic of its own code: the pass is given up, with all it had recorded.
      if (!(error instanceof PassPanic)) this.#log.error(`Promotion ${this.#ref.name}: ${thrownText(error)}`);
      const status = erroredStatus(promotion.status, thrownText(error), this.#now());
      return this.#end(promotion, status, directory);
    }
  }

  #unavailable(stage: Stage, freight: Freight | undefined, name: string): string | undefined {
    const namespace = this.#ref.namespace;
    if (freight === undefined) return `Freight "${name}" not found in namespace "${namespace}"`;
    if (isFreightAvailable(stage, freight, this.#now().getTime())) return undefined;
    return `Freight "${name}" is not available to Stage "${stage.metadata.name}" in namespace "${namespace}"`;
  }

  /** What a killed process started must not go on beside this pass: a push of it could come after ours. */
  async #endOrphans(directory: WorkDirectory): Promise<void> {
    if ((await directory.interrupted()) === undefined) return;
    try {
      const ended = await directory.endOrphans();
      if (ended > 0) this.#log.info(`Ended ${ended} programs that an earlier process left behind.`);
    } catch (error) {
      this.#log.warn(`Cannot look for programs that were left behind: ${errorMessage(error)}`);
    }
  }

  /** Where this pass starts. A new work directory means from the beginning, with the outputs of earlier runs kept. */
  async #prepare(
    promotion: Promotion,
    base: PromotionStatus,
    directory: WorkDirectory,
  ): Promise<PromotionStatus> {
    let isNew: boolean;
    try {
      isNew = await directory.create();
      if (!isNew && !this.#mayResume(promotion, await directory.interrupted())) {
        this.#log.info(
          `Promotion ${this.#ref.name} was interrupted in the middle of a step; its steps run again from the first.`,
        );
        await directory.remove();
        isNew = await directory.create();
      }
    } catch (error) {
      throw new PassPanic(`error creating working directory: ${errorMessage(error)}`);
    }
    if (!isNew) return base;
    const { stepExecutionMetadata: _metadata, healthChecks: _checks, currentStep: _step, ...fresh } = base;
    return fresh;
  }

  /** Whether to go on where the record says, after what was interrupted in the work directory. */
  #mayResume({ spec, status }: Promotion, interrupted: "step" | "new" | undefined): boolean {
    if (interrupted !== "step") return interrupted === undefined;
    const uses = spec.steps?.[status?.currentStep ?? 0]?.uses ?? "";
    return findRunner(this.#parts.runners, uses)?.resumable === true;
  }

  #context(
    promotion: Promotion,
    stage: Stage,
    freight: Freight,
    status: PromotionStatus,
    directory: WorkDirectory,
  ): PromotionContext {
    const target = toFreightReference(freight);
    return {
      uiBaseUrl: this.#ports.uiBaseUrl,
      workDir: directory.path,
      project: this.#ref.namespace,
      stage: promotion.spec.stage,
      promotion: this.#ref.name,
      actor: promotionActor(promotion.metadata),
      rollback: promotion.metadata.annotations?.[annotationKeys.rollback] === "true",
      freightRequests: stage.spec.requestedFreight,
      freight: status.freightCollection ?? targetCollection(stage, target),
      targetFreight: target,
      targetFreightAlias: freight.alias ?? "",
      vars: promotion.spec.vars ?? [],
    };
  }

  #runSteps(
    promotion: Promotion,
    start: PromotionStatus,
    context: PromotionContext,
    directory: WorkDirectory,
    shutdown: AbortSignal,
    stopped: AbortController,
  ): Promise<LoopResult> {
    const { namespace } = this.#ref;
    return runSteps(
      {
        context,
        steps: promotion.spec.steps ?? [],
        startFrom: start.currentStep ?? 0,
        metadata: start.stepExecutionMetadata ?? [],
        state: this.#loadState(start),
      },
      {
        runners: this.#parts.runners,
        configError: this.#parts.configError,
        grant: this.#parts.grant(namespace),
        newEvaluation: () => this.#parts.newEvaluation(namespace, this.#mask),
        clock: this.#ports.clock,
        log: this.#log,
        aborted: stopped.signal,
        shutdown,
        beforeRun: async (progress) => {
          const written = await this.#write(this.#progressStatus(start, progress));
          await directory.markRunning();
          if (wantsToStop(written.metadata) || isTerminalPhase(written.status?.phase)) stopped.abort();
        },
      },
    );
  }

  async #conclude(
    promotion: Promotion,
    stage: Stage,
    start: PromotionStatus,
    result: LoopResult,
    directory: WorkDirectory,
  ): Promise<PassResult> {
    if (result.outcome === "shutdown") return { state: "shutdown" };
    const status = this.#progressStatus(start, result);
    if (result.outcome === "aborted") return this.#abort(status, directory);
    if (result.outcome === "finished") {
      if (result.phase === "Succeeded") await this.#requestReverification(promotion, stage);
      const { phase, message } = result;
      return this.#end(promotion, { ...erroredStatus(status, message, this.#now()), phase }, directory);
    }
    const { error } = result;
    const next = withHandledRefresh({ ...status, phase: "Running", message: error ?? "" }, promotion);
    const written = await this.#write(next);
    await directory.clearMark();
    this.#failures = error === undefined ? 0 : this.#failures + 1;
    const requeueAfterMs =
      error === undefined ? this.#pollDelay(written, result.retryAfterMs) : backoffMs(this.#failures);
    return { state: "running", requeueAfterMs };
  }

  #progressStatus(start: PromotionStatus, progress: LoopProgress): PromotionStatus {
    return {
      ...start,
      message: "",
      currentStep: progress.currentStep,
      stepExecutionMetadata: progress.metadata,
      healthChecks: [...(start.healthChecks ?? []), ...progress.healthChecks],
      state: this.#storeState(progress.state),
    };
  }

  /** The state to store: without secrets. The real one is kept as long as this process drives the Promotion. */
  #storeState(state: PromotionState): PromotionStatus["state"] {
    const real = recordedState(state);
    const recorded = this.#mask.value(real);
    this.#unmasked =
      real === undefined ? undefined : { recorded: JSON.stringify(recorded), state: structuredClone(real) };
    return recorded;
  }

  #loadState({ state }: PromotionStatus): PromotionState {
    if (state === undefined) return {};
    const known = this.#unmasked;
    return structuredClone(known?.recorded === JSON.stringify(state) ? known.state : { ...state });
  }

  /** How long a step that waits is left alone: as it suggests, but never beyond its own timeout. */
  #pollDelay({ spec, status }: Promotion, suggestedMs: number | undefined): number {
    const delay = suggestedMs === undefined ? defaultRequeueMs : Math.max(suggestedMs, minSuggestedRequeueMs);
    const current = status?.currentStep ?? 0;
    const step = spec.steps?.[current];
    const runner = findRunner(this.#parts.runners, step?.uses ?? "");
    const startedMs = timeMs(status?.stepExecutionMetadata?.[current]?.startedAt);
    if (step === undefined || runner === undefined || startedMs === undefined) return delay;
    const timeoutMs = Number(retryLimits(step, runner).timeout) / 1e6;
    if (timeoutMs === 0) return delay;
    return Math.max(0, Math.min(delay, startedMs + timeoutMs - this.#now().getTime()));
  }

  /** Promoting what the Stage runs on already asks for its verification to be run again; failing that is only logged. */
  async #requestReverification(promotion: Promotion, stage: Stage): Promise<void> {
    const current = stage.status?.freightHistory?.[0];
    const id = current?.verificationHistory?.[0]?.id;
    const names = Object.values(current?.items ?? {}).map((freight) => freight.name);
    if (!id || !names.includes(promotion.spec.freight ?? "")) return;
    const { name, namespace } = stage.metadata;
    const ref = { kind: "Stage", namespace, name } as const;
    try {
      await this.#ports.store.update(ref, (newest) => {
        const annotations = {
          ...newest.metadata.annotations,
          [annotationKeys.reverify]: requestAnnotation({ id }),
        };
        return { ...newest, metadata: { ...newest.metadata, annotations } };
      });
    } catch (error) {
      this.#log.warn(`Cannot ask for a new verification of Stage ${name}: ${errorMessage(error)}`);
    }
  }

  async #abort(status: PromotionStatus | undefined, directory: WorkDirectory): Promise<PassResult> {
    try {
      await this.#update(({ metadata, status: stored }) =>
        abortedStatus(status ?? stored, abortRequest(metadata), this.#now()),
      );
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    await this.#removeDirectory(directory);
    return { state: "ended" };
  }

  async #end(promotion: Promotion, status: PromotionStatus, directory: WorkDirectory): Promise<PassResult> {
    await this.#write(withHandledRefresh(status, promotion));
    await this.#removeDirectory(directory);
    const { phase, message } = status;
    this.#log.info(`Promotion ${this.#ref.name} ${phase}${message ? `: ${message}` : ""}`);
    return { state: "ended" };
  }

  async #removeDirectory(directory: WorkDirectory): Promise<void> {
    try {
      await directory.remove();
    } catch (error) {
      this.#log.warn(`Cannot remove the work directory of ${this.#ref.name}: ${errorMessage(error)}`);
    }
  }

  #write(status: PromotionStatus): Promise<Promotion> {
    return this.#update(() => status);
  }

  /** The only place that writes: nothing secret passes it, and a Promotion that has ended stays as it is. */
  #update(change: (current: Promotion) => PromotionStatus): Promise<Promotion> {
    return this.#ports.store.update(this.#ref, (current) => {
      if (isTerminalPhase(current.status?.phase)) return undefined;
      const status = change(current);
      return { ...current, status: compactStatus({ ...status, ...this.#masked(status) }) };
    });
  }

  #masked({ message, stepExecutionMetadata, healthChecks }: PromotionStatus): PromotionStatus {
    return {
      message: message === undefined ? undefined : this.#mask.text(message),
      stepExecutionMetadata: stepExecutionMetadata?.map((record) =>
        record.message === undefined ? record : { ...record, message: this.#mask.text(record.message) },
      ),
      healthChecks: healthChecks?.map((check) => ({ ...check, config: this.#mask.value(check.config) })),
    };
  }

  #now(): Date {
    return this.#ports.clock.now();
  }
}

function isGone(error: unknown): boolean {
  return error instanceof StoreError && error.code === "notFound";
}

function wantsToStop(metadata: Promotion["metadata"]): boolean {
  const request: AbortRequest | undefined = abortRequest(metadata);
  return request?.action === "terminate";
}

/** The delay before the next try after `failures` failing passes in a row: doubling, up to a quarter of an hour and a bit. */
export function backoffMs(failures: number): number {
  return Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(failures - 1, 30));
}
