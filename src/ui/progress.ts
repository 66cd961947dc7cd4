// Shows that something is being done: a bar in the view at once, a notification with Cancel when it takes long.
// Stops nothing by itself; cancelling aborts the signal the act was given.
import { type Progress, ProgressLocation, window } from "vscode";
import { pipelinesViewId } from "./contributions";
import { toAbortSignal } from "./platform/cancel";

/** Takes the text of what is being done now, and how many percent were done since the last report. */
export type Report = (message: string, percent?: number) => void;

/** How an act is shown. */
export interface ProgressOptions {
  readonly title: string;
  /** How long it may take before a notification shows up; 0 for at once. */
  readonly quietMs: number;
}

/** Runs `act` and shows its progress until it ends. */
export async function withActProgress<T>(
  { title, quietMs }: ProgressOptions,
  act: (report: Report, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const last = { message: "", percent: 0 };
  let shown: Progress<{ message?: string; increment?: number }> | undefined;
  const running = act((message, percent = 0) => {
    last.message = message;
    last.percent += percent;
    shown?.report({ message, increment: percent });
  }, controller.signal);
  void window.withProgress({ location: { viewId: pipelinesViewId }, title }, () => settled(running));
  const showNotification = () =>
    void window.withProgress(
      { location: ProgressLocation.Notification, title, cancellable: true },
      async (progress, token) => {
        shown = progress;
        if (last.message !== "") progress.report({ message: last.message, increment: last.percent });
        toAbortSignal(token).addEventListener("abort", () => controller.abort());
        await settled(running);
      },
    );
  const timer = setTimeout(showNotification, quietMs);
  try {
    return await running;
  } finally {
    clearTimeout(timer);
  }
}

/** How it ended is told to whoever awaits the act itself. */
async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => {});
}
