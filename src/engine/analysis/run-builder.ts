// Builds the AnalysisRun that verifies a Stage's current Freight (pkg/rollouts/analysis_run_builder.go and
// pkg/controller/stages startVerification). Creates nothing; reconcile/verification-run.ts does.
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { type FunctionTable, typeName } from "../../expression/expression";
import { type AnalysisTemplateSpec, argoApiVersion } from "../../model/analysis";
import type { AnalysisRun, FreightCollection, OwnerReference, Stage } from "../../model/resources";
import type { EnginePorts } from "../ports";
import { annotationKeys, labelKeys, type VerificationRequest } from "../promotion/annotations";
import { type ExpressionData, StepData } from "../promotion/expression-data";
import { expressionText } from "../promotion/expression-text";
import { freightReferences } from "../promotion/freight-collection";
import type { FunctionContext } from "../promotion/function-context";
import { variableFunctions } from "../promotion/functions";
import { labelValue, promotionName } from "../promotion/naming";
import { SecretMask } from "../promotion/secret-mask";
import { evaluateTemplate } from "../promotion/templates";
import { flattenTemplates, mergeArgs, within } from "./template-merge";

/** What building asks of its surroundings. */
export type BuilderPorts = Pick<EnginePorts, "store" | "secrets" | "clock">;

/** The run to create. Throws an Error in Kargo's words when it cannot be built. */
export async function buildAnalysisRun(
  ports: BuilderPorts,
  stage: Stage,
  collection: FreightCollection,
  request: VerificationRequest | undefined,
): Promise<AnalysisRun> {
  const { name, namespace = "" } = stage.metadata;
  const templates = await named("get analysis templates", () => readTemplates(ports, stage));
  const template = within("build spec: flatten templates", () => flattenTemplates(templates));
  const { values, mask } = await named("build spec: build arguments", () =>
    stageArguments(ports, stage, collection),
  );
  const merged = within("build spec: build arguments: merge arguments", () =>
    mergeArgs(values, template.args ?? []),
  );
  // A value that holds a secret is not written down; it is evaluated again whenever it is needed.
  const args = merged.map((arg) => (arg.value === undefined ? arg : { ...arg, value: mask.text(arg.value) }));
  const hidden = merged.filter((arg, i) => arg.value !== args[i]?.value).map(({ name: arg }) => arg);
  const ownerReferences = await named("build owner references", () => owners(ports, namespace, collection));
  return {
    apiVersion: argoApiVersion,
    kind: "AnalysisRun",
    metadata: {
      name: promotionName(name, collection.id, ports.clock.now()),
      namespace,
      ...runMarks(stage, collection, { request, hidden }),
      ownerReferences,
    },
    spec: { ...template, ...(args.length === 0 ? {} : { args }) },
  };
}

/** Annotation that lists, as JSON, the arguments whose values hold a secret. */
export const hiddenArgsKey = "kargo-workbench/hidden-args";

/** The labels by which the runs of a Stage and of a collection are found. */
export function runLabels(stage: string, collection: string): Readonly<Record<string, string>> {
  return { [labelKeys.stage]: labelValue(stage), [labelKeys.freightCollection]: collection };
}

function runMarks(
  stage: Stage,
  collection: FreightCollection,
  {
    request,
    hidden,
  }: { readonly request: VerificationRequest | undefined; readonly hidden: readonly string[] },
) {
  const { name } = stage.metadata;
  const { labels = {}, annotations = {} } = stage.spec.verification?.analysisRunMetadata ?? {};
  const newest = collection.verificationHistory?.[0];
  // Only the first verification of a collection, and one that a user asked for, is a Promotion's doing.
  const isUsers =
    request !== undefined && request.id === newest?.id && request.controlPlane === true && request.actor;
  const promotion = newest === undefined || isUsers ? stage.status?.lastPromotion?.name : undefined;
  const all = {
    ...annotations,
    ...(labelValue(name) === name ? {} : { [annotationKeys.stage]: name }),
    ...(promotion === undefined ? {} : { [annotationKeys.promotion]: promotion }),
    ...(hidden.length === 0 ? {} : { [hiddenArgsKey]: JSON.stringify(hidden) }),
  };
  return {
    labels: { ...labels, ...runLabels(name, collection.id) },
    ...(Object.keys(all).length === 0 ? {} : { annotations: all }),
  };
}

/** The templates of the Project first, then those of the cluster, each in the order in which the Stage names them. */
async function readTemplates(
  { store }: BuilderPorts,
  stage: Stage,
): Promise<readonly AnalysisTemplateSpec[]> {
  const { namespace = "" } = stage.metadata;
  const own: AnalysisTemplateSpec[] = [];
  const shared: AnalysisTemplateSpec[] = [];
  for (const { name, kind } of stage.spec.verification?.analysisTemplates ?? []) {
    if (kind === "ClusterAnalysisTemplate") {
      const template = await store.get("ClusterAnalysisTemplate", { name });
      const missing = `clusteranalysistemplates.argoproj.io "${name}" not found`;
      if (template === undefined) throw new Error(`get ClusterAnalysisRun ${goQuote(name)}: ${missing}`);
      shared.push(template.spec);
    } else {
      const template = await store.get("AnalysisTemplate", { namespace, name });
      const missing = `analysistemplates.argoproj.io "${name}" not found`;
      if (template === undefined) {
        throw new Error(`get AnalysisRun ${goQuote(name)} in namespace ${goQuote(namespace)}: ${missing}`);
      }
      own.push(template.spec);
    }
  }
  return [...own, ...shared];
}

/** The values that a Stage gives to arguments, and the secrets that were read for them. */
export interface StageArguments {
  readonly values: ReadonlyMap<string, string>;
  readonly mask: SecretMask;
}

/** Evaluates what the Stage gives; an argument without a value is not there. Throws an Error that names the argument. */
export async function stageArguments(
  ports: Pick<EnginePorts, "store" | "secrets">,
  stage: Stage,
  collection: FreightCollection,
): Promise<StageArguments> {
  const { namespace = "" } = stage.metadata;
  const mask = new SecretMask();
  const values = await new StepData(ports, namespace, mask).withData((data) =>
    evaluateArgs(stage, functionContext(data, stage, collection)),
  );
  return { values, mask };
}

function functionContext(data: ExpressionData, stage: Stage, collection: FreightCollection): FunctionContext {
  return {
    data,
    freightRequests: stage.spec.requestedFreight,
    freight: freightReferences(collection),
    alias: "",
    metadata: [],
  };
}

/** What arguments may call: what a Promotion's variables may. */
const functions: FunctionTable = variableFunctions;

function evaluateArgs(stage: Stage, context: FunctionContext): ReadonlyMap<string, string> {
  const { name, namespace = "" } = stage.metadata;
  const vars: Record<string, unknown> = Object.create(null);
  const ctx = { project: namespace, stage: name };
  const evaluate = (template: string) =>
    evaluateTemplate(template, (source) =>
      expressionText(source, functions, { ctx, vars: { ...vars } }, context),
    );
  for (const variable of stage.spec.vars ?? []) {
    const part = `evaluate variable ${goQuote(variable.name)}`;
    vars[variable.name] = within(part, () => evaluate(variable.value ?? ""));
  }
  const values = new Map<string, string>();
  for (const arg of stage.spec.verification?.args ?? []) {
    if ((arg.value ?? "") === "") continue;
    const value = within(`evaluate argument ${goQuote(arg.name)}`, () => evaluate(arg.value));
    if (typeof value !== "string") {
      throw new Error(`evaluated argument ${goQuote(arg.name)} value is not a string but ${typeName(value)}`);
    }
    values.set(arg.name, value);
  }
  return values;
}

async function owners(
  { store }: BuilderPorts,
  namespace: string,
  collection: FreightCollection,
): Promise<readonly OwnerReference[]> {
  const found: OwnerReference[] = [];
  for (const { name } of freightReferences(collection)) {
    const freight = await store.get("Freight", { namespace, name });
    if (freight === undefined) {
      const missing = `freights.kargo.akuity.io "${name}" not found`;
      throw new Error(`get Freight ${goQuote(name)} in namespace ${goQuote(namespace)}: ${missing}`);
    }
    const { apiVersion, kind, metadata } = freight;
    found.push({ apiVersion, kind, name, uid: metadata.uid ?? "", blockOwnerDeletion: false });
  }
  return found;
}

async function named<T>(part: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new Error(`${part}: ${errorMessage(cause)}`, { cause });
  }
}
