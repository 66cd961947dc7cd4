// How often and how patiently a push is tried again, and what its faults mean, for the steps that push.
// Pushes nothing.
import { setTimeout as sleep } from "node:timers/promises";
import type { StepContext } from "../promotion/step";

/** Parts of a pushing step that a test can hold. */
export interface PushParts {
  /** Waits between attempts; ends early, with the signal's reason, on an abort. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const defaultAttempts = 10;
/** After as many failures Kargo's waiting time reaches its limit, at which its library gives up. */
const usefulAttempts = 9;
const firstWaitMs = 1_000;
const waitFactor = 1.5;
const waitJitter = 0.5;

/** Tells that maxAttempts was not used up. */
export const fewerAttempts = `Kargo 1.11.2 gives up after ${usefulAttempts} attempts, whatever maxAttempts says.`;

/** Tells why a conflict counts as a technical fault. */
export const stoppedRebase =
  "The remote's changes conflict with ours. Kargo 1.11.2 takes this for a technical fault, because it looks for the " +
  "stopped rebase in the wrong place; the working tree stays in the middle of the rebase, so trying again cannot help.";

/** Waits for real. */
export const waitBetweenAttempts: PushParts["wait"] = async (ms, signal) => {
  await sleep(ms, undefined, { signal });
};

/** True when fewer attempts are made than the configuration allows. */
export function givesUpEarly(maxAttempts: number | undefined): boolean {
  return (maxAttempts ?? defaultAttempts) > usefulAttempts;
}

/** Calls `once` until it succeeds, fails for good, or has failed often enough; then its own error is thrown. */
export async function pushInAttempts(
  once: () => Promise<void>,
  options: PushParts & {
    readonly context: Pick<StepContext, "log" | "signal">;
    readonly maxAttempts: number | undefined;
    readonly isRetryable: (error: unknown) => boolean;
  },
): Promise<void> {
  const { context, maxAttempts = defaultAttempts, isRetryable, wait } = options;
  const { log, signal } = context;
  const attempts = Math.min(maxAttempts, usefulAttempts);
  for (let attempt = 1; ; attempt++) {
    try {
      await once();
      return;
    } catch (error) {
      if (signal.aborted || !isRetryable(error) || attempt >= attempts) throw error;
      const waitMs = firstWaitMs * waitFactor ** (attempt - 1) * (1 + Math.random() * waitJitter);
      log.info(`The push was rejected; next attempt in ${Math.round(waitMs / 1000)} s.`);
      await wait(waitMs, signal);
    }
  }
}
