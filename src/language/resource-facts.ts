// What a resource tells the rest of the workspace: its name, what it refers to, what pipelines are made of. Plain data
// with spans, so that other documents can be judged without parsing this one again.
import type { Scalar } from "yaml";
import { isObject } from "../base/json";
import {
  goPattern,
  type Path,
  type ReferenceKind,
  type StringSchema,
  stepSchema,
} from "../model/schema/schema";
import { describedTexts } from "./described-texts";
import { type Selector, selectorsOf } from "./selectors";
import type { Span } from "./source-file";
import { type StepFacts, stepListOf } from "./step-lists";
import { openVariablesOf, type TaskUse, taskUsesOf } from "./task-facts";
import { holdsShellVariable, isForeign, templateParts } from "./templates";
import type { Unit, UnitResource } from "./unit";
import {
  type TemplateArgument,
  templateArguments,
  type VerificationFact,
  verificationFact,
} from "./verification-facts";
import { nodeAt, spanOf } from "./yaml-nodes";

/** A text that names a resource. */
export interface ReferenceFact extends Span {
  /** Possible kinds, the likely one first. */
  readonly kinds: readonly ReferenceKind[];
  readonly name: string;
  readonly path: Path;
}

/** Freight a Stage asks for. */
export interface RequestFact {
  readonly warehouse: string;
  readonly direct: boolean;
  readonly stages: readonly string[];
  /** Freight must have passed every one of the Stages, not just one. */
  readonly all: boolean;
  /** Span of the origin's name. */
  readonly origin: Span;
  /** Span of the soak time, where one is set. */
  readonly soak?: Span;
}

/** A repository a Warehouse looks into. */
export interface SubscriptionFact {
  readonly type: "git" | "image" | "chart";
  readonly url: string;
  /** Tags that read as numbers and that it may find: one for each way in which a number changes a tag. */
  readonly numericTags: readonly string[];
}

/** Facts about one resource. */
export interface ResourceFacts {
  /** Which resource of the document. */
  readonly resource: number;
  readonly kind: string;
  readonly name?: string;
  /** As written; undefined when the document leaves it to whoever applies it. */
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly span: Span;
  readonly nameSpan?: Span;
  readonly references: readonly ReferenceFact[];
  /** Repositories written down anywhere in it. */
  readonly repositories: readonly { readonly type: "git" | "image" | "chart"; readonly url: string }[];
  readonly requests?: readonly RequestFact[];
  /** A Stage without steps: Freight passes through it and never stays. */
  readonly controlFlow?: boolean;
  readonly subscriptions?: readonly SubscriptionFact[];
  readonly selectors?: readonly Selector[];
  readonly verification?: VerificationFact;
  readonly templateArguments?: readonly TemplateArgument[];
  /** The YAML of the document is broken, so all this is not what it seems. */
  readonly broken: boolean;
  readonly variables: readonly string[];
  readonly tasks: readonly NonNullable<StepFacts["task"]>[];
  /** The tasks a Stage uses, with what they are given. */
  readonly taskUses?: readonly TaskUse[];
  /** Variables of a task that whoever uses it has to give. */
  readonly openVariables?: readonly string[];
}

/** The facts of the resource that is the `index`-th of its document. */
export function resourceFacts(unit: Unit, resource: UnitResource, index: number): ResourceFacts {
  const { kind, value, node } = resource;
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const span = spanOf(node) ?? { start: 0, end: 0 };
  const nameSpan = spanAt(unit, resource, ["metadata", "name"]);
  const list = stepListOf(kind, value);
  const vars = list === undefined ? [] : [...list.vars, ...list.steps.flatMap((step) => step.vars)];
  const { references, repositories } = textFacts(resource);
  return {
    resource: index,
    kind,
    labels: textEntries(metadata.labels),
    span,
    broken: unit.tree.document.errors.length > 0,
    references,
    repositories,
    variables: vars.map(({ name }) => name),
    tasks: (list?.steps ?? []).flatMap(({ task }) => (task === undefined ? [] : [task])),
    ...(typeof metadata.name === "string" && metadata.name !== "" ? { name: metadata.name } : {}),
    ...(typeof metadata.namespace === "string" && metadata.namespace !== ""
      ? { namespace: metadata.namespace }
      : {}),
    ...(nameSpan === undefined ? {} : { nameSpan }),
    ...pipelineFacts(unit, resource),
    ...(kind === "Stage" && list !== undefined
      ? { taskUses: taskUsesOf(list, (path) => spanAt(unit, resource, path)) }
      : {}),
    ...(list?.owner === "task" ? { openVariables: openVariablesOf(value.spec) } : {}),
  };
}

function spanAt(unit: Unit, resource: UnitResource, path: Path): Span | undefined {
  return spanOf(nodeAt(resource.node, path, unit.tree.document)?.node);
}

function textEntries(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function textFacts(resource: UnitResource): Pick<ResourceFacts, "references" | "repositories"> {
  const references: ReferenceFact[] = [];
  const repositories: { type: "git" | "image" | "chart"; url: string }[] = [];
  for (const { scalar, path, located } of describedTexts(resource)) {
    const schema = located?.schema;
    if (schema?.type !== "string" || !isPlainText(scalar)) continue;
    if (schema.repository !== undefined && scalar.value !== "") {
      repositories.push({ type: schema.repository, url: scalar.value });
    }
    const reference = referenceOf(schema, scalar, path, resource.value);
    if (reference !== undefined) references.push(reference);
  }
  return { references, repositories };
}

function isPlainText({ value }: Scalar<string>): boolean {
  return templateParts(value).length === 0 && !isForeign(value) && !holdsShellVariable(value);
}

function referenceOf(
  schema: StringSchema,
  scalar: Scalar<string>,
  path: Path,
  value: unknown,
): ReferenceFact | undefined {
  const span = spanOf(scalar);
  if (schema.stepKind === true && span !== undefined && stepSchema(scalar.value) === undefined)
    return { kinds: ["CustomPromotionStep"], name: scalar.value, path, ...innerSpan(scalar, span) };
  const { reference } = schema;
  if (reference === undefined || span === undefined || scalar.value === "") return undefined;
  if (schema.format === "stage-pattern" && scalar.value.includes(":")) return undefined;
  const holder = path.slice(0, -1).reduce<unknown>((at, segment) => member(at, segment), value);
  const chosen = reference.chosenBy === undefined ? undefined : member(holder, reference.chosenBy);
  const kinds = reference.kinds.filter((kind) => kind === chosen);
  const likely =
    kinds.length > 0
      ? kinds
      : reference.chosenBy === undefined
        ? reference.kinds
        : reference.kinds.slice(0, 1);
  return { kinds: likely, name: scalar.value, path, ...innerSpan(scalar, span) };
}

/** The span of the text itself, without quotes. */
function innerSpan(scalar: Scalar, { start, end }: Span): Span {
  const quoted = scalar.type === "QUOTE_SINGLE" || scalar.type === "QUOTE_DOUBLE";
  return quoted ? { start: start + 1, end: end - 1 } : { start, end };
}

function member(value: unknown, segment: string | number): unknown {
  if (Array.isArray(value)) return value[Number(segment)];
  return isObject(value) ? value[segment] : undefined;
}

function pipelineFacts(unit: Unit, resource: UnitResource): Partial<ResourceFacts> {
  const spec = isObject(resource.value.spec) ? resource.value.spec : {};
  switch (resource.kind) {
    case "Stage":
      return {
        requests: requestFacts(unit, resource, spec.requestedFreight),
        controlFlow: (stepListOf(resource.kind, resource.value)?.steps ?? []).length === 0,
        ...defined(
          "verification",
          verificationFact(spec, (path) => spanAt(unit, resource, path)),
        ),
      };
    case "AnalysisTemplate":
    case "ClusterAnalysisTemplate":
      return defined("templateArguments", templateArguments(spec));
    case "Warehouse":
      return { subscriptions: subscriptionFacts(spec.subscriptions) };
    case "ProjectConfig":
      return { selectors: selectorsOf(unit, resource) };
    default:
      return {};
  }
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function requestFacts(unit: Unit, resource: UnitResource, requests: unknown): RequestFact[] {
  if (!Array.isArray(requests)) return [];
  return requests.flatMap((request: unknown, index) => {
    if (!isObject(request) || !isObject(request.origin) || typeof request.origin.name !== "string") return [];
    const path = ["spec", "requestedFreight", index];
    const origin = spanAt(unit, resource, [...path, "origin", "name"]);
    if (origin === undefined) return [];
    const sources = isObject(request.sources) ? request.sources : {};
    const soakPath = [...path, "sources", "requiredSoakTime"];
    const isClear = sources.direct === undefined || typeof sources.direct === "boolean";
    const soak =
      isClear && typeof sources.requiredSoakTime === "string" ? spanAt(unit, resource, soakPath) : undefined;
    const stages = Array.isArray(sources.stages)
      ? sources.stages.filter((one) => typeof one === "string")
      : [];
    return [
      {
        warehouse: request.origin.name,
        // What has the wrong type was meant to be something.
        direct: sources.direct !== undefined && sources.direct !== false && sources.direct !== null,
        stages,
        all: sources.availabilityStrategy === "All",
        origin,
        ...(soak === undefined ? {} : { soak }),
      },
    ];
  });
}

function subscriptionFacts(list: unknown): SubscriptionFact[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    if (!isObject(entry)) return [];
    return (["git", "image", "chart"] as const).flatMap((type) => {
      const subscription = entry[type];
      if (!isObject(subscription) || typeof subscription.repoURL !== "string") return [];
      return [{ type, url: subscription.repoURL, numericTags: numericTags(type, subscription) }];
    });
  });
}

/** A short version, a date or the number of a build, the beginning of a commit's name. */
const numbers = ["1.10", "20240131", "12345e6"];

function numericTags(
  type: "git" | "image" | "chart",
  subscription: Record<string, unknown>,
): readonly string[] {
  if (type === "chart") return [];
  const strategy =
    type === "git" ? subscription.commitSelectionStrategy : (subscription.imageSelectionStrategy ?? "SemVer");
  if (type === "git" && (strategy === undefined || strategy === "NewestFromBranch")) return [];
  if ((strategy === "SemVer" || strategy === "") && subscription.strictSemvers !== false) return [];
  const { constraint } = subscription;
  // The tag of a Digest subscription is written down.
  if (strategy === "Digest") return typeof constraint === "string" ? [constraint] : numbers;
  const allowed = patternsIn(subscription.allowTagsRegexes, subscription.allowTags);
  const ignored = patternsIn(subscription.ignoreTagsRegexes);
  return numbers.filter(
    (tag) =>
      (allowed.length === 0 || allowed.some((pattern) => pattern?.test(tag) === true)) &&
      !ignored.some((pattern) => pattern?.test(tag) === true),
  );
}

function patternsIn(list: unknown, single?: unknown): readonly (RegExp | undefined)[] {
  const texts = [...(Array.isArray(list) ? list : []), single].filter((one) => typeof one === "string");
  return texts.map(goPattern);
}
