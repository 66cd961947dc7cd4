// VS Code's cancellation tokens as AbortSignals, the one way to stop that the rest of the program knows.
// Cancels nothing itself.
import type { CancellationToken } from "vscode";

/** A signal that aborts when the token is cancelled. */
export function toAbortSignal(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  else token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
