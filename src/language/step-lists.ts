// Reads the variables and steps of a resource, wherever its kind keeps them, for everything that reasons about scopes.
// Judges nothing; wrongly typed parts are passed over.
import { Attached } from "../base/attached";
import { isObject } from "../base/json";
import type { Path } from "../model/schema/schema";

/** A variable and where it stands. */
export interface VariableFacts {
  readonly name: string;
  /** Its value, when that is text. */
  readonly value?: string;
  /** Path of the entry. */
  readonly path: Path;
}

/** A step and where it stands. */
export interface StepFacts {
  readonly index: number;
  readonly path: Path;
  /** As later steps know it: given, or Kargo's own. */
  readonly alias: string;
  readonly named: boolean;
  readonly uses?: string;
  readonly task?: { readonly kind: "PromotionTask" | "ClusterPromotionTask"; readonly name: string };
  readonly vars: readonly VariableFacts[];
  readonly config: unknown;
}

/** The steps of a resource with the variables all of them see. */
export interface StepList {
  readonly owner: "Stage" | "task" | "Promotion";
  /** Path of the list of steps. */
  readonly path: Path;
  /** Variables in the order they are evaluated. */
  readonly vars: readonly VariableFacts[];
  readonly steps: readonly StepFacts[];
}

const owners: Readonly<Record<string, StepList["owner"]>> = {
  Stage: "Stage",
  PromotionTask: "task",
  ClusterPromotionTask: "task",
  Promotion: "Promotion",
};

const known = new Attached<object, StepList>();

/** The steps and variables of a resource; undefined for kinds that have none. The same value gives the same list. */
export function stepListOf(kind: string, value: unknown): StepList | undefined {
  if (!isObject(value)) return undefined;
  let list = known.get(value);
  if (list === undefined) {
    list = readStepList(kind, value);
    if (list !== undefined) known.set(value, list);
  }
  return list;
}

function readStepList(kind: string, value: unknown): StepList | undefined {
  const owner = owners[kind];
  if (owner === undefined || !isObject(value)) return undefined;
  const spec = isObject(value.spec) ? value.spec : {};
  const own = variablesOf(spec.vars, ["spec", "vars"]);
  if (owner !== "Stage") {
    const path = ["spec", "steps"];
    return { owner, path, vars: own, steps: stepsOf(spec.steps, path) };
  }
  const holder = isObject(spec.promotionTemplate) ? spec.promotionTemplate.spec : undefined;
  const template = isObject(holder) ? holder : {};
  const base = ["spec", "promotionTemplate", "spec"];
  const path = [...base, "steps"];
  const vars = [...own, ...variablesOf(template.vars, [...base, "vars"])];
  return { owner, path, vars, steps: stepsOf(template.steps, path) };
}

/** The variables of a list. */
export function variablesOf(list: unknown, path: Path): VariableFacts[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) => {
    if (!isObject(entry) || typeof entry.name !== "string") return [];
    const value = typeof entry.value === "string" ? { value: entry.value } : {};
    return [{ name: entry.name, ...value, path: [...path, index] }];
  });
}

function stepsOf(list: unknown, path: Path): StepFacts[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((step: unknown, index) => {
    if (!isObject(step)) return [];
    const stepPath = [...path, index];
    const given = typeof step.as === "string" ? step.as.trim() : "";
    const task = taskOf(step.task);
    const fallback = `${task === undefined ? "step" : "task"}-${index + 1}`;
    return [
      {
        index,
        path: stepPath,
        alias: given === "" ? fallback : given,
        named: given !== "",
        vars: variablesOf(step.vars, [...stepPath, "vars"]),
        config: step.config,
        ...(typeof step.uses === "string" ? { uses: step.uses } : {}),
        ...(task === undefined ? {} : { task }),
      },
    ];
  });
}

function taskOf(task: unknown): StepFacts["task"] {
  if (!isObject(task) || typeof task.name !== "string") return undefined;
  const kind = task.kind === "ClusterPromotionTask" ? "ClusterPromotionTask" : "PromotionTask";
  return { kind, name: task.name };
}
