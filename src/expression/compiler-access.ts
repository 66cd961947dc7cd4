// Code that reaches into values: members, optional chains, slices, calls.
// What reaching means for a value is in access.ts.

import { callTyped, callValue, fetch, fieldOf, methodOf, sizeOf, slice } from "./access";
import type { CallNode, ChainNode, MemberNode, Node, SliceNode } from "./ast";
import { fault } from "./errors";
import { type Code, type CompileContext, chainEnd, type Frame } from "./frame";
import type { FunctionDeclaration } from "./functions";
import { spendText } from "./meter";
import { isTypedCall } from "./typed-calls";
import { derefType, functionType, type Type, types } from "./types";
import { deref, isNil, PointerValue, StructValue, typeName } from "./values";

/** Code of a whole chain. Under `??` a nil keeps its type, elsewhere it becomes the plain nil. */
export function compileChain(context: CompileContext, node: ChainNode, coalesced: boolean): Code {
  const body = context.compile(node.body);
  return (frame) => {
    let value = body(frame);
    if (value === chainEnd) value = frame.chainNil;
    return !coalesced && isNil(value) ? null : value;
  };
}

/** Code of `base.name` and `base[key]`. */
export function compileMember(context: CompileContext, node: MemberNode): Code {
  const base = context.typeOf(node.base);
  const name = node.property.kind === "string" ? node.property.value : undefined;
  if (name !== undefined && base.kind !== "interface" && base.methods.has(name)) {
    return compileMethod(context, node, name);
  }
  if (name !== undefined && staticField(base, name)) return compileFields(context, node);
  const compiled = guarded(node, context.compile(node.base));
  if (name !== undefined) return fetchName(compiled, name, node.at);
  const property = compileKey(context, node);
  const { at } = node;
  return (frame) => {
    const value = compiled(frame);
    if (value === chainEnd) return value;
    const key = property(frame);
    frame.at = at;
    if (typeof value === "string") spendText(frame, value);
    return fetch(value, key);
  };
}

/** A base with the guard of `?.`. */
function guarded(node: MemberNode, base: Code): Code {
  if (!node.optional) return base;
  return (frame) => {
    const value = base(frame);
    if (value === chainEnd || !isNil(value)) return value;
    frame.chainNil = value;
    return chainEnd;
  };
}

/** A key keeps being a pointer where the map wants one. */
function compileKey(context: CompileContext, node: MemberNode): Code {
  const base = context.typeOf(node.base);
  const property = context.typeOf(node.property);
  const asIs = base.kind === "map" && property.assignableTo(base.key ?? types.any);
  return asIs ? context.compile(node.property) : context.compileValue(node.property);
}

function fetchName(base: Code, name: string, at: number): Code {
  if (name in Object.prototype) {
    return (frame) => {
      const value = base(frame);
      frame.at = at;
      return value === chainEnd ? value : fetch(value, name);
    };
  }
  return (frame) => {
    const value = base(frame);
    if (typeof value === "object" && value !== null) {
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null) {
        const member = (value as Readonly<Record<string, unknown>>)[name];
        return member === undefined ? null : member;
      }
    } else if (value === chainEnd) return value;
    frame.at = at;
    return fetch(value, name);
  };
}

function compileMethod(context: CompileContext, node: MemberNode, name: string): Code {
  const base = context.compile(node.base);
  const { at } = node;
  return (frame) => {
    const value = base(frame);
    if (value === chainEnd) return value;
    frame.at = at;
    return methodOf(value, name) ?? fault(`cannot fetch ${name} from ${typeName(value)}`);
  };
}

function staticField(base: Type, name: string): boolean {
  const struct = derefType(base);
  return struct.kind === "struct" && struct.field(name) !== undefined;
}

/** Fields of statically known structs; `a.B.C` is read in one go, and its mistakes are those of `B`. */
function compileFields(context: CompileContext, outer: MemberNode): Code {
  const path: string[] = [];
  let node = outer;
  for (;;) {
    path.unshift(node.property.kind === "string" ? node.property.value : "");
    const { base } = node;
    if (node.optional || base.kind !== "member" || base.property.kind !== "string") break;
    if (!staticField(context.typeOf(base.base), base.property.value)) break;
    node = base;
  }
  const base = guarded(node, context.compile(node.base));
  const { at } = node;
  return (frame) => {
    const value = base(frame);
    if (value === chainEnd) return value;
    frame.at = at;
    return fieldsOf(value, path);
  };
}

function fieldsOf(from: unknown, path: readonly string[]): unknown {
  let value = from instanceof PointerValue ? deref(from) : from;
  if (from === null || from === undefined) return fault(`cannot get ${path[0]} from <nil>`);
  for (const [i, name] of path.entries()) {
    if (i > 0 && value instanceof PointerValue) value = deref(value);
    if (!(value instanceof StructValue)) {
      const kind = isNil(value) ? "zero" : typeName(value);
      if (i > 0 && isNil(value)) return fault(`cannot get ${name} from ${path[i - 1]}`);
      return fault(`reflect: call of reflect.Value.Field on ${kind} Value`);
    }
    value = fieldOf(value, name);
  }
  return value;
}

/** Code of `base[from:to]`. */
export function compileSlice(context: CompileContext, node: SliceNode): Code {
  const base = context.compile(node.base);
  const from = node.from === undefined ? undefined : context.compileValue(node.from);
  const to = node.to === undefined ? undefined : context.compileValue(node.to);
  const { at } = node;
  return (frame) => {
    const value = base(frame);
    frame.at = at;
    const end = to === undefined ? BigInt(sizeOf(value)) : to(frame);
    const start = from === undefined ? 0n : from(frame);
    frame.at = at;
    if (typeof value === "string") spendText(frame, value);
    return slice(value, start, end);
  };
}

/** Code of a call. Arguments are evaluated before the callee, even before a `?.` in it is tested. */
export function compileCall(context: CompileContext, node: CallNode): Code {
  const type = context.typeOf(node.callee);
  const args = compileArguments(context, node, type);
  const { callee, at } = node;
  if (callee.kind === "identifier") {
    const declaration = context.functions?.get(callee.name);
    if (declaration !== undefined) return callDeclared(declaration, args, at);
  }
  const compiled = context.compile(callee);
  const signature = context.functions === undefined ? undefined : typedSignature(context, node, type);
  return (frame) => {
    const given = evaluate(frame, args);
    const value = compiled(frame);
    if (value === chainEnd) return value;
    frame.at = at;
    frame.signal?.throwIfAborted();
    return signature === undefined ? callValue(value, given) : callTyped(value, signature, given);
  };
}

function evaluate(frame: Frame, args: readonly Code[]): unknown[] {
  const given: unknown[] = [];
  for (const arg of args) given.push(arg(frame));
  return given;
}

function callDeclared(declaration: FunctionDeclaration, args: readonly Code[], at: number): Code {
  return (frame) => {
    const given = evaluate(frame, args);
    frame.at = at;
    frame.signal?.throwIfAborted();
    const value = declaration.call(given, frame.context);
    return value === undefined ? null : value;
  };
}

/** Upstream calls functions of some signatures directly: then nil is no argument, and types must fit exactly. */
function typedSignature(context: CompileContext, { callee }: CallNode, type: Type): Type | undefined {
  if (type.kind !== "func") return undefined;
  const method = isMethod(context, callee);
  const signature = method ? functionType(type.params.slice(1), type.results, type.variadic) : type;
  return isTypedCall(signature) ? signature : undefined;
}

function isMethod(context: CompileContext, callee: Node): boolean {
  if (callee.kind !== "member" || callee.property.kind !== "string") return false;
  const base = context.typeOf(callee.base);
  return base.kind !== "interface" && base.methods.has(callee.property.value);
}

function compileArguments(context: CompileContext, node: CallNode, type: Type): readonly Code[] {
  if (type.kind !== "func") return node.args.map((arg) => context.compile(arg));
  const params = isMethod(context, node.callee) ? type.params.slice(1) : type.params;
  return node.args.map((arg, i) => {
    const rest = type.variadic && i >= params.length - 1;
    const param = (rest ? params.at(-1)?.elem : params[i]) ?? types.any;
    const given = context.typeOf(arg);
    const pointer = given.kind === "ptr" && param.kind !== "ptr" && !given.assignableTo(param);
    return pointer ? context.compileValue(arg) : context.compile(arg);
  });
}
