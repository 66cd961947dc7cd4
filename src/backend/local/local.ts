// The embedded backend: specs from the workspace's files, state in `.kargo/`, promotions run by the engine in this process.
// Turns the engine's errors into BackendErrors; decides nothing itself, and live-snapshot.ts keeps what is shown.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage, isAbortError } from "../../base/errors";
import type { Event } from "../../base/events";
import type { Logger } from "../../base/log";
import { AdmissionError, DiscoveryError, Engine, type EngineOptions } from "../../engine/engine";
import { type Clock, type SecretValueSource, StoreError } from "../../engine/ports";
import { newestRunsFirst } from "../../model/pipeline";
import {
  type AnalysisRun,
  type Freight,
  type Promotion,
  type ResourceRef,
  type Stage,
  stageOfRun,
  type Warehouse,
} from "../../model/resources";
import {
  type ActOptions,
  type Backend,
  BackendError,
  type CreateFreightRequest,
  type DownstreamResult,
  type GarbageLimits,
  type GarbageResult,
  type NewestFreightRequest,
  type PromoteDownstreamRequest,
  type PromoteRequest,
  type RunOptions,
  type RunResult,
  type Snapshot,
} from "../backend";
import { LeftVerifications } from "./left-verifications";
import { LiveSnapshot } from "./live-snapshot";
import { LocalStore } from "./local-store";
import { acquireLock, type HeldLock, isLocked, stageLocks } from "./locks";
import type { WorkspaceFiles } from "./ports";
import { SpecCache } from "./spec-cache";
import { StateFiles } from "./state-files";
import { Workspace } from "./workspace";

/** What an embedded backend is built from. */
export interface LocalBackendOptions {
  readonly files: WorkspaceFiles;
  readonly log: Logger;
  readonly secrets?: SecretValueSource;
  readonly tools?: EngineOptions["tools"];
  /** Asked after the Secrets and before git, docker and helm (the editor's sessions). */
  readonly moreCredentials?: EngineOptions["moreCredentials"];
  /** Types of credentials that git, docker and helm of this machine may answer for; none when absent. */
  readonly ambientCredentials?: EngineOptions["ambientCredentials"];
  /** What Argo CD steps do without a cluster; `skip` when absent. */
  readonly argocd?: "skip" | "require";
  /** Where work directories and Git mirrors go; the system's temporary folder when absent. */
  readonly workRoot?: string;
  readonly clock?: Clock;
  /** Whether Stages may promote by themselves; they may not when absent. */
  readonly autonomy?: EngineOptions["autonomy"];
  /** What is read before the backend is there: everything when absent, or what is needed to show and drive. */
  readonly opensWith?: "everything" | "first look";
}

/** An engine on a workspace's specs and state, without snapshots: for trying single steps. Dispose it when done. */
export async function openLocalEngine(options: LocalBackendOptions): Promise<Engine & Disposable> {
  const parts = assemble(options);
  await parts.workspace.load();
  return parts.engine;
}

/** Reads the workspace, takes up what an earlier process left unfinished when asked to, and stays current. */
export async function openLocalBackend(options: LocalBackendOptions): Promise<Backend> {
  const backend = new LocalBackend(options);
  if (options.opensWith === "first look") await backend.begin();
  else await backend.reload();
  return backend;
}

/** The parts of an embedded backend, from the files up to the engine. */
function assemble(options: LocalBackendOptions) {
  const { files, log } = options;
  const clock = options.clock ?? { now: () => new Date() };
  const state = new StateFiles(files.root);
  const workspace = new Workspace(files, log, new SpecCache(state.specCachePath, () => state.prepareRoot()));
  const store = new LocalStore(workspace, state, clock, log);
  const engine = new Engine({
    store,
    locks: stageLocks(state.lockDir, log),
    clock,
    log,
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
    argocd: { client: undefined, whenMissing: options.argocd ?? "skip" },
    tools: options.tools ?? {},
    ambientCredentials: options.ambientCredentials ?? [],
    moreCredentials: options.moreCredentials ?? [],
    workRoot: options.workRoot ?? tmpdir(),
    cacheRoot: join(state.root, "cache"),
    uiBaseUrl: "",
    ...(options.autonomy === undefined ? {} : { autonomy: options.autonomy }),
  });
  return { state, workspace, store, engine };
}

/** What a run must hold, and how often a process asks whether the one that holds it has ended. */
const rights = {
  pipelines: { lock: "drive", pollMs: 500 },
  discovery: { lock: "discover", pollMs: 5000 },
} as const;

class LocalBackend implements Backend {
  readonly #workspace: Workspace;
  readonly #store: LocalStore;
  readonly #engine: Engine;
  readonly #state: StateFiles;
  readonly #live: LiveSnapshot;
  readonly #owned = new DisposableStore();
  readonly #log: Logger;
  #left: LeftVerifications | undefined;

  constructor(options: LocalBackendOptions) {
    this.#log = options.log;
    const { state, workspace, store, engine } = assemble(options);
    this.#state = state;
    this.#workspace = this.#owned.add(workspace);
    this.#store = this.#owned.add(store);
    this.#engine = this.#owned.add(engine);
    this.#live = this.#owned.add(new LiveSnapshot(workspace, store, options.log));
    this.#store.watch();
  }

  get snapshot(): Snapshot {
    return this.#live.snapshot;
  }

  get onDidChange(): Event<void> {
    return this.#live.onDidChange;
  }

  /** Reads what is needed to show and drive; the snapshot says when the rest is there. */
  begin(): Promise<void> {
    return this.#live.begin(this.#workspace.load());
  }

  async reload(): Promise<Snapshot> {
    await this.#store.reload();
    this.#live.forget();
    await this.#workspace.load();
    await this.#live.refresh();
    return this.snapshot;
  }

  promote(request: PromoteRequest): Promise<Promotion> {
    return this.#act(async () => {
      const freight = request.freight ?? (await this.#freightByAlias(request));
      return this.#engine.promote({
        namespace: request.project,
        stage: request.stage,
        ...(freight === undefined ? {} : { freight }),
        ...(request.warehouse === undefined
          ? {}
          : { origin: { kind: "Warehouse", name: request.warehouse } }),
        by: { actor: request.actor ?? "" },
      });
    });
  }

  waitForPromotion(ref: ResourceRef<"Promotion">, { signal }: ActOptions): Promise<Promotion> {
    return this.#act(() => this.#engine.waitForPromotion(ref, signal));
  }

  refreshWarehouse(ref: ResourceRef<"Warehouse">, { signal }: ActOptions): Promise<Warehouse> {
    return this.#act(() => this.#engine.refreshWarehouse(ref, signal));
  }

  createFreight(request: CreateFreightRequest): Promise<Freight> {
    return this.#act(() => this.#engine.createFreight({ ...request, namespace: request.project }));
  }

  refreshStage(ref: ResourceRef<"Stage">, { signal }: ActOptions): Promise<Stage> {
    return this.#act(() => this.#engine.refreshStage(ref, signal));
  }

  createNewestFreight({ project, ...request }: NewestFreightRequest): Promise<Freight> {
    return this.#act(() => this.#engine.createNewestFreight({ ...request, namespace: project }));
  }

  approveFreight(ref: ResourceRef<"Freight">, stage: string): Promise<Freight> {
    return this.#act(() => this.#engine.approveFreight(ref, stage));
  }

  setFreightAlias(ref: ResourceRef<"Freight">, alias: string): Promise<Freight> {
    return this.#act(() => this.#engine.setFreightAlias(ref, alias));
  }

  deleteFreight(ref: ResourceRef<"Freight">): Promise<void> {
    return this.#act(() => this.#engine.deleteFreight(ref));
  }

  promoteDownstream(request: PromoteDownstreamRequest): Promise<DownstreamResult> {
    const { project, freight, downstreamFrom, actor = "" } = request;
    const ref = { kind: "Freight", namespace: project, name: freight } as const;
    return this.#act(() => this.#engine.promoteDownstream(ref, { stage: downstreamFrom, actor }));
  }

  abortPromotion(
    ref: ResourceRef<"Promotion">,
    options: ActOptions & { readonly actor?: string },
  ): Promise<Promotion> {
    return this.#act(() => this.#engine.abortPromotion(ref, options.actor ?? "", options.signal));
  }

  run(options: RunOptions): Promise<RunResult> {
    return this.#act(async () => {
      const { drives = "pipelines" } = options;
      if (drives === "nothing") {
        options.onStart?.();
        return this.#engine.run(options);
      }
      const failures: string[] = [];
      for (;;) {
        const lock = await this.#right(drives, options);
        if (lock === undefined) return { failures };
        const result = await this.#runHolding(lock, drives, options);
        failures.push(...result.failures);
        if (!lock.lost.aborted || options.signal.aborted || options.stop?.aborted) return { failures };
        options.onLost?.();
      }
    });
  }

  async #runHolding(lock: HeldLock, drives: keyof typeof rights, options: RunOptions): Promise<RunResult> {
    const { lockDir } = this.#state;
    const signal = AbortSignal.any([options.signal, lock.lost]);
    try {
      options.onStart?.();
      return await this.#engine.run({
        ...options,
        signal,
        ...(drives === "discovery" && {
          mayDiscover: async () => !(await isLocked(lockDir, rights.pipelines.lock)),
        }),
      });
    } finally {
      await lock.release();
      if (drives === "pipelines" && options.stop?.aborted && !signal.aborted) await this.#engine.resume();
    }
  }

  /** The right to drive, once no other process has it; undefined when the run is to stop before. */
  async #right(of: keyof typeof rights, options: RunOptions): Promise<HeldLock | undefined> {
    const { signal, stop, onWait } = options;
    const { lock, pollMs } = rights[of];
    await this.#state.prepare();
    try {
      return await acquireLock(this.#state.lockDir, lock, {
        signal: stop === undefined ? signal : AbortSignal.any([signal, stop]),
        pollMs,
        ...(onWait === undefined ? {} : { onWait }),
      });
    } catch (error) {
      if (stop?.aborted && !signal.aborted) return undefined;
      throw error;
    }
  }

  requestVerification(
    ref: ResourceRef<"Stage">,
    act: "reverify" | "abort",
    { signal, actor = "" }: ActOptions & { readonly actor?: string },
  ): Promise<Stage> {
    return this.#act(() => this.#engine.requestVerification(ref, { act, actor, signal }));
  }

  waitForVerification(ref: ResourceRef<"Stage">, { signal }: ActOptions): Promise<Stage> {
    return this.#act(() => this.#engine.waitForVerification(ref, signal));
  }

  async analysisRuns(project: string, stage?: string): Promise<readonly AnalysisRun[]> {
    const runs = await this.#store.list("AnalysisRun", { namespace: project });
    return newestRunsFirst(runs.filter((run) => stage === undefined || stageOfRun(run) === stage));
  }

  collectGarbage(limits: Partial<GarbageLimits>): Promise<GarbageResult> {
    return this.#act(() => this.#engine.collectGarbage(limits));
  }

  async resume(): Promise<void> {
    this.#left ??= this.#owned.add(
      new LeftVerifications({
        store: this.#store,
        isDriven: () => isLocked(this.#state.lockDir, rights.pipelines.lock),
        isAnyVerifying: () => this.#engine.isAnyVerifying(),
        takeUp: () => this.#engine.takeUpVerifications(),
        log: this.#log,
      }),
    );
    await this.#act(() => this.#engine.resume());
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #freightByAlias(request: PromoteRequest): Promise<string | undefined> {
    if (request.freightAlias === undefined) return undefined;
    const all = await this.#store.list("Freight", { namespace: request.project });
    const found = all.find((freight) => freight.alias === request.freightAlias);
    if (found !== undefined) return found.metadata.name;
    throw new BackendError(
      "notFound",
      `No Freight of Project ${request.project} has the alias ${request.freightAlias}.`,
    );
  }

  /** Runs an act with the engine's errors turned into ours, and the snapshot brought up to date before it resolves. */
  async #act<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw toBackendError(error);
    } finally {
      await this.#live.refresh();
    }
  }
}

function toBackendError(error: unknown): Error {
  if (error instanceof BackendError) return error;
  if (error instanceof AdmissionError)
    return new BackendError(admissionCodes[error.code], error.message, { cause: error });
  if (error instanceof StoreError) return new BackendError(error.code, error.message, { cause: error });
  if (error instanceof DiscoveryError)
    return new BackendError("discoveryFailed", error.message, { cause: error });
  if (isAbortError(error)) return new BackendError("aborted", "Stopped.", { cause: error });
  return new BackendError("io", errorMessage(error), { cause: error });
}

const admissionCodes = {
  invalid: "invalid",
  notFound: "notFound",
  internal: "invalid",
  conflict: "conflict",
  forbidden: "forbidden",
} as const;
