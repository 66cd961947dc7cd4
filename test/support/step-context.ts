// Runs one step in a folder with the capabilities a test gives it, and reads what it said.
// Golden cases have support of their own, step-cases.ts.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import {
  type AnyStepRunner,
  type Capabilities,
  StepError,
  type StepResult,
} from "../../src/engine/promotion/step";
import { stepContext } from "./step-cases";

/** Runs a step. */
export async function runStepIn(
  runner: AnyStepRunner,
  workDir: string,
  config: unknown,
  options: Partial<Capabilities> & {
    readonly signal?: AbortSignal;
    readonly state?: Readonly<Record<string, unknown>>;
    readonly actor?: string;
  } = {},
): Promise<StepResult> {
  const { signal, ...given } = options;
  const base = { effects: { perform: async <T>(_: unknown, act: () => Promise<T>) => await act() } };
  const context = { ...stepContext({}, workDir, signal), ...base, ...given };
  return await runner.run(context as never, config as never);
}

/** The fault of a step that must not end well. */
export async function faultOf(run: Promise<StepResult>): Promise<StepError> {
  const end = await run.then(
    (result) => assert.fail(`ended ${result.status}`),
    (error: unknown) => error,
  );
  if (!(end instanceof StepError)) throw end;
  return end;
}

/** Command lines of running programs that hold a text; Linux only. */
export function programsWith(text: string): string[] {
  const lines: string[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry) || entry === String(process.pid)) continue;
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ");
      if (line.includes(text)) lines.push(line);
    } catch {
      // Ended meanwhile.
    }
  }
  return lines;
}
