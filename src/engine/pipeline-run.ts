// Drives the pipelines of a workspace by themselves: every Warehouse at its interval, every Stage when something it
// depends on changed or when it is due. Between changes and timers it does nothing at all.
import { DisposableStore } from "../base/disposable";
import { errorMessage, isAbortError } from "../base/errors";
import { findCondition } from "../model/conditions";
import type { KargoEvent } from "../model/events";
import { isControlFlow, type ResourceRef, refKey, toRef } from "../model/resources";
import { reconcileWarehouse, retryDelayMs } from "./discovery/warehouse";
import type { EnginePorts, ResourceChange } from "./ports";
import { ChangeWatch } from "./reconcile/change-watch";
import { collectGarbage } from "./reconcile/garbage";
import type { StageDriver } from "./reconcile/stage-driver";

/** How a run is to go. */
export interface PipelineRunOptions {
  /** Only this Project; every one when absent. */
  readonly project?: string;
  /** What is driven: every Stage and Warehouse when absent, only Warehouses, or nothing: then it only tells of events. */
  readonly drives?: "pipelines" | "discovery" | "nothing";
  /** Asked before a Warehouse is driven; a Warehouse that may not be is asked for again after a while. */
  readonly mayDiscover?: () => Promise<boolean>;
  /** Ends once nothing is due or under way; only the signals end it otherwise. */
  readonly untilIdle: boolean;
  readonly onEvent: (event: KargoEvent) => void;
  /** Begins nothing more once it aborts: the run ends when what is under way has ended. */
  readonly stop?: AbortSignal;
  /** Ends the run at once; what is under way is interrupted, and taken up by whoever drives next. */
  readonly signal: AbortSignal;
}

/** How a run went: one sentence for everything that failed and was not mended within the run, of the newest thousand. */
export interface PipelineRunResult {
  readonly failures: readonly string[];
}

/** Objects driven at the same time; a controller of Kargo has four workers for each kind. */
const workers = 4;
const hourMs = 3_600_000;
const maxTimerMs = 2 ** 31 - 1;
/** A run may last for months. */
const maxFailures = 1000;
/** A Warehouse that may not be driven now is asked for again after this long. */
const askAgainMs = 30_000;
/** Discovery beside an editor is not worth a controller's haste after errors. */
const calmRetryMs = 30_000;

type Target = ResourceRef<"Stage" | "Warehouse">;

/** How one object was left. */
interface Outcome {
  /** Milliseconds since the epoch; never by itself when absent. */
  readonly nextAtMs?: number;
  /** Something is under way that will go on by itself. */
  readonly busy: boolean;
  readonly error?: string;
}

interface Entry {
  readonly target: Target;
  state: "idle" | "queued" | "running" | "again";
  timer?: NodeJS.Timeout;
  outcome: Outcome;
  failures: number;
}

/** Reasons of events that tell of an end nobody wished for. */
const badEnd = /(?:Failed|Errored|Aborted|Inconclusive|Unknown)$/;

/** What went wrong. The event of a verification has the message of its run alone, which may be empty. */
function failureWords({ reason, message }: KargoEvent): string {
  const [, end] = /^FreightVerification(.+)$/.exec(reason) ?? [];
  if (end === undefined) return message;
  return `verification ${end.toLowerCase()}${message === "" ? "" : `: ${message}`}`;
}

/** One run over a workspace. */
export class PipelineRun {
  readonly #ports: EnginePorts;
  readonly #driver: StageDriver;
  readonly #options: PipelineRunOptions;
  readonly #watch: ChangeWatch;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: Entry[] = [];
  readonly #changes = new Map<string, ResourceChange>();
  readonly #failed = new Map<string, string>();
  #running = 0;
  #looking = false;
  #garbageTimer: NodeJS.Timeout | undefined;
  #end: () => void = () => {};

  constructor(ports: EnginePorts, driver: StageDriver, options: PipelineRunOptions) {
    this.#ports = ports;
    this.#driver = driver;
    this.#options = options;
    this.#watch = new ChangeWatch(ports);
  }

  /** Runs until the signal aborts, or until nothing is left to do. Rejects only when the store cannot be read. */
  async run(): Promise<PipelineRunResult> {
    const { signal } = this.#options;
    const owned = new DisposableStore();
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    const end = () => this.#end();
    const drain = () => this.#drain();
    signal.addEventListener("abort", end);
    this.#options.stop?.addEventListener("abort", drain);
    try {
      owned.add(this.#ports.store.onDidChange((change) => this.#note(change)));
      await this.#wakeAll();
      if (!this.#options.untilIdle && this.#drives("Stage")) this.#collectAtNextHour();
      this.#endWhenIdle();
      if (this.#options.stop?.aborted) this.#drain();
      if (!signal.aborted) await ended;
    } finally {
      signal.removeEventListener("abort", end);
      this.#options.stop?.removeEventListener("abort", drain);
      owned.dispose();
      for (const { timer } of this.#entries.values()) clearTimeout(timer);
      clearTimeout(this.#garbageTimer);
      this.#queue.length = 0;
    }
    return { failures: this.#failures() };
  }

  /** Looks at every Warehouse and Stage, for the beginning. */
  async #wakeAll(): Promise<void> {
    const { store } = this.#ports;
    const scope = this.#options.project === undefined ? {} : { namespace: this.#options.project };
    for (const warehouse of await store.list("Warehouse", scope)) this.wake(toRef(warehouse));
    for (const stage of await store.list("Stage", scope)) this.wake(toRef(stage));
  }

  /** Drives an object soon. False when this run has nothing to do with it. */
  wake(target: Target): boolean {
    const { project } = this.#options;
    if (this.#isEnding || !this.#drives(target.kind)) return false;
    if (project !== undefined && target.namespace !== project) return false;
    const key = refKey(target);
    const entry = this.#entries.get(key) ?? { target, state: "idle", outcome: { busy: false }, failures: 0 };
    this.#entries.set(key, entry);
    clearTimeout(entry.timer);
    if (entry.state === "running") entry.state = "again";
    if (entry.state === "idle") {
      entry.state = "queued";
      this.#queue.push(entry);
    }
    this.#pump();
    return true;
  }

  get #isEnding(): boolean {
    return this.#options.signal.aborted || this.#options.stop?.aborted === true;
  }

  #drives(kind: Target["kind"]): boolean {
    const { drives = "pipelines" } = this.#options;
    return drives === "pipelines" || (drives === "discovery" && kind === "Warehouse");
  }

  /** Lets go of everything that is only due, and ends once nothing is under way. */
  #drain(): void {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    clearTimeout(this.#garbageTimer);
    this.#queue.length = 0;
    if (this.#running === 0) this.#end();
  }

  #pump(): void {
    while (this.#running < workers && !this.#isEnding) {
      const entry = this.#queue.shift();
      if (entry === undefined) return;
      this.#running++;
      void this.#work(entry);
    }
  }

  async #work(entry: Entry): Promise<void> {
    entry.state = "running";
    entry.outcome = await this.#drive(entry);
    entry.failures = entry.outcome.error === undefined ? 0 : entry.failures + 1;
    const isWoken = (entry.state as Entry["state"]) === "again";
    entry.state = "idle";
    this.#running--;
    if (isWoken) this.wake(entry.target);
    else this.#setTimer(entry);
    this.#pump();
    if (this.#isEnding) this.#drain();
    else this.#endWhenIdle();
  }

  #setTimer(entry: Entry): void {
    const { nextAtMs } = entry.outcome;
    if (nextAtMs === undefined || this.#isEnding) return;
    const ms = Math.max(nextAtMs - this.#ports.clock.now().getTime(), 0);
    entry.timer = setTimeout(() => this.wake(entry.target), Math.min(ms, maxTimerMs));
  }

  async #drive(entry: Entry): Promise<Outcome> {
    try {
      return await (entry.target.kind === "Stage" ? this.#driveStage(entry) : this.#driveWarehouse(entry));
    } catch (error) {
      const nowMs = this.#ports.clock.now().getTime();
      if (isAbortError(error)) return { busy: false };
      const text = errorMessage(error);
      this.#ports.log.warn(`${entry.target.kind} ${entry.target.name}: ${text}`);
      const leastMs = this.#options.drives === "discovery" ? calmRetryMs : 0;
      const pauseMs = Math.max(retryDelayMs(entry.failures + 1), leastMs);
      return { nextAtMs: nowMs + pauseMs, busy: false, error: text };
    }
  }

  async #driveStage({ target }: Entry): Promise<Outcome> {
    const { namespace = "", name } = target;
    const result = await this.#driver.drive(namespace, name, {
      signal: this.#options.signal,
      keepPauses: true,
    });
    const stage = await this.#ports.store.get("Stage", { namespace, name });
    // Kargo looks at a control-flow Stage when it is woken and never at an interval.
    const isTimed = stage !== undefined && (!isControlFlow(stage) || result.error !== undefined);
    const { busy, error } = result;
    return { busy, ...(isTimed && { nextAtMs: result.nextAtMs }), ...(error !== undefined && { error }) };
  }

  async #driveWarehouse({ target }: Entry): Promise<Outcome> {
    const { signal, mayDiscover } = this.#options;
    if (mayDiscover !== undefined && !(await mayDiscover()))
      return { nextAtMs: this.#ports.clock.now().getTime() + askAgainMs, busy: false };
    const pass = await reconcileWarehouse(target, this.#ports, { signal });
    if (pass === undefined) return { busy: false };
    const ready = findCondition(pass.warehouse.status?.conditions, "Ready");
    // A Warehouse that has found nothing may do so yet; an expression that fails will not mend by itself.
    const error = ready?.reason === "CriteriaEvaluationFailed" ? { error: ready.message } : {};
    return { busy: false, nextAtMs: pass.nextAtMs, ...error };
  }

  /** Kargo collects at the beginning of every hour. */
  #collectAtNextHour(): void {
    const ms = hourMs - (this.#ports.clock.now().getTime() % hourMs);
    this.#garbageTimer = setTimeout(async () => {
      try {
        const { failures } = await collectGarbage(this.#ports);
        for (const failure of failures) this.#ports.log.warn(failure);
      } catch (error) {
        this.#ports.log.error(errorMessage(error));
      }
      if (!this.#isEnding) this.#collectAtNextHour();
    }, ms);
  }

  /** Of several changes of one object, the first says what it was. */
  #note(change: ResourceChange): void {
    const key = refKey(change);
    if (!this.#changes.has(key)) this.#changes.set(key, change);
    if (!this.#looking) void this.#lookAtChanges();
  }

  /** One change after the other, so that events come in the order of what they tell. */
  async #lookAtChanges(): Promise<void> {
    this.#looking = true;
    for (;;) {
      const [next] = this.#changes;
      if (next === undefined) break;
      this.#changes.delete(next[0]);
      try {
        const { wakes, events } = await this.#watch.look(next[1]);
        for (const event of events) this.#tell(event);
        for (const target of wakes) this.wake(target);
      } catch (error) {
        this.#ports.log.error(errorMessage(error));
      }
    }
    this.#looking = false;
    this.#endWhenIdle();
  }

  #tell(event: KargoEvent): void {
    const { project, onEvent } = this.#options;
    if (project !== undefined && event.involvedObject.namespace !== project) return;
    const { kind, namespace, name } = event.involvedObject;
    if (badEnd.test(event.reason)) {
      this.#failed.set(`${kind}/${namespace}/${name}`, `${kind} ${name}: ${failureWords(event)}`);
      const [oldest] = this.#failed.keys();
      if (this.#failed.size > maxFailures && oldest !== undefined) this.#failed.delete(oldest);
    }
    onEvent(event);
  }

  #endWhenIdle(): void {
    if (!this.#options.untilIdle || this.#running > 0 || this.#queue.length > 0) return;
    if (this.#looking || this.#changes.size > 0) return;
    if ([...this.#entries.values()].some(({ outcome }) => outcome.busy)) return;
    this.#end();
  }

  #failures(): readonly string[] {
    const unmended = [...this.#entries.values()].flatMap(({ target, outcome }) =>
      outcome.error === undefined ? [] : [`${target.kind} ${target.name}: ${outcome.error}`],
    );
    return [...this.#failed.values(), ...unmended];
  }
}
