// `eval`: evaluates an expression or a template with the engine's own evaluator, for trying out and for scripts.
// Knows no Promotion: what a step would see is given as an environment.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { errorMessage } from "../base/errors";
import { isObject } from "../base/json";
import { expressionText } from "../engine/promotion/expression-text";
import { plainFunctions } from "../engine/promotion/functions";
import { evaluateTemplate, UnclosedExpressionError } from "../engine/promotion/templates";
import { compile, ExpressionError, toJson } from "../expression/expression";
import type { ProgramContext } from "./context";
import { CommandFailed, printLine, type Terminal, UsageError } from "./terminal";

interface EvalOptions {
  readonly template?: boolean;
  readonly env?: string;
  readonly stdin?: boolean;
}

/** A value as JSON text, or why there is none and where, in characters from the start of the source. */
type Outcome =
  | { readonly value: string }
  | { readonly error: { readonly message: string; readonly offset: number }; readonly cause?: unknown };

/** Adds `eval [--template] [--env FILE] SOURCE` and `eval --stdin`. */
export function addEvalCommand(program: Command, { terminal }: ProgramContext): void {
  program
    .command("eval [SOURCE]")
    .description("Evaluate an expression, or a template with ${{ }} in it, and print the value as JSON")
    .option("--template", "SOURCE is a template; print the value Kargo takes it for")
    .option("--env <file>", "JSON file with the names that the source can use")
    // An expression may well begin with a minus sign.
    .allowUnknownOption()
    .option("--stdin", 'read lines {"expr": …} or {"template": …}, with "env", and answer each with one line')
    .action(async (source: string | undefined, options: EvalOptions) => {
      if (options.stdin === true) return evaluateLines(terminal, source, options);
      if (source === undefined) throw new UsageError("eval needs a source, or --stdin.");
      if (/^--?[a-z][a-z-]*$/.test(source)) throw new UsageError(`unknown option ${source}`);
      const environment = await readEnvironment(terminal, options.env);
      const outcome =
        options.template === true ? templateValue(source, environment) : expressionValue(source, environment);
      if ("value" in outcome) return printLine(terminal, outcome.value);
      throw new CommandFailed(explain(outcome));
    });
}

async function evaluateLines(
  terminal: Terminal,
  source: string | undefined,
  options: EvalOptions,
): Promise<void> {
  if (source !== undefined || options.template === true || options.env !== undefined) {
    throw new UsageError("eval --stdin takes neither a source nor other options.");
  }
  const lines = createInterface({ input: terminal.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    terminal.signal.throwIfAborted();
    if (line.trim() !== "") printLine(terminal, outcomeLine(evaluateLine(line)));
  }
}

/** Position and reason for a person: the place in the source and, where it is in an expression, the line with an arrow. */
function explain({ error, cause }: Exclude<Outcome, { readonly value: string }>): string {
  const reason = cause instanceof ExpressionError ? cause.detail : error.message;
  return `character ${error.offset}: ${reason}`;
}

function outcomeLine(outcome: Outcome): string {
  return "value" in outcome ? `{"value":${outcome.value}}` : JSON.stringify({ error: outcome.error });
}

function evaluateLine(line: string): Outcome {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return failure(`The line is not JSON: ${errorMessage(error)}`, 0);
  }
  if (!isObject(request)) return failure("The line is not a JSON object.", 0);
  const { expr, template, env = {} } = request;
  if (typeof expr === "string" && template === undefined) return expressionValue(expr, env);
  if (typeof template === "string" && expr === undefined) return templateValue(template, env);
  return failure('The line must have either "expr" or "template", and that must be text.', 0);
}

async function readEnvironment(terminal: Terminal, path: string | undefined): Promise<unknown> {
  if (path === undefined) return {};
  try {
    return JSON.parse(await readFile(resolve(terminal.cwd, path), "utf8"));
  } catch (error) {
    throw new UsageError(`The environment cannot be read from ${path}: ${errorMessage(error)}`);
  }
}

/** Numbers of a JSON environment are floats, as they are after Kargo's own trip through JSON. */
function expressionValue(source: string, environment: unknown): Outcome {
  try {
    return { value: toJson(compile(source, { functions: plainFunctions }).evaluate(environment)) };
  } catch (error) {
    return failure(errorMessage(error), error instanceof ExpressionError ? error.offset : 0, error);
  }
}

function templateValue(source: string, environment: unknown): Outcome {
  if (!isObject(environment)) return failure("The environment of a template must be a JSON object.", 0);
  let at = 0;
  try {
    const value = evaluateTemplate(source, (expression, begin) => {
      at = begin;
      return expressionText(expression, plainFunctions, environment);
    });
    at = 0;
    return { value: toJson(value) };
  } catch (error) {
    return templateFault(source, error, at);
  }
}

/** A fault of an expression lies within it; everything else lies where the expression began. */
function templateFault(source: string, error: unknown, at: number): Outcome {
  const cause = error instanceof Error ? error.cause : undefined;
  if (error instanceof UnclosedExpressionError) return failure(error.message, characters(source, error.at));
  if (!(cause instanceof ExpressionError)) return failure(errorMessage(error), characters(source, at));
  return failure(cause.message, characters(source, at) + cause.offset, cause);
}

/** Characters, not UTF-16 units, before a place in a text: that is how expr-lang counts. */
function characters(text: string, end: number): number {
  return [...text.slice(0, end)].length;
}

function failure(message: string, offset: number, cause?: unknown): Outcome {
  return { error: { message, offset }, cause };
}
