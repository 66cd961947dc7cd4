// Rewrites a checked tree as upstream's optimiser does, as far as a user can see it: which operand is evaluated, which
// error appears, what costs memory. Order and conditions of the passes are upstream's (optimizer/ of expr-lang).
import {
  type BinaryNode,
  type BuiltinNode,
  children,
  type IntegerNode,
  isBooleanOperator,
  type MemberNode,
  mapChildren,
  type Node,
  type PredicateNode,
} from "./ast";
import { type Nature, natureOf } from "./nature";
import { foldNode, OptimizeFault, type Rewriter } from "./optimizer-fold";
import { print } from "./print";
import { mapOf, structType, types } from "./types";
import { MapValue } from "./values";

/** Natures by node; the optimiser adds those of the nodes it makes. */
export type Natures = Map<Node, Nature>;

/** Rewrites a tree. Throws an OptimizeFault for a division by a constant zero. */
export function optimize(root: Node, natures: Natures): Node {
  let tree = walk(root, natures, inArray);
  for (let pass = 0; pass <= 1000; pass++) {
    const before = tree;
    tree = walk(tree, natures, foldNode);
    if (tree === before) break;
  }
  const passes = [
    inRange,
    filterMap,
    filterLen,
    (node: Node, context: Rewriter) => filterEnd(node, context, -1n, "last", "findLast"),
    (node: Node, context: Rewriter) => filterEnd(node, context, 0n, "first", "find"),
    predicateCombination,
    sumRange,
    sumArray,
    sumMap,
    countAny,
    countThreshold,
  ];
  for (const pass of passes) tree = walk(tree, natures, pass);
  return tree;
}

export { OptimizeFault };

type Pass = (node: Node, context: Rewriter) => Node;

/** Rewrites from the leaves up. A node that stands in two places is rewritten once. */
function walk(root: Node, natures: Natures, pass: Pass): Node {
  const done = new Map<Node, Node>();
  const context: Rewriter = {
    typeOf: (node) => natures.get(node)?.type ?? types.any,
    patch(old, made, type) {
      const placed = { ...made, at: old.at, start: old.start, end: old.end };
      natures.set(placed, natureOf(type ?? natures.get(old)?.type ?? types.any));
      return placed;
    },
  };
  const visitOne = (node: Node): Node => {
    const mapped = mapChildren(node, visit);
    const nature = natures.get(node);
    if (mapped !== node && nature !== undefined) natures.set(mapped, nature);
    const result = pass(mapped, context);
    done.set(node, result);
    return result;
  };
  const visit = (node: Node): Node => {
    const known = done.get(node);
    if (known !== undefined) return known;
    // Long sums lean to the left; going down there in a loop spares the stack.
    const spine: Node[] = [];
    for (let at: Node = node; at.kind === "binary" && !done.has(at); at = at.left) spine.push(at);
    for (const step of spine.reverse()) visitOne(step);
    return done.get(node) ?? visitOne(node);
  };
  return visit(root);
}

function isBuiltin(node: Node | undefined, name: string): node is BuiltinNode {
  return node?.kind === "builtin" && node.name === name;
}

const emptyStruct = structType({ name: "struct {}", packagePath: "", fields: [] });

/** A set of the literals of a list: `x in ["a", "b"]` looks a key up. */
function inArray(node: Node, context: Rewriter): Node {
  if (node.kind !== "binary" || node.operator !== "in" || node.right.kind !== "array") return node;
  const { nodes } = node.right;
  if (nodes.length === 0) return node;
  const ints = context.typeOf(node.left).kind === "int" && nodes.every(({ kind }) => kind === "integer");
  if (!ints && !nodes.every(({ kind }) => kind === "string")) return node;
  const type = mapOf(ints ? types.int : types.string, emptyStruct);
  const entries = nodes.map((literal) => [literalValue(literal), null] as const);
  const set: Node = { kind: "constant", value: new MapValue(type, entries), start: 0, end: 0, at: 0 };
  const right = context.patch({ ...set, start: node.right.start, end: node.right.end }, set, type);
  return context.patch(node, { ...node, right });
}

function literalValue(node: Node): unknown {
  return node.kind === "integer" || node.kind === "string" ? node.value : null;
}

/** `x in m..n` with an int `x` compares twice and makes no list. */
function inRange(node: Node, context: Rewriter): Node {
  if (node.kind !== "binary" || node.operator !== "in" || context.typeOf(node.left).kind !== "int")
    return node;
  const range = constantRange(node.right);
  if (range === undefined) return node;
  const side = (operator: string, right: Node): BinaryNode => ({
    kind: "binary",
    operator,
    left: node.left,
    right,
    start: node.start,
    end: node.end,
    at: 0,
  });
  const made = { ...node, operator: "and", left: side(">=", range.from), right: side("<=", range.to) };
  return context.patch(node, made);
}

function constantRange(node: Node): { readonly from: IntegerNode; readonly to: IntegerNode } | undefined {
  if (node.kind !== "binary" || node.operator !== "..") return undefined;
  const { left, right } = node;
  return left.kind === "integer" && right.kind === "integer" ? { from: left, to: right } : undefined;
}

/** `map(filter(xs, p), f)` maps while it filters. */
function filterMap(node: Node, context: Rewriter): Node {
  if (!isBuiltin(node, "map") || node.args.length !== 2) return node;
  const [filter, predicate] = node.args;
  if (!isBuiltin(filter, "filter") || filter.map !== undefined || predicate?.kind !== "predicate")
    return node;
  if (usesIndex(predicate)) return node;
  return context.patch(node, { ...node, name: "filter", args: filter.args, map: predicate.body });
}

function usesIndex(node: Node): boolean {
  return (node.kind === "pointer" && node.name === "index") || children(node).some(usesIndex);
}

/** `len(filter(xs, p))` counts. */
function filterLen(node: Node, context: Rewriter): Node {
  if (!isBuiltin(node, "len") || node.args.length !== 1) return node;
  const [filter] = node.args;
  if (!isBuiltin(filter, "filter") || filter.args.length !== 2) return node;
  return context.patch(node, { ...node, name: "count", args: filter.args });
}

/** `filter(xs, p)[0]` and `first(filter(xs, p))` find; the same from the end. */
function filterEnd(node: Node, context: Rewriter, index: bigint, end: string, name: string): Node {
  const member = indexed(node, index);
  const filter = member?.base ?? (isBuiltin(node, end) && node.args.length === 1 ? node.args[0] : undefined);
  if (!isBuiltin(filter, "filter") || filter.args.length !== 2) return node;
  const { args, map } = filter;
  const found = { kind: "builtin", name, args, throws: member !== undefined } as const;
  const made = { ...found, start: 0, end: 0, at: 0, ...(map === undefined ? {} : { map }) };
  return context.patch(node, made);
}

function indexed(node: Node, index: bigint): MemberNode | undefined {
  if (node.kind !== "member" || node.optional || node.property.kind !== "integer") return undefined;
  return node.property.value === index ? node : undefined;
}

/** `all(xs, p) && all(xs, q)` goes through the list once; likewise `any` with or, `none` with and. */
function predicateCombination(node: Node, context: Rewriter): Node {
  if (node.kind !== "binary" || !isBooleanOperator(node.operator)) return node;
  const { left, right } = node;
  if (left.kind !== "builtin" || !isBuiltin(right, left.name)) return node;
  const operator = combinedOperator(left.name, node.operator);
  const [leftList, leftTest] = left.args;
  const [rightList, rightTest] = right.args;
  if (operator === undefined || leftTest?.kind !== "predicate" || rightTest?.kind !== "predicate")
    return node;
  if (leftList === undefined || rightList === undefined) return node;
  if (context.typeOf(leftList) !== context.typeOf(rightList) || print(leftList) !== print(rightList))
    return node;
  const { start, end } = node;
  const joined: Node = {
    kind: "binary",
    operator,
    left: leftTest.body,
    right: rightTest.body,
    start,
    end,
    at: 0,
  };
  const body = predicateCombination(joined, context);
  const predicate: PredicateNode = { kind: "predicate", body, start, end, at: 0 };
  return context.patch(node, { ...left, args: [leftList, predicate] });
}

function combinedOperator(name: string, operator: string): string | undefined {
  const and = operator === "and" || operator === "&&";
  if (name === "all") return and ? operator : undefined;
  if (name === "any") return and ? undefined : operator;
  if (name !== "none" || !and) return undefined;
  return operator === "and" ? "or" : "||";
}

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Sums over `m..n` are computed at once. */
function sumRange(node: Node, context: Rewriter): Node {
  if (node.kind !== "builtin" || (node.name !== "sum" && node.name !== "reduce")) return node;
  const [list, predicate, initial] = node.args;
  const range = list === undefined ? undefined : constantRange(list);
  if (range === undefined || range.to.value < range.from.value) return node;
  const { value: m } = range.from;
  const { value: n } = range.to;
  const count = wrap(wrap(n - m) + 1n);
  const sum = wrap(count * wrap(m + n)) / 2n;
  const value = node.name === "sum" ? sumOf(sum, count, predicate) : reduceOf(sum, predicate, initial);
  if (value === undefined) return node;
  const made: Node = { kind: "integer", value: wrap(value), start: 0, end: 0, at: 0 };
  return context.patch(node, made, types.int);
}

function isElement(node: Node): boolean {
  return node.kind === "pointer" && node.name === "";
}

function sumOf(sum: bigint, count: bigint, predicate: Node | undefined): bigint | undefined {
  if (predicate === undefined) return sum;
  if (predicate.kind !== "predicate") return undefined;
  const { body } = predicate;
  if (isElement(body)) return sum;
  if (body.kind !== "binary") return undefined;
  const elementLeft = isElement(body.left);
  const constant = elementLeft ? body.right : body.left;
  if (constant.kind !== "integer" || (!elementLeft && !isElement(body.right))) return undefined;
  const total = count * constant.value;
  if (body.operator === "*") return constant.value * sum;
  if (body.operator === "+") return sum + total;
  if (body.operator !== "-") return undefined;
  return elementLeft ? sum - total : total - sum;
}

function reduceOf(sum: bigint, predicate: Node | undefined, initial: Node | undefined): bigint | undefined {
  if (predicate?.kind !== "predicate" || predicate.body.kind !== "binary") return undefined;
  const { operator, left, right } = predicate.body;
  if (operator !== "+" || left.kind !== "pointer" || right.kind !== "pointer") return undefined;
  if ([left.name, right.name].sort().join() !== ",acc") return undefined;
  if (initial === undefined) return sum;
  return initial.kind === "integer" ? sum + initial.value : undefined;
}

/** `sum([a, b, c])` of a literal list is `a + (b + c)`. */
function sumArray(node: Node, context: Rewriter): Node {
  const [list] = isBuiltin(node, "sum") && node.args.length === 1 ? node.args : [];
  if (list?.kind !== "array" || list.nodes.length < 2) return node;
  const { start, end } = node;
  const made = list.nodes.reduceRight((right, left) => ({
    kind: "binary",
    operator: "+",
    left,
    right,
    start,
    end,
    at: 0,
  }));
  return context.patch(node, made);
}

/** `sum(map(xs, f))` adds while it maps. */
function sumMap(node: Node, context: Rewriter): Node {
  const [list] = isBuiltin(node, "sum") && node.args.length === 1 ? node.args : [];
  if (!isBuiltin(list, "map") || list.args.length !== 2) return node;
  return context.patch(node, { ...list, name: "sum" });
}

/** A `count` with predicate on the left of a comparison with a whole number. */
function countedAgainst(
  node: Node,
): { readonly count: BuiltinNode; readonly limit: bigint; readonly node: BinaryNode } | undefined {
  if (node.kind !== "binary" || !isBuiltin(node.left, "count") || node.left.args.length !== 2)
    return undefined;
  return node.right.kind === "integer" ? { count: node.left, limit: node.right.value, node } : undefined;
}

/** `count(xs, p) > 0` is `any(xs, p)`. */
function countAny(node: Node, context: Rewriter): Node {
  const counted = countedAgainst(node);
  if (counted === undefined) return node;
  const { operator } = counted.node;
  const any = (operator === ">" && counted.limit === 0n) || (operator === ">=" && counted.limit === 1n);
  return any ? context.patch(node, { ...counted.count, name: "any" }) : node;
}

/** `count(xs, p) > 3` stops at the fourth. */
function countThreshold(node: Node, context: Rewriter): Node {
  const counted = countedAgainst(node);
  if (counted === undefined || counted.limit < 0n) return node;
  const { operator } = counted.node;
  if (!/^[<>]=?$/.test(operator)) return node;
  const threshold = operator === ">" || operator === "<=" ? wrap(counted.limit + 1n) : counted.limit;
  if (threshold <= 1n) return node;
  const left = context.patch(counted.count, { ...counted.count, threshold });
  return context.patch(node, { ...counted.node, left });
}
