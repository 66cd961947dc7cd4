// The error of an expression: in which phase it was found, where, and in which words.
// Decides no rule; parser, checker and evaluator do.
import { CodedError } from "../base/errors";
import { codePointOffset, lineAndColumn } from "./characters";
import { toValid } from "./go-text";

/** `compile`: found before the expression runs, even in a branch that never would. `run`: found while it runs. */
export type ExpressionPhase = "compile" | "run";

/** A mistake found in a source text, not thrown: the editor shows these. */
export interface ExpressionProblem {
  /** expr-lang's own sentence, without the position. */
  readonly message: string;
  /** Where it is, in code points from the start of the source, as expr-lang counts. */
  readonly offset: number;
  /** The same place as a span of UTF-16 offsets, for an editor. */
  readonly start: number;
  readonly end: number;
}

/** Thrown by `compile` and `evaluate`. `message` is expr-lang's sentence, `detail` adds line, column and an arrow. */
export class ExpressionError extends CodedError<ExpressionPhase> {
  readonly phase: ExpressionPhase;
  readonly source: string;
  /** Position in code points, as expr-lang reports it. */
  readonly offset: number;
  /** Position in UTF-16 units. */
  readonly start: number;
  /** Line, from 1. */
  readonly line: number;
  /** Column in code points, from 1. */
  readonly column: number;

  constructor(
    phase: ExpressionPhase,
    message: string,
    source: string,
    start: number,
    options?: { readonly cause?: unknown },
  ) {
    super(phase, toValid(message), options);
    this.phase = phase;
    this.source = source;
    this.start = start;
    this.offset = codePointOffset(source, start);
    const { line, column } = lineAndColumn(source, start);
    this.line = line;
    this.column = column + 1;
  }

  /** The whole text a Kargo server prints for this error: sentence, position and the line with an arrow under it. */
  get detail(): string {
    const text = this.source.split("\n")[this.line - 1] ?? "";
    if (text === "") return this.message;
    const arrow = `${".".repeat(this.column - 1)}^`;
    return `${this.message} (${this.line}:${this.column})\n | ${text.replaceAll("\t", " ")}\n | ${arrow}`;
  }
}

/** What goes wrong inside an operation that does not know where it stands; the evaluator adds the place. */
export class Fault extends Error {}

/** Throws a fault; an expression, so that it can stand in a conditional. */
export function fault(message: string): never {
  throw new Fault(message);
}
