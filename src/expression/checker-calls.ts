// Whether a call gives a function what it takes (callNode, checkFunction and checkArguments of expr-lang's checker).
// Makes no call.
import type { CallNode, Node } from "./ast";
import { callableType } from "./builtin-signatures";
import type { CheckContext } from "./check-context";
import { Fault } from "./errors";
import {
  type CallableDeclaration,
  derefNature,
  isAssignable,
  isInteger,
  isUnknown,
  type Nature,
  natureOf,
  natureText,
  unknownNature,
} from "./nature";
import { isFloatType, isIntegerType, type Type, types } from "./types";

/** A mistake in a call: which node and what. */
interface CallProblem {
  readonly node: Node;
  readonly message: string;
}

/** The nature of a call. */
export function checkCall(checker: CheckContext, node: CallNode): Nature {
  const { callee } = node;
  if (callee.kind === "identifier" && callee.name === "$env") {
    return checker.fail(node, "unknown is not callable");
  }
  const nature = checker.visit(callee);
  if (isUnknown(nature)) return unknownNature;
  if (nature.declaration !== undefined) return checkFunction(checker, nature.declaration, node, node.args);
  const name = calleeName(callee);
  if (nature.nil === true) return checker.fail(node, `${name} is nil; cannot call nil as function`);
  if (nature.type?.kind !== "func") return checker.fail(node, `${natureText(nature)} is not callable`);
  const checked = checkArguments(checker, name, nature.type, nature.method === true, node, node.args);
  if ("message" in checked) return checker.fail(checked.node, checked.message);
  return checked;
}

function calleeName(callee: Node): string {
  if (callee.kind === "identifier") return callee.name;
  return callee.kind === "member" && callee.property.kind === "string" ? callee.property.value : "function";
}

/** Checks a call of a declared function; `node` is a call or a built-in. */
export function checkFunction(
  checker: CheckContext,
  callable: CallableDeclaration,
  node: Node,
  args: readonly Node[],
): Nature {
  if (callable.validate !== undefined) return validate(checker, callable.validate, node, args);
  const candidates = callable.types.length === 0 ? [callableType(callable)] : callable.types;
  let problem: CallProblem | undefined;
  for (const type of candidates) {
    const checked = checkArguments(checker, callable.name, type, false, node, args);
    if ("message" in checked) problem = checked;
    else {
      // The callee has the type of the overload that fits; the compiler looks at it.
      if (node.kind === "call")
        checker.natures.set(node.callee, { ...natureOf(type), declaration: callable });
      return checked;
    }
  }
  return problem === undefined ? unknownNature : checker.fail(problem.node, problem.message);
}

function validate(
  checker: CheckContext,
  rule: NonNullable<CallableDeclaration["validate"]>,
  node: Node,
  args: readonly Node[],
): Nature {
  const given = args.map((arg) => {
    const nature = checker.visit(arg);
    return isUnknown(nature) ? types.any : nature.type;
  });
  try {
    return natureOf(rule(given));
  } catch (error) {
    if (error instanceof Fault) return checker.fail(node, error.message);
    throw error;
  }
}

function checkArguments(
  checker: CheckContext,
  name: string,
  type: Type,
  method: boolean,
  node: Node,
  args: readonly Node[],
): Nature | CallProblem {
  if (type.results.length === 0) return { node, message: `func ${name} doesn't return value` };
  if (type.results.length > 2) return { node, message: `func ${name} returns more then two values` };
  const params = method ? type.params.slice(1) : type.params;
  const least = type.variadic ? params.length - 1 : params.length;
  const result = natureOf(type.results[0] ?? types.any);
  if (args.length < least || (!type.variadic && args.length > least)) {
    for (const arg of args) checker.visit(arg);
    return { node, message: `${args.length < least ? "not enough" : "too many"} arguments to call ${name}` };
  }
  for (const [i, arg] of args.entries()) {
    const rest = type.variadic && i >= least;
    const param = rest ? (params[least]?.elem ?? types.any) : (params[i] ?? types.any);
    const problem = checkArgument(checker, name, checker.replaced.get(arg) ?? arg, param);
    if (problem !== undefined) return problem;
  }
  return result;
}

function checkArgument(checker: CheckContext, name: string, arg: Node, param: Type): CallProblem | undefined {
  const nature = checker.visit(arg);
  if (
    isInteger(nature) &&
    (isFloatType(param) || (isIntegerType(param) && nature.type?.kind !== param.kind))
  ) {
    convertIntegers(checker, arg, param);
    return undefined;
  }
  if (nature.nil === true) {
    if (param.kind === "ptr" || param.kind === "interface") return undefined;
    return { node: arg, message: `cannot use nil as argument (type ${param.name}) to call ${name}` };
  }
  const wanted = natureOf(param);
  if (isAssignable(nature, wanted) || isUnknown(nature)) return undefined;
  if (nature.type?.kind === "ptr" && isAssignable(derefNature(nature), wanted)) return undefined;
  return {
    node: arg,
    message: `cannot use ${natureText(nature)} as argument (type ${param.name}) to call ${name} `,
  };
}

/** Makes the whole numbers of an argument the floats, or integers of the width, that the parameter wants. */
function convertIntegers(checker: CheckContext, node: Node, param: Type): void {
  if (node.kind === "integer") {
    if (!isFloatType(param)) checker.natures.set(node, natureOf(param));
    else {
      const { start, end } = node;
      const float = { kind: "float", value: Number(node.value), start, end, at: 0 } as const;
      checker.replaced.set(node, float);
      checker.natures.set(float, natureOf(param));
    }
  } else if (node.kind === "unary") {
    if (!isFloatType(param)) checker.natures.set(node, natureOf(param));
    convertIntegers(checker, node.operand, param);
  } else if (node.kind === "binary" && /^[-+*]$/.test(node.operator)) {
    convertIntegers(checker, node.left, param);
    convertIntegers(checker, node.right, param);
  }
}
