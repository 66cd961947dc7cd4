// Takes one measurement of a metric by its provider. `web` and `prometheus` are measured here; what needs a cluster or
// an account elsewhere is inconclusive, with the reason, because nobody could know its result.
import { errorMessage } from "../../base/errors";
import { formatTime } from "../../base/time";
import type { AnalysisMetric } from "../../model/analysis";
import type { EnginePorts } from "../ports";
import type { Measured } from "./metric-assessment";
import { providerNames } from "./metric-check";
import type { MeasuredValue } from "./metric-http";
import { measurePrometheus, prometheusMetadata } from "./prometheus-metric";
import { measureWeb } from "./web-metric";

/** What measuring asks of its surroundings. */
export type MetricPorts = Pick<EnginePorts, "clock" | "effects">;

/** A text of this length is cut when it is recorded: it is shown to people and kept in a file. */
const maxValueLength = 32_768;

/** Takes a measurement; what goes wrong is an Error measurement. Throws only when the signal aborts. */
export async function measure(
  metric: AnalysisMetric,
  ports: MetricPorts,
  signal: AbortSignal,
): Promise<Measured> {
  const startedAt = formatTime(ports.clock.now());
  const unavailable = unavailableReason(metric);
  if (unavailable !== undefined) {
    const measurement = { phase: "Inconclusive", message: unavailable } as const;
    const finishedAt = formatTime(ports.clock.now());
    return { measurement: { ...measurement, startedAt, finishedAt }, unavailable: true };
  }
  const { prometheus } = metric.provider;
  const known = prometheus === undefined ? {} : { metadata: prometheusMetadata(prometheus) };
  try {
    const { phase, value, metadata = {} } = await measuredValue(metric, ports, signal);
    const finishedAt = formatTime(ports.clock.now());
    const extra = Object.keys(metadata).length === 0 ? {} : { metadata };
    return { ...known, measurement: { phase, startedAt, finishedAt, value: cut(value), ...extra } };
  } catch (error) {
    signal.throwIfAborted();
    const message = cut(errorMessage(error));
    const finishedAt = formatTime(ports.clock.now());
    return { ...known, measurement: { phase: "Error", message, startedAt, finishedAt } };
  }
}

function measuredValue(
  metric: AnalysisMetric,
  ports: MetricPorts,
  signal: AbortSignal,
): Promise<MeasuredValue> {
  const { web, prometheus } = metric.provider;
  const given = { ...ports, signal };
  if (prometheus !== undefined) return measurePrometheus(metric, prometheus, given);
  if (web !== undefined) return measureWeb(metric, web, given);
  return Promise.reject(new Error(`no valid provider in metric '${metric.name}'`));
}

function unavailableReason({ provider }: AnalysisMetric): string | undefined {
  const name = providerNames.find((candidate) => (provider[candidate] ?? null) !== null);
  if (name === "prometheus") {
    const { address = "", authentication } = provider.prometheus ?? {};
    const isSigned = address.includes("aps-workspaces") && authentication?.sigv4 !== undefined;
    return isSigned ? "Signing requests for Amazon Managed Prometheus needs a connected cluster." : undefined;
  }
  if (name === "web" || name === undefined) return undefined;
  const label = name === "plugin" ? `plugin ${Object.keys(provider.plugin ?? {})[0]}` : name;
  return `Metrics of the provider ${label} are measured by a connected cluster, and there is none.`;
}

function cut(text: string): string {
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength)}…`;
}
