// What must be right about an AnalysisRun before anything is measured (Argo Rollouts utils/analysis/factory.go and
// helpers.go): its metrics, and the rules that pick metrics by pattern. Kubernetes checks the shapes.
import { durationProblem } from "../../base/duration";
import type { AnalysisMetric, DryRun, IntOrString, MeasurementRetention } from "../../model/analysis";
import { parseRegex } from "../patterns";

/** The number, 0 when it is absent or is none, as Kubernetes reads an IntOrString. */
export function intValue(value: IntOrString | undefined): number {
  if (typeof value === "number") return Math.trunc(value);
  return value !== undefined && /^[+-]?\d+$/.test(value) ? Number(value) : 0;
}

/** How many measurements a metric is to have; undefined when it goes on until it is stopped. */
export function effectiveCount({ count, interval = "" }: AnalysisMetric): number | undefined {
  const number = intValue(count);
  if (number !== 0) return number;
  return interval === "" ? 1 : undefined;
}

/** Why the metrics cannot be measured; undefined when they can. */
export function metricsProblem(metrics: readonly AnalysisMetric[]): string | undefined {
  if (metrics.length === 0) return "no metrics specified";
  const names = new Set<string>();
  for (const [i, metric] of metrics.entries()) {
    if (names.has(metric.name)) return `metrics[${i}]: duplicate name '${metric.name}'`;
    names.add(metric.name);
    const problem = limitProblem(metric) ?? timingProblem(metric) ?? providerProblem(metric);
    if (problem !== undefined) return `metrics[${i}]: ${problem}`;
  }
  return undefined;
}

function limitProblem(metric: AnalysisMetric): string | undefined {
  const count = intValue(metric.count);
  const failures = intValue(metric.failureLimit);
  const successes = intValue(metric.consecutiveSuccessLimit);
  const inconclusive = intValue(metric.inconclusiveLimit);
  if (successes < 0) return "consecutiveSuccessLimit must be >= 0";
  if (failures < -1) return "failureLimit must be >= 0, or -1 to be disabled";
  if (successes === 0 && failures === -1) {
    return "failureLimit and consecutiveSuccessLimit cannot both be disabled";
  }
  if (inconclusive < 0) return "inconclusiveLimit must be >= 0";
  if (intValue(metric.consecutiveErrorLimit) < 0) return "consecutiveErrorLimit must be >= 0";
  if (count <= 0) return undefined;
  if (failures >= 0 && count < failures + successes) {
    return `count (${count}) must be >= failureLimit + consecutiveSuccessLimit (${failures} + ${successes}) if both >= 0`;
  }
  if (failures < 0 && count < successes) return "count must be >= consecutiveSuccessLimit";
  return count < inconclusive ? "count must be >= inconclusiveLimit" : undefined;
}

function timingProblem({ count, interval = "", initialDelay = "" }: AnalysisMetric): string | undefined {
  if (intValue(count) > 1 && interval === "") return "interval must be specified when count > 1";
  const intervalProblem = interval === "" ? undefined : durationProblem(interval);
  if (intervalProblem !== undefined) return `invalid interval string: ${intervalProblem}`;
  const delayProblem = initialDelay === "" ? undefined : durationProblem(initialDelay);
  return delayProblem === undefined ? undefined : `invalid startDelay string: ${delayProblem}`;
}

/** Argo Rollouts' providers; an unknown one does not exist for it. */
export const providerNames = [
  "prometheus",
  "job",
  "kayenta",
  "web",
  "datadog",
  "wavefront",
  "newRelic",
  "graphite",
  "cloudWatch",
  "influxdb",
  "skywalking",
  "plugin",
] as const;

function providerProblem({ provider }: AnalysisMetric): string | undefined {
  const given = providerNames.filter((name) => (provider?.[name] ?? null) !== null);
  const plugins = Object.keys(provider?.plugin ?? {}).length;
  const count = given.filter((name) => name !== "plugin").length + plugins;
  if (count === 0) return "no provider specified";
  return count > 1 ? "multiple providers specified" : undefined;
}

/** The names of the metrics that are only tried. Throws an Error for a rule that matches none. */
export function dryRunMetrics(
  rules: readonly DryRun[],
  metrics: readonly AnalysisMetric[],
): ReadonlySet<string> {
  return new Set(rules.flatMap(({ metricName }, i) => matching("dryRun", i, metricName, metrics)));
}

/** How many measurements are kept, by metric. Throws an Error for a rule that matches none. */
export function retentionLimits(
  rules: readonly MeasurementRetention[],
  metrics: readonly AnalysisMetric[],
): ReadonlyMap<string, number> {
  return new Map(
    rules.flatMap(({ metricName, limit }, i) =>
      matching("measurementRetention", i, metricName, metrics).map((name) => [name, limit] as const),
    ),
  );
}

/** A pattern that is none matches nothing, as upstream. */
function matching(
  list: string,
  index: number,
  pattern: string,
  metrics: readonly AnalysisMetric[],
): string[] {
  const { matches } = parseRegex(pattern);
  const names = metrics.map(({ name }) => name).filter((name) => matches?.(name) === true);
  if (names.length === 0) throw new Error(`${list}[${index}]: Rule didn't match any metric name(s)`);
  return names;
}
