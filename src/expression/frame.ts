// What running code shares: the state of one evaluation, its limits, and what compiling code may ask for.
// Holds no rule of the language.
import type { Node } from "./ast";
import { fault } from "./errors";
import type { FunctionTable } from "./functions";
import type { Meter } from "./meter";
import type { Nature } from "./nature";
import type { Type } from "./types";
import type { PlainMap } from "./values";

/** The list a predicate goes through, and where it is. */
export interface Scope {
  /** Undefined for a map: it can be counted but has no elements. */
  readonly items: readonly unknown[] | undefined;
  readonly length: number;
  index: number;
  acc: unknown;
}

/** State of one evaluation. */
export interface Frame extends Meter {
  readonly env: unknown;
  /** `env` when it is a plain object, which is the common case. */
  readonly plainEnv: PlainMap | undefined;
  /** What the host gave for its functions. */
  readonly context: unknown;
  readonly signal: AbortSignal | undefined;
  readonly variables: unknown[];
  scope: Scope | undefined;
  /** Where a mistake of the running operation would be, in UTF-16 units. */
  at: number;
  /** Units of upstream's memory budget that are left. */
  memory: number;
  /** The nil that ended a chain early. */
  chainNil: unknown;
}

/** Compiled code of a node. */
export type Code = (frame: Frame) => unknown;

/** What a built-in does with its arguments. The frame is for its limits. */
export type Run = (args: readonly unknown[], frame: Frame) => unknown;

/** Stands for the value of a chain whose guarded base was nil, on its way to the end of the chain. */
export const chainEnd: unique symbol = Symbol("chain ends");

/** Takes units of the memory budget (vm.memGrow of expr-lang). */
export function grow(frame: Frame, units: number): void {
  frame.memory -= units;
  if (frame.memory <= 0) fault("memory budget exceeded");
}

/** What the parts of the compiler may ask of it. */
export interface CompileContext {
  /** Undefined when the tree was not checked (Go's expr.Eval). */
  readonly functions: FunctionTable | undefined;
  compile(node: Node): Code;
  /** As `compile`, and follows pointers where the static type leaves room for one. */
  compileValue(node: Node): Code;
  /** As `compileValue` for an operand of `??`, under which a chain keeps the type of its nil. */
  compileCoalesced(node: Node): Code;
  natureOf(node: Node): Nature;
  /** Static type, `any` when it is not known. */
  typeOf(node: Node): Type;
  /** Compiles with a variable in scope; `code` gets its index. */
  withVariable(name: string, code: (index: number) => Code): Code;
}
