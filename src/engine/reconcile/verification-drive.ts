// Passes over the AnalysisRuns of a Stage that have not ended: the one that verifies its Freight, and one that the user
// stopped. A user's abort interrupts the measurement in flight.
import { DisposableStore } from "../../base/disposable";
import { isAbortError } from "../../base/errors";
import { type AnalysisPhase, isCompletedPhase } from "../../model/analysis";
import { type ResourceRef, refKey, type Stage, toRef } from "../../model/resources";
import { type AnalysisPorts, passAnalysisRun } from "../analysis/analysis-run";
import { verificationRequest } from "../promotion/annotations";

/** How the runs were left. */
export interface AnalysisDrive {
  /** Something happened that the Stage has to take in. */
  readonly changed: boolean;
  /** When a run is due again, in milliseconds since the epoch; infinite when none is. */
  readonly nextAtMs: number;
}

/** Measures what is due for a Stage. After an abort of `shutdown` what it resolves with says nothing. */
export async function driveAnalysis(
  ports: AnalysisPorts,
  stage: Stage,
  shutdown: AbortSignal,
): Promise<AnalysisDrive> {
  const runs = unfinishedRuns(stage);
  if (runs.length === 0) return { changed: false, nextAtMs: Number.POSITIVE_INFINITY };
  const owned = new DisposableStore();
  const stop = new AbortController();
  const key = refKey(toRef(stage));
  owned.add(
    ports.store.onDidChange((ref) => {
      if (refKey(ref) === key) void abortIfAsked(ports, ref as ResourceRef<"Stage">, stop);
    }),
  );
  const signal = AbortSignal.any([shutdown, stop.signal]);
  let changed = false;
  let nextAtMs = Number.POSITIVE_INFINITY;
  try {
    for (const run of runs) {
      const pass = await passAnalysisRun(ports, run, signal);
      changed ||= pass.changed;
      nextAtMs = Math.min(nextAtMs, pass.nextAtMs ?? Number.POSITIVE_INFINITY);
    }
  } catch (error) {
    if (!signal.aborted && !isAbortError(error)) throw error;
    return { changed: true, nextAtMs: 0 };
  } finally {
    owned.dispose();
  }
  return { changed, nextAtMs };
}

/** By what the Stage last knew of them; a run that it stopped is looked at until it is over. */
function unfinishedRuns({ status }: Stage): ResourceRef<"AnalysisRun">[] {
  const history = (status?.freightHistory ?? []).flatMap(
    (collection) => collection.verificationHistory ?? [],
  );
  return history.flatMap(({ analysisRun }) => {
    if (analysisRun === undefined || isCompletedPhase(analysisRun.phase as AnalysisPhase)) return [];
    const { namespace, name } = analysisRun;
    return [{ kind: "AnalysisRun", namespace, name } as const];
  });
}

async function abortIfAsked(
  { store }: AnalysisPorts,
  ref: ResourceRef<"Stage">,
  stop: AbortController,
): Promise<void> {
  const stage = await store.get("Stage", ref).catch(() => undefined);
  const newest = stage?.status?.freightHistory?.[0]?.verificationHistory?.[0];
  const request = stage === undefined ? undefined : verificationRequest(stage.metadata, "abort");
  if (request !== undefined && request.id === newest?.id) stop.abort();
}
