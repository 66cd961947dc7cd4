// Drives one Stage as far as it can go: takes its lock, brings its status up to date, runs the Promotion it has chosen,
// measures what verifies its Freight, and so on until nothing is left to do now. When to drive is the engine's decision.
import { firstSignal } from "../../base/first-signal";
import { isControlFlow, isTerminalPhase, type Promotion } from "../../model/resources";
import type { AnalysisPorts } from "../analysis/analysis-run";
import type { EnginePorts } from "../ports";
import { abortRequest, annotationKeys, requestAnnotation } from "../promotion/annotations";
import { grantCapabilities } from "../promotion/capabilities";
import { StepEvaluator } from "../promotion/evaluator";
import { StepData } from "../promotion/expression-data";
import type { StepRunners } from "../promotion/orchestrator";
import { backoffMs, PromotionRun, type RunParts } from "../promotion/promotion-run";
import { reconcileControlFlow } from "./control-flow";
import type { HealthCheckers } from "./stage-health";
import { reconcileStage } from "./stage-reconcile";
import { hasUnfinishedVerification } from "./verification";
import { driveAnalysis } from "./verification-drive";

/** What a driver is built from beside the engine's ports. */
export interface StageDriverParts extends Pick<RunParts, "configError"> {
  readonly runners: StepRunners;
  readonly healthCheckers: HealthCheckers;
  /** Opens the HTTP connections of steps. */
  readonly fetch: typeof globalThis.fetch;
  /** Takes the measurements of AnalysisRuns; by their providers when absent. */
  readonly measure?: AnalysisPorts["measure"];
}

/** How a drive ended. */
export interface DriveResult {
  /** When the Stage is due again even if nothing changes, in milliseconds since the epoch. */
  readonly nextAtMs: number;
  /** A Promotion or a verification is under way and will go on when the Stage is driven again. */
  readonly busy: boolean;
  /** Why the last pass failed; the Stage is due again after a pause that grows. */
  readonly error?: string;
}

/** A Stage is looked at this often though nothing woke it (pkg/controller/stages). */
const stageIntervalMs = 5 * 60_000;

/** Drives Stages; one per engine. Keeps a run per unfinished Promotion, so that retries and masks outlive a pass. */
export class StageDriver {
  readonly #ports: EnginePorts;
  readonly #parts: StageDriverParts;
  readonly #runs = new Map<string, PromotionRun>();
  readonly #failures = new Map<string, number>();
  /** When a Promotion that waits is due, in milliseconds since the epoch. */
  readonly #pauses = new Map<string, number>();

  constructor(ports: EnginePorts, parts: StageDriverParts) {
    this.#ports = ports;
    this.#parts = parts;
  }

  /**
   * Drives a Stage until nothing is left to do before the returned time. Waits while another process holds the Stage.
   * Aborting the signal means shutdown: a running step is interrupted and nothing is recorded of it. `keepPauses` leaves
   * a waiting or retrying Promotion alone until it is due, whatever woke its Stage; a refresh of the Promotion goes before.
   */
  async drive(
    namespace: string,
    stage: string,
    options: { readonly signal: AbortSignal; readonly keepPauses?: true },
  ): Promise<DriveResult> {
    const lock = await this.#ports.locks.acquire(namespace, stage, options.signal);
    // Both outlive many passes; what is joined to this signal within the pass goes with it.
    const shutdown = firstSignal([options.signal, lock.lost]);
    try {
      return await this.#drive(namespace, stage, shutdown.signal, options.keepPauses === true);
    } finally {
      shutdown.letGo();
      await lock.release();
    }
  }

  async #drive(
    namespace: string,
    name: string,
    shutdown: AbortSignal,
    keepPauses: boolean,
  ): Promise<DriveResult> {
    for (;;) {
      if (shutdown.aborted) return this.#next(0);
      await this.#acknowledge(namespace, name);
      const stage = await this.#ports.store.get("Stage", { namespace, name });
      if (stage === undefined) return this.#next(stageIntervalMs, false);
      if (isControlFlow(stage)) {
        return this.#after(`${namespace}/${name}`, await reconcileControlFlow(this.#ports, stage));
      }
      const pass = await reconcileStage(this.#ports, stage, this.#parts.healthCheckers, shutdown);
      const due = this.#after(`${namespace}/${name}`, pass.error);
      if (pass.error !== undefined) return due;
      const collection = pass.stage.status?.freightHistory?.[0];
      const isVerifying = collection !== undefined && hasUnfinishedVerification(collection);
      const current = pass.stage.status?.currentPromotion?.name;
      if (current === undefined) {
        const analysis = await driveAnalysis(
          { ...this.#ports, measure: this.#parts.measure },
          pass.stage,
          shutdown,
        );
        if (shutdown.aborted) return this.#next(0);
        if (analysis.changed || pass.again) continue;
        return { ...due, nextAtMs: Math.min(due.nextAtMs, analysis.nextAtMs), busy: isVerifying };
      }
      const pauseMs = keepPauses ? await this.#pauseLeft(namespace, current) : 0;
      if (pauseMs > 0) return this.#next(pauseMs);
      const key = `${namespace}/${current}`;
      const result = await this.#run(namespace, current).pass(shutdown);
      if (result.state === "running") {
        const next = this.#next(result.requeueAfterMs);
        this.#pauses.set(key, next.nextAtMs);
        return next;
      }
      if (result.state === "shutdown") return this.#next(0);
      this.#runs.delete(key);
      this.#pauses.delete(key);
      if (result.state === "waiting") return this.#next(stageIntervalMs);
    }
  }

  /** Milliseconds until a Promotion that waits is due again; none when somebody has asked for it to be looked at. */
  async #pauseLeft(namespace: string, name: string): Promise<number> {
    const untilMs = this.#pauses.get(`${namespace}/${name}`);
    const leftMs = untilMs === undefined ? 0 : untilMs - this.#ports.clock.now().getTime();
    if (leftMs <= 0) return 0;
    const promotion = await this.#ports.store.get("Promotion", { namespace, name });
    const refresh = promotion?.metadata.annotations?.[annotationKeys.refresh];
    return refresh === undefined || refresh === promotion?.status?.lastHandledRefresh ? leftMs : 0;
  }

  #run(namespace: string, name: string): PromotionRun {
    const key = `${namespace}/${name}`;
    const known = this.#runs.get(key);
    if (known !== undefined) return known;
    const parts: RunParts = {
      runners: this.#parts.runners,
      configError: this.#parts.configError,
      grant: (project) => grantCapabilities(this.#ports, project, this.#parts.fetch),
      newEvaluation: (project, mask) => new StepEvaluator(new StepData(this.#ports, project, mask)),
    };
    const run = new PromotionRun(this.#ports, parts, namespace, name);
    this.#runs.set(key, run);
    return run;
  }

  /** Every Promotion of the Stage that is new becomes Pending; every one that is to stop does, whoever's turn it is. */
  async #acknowledge(namespace: string, stage: string): Promise<void> {
    const promotions = await this.#ports.store.list("Promotion", { namespace, stage });
    for (const promotion of promotions) {
      if (isTerminalPhase(promotion.status?.phase)) continue;
      const { name } = promotion.metadata;
      if (abortRequest(promotion.metadata)?.action === "terminate") {
        await this.#run(namespace, name).pass(new AbortController().signal);
        this.#runs.delete(`${namespace}/${name}`);
      } else if (promotion.status?.phase === undefined) {
        await this.#ports.store.update<"Promotion">({ kind: "Promotion", namespace, name }, (current) =>
          current.status?.phase === undefined
            ? { ...current, status: { ...current.status, phase: "Pending" } }
            : undefined,
        );
      }
    }
  }

  /** When a Stage is due after a pass: soon and ever later after errors in a row, else at its interval. */
  #after(key: string, error: string | undefined): DriveResult {
    const failures = error === undefined ? 0 : (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const next = this.#next(failures === 0 ? stageIntervalMs : backoffMs(failures), false);
    return error === undefined ? next : { ...next, error };
  }

  #next(delayMs: number, busy = true): DriveResult {
    return { nextAtMs: this.#ports.clock.now().getTime() + delayMs, busy };
  }
}

/**
 * Asks for a Promotion to be stopped, as Kargo's API does: a note on the Promotion that whoever drives its Stage acts on.
 * One that has ended already is left alone. Drive the Stage afterwards. Throws StoreError `notFound`.
 */
export async function requestAbort(
  { store }: Pick<EnginePorts, "store">,
  ref: { readonly namespace: string; readonly name: string },
  actor: string,
): Promise<Promotion> {
  return store.update<"Promotion">({ kind: "Promotion", ...ref }, (promotion) => {
    if (isTerminalPhase(promotion.status?.phase)) return undefined;
    const request = requestAnnotation({
      action: "terminate",
      ...(actor === "" ? {} : { actor }),
      controlPlane: true,
    });
    const annotations = { ...promotion.metadata.annotations, [annotationKeys.abort]: request };
    return { ...promotion, metadata: { ...promotion.metadata, annotations } };
  });
}
