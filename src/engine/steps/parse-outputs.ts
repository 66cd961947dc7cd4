// What `json-parse`, `yaml-parse` and `toml-parse` have in common: a document of the work directory becomes the
// environment of expressions, whose values become the step's output. Knows no format.
import { goQuote } from "../../base/go-text";
import { compile, ExpressionError } from "../../expression/expression";
import type { StepContext, StepOutput, StepResult } from "../promotion/step";
import { readInside } from "../tools/files";
import { insideWorkDir } from "../tools/paths";
import { asFault, because, errored } from "./step-failure";

/** Configuration of the three steps. */
export interface ParseConfig {
  readonly path: string;
  readonly outputs: readonly ParseOutput[];
}

/** An expression over the document, and the output that its value becomes. */
export interface ParseOutput {
  readonly name: string;
  readonly fromExpression: string;
}

/** A file format. */
export interface ParseFormat {
  /** As it is named in faults. */
  readonly name: string;
  /** Its parser has nothing to say about an empty file; the step refuses it. */
  readonly refusesEmpty: boolean;
  /** Reads a document as values of expressions; throws an Error in the words of Kargo's parser. */
  readonly parse: (bytes: Buffer) => unknown;
}

/** Runs one of the three steps. No fault of theirs is terminal. */
export async function parseOutputs(
  { workDir, signal }: StepContext,
  { path, outputs }: ParseConfig,
  format: ParseFormat,
): Promise<StepResult> {
  try {
    const document = await readDocument(workDir, path, format, signal);
    const output = await because("failed to extract outputs", extract(outputs, document, signal));
    return { status: "Succeeded", output };
  } catch (error) {
    throw asFault(error, errored);
  }
}

async function readDocument(
  workDir: string,
  path: string,
  { name, refusesEmpty, parse }: ParseFormat,
  signal: AbortSignal,
): Promise<unknown> {
  const file = await because(`error joining path ${goQuote(path)}`, insideWorkDir(workDir, path));
  const reading = readInside(workDir, file, signal);
  const bytes = await because(`error reading ${name} file ${goQuote(file)}`, reading);
  if (refusesEmpty && bytes.length === 0)
    throw new Error(`could not parse empty ${name} file: ${goQuote(file)}`);
  return await because(`could not parse ${name} file`, () => parse(bytes));
}

async function extract(
  outputs: readonly ParseOutput[],
  document: unknown,
  signal: AbortSignal,
): Promise<StepOutput> {
  const values = new Map<string, unknown>();
  for (const { name, fromExpression: source } of outputs) {
    const compiling = `error compiling expression ${goQuote(source)}`;
    const program = await because(compiling, () => inDetail(() => compile(source)));
    const evaluating = `error evaluating expression ${goQuote(source)}`;
    values.set(name, await because(evaluating, () => inDetail(() => program.evaluate(document, { signal }))));
  }
  return Object.fromEntries(values);
}

/** Kargo tells a fault of an expression with its place. */
export function inDetail<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof ExpressionError ? new Error(error.detail, { cause: error }) : error;
  }
}
