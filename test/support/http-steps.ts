// Runs the HTTP steps with the network as it is, and reads what they came to.
// Serves nothing; http-routes.ts does.
import { silentLogger } from "../../src/base/log";
import { type Effect, type StepContext, StepError, type StepResult } from "../../src/engine/promotion/step";
import { toJson } from "../../src/expression/expression";

/** What a step came to. */
export interface Outcome {
  readonly status: string;
  readonly terminal?: boolean;
  readonly message?: string;
  readonly output?: unknown;
  readonly retryAfterMs?: number;
}

/** Waits for a step and tells its end, faults included. */
export async function outcomeOf(act: Promise<StepResult>): Promise<Outcome> {
  try {
    const { status, output, retryAfterMs } = await act;
    return {
      status,
      ...(output && { output: JSON.parse(toJson(output)) }),
      ...(retryAfterMs && { retryAfterMs }),
    };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { status: error.status, terminal: error.terminal, message: error.message };
  }
}

/** What an HTTP step is given; effects that it asks for are noted. */
export function contextOf(workDir: string, signal: AbortSignal, effects: Effect[] = []) {
  return {
    workDir,
    signal,
    log: silentLogger,
    effects: {
      perform: <T>(effect: Effect, act: () => Promise<T>) => {
        effects.push(effect);
        return act();
      },
    },
    network: { fetch },
  } as unknown as StepContext & {
    effects: { perform<T>(effect: Effect, act: () => Promise<T>): Promise<T> };
    network: { fetch: typeof fetch };
  };
}
