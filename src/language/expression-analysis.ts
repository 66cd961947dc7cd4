// Understands one expression in its scope: mistakes with their places, what each name in it stands for, which of Kargo's
// functions it calls with which texts. Evaluates nothing; offsets are those of the expression's source.
import {
  check,
  children,
  isBuiltin,
  type Node,
  type ParseResult,
  parse,
  type Type,
} from "../expression/expression";
import { type ExpressionFunction, expressionFunctions, nearest } from "../model/schema/schema";
import { memberText, type Scope } from "./expression-scope";
import { functionsOf } from "./expression-types";
import type { RuleId } from "./rules";
import { anyShape, type Member, type Shape, shapeNamed } from "./shapes";
import type { Span } from "./source-file";

/** A mistake in an expression. */
export interface ExpressionFinding extends Span {
  readonly rule: RuleId;
  readonly message: string;
  /** What was probably meant; replaces the text of the finding. */
  readonly suggestion?: string;
}

/** A name in an expression and what it stands for. */
export interface NameUse extends Span {
  readonly name: string;
  readonly kind: "name" | "member" | "function" | "builtin";
  readonly member?: Member;
  readonly function?: ExpressionFunction;
  /** What the member is taken from. */
  readonly of?: Shape;
}

/** A call of one of Kargo's functions. */
export interface FunctionCall extends Span {
  readonly function: ExpressionFunction;
  readonly args: readonly CallArgument[];
}

/** An argument whose text is known: written down, or that of a variable. */
export interface CallArgument extends Span {
  readonly text?: string;
  /** The text stands here itself: the span within the quotes. */
  readonly textSpan?: Span;
}

/** Everything about an expression. */
export interface ExpressionAnalysis {
  readonly parsed: ParseResult;
  readonly findings: readonly ExpressionFinding[];
  readonly uses: readonly NameUse[];
  readonly calls: readonly FunctionCall[];
  /** Static type of the result; undefined when only running tells. */
  readonly type?: Type;
  /** What is known about the value of the whole expression. */
  readonly shape: Shape;
  /** Member the whole expression is: `vars.tag`, `imageFrom(…).Tag`. */
  readonly member?: Member;
  /** The call the member is taken from, where it is. */
  readonly memberOf?: FunctionCall;
}

/** Analyses the source of an expression. Never throws. */
export function analyseExpression(source: string, scope: Scope): ExpressionAnalysis {
  const { parsed, checked } = readSource(source, scope);
  const walker = new Walker(source, scope);
  const known = walker.start(parsed.ast);
  const { findings, uses, calls } = walker;
  for (const { message, ...place } of checked.errors) {
    const { start, end } = withinText(place, source);
    const told = findings.some((finding) => finding.start <= end && start <= finding.end);
    const rule: RuleId = parsed.errors.length > 0 ? "expression-syntax" : "expression-type";
    if (rule === "expression-syntax" || !told)
      findings.push({ rule, message: sentence(message), start, end });
  }
  const type = checked.typeOf(parsed.ast);
  return {
    parsed,
    findings,
    uses,
    calls,
    shape: known.shape,
    ...(type === undefined ? {} : { type }),
    ...(known.member === undefined ? {} : { member: known.member }),
    ...(known.call === undefined ? {} : { memberOf: known.call }),
  };
}

interface ReadSource {
  readonly parsed: ParseResult;
  readonly checked: ReturnType<typeof check>;
}

/** The same few expressions stand all over a workspace; parsing and checking them does not depend on where. */
const readSources = new Map<string, ReadSource>();
const keptSources = 1000;

function readSource(source: string, { mode, functions: groups }: Scope): ReadSource {
  const key = `${mode} ${groups.join()} ${source}`;
  const known = readSources.get(key);
  if (known !== undefined) return known;
  const functions = functionsOf(groups);
  const parsed = parse(source, mode === "eval" ? {} : { functions });
  const read = { parsed, checked: check(parsed, mode === "eval" ? { mode } : { functions }) };
  for (const oldest of readSources.keys()) {
    if (readSources.size < keptSources) break;
    readSources.delete(oldest);
  }
  readSources.set(key, read);
  return read;
}

const visibleFunctions = new WeakMap<Scope["functions"], ReadonlyMap<string, ExpressionFunction>>();

function functionsIn({ functions: groups }: Scope): ReadonlyMap<string, ExpressionFunction> {
  let visible = visibleFunctions.get(groups);
  if (visible === undefined) {
    const found = expressionFunctions.filter(({ group }) => groups.includes(group));
    visible = new Map(found.map((one) => [one.name, one]));
    visibleFunctions.set(groups, visible);
  }
  return visible;
}

/** A mistake at the end of the source is shown at its last character. */
function withinText({ start, end }: Span, source: string): Span {
  const last = source.trimEnd().length;
  return start < last ? { start, end } : { start: Math.max(last - 1, 0), end: last };
}

type MemberNode = Extract<Node, { kind: "member" }>;

/** What is known about a node. */
interface Known {
  readonly shape: Shape;
  readonly member?: Member;
  readonly call?: FunctionCall;
}

const unknown: Known = { shape: anyShape };

class Walker {
  readonly findings: ExpressionFinding[] = [];
  readonly uses: NameUse[] = [];
  readonly calls: FunctionCall[] = [];
  /** What stands before this offset has been told about. */
  private silentUntil = 0;
  private readonly variables: { readonly name: string; readonly shape: Shape }[] = [];
  private readonly functions: ReadonlyMap<string, ExpressionFunction>;

  constructor(
    private readonly source: string,
    private readonly scope: Scope,
  ) {
    this.functions = functionsIn(scope);
  }

  /** Very deep trees are left alone. */
  start(root: Node): Known {
    try {
      return this.visit(root, false);
    } catch (error) {
      if (error instanceof RangeError) return unknown;
      throw error;
    }
  }

  /** `guarded`: nil is expected here and dealt with (`??`, `?.`, `== nil`). */
  private visit(node: Node, guarded: boolean): Known {
    switch (node.kind) {
      case "identifier":
        return this.identifier(node, guarded);
      case "member":
        return this.member(node, guarded);
      case "call":
        return this.call(node, guarded);
      case "builtin":
        this.uses.push({
          name: node.name,
          kind: "builtin",
          start: node.start,
          end: node.start + node.name.length,
        });
        for (const arg of node.args) this.visit(arg, guarded);
        return unknown;
      case "binary":
        return this.binary(node, guarded);
      case "chain":
        return this.visit(node.body, guarded);
      case "let":
        return this.declaration(node, guarded);
      default:
        for (const child of children(node)) this.visit(child, guarded);
        return unknown;
    }
  }

  private identifier(node: Extract<Node, { kind: "identifier" }>, guarded: boolean): Known {
    const { name, start, end } = node;
    const variable = this.variables.findLast((one) => one.name === name);
    if (variable !== undefined) return { shape: variable.shape };
    const member = this.scope.names.get(name);
    if (member !== undefined) {
      this.uses.push({ name, kind: "name", member, start, end });
      if (member.trouble !== undefined && !guarded) this.findings.push({ ...member.trouble, start, end });
      return { shape: member.shape, member };
    }
    if (name === "$env" || this.scope.open || guarded || start < this.silentUntil) return unknown;
    if (this.functions.has(name) || isBuiltin(name)) return unknown;
    this.unknownName(name, { start, end });
    return unknown;
  }

  private unknownName(name: string, span: Span): void {
    const owners = [...this.scope.names.values()].filter(({ shape }) => shape.members.has(name));
    const owner = owners[0];
    const suggestion =
      owner === undefined ? nearest(name, [...this.scope.names.keys()]) : `${owner.name}.${name}`;
    const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
    const message = `Nothing is called \`${name}\` here, so it is nil.${hint}`;
    this.findings.push({
      rule: "unknown-name",
      message,
      ...span,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  private member(node: MemberNode, guarded: boolean): Known {
    const base = this.visit(node.base, guarded || node.optional);
    const { property } = node;
    if (property.kind !== "string") {
      this.visit(property, guarded);
      return unknown;
    }
    const { value: name } = property;
    const { shape } = base;
    const member = shape.members.get(name);
    const { start, end } = property;
    if (member !== undefined) {
      this.uses.push({ name, kind: "member", member, of: shape, start, end });
      if (member.trouble !== undefined && !guarded && !node.optional) {
        this.findings.push({ ...member.trouble, start, end });
      }
      return { shape: member.shape, member, ...(base.call === undefined ? {} : { call: base.call }) };
    }
    this.uses.push({ name, kind: "member", of: shape, start, end });
    // `task::step` names a step inside a task, which is written elsewhere.
    if (name.includes("::")) return unknown;
    if (!shape.open && !((guarded || node.optional) && shape.checked !== true)) {
      this.unknownMember(node, name, shape, { start, end });
    }
    return unknown;
  }

  private unknownMember(node: MemberNode, name: string, shape: Shape, span: Span): void {
    const candidates = [...shape.members.keys()];
    const hyphenated = candidates.find((one) => this.isHyphenated(one, name, node.end));
    if (hyphenated !== undefined) {
      const message = `A name with a hyphen must be written in brackets: \`['${hyphenated}']\`.`;
      const end = span.start + hyphenated.length;
      const suggestion = `${this.source.slice(node.start, node.base.end)}['${hyphenated}']`;
      this.findings.push({ rule: shape.rule, message, start: node.start, end, suggestion });
      this.silentUntil = end;
      return;
    }
    const suggestion = nearest(name, candidates);
    const nil = shape.checked === true ? "" : ", so it is nil";
    const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
    const none =
      candidates.length === 0 && shape.rule === "unknown-output" ? " The step gives no outputs." : "";
    const message = `${capital(shape.what)} ${/^the outputs/.test(shape.what) ? "have" : "has"} no \`${name}\`${nil}.${none}${hint}`;
    this.findings.push({
      rule: shape.rule,
      message,
      ...span,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  /** `outputs.open-pr` is a subtraction; was `open-pr` meant? */
  private isHyphenated(candidate: string, name: string, end: number): boolean {
    if (!candidate.startsWith(`${name}-`)) return false;
    return this.source.slice(end).startsWith(candidate.slice(name.length));
  }

  private call(node: Extract<Node, { kind: "call" }>, guarded: boolean): Known {
    const { callee } = node;
    const args = node.args.map((arg) => this.argument(arg, guarded));
    if (callee.kind !== "identifier") return this.method(this.visit(callee, guarded));
    const { name, start, end } = callee;
    const span = { start, end };
    const declared = this.functions.get(name);
    if (declared !== undefined) {
      const call = { function: declared, args, start: node.start, end: node.end };
      this.calls.push(call);
      this.uses.push({ name, kind: "function", function: declared, ...span });
      return { shape: shapeNamed(declared.result), call };
    }
    const { scope } = this;
    const known = scope.names.has(name) || this.variables.some((one) => one.name === name) || isBuiltin(name);
    if (!known && !scope.open && scope.otherFunctions?.includes(name) !== true)
      this.unknownFunction(name, span);
    return unknown;
  }

  /** A method's result; the words of its type begin with the parameters. */
  private method(callee: Known): Known {
    const { member, call } = callee;
    if (member === undefined) return unknown;
    return { shape: member.shape, member, ...(call === undefined ? {} : { call }) };
  }

  private unknownFunction(name: string, span: Span): void {
    const elsewhere = expressionFunctions.some((one) => one.name === name);
    if (elsewhere) {
      const message = `\`${name}()\` does not exist in this place.`;
      this.findings.push({ rule: "out-of-scope", message, ...span });
      return;
    }
    const suggestion = nearest(name, [...this.functions.keys()]);
    const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
    this.findings.push({
      rule: "unknown-function",
      message: `There is no function \`${name}\`.${hint}`,
      ...span,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  private argument(node: Node, guarded: boolean): CallArgument {
    const known = this.visit(node, guarded);
    const { start, end } = node;
    if (node.kind === "string") {
      const plain = end - start === node.value.length + 2;
      return {
        start,
        end,
        text: node.value,
        ...(plain ? { textSpan: { start: start + 1, end: end - 1 } } : {}),
      };
    }
    const literal = known.member?.literal;
    return literal === undefined ? { start, end } : { start, end, text: literal };
  }

  private binary(node: Extract<Node, { kind: "binary" }>, guarded: boolean): Known {
    const spine: Extract<Node, { kind: "binary" }>[] = [node];
    for (let { left } = node; left.kind === "binary"; { left } = left) spine.push(left);
    const innermost = spine.at(-1) ?? node;
    const isNil = (one: Node) => one.kind === "nil";
    for (const { operator, left, right } of spine.reverse()) {
      const compared = /^[!=]=$/.test(operator) && (isNil(left) || isNil(right));
      if (left === innermost.left) this.visit(left, guarded || compared || operator === "??");
      this.visit(right, guarded || compared);
    }
    return unknown;
  }

  private declaration(node: Extract<Node, { kind: "let" }>, guarded: boolean): Known {
    const { shape } = this.visit(node.value, guarded);
    this.variables.push({ name: node.name, shape });
    const known = this.visit(node.body, guarded);
    this.variables.pop();
    return known;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** expr-lang's words as a sentence. */
function sentence(message: string): string {
  const text = capital(message.trim());
  return text.endsWith(".") ? text : `${text}.`;
}

/** The path of a chain as it would be written: `outputs['open-pr'].commit`. */
export function chainText(names: readonly string[]): string {
  return names.map((name, index) => (index === 0 ? name : memberText(name))).join("");
}
