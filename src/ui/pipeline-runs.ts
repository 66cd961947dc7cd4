// Drives the pipelines of each open folder as the switch stands: everything, discovery alone, or nothing but listening.
// What driving means the backend knows; whether it may act is the RunSwitch's.
import { workspace } from "vscode";
import type { Backend, RunOptions, Snapshot } from "../backend/backend";
import { type Disposable, DisposableStore, toDisposable } from "../base/disposable";
import { errorCode, errorMessage, isAbortError } from "../base/errors";
import { Emitter } from "../base/events";
import type { Logger } from "../base/log";
import type { RunPhase } from "../model/autonomy";
import type { KargoEvent } from "../model/events";
import type { Backends, OpenFolder } from "./backends";
import { discoversAutomatically, settingsSection } from "./platform/settings";
import type { RunSwitch } from "./run-switch";

/** How one folder is driven. */
export interface FolderRunState {
  readonly phase: RunPhase;
  readonly failure?: string;
}

/** What runs are made of. */
export interface PipelineRunsOptions {
  readonly backends: Backends;
  readonly runSwitch: RunSwitch;
  readonly log: Logger;
  readonly onEvent: (event: KargoEvent, folder: OpenFolder) => void;
}

/** The runs of the window, one for each open folder. */
export class PipelineRuns implements Disposable {
  readonly #options: PipelineRunsOptions;
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<void>());
  readonly #runs = new Map<Backend, FolderRun>();

  readonly onDidChange = this.#changed.event;

  constructor(options: PipelineRunsOptions) {
    this.#options = options;
    const { backends, runSwitch } = options;
    this.#owned.add(backends.onDidChange(() => this.#match()));
    this.#owned.add(
      runSwitch.onDidChange(() => {
        if (runSwitch.isOn) void backends.ready();
        this.#match();
        this.#changed.fire();
      }),
    );
    this.#owned.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(settingsSection)) this.#match();
      }),
    );
    this.#owned.add(toDisposable(() => this.#endAll()));
  }

  /** This window drives; of what another process drives, that one tells. */
  get isDriving(): boolean {
    return [...this.#runs.values()].some(({ state }) => state.phase === "driving");
  }

  /** How the folders are driven; the worst first. */
  get states(): readonly FolderRunState[] {
    return [...this.#runs.values()].map((run) => run.state).sort((a, b) => rank(a.phase) - rank(b.phase));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** A folder that was opened anew has another backend, and gets another run. */
  #match(): void {
    if (this.#owned.disposed) return;
    const { folders } = this.#options.backends;
    const open = new Set(folders.map(({ backend }) => backend));
    for (const [backend, run] of this.#runs) {
      if (open.has(backend)) continue;
      run.dispose();
      this.#runs.delete(backend);
    }
    for (const folder of folders) {
      const known = this.#runs.get(folder.backend);
      if (known !== undefined) known.match();
      else this.#runs.set(folder.backend, new FolderRun(folder, this.#options, () => this.#changed.fire()));
    }
  }

  #endAll(): void {
    for (const run of this.#runs.values()) run.dispose();
    this.#runs.clear();
  }
}

/** The phase that the status bar tells of when folders differ comes first. */
const ranks: readonly RunPhase[] = ["failed", "waiting", "starting", "driving", "stopping", "off"];

function rank(phase: RunPhase): number {
  return ranks.indexOf(phase);
}

type Drives = NonNullable<RunOptions["drives"]>;

const retryMs = { first: 5000, most: 60_000 };

/** One folder, driven in turns: a turn lasts as long as the same is to be driven. */
class FolderRun implements Disposable {
  readonly #folder: OpenFolder;
  readonly #options: PipelineRunsOptions;
  readonly #tell: () => void;
  readonly #shutdown = new AbortController();
  #turn = new AbortController();
  #drives: Drives | undefined;
  #state: FolderRunState = { phase: "off" };

  constructor(folder: OpenFolder, options: PipelineRunsOptions, tell: () => void) {
    this.#folder = folder;
    this.#options = options;
    this.#tell = tell;
    void this.#go();
  }

  get state(): FolderRunState {
    return this.#state;
  }

  /** Ends the turn when something else is to be driven now. */
  match(): void {
    if (this.#wanted() === this.#drives) return;
    if (this.#drives === "pipelines") this.#set({ phase: "stopping" });
    this.#turn.abort();
  }

  dispose(): void {
    this.#shutdown.abort();
    this.#turn.abort();
  }

  /** A folder without Kargo's resources is left alone. */
  #wanted(): Drives | undefined {
    const { snapshot } = this.#folder.backend;
    if (!workspace.isTrusted || snapshot.projects.length === 0) return undefined;
    if (this.#options.runSwitch.isOn) return "pipelines";
    return discoversAutomatically() && hasWarehouse(snapshot) ? "discovery" : "nothing";
  }

  async #go(): Promise<void> {
    const { signal: shutdown } = this.#shutdown;
    for (let failures = 0; !shutdown.aborted; ) {
      this.#turn = new AbortController();
      this.#drives = this.#wanted();
      const { signal: turn } = this.#turn;
      try {
        await (this.#drives === undefined ? aborted(turn) : this.#drive(this.#drives, turn));
        failures = 0;
      } catch (error) {
        if (shutdown.aborted) return;
        if (isStopped(error)) continue;
        failures += 1;
        this.#options.log.error(`${this.#folder.name}: pipelines are not driven: ${errorMessage(error)}`);
        if (this.#drives === "pipelines") this.#set({ phase: "failed", failure: errorMessage(error) });
        await pause(Math.min(retryMs.first * failures, retryMs.most), turn);
      }
    }
  }

  async #drive(drives: Drives, turn: AbortSignal): Promise<void> {
    const { backend } = this.#folder;
    const { signal: shutdown } = this.#shutdown;
    const listening = new AbortController();
    const isRun = drives === "pipelines";
    const common = {
      untilIdle: false,
      onEvent: (event: KargoEvent) => this.#options.onEvent(event, this.#folder),
    };
    this.#set({ phase: isRun ? "starting" : "off" });
    const onWait = () => {
      if (isRun) this.#set({ phase: "waiting" });
      const signal = AbortSignal.any([shutdown, listening.signal]);
      void backend.run({ ...common, drives: "nothing", signal }).catch(() => {}); // the waiting run tells
    };
    const onStart = () => {
      listening.abort();
      if (isRun && !turn.aborted) this.#set({ phase: "driving" });
    };
    try {
      // A Promotion is finished when the switch goes off; a discovery may as well be done another time.
      const end = isRun ? { stop: turn, signal: shutdown } : { signal: AbortSignal.any([shutdown, turn]) };
      await backend.run({ ...common, ...end, drives, onWait, onStart });
    } finally {
      listening.abort();
    }
  }

  #set(state: FolderRunState): void {
    if (state.phase === this.#state.phase && state.failure === this.#state.failure) return;
    this.#state = state;
    if (!this.#shutdown.signal.aborted) this.#tell();
  }
}

function hasWarehouse({ projects }: Snapshot): boolean {
  return projects.some(({ warehouses }) => warehouses.length > 0);
}

function isStopped(error: unknown): boolean {
  return isAbortError(error) || errorCode(error) === "aborted";
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    aborted(signal),
    new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(timer);
}
