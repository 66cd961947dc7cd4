// How healthy a Stage is: asks a checker for every criterion the last Promotion left and takes the worst answer
// (pkg/controller/stages assessHealth, pkg/health/aggregating_checker.go). Knows no kind of check itself.
import type { JsonValue } from "../../base/json";
import { setCondition } from "../../model/conditions";
import type { HealthCheckStep, Stage, StageHealth, StageStatus } from "../../model/resources";

/** The states a check may find, from best to worst. */
export const healthStates = ["Healthy", "NotApplicable", "Progressing", "Unknown", "Unhealthy"] as const;

/** One of the health states. */
export type HealthState = (typeof healthStates)[number];

/** What one check found. */
export interface HealthResult {
  readonly status: HealthState;
  readonly issues?: readonly string[];
  readonly output?: JsonValue;
}

/** Judges one kind of criterion. Never throws: what it cannot find out is Unknown, with an issue. */
export type HealthChecker = (
  criterion: HealthCheckStep,
  place: { readonly project: string; readonly stage: string; readonly signal: AbortSignal },
) => Promise<HealthResult>;

/** Checkers by the kind that criteria name in `uses`. */
export type HealthCheckers = Readonly<Record<string, HealthChecker>>;

/** The Stage's status with its health judged anew. */
export async function assessHealth(
  stage: Stage,
  checkers: HealthCheckers,
  now: Date,
  signal: AbortSignal,
): Promise<StageStatus> {
  const status = stage.status ?? {};
  const last = status.lastPromotion;
  if (status.currentPromotion !== undefined) {
    return unknownHealth(stage, "ActivePromotion", "Stage has a Promotion in progress", now, [
      "Cannot assess health because a Promotion is currently in progress",
    ]);
  }
  if (last === undefined) return unknownHealth(stage, "NoFreight", "Stage has no current Freight", now);
  if (last.status?.phase !== "Succeeded") {
    const text = "Cannot assess health because last Promotion did not succeed";
    return unknownHealth(stage, `LastPromotion${last.status?.phase ?? ""}`, text, now, [text]);
  }
  const criteria = last.status.healthChecks ?? [];
  const health = await checkAll(stage, criteria, checkers, signal);
  const conditions = setCondition(
    status.conditions,
    {
      type: "Healthy",
      status: health.status === "Healthy" ? "True" : health.status === "Unhealthy" ? "False" : "Unknown",
      reason: health.status ?? "",
      message: healthMessage(health, criteria.length),
      observedGeneration: stage.metadata.generation,
    },
    now,
  );
  return { ...status, health, conditions };
}

function healthMessage({ status, issues = [] }: StageHealth, checks: number): string {
  if (status === "Healthy") return `Stage is healthy (performed ${checks} health checks)`;
  if (status === "Unhealthy") {
    return `Stage is unhealthy (${issues.length} issues in ${checks} health checks)`;
  }
  return "";
}

function unknownHealth(
  stage: Stage,
  reason: string,
  message: string,
  now: Date,
  issues?: readonly string[],
): StageStatus {
  const { health: _, ...status } = stage.status ?? {};
  const condition = {
    type: "Healthy",
    status: "Unknown" as const,
    reason,
    message,
    observedGeneration: stage.metadata.generation,
  };
  const conditions = setCondition(status.conditions, condition, now);
  return {
    ...status,
    conditions,
    ...(issues === undefined ? {} : { health: { status: "Unknown", issues } }),
  };
}

async function checkAll(
  stage: Stage,
  criteria: readonly HealthCheckStep[],
  checkers: HealthCheckers,
  signal: AbortSignal,
): Promise<StageHealth> {
  let status: HealthState = "Healthy";
  const issues: string[] = [];
  const output: JsonValue[] = [];
  for (const criterion of criteria) {
    const result = await check(stage, criterion, checkers, signal);
    status = worse(status, result.status);
    issues.push(...(result.issues ?? []));
    if (result.output !== undefined) output.push(result.output);
  }
  return {
    status,
    ...(issues.length === 0 ? {} : { issues }),
    ...(output.length === 0 ? {} : { output }),
  };
}

async function check(
  stage: Stage,
  criterion: HealthCheckStep,
  checkers: HealthCheckers,
  signal: AbortSignal,
): Promise<HealthResult> {
  if (!Object.hasOwn(checkers, criterion.uses)) {
    const kind = JSON.stringify(criterion.uses);
    return { status: "Unknown", issues: [`no health checker registered for health check kind ${kind}`] };
  }
  const place = { project: stage.metadata.namespace ?? "", stage: stage.metadata.name, signal };
  return (checkers[criterion.uses] as HealthChecker)(criterion, place);
}

function worse(a: HealthState, b: HealthState): HealthState {
  return healthStates.indexOf(a) > healthStates.indexOf(b) ? a : b;
}
