// Computes what is constant: arithmetic on number literals, joined text, decided conditions (fold.go of expr-lang).
// One node at a time, children first; optimizer.ts walks.
import type { BinaryNode, Node } from "./ast";
import { pow } from "./go-pow";
import { concat } from "./go-text";
import { type Type, types } from "./types";

/** A mistake that shows while constants are computed; offset in UTF-16 units. */
export class OptimizeFault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** What a rewriting rule may use. */
export interface Rewriter {
  /** Static type of a node, `any` when it is not known. */
  typeOf(node: Node): Type;
  /** Puts a made node in the place of an old one, with the old one's type unless another is given. */
  patch(old: Node, made: Node, type?: Type): Node;
}

const nowhere = { start: 0, end: 0, at: 0 } as const;
const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

/** The node with what is constant in it computed. */
export function foldNode(node: Node, context: Rewriter): Node {
  switch (node.kind) {
    case "unary":
      return foldUnary(node.operator, node.operand, node, context);
    case "binary":
      return foldBinary(node, context);
    case "array":
      return foldArray(node, node.nodes, context);
    case "builtin":
      return foldFilters(node, context);
    default:
      return node;
  }
}

function integer(old: Node, value: bigint, context: Rewriter): Node {
  return context.patch(old, { kind: "integer", value: wrap(value), ...nowhere }, types.int);
}

function float(old: Node, value: number, context: Rewriter): Node {
  return context.patch(old, { kind: "float", value, ...nowhere }, types.float64);
}

function bool(old: Node, value: boolean, context: Rewriter): Node {
  return context.patch(old, { kind: "bool", value, ...nowhere }, types.bool);
}

function foldUnary(operator: string, operand: Node, node: Node, context: Rewriter): Node {
  if (operand.kind === "bool" && (operator === "!" || operator === "not"))
    return bool(node, !operand.value, context);
  if (operator !== "-" && operator !== "+") return node;
  if (operand.kind === "integer")
    return integer(node, operator === "-" ? -operand.value : operand.value, context);
  if (operand.kind === "float")
    return float(node, operator === "-" ? -operand.value : operand.value, context);
  return node;
}

function foldBinary(node: BinaryNode, context: Rewriter): Node {
  switch (node.operator) {
    case "+":
    case "-":
    case "*":
    case "/":
    case "**":
    case "^":
      return foldArithmetic(node, context);
    case "%":
      return foldModulo(node, context);
    case "and":
    case "&&":
      return foldLogic(node, true, context);
    case "or":
    case "||":
      return foldLogic(node, false, context);
    case "==":
      return foldEqual(node, context);
    default:
      return node;
  }
}

function foldArithmetic(node: BinaryNode, context: Rewriter): Node {
  const { operator, left, right } = node;
  if (operator === "+" && left.kind === "string" && right.kind === "string") {
    const value = concat(left.value, right.value);
    return context.patch(node, { kind: "string", value, ...nowhere }, types.string);
  }
  if (left.kind === "integer" && right.kind === "integer" && /^[-+*]$/.test(operator)) {
    const [a, b] = [left.value, right.value];
    return integer(node, operator === "+" ? a + b : operator === "-" ? a - b : a * b, context);
  }
  const numeric = (side: Node) =>
    side.kind === "integer" || side.kind === "float" ? Number(side.value) : undefined;
  const [a, b] = [numeric(left), numeric(right)];
  if (a === undefined || b === undefined) return node;
  const results = { "+": a + b, "-": a - b, "*": a * b, "/": a / b };
  return float(node, results[operator as keyof typeof results] ?? pow(a, b), context);
}

function foldModulo(node: BinaryNode, context: Rewriter): Node {
  const { left, right } = node;
  if (left.kind !== "integer" || right.kind !== "integer") return node;
  if (right.value === 0n) throw new OptimizeFault("integer divide by zero", node.at);
  return integer(node, left.value % right.value, context);
}

/** With `and` the neutral constant is true, with `or` false; the other constant decides. */
function foldLogic(node: BinaryNode, neutral: boolean, context: Rewriter): Node {
  const { left, right } = node;
  if (left.kind === "bool" && left.value === neutral) return context.patch(node, right);
  if (right.kind === "bool" && right.value === neutral) return context.patch(node, left);
  return left.kind === "bool" || right.kind === "bool" ? bool(node, !neutral, context) : node;
}

function foldEqual(node: BinaryNode, context: Rewriter): Node {
  const { left, right } = node;
  if (left.kind !== right.kind) return node;
  if (left.kind !== "integer" && left.kind !== "string" && left.kind !== "bool") return node;
  return bool(node, left.value === (right as typeof left).value, context);
}

function foldArray(node: Node, nodes: readonly Node[], context: Rewriter): Node {
  const values: unknown[] = [];
  for (const item of nodes) {
    if (item.kind !== "integer" && item.kind !== "float" && item.kind !== "string" && item.kind !== "bool")
      return node;
    values.push(item.value);
  }
  if (values.length === 0) return node;
  return context.patch(node, { kind: "constant", value: Object.freeze(values), ...nowhere }, types.anyList);
}

/** `filter(filter(xs, p), q)` tests both at once. */
function foldFilters(node: Node, context: Rewriter): Node {
  if (node.kind !== "builtin" || node.name !== "filter" || node.args.length !== 2) return node;
  const [inner, test] = node.args;
  if (inner?.kind !== "builtin" || inner.name !== "filter" || test?.kind !== "predicate") return node;
  const [list, innerTest] = inner.args;
  if (list === undefined || innerTest?.kind !== "predicate") return node;
  const span = { start: node.start, end: node.end, at: 0 };
  const body: Node = { kind: "binary", operator: "&&", left: innerTest.body, right: test.body, ...span };
  return context.patch(node, { ...node, args: [list, { kind: "predicate", body, ...span }] });
}
