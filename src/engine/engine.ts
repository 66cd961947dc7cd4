// The control plane without a cluster, as one object: what a backend calls. Wires admission, the Stage drivers, discovery
// and the steps together; the rules live in promotion/, reconcile/ and discovery/.
import { setTimeout as delay } from "node:timers/promises";
import { type Disposable, DisposableStore, toDisposable } from "../base/disposable";
import { isVerifiedIn } from "../model/freight";
import { compareText } from "../model/pipeline";
import {
  type Freight,
  isTerminalPhase,
  type Promotion,
  type ResourceRef,
  refKey,
  type Stage,
  type Warehouse,
} from "../model/resources";
import { stepConfigError } from "../model/schema/schema";
import { ambientCredentials, firstCredentials, secretCredentials, storedCredentials } from "./credentials";
import { pruneCaches } from "./discovery/cache-limits";
import { type CreateFreightRequest, createFreight } from "./discovery/freight";
import { reconcileWarehouse } from "./discovery/warehouse";
import { PipelineRun, type PipelineRunOptions, type PipelineRunResult } from "./pipeline-run";
import { type AutonomySwitch, type EnginePorts, StoreError } from "./ports";
import { createPromotion, type PromotionRequest } from "./promotion/admission";
import { grantCapabilities } from "./promotion/capabilities";
import { StepEvaluator } from "./promotion/evaluator";
import { StepData } from "./promotion/expression-data";
import { SecretMask } from "./promotion/secret-mask";
import { runSingleStep, type SingleStepRequest, type SingleStepResult } from "./promotion/single-step";
import type { CredentialSource, CredentialType, EffectPort } from "./promotion/step";
import { uidsWithDirectories, WorkDirectory } from "./promotion/work-directory";
import { argocdHealth } from "./reconcile/argocd-health";
import {
  collectGarbage,
  defaultGarbageLimits,
  type GarbageLimits,
  type GarbageResult,
} from "./reconcile/garbage";
import { requestAbort, StageDriver } from "./reconcile/stage-driver";
import { isVerifying } from "./reconcile/verification";
import { StageLoop } from "./stage-loop";
import { stepRunners } from "./steps/registry";
import { Mint } from "./tools/minting/mint";
import { removeAbandonedTempFolders } from "./tools/temp-folders";
import * as acts from "./user-acts";

export { DiscoveryError } from "./discovery/discovery-error";
export type { PipelineRunOptions, PipelineRunResult } from "./pipeline-run";
export { AdmissionError, type PromotionRequest } from "./promotion/admission";
export type { SingleStepContext, SingleStepRequest, SingleStepResult } from "./promotion/single-step";
export { autoPromotionStages } from "./reconcile/auto-promotion-policy";
export { acquireFileLock, type FileLock, isFileLocked, type LockHolder } from "./tools/file-lock";
export { seedRepository } from "./tools/git-seed";
export type { DownstreamPromotions } from "./user-acts";

/** What an Engine is built from: its ports, without those that have a default here. */
export interface EngineOptions extends Omit<EnginePorts, "credentials" | "effects" | "autonomy"> {
  /** Where effects pass through; they are performed at once when absent. */
  readonly effects?: EffectPort;
  /** Asked after the Secrets and before git, docker and helm (the editor's sessions). */
  readonly moreCredentials?: readonly CredentialSource[];
  /** Types of credentials that git, docker and helm of this machine may answer for; none when absent. */
  readonly ambientCredentials?: readonly CredentialType[];
  /** Off when absent: nothing is promoted that nobody asked for. */
  readonly autonomy?: AutonomySwitch;
}

/** Changes wake waiting callers; this is only for changes whose notice was lost. */
const pollIntervalMs = 2000;
const recordingTimeoutMs = 10_000;

/** Performs every effect at once. */
const performAtOnce: EffectPort = { perform: (_effect, act) => act() };

/** Resolves with `changed`, or after a while without it. The timer ends with the waiting, so that a program can end. */
async function changedOrPolled(changed: Promise<void>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const poll = delay(pollIntervalMs, undefined, { signal: AbortSignal.any([signal, stop.signal]) });
  try {
    await Promise.race([changed, poll]);
  } finally {
    stop.abort();
    poll.catch(() => {});
  }
}

/** The embedded control plane of one workspace, as far as this process drives it. */
export class Engine implements Disposable {
  readonly #ports: EnginePorts;
  readonly #driver: StageDriver;
  readonly #stages = new Map<string, StageLoop>();
  readonly #runs = new Set<PipelineRun>();
  readonly #owned = new DisposableStore();
  readonly #shutdown = new AbortController();

  constructor(options: EngineOptions) {
    const mint = new Mint();
    this.#ports = {
      ...options,
      credentials: firstCredentials([
        secretCredentials(options.store, options.log, mint),
        ...(options.secrets === undefined ? [] : [storedCredentials(options.secrets, options.log, mint)]),
        ...(options.moreCredentials ?? []),
        ambientCredentials({ types: new Set(options.ambientCredentials), git: options.tools.git }),
      ]),
      effects: options.effects ?? performAtOnce,
      autonomy: options.autonomy ?? { isOn: false },
    };
    this.#driver = new StageDriver(this.#ports, {
      runners: stepRunners,
      healthCheckers: { "argocd-update": argocdHealth(options.argocd.client) },
      configError: stepConfigError,
      fetch: globalThis.fetch,
    });
    this.#owned.add(toDisposable(() => this.#shutdown.abort()));
  }

  /** Admits and records a Promotion, which then runs. Throws AdmissionError. */
  async promote(request: PromotionRequest): Promise<Promotion> {
    const promotion = await createPromotion(this.#ports, request);
    this.#wake(request.namespace, request.stage);
    return promotion;
  }

  /** Resolves once the Promotion is terminal and its Stage has taken note. Throws StoreError `notFound`. */
  async waitForPromotion(ref: ResourceRef<"Promotion">, signal: AbortSignal): Promise<Promotion> {
    let promotion: Promotion | undefined;
    const isTerminal = async () => {
      promotion = await this.#ports.store.get("Promotion", ref);
      return promotion === undefined || isTerminalPhase(promotion.status?.phase);
    };
    await this.#until(ref, isTerminal, signal);
    if (promotion === undefined) throw new StoreError("notFound", `Promotion ${ref.name} does not exist.`);
    await this.#whenRecorded(promotion, signal);
    return promotion;
  }

  /** Asks a Promotion to stop and resolves once it has. Throws StoreError `notFound`. */
  async abortPromotion(
    ref: ResourceRef<"Promotion">,
    actor: string,
    signal: AbortSignal,
  ): Promise<Promotion> {
    const namespace = ref.namespace ?? "";
    const asked = await requestAbort(this.#ports, { namespace, name: ref.name }, actor);
    if (isTerminalPhase(asked.status?.phase)) return asked;
    this.#wake(namespace, asked.spec.stage);
    return this.waitForPromotion(ref, signal);
  }

  /** Takes up every Promotion and verification that an ended process left unfinished, or that its Stage has not taken in. */
  async resume(): Promise<void> {
    const { store } = this.#ports;
    const unfinished = (await store.list("Promotion")).filter((p) => !isTerminalPhase(p.status?.phase));
    for (const { metadata, spec } of unfinished) this.#wake(metadata.namespace ?? "", spec.stage);
    const waiting = (await store.list("Stage")).filter(
      (stage) => stage.status?.currentPromotion !== undefined || isVerifying(stage),
    );
    for (const { metadata } of waiting) this.#wake(metadata.namespace ?? "", metadata.name);
  }

  /** True while any Stage is being verified, whoever does it. */
  async isAnyVerifying(): Promise<boolean> {
    return (await this.#ports.store.list("Stage")).some(isVerifying);
  }

  /** Goes on with the verifications that are under way and that this process does not see to yet. */
  async takeUpVerifications(): Promise<void> {
    for (const stage of await this.#ports.store.list("Stage")) {
      const { namespace = "", name } = stage.metadata;
      if (isVerifying(stage) && !this.#stages.has(`${namespace}/${name}`)) this.#wake(namespace, name);
    }
  }

  /**
   * Drives pipelines until the signal aborts, or until nothing is left to do. One run drives a workspace at a time: the
   * caller holds the right to it.
   */
  async run(options: PipelineRunOptions): Promise<PipelineRunResult> {
    const signal = AbortSignal.any([options.signal, this.#shutdown.signal]);
    const run = new PipelineRun(this.#ports, this.#driver, { ...options, signal });
    this.#runs.add(run);
    try {
      if ((options.drives ?? "pipelines") === "pipelines") await this.#tidyUp();
      return await run.run();
    } finally {
      this.#runs.delete(run);
    }
  }

  /** Discovers now, and creates Freight when the Warehouse's policy says so. Throws DiscoveryError and StoreError. */
  async refreshWarehouse(ref: ResourceRef<"Warehouse">, signal: AbortSignal): Promise<Warehouse> {
    const pass = await reconcileWarehouse(ref, this.#ports, {
      signal: AbortSignal.any([signal, this.#shutdown.signal]),
      refreshToken: this.#ports.clock.now().toISOString(),
    });
    if (pass === undefined) throw new StoreError("notFound", `Warehouse ${ref.name} does not exist.`);
    return pass.warehouse;
  }

  /** Records Freight assembled by hand. Throws AdmissionError. */
  createFreight(request: CreateFreightRequest): Promise<Freight> {
    return createFreight(this.#ports, request);
  }

  /** Records Freight of the newest artifacts its Warehouse discovered. Throws AdmissionError and DiscoveryError. */
  createNewestFreight(request: {
    readonly namespace: string;
    readonly warehouse: string;
    readonly alias?: string;
  }): Promise<Freight> {
    return acts.createNewestFreight(this.#ports, request);
  }

  /** Approves Freight for a Stage. Throws AdmissionError and StoreError. */
  approveFreight(ref: ResourceRef<"Freight">, stage: string): Promise<Freight> {
    return acts.approveFreight(this.#ports, ref, stage);
  }

  /** Gives Freight another alias. Throws AdmissionError and StoreError. */
  setFreightAlias(ref: ResourceRef<"Freight">, alias: string): Promise<Freight> {
    return acts.setAlias(this.#ports, ref, alias);
  }

  /** Deletes Freight that no Stage runs on. Throws AdmissionError and StoreError. */
  deleteFreight(ref: ResourceRef<"Freight">): Promise<void> {
    return acts.deleteFreight(this.#ports, ref);
  }

  /** Promotes Freight to every Stage right behind one; the Promotions then run. Throws AdmissionError. */
  async promoteDownstream(
    freight: ResourceRef<"Freight">,
    from: { readonly stage: string; readonly actor: string },
  ): Promise<acts.DownstreamPromotions> {
    const result = await acts.promoteDownstream(this.#ports, { freight, ...from });
    for (const { metadata, spec } of result.promotions) this.#wake(metadata.namespace ?? "", spec.stage);
    return result;
  }

  /** Passes over a Stage now; resolves with the Stage once that has happened. Throws StoreError `notFound`. */
  async refreshStage(ref: ResourceRef<"Stage">, signal: AbortSignal): Promise<Stage> {
    const token = await acts.requestRefresh(this.#ports, ref);
    return this.#wakeUntil(ref, async ({ status }) => (status?.lastHandledRefresh ?? "") >= token, signal);
  }

  /** Runs the verification of a Stage's current Freight again, or stops it; resolves with the Stage after a pass over it. */
  async requestVerification(
    ref: ResourceRef<"Stage">,
    request: { readonly act: "reverify" | "abort"; readonly actor: string; readonly signal: AbortSignal },
  ): Promise<Stage> {
    await acts.requestVerification(this.#ports, ref, request);
    return this.refreshStage(ref, request.signal);
  }

  /** Resolves with the Stage once its newest verification is terminal and its Freight knows. Throws StoreError `notFound`. */
  waitForVerification(ref: ResourceRef<"Stage">, signal: AbortSignal): Promise<Stage> {
    return this.#wakeUntil(ref, (stage) => this.#isVerificationOver(stage), signal);
  }

  async #isVerificationOver(stage: Stage): Promise<boolean> {
    const current = stage.status?.freightHistory?.[0];
    if (isVerifying(stage)) return false;
    if (current?.verificationHistory?.[0]?.phase !== "Successful") return true;
    if (stage.status?.health?.status !== "Healthy") return true;
    const { name, namespace } = stage.metadata;
    for (const reference of Object.values(current.items)) {
      const freight = await this.#ports.store.get("Freight", { namespace, name: reference.name });
      if (freight !== undefined && !isVerifiedIn(freight, name)) return false;
    }
    return true;
  }

  /** Deletes Promotions and Freight that are old and far behind what is in use; what is not given is Kargo's default. */
  async collectGarbage(limits: Partial<GarbageLimits> = {}): Promise<GarbageResult> {
    await this.#tidyUp();
    return collectGarbage(this.#ports, { ...defaultGarbageLimits, ...limits });
  }

  /** Runs one step by itself on a folder. Throws only when the signal aborts. */
  runStep(request: SingleStepRequest, signal: AbortSignal): Promise<SingleStepResult> {
    const project = request.context.project ?? "";
    return runSingleStep(request, {
      runners: stepRunners,
      configError: stepConfigError,
      evaluation: new StepEvaluator(new StepData(this.#ports, project, new SecretMask())),
      grant: grantCapabilities(this.#ports, project, globalThis.fetch),
      log: this.#ports.log,
      signal: AbortSignal.any([signal, this.#shutdown.signal]),
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** A process that was killed right after the end of a Promotion left its work directory. */
  async #removeEndedDirectories(): Promise<void> {
    const { workRoot, store } = this.#ports;
    const uids = await uidsWithDirectories(workRoot);
    if (uids.size === 0) return;
    for (const { metadata, status } of await store.list("Promotion")) {
      const { uid = "" } = metadata;
      if (uids.has(uid) && isTerminalPhase(status?.phase)) await new WorkDirectory(workRoot, uid).remove();
    }
  }

  /** Removes what can be had again and is no longer needed, and what killed processes left. */
  async #tidyUp(): Promise<void> {
    const { cacheRoot, clock, log } = this.#ports;
    await removeAbandonedTempFolders();
    await this.#removeEndedDirectories();
    await pruneCaches(cacheRoot, { now: clock.now(), log });
  }

  #wake(namespace: string, stage: string): void {
    const key = `${namespace}/${stage}`;
    for (const run of this.#runs) if (run.wake({ kind: "Stage", namespace, name: stage })) return;
    if (this.#stages.get(key)?.wake() === true) return;
    const loop = new StageLoop(this.#ports, this.#driver, { namespace, stage }, this.#shutdown.signal);
    this.#stages.set(key, loop);
    void loop.run().finally(() => {
      if (this.#stages.get(key) === loop) this.#stages.delete(key);
    });
  }

  /** Wakes a Stage and resolves with it once the condition holds. Throws StoreError `notFound`. */
  async #wakeUntil(
    ref: ResourceRef<"Stage">,
    condition: (stage: Stage) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Stage> {
    let stage: Stage | undefined;
    const holds = async () => {
      stage = await this.#ports.store.get("Stage", ref);
      return stage === undefined || (await condition(stage));
    };
    this.#wake(ref.namespace ?? "", ref.name);
    await this.#until(ref, holds, signal);
    if (stage === undefined) throw new StoreError("notFound", `Stage ${ref.name} does not exist.`);
    return stage;
  }

  /**
   * After the end of a Promotion its Stage takes it in and judges what it left, so that whoever waited may promote
   * downstream at once. A Promotion that no Stage ever takes in is not waited for.
   */
  async #whenRecorded({ metadata, spec }: Promotion, signal: AbortSignal): Promise<void> {
    const stageRef = { kind: "Stage", namespace: metadata.namespace, name: spec.stage } as const;
    const loop = this.#stages.get(`${metadata.namespace}/${spec.stage}`);
    if (loop === undefined) return;
    const until = AbortSignal.any([signal, AbortSignal.timeout(recordingTimeoutMs), loop.ended]);
    const recorded = async () => {
      const stage = await this.#ports.store.get("Stage", stageRef);
      const last = stage?.status?.lastPromotion;
      if (last === undefined || last.name !== metadata.name)
        return compareText(last?.name ?? "", metadata.name) > 0;
      if (last.status?.phase !== "Succeeded") return true;
      const newest = stage?.status?.freightHistory?.[0]?.verificationHistory?.[0];
      // The first measurements are worth waiting for; the pauses between later ones are not.
      if (newest === undefined || newest.phase === "Pending") return false;
      if (newest.phase !== "Successful") return true;
      const ref = { namespace: metadata.namespace, name: spec.freight ?? "" };
      const freight = await this.#ports.store.get("Freight", ref);
      return freight === undefined || isVerifiedIn(freight, spec.stage);
    };
    await this.#until(stageRef, recorded, until).catch((error) => {
      if (!until.aborted) throw error;
    });
  }

  /** Asks `condition` now and after each change of `ref`, until it holds. Rejects when the signal aborts. */
  async #until(ref: ResourceRef, condition: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const store = new DisposableStore();
    const key = refKey(ref);
    let changed = () => {};
    store.add(this.#ports.store.onDidChange((other) => refKey(other) === key && changed()));
    try {
      for (;;) {
        signal.throwIfAborted();
        const wait = new Promise<void>((resolve) => {
          changed = resolve;
        });
        if (await condition()) return;
        await changedOrPolled(wait, signal);
      }
    } finally {
      store.dispose();
    }
  }
}
