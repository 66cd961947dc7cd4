// AnalysisTemplates and AnalysisRuns of Argo Rollouts as TypeScript types, as far as Kargo carries them
// (api/stubs/rollouts/v1alpha1/analysis_types.go). Types and tiny accessors only; what a run does is engine/analysis.
import type { JsonValue } from "../base/json";

/** API group and version of Argo Rollouts' resources. */
export const argoApiVersion = "argoproj.io/v1alpha1";

/** Phases of runs, metrics and measurements; the last four are final. */
export type AnalysisPhase = "Pending" | "Running" | "Successful" | "Failed" | "Error" | "Inconclusive";

/** A whole number, or text that is one once arguments are filled in. */
export type IntOrString = number | string;

/** A header of a request. */
export interface AnalysisHeader {
  readonly key: string;
  readonly value: string;
}

/** How a client proves who it is. */
export interface AnalysisAuthentication {
  readonly oauth2?: {
    readonly tokenUrl?: string;
    readonly clientId?: string;
    readonly clientSecret?: string;
    readonly scopes?: readonly string[];
  };
  readonly sigv4?: { readonly region?: string; readonly profile?: string; readonly roleArn?: string };
}

/** Sends an HTTP request. */
export interface WebMetric {
  readonly url: string;
  /** GET when absent. */
  readonly method?: string;
  readonly headers?: readonly AnalysisHeader[];
  readonly body?: string;
  readonly jsonBody?: JsonValue;
  /** Seconds; 10 when absent or not positive. */
  readonly timeoutSeconds?: number;
  /** Template in the manner of kubectl's `-o jsonpath`; `{$}` when absent. */
  readonly jsonPath?: string;
  readonly insecure?: boolean;
  readonly authentication?: AnalysisAuthentication;
}

/** Asks Prometheus. */
export interface PrometheusMetric {
  readonly address?: string;
  readonly query?: string;
  /** Seconds; 30 when absent. */
  readonly timeout?: number;
  readonly insecure?: boolean;
  readonly headers?: readonly AnalysisHeader[];
  /** `start` and `end` are expressions that give a time, `step` a Go duration. */
  readonly rangeQuery?: { readonly start?: string; readonly end?: string; readonly step?: string };
  readonly authentication?: AnalysisAuthentication;
}

/** Where a measurement comes from: an object with exactly one member. */
export interface MetricProvider {
  readonly web?: WebMetric;
  readonly prometheus?: PrometheusMetric;
  readonly [other: string]: unknown;
}

/** One measurement and how it is judged. */
export interface AnalysisMetric {
  readonly name: string;
  readonly interval?: string;
  readonly initialDelay?: string;
  readonly count?: IntOrString;
  readonly successCondition?: string;
  readonly failureCondition?: string;
  readonly failureLimit?: IntOrString;
  readonly inconclusiveLimit?: IntOrString;
  readonly consecutiveErrorLimit?: IntOrString;
  readonly consecutiveSuccessLimit?: IntOrString;
  readonly provider: MetricProvider;
}

/** An argument of a template or a run. */
export interface AnalysisArgument {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

/** Metrics, by a pattern of their names, whose result does not count. */
export interface DryRun {
  readonly metricName: string;
}

/** How many measurements are kept of the metrics whose names match. */
export interface MeasurementRetention {
  readonly metricName: string;
  readonly limit: number;
}

/** What a template says. */
export interface AnalysisTemplateSpec {
  readonly metrics?: readonly AnalysisMetric[];
  readonly args?: readonly AnalysisArgument[];
  readonly dryRun?: readonly DryRun[];
  readonly measurementRetention?: readonly MeasurementRetention[];
}

/** What a run is to do. */
export interface AnalysisRunSpec {
  readonly metrics: readonly AnalysisMetric[];
  readonly args?: readonly AnalysisArgument[];
  readonly terminate?: boolean;
  readonly dryRun?: readonly DryRun[];
  readonly measurementRetention?: readonly MeasurementRetention[];
}

/** One measurement that was taken. */
export interface Measurement {
  readonly phase: AnalysisPhase;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly value?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How a metric stands. */
export interface MetricResult {
  readonly name: string;
  readonly phase: AnalysisPhase;
  readonly measurements?: readonly Measurement[];
  readonly message?: string;
  readonly count?: number;
  readonly successful?: number;
  readonly failed?: number;
  readonly inconclusive?: number;
  readonly error?: number;
  readonly consecutiveError?: number;
  readonly dryRun?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly consecutiveSuccess?: number;
}

/** How many metrics there are and what they came to. */
export interface RunSummary {
  readonly count?: number;
  readonly successful?: number;
  readonly failed?: number;
  readonly inconclusive?: number;
  readonly error?: number;
}

/** How a run stands. `phase` is absent before anything was measured. */
export interface AnalysisRunStatus {
  readonly phase?: AnalysisPhase;
  readonly message?: string;
  readonly metricResults?: readonly MetricResult[];
  readonly startedAt?: string;
  readonly runSummary?: RunSummary;
  readonly dryRunSummary?: RunSummary;
  readonly completedAt?: string;
}

/** True when the phase is one that a run, a metric or a measurement never leaves. */
export function isCompletedPhase(phase: AnalysisPhase | undefined): boolean {
  return phase === "Successful" || phase === "Failed" || phase === "Error" || phase === "Inconclusive";
}
