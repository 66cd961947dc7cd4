// Turns a Stage's promotion template into the steps and variables a Promotion keeps: aliases filled in, tasks unfolded.
// Reads tasks through the function it is given; evaluates no expression (pkg/api/promotion.go InflateSteps).
import { CodedError } from "../../base/errors";
import type {
  ClusterPromotionTask,
  ExpressionVariable,
  PromotionStep,
  PromotionTask,
  Stage,
} from "../../model/resources";

/** Stands between the alias of a task reference and the alias of a step within that task. */
export const aliasSeparator = "::";

/** Why a template could not be unfolded. */
export type InflateErrorCode = "taskNotFound" | "missingVariable" | "invalidTask";

/** A template that cannot become a Promotion; the message names the step. */
export class InflateError extends CodedError<InflateErrorCode> {}

/** Finds a task; undefined when there is none. */
export type TaskSource = (
  kind: "PromotionTask" | "ClusterPromotionTask",
  name: string,
) => Promise<PromotionTask | ClusterPromotionTask | undefined>;

/** The part of a Promotion's spec that its Stage decides. */
export interface InflatedSpec {
  readonly vars: readonly ExpressionVariable[];
  readonly steps: readonly PromotionStep[];
}

/** The alias of the step at `index` of its own list: `as`, else `task-<n>` or `step-<n>`, counted from 1. */
export function stepAlias(step: PromotionStep, index: number): string {
  if (step.as !== undefined && step.as !== "") return step.as;
  return step.task === undefined ? `step-${index + 1}` : `task-${index + 1}`;
}

/** Steps and variables of a new Promotion to `stage`. Throws InflateError. */
export async function inflateTemplate(stage: Stage, findTask: TaskSource): Promise<InflatedSpec> {
  const template = stage.spec.promotionTemplate?.spec;
  const vars = [...(stage.spec.vars ?? []), ...(template?.vars ?? [])];
  const steps: PromotionStep[] = [];
  for (const [index, step] of (template?.steps ?? []).entries()) {
    const alias = stepAlias(step, index);
    if (step.task === undefined) steps.push({ ...step, as: alias });
    else steps.push(...(await taskSteps(step, step.task, alias, vars, findTask)));
  }
  return { vars, steps };
}

async function taskSteps(
  step: PromotionStep,
  reference: NonNullable<PromotionStep["task"]>,
  alias: string,
  promotionVars: readonly ExpressionVariable[],
  findTask: TaskSource,
): Promise<PromotionStep[]> {
  // An empty kind is what Kubernetes defaults to PromotionTask; text from a file may hold anything.
  const kind: string = reference.kind || "PromotionTask";
  const where = `task "${reference.name}" of step "${alias}"`;
  if (kind !== "PromotionTask" && kind !== "ClusterPromotionTask") {
    throw new InflateError("invalidTask", `The kind of ${where} is "${kind}"; tasks have no such kind.`);
  }
  const task = await findTask(kind, reference.name);
  if (task === undefined) throw new InflateError("taskNotFound", `The ${kind} for ${where} does not exist.`);
  const vars = taskVariables(task.spec.vars ?? [], promotionVars, step.vars ?? [], where);
  return task.spec.steps.map((inner, index) => ({
    ...inner,
    as: `${alias}${aliasSeparator}${stepAlias(inner, index)}`,
    ...withVars([...vars, ...(inner.vars ?? [])]),
  }));
}

function withVars(vars: readonly ExpressionVariable[]): Pick<PromotionStep, "vars"> {
  return vars.length === 0 ? {} : { vars };
}

/** Defaults of the task for names the Promotion leaves open, then everything the reference gives. */
function taskVariables(
  taskVars: readonly ExpressionVariable[],
  promotionVars: readonly ExpressionVariable[],
  stepVars: readonly ExpressionVariable[],
  where: string,
): ExpressionVariable[] {
  const setByPromotion = namesWithValue(promotionVars);
  const setByStep = namesWithValue(stepVars);
  const vars: ExpressionVariable[] = [];
  for (const variable of taskVars) {
    if (setByPromotion.has(variable.name)) continue;
    if (variable.value !== undefined && variable.value !== "") vars.push(variable);
    else if (!setByStep.has(variable.name)) {
      throw new InflateError(
        "missingVariable",
        `Missing value for variable "${variable.name}", which ${where} requires.`,
      );
    }
  }
  return [...vars, ...stepVars];
}

function namesWithValue(vars: readonly ExpressionVariable[]): ReadonlySet<string> {
  return new Set(vars.filter(({ value }) => value !== undefined && value !== "").map(({ name }) => name));
}
