// Source text → tree, by precedence climbing, with expr-lang's sentences (parser/parser.go of expr-lang).
// Reports the first mistake only, as upstream does, but keeps the tree up to there, so that an editor can work on it.
import {
  type BinaryNode,
  binaryPrecedence,
  isComparisonOperator,
  type Node,
  type PairNode,
  unaryPrecedence,
} from "./ast";
import { isBuiltin, predicateBuiltins } from "./builtin-names";
import { codePointOffset, isValidIdentifier } from "./characters";
import type { ExpressionProblem } from "./errors";
import { toBytes } from "./go-text";
import { type Token, tokenText } from "./lexer";
import { parseNumberLiteral } from "./number-literal";
import { TokenCursor } from "./token-cursor";

/** What parsing gives. With problems the tree is partial: it holds what stands in front of the first one. */
export interface ParseResult {
  readonly source: string;
  readonly ast: Node;
  readonly errors: readonly ExpressionProblem[];
  readonly tokens: readonly Token[];
}

/** Settings that change the grammar. */
export interface ParseOptions {
  /** Names of registered functions: they hide built-ins of the same name unless called as `::name()`. */
  readonly functions?: { has(name: string): boolean };
  /** Nodes a tree may have; upstream's default is 10 000. */
  readonly maxNodes?: number;
}

const negatable = new Set(["contains", "matches", "startsWith", "endsWith", "in"]);

/** Parses a source. Never throws. */
export function parse(source: string, options: ParseOptions = {}): ParseResult {
  const parser = new Parser(source, options);
  try {
    return parser.parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return parser.tooDeep();
  }
}

class Parser extends TokenCursor {
  private readonly source: string;
  private readonly options: ParseOptions;
  /** Predicates around the current place; only inside one `#` and a leading dot mean something. */
  private depth = 0;

  constructor(source: string, options: ParseOptions) {
    super(source, options.maxNodes ?? 10_000);
    this.source = source;
    this.options = options;
  }

  parse(): ParseResult {
    this.next();
    const ast = this.sequence();
    if (this.current.kind !== "EOF") this.unexpected();
    return this.result(ast);
  }

  tooDeep(): ParseResult {
    const { start, end } = this.current;
    this.problem = { message: "expression is nested too deeply", start, end };
    return this.result({ kind: "missing", start: 0, end: this.source.length, at: 0 });
  }

  private result(ast: Node): ParseResult {
    const { problem, source, tokens } = this;
    if (problem === undefined) return { source, ast, errors: [], tokens };
    return { source, ast, tokens, errors: [{ ...problem, offset: codePointOffset(source, problem.start) }] };
  }

  private sequence(): Node {
    const nodes = [this.expression(0)];
    while (this.is("Operator", ";") && !this.failed) {
      this.next();
      if (this.is("EOF")) break;
      nodes.push(this.expression(0));
    }
    const first = nodes[0] as Node;
    return nodes.length === 1 ? first : this.node({ kind: "sequence", nodes, at: first.at }, first.start);
  }

  private expression(precedence: number): Node {
    if (this.failed) return this.missing();
    if (precedence === 0 && this.is("Operator", "let")) return this.declaration();
    if (precedence === 0 && this.is("Operator", "if")) return this.ifElse();
    // Not the start of the first operand: that one may stand in parentheses.
    const { start } = this.current;
    const node = this.climb(this.primary(), start, precedence);
    return precedence === 0 ? this.ternary(node, start) : node;
  }

  /** Takes operators that bind at least as tightly as `precedence`. */
  private climb(first: Node, start: number, precedence: number): Node {
    let left = first;
    let previous = "";
    while (this.is("Operator") && !this.failed) {
      const negation = this.is("Operator", "not") ? this.current : undefined;
      if (negation !== undefined && !this.negated(negation, precedence)) break;
      const operator = this.current;
      const binds = binaryPrecedence[operator.value];
      if (binds === undefined || binds < precedence) break;
      this.next();
      if (operator.value === "|") {
        const name = this.current;
        this.expect("Identifier");
        left = this.call(name, [left], start, "any");
      } else if (previous === "??" && operator.value !== "??") {
        const text = `Operator (${operator.value}) and coalesce expressions (??) cannot be mixed.`;
        this.fail(`${text} Wrap either by parentheses.`, operator);
        break;
      } else if (isComparisonOperator(operator.value)) left = this.comparison(left, start, operator);
      else left = this.binary(left, start, operator, negation);
      previous = operator.value;
    }
    return left;
  }

  /** Steps over `not` in front of an operator it can negate; false when the operator is not for this level. */
  private negated(negation: Token, precedence: number): boolean {
    this.next();
    if (!negatable.has(this.current.value)) {
      this.unexpected();
      return false;
    }
    if ((binaryPrecedence[this.current.value] ?? -1) >= precedence) return true;
    this.stashed = this.current;
    this.current = negation;
    return false;
  }

  private binary(left: Node, start: number, operator: Token, negation: Token | undefined): Node {
    const toRight = operator.value === "**" || operator.value === "^";
    const binds = binaryPrecedence[operator.value] ?? 0;
    const right = this.expression(toRight ? binds : binds + 1);
    const node = this.node(
      { kind: "binary", operator: operator.value, left, right, at: operator.start } as const,
      start,
    );
    if (negation === undefined) return node;
    return this.node({ kind: "unary", operator: "not", operand: node, at: operator.start }, start);
  }

  /** `a < b < c` means `a < b && b < c`; the middle operand is one node in both. */
  private comparison(first: Node, start: number, firstOperator: Token): Node {
    const binds = binaryPrecedence[firstOperator.value] ?? 0;
    let root: BinaryNode | undefined;
    let left = first;
    let leftStart = start;
    let operator = firstOperator;
    for (;;) {
      const rightStart = this.current.start;
      const right = this.expression(binds + 1);
      const compared = this.node(
        { kind: "binary", operator: operator.value, left, right, at: operator.start } as const,
        leftStart,
      );
      root =
        root === undefined
          ? compared
          : this.node(
              { kind: "binary", operator: "&&", left: root, right: compared, at: operator.start } as const,
              start,
            );
      left = right;
      leftStart = rightStart;
      operator = this.current;
      if (!this.is("Operator") || !isComparisonOperator(operator.value) || this.failed) return root;
      this.next();
    }
  }

  private declaration(): Node {
    const { start } = this.current;
    this.next();
    const name = this.current;
    this.expect("Identifier");
    this.expect("Operator", "=");
    const value = this.expression(0);
    this.expect("Operator", ";");
    const body = this.sequence();
    return this.node({ kind: "let", name: name.value, value, body, at: name.start }, start);
  }

  /** Upstream gives this node no position and does not count it. */
  private ifElse(): Node {
    const { start } = this.current;
    this.next();
    if (this.failed) return this.missing();
    const condition = this.expression(0);
    this.expect("Bracket", "{");
    const consequent = this.sequence();
    this.expect("Bracket", "}");
    this.expect("Operator", "else");
    const alternative = this.is("Operator", "if") ? this.ifElse() : this.elseBlock();
    const end = this.endFrom(start);
    return { kind: "conditional", ternary: false, condition, consequent, alternative, at: 0, start, end };
  }

  private elseBlock(): Node {
    this.expect("Bracket", "{");
    const node = this.sequence();
    this.expect("Bracket", "}");
    return node;
  }

  /** `a ? b : c`; upstream reports its errors at the token behind it. */
  private ternary(first: Node, start: number): Node {
    let node = first;
    while (this.is("Operator", "?") && !this.failed) {
      this.next();
      let consequent = node;
      if (this.is("Operator", ":")) this.next();
      else {
        consequent = this.expression(0);
        this.expect("Operator", ":");
      }
      const alternative = this.expression(0);
      const condition = node;
      const at = this.current.start;
      node = this.node({ kind: "conditional", ternary: true, condition, consequent, alternative, at }, start);
    }
    return node;
  }

  private primary(): Node {
    const token = this.current;
    if (token.kind === "Operator") {
      const binds = unaryPrecedence[token.value];
      if (binds !== undefined) {
        this.next();
        const operand = this.expression(binds);
        const unary = { kind: "unary", operator: token.value, operand, at: token.start } as const;
        return this.postfix(this.node(unary, token.start));
      }
    }
    if (this.is("Bracket", "(")) {
      this.next();
      const inner = this.sequence();
      this.expect("Bracket", ")");
      return this.postfix(inner, token.start);
    }
    if (this.depth > 0 && (this.is("Operator", "#") || this.is("Operator", "."))) return this.pointer(token);
    if (this.is("Operator", "::")) {
      this.next();
      const name = this.current;
      this.expect("Identifier");
      return this.postfix(this.call(name, [], token.start, "builtins"));
    }
    return this.operand(token);
  }

  private pointer(token: Token): Node {
    let name = "";
    if (token.value === "#") {
      this.next();
      if (this.is("Identifier")) {
        name = this.current.value;
        this.next();
      }
    }
    const end = token.value === "#" ? undefined : token.start;
    const node = this.node({ kind: "pointer", name, at: token.start } as const, token.start);
    return this.postfix(end === undefined ? node : { ...node, end });
  }

  private operand(token: Token): Node {
    const { start } = token;
    switch (token.kind) {
      case "Identifier":
        this.next();
        if (token.value === "true" || token.value === "false") {
          return this.node({ kind: "bool", value: token.value === "true", at: start }, start);
        }
        if (token.value === "nil") return this.node({ kind: "nil", at: start }, start);
        return this.postfix(
          this.is("Bracket", "(")
            ? this.call(token, [], start, "any")
            : this.node({ kind: "identifier", name: token.value, at: start }, start),
        );
      case "Number":
        return this.number(token);
      case "String":
        this.next();
        return this.postfix(this.node({ kind: "string", value: token.value, at: start }, start));
      case "Bytes":
        this.next();
        return this.postfix(this.node({ kind: "bytes", value: toBytes(token.value), at: start }, start));
      default:
        if (this.is("Bracket", "[")) return this.postfix(this.array(token));
        if (this.is("Bracket", "{")) return this.postfix(this.map(token));
        this.unexpected(token);
        return this.missing();
    }
  }

  private number(token: Token): Node {
    this.next();
    const { start } = token;
    const literal = parseNumberLiteral(token.value);
    if (typeof literal === "string") this.fail(literal);
    if (typeof literal === "bigint") return this.node({ kind: "integer", value: literal, at: start }, start);
    const value = typeof literal === "number" ? literal : 0;
    return this.node({ kind: "float", value, at: start }, start);
  }

  /** A call of a bare name. `given` are arguments in front: the left side of a pipe. */
  private call(name: Token, given: readonly Node[], start: number, callee: "any" | "builtins"): Node {
    const hidden = callee === "any" && this.options.functions?.has(name.value) === true;
    const at = name.start;
    const predicate = predicateBuiltins[name.value];
    if (predicate !== undefined && !hidden) {
      const args = this.predicateArguments(predicate, given);
      return this.node({ kind: "builtin", name: name.value, args, at }, start);
    }
    if (isBuiltin(name.value) && !hidden) {
      const args = this.arguments(given);
      return this.node({ kind: "builtin", name: name.value, args, at }, start);
    }
    const identifier = { kind: "identifier", name: name.value, at } as const;
    const calleeNode = { ...this.node(identifier, name.start), end: name.end };
    const args = this.failed ? given : this.arguments(given);
    return this.node({ kind: "call", callee: calleeNode, args, at }, start);
  }

  private predicateArguments(parameters: readonly string[], given: readonly Node[]): readonly Node[] {
    const nodes = [...given];
    this.expect("Bracket", "(");
    for (const [i, parameter] of parameters.slice(given.length).entries()) {
      if (this.is("Bracket", ")")) {
        if (parameter.endsWith("?")) break;
        this.fail(`expected at least ${parameters.length - given.length} arguments`);
      }
      if (i > 0) this.expect("Operator", ",");
      nodes.push(parameter.startsWith("predicate") ? this.predicate() : this.expression(0));
    }
    if (this.is("Operator", ",")) this.next();
    this.expect("Bracket", ")");
    return nodes;
  }

  private predicate(): Node {
    const token = this.current;
    const braces = this.is("Bracket", "{");
    if (braces) this.next();
    this.depth++;
    const body = braces ? this.sequence() : this.expression(0);
    if (!braces && this.is("Operator", ";")) this.fail("wrap predicate with brackets { and }");
    this.depth--;
    if (braces) this.expect("Bracket", "}");
    return this.node({ kind: "predicate", body, at: token.start }, token.start);
  }

  private arguments(given: readonly Node[]): readonly Node[] {
    const nodes = [...given];
    this.expect("Bracket", "(");
    while (!this.is("Bracket", ")") && !this.failed) {
      if (nodes.length > given.length) this.expect("Operator", ",");
      if (this.is("Bracket", ")") || this.failed) break;
      nodes.push(this.expression(0));
    }
    this.expect("Bracket", ")");
    return nodes;
  }

  private array(token: Token): Node {
    const nodes: Node[] = [];
    this.expect("Bracket", "[");
    while (!this.is("Bracket", "]") && !this.failed) {
      if (nodes.length > 0) {
        this.expect("Operator", ",");
        if (this.is("Bracket", "]")) break;
      }
      nodes.push(this.expression(0));
    }
    this.expect("Bracket", "]");
    return this.node({ kind: "array", nodes, at: token.start }, token.start);
  }

  private map(token: Token): Node {
    const pairs: PairNode[] = [];
    this.expect("Bracket", "{");
    while (!this.is("Bracket", "}") && !this.failed) {
      if (pairs.length > 0) {
        this.expect("Operator", ",");
        if (this.is("Bracket", "}")) break;
        if (this.is("Operator", ",")) this.unexpected();
      }
      const key = this.mapKey();
      this.expect("Operator", ":");
      const value = this.expression(0);
      pairs.push(this.node({ kind: "pair", key, value, at: token.start } as const, key.start));
      if (this.failed) return this.node({ kind: "map", pairs, at: token.start }, token.start);
    }
    this.expect("Bracket", "}");
    return this.node({ kind: "map", pairs, at: token.start }, token.start);
  }

  private mapKey(): Node {
    const token = this.current;
    if (token.kind === "Number" || token.kind === "String" || token.kind === "Identifier") {
      const key = this.node({ kind: "string", value: token.value, at: token.start } as const, token.start);
      if (!this.failed) this.next();
      return { ...key, end: token.end };
    }
    if (this.is("Bracket", "(")) return this.expression(0);
    const kinds = "a quoted string, a number, a identifier, or an expression enclosed in parentheses";
    this.fail(`a map key must be ${kinds} (unexpected token ${tokenText(token)})`);
    return this.missing();
  }

  private postfix(first: Node, start = first.start): Node {
    let node = first;
    while (!this.failed) {
      const optional = this.is("Operator", "?.");
      if (optional && this.following?.value === "[" && this.following?.kind === "Bracket") {
        this.next();
        node = this.brackets(node, start, true);
      } else if (optional || this.is("Operator", ".")) node = this.property(node, start, optional);
      else if (this.is("Bracket", "[")) node = this.brackets(node, start, false);
      else break;
    }
    return node;
  }

  private property(before: Node, start: number, optional: boolean): Node {
    const dotEnd = this.current.end;
    this.next();
    const token = this.current;
    this.next();
    const named =
      (token.kind === "Identifier" || token.kind === "Operator") && isValidIdentifier(token.value);
    if (!named) this.fail("expected name");
    const at = token.start;
    const name = { kind: "string", value: named ? token.value : "", at } as const;
    const property = named
      ? { ...this.node(name, at), end: token.end }
      : { ...this.node(name, dotEnd), end: dotEnd };
    const base = before.kind === "chain" ? before.body : before;
    const method = !this.failed && this.is("Bracket", "(");
    const member = { kind: "member", base, property, optional, method, at } as const;
    let node: Node = { ...this.node(member, start), end: property.end };
    if (method) {
      const args = this.arguments([]);
      node = this.node({ kind: "call", callee: node, args, at }, start);
    }
    if (before.kind !== "chain" && !optional) return node;
    return this.node({ kind: "chain", body: node, at }, start);
  }

  private brackets(base: Node, start: number, optional: boolean): Node {
    const at = this.current.start;
    this.next();
    const from = this.is("Operator", ":") ? undefined : this.expression(0);
    if (this.is("Operator", ":")) {
      this.next();
      const to = this.is("Bracket", "]") ? undefined : this.expression(0);
      return this.closeBracket(this.node({ kind: "slice", base, from, to, at } as const, start));
    }
    const property = from ?? this.missing();
    const member = this.node({ kind: "member", base, property, optional, method: false, at } as const, start);
    const node = optional ? this.node({ kind: "chain", body: member, at } as const, start) : member;
    return this.closeBracket(node);
  }

  private closeBracket<T extends Node>(node: T): T {
    if (!this.failed) this.expect("Bracket", "]");
    return { ...node, end: this.endFrom(node.start) };
  }
}
