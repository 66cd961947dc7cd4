// Which operands the binary operators take and what they give, before anything runs (binaryNode of expr-lang's checker).
// Computes nothing; operators.ts does.
import type { BinaryNode } from "./ast";
import type { CheckContext } from "./check-context";
import { regexProblem } from "./go-regexp";
import {
  derefNature,
  elementOf,
  isAssignable,
  isBool,
  isComparable,
  isDuration,
  isInteger,
  isList,
  isMap,
  isNumber,
  isString,
  isTime,
  isUnknown,
  listNature,
  maybeCompatible,
  type Nature,
  natureOf,
  natureText,
  nilNature,
  promoteNumbers,
  unknownNature,
} from "./nature";
import { durationType, timeType } from "./time-values";
import { types } from "./types";

const bool = natureOf(types.bool);
const float = natureOf(types.float64);
const int = natureOf(types.int);
const time = natureOf(timeType);
const duration = natureOf(durationType);

/** The nature of a binary node whose operands were visited. */
export function checkBinary(
  checker: CheckContext,
  node: BinaryNode,
  leftNature: Nature,
  rightNature: Nature,
): Nature {
  const left = derefNature(leftNature);
  const right = derefNature(rightNature);
  if (node.operator === "in") return checkIn(checker, node, left, right);
  if (node.operator === "??") return coalesce(left, right);
  if (node.operator === "matches" && node.right.kind === "string") {
    const problem = regexProblem(node.right.value);
    if (problem !== undefined) return checker.fail(node, problem);
  }
  return result(node.operator, left, right) ?? mismatch(checker, node, left, right);
}

function mismatch(checker: CheckContext, node: BinaryNode, left: Nature, right: Nature): Nature {
  const operands = `mismatched types ${natureText(left)} and ${natureText(right)}`;
  return checker.fail(node, `invalid operation: ${node.operator} (${operands})`);
}

function both(left: Nature, right: Nature, is: (nature: Nature) => boolean): boolean {
  return is(left) && is(right);
}

/** What the operator gives; undefined when it does not take the operands. */
function result(operator: string, left: Nature, right: Nature): Nature | undefined {
  const maybe = (...sorts: ((nature: Nature) => boolean)[]) => maybeCompatible(left, right, ...sorts);
  switch (operator) {
    case "==":
    case "!=":
      return isComparable(left, right) ? bool : undefined;
    case "or":
    case "||":
    case "and":
    case "&&":
      return both(left, right, isBool) || maybe(isBool) ? bool : undefined;
    case "<":
    case ">":
    case ">=":
    case "<=": {
      const sorts = [isNumber, isString, isTime, isDuration];
      return sorts.some((is) => both(left, right, is)) || maybe(...sorts) ? bool : undefined;
    }
    case "+":
    case "-":
    case "*":
      return arithmetic(operator, left, right);
    case "/":
    case "**":
    case "^":
      return both(left, right, isNumber) || maybe(isNumber) ? float : undefined;
    case "%":
      return both(left, right, isInteger) || maybe(isInteger) ? int : undefined;
    case "matches":
      if ((isString(left) || left.type === types.bytes) && isString(right)) return bool;
      return maybe(isString) ? bool : undefined;
    case "contains":
    case "startsWith":
    case "endsWith":
      return both(left, right, isString) || maybe(isString) ? bool : undefined;
    case "..":
      return both(left, right, isInteger) || maybe(isInteger) ? listNature(int) : undefined;
    default:
      return undefined;
  }
}

function arithmetic(operator: "+" | "-" | "*", left: Nature, right: Nature): Nature | undefined {
  if (both(left, right, isNumber)) return promoteNumbers(left, right);
  const sorts = {
    "+": [isNumber, isString, isTime, isDuration],
    "-": [isNumber, isTime, isDuration],
    "*": [isNumber, isDuration],
  };
  if (both(left, right, isDuration)) return duration;
  if (operator === "*") {
    if ((isNumber(left) && isDuration(right)) || (isDuration(left) && isNumber(right))) return duration;
  } else {
    if (operator === "+" && both(left, right, isString)) return natureOf(types.string);
    if (operator === "-" && both(left, right, isTime)) return duration;
    if (isTime(left) && isDuration(right)) return time;
    if (operator === "+" && isDuration(left) && isTime(right)) return time;
  }
  return maybeCompatible(left, right, ...sorts[operator]) ? unknownNature : undefined;
}

function checkIn(checker: CheckContext, node: BinaryNode, left: Nature, right: Nature): Nature {
  const leftUnknown = isUnknown(left);
  if ((isString(left) || leftUnknown) && right.type?.kind === "struct") return bool;
  if (isMap(right)) {
    const key = natureOf(right.type?.key ?? types.any);
    if (leftUnknown || isAssignable(left, key)) return bool;
    return checker.fail(node, `cannot use ${natureText(left)} as type ${natureText(key)} in map key`);
  }
  if (isList(right)) {
    const element = elementOf(right);
    if (isComparable(left, element)) return bool;
    return checker.fail(node, `cannot use ${natureText(left)} as type ${natureText(element)} in array`);
  }
  if ((leftUnknown && isString(right)) || isUnknown(right)) return bool;
  return mismatch(checker, node, left, right);
}

function coalesce(left: Nature, right: Nature): Nature {
  if (left.nil === true) return right.nil === true ? nilNature : right;
  if (right.nil === true) return left;
  return isAssignable(right, left) ? left : unknownNature;
}
