// What a step's expressions see and in which order its variables, `if` and `config` are evaluated
// (pkg/promotion/evaluator.go). The functions they may call are in functions.ts, templates in templates.ts.
import { isObject } from "../../base/json";
import type { ExpressionVariable, StepExecutionMetadata } from "../../model/resources";
import { evaluateExpression } from "./go-text";
import type { PromotionContext, StepEvaluation, StepScope } from "./orchestrator";
import { type PromotionState, taskOutputs } from "./step-state";
import { evaluateConfig, evaluateTemplate } from "./templates";

/** An environment of an expression: the names it can use. */
export type ExpressionEnvironment = Readonly<Record<string, unknown>>;

/** Evaluates the expressions of one step. Made anew for every step. */
export class StepEvaluator implements StepEvaluation {
  async shouldSkip(scope: StepScope): Promise<boolean> {
    const condition = scope.step.if ?? "";
    if (condition === "") return hasFailures(scope.metadata);
    const vars = this.#vars(scope);
    const value = evaluateTemplate(condition, this.#evaluate(stepEnvironment(scope, vars)));
    if (typeof value === "boolean") return !value;
    throw new Error(`expression must evaluate to a boolean, got ${goTypeOf(value)}`);
  }

  async config(scope: StepScope): Promise<unknown> {
    const { config } = scope.step;
    if (config === undefined || config === null) return undefined;
    const vars = this.#vars(scope);
    return evaluateConfig(config, this.#evaluate(stepEnvironment(scope, vars)));
  }

  /** The Promotion's variables and then the step's, each seeing the ones before; a name set twice keeps the later value. */
  #vars(scope: StepScope): Record<string, unknown> {
    const vars: Record<string, unknown> = {};
    const set = ({ name, value = "" }: ExpressionVariable, environment: () => ExpressionEnvironment) => {
      try {
        vars[name] = evaluateTemplate(value, this.#evaluate(environment()));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`error pre-processing promotion variable "${name}": ${reason}`, { cause });
      }
    };
    for (const variable of scope.context.vars) set(variable, () => promotionEnvironment(scope, vars));
    for (const variable of scope.step.vars ?? []) set(variable, () => stepEnvironment(scope, vars));
    return vars;
  }

  #evaluate(environment: ExpressionEnvironment): (source: string) => string {
    return (source) => evaluateExpression(source, environment);
  }
}

/** True when a step that may not fail has failed (api/v1alpha1 HasFailures); an aborted one has not. */
export function hasFailures(metadata: readonly StepExecutionMetadata[]): boolean {
  return metadata.some(
    ({ continueOnError, status }) =>
      continueOnError !== true && (status === "Failed" || status === "Errored"),
  );
}

/** What a Promotion's own variables see: no outputs, no steps. */
function promotionEnvironment(scope: StepScope, vars: Record<string, unknown>): ExpressionEnvironment {
  return { ctx: contextValue(scope.context, scope.alias), vars };
}

/** What everything that belongs to a step sees. */
function stepEnvironment(scope: StepScope, vars: Record<string, unknown>): ExpressionEnvironment {
  const task = taskOutputs(scope.alias, scope.state);
  return {
    ctx: contextValue(scope.context, scope.alias),
    vars,
    outputs: readableOutputs(scope.state),
    stepMetas: Object.fromEntries(scope.metadata.map((record) => [record.alias ?? "", record])),
    ...(task === undefined ? {} : { task: { outputs: readableOutputs(task) } }),
  };
}

/** A step without output reads as an empty object within the pass it ran in. */
function readableOutputs(state: PromotionState): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state).map(([alias, output]) => [alias, output ?? {}]));
}

function contextValue(context: PromotionContext, alias: string): Record<string, unknown> {
  return {
    uiBaseUrl: context.uiBaseUrl,
    project: context.project,
    promotion: context.promotion,
    stage: context.stage,
    targetFreight: {
      name: context.targetFreight.name,
      alias: context.targetFreightAlias,
      origin: { name: context.targetFreight.origin.name },
    },
    meta: {
      promotion: { actor: context.actor, rollback: context.rollback },
      step: { alias },
    },
  };
}

function goTypeOf(value: unknown): string {
  if (value === null) return "<nil>";
  if (typeof value === "string") return "string";
  if (typeof value === "number") return "float64";
  return isObject(value) ? "map[string]interface {}" : "[]interface {}";
}
