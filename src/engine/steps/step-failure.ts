// How steps of this folder fault: one sentence of context and the reason, as Go wraps errors.
// Decides no status by itself; each step says which.
import { errorMessage, isAbortError } from "../../base/errors";
import { StepError } from "../promotion/step";
import { GoPanic } from "../tools/go-panic";

/** A fault that may pass: Errored, retried within the error threshold. */
export function erroredBecause(context: string, cause: unknown, warnings: readonly string[] = []): StepError {
  return new StepError("Errored", `${context}: ${errorMessage(cause)}`, { terminal: false, cause, warnings });
}

/** A fault that may pass, told by one sentence. */
export function errored(message: string): StepError {
  return new StepError("Errored", message, { terminal: false });
}

/** A fault that cannot pass: Failed at once. */
export function failed(message: string): StepError {
  return new StepError("Failed", message, { terminal: true });
}

/** Turns what an act threw into a fault of the step; stops and faults pass as they are. */
export function asFault(error: unknown, make: (reason: string) => StepError): unknown {
  return isAbortError(error) || error instanceof StepError ? error : make(errorMessage(error));
}

/** What Kargo makes of a runner that breaks down: Errored at once (pkg/promotion/local_executor.go). */
export function panicked(reason: string): StepError {
  return new StepError("Errored", `step panicked: ${reason}`, { terminal: true });
}

/** Waits for an act; a fault in it gets `context` before its text. Stops and panics pass as they are. */
export async function because<T>(context: string, act: Promise<T> | (() => T | Promise<T>)): Promise<T> {
  try {
    return await (typeof act === "function" ? act() : act);
  } catch (error) {
    if (isAbortError(error) || error instanceof GoPanic) throw error;
    throw new Error(`${context}: ${errorMessage(error)}`, { cause: error });
  }
}
