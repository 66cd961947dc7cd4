// How a host declares functions of its own (expr.Function of expr-lang).
// Declares only; the checker checks calls and the evaluator makes them.
import type { Type } from "./types";

/** One way to call a function. With `variadic` the last parameter is a list type that takes the rest. */
export interface Signature {
  readonly params: readonly Type[];
  readonly variadic?: boolean;
  readonly result: Type;
}

/**
 * A function that expressions can call by name. A call is accepted when any signature fits; without signatures every
 * call is. An argument of unknown type always passes the check, so `call` must look at what it is given.
 */
export interface FunctionDeclaration {
  readonly name: string;
  readonly signatures: readonly Signature[];
  /** Gets the arguments and what `evaluate` was given as `context`. A thrown Error becomes the run-time error. */
  readonly call: (args: readonly unknown[], context: unknown) => unknown;
}

/** Declared functions by name. */
export type FunctionTable = ReadonlyMap<string, FunctionDeclaration>;

/** A table of the given declarations; a later one replaces an earlier one of the same name. */
export function functionTable(...declarations: readonly FunctionDeclaration[]): FunctionTable {
  return new Map(declarations.map((declaration) => [declaration.name, declaration]));
}
