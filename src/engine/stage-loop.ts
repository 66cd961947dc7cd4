// Keeps one Stage going in this process: drives it again when woken or due, and ends when nothing is unfinished.
// What a drive does is reconcile/stage-driver.ts; which Stages are kept going is the engine's decision.
import { errorMessage, isAbortError } from "../base/errors";
import { isTerminalPhase } from "../model/resources";
import type { EnginePorts } from "./ports";
import type { StageDriver } from "./reconcile/stage-driver";
import { isVerifying } from "./reconcile/verification";

const retryAfterErrorMs = 2000;

/** One Stage that is kept going. */
export class StageLoop {
  readonly #ports: Pick<EnginePorts, "store" | "clock" | "log">;
  readonly #driver: StageDriver;
  readonly #namespace: string;
  readonly #stage: string;
  readonly #shutdown: AbortSignal;
  #woken = false;
  readonly #ended = new AbortController();
  #onWake: (() => void) | undefined;

  constructor(
    ports: Pick<EnginePorts, "store" | "clock" | "log">,
    driver: StageDriver,
    target: { readonly namespace: string; readonly stage: string },
    shutdown: AbortSignal,
  ) {
    this.#ports = ports;
    this.#driver = driver;
    this.#namespace = target.namespace;
    this.#stage = target.stage;
    this.#shutdown = shutdown;
  }

  /** Aborts once nothing is kept going any more. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Drives again soon. False when the loop has ended and a new one is needed. */
  wake(): boolean {
    if (this.#ended.signal.aborted) return false;
    this.#woken = true;
    this.#onWake?.();
    return true;
  }

  /** Drives until every Promotion and verification of the Stage is terminal, or until shutdown. Never rejects. */
  async run(): Promise<void> {
    while (!this.#shutdown.aborted) {
      this.#woken = false;
      const nextAtMs = await this.#drive();
      const unfinished = this.#shutdown.aborted || (await this.#hasUnfinished());
      if (this.#woken) continue;
      if (!unfinished) break;
      await this.#pause(nextAtMs - this.#ports.clock.now().getTime());
    }
    this.#ended.abort();
  }

  async #drive(): Promise<number> {
    try {
      const options = { signal: this.#shutdown, keepPauses: true } as const;
      const { nextAtMs } = await this.#driver.drive(this.#namespace, this.#stage, options);
      return nextAtMs;
    } catch (error) {
      if (!isAbortError(error)) this.#ports.log.error(`Stage ${this.#stage}: ${errorMessage(error)}`);
      return this.#ports.clock.now().getTime() + retryAfterErrorMs;
    }
  }

  async #hasUnfinished(): Promise<boolean> {
    const { store } = this.#ports;
    const scope = { namespace: this.#namespace, stage: this.#stage };
    if ((await store.list("Promotion", scope)).some((p) => !isTerminalPhase(p.status?.phase))) return true;
    const stage = await store.get("Stage", { namespace: this.#namespace, name: this.#stage });
    return stage !== undefined && isVerifying(stage);
  }

  #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#shutdown.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#shutdown.removeEventListener("abort", end);
        this.#onWake = undefined;
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1));
      this.#shutdown.addEventListener("abort", end);
      this.#onWake = end;
    });
  }
}
