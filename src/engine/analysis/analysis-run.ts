// One pass over an AnalysisRun: measures what is due, writes every measurement down as it is taken, and says how the run
// stands (Argo Rollouts analysis/analysis.go). Who passes when is reconcile/stage-driver.ts.
import { errorMessage } from "../../base/errors";
import { type AnalysisMetric, type AnalysisRunStatus, isCompletedPhase } from "../../model/analysis";
import type { AnalysisRun, ResourceRef } from "../../model/resources";
import { type EnginePorts, StoreError } from "../ports";
import type { SecretMask } from "../promotion/secret-mask";
import { resolveMetric } from "./metric-args";
import { assessRun, type Measured, trimMeasurements, withMeasurement } from "./metric-assessment";
import { dryRunMetrics, metricsProblem, retentionLimits } from "./metric-check";
import { measure } from "./metric-provider";
import { dueMetrics, nextTime } from "./metric-schedule";
import { argsWithoutSecrets, argsWithSecrets, withoutSecrets } from "./secret-args";

/** What a pass asks of its surroundings. */
export interface AnalysisPorts extends Pick<EnginePorts, "store" | "clock" | "log" | "secrets" | "effects"> {
  /** Takes a measurement; by the metric's provider when absent. */
  readonly measure?: typeof measure | undefined;
}

/** How a pass left the run. */
export interface AnalysisPass {
  /** The phase is another one than before the pass. */
  readonly changed: boolean;
  /** When the run is due again, in milliseconds since the epoch; never by itself when absent. */
  readonly nextAtMs?: number;
}

/** What a run says once its arguments are filled in. */
interface Plan {
  readonly metrics: readonly AnalysisMetric[];
  readonly dryRun: ReadonlySet<string>;
  readonly retention: ReadonlyMap<string, number>;
}

/**
 * Passes over a run once. A measurement is durable before the run goes on, so a killed process repeats at most what was
 * in flight. Rejects when the signal aborts; nothing is recorded then of what was in flight.
 */
export async function passAnalysisRun(
  ports: AnalysisPorts,
  ref: ResourceRef<"AnalysisRun">,
  signal: AbortSignal,
): Promise<AnalysisPass> {
  const run = await ports.store.get("AnalysisRun", ref);
  if (run === undefined || isCompletedPhase(run.status?.phase)) return { changed: false };
  try {
    return await new Pass(ports, ref, run).run(signal);
  } catch (error) {
    // Whoever deleted the run meanwhile does not want to know how it ended.
    if (error instanceof StoreError && error.code === "notFound") return { changed: false };
    throw error;
  }
}

class Pass {
  readonly #ports: AnalysisPorts;
  readonly #ref: ResourceRef<"AnalysisRun">;
  readonly #run: AnalysisRun;
  readonly #finishedMs = new Map<string, number>();

  constructor(ports: AnalysisPorts, ref: ResourceRef<"AnalysisRun">, run: AnalysisRun) {
    this.#ports = ports;
    this.#ref = ref;
    this.#run = run;
  }

  async run(signal: AbortSignal): Promise<AnalysisPass> {
    let plan: Plan;
    try {
      plan = planOf(this.#run);
      await this.#measure(plan, signal);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      return this.#end(error.message);
    }
    let nextAtMs: number | undefined;
    const run = await this.#update((current) => {
      const assessed = assessRun(current, plan.metrics, plan.dryRun, this.#ports.clock.now());
      const status = trimMeasurements(assessed, plan.retention);
      nextAtMs = isCompletedPhase(status.phase)
        ? undefined
        : nextTime(status, plan.metrics, this.#finishedMs);
      return status;
    });
    const changed = run.status?.phase !== this.#run.status?.phase;
    return { changed, ...(nextAtMs === undefined ? {} : { nextAtMs }) };
  }

  /** Everything that is due, at the same time. */
  async #measure(plan: Plan, signal: AbortSignal): Promise<void> {
    const { metrics: written } = this.#run.spec;
    const due = new Set(dueMetrics(this.#run, plan.metrics, this.#ports.clock.now().getTime()));
    const unresolved = (error: unknown) =>
      new RunError(`Unable to resolve metric arguments: ${errorMessage(error)}`);
    const secret = await argsWithSecrets(this.#ports, this.#run).catch((error) => {
      throw unresolved(error);
    });
    const metrics = written
      .filter((_metric, i) => due.has(plan.metrics[i]?.name ?? ""))
      .map((metric) => {
        try {
          return resolveMetric(metric, secret.args);
        } catch (error) {
          throw unresolved(error);
        }
      });
    const outcomes = await Promise.allSettled(
      metrics.map((metric) => this.#measureOne(metric, plan, secret.mask, signal)),
    );
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  #take(metric: AnalysisMetric, signal: AbortSignal): Promise<Measured> {
    return (this.#ports.measure ?? measure)(metric, this.#ports, signal);
  }

  async #measureOne(
    metric: AnalysisMetric,
    { dryRun }: Plan,
    mask: SecretMask,
    signal: AbortSignal,
  ): Promise<void> {
    const measured = withoutSecrets(await this.#take(metric, signal), mask);
    signal.throwIfAborted();
    this.#finishedMs.set(metric.name, this.#ports.clock.now().getTime());
    await this.#update((current) =>
      withMeasurement(current.status ?? {}, metric.name, measured, dryRun.has(metric.name)),
    );
  }

  /** A run that makes no sense ends at once; upstream gives it no time of completion. */
  async #end(message: string): Promise<AnalysisPass> {
    this.#ports.log.warn(`AnalysisRun ${this.#ref.name}: ${message}`);
    await this.#update(({ status }) => ({ ...status, phase: "Error", message }));
    return { changed: true };
  }

  #update(change: (run: AnalysisRun) => AnalysisRunStatus): Promise<AnalysisRun> {
    return this.#ports.store.update<"AnalysisRun">(this.#ref, (run) => ({ ...run, status: change(run) }));
  }
}

/** Ends the whole run. */
class RunError extends Error {}

function planOf({ spec }: AnalysisRun): Plan {
  const args = argsWithoutSecrets(spec.args ?? []);
  let metrics: readonly AnalysisMetric[];
  try {
    metrics = spec.metrics.map((metric) => resolveMetric(metric, args));
  } catch (error) {
    throw new RunError(`Unable to resolve metric arguments: ${errorMessage(error)}`);
  }
  try {
    const problem = metricsProblem(metrics);
    if (problem !== undefined) throw new Error(problem);
    const dryRun = dryRunMetrics(spec.dryRun ?? [], metrics);
    return { metrics, dryRun, retention: retentionLimits(spec.measurementRetention ?? [], metrics) };
  } catch (error) {
    throw new RunError(`Analysis spec invalid: ${errorMessage(error)}`);
  }
}
