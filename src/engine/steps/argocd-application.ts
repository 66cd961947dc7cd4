// Argo CD Applications as far as Kargo looks at them, and how the Argo CD steps find and refresh them.
// Starts no sync; argocd-update.ts does.
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { asString, isObject } from "../../base/json";
import { compareBytewise } from "../../base/text";
import type { ArgoCdPort, StepContext } from "../promotion/step";

/** A source of an Application. Texts are empty when absent. */
export interface AppSource {
  readonly repoURL: string;
  readonly targetRevision: string;
  readonly chart: string;
  readonly helm?: { readonly parameters: readonly { readonly name: string; readonly value: string }[] };
  readonly kustomize?: { readonly images: readonly string[] };
}

/** An operation's state. */
export interface AppOperationState {
  readonly phase: string;
  readonly message: string;
  readonly initiatedBy: string;
  readonly info: readonly { readonly name: string; readonly value: string }[];
  readonly finishedAt: string;
  readonly syncResult?: { readonly revision: string; readonly revisions: readonly string[] };
}

/** An Application (pkg/controller/argocd/api/v1alpha1/application_types.go). */
export interface Application {
  readonly name: string;
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** `spec.sources`, or `spec.source` as the only one. */
  readonly sources: readonly AppSource[];
  /** True when they come from `spec.sources`. */
  readonly hasSourceList: boolean;
  readonly syncPolicy: Readonly<Record<string, unknown>>;
  /** True when an operation is asked for and not taken up yet. */
  readonly isOperationRequested: boolean;
  readonly isSyncRequested: boolean;
  readonly operationState?: AppOperationState;
  readonly health: string;
  readonly sync: {
    readonly status: string;
    readonly revision: string;
    readonly revisions: readonly string[];
  };
  readonly reconciledAt: string;
  readonly conditions: readonly { readonly type: string; readonly message: string }[];
  /** The object as the cluster gave it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Which Applications are meant: one by name, or those with certain labels. */
export interface AppQuery {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: AppSelector;
}

/** A label selector; everything in it must hold. */
export interface AppSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

/** Annotation that asks Argo CD to look at an Application anew, past its caches. */
export const hardRefresh = { "argocd.argoproj.io/refresh": "hard" } as const;

const errorConditions = ["ComparisonError", "InvalidSpecError"];

/** The Applications of a query. Throws Error when none is found (argocd_waiter.go getArgoCDApplications). */
export async function findApplications(argocd: ArgoCdPort, query: AppQuery): Promise<readonly Application[]> {
  const namespace = query.namespace || argocd.defaultNamespace;
  if (query.selector !== undefined) {
    const apps = await listApplications(argocd, namespace, query.selector);
    if (apps.length > 0) return apps;
    throw new Error(`no Argo CD Applications found matching selector in namespace ${goQuote(namespace)}`);
  }
  return [await getApplication(argocd, namespace, query.name ?? "")];
}

/** The Applications with these labels; may be none. */
export async function listApplications(
  argocd: ArgoCdPort,
  namespace: string,
  selector: AppSelector,
): Promise<readonly Application[]> {
  const text = labelSelector(selector);
  try {
    return (await argocd.list(namespace, text)).map(toApplication);
  } catch (error) {
    if (isAbortError(error)) throw error;
    const reason = errorMessage(error);
    throw new Error(`error listing Argo CD Applications matching selector: ${reason}`, { cause: error });
  }
}

/** One Application by name. Throws Error when there is none. */
export async function getApplication(
  argocd: ArgoCdPort,
  namespace: string,
  name: string,
): Promise<Application> {
  const shown = `Argo CD Application ${goQuote(name)} in namespace ${goQuote(namespace)}`;
  const found = await argocd.get(namespace, name).catch((error) => {
    if (isAbortError(error)) throw error;
    throw new Error(`error finding ${shown}: error getting ${shown}: ${errorMessage(error)}`, {
      cause: error,
    });
  });
  if (found === undefined || found === null) throw new Error(`unable to find ${shown}`);
  return toApplication(found);
}

/** `Argo CD Application "NAME" in namespace "NAMESPACE"`. */
export function shownAs({ name, namespace }: Application): string {
  return `Argo CD Application ${goQuote(name)} in namespace ${goQuote(namespace)}`;
}

/** Sentences about conditions that make everything else Argo CD says doubtful. */
export function errorConditionsOf(app: Application): string[] {
  return app.conditions
    .filter(({ type }) => errorConditions.includes(type))
    .map(({ type, message }) => `${shownAs(app)} has ${goQuote(type)} condition: ${message}`);
}

/** True when health was not judged since the last operation ended; the same second counts as after. */
export function isHealthStale({ operationState, reconciledAt }: Application): boolean {
  const finishedAt = operationState?.finishedAt ?? "";
  if (finishedAt === "") return false;
  return reconciledAt === "" || Date.parse(reconciledAt) < Date.parse(finishedAt);
}

/** Asks Argo CD to look again; that it cannot be asked is only logged (pkg/argocd/refresh.go). */
export async function requestRefresh(
  argocd: ArgoCdPort,
  { namespace, name }: Application,
  log?: StepContext["log"],
): Promise<void> {
  try {
    await argocd.patch(namespace, name, { metadata: { annotations: hardRefresh } });
  } catch (error) {
    if (isAbortError(error)) throw error;
    log?.warn(`Argo CD could not be asked to refresh ${namespace}/${name}: ${errorMessage(error)}`);
  }
}

/** A selector in the text form of Kubernetes (argocd_common.go). Throws Error when it cannot be one. */
export function labelSelector({ matchLabels = {}, matchExpressions = [] }: AppSelector): string {
  const parts: (readonly [key: string, text: string])[] = Object.entries(matchLabels).map(([key, value]) => [
    key,
    `${key}=${value}`,
  ]);
  for (const { key, operator, values: given } of matchExpressions) {
    const values = given ?? [];
    const takesValues = operator === "In" || operator === "NotIn";
    if (takesValues && values.length === 0) {
      throw invalidValues(
        JSON.stringify(given ?? null),
        "for 'in', 'notin' operators, values set can't be empty",
      );
    }
    if (!takesValues && values.length > 0) {
      throw invalidValues(JSON.stringify(values), "values set must be empty for exists and does not exist");
    }
    const set = `(${[...values].sort(compareBytewise).join(",")})`;
    const texts = {
      In: `${key} in ${set}`,
      NotIn: `${key} notin ${set}`,
      Exists: key,
      DoesNotExist: `!${key}`,
    };
    parts.push([key, texts[operator]]);
  }
  return parts
    .sort(([a], [b]) => compareBytewise(a, b))
    .map(([, text]) => text)
    .join(",");
}

function invalidValues(given: string, reason: string): Error {
  const field = `values: Invalid value: ${given}: ${reason}`;
  return new Error(`error building label selector: invalid matchExpression: ${field}`);
}

/** Reads an object of the cluster; what is missing or of another type counts as empty. */
export function toApplication(raw: unknown): Application {
  const root = record(raw);
  const [metadata, spec, status] = [record(root.metadata), record(root.spec), record(root.status)];
  const [health, sync, operation] = [record(status.health), record(status.sync), root.operation];
  const listed = list(spec.sources);
  const only = isObject(spec.source) ? [spec.source] : [];
  return {
    name: text(metadata.name),
    namespace: text(metadata.namespace),
    annotations: record(metadata.annotations) as Record<string, string>,
    sources: (listed.length > 0 ? listed : only).map(toSource),
    hasSourceList: listed.length > 0,
    syncPolicy: record(spec.syncPolicy),
    isOperationRequested: isObject(operation),
    isSyncRequested: isObject(operation) && isObject(operation.sync),
    ...(isObject(status.operationState) && { operationState: toOperationState(status.operationState) }),
    health: text(health.status),
    sync: { status: text(sync.status), revision: text(sync.revision), revisions: texts(sync.revisions) },
    reconciledAt: text(status.reconciledAt),
    conditions: list(status.conditions)
      .map(record)
      .map((condition) => ({ type: text(condition.type), message: text(condition.message) })),
    raw: root,
  };
}

function toSource(value: unknown): AppSource {
  const source = record(value);
  const parameters = list(record(source.helm).parameters).map(record);
  const helm = { parameters: parameters.map((one) => ({ name: text(one.name), value: text(one.value) })) };
  return {
    repoURL: text(source.repoURL),
    targetRevision: text(source.targetRevision),
    chart: text(source.chart),
    ...(isObject(source.helm) && { helm }),
    ...(isObject(source.kustomize) && { kustomize: { images: texts(source.kustomize.images) } }),
  };
}

function toOperationState(state: Record<string, unknown>): AppOperationState {
  const operation = record(state.operation);
  const result = state.syncResult;
  return {
    phase: text(state.phase),
    message: text(state.message),
    initiatedBy: text(record(operation.initiatedBy).username),
    info: list(operation.info)
      .map(record)
      .map((info) => ({ name: text(info.name), value: text(info.value) })),
    finishedAt: text(state.finishedAt),
    ...(isObject(result) && {
      syncResult: { revision: text(result.revision), revisions: texts(result.revisions) },
    }),
  };
}

function record(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): string[] {
  return list(value).map(text);
}

function text(value: unknown): string {
  return asString(value) ?? "";
}
