// Step `argocd-update`: changes sources of Argo CD Applications, starts a sync and waits for its end.
// Judges no health; the criterion it leaves does, by engine/reconcile/argocd-health.ts.
import { setTimeout as delay } from "node:timers/promises";
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { isObject, type JsonValue } from "../../base/json";
import {
  type ArgoCdPort,
  type Capabilities,
  type StepContext,
  StepError,
  type StepResult,
  type StepRunner,
} from "../promotion/step";
import {
  type Application,
  type AppSource,
  getApplication,
  hardRefresh,
  listApplications,
  shownAs,
} from "./argocd-application";
import { missingArgoCd } from "./argocd-missing";
import { mergePatch, overlay } from "./argocd-patch";
import { type ArgoCdAppUpdate, desiredRevisions, desiredSources, encodeSource } from "./argocd-sources";
import { errored, panicked } from "./step-failure";

/** Configuration of `argocd-update`. */
export interface ArgoCdUpdateConfig {
  readonly apps: readonly ArgoCdAppUpdate[];
}

type Context = StepContext & Pick<Capabilities, "argocd" | "effects">;

const authorizedStage = "kargo.akuity.io/authorized-stage";
const promotionInfo = "kargo.akuity.io/promotion";
const initiator = "kargo-controller";
const maxReported = 3;
const conflictTries = 5;
const completed = ["Succeeded", "Failed", "Error"];
/** From worst to best (pkg/argocd/sort.go). */
const phaseOrder = ["Failed", "Error", "Running", "Terminating", "Succeeded"];

/** Runs `argocd-update` (pkg/promotion/runner/builtin/argocd_updater.go). */
export const argocdUpdate: StepRunner<"argocd-update", ArgoCdUpdateConfig, "argocd" | "effects"> = {
  kind: "argocd-update",
  needs: ["argocd", "effects"],
  defaultTimeoutMs: 5 * 60_000,
  resumable: true,
  async run(context, { apps }): Promise<StepResult> {
    const { client } = context.argocd;
    if (client === undefined) return missingArgoCd(context.argocd.whenMissing, "update");
    try {
      return await new Update(context, client).run(apps);
    } catch (error) {
      if (isAbortError(error) || error instanceof StepError) throw error;
      context.signal.throwIfAborted();
      throw errored(errorMessage(error));
    }
  },
};

class Update {
  readonly #context: Context;
  readonly #argocd: ArgoCdPort;

  constructor(context: Context, argocd: ArgoCdPort) {
    this.#context = context;
    this.#argocd = argocd;
  }

  async run(updates: readonly ArgoCdAppUpdate[]): Promise<StepResult> {
    const phases: string[] = [];
    const criteria: JsonValue[] = [];
    for (const update of updates) {
      const apps = await this.#authorizedApps(update);
      checkApplicable(update, apps);
      for (const app of apps) {
        const { name, namespace } = app;
        const revisions = desiredRevisions(update, app);
        criteria.push({ name, namespace, ...(revisions.length > 0 && { desiredRevisions: revisions }) });
        const phase = await this.#process(update, app);
        if (phase !== "") phases.push(phase);
      }
    }
    const status = statusOf(phases);
    if (status === undefined) {
      const shown = `[${phases.join(" ")}]`;
      throw new Error(`could not determine promotion step status from operation phases: ${shown}`);
    }
    return { status, healthCheck: { uses: "argocd-update", config: { apps: criteria } } };
  }

  async #authorizedApps(update: ArgoCdAppUpdate): Promise<readonly Application[]> {
    const namespace = update.namespace || this.#argocd.defaultNamespace;
    const { selector, name = "" } = update;
    const apps =
      selector === undefined
        ? [await getApplication(this.#argocd, namespace, name)]
        : await listApplications(this.#argocd, namespace, selector);
    const { project, stage, log } = this.#context;
    const allowed = apps.filter((app) => {
      const isAllowed = isAuthorized(app.annotations[authorizedStage], project, stage);
      if (!isAllowed)
        log.info(`${shownAs(app)} does not permit mutation by Stage ${project}:${stage}; skipped`);
      return isAllowed;
    });
    if (allowed.length > 0) return allowed;
    const place = `in namespace ${goQuote(namespace)}`;
    if (selector === undefined) {
      throw new Error(`Argo CD Application ${goQuote(name)} ${place} is not authorized`);
    }
    if (apps.length === 0) throw new Error(`no Argo CD Applications found matching selector ${place}`);
    throw new Error(
      `found ${apps.length} Application(s) matching selector ${place}, but none are authorized for Stage ${project}:${stage}`,
    );
  }

  /** The phase of the Application's operation; starts one unless it is this Promotion's own or somebody's at work. */
  async #process(update: ArgoCdAppUpdate, app: Application): Promise<string> {
    const phase = settledPhase(update, app, this.#context.promotion);
    if (phase === undefined) {
      await this.#sync(update, app);
      return "Running";
    }
    if (phase === "Failed" || phase === "Error") {
      throw new Error(`${shownAs(app)} failed with: ${app.operationState?.message ?? ""}`);
    }
    return phase;
  }

  async #sync(update: ArgoCdAppUpdate, app: Application): Promise<void> {
    const { effects, signal } = this.#context;
    let sources: readonly AppSource[];
    try {
      sources = desiredSources(update, app);
    } catch (error) {
      throw new Error(`error building desired sources for ${shownAs(app)}: ${errorMessage(error)}`);
    }
    const effect = {
      kind: "argocd.sync",
      target: `${app.namespace}/${app.name}`,
      summary: `Sync the Argo CD Application ${app.name}.`,
    } as const;
    try {
      await effects.perform(effect, () => this.#patch(app, sources));
    } catch (error) {
      if (isAbortError(error)) throw error;
      signal.throwIfAborted();
      throw new Error(`error syncing ${shownAs(app)}: ${errorMessage(error)}`, { cause: error });
    }
    await this.#tellEvent(app, sources);
  }

  /** Reads the Application again for each try, as somebody else may have changed it (pkg/kubeclient/patch.go). */
  async #patch(app: Application, sources: readonly AppSource[]): Promise<void> {
    const { name, namespace } = app;
    for (let tries = 1; ; tries++) {
      try {
        const now = await this.#argocd.get(namespace, name);
        const patch = syncPatch(isObject(now) ? now : {}, app, sources, this.#context);
        await this.#argocd.patch(namespace, name, patch);
        return;
      } catch (error) {
        if (isAbortError(error)) throw error;
        if (tries < conflictTries && isConflict(error)) {
          await delay(10 * tries, undefined, { signal: this.#context.signal });
          continue;
        }
        const reason = `failed to patch the object: ${errorMessage(error)}`;
        throw new Error(`error patching Argo CD Application ${goQuote(name)}: ${reason}`, { cause: error });
      }
    }
  }

  /** What Argo CD's own API server would tell of a sync; that it cannot be told is only logged. */
  async #tellEvent(app: Application, sources: readonly AppSource[]): Promise<void> {
    const [first] = sources;
    const to =
      sources.length > 1 ? ` to ${sources.length} sources` : first ? ` to ${first.targetRevision}` : "";
    try {
      await this.#argocd.createEvent?.(app.namespace, eventOf(app, `${initiator} initiated sync${to}`));
    } catch (error) {
      if (isAbortError(error)) throw error;
      this.#context.log.warn(`No Event could be written for ${shownAs(app)}: ${errorMessage(error)}`);
    }
  }
}

/** True when a comma-separated list of `project:stage` names this Stage (pkg/api/stage.go AuthorizedStages). */
function isAuthorized(value: string | undefined, project: string, stage: string): boolean {
  const entries = (value ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const pairs = entries.map((entry) => {
    const colon = entry.indexOf(":");
    return colon < 0 ? ["", ""] : [entry.slice(0, colon).trim(), entry.slice(colon + 1).trim()];
  });
  // One wrong entry makes the whole list count for nothing.
  if (pairs.some(([a = "", b = ""]) => a === "" || b === "" || a.includes("*") || b.includes("*")))
    return false;
  return pairs.some(([a, b]) => a === project && b === stage);
}

/** Throws Error unless the update fits every Application, before any is changed. */
function checkApplicable(update: ArgoCdAppUpdate, apps: readonly Application[]): void {
  if ((update.sources ?? []).length === 0 || apps.length <= 1) return;
  const problems: string[] = [];
  for (const app of apps) {
    try {
      desiredSources(update, app);
    } catch (error) {
      const { name, namespace } = app;
      problems.push(
        `Application ${goQuote(name)} in namespace ${goQuote(namespace)}: ${errorMessage(error)}`,
      );
    }
  }
  if (problems.length === 0) return;
  const shown = problems.slice(0, maxReported);
  const cut = problems.length > maxReported ? ` (showing first ${maxReported})` : "";
  throw new Error(
    `selected Applications must have compatible sources; ${problems.length} incompatible${cut}. No Applications were updated:\n${shown.join("\n")}`,
  );
}

/** The phase to go by, or undefined when the Application has to be updated (mustPerformUpdate). */
function settledPhase(update: ArgoCdAppUpdate, app: Application, promotion: string): string | undefined {
  const state = app.operationState;
  if (state === undefined) return undefined;
  const isOver = completed.includes(state.phase);
  const mark = state.info.find(({ name }) => name === promotionInfo);
  if (mark?.value !== promotion) {
    if (isOver) return undefined;
    if (state.phase !== "") return state.phase;
    const whose =
      mark === undefined
        ? `initiated by ${goQuote(state.initiatedBy)}`
        : `not initiated for Promotion ${promotion}`;
    throw new Error(`current operation was ${whose}: waiting for operation to complete`);
  }
  if (!isOver) return state.phase;
  if (state.syncResult === undefined) return undefined;
  const desired = desiredRevisions(update, app);
  if (desired.length === 0) return state.phase;
  const { revisions, revision } = state.syncResult;
  const observed = revisions.length > 0 ? revisions : [revision];
  for (const [i, one] of observed.entries()) {
    const wanted = desired[i];
    if (wanted === undefined) {
      throw panicked(`runtime error: index out of range [${i}] with length ${desired.length}`);
    }
    if (wanted !== "" && wanted !== one) return undefined;
  }
  return state.phase;
}

/** The merge patch that makes `now` what a sync needs (syncApplication). */
function syncPatch(
  now: Readonly<Record<string, unknown>>,
  app: Application,
  sources: readonly AppSource[],
  { actor, promotion }: StepContext,
): unknown {
  const metadata = isObject(now.metadata) ? now.metadata : {};
  const spec = app.hasSourceList
    ? { sources: sources.map(encodeSource) }
    : sources[0] === undefined
      ? {}
      : { source: encodeSource(sources[0]) };
  const { retry, syncOptions } = app.syncPolicy;
  const wanted = {
    ...now,
    metadata: { ...metadata, annotations: { ...app.annotations, ...hardRefresh } },
    spec: overlay(spec, now.spec),
    operation: {
      sync: Array.isArray(syncOptions) && syncOptions.length > 0 ? { syncOptions } : {},
      initiatedBy: actor === "" ? { username: initiator, automated: true } : { username: actor },
      info: [
        { name: "Reason", value: "Promotion triggered a sync of this Application resource." },
        { name: promotionInfo, value: promotion },
      ],
      retry: isObject(retry) ? retry : {},
    },
    ...(isObject(now.status) && { status: { ...now.status, operationState: undefined } }),
  };
  const patch = mergePatch(now, wanted);
  const { resourceVersion } = metadata;
  return { ...patch, metadata: { ...(isObject(patch.metadata) ? patch.metadata : {}), resourceVersion } };
}

function eventOf(app: Application, message: string): JsonValue {
  const now = new Date();
  const time = now.toISOString().replace(/\.\d+Z$/, "Z");
  const metadata = isObject(app.raw.metadata) ? app.raw.metadata : {};
  const { name, namespace } = app;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      name: `${name}.${(BigInt(now.getTime()) * 1_000_000n).toString(16)}`,
      namespace,
      annotations: { user: initiator },
    },
    source: { component: initiator },
    involvedObject: {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      namespace,
      name,
      uid: String(metadata.uid ?? ""),
      resourceVersion: String(metadata.resourceVersion ?? ""),
    },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    message,
    type: "Normal",
    reason: "OperationStarted",
  };
}

function statusOf(phases: readonly string[]): "Succeeded" | "Running" | undefined {
  const rank = (phase: string) =>
    phaseOrder.includes(phase) ? phaseOrder.indexOf(phase) : phaseOrder.length;
  const [worst] = [...phases].sort((a, b) => rank(a) - rank(b));
  if (worst === "Running" || worst === "Terminating") return "Running";
  return worst === "Succeeded" ? "Succeeded" : undefined;
}

/** True when the cluster says that the object was changed since it was read. */
function isConflict(error: unknown): boolean {
  return isObject(error) && (error.code === 409 || error.statusCode === 409 || error.code === "conflict");
}
