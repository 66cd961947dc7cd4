// Judges the criteria `argocd-update` leaves: are the Applications synced to what was promoted, and healthy?
// (pkg/health/checker/builtin/argocd.go). Starts no sync.
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { isObject, type JsonObject, type JsonValue } from "../../base/json";
import type { ArgoCdPort } from "../promotion/step";
import {
  type Application,
  errorConditionsOf,
  getApplication,
  isHealthStale,
  requestRefresh,
  shownAs,
} from "../steps/argocd-application";
import { type HealthChecker, type HealthResult, type HealthState, healthStates } from "./stage-health";

interface AppCriterion {
  readonly name: string;
  readonly namespace: string;
  readonly desiredRevisions: readonly string[];
}

interface Judgement {
  readonly state: HealthState;
  readonly issues: readonly string[];
}

const healthy: Judgement = { state: "Healthy", issues: [] };

/** The checker of kind `argocd-update`. Without Argo CD nothing is known. */
export function argocdHealth(argocd: ArgoCdPort | undefined): HealthChecker {
  return async ({ config }) => {
    if (argocd === undefined) {
      const issue =
        "Argo CD integration is disabled on this controller; cannot assess the health or sync status of Argo CD Applications";
      return { status: "Unknown", issues: [issue] };
    }
    let status: HealthState = "Healthy";
    const issues: string[] = [];
    const applicationStatuses: JsonValue[] = [];
    for (const criterion of toCriteria(config, argocd.defaultNamespace)) {
      const judged = await judge(argocd, criterion);
      if (healthStates.indexOf(judged.state) > healthStates.indexOf(status)) status = judged.state;
      issues.push(...judged.issues);
      applicationStatuses.push({ Namespace: criterion.namespace, Name: criterion.name, ...judged.status });
    }
    return { status, issues, output: { applicationStatuses } } satisfies HealthResult;
  };
}

async function judge(
  argocd: ArgoCdPort,
  { namespace, name, desiredRevisions }: AppCriterion,
): Promise<Judgement & { readonly status: JsonObject }> {
  let app: Application;
  try {
    app = await getApplication(argocd, namespace, name);
  } catch (error) {
    const status = { health: { status: "Unknown" }, sync: { status: "Unknown" } };
    return { state: "Unknown", issues: [errorMessage(error)], status };
  }
  const status = steadyStatus(app);
  if (isHealthStale(app)) {
    await requestRefresh(argocd, app);
    const late = "was not reconciled after its most recent operation completed";
    const issue = `${shownAs(app)} ${late}; Application health status not trusted`;
    return { state: "Unknown", issues: [issue], status };
  }
  const conditions = errorConditionsOf(app);
  if (conditions.length > 0) return { state: "Unhealthy", issues: conditions, status };
  const sync = syncJudgement(app, desiredRevisions);
  return { ...(sync.issues.length > 0 ? sync : healthJudgement(app)), status };
}

function syncJudgement(app: Application, desired: readonly string[]): Judgement {
  if (desired.every((revision) => revision === "")) return healthy;
  const { sources, operationState, sync, name, namespace } = app;
  if (app.isSyncRequested || operationState === undefined || operationState.finishedAt === "") {
    return unknown(`${shownAs(app)} is being synced`);
  }
  if (sources.length !== desired.length) {
    return unknown(`${shownAs(app)} has ${sources.length} sources but ${desired.length} desired revisions`);
  }
  const observed = sync.revisions.length > 0 ? sync.revisions : [sync.revision];
  if (observed.length !== desired.length) {
    return unknown(
      `${shownAs(app)} has ${observed.length} observed revisions but ${desired.length} desired revisions`,
    );
  }
  const place = `Application ${goQuote(name)} in namespace ${goQuote(namespace)}`;
  const issues = desired.flatMap((wanted, i) =>
    wanted === "" || wanted === observed[i]
      ? []
      : [
          `Source ${i} with RepoURL ${sources[i]?.repoURL} of ${place} does not match the desired revision ${goQuote(wanted)}.`,
        ],
  );
  if (issues.length === 0) return healthy;
  const intro = `Not all sources of ${place} are synced to the desired revisions.`;
  return { state: "Unhealthy", issues: [`${intro} Issues: ${issues.join("; ")}`] };
}

function healthJudgement(app: Application): Judgement {
  const { health } = app;
  if (health === "Healthy") return healthy;
  if (health === "Progressing" || health === "") {
    return { state: "Progressing", issues: [`${shownAs(app)} is progressing`] };
  }
  if (health === "Suspended") return { state: "Progressing", issues: [`${shownAs(app)} is suspended`] };
  return { state: "Unhealthy", issues: [`${shownAs(app)} has health state ${goQuote(health)}`] };
}

function unknown(issue: string): Judgement {
  return { state: "Unknown", issues: [issue] };
}

/** The Application's status without what Argo CD changes at every look; it would change the Stage each time. */
function steadyStatus({ raw }: Application): JsonObject {
  const status = isObject(raw.status) ? (raw.status as JsonObject) : {};
  const { reconciledAt: _, conditions, health = {}, sync = { status: "" }, operationState } = status;
  const steady = Array.isArray(conditions)
    ? conditions.map((condition) => {
        const { lastTransitionTime: __, ...rest } = condition as JsonObject;
        return rest;
      })
    : undefined;
  return {
    health,
    sync,
    ...(steady !== undefined && steady.length > 0 && { conditions: steady }),
    ...(operationState !== undefined && operationState !== null && { operationState }),
  };
}

function toCriteria(config: unknown, defaultNamespace: string): AppCriterion[] {
  const apps = isObject(config) && Array.isArray(config.apps) ? config.apps : [];
  return apps.filter(isObject).map(({ name, namespace, desiredRevisions }) => ({
    name: String(name ?? ""),
    namespace: typeof namespace === "string" && namespace !== "" ? namespace : defaultNamespace,
    desiredRevisions: Array.isArray(desiredRevisions) ? desiredRevisions.map(String) : [],
  }));
}
