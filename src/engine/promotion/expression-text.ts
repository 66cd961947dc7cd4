// One expression and the text that stands for it in a template: text as it is, anything else as Go's JSON.
// Knows neither delimiters nor which functions there are.
import { compile, ExpressionError, type FunctionTable, toJson } from "../../expression/expression";

/** An expression that cannot be evaluated, in the words a Kargo server uses; `cause` is the ExpressionError. */
export class TemplateError extends Error {}

/** The text of an evaluated expression. Throws TemplateError, or the question of a function for data. */
export function expressionText(
  source: string,
  functions: FunctionTable,
  environment: Readonly<Record<string, unknown>>,
  context?: unknown,
): string {
  let value: unknown;
  try {
    value = compile(source, { functions }).evaluate(environment, { context });
  } catch (error) {
    if (error instanceof ExpressionError) throw new TemplateError(error.detail, { cause: error });
    throw error;
  }
  return typeof value === "string" ? value : toJson(value);
}
