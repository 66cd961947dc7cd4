// Code of the operators: which operand is evaluated when, and the short ways for plain numbers and texts.
// What the operators compute is in operators.ts.
import type { BinaryNode, Node, UnaryNode } from "./ast";
import { fault } from "./errors";
import { type Code, type CompileContext, type Frame, grow } from "./frame";
import { compileRegex, type Regex } from "./go-regexp";
import { byteLength, fromBytes, maybeBroken, toByteString } from "./go-text";
import { spend, spendMaking, spendText } from "./meter";
import {
  add,
  divide,
  equal,
  expectBool,
  expectString,
  exponent,
  isIn,
  modulo,
  multiply,
  negate,
  type OrderOperator,
  order,
  subtract,
  toInt,
  wrongType,
} from "./operators";
import { sliceOf, types } from "./types";
import { isNil, ListValue, MapValue } from "./values";

/** Computes the rest of a binary operation from the value of its left operand. */
type Step = (frame: Frame, left: unknown) => unknown;

/** From here on a left-leaning chain of operators is run in a loop, to spare the stack. */
const loopDepth = 50;

/** Code of `!`, `not`, `-` and `+`. */
export function compileUnary(context: CompileContext, { operator, operand, at }: UnaryNode): Code {
  const code = context.compileValue(operand);
  if (operator === "+") return code;
  if (operator === "-") {
    return (frame) => {
      const value = code(frame);
      frame.at = at;
      return negate(value);
    };
  }
  return (frame) => {
    const value = code(frame);
    if (typeof value === "boolean") return !value;
    frame.at = at;
    return !expectBool(value);
  };
}

/** Code of a binary operator. */
export function compileBinary(context: CompileContext, node: BinaryNode): Code {
  const spine: BinaryNode[] = [node];
  for (let left = node.left; left.kind === "binary"; left = left.left) spine.push(left);
  if (spine.length < loopDepth) {
    const left = compileLeft(context, node);
    const step = stepOf(context, node);
    return (frame) => step(frame, left(frame));
  }
  spine.reverse();
  const first = compileLeft(context, spine[0] as BinaryNode);
  const steps = spine.map((part) => stepOf(context, part));
  return (frame) => {
    let value = first(frame);
    for (const step of steps) value = step(frame, value);
    return value;
  };
}

function compileLeft(context: CompileContext, { operator, left }: BinaryNode): Code {
  return operator === "??" ? context.compileCoalesced(left) : context.compileValue(left);
}

function stepOf(context: CompileContext, node: BinaryNode): Step {
  const { operator, right, at } = node;
  switch (operator) {
    case "==":
    case "!=":
      return equalStep(context, node);
    case "and":
    case "&&":
      return logicStep(context.compileValue(right), false, at);
    case "or":
    case "||":
      return logicStep(context.compileValue(right), true, at);
    case "??":
      return coalesceStep(context.compileCoalesced(right));
    case "<":
    case ">":
    case "<=":
    case ">=":
      return orderStep(operator, context.compileValue(right), at);
    case "in":
      return inStep(context.compileValue(right), node.right, at);
    case "matches":
      return right.kind === "string"
        ? matchConstantStep(right.value, at)
        : matchStep(context.compileValue(right), at);
    case "contains":
      return textStep((text, part) => text.includes(part), context.compileValue(right), at);
    case "startsWith":
      return textStep((text, part) => text.startsWith(part), context.compileValue(right), at);
    case "endsWith":
      return textStep((text, part) => text.endsWith(part), context.compileValue(right), at);
    default:
      return computeStep(operator, context.compileValue(right), at);
  }
}

/** Both sides statically int, or both statically string, of Go's own types: compared by unchecked conversion. */
function castType(context: CompileContext, node: BinaryNode): "int" | "string" | undefined {
  const left = context.typeOf(node.left);
  const right = context.typeOf(node.right);
  if (left.packagePath !== "" || right.packagePath !== "") return undefined;
  if (left.kind === "int" && right.kind === "int") return "int";
  return left.kind === "string" && right.kind === "string" ? "string" : undefined;
}

function equalStep(context: CompileContext, node: BinaryNode): Step {
  const cast = castType(context, node);
  const right = context.compileValue(node.right);
  const { at } = node;
  const wanted = node.operator === "==";
  if (cast !== undefined) {
    const type = cast === "int" ? "bigint" : "string";
    return (frame, left) => {
      const other = right(frame);
      frame.at = at;
      if (typeof left !== type) wrongType(left, cast);
      if (typeof other !== type) wrongType(other, cast);
      return (left === other) === wanted;
    };
  }
  return (frame, left) => {
    const other = right(frame);
    const type = typeof left;
    if (type === typeof other && (type === "bigint" || type === "number")) return (left === other) === wanted;
    frame.at = at;
    if (typeof left === "string" && typeof other === "string") {
      spendText(frame, left);
      return (left === other) === wanted;
    }
    return equal(left, other, frame) === wanted;
  };
}

/** The left side decides when it is `decisive`; the right side is not looked at. */
function logicStep(right: Code, decisive: boolean, at: number): Step {
  return (frame, left) => {
    if (typeof left !== "boolean") {
      frame.at = at;
      expectBool(left);
    }
    return left === decisive ? left : right(frame);
  };
}

function coalesceStep(right: Code): Step {
  return (frame, left) => (isNil(left) ? right(frame) : left);
}

function orderStep(operator: OrderOperator, right: Code, at: number): Step {
  return (frame, left) => {
    const other = right(frame);
    if (
      (typeof left === "bigint" && typeof other === "bigint") ||
      (typeof left === "number" && typeof other === "number")
    ) {
      if (operator === "<") return left < other;
      if (operator === ">") return left > other;
      return operator === "<=" ? left <= other : left >= other;
    }
    frame.at = at;
    if (typeof left === "string") spendText(frame, left);
    return order(operator, left, other);
  };
}

const intList = sliceOf(types.int);

/** Arithmetic. Two ints and two floats, the common cases, are computed at once; the rest knows all of Go's types. */
function computeStep(operator: string, right: Code, at: number): Step {
  switch (operator) {
    case "+":
      return addStep(right, at);
    case "-":
      return (frame, left) => {
        const other = right(frame);
        if (typeof left === "bigint" && typeof other === "bigint") return BigInt.asIntN(64, left - other);
        frame.at = at;
        return subtract(left, other);
      };
    case "*":
      return (frame, left) => {
        const other = right(frame);
        if (typeof left === "bigint" && typeof other === "bigint") return BigInt.asIntN(64, left * other);
        frame.at = at;
        return multiply(left, other);
      };
    case "%":
      return (frame, left) => {
        const other = right(frame);
        if (typeof left === "bigint" && typeof other === "bigint" && other !== 0n && other !== -1n) {
          return left % other;
        }
        frame.at = at;
        return modulo(left, other);
      };
    case "/":
      return plainStep(divide, right, at);
    case "**":
    case "^":
      return plainStep(exponent, right, at);
    case "..":
      return (frame, left) => {
        const other = right(frame);
        frame.at = at;
        return range(frame, toInt(left), toInt(other));
      };
    default:
      return fault(`unknown operator (${operator})`);
  }
}

function addStep(right: Code, at: number): Step {
  return (frame, left) => {
    const other = right(frame);
    if (typeof left === "bigint" && typeof other === "bigint") return BigInt.asIntN(64, left + other);
    if (typeof left === "number" && typeof other === "number") return left + other;
    frame.at = at;
    const value = add(left, other);
    if (typeof value === "string") spendMaking(frame, value);
    return value;
  };
}

function plainStep(compute: (a: unknown, b: unknown) => unknown, right: Code, at: number): Step {
  return (frame, left) => {
    const other = right(frame);
    frame.at = at;
    return compute(left, other);
  };
}

/** `from..to`. A distance that does not fit 64 bits counts as empty, as it does upstream. */
function range(frame: Frame, from: bigint, to: bigint): ListValue {
  const size = BigInt.asIntN(64, BigInt.asIntN(64, to - from) + 1n);
  grow(frame, size > 0n ? Number(size) : 0);
  const items: bigint[] = [];
  for (let i = 0n; i < size; i++) items.push(from + i);
  return new ListValue(intList, items);
}

function inStep(right: Code, node: Node, at: number): Step {
  if (node.kind === "constant" && node.value instanceof MapValue) {
    const set = node.value;
    return (frame, left) => {
      if (typeof left === "string" && set.type.key === types.string) return set.has(left);
      frame.at = at;
      return isIn(left, set, frame);
    };
  }
  return (frame, left) => {
    const other = right(frame);
    frame.at = at;
    return isIn(left, other, frame);
  };
}

function matchConstantStep(pattern: string, at: number): Step {
  const regex = compileRegex(pattern);
  if (typeof regex === "string") return fault(regex);
  return (frame, left) => {
    if (isNil(left)) return false;
    frame.at = at;
    return test(frame, regex, subject(left));
  };
}

function subject(value: unknown): string {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? fromBytes(value) : wrongType(value, "[]uint8");
}

/** Matching goes through the text once, with all states of the expression at each character. */
function test(frame: Frame, regex: Regex, text: string): boolean {
  spend(frame, text.length + ((text.length * regex.size) >> 3));
  return regex.test(text);
}

function matchStep(right: Code, at: number): Step {
  return (frame, left) => {
    const pattern = right(frame);
    if (isNil(left) || isNil(pattern)) return false;
    frame.at = at;
    const source = expectString(pattern);
    const text = subject(left);
    const regex = compileRegex(source, frame);
    return typeof regex === "string" ? fault(regex) : test(frame, regex, text);
  };
}

function textStep(holds: (text: string, part: string) => boolean, right: Code, at: number): Step {
  return (frame, left) => {
    const part = right(frame);
    if (isNil(left) || isNil(part)) return false;
    frame.at = at;
    const text = expectString(left);
    const wanted = expectString(part);
    spendText(frame, text);
    if (!maybeBroken(wanted)) return holds(text, wanted);
    return byteLength(wanted) <= byteLength(text) && holds(toByteString(text), toByteString(wanted));
  };
}
