// Code of the built-in functions: the loops over lists with their predicates, and calls of the others.
// What the others do is in builtins-*.ts.
import type { BuiltinNode, Node } from "./ast";
import { builtinImplementation } from "./builtins";
import { fault } from "./errors";
import { type Code, type CompileContext, type Frame, grow, type Scope } from "./frame";
import { sortWith } from "./go-sort";
import { toBytes } from "./go-text";
import { spend, spendMaking } from "./meter";
import { groupsType } from "./nature";
import { add, expectBool, order } from "./operators";
import { locationType } from "./time-values";
import { byteValue, isHashable, isPlainMap, listItems, MapValue, Scalar, typeName, typeOf } from "./values";

/** Code of a call of a built-in. */
export function compileBuiltin(context: CompileContext, node: BuiltinNode): Code {
  const loop = loops[node.name];
  return loop === undefined ? compilePlain(context, node) : loop(new Loop(context, node));
}

/** Calls a built-in that takes values. Arguments follow pointers, except a time zone. */
function compilePlain(context: CompileContext, node: BuiltinNode): Code {
  const { name, at } = node;
  const { single, run } = builtinImplementation(name) ?? fault(`unknown builtin ${name}`);
  const codes = node.args.map((arg) => {
    const keep = name === "now" || (name === "date" && context.typeOf(arg) === locationType);
    return keep ? context.compile(arg) : context.compileValue(arg);
  });
  return (frame) => {
    const args: unknown[] = [];
    for (const code of codes) args.push(code(frame));
    frame.at = at;
    // Only an unchecked tree comes here without.
    if (single && args.length === 0) fault("stack underflow");
    return run(single && args.length > 1 ? args.slice(-1) : args, frame);
  };
}

/** The list of a looping built-in, its predicate, and where it stands. */
class Loop {
  readonly list: Code;
  readonly predicate: Code | undefined;
  /** Third argument: order of `sortBy`, initial value of `reduce`. */
  readonly extra: Code | undefined;
  readonly map: Code | undefined;
  readonly at: number;
  readonly throws: boolean;
  readonly threshold: number | undefined;

  constructor(context: CompileContext, node: BuiltinNode) {
    const [list, predicate, extra] = node.args as readonly [Node, Node | undefined, Node | undefined];
    this.list = context.compileValue(list);
    this.predicate = predicate === undefined ? undefined : context.compile(predicate);
    if (extra !== undefined) {
      this.extra = node.name === "reduce" ? context.compileValue(extra) : context.compile(extra);
    }
    this.map = node.map === undefined ? undefined : context.compile(node.map);
    this.at = node.at;
    this.throws = node.throws === true;
    this.threshold = node.threshold === undefined ? undefined : Number(node.threshold);
  }

  /** Opens the scope of the predicate, runs, and closes it. */
  run(frame: Frame, body: (scope: Scope) => unknown): unknown {
    const value = this.list(frame);
    frame.at = this.at;
    const scope = openScope(value);
    const outer = frame.scope;
    frame.scope = scope;
    const result = body(scope);
    frame.scope = outer;
    return result;
  }

  /** The value of the predicate at the scope's place; without predicate the element itself. */
  value(frame: Frame, scope: Scope): unknown {
    if (--frame.work < 0) spend(frame, 0);
    return this.predicate === undefined ? this.item(frame, scope) : this.predicate(frame);
  }

  /** The predicate's answer, which must be a bool. */
  test(frame: Frame, scope: Scope): boolean {
    const value = this.value(frame, scope);
    if (typeof value === "boolean") return value;
    frame.at = this.at;
    return expectBool(value);
  }

  item(frame: Frame, scope: Scope): unknown {
    const item = scope.items?.[scope.index];
    if (item !== undefined) return item;
    frame.at = this.at;
    return scope.items === undefined ? fault("reflect: call of reflect.Value.Index on map Value") : null;
  }

  /** What is kept of an element that passed. */
  kept(frame: Frame, scope: Scope): unknown {
    return this.map === undefined ? this.item(frame, scope) : this.map(frame);
  }
}

function openScope(value: unknown): Scope {
  const scope = { index: 0, acc: null };
  const text = value instanceof Scalar ? value.value : value;
  const items = typeof text === "string" ? Array.from(toBytes(text), byteValue) : listItems(value);
  if (items !== undefined) return { items, length: items.length, ...scope };
  if (value instanceof MapValue) return { items: undefined, length: value.size, ...scope };
  if (isPlainMap(value)) return { items: undefined, length: Object.keys(value).length, ...scope };
  const type = typeOf(value);
  if (type?.kind === "map") return { items: undefined, length: 0, ...scope };
  if (type === undefined) fault("reflect: call of reflect.Value.Len on zero Value");
  if (type.kind === "ptr") fault("reflect: call of reflect.Value.Len on ptr to non-array Value");
  return fault(`reflect: call of reflect.Value.Len on ${type.kind} Value`);
}

/** Stops at the first element that answers `decisive`. */
function quantifier(decisive: boolean, result: boolean): (loop: Loop) => Code {
  return (loop) => (frame) =>
    loop.run(frame, (scope) => {
      for (; scope.index < scope.length; scope.index++)
        if (loop.test(frame, scope) === decisive) return result;
      return !result;
    });
}

function one(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      let count = 0;
      for (; scope.index < scope.length; scope.index++) if (loop.test(frame, scope)) count++;
      return count === 1;
    });
}

function filter(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      const kept: unknown[] = [];
      for (; scope.index < scope.length; scope.index++) {
        if (loop.test(frame, scope)) kept.push(loop.kept(frame, scope));
      }
      frame.at = loop.at;
      grow(frame, kept.length);
      return kept;
    });
}

function map(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      const mapped: unknown[] = [];
      for (; scope.index < scope.length; scope.index++) mapped.push(loop.value(frame, scope));
      frame.at = loop.at;
      grow(frame, mapped.length);
      return mapped;
    });
}

function count(loop: Loop): Code {
  const enough = loop.threshold ?? Number.POSITIVE_INFINITY;
  return (frame) =>
    loop.run(frame, (scope) => {
      let found = 0;
      for (; scope.index < scope.length && found < enough; scope.index++)
        if (loop.test(frame, scope)) found++;
      return BigInt(found);
    });
}

function sum(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      let total: unknown = 0n;
      scope.acc = total;
      for (; scope.index < scope.length; scope.index++) {
        const value = loop.value(frame, scope);
        frame.at = loop.at;
        total = add(value, total);
        scope.acc = total;
        if (typeof total === "string") spendMaking(frame, total);
      }
      return total;
    });
}

function find(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      for (; scope.index < scope.length; scope.index++) {
        if (loop.test(frame, scope)) return loop.kept(frame, scope);
      }
      return notFound(frame, loop);
    });
}

function findLast(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      for (scope.index = scope.length - 1; scope.index >= 0; scope.index--) {
        if (loop.test(frame, scope)) return loop.kept(frame, scope);
      }
      return notFound(frame, loop);
    });
}

function notFound(frame: Frame, loop: Loop): null {
  frame.at = loop.at;
  return loop.throws ? fault("reflect: slice index out of range") : null;
}

function findIndex(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      for (; scope.index < scope.length; scope.index++)
        if (loop.test(frame, scope)) return BigInt(scope.index);
      return null;
    });
}

function findLastIndex(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      for (scope.index = scope.length - 1; scope.index >= 0; scope.index--) {
        if (loop.test(frame, scope)) return BigInt(scope.index);
      }
      return null;
    });
}

function groupBy(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      const groups = new MapValue(groupsType);
      scope.acc = groups;
      for (; scope.index < scope.length; scope.index++) {
        const key = loop.value(frame, scope);
        const item = loop.item(frame, scope);
        frame.at = loop.at;
        if (!isHashable(key)) fault(`hash of unhashable type: ${typeName(key)}`);
        const group = groups.get(key);
        if (Array.isArray(group)) group.push(item);
        else {
          spend(frame, 8);
          groups.set(key, [item]);
        }
      }
      return groups;
    });
}

function sortBy(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      const direction = loop.extra === undefined ? "asc" : loop.extra(frame);
      frame.at = loop.at;
      if (typeof direction !== "string") fault("sortBy order argument must be a string");
      if (direction !== "asc" && direction !== "desc") fault("unknown order, use asc or desc");
      const entries: { readonly item: unknown; readonly value: unknown }[] = [];
      for (; scope.index < scope.length; scope.index++) {
        const value = loop.value(frame, scope);
        entries.push({ item: loop.item(frame, scope), value });
      }
      frame.at = loop.at;
      const descending = direction === "desc";
      sortWith(entries, (a, b) => (descending ? order("<", b.value, a.value) : order("<", a.value, b.value)));
      grow(frame, entries.length);
      return entries.map(({ item }) => item);
    });
}

function reduce(loop: Loop): Code {
  return (frame) =>
    loop.run(frame, (scope) => {
      if (loop.extra !== undefined) scope.acc = loop.extra(frame);
      else {
        if (scope.length === 0) fault("reduce of empty array with no initial value");
        scope.acc = loop.item(frame, scope);
        scope.index++;
      }
      for (; scope.index < scope.length; scope.index++) scope.acc = loop.value(frame, scope);
      return scope.acc;
    });
}

const loops: Readonly<Record<string, ((loop: Loop) => Code) | undefined>> = Object.assign(
  Object.create(null),
  {
    all: quantifier(false, false),
    none: quantifier(true, false),
    any: quantifier(true, true),
    one,
    filter,
    map,
    count,
    sum,
    find,
    findIndex,
    findLast,
    findLastIndex,
    groupBy,
    sortBy,
    reduce,
  },
);
