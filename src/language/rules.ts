// The rules of the language service: stable ids, how bad each is, one sentence each. Settings and `# kargo-ignore` name
// them by these ids. Checks nothing.
import type { ProblemCode } from "../model/schema/schema";

/** How bad a finding is. */
export type Severity = "error" | "warning" | "information" | "hint";

/** What a setting may make of a rule. */
export type RuleSetting = Severity | "off";

interface Rule {
  /** What the finding's own severity is when none is given with it. */
  readonly severity: Severity;
  readonly doc: string;
}

const schemaRules = {
  type: { severity: "error", doc: "A value has another type than its field." },
  required: { severity: "error", doc: "A field that must be there is missing." },
  "unknown-key": { severity: "error", doc: "A key is no field of the object it stands in." },
  "unknown-step": {
    severity: "warning",
    doc: "The kind of a step is neither one of Kargo's nor a declared one.",
  },
  enum: { severity: "error", doc: "A value is none of the allowed words." },
  pattern: { severity: "error", doc: "A text has not the form its field asks for." },
  length: { severity: "error", doc: "A text is too short or too long." },
  range: { severity: "error", doc: "A number is too small or too large." },
  items: { severity: "error", doc: "A list or map has too few or too many entries." },
  unique: { severity: "error", doc: "A list that is a set has an entry twice." },
  format: { severity: "error", doc: "A text is not what it must be: a duration, a URL, an expression …" },
  choice: { severity: "error", doc: "Fields that exclude each other are set, or none of them is." },
  rule: { severity: "error", doc: "Fields of an object contradict each other (CEL rules of Kargo's CRDs)." },
  template: { severity: "error", doc: "A text must be a template and is none." },
  admission: { severity: "error", doc: "Kargo's API server would refuse the resource." },
  deprecated: { severity: "warning", doc: "A field or form is deprecated." },
} as const satisfies Record<ProblemCode, Rule>;

/** Every rule by its id. */
export const rules = {
  ...schemaRules,
  "yaml-syntax": { severity: "error", doc: "The text is not YAML." },
  "unknown-kind": { severity: "error", doc: "Kargo's API has no such kind." },
  "expression-syntax": { severity: "error", doc: "An expression cannot be parsed, or is not closed." },
  "expression-type": {
    severity: "error",
    doc: "An expression can never be evaluated, or never gives what is asked for.",
  },
  "unknown-function": { severity: "error", doc: "An expression calls a function that does not exist." },
  "out-of-scope": {
    severity: "error",
    doc: "An expression uses something that does not exist in this place.",
  },
  "unknown-name": {
    severity: "warning",
    doc: "An expression uses a name that stands for nothing, so it is nil.",
  },
  "unknown-variable": {
    severity: "warning",
    doc: "An expression reads a variable that nobody sets, so it is nil.",
  },
  "unknown-output": {
    severity: "warning",
    doc: "An expression reads an output that the step does not give.",
  },
  "unknown-alias": { severity: "warning", doc: "An expression names a step that does not exist." },
  "used-before-set": {
    severity: "warning",
    doc: "An expression reads what a later variable or step gives.",
  },
  "lossy-conversion": {
    severity: "warning",
    doc: "A template turns text into a number, boolean or null; `quote()` keeps it.",
  },
  "unknown-repository": {
    severity: "warning",
    doc: "An expression looks for a repository to which no requested Warehouse subscribes.",
  },
  "unresolved-reference": { severity: "warning", doc: "A resource that is named is not in the workspace." },
  "pipeline-cycle": { severity: "warning", doc: "Stages take Freight from each other in a circle." },
  "unreachable-stage": { severity: "warning", doc: "No Freight can ever reach the Stage." },
  "missing-origin": {
    severity: "warning",
    doc: "No upstream Stage carries Freight of the requested origin.",
  },
  "soak-on-direct": {
    severity: "warning",
    doc: "A soak time has no effect on Freight straight from its Warehouse.",
  },
  "soak-behind-control-flow": {
    severity: "warning",
    doc: "Freight never stays in a Stage without steps, so a soak time there is never reached.",
  },
  "unknown-argument": {
    severity: "warning",
    doc: "A verification gives an argument that none of its templates declares.",
  },
  "missing-argument": {
    severity: "warning",
    doc: "A template of a verification needs an argument that nobody gives.",
  },
  "missing-variable": {
    severity: "warning",
    doc: "A task needs a variable that neither the Stage nor its step gives a value.",
  },
  "empty-selector": { severity: "warning", doc: "A policy selects no Stage." },
  "local-repository": {
    severity: "hint",
    doc: "Only the embedded engine reads a repository by a file URL.",
  },
  "unused-ignore": { severity: "information", doc: "A `# kargo-ignore` comment silences nothing." },
} as const satisfies Record<string, Rule>;

/** The id of a rule. */
export type RuleId = keyof typeof rules;

/** True for the id of a rule. */
export function isRuleId(id: string): id is RuleId {
  return Object.hasOwn(rules, id);
}
