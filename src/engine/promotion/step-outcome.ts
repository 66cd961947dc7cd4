// One run of one step and what it means: finished, to be retried, or still waiting (pkg/promotion local_executor.go,
// local_orchestrator.go). Guards against whatever a runner may throw; decides nothing about other steps.
import { formatDuration } from "../../base/duration";
import { goQuote } from "../../base/go-text";
import { isObject } from "../../base/json";
import type { Logger } from "../../base/log";
import type { HealthCheckStep, StepExecutionMetadata, StepStatus } from "../../model/resources";
import type { Grant } from "./capabilities";
import { type AnyStepRunner, type StepContext, StepError, type StepOutput } from "./step";

/** What a run came to. `error` is a fault beside the status, as Go's second return value. */
export interface StepOutcome {
  readonly status: string;
  readonly message: string;
  readonly output?: StepOutput;
  readonly healthCheck?: HealthCheckStep;
  readonly retryAfterMs?: number;
  readonly error?: { readonly message: string; readonly terminal: boolean };
  /** The run was interrupted: it rejected after its signal had been aborted. */
  readonly interrupted?: boolean;
}

/** A step's record while it is being written. */
export type StepRecord = { -readonly [K in keyof StepExecutionMetadata]: StepExecutionMetadata[K] };

/** When a step gives up. */
export interface RetryLimits {
  readonly errorThreshold: number;
  /** In nanoseconds; 0 means none. */
  readonly timeout: bigint;
}

const validStatuses: ReadonlySet<string> = new Set([
  "Succeeded",
  "Skipped",
  "Aborted",
  "Failed",
  "Errored",
  "Running",
]);

/** True for a status that a step may report. */
export function isStepStatus(status: string): status is StepStatus {
  return validStatuses.has(status);
}

/** Runs a step once. Never throws: whatever the runner throws becomes an outcome. */
export async function executeStep(
  runner: AnyStepRunner,
  context: StepContext,
  grant: Grant,
  config: unknown,
): Promise<StepOutcome> {
  try {
    const granted = await grant(runner.needs);
    const result: unknown = await runner.run({ ...context, ...granted } as never, config as never);
    return toOutcome(result, context.log);
  } catch (thrown) {
    return { ...faultOutcome(thrown, context), interrupted: context.signal.aborted };
  }
}

function toOutcome(result: unknown, log: Logger): StepOutcome {
  if (!isObject(result)) return { status: "", message: "" };
  const { status, message, output, healthCheck, retryAfterMs, warnings } = result;
  warn(log, warnings);
  return {
    status: typeof status === "string" ? status : thrownText(status ?? ""),
    message: typeof message === "string" ? message : "",
    ...(isObject(output) ? { output } : {}),
    ...(isObject(healthCheck) ? { healthCheck: healthCheck as unknown as HealthCheckStep } : {}),
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
  };
}

/** A StepError is an error the runner returned; anything else thrown is what a panic is in Go. */
function faultOutcome(thrown: unknown, { alias, log }: StepContext): StepOutcome {
  const isStepError = thrown instanceof StepError;
  const status = isStepError ? thrown.status : "Errored";
  const text = isStepError ? thrown.message : `step panicked: ${thrownText(thrown)}`;
  if (isStepError) warn(log, thrown.warnings);
  const prefix = status === "Errored" ? "error running step" : "step";
  return {
    status,
    message: "",
    ...(isStepError && thrown.output !== undefined ? { output: thrown.output } : {}),
    error: {
      message: `${prefix} ${goQuote(alias)}: ${text}`,
      terminal: isStepError ? thrown.terminal : true,
    },
  };
}

function warn(log: Logger, warnings: unknown): void {
  if (!Array.isArray(warnings)) return;
  for (const warning of warnings) if (typeof warning === "string") log.warn(warning);
}

/** The sentence of anything that can be thrown, even of what refuses to become text. */
export function thrownText(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return "a value that cannot be shown";
  }
}

/** Writes a valid outcome into the record and returns the fault, making one up for an Errored without. */
export function reconcileOutcome(
  record: StepRecord,
  alias: string,
  outcome: StepOutcome,
): StepOutcome["error"] {
  record.status = outcome.status as StepStatus;
  setMessage(record, outcome.message);
  if (outcome.error !== undefined) {
    if (record.status !== "Failed") record.status = "Errored";
    setMessage(record, outcome.error.message);
    return outcome.error;
  }
  if (record.status !== "Errored") return undefined;
  const message = `step ${goQuote(alias)} errored: ${record.message || "no details provided"}`;
  return { message, terminal: false };
}

/** True when the step has ended; brings its record to what that means. Counting errors is cumulative, as upstream. */
export function completeStep(
  record: StepRecord,
  alias: string,
  error: StepOutcome["error"],
  limits: RetryLimits,
  elapsedMs: number,
): boolean {
  if (record.status === "Succeeded" || record.status === "Skipped") return true;
  if (error?.terminal === true) {
    const isFailure = record.status === "Failed";
    record.status = isFailure ? "Failed" : "Errored";
    record.message = isFailure ? error.message : `an unrecoverable error occurred: ${error.message}`;
    return true;
  }
  if (error !== undefined) {
    record.errorCount = (record.errorCount ?? 0) + 1;
    if (record.errorCount >= limits.errorThreshold) {
      record.status = record.status === "Failed" ? "Failed" : "Errored";
      record.message = `step ${goQuote(alias)} met error threshold of ${limits.errorThreshold}: ${record.message ?? ""}`;
      return true;
    }
  }
  const elapsed = BigInt(Math.trunc(elapsedMs)) * 1_000_000n;
  if (limits.timeout > 0n && elapsed > limits.timeout) {
    record.status = "Errored";
    record.message = `step ${goQuote(alias)} timed out after ${formatDuration(limits.timeout)}`;
    return true;
  }
  if (error !== undefined) record.message = `${record.message ?? ""}; step will be retried`;
  return false;
}

/** Sets a message, or removes it when there is nothing to say, as Go's omitempty does. */
export function setMessage(record: StepRecord, message: string): void {
  if (message === "") delete record.message;
  else record.message = message;
}
