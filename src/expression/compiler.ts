// Tree → code: closures that compute what upstream's virtual machine would (compiler/compiler.go and vm/vm.go of
// expr-lang). Operators, access and loops are in the files beside; values and their rules are elsewhere.

import { fetch } from "./access";
import type { ConditionalNode, IdentifierNode, IntegerNode, MapNode, Node, PointerNode } from "./ast";
import { compileCall, compileChain, compileMember, compileSlice } from "./compiler-access";
import { compileBuiltin } from "./compiler-builtins";
import { compileBinary, compileUnary } from "./compiler-operators";
import { fault } from "./errors";
import { type Code, type CompileContext, type Frame, grow } from "./frame";
import type { FunctionTable } from "./functions";
import { spend } from "./meter";
import type { Nature } from "./nature";
import { unknownNature } from "./nature";
import { expectBool, expectString } from "./operators";
import { isFloatType, type Type, types } from "./types";
import { deref, getKey, scalarOf, setKey } from "./values";

/** Compiled code and how many variables a run of it needs. */
export interface Compiled {
  readonly code: Code;
  readonly variables: number;
}

/**
 * Compiles a tree. Without `functions` the tree counts as unchecked (Go's expr.Eval). Throws a Fault for what only
 * shows here: a regular expression that folding made, an unknown pointer in an unchecked tree.
 */
export function compileTree(
  root: Node,
  natures: ReadonlyMap<Node, Nature>,
  functions: FunctionTable | undefined,
): Compiled {
  const compiler = new Compiler(natures, functions);
  const code = compiler.compile(root);
  return { code, variables: compiler.variableCount };
}

class Compiler implements CompileContext {
  readonly functions: FunctionTable | undefined;
  variableCount = 0;
  private readonly natures: ReadonlyMap<Node, Nature>;
  private readonly scopes: { readonly name: string; readonly index: number }[] = [];
  private readonly compiled = new Map<Node, Code>();
  private underCoalesce = false;

  constructor(natures: ReadonlyMap<Node, Nature>, functions: FunctionTable | undefined) {
    this.natures = natures;
    this.functions = functions;
  }

  natureOf(node: Node): Nature {
    return this.natures.get(node) ?? unknownNature;
  }

  typeOf(node: Node): Type {
    return this.natures.get(node)?.type ?? types.any;
  }

  /** A node that stands in two places is compiled once, and its second evaluation costs a step. */
  compile(node: Node): Code {
    const known = this.compiled.get(node);
    if (known !== undefined) {
      return (frame) => {
        spend(frame, 8);
        return known(frame);
      };
    }
    const coalesced = this.underCoalesce;
    this.underCoalesce = false;
    if (node.kind === "chain") return compileChain(this, node, coalesced);
    const code = this.codeOf(node);
    this.compiled.set(node, code);
    return code;
  }

  compileValue(node: Node): Code {
    const code = this.compile(node);
    if (!this.mayBePointer(node)) return code;
    return (frame) => {
      const value = code(frame);
      return typeof value === "object" ? deref(value) : value;
    };
  }

  compileCoalesced(node: Node): Code {
    this.underCoalesce = true;
    return this.compileValue(node);
  }

  withVariable(name: string, code: (index: number) => Code): Code {
    const index = this.variableCount++;
    this.scopes.push({ name, index });
    const compiled = code(index);
    this.scopes.pop();
    return compiled;
  }

  private mayBePointer(node: Node): boolean {
    if (this.natureOf(node).nil === true) return false;
    const { kind } = this.typeOf(node);
    return kind === "ptr" || kind === "interface";
  }

  private codeOf(node: Node): Code {
    switch (node.kind) {
      case "nil":
      case "missing":
        return () => null;
      case "bool":
      case "float":
      case "string":
      case "bytes":
      case "constant": {
        const { value } = node;
        return () => value;
      }
      case "integer":
        return this.integer(node);
      case "identifier":
        return this.identifier(node);
      case "unary":
        return compileUnary(this, node);
      case "binary":
        return compileBinary(this, node);
      case "member":
        return compileMember(this, node);
      case "slice":
        return compileSlice(this, node);
      case "call":
        return compileCall(this, node);
      case "builtin":
        return compileBuiltin(this, node);
      case "chain":
      case "predicate":
        return this.compile(node.body);
      case "pointer":
        return this.pointer(node);
      case "conditional":
        return this.conditional(node);
      case "let":
        return this.declaration(node.name, node.value, node.body);
      case "sequence":
        return this.sequence(node.nodes);
      case "array":
        return this.array(node.nodes, node.at);
      case "map":
        return this.map(node);
      case "pair":
        return fault("a pair stands outside a map");
    }
  }

  private integer(node: IntegerNode): Code {
    const type = this.natureOf(node).type ?? types.int;
    const value = isFloatType(type) ? Number(node.value) : scalarOf(type, node.value);
    const { value: written } = node;
    if (typeof value === "object" && String((value as { value: unknown }).value) !== String(written)) {
      fault(`constant ${written} overflows ${type.name}`);
    }
    return () => value;
  }

  private identifier({ name, at }: IdentifierNode): Code {
    const variable = this.scopes.findLast((scope) => scope.name === name);
    if (variable !== undefined) {
      const { index } = variable;
      return (frame) => frame.variables[index];
    }
    if (name === "$env") return (frame) => (frame.env === undefined ? null : frame.env);
    const inherited = name in Object.prototype;
    return (frame) => {
      const { plainEnv } = frame;
      if (plainEnv !== undefined) {
        const value = inherited ? getKey(plainEnv, name) : plainEnv[name];
        return value === undefined ? null : value;
      }
      frame.at = at;
      return fetch(frame.env, name);
    };
  }

  private pointer({ name, at }: PointerNode): Code {
    if (name === "index") return (frame) => BigInt(frame.scope?.index ?? 0);
    if (name === "acc") return (frame) => frame.scope?.acc;
    if (name !== "") fault(`unknown pointer ${name}`);
    return (frame) => currentItem(frame, at);
  }

  private conditional(node: ConditionalNode): Code {
    const condition = this.compileValue(node.condition);
    const then = this.compile(node.consequent);
    const otherwise = this.compile(node.alternative);
    const { at } = node;
    return (frame) => {
      let chosen = condition(frame);
      if (typeof chosen !== "boolean") {
        frame.at = at;
        chosen = expectBool(chosen);
      }
      return chosen === true ? then(frame) : otherwise(frame);
    };
  }

  private declaration(name: string, value: Node, body: Node): Code {
    const compiledValue = this.compile(value);
    return this.withVariable(name, (index) => {
      const compiledBody = this.compile(body);
      return (frame) => {
        frame.variables[index] = compiledValue(frame);
        return compiledBody(frame);
      };
    });
  }

  private sequence(nodes: readonly Node[]): Code {
    const codes = nodes.map((node) => this.compile(node));
    return (frame) => {
      let value: unknown = null;
      for (const code of codes) value = code(frame);
      return value;
    };
  }

  private array(nodes: readonly Node[], at: number): Code {
    const codes = nodes.map((node) => this.compile(node));
    return (frame) => {
      const items = codes.map((code) => code(frame));
      frame.at = at;
      grow(frame, items.length);
      return items;
    };
  }

  /** The first of equal keys wins; a key that is no text is reported from the end. */
  private map(node: MapNode): Code {
    const pairs = node.pairs.map(({ key, value }) => [this.compile(key), this.compile(value)] as const);
    const { at } = node;
    return (frame) => {
      const entries = pairs.map(([key, value]) => [key(frame), value(frame)] as const);
      frame.at = at;
      grow(frame, entries.length);
      for (const [key] of [...entries].reverse()) expectString(key);
      const map: Record<string, unknown> = {};
      for (const [key, value] of entries)
        if (!Object.hasOwn(map, key as string)) setKey(map, key as string, value);
      return map;
    };
  }
}

/** The element a predicate stands at. */
export function currentItem(frame: Frame, at: number): unknown {
  const { scope } = frame;
  const item = scope?.items?.[scope.index];
  if (item !== undefined) return item;
  if (scope?.items !== undefined && scope.index < scope.items.length) return null;
  frame.at = at;
  if (scope === undefined) return fault("stack underflow");
  if (scope.items === undefined) return fault("reflect: call of reflect.Value.Index on map Value");
  return fault(`runtime error: index out of range [${scope.index}] with length ${scope.items.length}`);
}
