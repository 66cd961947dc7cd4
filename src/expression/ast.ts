// The tree of an expression. Offsets are UTF-16 units, for an editor; errors count code points (see errors.ts).
// Holds data only; `children` is the one way to walk it.

interface Base {
  /** Span of the whole construct in the source, parentheses around it not included. */
  readonly start: number;
  readonly end: number;
  /** Where expr-lang reports an error of this node: operator, property name, function name, bracket. */
  readonly at: number;
}

export interface NilNode extends Base {
  readonly kind: "nil";
}
export interface BoolNode extends Base {
  readonly kind: "bool";
  readonly value: boolean;
}
export interface IntegerNode extends Base {
  readonly kind: "integer";
  readonly value: bigint;
}
export interface FloatNode extends Base {
  readonly kind: "float";
  readonly value: number;
}
export interface StringNode extends Base {
  readonly kind: "string";
  readonly value: string;
}
export interface BytesNode extends Base {
  readonly kind: "bytes";
  readonly value: Uint8Array;
}
/** A value the optimiser computed; the parser makes none. */
export interface ConstantNode extends Base {
  readonly kind: "constant";
  readonly value: unknown;
}
/** A name: variable of `let`, of the environment, or `$env`. */
export interface IdentifierNode extends Base {
  readonly kind: "identifier";
  readonly name: string;
}
export interface UnaryNode extends Base {
  readonly kind: "unary";
  readonly operator: string;
  readonly operand: Node;
}
export interface BinaryNode extends Base {
  readonly kind: "binary";
  readonly operator: string;
  readonly left: Node;
  readonly right: Node;
}
/** How far `?.` reaches: when a guarded base is nil, the whole chain is nil. */
export interface ChainNode extends Base {
  readonly kind: "chain";
  readonly body: Node;
}
/** `base.name` and `base[property]`; for the former `property` is a string node. */
export interface MemberNode extends Base {
  readonly kind: "member";
  readonly base: Node;
  readonly property: Node;
  readonly optional: boolean;
  /** Written as a call `base.name(…)`. */
  readonly method: boolean;
}
export interface SliceNode extends Base {
  readonly kind: "slice";
  readonly base: Node;
  readonly from?: Node;
  readonly to?: Node;
}
export interface CallNode extends Base {
  readonly kind: "call";
  readonly callee: Node;
  readonly args: readonly Node[];
}
export interface BuiltinNode extends Base {
  readonly kind: "builtin";
  readonly name: string;
  readonly args: readonly Node[];
  /** Set by the optimiser: `find` fails instead of giving nil, maps what it found, `count` stops early. */
  readonly throws?: boolean;
  readonly map?: Node;
  readonly threshold?: bigint;
}
export interface PredicateNode extends Base {
  readonly kind: "predicate";
  readonly body: Node;
}
/** `#` (name ""), `#index`, `#acc`, and the implied `#` of `.name`. */
export interface PointerNode extends Base {
  readonly kind: "pointer";
  readonly name: string;
}
export interface ConditionalNode extends Base {
  readonly kind: "conditional";
  /** True for `a ? b : c`, false for `if`. */
  readonly ternary: boolean;
  readonly condition: Node;
  readonly consequent: Node;
  readonly alternative: Node;
}
/** `let name = value; body`. */
export interface LetNode extends Base {
  readonly kind: "let";
  readonly name: string;
  readonly value: Node;
  readonly body: Node;
}
export interface SequenceNode extends Base {
  readonly kind: "sequence";
  readonly nodes: readonly Node[];
}
export interface ArrayNode extends Base {
  readonly kind: "array";
  readonly nodes: readonly Node[];
}
export interface MapNode extends Base {
  readonly kind: "map";
  readonly pairs: readonly PairNode[];
}
export interface PairNode extends Base {
  readonly kind: "pair";
  readonly key: Node;
  readonly value: Node;
}
/** What is not there in a half-written expression. Never part of a tree that parsed without a problem. */
export interface MissingNode extends Base {
  readonly kind: "missing";
}

export type Node =
  | NilNode
  | BoolNode
  | IntegerNode
  | FloatNode
  | StringNode
  | BytesNode
  | ConstantNode
  | IdentifierNode
  | UnaryNode
  | BinaryNode
  | ChainNode
  | MemberNode
  | SliceNode
  | CallNode
  | BuiltinNode
  | PredicateNode
  | PointerNode
  | ConditionalNode
  | LetNode
  | SequenceNode
  | ArrayNode
  | MapNode
  | PairNode
  | MissingNode;

/** The direct children in the order they are written. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "chain":
    case "predicate":
      return [node.body];
    case "member":
      return [node.base, node.property];
    case "slice":
      return [node.base, node.from, node.to].filter((child) => child !== undefined);
    case "call":
      return [node.callee, ...node.args];
    case "builtin":
      return node.args;
    case "conditional":
      return [node.condition, node.consequent, node.alternative];
    case "let":
      return [node.value, node.body];
    case "sequence":
    case "array":
      return node.nodes;
    case "map":
      return node.pairs;
    case "pair":
      return [node.key, node.value];
    default:
      return [];
  }
}

/** Binding strength of the binary operators; a larger number binds tighter. Only `**` and `^` group to the right. */
export const binaryPrecedence: Readonly<Record<string, number>> = {
  "|": 0,
  or: 10,
  "||": 10,
  and: 15,
  "&&": 15,
  "==": 20,
  "!=": 20,
  "<": 20,
  ">": 20,
  ">=": 20,
  "<=": 20,
  in: 20,
  matches: 20,
  contains: 20,
  startsWith: 20,
  endsWith: 20,
  "..": 25,
  "+": 30,
  "-": 30,
  "*": 60,
  "/": 60,
  "%": 60,
  "**": 100,
  "^": 100,
  "??": 500,
};

/** Binding strength of the unary operators. */
export const unaryPrecedence: Readonly<Record<string, number>> = { not: 50, "!": 50, "-": 90, "+": 90 };

/** `and`, `or` and their signs. */
export function isBooleanOperator(operator: string): boolean {
  return operator === "and" || operator === "or" || operator === "&&" || operator === "||";
}

/** The four that form chains: `a < b < c`. */
export function isComparisonOperator(operator: string): boolean {
  return operator === "<" || operator === ">" || operator === "<=" || operator === ">=";
}

/** The node with its children replaced; the node itself when none changed. A part set by the optimiser stays. */
export function mapChildren(node: Node, replace: (child: Node) => Node): Node {
  const before = children(node);
  if (before.length === 0) return node;
  const after = before.map(replace);
  if (after.every((child, i) => child === before[i])) return node;
  return withChildren(node, after);
}

function withChildren(node: Node, given: readonly Node[]): Node {
  const [first, second, third] = given as readonly [Node, Node, Node];
  switch (node.kind) {
    case "unary":
      return { ...node, operand: first };
    case "binary":
      return { ...node, left: first, right: second };
    case "chain":
    case "predicate":
      return { ...node, body: first };
    case "member":
      return { ...node, base: first, property: second };
    case "slice": {
      if (node.from === undefined)
        return node.to === undefined ? { ...node, base: first } : { ...node, base: first, to: second };
      return { ...node, base: first, from: second, ...(node.to === undefined ? {} : { to: third }) };
    }
    case "call":
      return { ...node, callee: first, args: given.slice(1) };
    case "builtin":
      return { ...node, args: given };
    case "conditional":
      return { ...node, condition: first, consequent: second, alternative: third };
    case "let":
      return { ...node, value: first, body: second };
    case "sequence":
    case "array":
      return { ...node, nodes: given };
    case "map":
      return { ...node, pairs: given as readonly PairNode[] };
    case "pair":
      return { ...node, key: first, value: second };
    default:
      return node;
  }
}
