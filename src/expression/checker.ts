// Gives every node a type and finds the mistakes that need no running (checker/checker.go of expr-lang, non-strict,
// with or without a declared environment). Changes no tree; the rules of operators and calls are in the files beside.
import type {
  BinaryNode,
  ConditionalNode,
  IdentifierNode,
  LetNode,
  MemberNode,
  Node,
  PointerNode,
  PredicateNode,
  SliceNode,
  UnaryNode,
} from "./ast";
import { builtinVariable, callableType } from "./builtin-signatures";
import type { CheckContext } from "./check-context";
import { checkBuiltin } from "./checker-builtins";
import { checkCall } from "./checker-calls";
import { checkBinary } from "./checker-operators";
import type { FunctionTable } from "./functions";
import {
  type CallableDeclaration,
  callableOf,
  derefNature,
  elementOf,
  isAssignable,
  isBool,
  isInteger,
  isList,
  isNumber,
  isUnknown,
  listNature,
  methodNature,
  type Nature,
  natureOf,
  natureText,
  nilNature,
  unknownNature,
} from "./nature";
import { functionType, type Type, types } from "./types";

/** A mistake the checker found; offset in UTF-16 units. */
export interface CheckProblem {
  readonly message: string;
  readonly at: number;
  readonly node: Node;
}

/** What checking gives: natures by node, and the first mistake. */
export interface Checked {
  readonly natures: ReadonlyMap<Node, Nature>;
  readonly problem?: CheckProblem;
  /** Replacements of arguments: whole numbers where a call wants floats or another width. */
  readonly replaced: ReadonlyMap<Node, Node>;
}

/** The variables a host declares (expr.Env): name to type, undefined for one that is nil. */
export type Environment = ReadonlyMap<string, Type | undefined>;

/** Checks a tree. With an environment, other names are mistakes. Never throws, except on a tree too deep for the stack. */
export function checkTree(root: Node, functions: FunctionTable, environment?: Environment): Checked {
  const checker = new Checker(functions, environment);
  checker.visit(root);
  const { natures, problem, replaced } = checker;
  return problem === undefined ? { natures, replaced } : { natures, replaced, problem };
}

interface PredicateScope {
  readonly collection: Nature;
  readonly pointers: Readonly<Record<string, Nature>>;
}

const callables = new WeakMap<object, CallableDeclaration>();

class Checker implements CheckContext {
  readonly natures = new Map<Node, Nature>();
  readonly replaced = new Map<Node, Node>();
  problem: CheckProblem | undefined;
  private readonly functions: FunctionTable;
  private readonly variables: { readonly name: string; readonly nature: Nature }[] = [];
  private readonly scopes: PredicateScope[] = [];
  private readonly environment: Environment | undefined;

  constructor(functions: FunctionTable, environment: Environment | undefined) {
    this.functions = functions;
    this.environment = environment;
  }

  visit(node: Node): Nature {
    const known = this.natures.get(node);
    if (known !== undefined) return known;
    const nature = this.natureOfNode(node);
    this.natures.set(node, nature);
    return nature;
  }

  fail(node: Node, message: string): Nature {
    this.problem ??= { message, at: node.at, node };
    return unknownNature;
  }

  visitPredicate(
    node: Node | undefined,
    collection: Nature,
    pointers: Readonly<Record<string, Nature>> = {},
  ): Nature {
    if (node === undefined) return unknownNature;
    this.scopes.push({ collection, pointers });
    const nature = this.visit(node);
    this.scopes.pop();
    return nature;
  }

  declaration(name: string): CallableDeclaration | undefined {
    const declared = this.functions.get(name);
    if (declared === undefined) return undefined;
    let callable = callables.get(declared);
    if (callable === undefined) {
      callable = callableOf(declared);
      callables.set(declared, callable);
    }
    return callable;
  }

  private natureOfNode(node: Node): Nature {
    switch (node.kind) {
      case "nil":
        return nilNature;
      case "identifier":
        return this.identifier(node);
      case "integer":
        return natureOf(types.int);
      case "float":
        return natureOf(types.float64);
      case "bool":
        return natureOf(types.bool);
      case "string":
        return natureOf(types.string);
      case "bytes":
        return natureOf(types.bytes);
      case "unary":
        return this.unary(node);
      case "binary":
        return this.binary(node);
      case "chain":
        return this.visit(node.body);
      case "member":
        return this.member(node);
      case "slice":
        return this.slice(node);
      case "call":
        return checkCall(this, node);
      case "builtin":
        return checkBuiltin(this, node);
      case "predicate":
        return this.predicate(node);
      case "pointer":
        return this.pointer(node);
      case "conditional":
        return this.conditional(node);
      case "let":
        return this.declarationOf(node);
      case "sequence":
        return node.nodes.map((child) => this.visit(child)).at(-1) ?? unknownNature;
      case "array":
        return this.array(node.nodes);
      case "map":
        for (const pair of node.pairs) this.visit(pair);
        return natureOf(types.anyMap);
      case "pair":
        this.visit(node.key);
        this.visit(node.value);
        return nilNature;
      default:
        return unknownNature;
    }
  }

  private identifier(node: IdentifierNode): Nature {
    const variable = this.variables.findLast(({ name }) => name === node.name);
    if (variable !== undefined) return variable.nature;
    if (node.name === "$env") return unknownNature;
    const callable = this.declaration(node.name) ?? builtinVariable(node.name);
    if (callable !== undefined) return { type: callableType(callable), declaration: callable };
    if (this.environment === undefined) return unknownNature;
    if (!this.environment.has(node.name)) return this.fail(node, `unknown name ${node.name}`);
    const type = this.environment.get(node.name);
    return type === undefined ? nilNature : natureOf(type);
  }

  private unary(node: UnaryNode): Nature {
    const { operator } = node;
    const nature = derefNature(this.visit(node.operand));
    if (operator === "!" || operator === "not") {
      if (isBool(nature) || isUnknown(nature)) return natureOf(types.bool);
    } else {
      if (isNumber(nature)) return nature;
      if (isUnknown(nature)) return unknownNature;
    }
    return this.fail(node, `invalid operation: ${operator} (mismatched type ${natureText(nature)})`);
  }

  /** Goes down the left side in a loop: sums of thousands of terms must not exhaust the stack. */
  private binary(node: BinaryNode): Nature {
    const spine: BinaryNode[] = [node];
    for (let left = node.left; left.kind === "binary" && !this.natures.has(left); left = left.left)
      spine.push(left);
    let nature = unknownNature;
    for (const step of spine.reverse()) {
      nature = checkBinary(this, step, this.visit(step.left), this.visit(step.right));
      if (step !== node) this.natures.set(step, nature);
    }
    return nature;
  }

  private member(node: MemberNode): Nature {
    if (node.base.kind === "identifier" && node.base.name === "$env") return unknownNature;
    const base = this.visit(node.base);
    const property = this.visit(node.property);
    if (isUnknown(base)) return unknownNature;
    const name = node.property.kind === "string" ? node.property.value : undefined;
    if (name !== undefined) {
      if (base.nil === true) return this.fail(node, `type nil has no field ${name}`);
      const method = base.type === undefined ? undefined : methodNature(base.type, name);
      if (method !== undefined) return method;
    }
    return this.element(node, derefNature(base), property, name);
  }

  private element(node: MemberNode, base: Nature, property: Nature, name: string | undefined): Nature {
    const kind = base.type?.kind;
    if (kind === "map") {
      const key = natureOf(base.type?.key ?? types.any);
      const fits = isAssignable(property, key) || isAssignable(derefNature(property), key);
      if (fits || isUnknown(property)) return elementOf(base);
      const what = `cannot use ${natureText(property)} to get an element from ${natureText(base)}`;
      return this.fail(node.property, what);
    }
    if (kind === "slice" || kind === "array") {
      const index = derefNature(property);
      if (isInteger(index) || isUnknown(index)) return elementOf(base);
      const what = `array elements can only be selected using an integer (got ${natureText(index)})`;
      return this.fail(node.property, what);
    }
    if (name === undefined) {
      return this.fail(node, `type ${natureText(base)}[${natureText(property)}] is undefined`);
    }
    const field = kind === "struct" ? base.type?.field(name) : undefined;
    if (field !== undefined) return natureOf(field.field.type);
    return this.fail(node, `type ${natureText(base)} has no ${node.method ? "method" : "field"} ${name}`);
  }

  private slice(node: SliceNode): Nature {
    const base = this.visit(node.base);
    if (isUnknown(base)) return unknownNature;
    if (base.type?.kind !== "string" && !isList(base))
      return this.fail(node, `cannot slice ${natureText(base)}`);
    for (const bound of [node.from, node.to]) {
      if (bound === undefined) continue;
      const nature = derefNature(this.visit(bound));
      if (!isInteger(nature) && !isUnknown(nature)) {
        return this.fail(bound, `non-integer slice index ${natureText(nature)}`);
      }
    }
    return base;
  }

  private predicate(node: PredicateNode): Nature {
    const body = this.visit(node.body);
    const results = isUnknown(body) ? [types.any] : body.type === undefined ? [] : [body.type];
    return { type: functionType([types.any], results), element: body };
  }

  private pointer(node: PointerNode): Nature {
    const scope = this.scopes.at(-1);
    if (scope === undefined) return this.fail(node, "cannot use pointer accessor outside predicate");
    if (node.name !== "") {
      return scope.pointers[node.name] ?? this.fail(node, `unknown pointer #${node.name}`);
    }
    if (isUnknown(scope.collection)) return unknownNature;
    if (isList(scope.collection)) return elementOf(scope.collection);
    return this.fail(node, `cannot use ${natureText(scope.collection)} as array`);
  }

  private declarationOf(node: LetNode): Nature {
    if (this.functions.has(node.name)) return this.fail(node, `cannot redeclare function ${node.name}`);
    if (builtinVariable(node.name) !== undefined) {
      return this.fail(node, `cannot redeclare builtin ${node.name}`);
    }
    if (this.variables.some(({ name }) => name === node.name)) {
      return this.fail(node, `cannot redeclare variable ${node.name}`);
    }
    this.variables.push({ name: node.name, nature: this.visit(node.value) });
    const nature = this.visit(node.body);
    this.variables.pop();
    return nature;
  }

  private conditional(node: ConditionalNode): Nature {
    const condition = derefNature(this.visit(node.condition));
    if (!isBool(condition) && !isUnknown(condition)) {
      const what = `non-bool expression (type ${natureText(condition)}) used as condition`;
      return this.fail(node.condition, what);
    }
    const then = this.visit(node.consequent);
    const otherwise = this.visit(node.alternative);
    if (then.nil === true) return otherwise;
    if (otherwise.nil === true) return then;
    if (!isAssignable(then, otherwise)) return unknownNature;
    if (!isList(then) || !isList(otherwise)) return then;
    const [left, right] = [elementOf(then), elementOf(otherwise)];
    return isAssignable(left, right) && isAssignable(right, left) ? then : natureOf(types.anyList);
  }

  private array(nodes: readonly Node[]): Nature {
    let last = unknownNature;
    let same = true;
    for (const [i, node] of nodes.entries()) {
      const nature = this.visit(node);
      if (i > 0 && nature.type?.kind !== last.type?.kind) same = false;
      last = nature;
    }
    return same ? listNature(last) : natureOf(types.anyList);
  }
}
