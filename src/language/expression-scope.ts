// What an expression can use in its place: names, their members, functions (pkg/promotion/evaluator.go and
// pkg/expressions/function/functions.go). The place is the path of the text in its resource.
import { Attached } from "../base/attached";
import { isObject } from "../base/json";
import {
  type BareExpression,
  type FunctionGroup,
  type Located,
  type Path,
  type StepOutputs,
  stepSchema,
} from "../model/schema/schema";
import { anyShape, type Member, membersOfFields, type Shape, shapeNamed, shapeOf } from "./shapes";
import { type StepFacts, type StepList, stepListOf, type VariableFacts, variablesOf } from "./step-lists";
import { isForeign, templateParts } from "./templates";

/** What an expression can use. */
export interface Scope {
  readonly names: ReadonlyMap<string, Member>;
  /** Names besides these may exist: an unknown one is left alone. */
  readonly open: boolean;
  readonly functions: readonly FunctionGroup[];
  /** Functions of the host that are not in the table, by name: calls of them are not judged. */
  readonly otherFunctions?: readonly string[];
  readonly mode: "compile" | "eval";
  /** Steps whose aliases `status()` and `outputs` mean. */
  readonly steps: readonly StepFacts[];
  /** In a task: variables that are not in the table may come from the Stages that use it. */
  readonly inheritsVariables: boolean;
}

const everywhere: readonly FunctionGroup[] = ["freight", "data", "utility", "quoting"];
const inSteps: readonly FunctionGroup[] = [...everywhere, "status"];

const nothing: Scope = {
  names: new Map(),
  open: true,
  functions: [],
  mode: "compile",
  steps: [],
  inheritsVariables: false,
};

/** A resource as scopes need it. */
export interface ScopeOwner {
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Scopes of a resource by place: all texts of one step's configuration share one. */
const known = new Attached<object, Map<string, Scope | undefined>>();

/** The scope of a template at `path`; undefined where Kargo evaluates no templates. */
export function templateScope(owner: ScopeOwner, path: Path): Scope | undefined {
  let scopes = known.get(owner.value);
  if (scopes === undefined) {
    scopes = new Map();
    known.set(owner.value, scopes);
  }
  const place = placeOf(path);
  if (!scopes.has(place)) scopes.set(place, makeScope(owner, path));
  return scopes.get(place);
}

/** Texts in the same place see the same: one configuration, one entry of a list of variables. */
function placeOf(path: Path): string {
  const steps = path.indexOf("steps");
  if (steps === -1) return path.slice(0, path[1] === "verification" ? 2 : path.indexOf("vars") + 2).join("/");
  const isVariable = path[steps + 2] === "vars";
  return path.slice(0, steps + (isVariable ? 4 : 2)).join("/");
}

function makeScope(owner: ScopeOwner, path: Path): Scope | undefined {
  if (owner.kind === "ProjectConfig" || owner.kind === "ClusterConfig") return receiverScope;
  const list = stepListOf(owner.kind, owner.value);
  if (list === undefined) return undefined;
  if (startsWith(path, list.path)) return stepScope(list, path);
  if (owner.kind === "Stage" && startsWith(path, ["spec", "verification"])) {
    return verificationScope(owner.value);
  }
  const index = list.vars.findIndex((one) => startsWith(path, one.path));
  if (index === -1) return undefined;
  const visible = { list, vars: list.vars.slice(0, index), later: list.vars.slice(index) };
  // A task's variables are evaluated as variables of its steps, so they see what steps see.
  if (list.owner === "Stage") return variableScope(visible);
  return { ...withSteps(visible, undefined), functions: everywhere };
}

/** The scope of an expression without delimiters. */
export function bareScope(context: BareExpression["context"], located: Located): Scope | undefined {
  switch (context) {
    case "freight-criteria":
      return { ...nothing, open: false, functions: ["criteria"] };
    case "commit-filter":
      return { ...nothing, names: names(commitNames), open: false };
    case "http-response":
      return { ...nothing, names: names([responseName]), open: false };
    case "webhook-request":
      return { ...nothing, names: names([requestName]), open: false, otherFunctions: normalizers };
    case "freight-link":
    case "stage-link": {
      const root = context === "freight-link" ? "freight" : "stage";
      const member = {
        name: root,
        doc: `The ${root} the link is shown on.`,
        type: "object",
        shape: anyShape,
      };
      return { ...nothing, names: names([member]), open: false, mode: "eval" };
    }
    case "analysis-result":
      return { ...nothing, names: names([measuredName]), open: false, otherFunctions: measuredFunctions };
    case "document":
      return nothing;
    default:
      return located.step === undefined ? undefined : nothing;
  }
}

interface Visible {
  readonly list: StepList;
  readonly vars: readonly VariableFacts[];
  readonly later: readonly VariableFacts[];
}

function names(members: readonly Member[]): ReadonlyMap<string, Member> {
  return new Map(members.map((member) => [member.name, member]));
}

function variableScope(visible: Visible): Scope {
  const members = [contextMember(false), variablesMember(visible, false)];
  const later = ["outputs", "task", "stepMetas"].map((name) => unavailable(name));
  return { ...nothing, open: false, names: names([...members, ...later]), functions: everywhere };
}

/** Names that exist in steps only; using them elsewhere is nil, and a member of it an error. */
function unavailable(name: string): Member {
  const message = `\`${name}\` exists only in steps; variables of the template are evaluated without it.`;
  return {
    name,
    doc: message,
    type: "nil",
    shape: anyShape,
    trouble: { rule: "out-of-scope", message },
  };
}

function stepScope(list: StepList, path: Path): Scope | undefined {
  const step = list.steps.find((one) => startsWith(path, one.path));
  if (step === undefined) return undefined;
  const field = path[step.path.length];
  const variable = field === "vars" ? Number(path[step.path.length + 1]) : undefined;
  const own = variable === undefined ? step.vars : step.vars.filter((one) => indexOf(one) < variable);
  const later = variable === undefined ? [] : step.vars.filter((one) => indexOf(one) >= variable);
  const scope = withSteps({ list, vars: [...list.vars, ...own], later }, step);
  return { ...scope, functions: variable === undefined ? inSteps : everywhere };
}

function indexOf(variable: VariableFacts): number {
  return Number(variable.path.at(-1));
}

/** What a step sees. `step` is undefined for variables of a task, which every step of it evaluates. */
function withSteps(visible: Visible, step: StepFacts | undefined): Scope {
  const { list } = visible;
  const inTask = list.owner === "task";
  // Variables of a step that stands for a task are evaluated by the steps of the task.
  const forTask = step?.task !== undefined;
  const inherits = inTask || forTask || list.owner === "Promotion";
  const members = [contextMember(true), variablesMember(visible, inherits), metasMember(list)];
  members.push(
    outputsMember(visible, step, inTask),
    taskMember(visible, step, inTask || list.owner === "Promotion" || forTask),
  );
  return {
    ...nothing,
    names: names(members),
    open: false,
    functions: inSteps,
    steps: list.steps,
    inheritsVariables: inherits,
  };
}

function field(name: string, doc: string, type = "string", shape: Shape = anyShape): Member {
  return { name, doc, type, shape };
}

let contextMembers: { readonly inSteps: Member; readonly elsewhere: Member } | undefined;

/** `ctx` (pkg/promotion/evaluator.go); it is the same in every resource. */
function contextMember(inSteps: boolean): Member {
  contextMembers ??= { inSteps: makeContextMember(true), elsewhere: makeContextMember(false) };
  return inSteps ? contextMembers.inSteps : contextMembers.elsewhere;
}

function makeContextMember(inSteps: boolean): Member {
  const origin = shapeOf("`ctx.targetFreight.origin`", [field("name", "Warehouse the Freight comes from.")]);
  const targetFreight = shapeOf("`ctx.targetFreight`", [
    field("name", "Name of the Freight that is promoted."),
    field("alias", "Alias of that Freight."),
    field("origin", "Where that Freight comes from.", "object", origin),
  ]);
  const promotion = shapeOf("`ctx.meta.promotion`", [
    field("actor", "Who made the Promotion."),
    field("rollback", "True when the Promotion is marked as a rollback.", "bool"),
  ]);
  const step = shapeOf("`ctx.meta.step`", [field("alias", "Alias of this step.")]);
  const meta = shapeOf("`ctx.meta`", [
    field("promotion", "About the Promotion.", "object", promotion),
    ...(inSteps ? [field("step", "About this step.", "object", step)] : []),
  ]);
  const members = [
    field("project", "Name of the Project."),
    field("stage", "Name of the Stage."),
    field("promotion", "Name of the Promotion."),
    field("uiBaseUrl", "Address of Kargo's user interface."),
    field("targetFreight", "The Freight that is promoted.", "object", targetFreight),
    field("meta", "About the Promotion and the step.", "object", meta),
  ];
  return field("ctx", "What is promoted where, and by whom.", "object", shapeOf("`ctx`", members));
}

function variablesMember({ vars, later }: Visible, inherits: boolean): Member {
  const members = new Map<string, Member>();
  for (const variable of later) {
    const message = `\`${variable.name}\` is set only after this; variables see the ones before them.`;
    members.set(variable.name, {
      ...variableMember(variable),
      trouble: { rule: "used-before-set", message },
    });
  }
  for (const variable of vars) members.set(variable.name, variableMember(variable));
  const shape: Shape = { members, open: inherits, what: "`vars`", rule: "unknown-variable" };
  return field("vars", "Variables set so far.", "object", shape);
}

function variableMember({ name, value }: VariableFacts): Member {
  const isLiteral = value !== undefined && templateParts(value).length === 0 && !isForeign(value);
  const shown = value === undefined ? "" : ` = ${value.length > 80 ? `${value.slice(0, 80)}…` : value}`;
  return {
    name,
    doc: `Variable${shown}`,
    type: isLiteral ? "string" : "any",
    shape: anyShape,
    ...(isLiteral ? { literal: value } : {}),
  };
}

/** Every step sees other outputs of the same list, and few look: the members are made when somebody does. */
function outputsMember({ list }: Visible, step: StepFacts | undefined, inTask: boolean): Member {
  const doc = "Outputs of the steps before this one, by alias.";
  return lateField("outputs", doc, () => outputsShape(list, step, inTask));
}

function lateField(name: string, doc: string, make: () => Shape): Member {
  let shape: Shape | undefined;
  return {
    name,
    doc,
    type: "object",
    get shape() {
      shape ??= make();
      return shape;
    },
  };
}

function outputsShape(list: StepList, step: StepFacts | undefined, inTask: boolean): Shape {
  const members = list.steps.map((one): Member => {
    if (inTask) return troubled(inTaskMembers, one, inTaskTrouble);
    const late = step !== undefined && one.index > step.index;
    return late ? troubled(lateMembers, one, laterTrouble) : outputMember(one);
  });
  // In a task, `outputs` holds what the steps of the Stage gave, which are not known here.
  const open = inTask || list.owner === "Promotion" || list.steps.some(({ alias }) => alias.includes("::"));
  return shapeOf("`outputs`", members, { open, rule: "unknown-alias" });
}

function inTaskTrouble({ alias }: StepFacts): Member["trouble"] {
  const message = `Inside a task the outputs of its own steps are in \`task.outputs\`, so this is \`task.outputs${memberText(alias)}\`.`;
  return { rule: "unknown-alias", message };
}

function laterTrouble({ alias }: StepFacts): Member["trouble"] {
  return { rule: "used-before-set", message: `The step \`${alias}\` comes later and has no outputs yet.` };
}

function taskMember(visible: Visible, step: StepFacts | undefined, exists: boolean): Member {
  const { list } = visible;
  if (!exists) {
    const message = "`task` exists only inside a PromotionTask; here the outputs of steps are in `outputs`.";
    return { ...field("task", message, "nil"), trouble: { rule: "out-of-scope", message } };
  }
  const isTask = list.owner === "task";
  const outputsField = lateField("outputs", "Outputs of the steps of this task, by alias.", () => {
    const members = (isTask ? list.steps : []).map((one) => {
      const late = step !== undefined && one.index > step.index;
      return late ? troubled(lateMembers, one, laterTrouble) : outputMember(one);
    });
    return shapeOf("`task.outputs`", members, { open: !isTask, rule: "unknown-alias" });
  });
  return field("task", "What belongs to this task.", "object", shapeOf("`task`", [outputsField]));
}

const inTaskMembers = new Attached<StepFacts, Member>();
const lateMembers = new Attached<StepFacts, Member>();

/** The outputs of a step for those who must not use them; every other step of a long list may ask. */
function troubled(
  known: Attached<StepFacts, Member>,
  step: StepFacts,
  trouble: (step: StepFacts) => Member["trouble"],
): Member {
  let member = known.get(step);
  if (member === undefined) {
    const why = trouble(step);
    member = { ...outputMember(step), ...(why === undefined ? {} : { trouble: why }) };
    known.set(step, member);
  }
  return member;
}

const outputMembersOf = new Attached<StepFacts, Member>();

function outputMember(step: StepFacts): Member {
  let member = outputMembersOf.get(step);
  if (member === undefined) {
    member = makeOutputMember(step);
    outputMembersOf.set(step, member);
  }
  return member;
}

function makeOutputMember(step: StepFacts): Member {
  const what = step.task === undefined ? `step \`${step.uses ?? ""}\`` : `task \`${step.task.name}\``;
  return {
    name: step.alias,
    doc: `Outputs of the ${what}.`,
    type: "object",
    shape: outputShape(step),
  };
}

function outputShape(step: StepFacts): Shape {
  const schema = step.uses === undefined ? undefined : stepSchema(step.uses);
  if (schema === undefined) return anyShape;
  const members = outputMembers(schema.outputs, step.config);
  const open = members === undefined || schema.edition === "commercial";
  return shapeOf(`the outputs of \`${step.alias}\` (${step.uses})`, members ?? [], {
    open,
    rule: "unknown-output",
  });
}

/** Outputs by name; undefined when their names cannot be told. */
function outputMembers(outputs: StepOutputs, config: unknown): Member[] | undefined {
  switch (outputs.from) {
    case "none":
      return [];
    case "fields":
      return membersOfFields(outputs.fields);
    case "list":
      return listMembers(isObject(config) ? config[outputs.list] : undefined, outputs.name);
    case "config":
      return isObject(config)
        ? Object.keys(config).map((name) => field(name, "Output that the step composes.", "any"))
        : undefined;
    default:
      return undefined;
  }
}

function listMembers(list: unknown, nameField: string): Member[] | undefined {
  if (list === undefined) return [];
  if (!Array.isArray(list)) return undefined;
  const found = list.map((entry: unknown) => (isObject(entry) ? entry[nameField] : undefined));
  if (found.some((name) => typeof name !== "string" || templateParts(name).length > 0)) return undefined;
  return (found as string[]).map((name) => field(name, "Output the step takes by its expression.", "any"));
}

const metasMembers = new Attached<StepList, Member>();

function metasMember(list: StepList): Member {
  let member = metasMembers.get(list);
  if (member === undefined) {
    member = makeMetasMember(list);
    metasMembers.set(list, member);
  }
  return member;
}

function makeMetasMember(list: StepList): Member {
  const members = list.steps.map(({ alias }) =>
    field(alias, "What has become of the step.", "StepMetadata", shapeNamed("StepMetadata")),
  );
  const shape = shapeOf("`stepMetas`", members, { open: true });
  return field("stepMetas", "What has become of the steps, by alias.", "object", shape);
}

function verificationScope(value: unknown): Scope {
  const spec = isObject(value) && isObject(value.spec) ? value.spec : {};
  const vars = variablesOf(spec.vars, ["spec", "vars"]);
  const context = shapeOf("`ctx` of a verification", [
    field("project", "Name of the Project."),
    field("stage", "Name of the Stage."),
  ]);
  const list: StepList = { owner: "Stage", path: [], vars, steps: [] };
  const members = [
    field("ctx", "Which Stage is verified.", "object", context),
    variablesMember({ list, vars, later: [] }, false),
  ];
  return { ...nothing, names: names(members), open: false, functions: everywhere };
}

const commitNames: readonly Member[] = [
  field("id", "Hash of the commit."),
  field("subject", "First line of the message."),
  field("author", "Author, as `Name <email>`."),
  field("committer", "Who committed, as `Name <email>`."),
  field("commitDate", "When it was committed; with NewestFromBranch only.", "time"),
  field("tag", "Name of the tag; with tag strategies only."),
  field("creatorDate", "When the tag was made; with tag strategies only.", "time"),
  field("tagger", "Who made the tag, as `Name <email>`; empty for lightweight tags."),
  field("annotation", "Message of the tag; empty for lightweight tags."),
];

const responseName = field(
  "response",
  "The answer of the server.",
  "object",
  shapeOf("`response`", [
    field("status", "Status code.", "int"),
    field("body", "Body, parsed when it is JSON or YAML.", "any"),
    field("headers", "Headers, each a list of texts.", "object"),
    field("header", "First value of the header of that name.", "(name string) string"),
  ]),
);

const normalizers = [
  "normalizeGit",
  "normalizeImage",
  "normalizeImages",
  "normalizeChart",
  "normalizeCharts",
];
const requestName = field(
  "request",
  "The request that arrived.",
  "object",
  shapeOf("`request`", [
    field("body", "Body, parsed from JSON.", "any"),
    field("header", "First value of the header of that name.", "(name string) string"),
    field("headers", "All values of the header of that name.", "(name string) list of string"),
    field("params", "Value of the query parameter of that name.", "(name string) string"),
  ]),
);
const receiverScope: Scope = {
  ...nothing,
  names: names([requestName]),
  functions: ["quoting"],
  otherFunctions: normalizers,
};

/** What the conditions of a metric see (Argo Rollouts utils/evaluate). */
const measuredFunctions = ["asInt", "asFloat", "isNaN", "isInf", "isNil", "default"];
const measuredName = field(
  "result",
  "The measured value: of Prometheus a list of numbers, of `web` any data.",
  "any",
);

/** `.name`, or `['name']` for what is no identifier. */
export function memberText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `['${name}']`;
}

function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((segment, index) => path[index] === segment);
}
