// What a step's expressions see and in which order its variables, `if` and `config` are evaluated
// (pkg/promotion/evaluator.go). The functions they may call are in functions.ts, templates in templates.ts.
import { goQuote } from "../../base/go-text";
import type { FunctionTable } from "../../expression/expression";
import type { ExpressionVariable } from "../../model/resources";
import type { ExpressionData, StepData } from "./expression-data";
import { expressionText } from "./expression-text";
import { freightReferences } from "./freight-collection";
import type { FunctionContext } from "./function-context";
import { stepFunctions, variableFunctions } from "./functions";
import { goTypeName, stateValue, stepMetadataValue } from "./go-types";
import type { PromotionContext, StepEvaluation, StepScope } from "./orchestrator";
import { hasFailures } from "./status-functions";
import { PassPanic, taskOutputs } from "./step-state";
import { evaluateConfig, evaluateTemplate } from "./templates";

type Environment = Readonly<Record<string, unknown>>;
type Variables = Readonly<Record<string, unknown>>;

/** Evaluates the expressions of one step. Made anew for every step. */
export class StepEvaluator implements StepEvaluation {
  readonly #data: StepData;

  constructor(data: StepData) {
    this.#data = data;
  }

  async shouldSkip(scope: StepScope): Promise<boolean> {
    const condition = scope.step.if ?? "";
    if (condition === "") return hasFailures(scope.metadata);
    const value = await this.#data.withData((data) => {
      const evaluation = new Evaluation(scope, data);
      const environment = evaluation.stepEnvironment(evaluation.variables());
      return evaluateTemplate(condition, evaluation.evaluator(environment, stepFunctions));
    });
    if (typeof value === "boolean") return !value;
    throw new Error(`expression must evaluate to a boolean, got ${goTypeName(value)}`);
  }

  async config(scope: StepScope): Promise<unknown> {
    const { config } = scope.step;
    if (config === undefined || config === null) return undefined;
    return this.#data.withData((data) => {
      const evaluation = new Evaluation(scope, data);
      const environment = evaluation.stepEnvironment(evaluation.variables());
      return evaluateConfig(config, evaluation.evaluator(environment, stepFunctions));
    });
  }
}

/** One evaluation of one step, with the data it can have at once. */
class Evaluation {
  readonly #scope: StepScope;
  readonly #functions: FunctionContext;

  constructor(scope: StepScope, data: ExpressionData) {
    const { context, alias, metadata } = scope;
    this.#scope = scope;
    this.#functions = {
      data,
      freightRequests: context.freightRequests,
      freight: freightReferences(context.freight),
      alias,
      metadata,
    };
  }

  evaluator(environment: Environment, functions: FunctionTable): (source: string) => string {
    return (source) => expressionText(source, functions, environment, this.#functions);
  }

  /** The Promotion's variables and then the step's, each seeing the ones before; a name set twice keeps the later value. */
  variables(): Variables {
    const { context, step } = this.#scope;
    const vars: Record<string, unknown> = Object.create(null);
    for (const variable of context.vars) {
      vars[variable.name] = this.#variable(variable, () => this.#promotionEnvironment(vars));
    }
    for (const variable of step.vars ?? []) {
      vars[variable.name] = this.#variable(variable, () => this.stepEnvironment(vars));
    }
    return vars;
  }

  #variable({ name, value = "" }: ExpressionVariable, environment: () => Environment): unknown {
    try {
      return evaluateTemplate(value, this.evaluator(environment(), variableFunctions));
    } catch (cause) {
      if (cause instanceof PassPanic) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`error pre-processing promotion variable ${goQuote(name)}: ${reason}`, { cause });
    }
  }

  /** What a Promotion's own variables see: no outputs, no steps. */
  #promotionEnvironment(vars: Variables): Environment {
    return { ctx: contextValue(this.#scope.context, this.#scope.alias), vars: { ...vars } };
  }

  /** What everything that belongs to a step sees. */
  stepEnvironment(vars: Variables): Environment {
    const { context, alias, metadata, state } = this.#scope;
    const task = taskOutputs(alias, state);
    return {
      ctx: contextValue(context, alias),
      vars: { ...vars },
      outputs: stateValue(state),
      stepMetas: Object.fromEntries(
        metadata.map((record) => [record.alias ?? "", stepMetadataValue(record)]),
      ),
      ...(task === undefined ? {} : { task: { outputs: stateValue(task) } }),
    };
  }
}

function contextValue(context: PromotionContext, alias: string): Readonly<Record<string, unknown>> {
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
