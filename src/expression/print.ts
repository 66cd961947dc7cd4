// Tree → source text that parses to the same tree again.
// Prints canonical spacing; comments and the user's own layout are gone.
import {
  type BinaryNode,
  binaryPrecedence,
  type ConditionalNode,
  isBooleanOperator,
  isComparisonOperator,
  type MemberNode,
  type Node,
  type PairNode,
} from "./ast";
import { isValidIdentifier } from "./characters";
import { toJson } from "./go-json";

const reserved = new Set([
  "in",
  "or",
  "and",
  "not",
  "matches",
  "contains",
  "startsWith",
  "endsWith",
  "let",
  "if",
  "else",
]);

/** The source text of a tree. Printing what was parsed and parsing it again gives an equal tree. */
export function print(node: Node): string {
  switch (node.kind) {
    case "nil":
      return "nil";
    case "bool":
    case "integer":
      return String(node.value);
    case "float":
      return printFloat(node.value);
    case "string":
      return quote(node.value);
    case "bytes":
      return `b"${Array.from(node.value, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;
    case "constant":
      return node.value === null ? "nil" : toJson(node.value);
    case "identifier":
      return node.name;
    case "unary":
      return `${node.operator}${node.operator === "not" ? " " : ""}${printOperand(node.operand)}`;
    case "binary":
      return printBinary(node);
    case "chain":
      return print(node.body);
    case "member":
      return printMember(node);
    case "slice":
      return `${printBase(node.base)}[${printOptional(node.from)}:${printOptional(node.to)}]`;
    case "call":
      return `${print(node.callee)}(${list(node.args)})`;
    case "builtin":
      return `${node.name}(${list(node.args)})`;
    case "predicate":
      return printPredicate(node.body);
    case "pointer":
      return `#${node.name}`;
    case "conditional":
      return printConditional(node);
    case "let":
      return `let ${node.name} = ${printExpression(node.value)}; ${print(node.body)}`;
    case "sequence":
      return node.nodes
        .map((child, i) => (i < node.nodes.length - 1 ? printItem(child) : printLast(child)))
        .join("; ");
    case "array":
      return `[${list(node.nodes)}]`;
    case "map":
      return `{${node.pairs.map(printPair).join(", ")}}`;
    case "pair":
      return printPair(node);
    case "missing":
      return "";
  }
}

function list(nodes: readonly Node[]): string {
  return nodes.map((node) => (node.kind === "predicate" ? print(node) : printExpression(node))).join(", ");
}

function wrap(node: Node): string {
  return `(${print(node)})`;
}

/** Where one full expression stands: a sequence would end it, a `let` would swallow what follows. */
function printExpression(node: Node): string {
  return node.kind === "sequence" || node.kind === "let" ? wrap(node) : print(node);
}

function printItem(node: Node): string {
  return printExpression(node);
}

function printLast(node: Node): string {
  return node.kind === "sequence" ? wrap(node) : print(node);
}

function printOptional(node: Node | undefined): string {
  return node === undefined ? "" : node.kind === "conditional" ? wrap(node) : printExpression(node);
}

/** Nodes that cannot be an operand without parentheses. */
function isLoose(node: Node): boolean {
  return node.kind === "conditional" || node.kind === "let" || node.kind === "sequence";
}

function printOperand(node: Node): string {
  return isLoose(node) || node.kind === "binary" ? wrap(node) : print(node);
}

function printBinary(node: BinaryNode): string {
  const left = leftNeedsWrap(node) ? wrap(node.left) : print(node.left);
  const right = rightNeedsWrap(node) ? wrap(node.right) : print(node.right);
  return node.operator === ".." ? `${left} .. ${right}` : `${left} ${node.operator} ${right}`;
}

function precedenceOf(node: BinaryNode): number {
  return binaryPrecedence[node.operator] ?? 0;
}

function leftNeedsWrap(node: BinaryNode): boolean {
  const { left } = node;
  if (left.kind === "unary") return true;
  if (left.kind !== "binary") return isLoose(left);
  const order = precedenceOf(left) - precedenceOf(node);
  if (order === 0)
    return groupsRight(node) || isComparisonOperator(left.operator) || isComparisonOperator(node.operator);
  return order < 0 || left.operator === "??";
}

function groupsRight(node: BinaryNode): boolean {
  return node.operator === "**" || node.operator === "^";
}

function rightNeedsWrap(node: BinaryNode): boolean {
  const { right } = node;
  if (right.kind === "unary") return true;
  if (right.kind !== "binary") return isLoose(right);
  const order = precedenceOf(right) - precedenceOf(node);
  if (order < 0 || (order === 0 && !groupsRight(node)) || right.operator === "??") return true;
  return isBooleanOperator(right.operator) && right.operator !== node.operator;
}

/** A base of `.name`, `[…]` or a slice. */
function printBase(node: Node): string {
  const takesPostfix = !/^(nil|bool|integer|float|unary|binary|conditional|let|sequence|constant)$/.test(
    node.kind,
  );
  return takesPostfix ? print(node) : wrap(node);
}

function printMember(node: MemberNode): string {
  const { property } = node;
  const base = printBase(node.base);
  // Behind a chain, brackets begin a new one where a dot would carry on the old.
  if (property.kind === "string" && isValidIdentifier(property.value) && node.base.kind !== "chain") {
    return `${base}${node.optional ? "?." : "."}${property.value}`;
  }
  return `${base}${node.optional ? "?." : ""}[${printExpression(property)}]`;
}

function printPredicate(body: Node): string {
  const text = print(body);
  return isLoose(body) || text.startsWith("{") ? `{${text}}` : text;
}

function printConditional(node: ConditionalNode): string {
  if (!node.ternary) {
    const head = `if ${printExpression(node.condition)} {${print(node.consequent)}} else `;
    const { alternative: otherwise } = node;
    return otherwise.kind === "conditional" && !otherwise.ternary
      ? head + print(otherwise)
      : `${head}{${print(otherwise)}}`;
  }
  const part = (child: Node) => (isLoose(child) ? wrap(child) : print(child));
  return `${part(node.condition)} ? ${part(node.consequent)} : ${part(node.alternative)}`;
}

function printPair({ key, value }: PairNode): string {
  const plain = key.kind === "string" && isValidIdentifier(key.value) && !reserved.has(key.value);
  const name = key.kind === "string" ? (plain ? key.value : quote(key.value)) : wrap(key);
  return `${name}: ${printExpression(value)}`;
}

function printFloat(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const escaped = short[char];
    if (escaped !== undefined) out += escaped;
    else if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code === 0x2028 || code === 0x2029) {
      out += `\\u{${code.toString(16)}}`;
    } else out += char;
  }
  return `${out}"`;
}
