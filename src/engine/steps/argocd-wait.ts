// Step `argocd-wait`: waits until Argo CD Applications are healthy, synced and at rest, or what else is asked for.
// Changes nothing but to ask Argo CD to look again.
import { errorMessage, isAbortError } from "../../base/errors";
import { isObject } from "../../base/json";
import {
  type ArgoCdPort,
  type StepContext,
  StepError,
  type StepResult,
  type StepRunner,
} from "../promotion/step";
import {
  type Application,
  type AppQuery,
  errorConditionsOf,
  findApplications,
  isHealthStale,
  requestRefresh,
  shownAs,
} from "./argocd-application";
import { missingArgoCd } from "./argocd-missing";
import { errored } from "./step-failure";

/** Configuration of `argocd-wait`. */
export interface ArgoCdWaitConfig {
  readonly apps: readonly (AppQuery & { readonly waitFor?: readonly WaitFor[] })[];
}

/** What may be waited for. Of health, suspended and degraded one is enough. */
export type WaitFor = "health" | "sync" | "operation" | "suspended" | "degraded";

const defaultWaitFor: readonly WaitFor[] = ["health", "sync", "operation"];
const healthFor: Partial<Record<WaitFor, string>> = {
  health: "Healthy",
  suspended: "Suspended",
  degraded: "Degraded",
};

/** Runs `argocd-wait` (pkg/promotion/runner/builtin/argocd_waiter.go). */
export const argocdWait: StepRunner<"argocd-wait", ArgoCdWaitConfig, "argocd"> = {
  kind: "argocd-wait",
  needs: ["argocd"],
  defaultTimeoutMs: 5 * 60_000,
  resumable: true,
  async run(context, { apps }): Promise<StepResult> {
    const { client } = context.argocd;
    if (client === undefined) return missingArgoCd(context.argocd.whenMissing, "wait for");
    const before = healthBefore(context);
    const healthStatus: Record<string, string> = { ...before };
    let isReady = true;
    for (const { waitFor = [], ...query } of apps) {
      for (const app of await find(context, client, query)) {
        const key = `${app.namespace}/${app.name}`;
        if (app.health !== "") healthStatus[key] = app.health;
        const wanted = waitFor.length > 0 ? waitFor : defaultWaitFor;
        const problem = problemOf(app, wanted, before[key] ?? "");
        if (problem !== undefined) {
          throw new StepError("Errored", problem, { terminal: true, output: { healthStatus } });
        }
        if (!(await isAppReady(context, client, app, wanted))) isReady = false;
      }
    }
    return { status: isReady ? "Succeeded" : "Running", output: { healthStatus } };
  },
};

async function find(
  { signal }: StepContext,
  argocd: ArgoCdPort,
  query: AppQuery,
): Promise<readonly Application[]> {
  try {
    return await findApplications(argocd, query);
  } catch (error) {
    if (isAbortError(error)) throw error;
    signal.throwIfAborted();
    throw errored(errorMessage(error));
  }
}

/** Why waiting on is of no use; undefined when it may be. */
function problemOf(app: Application, waitFor: readonly WaitFor[], before: string): string | undefined {
  const conditions = errorConditionsOf(app);
  if (conditions.length > 0) return conditions.join("\n");
  if (isBusy(app, waitFor) || (looksAtHealth(waitFor) && isHealthStale(app))) return undefined;
  const isWorse = app.health === "Degraded" && !["", "Degraded", "Unknown"].includes(before);
  if (!waitFor.includes("health") || !isWorse) return undefined;
  return `${shownAs(app)} health has regressed from ${before} to ${app.health}`;
}

async function isAppReady(
  { log }: StepContext,
  argocd: ArgoCdPort,
  app: Application,
  waitFor: readonly WaitFor[],
): Promise<boolean> {
  if (isBusy(app, waitFor)) return false;
  if (looksAtHealth(waitFor)) {
    // Argo CD judges health in a loop of its own, so right after a sync it still speaks of the time before.
    if (isHealthStale(app)) {
      await requestRefresh(argocd, app, log);
      return false;
    }
    if (!waitFor.some((one) => healthFor[one] === app.health)) return false;
  }
  return !waitFor.includes("sync") || app.sync.status === "Synced";
}

function looksAtHealth(waitFor: readonly WaitFor[]): boolean {
  return waitFor.some((one) => healthFor[one] !== undefined);
}

function isBusy({ isOperationRequested, operationState }: Application, waitFor: readonly WaitFor[]): boolean {
  if (!waitFor.includes("operation")) return false;
  return isOperationRequested || operationState?.finishedAt === "";
}

/** What the step saw when it was run before. */
function healthBefore({ state, alias }: StepContext): Readonly<Record<string, string>> {
  const output = state[alias];
  const known = isObject(output) ? output.healthStatus : undefined;
  if (!isObject(known)) return {};
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
