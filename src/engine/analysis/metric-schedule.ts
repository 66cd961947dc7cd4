// When the metrics of an AnalysisRun are measured (Argo Rollouts analysis/analysis.go generateMetricTasks and
// calculateNextReconcileTime). Takes no measurement and changes no status.
import { parseDurationMs } from "../../base/duration";
import { timeMs } from "../../base/time";
import {
  type AnalysisMetric,
  type AnalysisRunStatus,
  isCompletedPhase,
  type Measurement,
  type MetricResult,
} from "../../model/analysis";
import type { AnalysisRun } from "../../model/resources";
import { effectiveCount } from "./metric-check";

/** Pause after a measurement that went wrong, whatever the metric's interval. */
const errorRetryMs = 10_000;

/** How a metric stands; undefined before its first measurement. */
export function resultOf(
  { metricResults = [] }: AnalysisRunStatus,
  metric: string,
): MetricResult | undefined {
  return metricResults.find(({ name }) => name === metric);
}

/** The newest measurement that is kept. */
export function lastMeasurement(result: MetricResult | undefined): Measurement | undefined {
  return result?.measurements?.at(-1);
}

/** True when no further measurement is to begin: the user stopped the run, or a metric that counts has failed. */
export function isTerminating({ spec, status }: AnalysisRun): boolean {
  if (spec.terminate === true) return true;
  return (status?.metricResults ?? []).some(
    ({ dryRun, phase }) => dryRun !== true && isCompletedPhase(phase) && phase !== "Successful",
  );
}

/** The names of the metrics that are due at `nowMs`. */
export function dueMetrics(run: AnalysisRun, metrics: readonly AnalysisMetric[], nowMs: number): string[] {
  if (isTerminating(run)) return [];
  const isDue = (metric: AnalysisMetric) => {
    const dueMs = dueTime(metric, run.status ?? {}, finishedTime);
    return dueMs !== undefined && dueMs <= nowMs;
  };
  return metrics.filter(isDue).map(({ name }) => name);
}

/**
 * When the run is to be looked at again, in milliseconds since the epoch; undefined when nothing will happen by itself.
 * `finishedMs` knows exactly when measurements of this pass ended: what is stored has whole seconds only.
 */
export function nextTime(
  status: AnalysisRunStatus,
  metrics: readonly AnalysisMetric[],
  finishedMs: ReadonlyMap<string, number>,
): number | undefined {
  const times = metrics.flatMap((metric) => {
    const dueMs = dueTime(metric, status, (result) => finishedMs.get(result.name) ?? finishedTime(result));
    return dueMs === undefined ? [] : [dueMs];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

function finishedTime(result: MetricResult): number {
  return timeMs(lastMeasurement(result)?.finishedAt) ?? 0;
}

/** When a metric is measured next; undefined when it is not, or when the run's beginning is not known yet. */
function dueTime(
  metric: AnalysisMetric,
  status: AnalysisRunStatus,
  finished: (result: MetricResult) => number,
): number | undefined {
  const result = resultOf(status, metric.name);
  const last = lastMeasurement(result);
  if (result === undefined || last === undefined) return firstTime(metric, status);
  const count = effectiveCount(metric);
  if (isCompletedPhase(result.phase) || (count !== undefined && (result.count ?? 0) >= count))
    return undefined;
  return finished(result) + pauseMs(metric, last);
}

function firstTime(
  { initialDelay = "" }: AnalysisMetric,
  { startedAt }: AnalysisRunStatus,
): number | undefined {
  if (initialDelay === "") return 0;
  const startedMs = timeMs(startedAt);
  return startedMs === undefined ? undefined : startedMs + (parseDurationMs(initialDelay) ?? 0);
}

function pauseMs({ interval = "" }: AnalysisMetric, { phase }: Measurement): number {
  return phase === "Error" || interval === "" ? errorRetryMs : (parseDurationMs(interval) ?? errorRetryMs);
}
