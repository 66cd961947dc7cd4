// Whether Kargo would let a resource in: the CRD's schema and CEL rules first, then the rules of Kargo's webhooks. One
// copy for engine and editor; admission of Promotions, which reads neighbours, is engine/promotion/admission.ts.
import { isObject } from "../base/json";
import type { AdmissionProblem, AdmissionType } from "./admission-problem";
import { clusterConfigProblems, projectConfigProblems, type RegexCheck } from "./admission-project";
import { stageProblems, stepListProblems } from "./admission-stage";
import { duplicateSubscriptions, type SubscriptionPolicy, warehouseProblems } from "./admission-warehouse";
import {
  kindSchema,
  type Path,
  type ProblemCode,
  type SchemaProblem,
  type ValidateOptions,
  validate,
} from "./schema/schema";

export {
  aliasLabel,
  aliasProblem,
  artifactProblems,
  changedFreightProblems,
  type FreightNeighbours,
  freightDeletionProblems,
  isAliasTaken,
  newFreightProblems,
  withAliasLabel,
} from "./admission-freight";
export { type AdmissionProblem, type AdmissionType, admissionText, fieldPath } from "./admission-problem";
export type { RegexCheck } from "./admission-project";
export { isReservedAlias, stepListProblems } from "./admission-stage";
export { defaultWarehouse, type SubscriptionPolicy, withShardLabel } from "./admission-warehouse";

/** What rules may ask of their surroundings. */
export interface AdmissionContext extends SubscriptionPolicy {
  /** Checks regular expressions in Go's dialect; absent leaves them unchecked. */
  readonly regexProblem?: RegexCheck;
}

/** How the namespace of a resource stands: it belongs to a Project, to nobody, or does not exist. */
export type NamespaceState = "project" | "unlabelled" | "missing";

/** The rules of Kargo's webhooks that need nothing but the resource, as written or with its defaults. */
export function webhookProblems(resource: unknown, context: AdmissionContext = {}): AdmissionProblem[] {
  if (!isObject(resource)) return [];
  const { kind, spec } = resource;
  switch (kind) {
    case "Stage":
      return stageProblems(spec);
    case "Warehouse":
      return warehouseProblems(spec, context);
    case "PromotionTask":
    case "ClusterPromotionTask":
      return isObject(spec) ? stepListProblems(spec.steps, ["spec", "steps"]) : [];
    case "ProjectConfig":
      return projectConfigProblems(resource, context.regexProblem);
    case "ClusterConfig":
      return clusterConfigProblems(resource);
    default:
      return [];
  }
}

/** Faults the API server lets through: it drops unknown keys, and what steps are and do is seen only at run time. */
const admittedFaults: ReadonlySet<ProblemCode> = new Set([
  "unknown-key",
  "unknown-step",
  "template",
  "deprecated",
]);
const typesByCode: Readonly<Partial<Record<ProblemCode, AdmissionType>>> = {
  required: "Required",
  enum: "NotSupported",
};

/** Why the resource would be refused: faults against its schema, or when there are none those the webhooks find. */
export function admissionProblems(resource: unknown, context: AdmissionContext = {}): AdmissionProblem[] {
  const kind =
    isObject(resource) && typeof resource.kind === "string" ? kindSchema(resource.kind) : undefined;
  if (kind === undefined) return [];
  const faults = validate(resource, kind.schema, { stepConfigs: false })
    .filter((fault) => !admittedFaults.has(fault.code) && !isSubscription(fault.path))
    .map(({ path, code, message, missing }) => ({
      path: missing === undefined || code !== "required" ? path : [...path, missing],
      type: typesByCode[code] ?? ("Invalid" as const),
      message,
    }));
  return faults.length > 0 ? faults : webhookProblems(resource, context);
}

/** Inside a subscription the CRD allows anything; the webhook's rules decide. */
function isSubscription(path: Path): boolean {
  return path[0] === "spec" && path[1] === "subscriptions" && path.length > 2;
}

/** What the Project check says of a namespaced resource that is created (pkg/webhook/kubernetes/project.go). */
export function namespaceProblem(namespace: string, state: NamespaceState): AdmissionProblem | undefined {
  if (state === "project") return undefined;
  const path = ["metadata", "namespace"];
  if (state === "missing")
    return { path, type: "NotFound", message: `Namespace "${namespace}" not found`, value: namespace };
  return { path, type: "Invalid", message: `namespace "${namespace}" is not a project`, value: namespace };
}

/**
 * Everything to tell about a document in the editor: faults against the schema, then what the webhooks would say of
 * places no fault was told about, then what Kargo admits although it cannot work.
 */
export function documentProblems(
  resource: unknown,
  options: ValidateOptions & AdmissionContext = {},
): SchemaProblem[] {
  const kind =
    isObject(resource) && typeof resource.kind === "string" ? kindSchema(resource.kind) : undefined;
  if (kind === undefined) return [];
  const faults = validate(resource, kind.schema, options);
  const told = (path: Path) => faults.some((fault) => fault.code !== "deprecated" && covers(fault, path));
  const refused = webhookProblems(resource, options)
    .filter(({ path, blame = path }) => !told(path) && !told(blame))
    .map(toSchemaProblem);
  return [...faults, ...refused, ...futile(resource)];
}

/**
 * A fault tells about its own place, about the field it misses, and a wrong type about all that lies in it. Where a field
 * is faulty, or fields contradict each other, what a webhook would say of the object around them is moot; configurations of steps it does not look into.
 */
function covers(fault: SchemaProblem, path: Path): boolean {
  if (fault.code === "type" && isPrefix(fault.path, path)) return true;
  if (fault.code === "rule" && isSame(fault.at === "key" ? fault.path.slice(0, -1) : fault.path, path))
    return true;
  if (isPrefix(path, fault.path) && moot.has(fault.code) && !fault.path.slice(path.length).includes("config"))
    return true;
  const place =
    fault.code === "required" && fault.missing !== undefined ? [...fault.path, fault.missing] : fault.path;
  return isSame(place, path);
}

function isSame(one: Path, other: Path): boolean {
  return one.length === other.length && isPrefix(one, other);
}

const moot: ReadonlySet<ProblemCode> = new Set(["type", "items", "pattern", "length", "enum"]);

function isPrefix(start: Path, path: Path): boolean {
  return start.length <= path.length && start.every((segment, index) => segment === path[index]);
}

function toSchemaProblem({ path, blame, type, message, plain }: AdmissionProblem): SchemaProblem {
  const where = blame ?? path;
  const at = type === "Forbidden" ? "key" : "value";
  return { path: where, at, code: "admission", severity: "error", message: plain ?? sentence(message) };
}

/** What is admitted and can never work. */
function futile(resource: unknown): SchemaProblem[] {
  if (!isObject(resource) || !isObject(resource.spec)) return [];
  if (resource.kind === "Warehouse") {
    return duplicateSubscriptions(resource.spec).map(({ path, earlier }) => ({
      path,
      at: "value",
      code: "admission",
      severity: "warning",
      message: `Subscription ${earlier + 1} is about the same artifact; Kargo will refuse all Freight of this Warehouse.`,
    }));
  }
  if (resource.kind !== "Stage" || !Array.isArray(resource.spec.requestedFreight)) return [];
  return resource.spec.requestedFreight.flatMap((request, index): SchemaProblem[] => {
    const sources = isObject(request) ? request.sources : undefined;
    // What has the wrong type was meant to be something: the type is what is wrong then.
    if (!isObject(sources) || (sources.direct !== undefined && sources.direct !== false)) return [];
    if (sources.stages !== undefined && !Array.isArray(sources.stages)) return [];
    if (Array.isArray(sources.stages) && sources.stages.length > 0) return [];
    const path = ["spec", "requestedFreight", index, "sources"];
    const message =
      "Neither `direct` nor `stages` is set, so Freight has no way to this Stage but approval by hand.";
    return [{ path, at: "key", code: "admission", severity: "warning", message }];
  });
}

/** Kargo's words as a sentence of their own. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return text.endsWith(".") ? text : `${text}.`;
}
