// What the measurements of an AnalysisRun say about its metrics, and the metrics about the run (Argo Rollouts
// analysis/analysis.go). Computes new statuses only; measuring and writing is analysis-run.ts.
import { formatTime } from "../../base/time";
import {
  type AnalysisMetric,
  type AnalysisPhase,
  type AnalysisRunStatus,
  isCompletedPhase,
  type Measurement,
  type MetricResult,
  type RunSummary,
} from "../../model/analysis";
import type { AnalysisRun } from "../../model/resources";
import { effectiveCount, intValue } from "./metric-check";
import { isTerminating, lastMeasurement, resultOf } from "./metric-schedule";

const defaultErrorLimit = 4;
const defaultRetention = 10;

/** A measurement, and what is to be remembered of its metric. */
export interface Measured {
  readonly measurement: Measurement;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The metric cannot be measured here at all: it is over, and inconclusive whatever its limits. */
  readonly unavailable?: boolean;
}

/** The status with one more measurement of a metric. */
export function withMeasurement(
  status: AnalysisRunStatus,
  name: string,
  measured: Measured,
  isDryRun: boolean,
): AnalysisRunStatus {
  const known = resultOf(status, name);
  const { metadata } = measured;
  const before: MetricResult = known ?? {
    name,
    phase: "Running",
    ...(isDryRun ? { dryRun: true } : {}),
    ...(metadata === undefined || Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
  return withResult(status, counted(before, measured));
}

function withResult(status: AnalysisRunStatus, result: MetricResult): AnalysisRunStatus {
  const { metricResults = [] } = status;
  const isKnown = metricResults.some(({ name }) => name === result.name);
  const next = metricResults.map((other) => (other.name === result.name ? result : other));
  return { ...status, metricResults: isKnown ? next : [...metricResults, result] };
}

function counted(before: MetricResult, { measurement, unavailable }: Measured): MetricResult {
  const { count = 0, consecutiveError = 0, consecutiveSuccess = 0 } = before;
  const result = { ...before, measurements: [...(before.measurements ?? []), measurement] };
  switch (measurement.phase) {
    case "Successful":
      return {
        ...result,
        successful: (before.successful ?? 0) + 1,
        count: count + 1,
        consecutiveError: 0,
        consecutiveSuccess: consecutiveSuccess + 1,
      };
    case "Failed": {
      const failed = (before.failed ?? 0) + 1;
      return { ...result, failed, count: count + 1, consecutiveError: 0, consecutiveSuccess: 0 };
    }
    case "Inconclusive": {
      const inconclusive = (before.inconclusive ?? 0) + 1;
      const next = { ...result, inconclusive, count: count + 1, consecutiveError: 0, consecutiveSuccess: 0 };
      const { message } = measurement;
      return unavailable !== true
        ? next
        : { ...next, phase: "Inconclusive", ...(message === undefined ? {} : { message }) };
    }
    default: {
      const error = (before.error ?? 0) + 1;
      return { ...result, error, consecutiveError: consecutiveError + 1, consecutiveSuccess: 0 };
    }
  }
}

/** The run's new status: every metric's phase, the summaries, and the worst of the metrics once all are through. */
export function assessRun(
  run: AnalysisRun,
  metrics: readonly AnalysisMetric[],
  dryRun: ReadonlySet<string>,
  now: Date,
): AnalysisRunStatus {
  const assessment = new Assessment(run, dryRun);
  for (const metric of metrics) assessment.add(metric);
  const { phase, message } = assessment.outcome();
  const before = run.status ?? {};
  const status: AnalysisRunStatus = {
    ...before,
    ...assessment.parts(),
    startedAt: before.startedAt ?? formatTime(now),
  };
  if (phase === before.phase) return status;
  const { message: _message, ...rest } = status;
  const completedAt = isCompletedPhase(phase) ? { completedAt: before.completedAt ?? formatTime(now) } : {};
  return { ...rest, phase, ...(message === "" ? {} : { message }), ...completedAt };
}

class Assessment {
  readonly #terminate: boolean;
  readonly #terminating: boolean;
  readonly #dryRun: ReadonlySet<string>;
  #status: AnalysisRunStatus;
  #everythingCompleted = true;
  #worst: AnalysisPhase | undefined;
  #message: string;
  readonly #summary: Record<string, number> = {};
  readonly #drySummary: Record<string, number> = {};

  constructor(run: AnalysisRun, dryRun: ReadonlySet<string>) {
    this.#terminate = run.spec.terminate === true;
    this.#terminating = isTerminating(run);
    this.#dryRun = dryRun;
    this.#status = run.status ?? {};
    this.#message = this.#terminate ? "Run Terminated" : "";
  }

  add(metric: AnalysisMetric): void {
    const isDry = this.#dryRun.has(metric.name);
    tally(isDry ? this.#drySummary : this.#summary, "count");
    const before = resultOf(this.#status, metric.name);
    if (before === undefined) {
      this.#everythingCompleted = false;
      return;
    }
    const result = withPhase(before, metricPhase(metric, before, this.#terminating));
    if (!isCompletedPhase(result.phase)) this.#everythingCompleted = false;
    else if (isDry) this.#addTried(metric, result);
    else this.#addCounting(metric, result);
    if (!isDry || !isCompletedPhase(result.phase)) this.#status = withResult(this.#status, result);
  }

  #addCounting(metric: AnalysisMetric, result: MetricResult): void {
    const verdict = limitVerdict(metric, result);
    if (this.#worst === undefined || badness(result.phase) > badness(this.#worst)) {
      this.#worst = result.phase;
      const detail = result.message === undefined || result.message === "" ? "" : result.message;
      const about = `Metric "${result.name}" assessed ${result.phase}`;
      if (verdict !== undefined) {
        const quoted = detail === "" ? "" : `: "Error Message: ${detail}"`;
        this.#message = `${about} due to ${verdict.message}${quoted}`;
      } else if (result.phase === "Inconclusive" && detail !== "") this.#message = `${about}: ${detail}`;
    }
    tally(this.#summary, summaryKey(verdict?.phase));
  }

  /** A metric that is only tried makes a run without any other result successful. */
  #addTried(metric: AnalysisMetric, result: MetricResult): void {
    const verdict = limitVerdict(metric, result);
    this.#worst ??= "Successful";
    const message = verdict && `Metric assessed ${result.phase} due to ${verdict.message}`;
    this.#status = withResult(this.#status, message === undefined ? result : { ...result, message });
    tally(this.#drySummary, summaryKey(verdict?.phase));
  }

  outcome(): { readonly phase: AnalysisPhase; readonly message: string } {
    const message = this.#message.trim();
    if (this.#terminating) return { phase: this.#worst ?? "Successful", message };
    if (!this.#everythingCompleted || this.#worst === undefined) return { phase: "Running", message: "" };
    return { phase: this.#worst, message };
  }

  parts(): Pick<AnalysisRunStatus, "metricResults" | "runSummary" | "dryRunSummary"> {
    const { metricResults } = this.#status;
    return {
      ...(metricResults === undefined ? {} : { metricResults }),
      runSummary: this.#summary,
      dryRunSummary: this.#drySummary,
    };
  }
}

/** A change of phase takes over what the newest measurement said. */
function withPhase(before: MetricResult, phase: AnalysisPhase): MetricResult {
  if (before.phase === phase) return before;
  const last = lastMeasurement(before);
  if (last === undefined) return { ...before, phase };
  const { message: _message, ...rest } = before;
  return { ...rest, phase, ...(last.message === undefined ? {} : { message: last.message }) };
}

function metricPhase(metric: AnalysisMetric, result: MetricResult, terminating: boolean): AnalysisPhase {
  if (isCompletedPhase(result.phase)) return result.phase;
  const last = lastMeasurement(result);
  if (last === undefined) return terminating ? "Successful" : "Pending";
  if (!isCompletedPhase(last.phase)) return "Running";
  const verdict = limitVerdict(metric, result);
  if (verdict !== undefined) return verdict.phase;
  const successLimit = intValue(metric.consecutiveSuccessLimit);
  if (successLimit > 0 && (result.consecutiveSuccess ?? 0) >= successLimit) return "Successful";
  const count = effectiveCount(metric);
  if (count !== undefined && (result.count ?? 0) >= count) {
    if (successLimit <= 0) return "Successful";
    return intValue(metric.failureLimit) >= 0 ? "Inconclusive" : "Failed";
  }
  return terminating ? "Successful" : "Running";
}

/** The limit that was passed, the last one of upstream's order when there are several. */
function limitVerdict(
  metric: AnalysisMetric,
  { failed = 0, inconclusive = 0, consecutiveError = 0 }: MetricResult,
): { readonly phase: AnalysisPhase; readonly message: string } | undefined {
  const errorLimit =
    metric.consecutiveErrorLimit === undefined ? defaultErrorLimit : intValue(metric.consecutiveErrorLimit);
  if (consecutiveError > errorLimit) {
    const message = `consecutiveErrors (${consecutiveError}) > consecutiveErrorLimit (${errorLimit})`;
    return { phase: "Error", message };
  }
  const inconclusiveLimit = intValue(metric.inconclusiveLimit);
  if (inconclusive > inconclusiveLimit) {
    const message = `inconclusive (${inconclusive}) > inconclusiveLimit (${inconclusiveLimit})`;
    return { phase: "Inconclusive", message };
  }
  const failureLimit = intValue(metric.failureLimit);
  if (failureLimit < 0 || failed <= failureLimit) return undefined;
  return { phase: "Failed", message: `failed (${failed}) > failureLimit (${failureLimit})` };
}

/** The status with at most as many measurements of each metric as its rule keeps; ten without a rule. */
export function trimMeasurements(
  status: AnalysisRunStatus,
  limits: ReadonlyMap<string, number>,
): AnalysisRunStatus {
  const { metricResults } = status;
  if (metricResults === undefined) return status;
  const trimmed = metricResults.map((result) => {
    const wanted = limits.get(result.name) ?? 0;
    const limit = wanted > 0 ? wanted : defaultRetention;
    const { measurements = [] } = result;
    return measurements.length > limit ? { ...result, measurements: measurements.slice(-limit) } : result;
  });
  return { ...status, metricResults: trimmed };
}

/** From best to worst; a failure is worse than an error. */
const order: readonly AnalysisPhase[] = [
  "Successful",
  "Running",
  "Pending",
  "Inconclusive",
  "Error",
  "Failed",
];

function badness(phase: AnalysisPhase): number {
  return order.indexOf(phase);
}

function summaryKey(phase: AnalysisPhase | undefined): keyof RunSummary {
  if (phase === "Error") return "error";
  if (phase === "Failed") return "failed";
  return phase === "Inconclusive" ? "inconclusive" : "successful";
}

function tally(summary: Record<string, number>, key: keyof RunSummary): void {
  summary[key] = (summary[key] ?? 0) + 1;
}
