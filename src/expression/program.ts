// Source → program → value: the phases in upstream's order, the cache of programs, the limits of a run.
// Every way a phase can fail ends here as an ExpressionError with its place.
import { isAbortError } from "../base/errors";
import { mapChildren, type Node } from "./ast";
import { codePointOffset } from "./characters";
import { checkTree } from "./checker";
import { type Compiled, compileTree } from "./compiler";
import { ExpressionError, type ExpressionProblem, Fault } from "./errors";
import type { Frame } from "./frame";
import { type FunctionTable, functionTable } from "./functions";
import { defaultWork } from "./meter";
import { isUnknown, type Nature } from "./nature";
import { OptimizeFault, optimize } from "./optimizer";
import { type ParseResult, parse } from "./parser";
import type { Type } from "./types";
import { isPlainMap } from "./values";

/** What a run may use at most. */
export interface Limits {
  /** Units of upstream's memory budget: elements of lists that are made, bytes of repeats. Upstream's is 1 000 000. */
  readonly memory?: number;
  /** Steps: elements looked at by loops and comparisons, made texts and lists. Upstream knows no such limit. */
  readonly work?: number;
}

/** How a source is compiled. */
export interface CompileOptions {
  /** Functions the host declares. Programs are cached by this table's identity. */
  readonly functions?: FunctionTable;
  /** The types of the environment (expr.Env), undefined for nil; other names are then mistakes. Not cached. */
  readonly environment?: ReadonlyMap<string, Type | undefined>;
  /** `eval` is Go's expr.Eval: no checking, no optimising, no functions. */
  readonly mode?: "compile" | "eval";
}

/** How a program is run. */
export interface EvaluateOptions {
  readonly signal?: AbortSignal;
  readonly limits?: Limits;
  /** Handed to the host's functions as it is. */
  readonly context?: unknown;
}

const noFunctions = functionTable();
const defaultMemory = 1_000_000;
const tooDeep = "expression is nested too deeply";

/** What the checker says about a parsed source. */
export interface CheckResult {
  /** The first mistake, if any, that `compile` would throw. */
  readonly errors: readonly ExpressionProblem[];
  /** Static type of a node; undefined when it is known at run time only. */
  typeOf(node: Node): Type | undefined;
  /** Static type of the elements of a node that is a list, where its own type says less. */
  elementTypeOf(node: Node): Type | undefined;
}

/** Looks for what `compile` would refuse, and for the types of all nodes. Never throws. */
export function check(parsed: ParseResult, options: CompileOptions = {}): CheckResult {
  const { ast, source } = parsed;
  const natures: ReadonlyMap<Node, Nature> =
    options.mode === "eval" ? new Map() : naturesOf(ast, options.functions ?? noFunctions);
  const typeOf = (node: Node) => knownType(natures.get(node));
  const elementTypeOf = (node: Node) => knownType(natures.get(node)?.element) ?? typeOf(node)?.elem;
  return { errors: problems(parsed, source, options), typeOf, elementTypeOf };
}

function naturesOf(ast: Node, functions: FunctionTable): ReadonlyMap<Node, Nature> {
  try {
    return checkTree(ast, functions).natures;
  } catch (error) {
    if (error instanceof RangeError) return new Map();
    throw error;
  }
}

function knownType(nature: Nature | undefined): Type | undefined {
  return nature === undefined || isUnknown(nature) ? undefined : nature.type;
}

function problems(
  parsed: ParseResult,
  source: string,
  options: CompileOptions,
): readonly ExpressionProblem[] {
  if (parsed.errors.length > 0) return parsed.errors;
  const built = build(parsed.ast, options);
  if (!("message" in built)) return [];
  const { message, at, node } = built;
  const [start, end] = node === undefined ? [at, at + 1] : [node.start, node.end];
  return [{ message, offset: codePointOffset(source, at), start, end: Math.max(end, start + 1) }];
}

/** A mistake of a later phase than parsing. */
interface BuildProblem {
  readonly message: string;
  readonly at: number;
  readonly node?: Node;
}

/** Checks, optimises and compiles a tree. */
function build(
  ast: Node,
  { functions = noFunctions, mode, environment }: CompileOptions,
): Compiled | BuildProblem {
  try {
    if (mode === "eval") return compileTree(ast, new Map(), undefined);
    const { natures, problem, replaced } = checkTree(ast, functions, environment);
    if (problem !== undefined) return problem;
    const known = new Map(natures);
    return compileTree(optimize(replace(ast, replaced, known), known), known, functions);
  } catch (error) {
    if (error instanceof Fault) return { message: error.message, at: 0 };
    if (error instanceof OptimizeFault) return { message: error.message, at: error.at };
    if (error instanceof RangeError) return { message: tooDeep, at: 0 };
    throw error;
  }
}

/** The tree with the arguments that the checker converted. */
function replace(node: Node, replaced: ReadonlyMap<Node, Node>, natures: Map<Node, Nature>): Node {
  if (replaced.size === 0) return node;
  const other = replaced.get(node);
  if (other !== undefined) return other;
  const made = mapChildren(node, (child) => replace(child, replaced, natures));
  const nature = natures.get(node);
  if (made !== node && nature !== undefined) natures.set(made, nature);
  return made;
}

const caches = new WeakMap<FunctionTable, Map<string, Program>>();
const cacheSize = 1000;

/** Compiles a source, or gives the program compiled before. Throws an ExpressionError with phase `compile`. */
export function compile(source: string, options: CompileOptions = {}): Program {
  if (options.environment !== undefined) return compileNew(source, options);
  const functions = options.functions ?? noFunctions;
  let cache = caches.get(functions);
  if (cache === undefined) {
    cache = new Map();
    caches.set(functions, cache);
  }
  const key = `${options.mode === "eval" ? "eval" : "full"}:${source}`;
  let program = cache.get(key);
  if (program === undefined) {
    program = compileNew(source, options);
    if (cache.size >= cacheSize) cache.clear();
    cache.set(key, program);
  }
  return program;
}

function compileNew(source: string, options: CompileOptions): Program {
  const parsed = parse(
    source,
    options.mode === "eval" ? {} : { functions: options.functions ?? noFunctions },
  );
  const [problem] = parsed.errors;
  if (problem !== undefined) throw new ExpressionError("compile", problem.message, source, problem.start);
  const built = build(parsed.ast, options);
  if ("message" in built) throw new ExpressionError("compile", built.message, source, built.at);
  return new Program(source, built);
}

/** A compiled expression. Running it does not change it; it may be run any number of times. */
export class Program {
  readonly source: string;
  private readonly compiled: Compiled;

  constructor(source: string, compiled: Compiled) {
    this.source = source;
    this.compiled = compiled;
  }

  /**
   * Runs the program. `env` is usually a plain object of variables, but any value will do. Throws an ExpressionError
   * with phase `run`; an abort of the signal, or one a host function throws, comes through as it is.
   */
  evaluate(env: unknown, options?: EvaluateOptions): unknown {
    options?.signal?.throwIfAborted();
    const { code, variables } = this.compiled;
    const frame: Frame = {
      env: env === undefined ? null : env,
      plainEnv: isPlainMap(env) ? env : undefined,
      context: options?.context,
      signal: options?.signal,
      variables: variables === 0 ? none : new Array(variables).fill(null),
      scope: undefined,
      at: 0,
      memory: options?.limits?.memory ?? defaultMemory,
      work: options?.limits?.work ?? defaultWork,
      chainNil: null,
    };
    try {
      const value = code(frame);
      return value === undefined ? null : value;
    } catch (error) {
      throw this.placed(error, frame);
    }
  }

  private placed(error: unknown, frame: Frame): unknown {
    if (isAbortError(error) || (frame.signal?.aborted === true && error === frame.signal.reason))
      return error;
    if (error instanceof Fault) return new ExpressionError("run", error.message, this.source, frame.at);
    if (error instanceof RangeError)
      return new ExpressionError("run", rangeMessage(error), this.source, frame.at);
    const message = error instanceof Error ? error.message : String(error);
    return new ExpressionError("run", message, this.source, frame.at, { cause: error });
  }
}

const none: unknown[] = [];

/** The engine's own limits: call stack, longest text, longest list. */
function rangeMessage(error: RangeError): string {
  return /call stack/i.test(error.message) ? tooDeep : "memory budget exceeded";
}

/** Compiles, or takes from the cache, and runs. */
export function evaluate(
  source: string,
  env: unknown,
  options: CompileOptions & EvaluateOptions = {},
): unknown {
  return compile(source, options).evaluate(env, options);
}
