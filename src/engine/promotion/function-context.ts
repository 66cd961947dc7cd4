// What the functions of a step's expressions know: the data of the Project, the Freight, the steps so far.
// Functions are declared once; this travels with every evaluation.

import { typeName } from "../../expression/expression";
import type { FreightReference, FreightRequest, StepExecutionMetadata } from "../../model/resources";
import type { ExpressionData } from "./expression-data";

/** Given to every function as its context. */
export interface FunctionContext {
  readonly data: ExpressionData;
  readonly freightRequests: readonly FreightRequest[];
  /** The Promotion's Freight in the order of its origins. */
  readonly freight: readonly FreightReference[];
  /** Alias of the step whose expressions are evaluated. */
  readonly alias: string;
  readonly metadata: readonly StepExecutionMetadata[];
}

/** The context of a call. Evaluating a function without one is a mistake of the program, not of the expression. */
export function contextOf(context: unknown): FunctionContext {
  if (typeof context !== "object" || context === null || !("data" in context)) {
    throw new Error("this function works within a Promotion only");
  }
  return context as FunctionContext;
}

/** An argument that must be text; `which` names it in the error, as upstream does. */
export function textArgument(args: readonly unknown[], index: number, which: string): string {
  const value = args[index];
  if (typeof value === "string") return value;
  throw new Error(`${which} must be string, got ${typeName(value)}`);
}
