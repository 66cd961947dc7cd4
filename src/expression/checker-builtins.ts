// What the built-ins that loop over a list take and give (builtinNode of expr-lang's checker), and `get`.
// The signatures of the others are in builtin-signatures.ts.
import { type BuiltinNode, children, type Node } from "./ast";
import { builtinDeclaration, builtinVariable } from "./builtin-signatures";
import type { CheckContext } from "./check-context";
import { checkFunction } from "./checker-calls";
import {
  derefNature,
  elementOf,
  groupsType,
  isAssignable,
  isBool,
  isInteger,
  isList,
  isMap,
  isString,
  isUnknown,
  listNature,
  type Nature,
  natureOf,
  natureText,
  unknownNature,
} from "./nature";
import { types } from "./types";

const bool = natureOf(types.bool);
const int = natureOf(types.int);

/** The nature of a call of a built-in. */
export function checkBuiltin(checker: CheckContext, node: BuiltinNode): Nature {
  switch (node.name) {
    case "all":
    case "none":
    case "any":
    case "one":
      return withTest(checker, node, () => bool);
    case "filter":
      return withTest(checker, node, (list) =>
        isUnknown(list) ? natureOf(types.anyList) : listNature(elementOf(list)),
      );
    case "find":
    case "findLast":
      return withTest(checker, node, (list) => (isUnknown(list) ? unknownNature : elementOf(list)));
    case "findIndex":
    case "findLastIndex":
      return withTest(checker, node, () => int);
    case "count":
      return node.args.length === 1 ? withList(checker, node, () => int) : withTest(checker, node, () => int);
    case "map":
      return withPredicate(checker, node, { index: int }, (_, body) => listNature(body));
    case "groupBy":
      return withPredicate(checker, node, {}, (list) => ({
        type: groupsType,
        element: listNature(elementOf(list)),
      }));
    case "sum":
      return checkSum(checker, node);
    case "sortBy":
      return checkSortBy(checker, node);
    case "reduce":
      return checkReduce(checker, node);
    case "get":
      return checkGet(checker, node);
    default: {
      const declaration = builtinDeclaration(node.name);
      return declaration === undefined
        ? checker.fail(node, `unknown builtin ${node.name}`)
        : checkFunction(checker, declaration, node, node.args);
    }
  }
}

/** Visits the first argument, which must be a list or unknown. */
function withList(checker: CheckContext, node: BuiltinNode, then: (list: Nature) => Nature): Nature {
  const [first] = node.args;
  if (first === undefined) return unknownNature;
  const list = derefNature(checker.visit(first));
  if (isList(list) || isUnknown(list)) return then(list);
  return checker.fail(first, `builtin ${node.name} takes only array (got ${natureText(list)})`);
}

/** As `withList`, and visits the predicate, which must give a value; `then` gets the nature of that value. */
function withPredicate(
  checker: CheckContext,
  node: BuiltinNode,
  pointers: Readonly<Record<string, Nature>>,
  then: (list: Nature, body: Nature) => Nature,
): Nature {
  return withList(checker, node, (list) => {
    const predicate = checker.visitPredicate(node.args[1], list, pointers);
    if (predicate.type?.kind === "func" && predicate.type.results.length === 1) {
      return then(list, predicate.element ?? unknownNature);
    }
    return checker.fail(node.args[1] ?? node, "predicate should has one input and one output param");
  });
}

/** As `withPredicate` with a predicate that must give a bool. */
function withTest(checker: CheckContext, node: BuiltinNode, then: (list: Nature) => Nature): Nature {
  return withPredicate(checker, node, {}, (list, body) => {
    if (isBool(body) || isUnknown(body)) return then(list);
    return checker.fail(node.args[1] ?? node, `predicate should return boolean (got ${natureText(body)})`);
  });
}

function checkSum(checker: CheckContext, node: BuiltinNode): Nature {
  if (node.args.length === 1) {
    return withList(checker, node, (list) => (isUnknown(list) ? unknownNature : elementOf(list)));
  }
  return withList(checker, node, (list) => {
    const predicate = checker.visitPredicate(node.args[1], list);
    const [result] = predicate.type?.results ?? [];
    const declaration = builtinVariable("sum");
    if (result !== undefined || declaration === undefined) return natureOf(result ?? types.any);
    // Upstream has no sentence of its own for this. It falls back to the signature and looks at the arguments once
    // more, now outside the predicate.
    const stray = isAssignable(list, natureOf(types.anyList)) ? strayPointer(node.args[1]) : undefined;
    if (stray !== undefined) return checker.fail(stray, "cannot use pointer accessor outside predicate");
    return checkFunction(checker, declaration, node, node.args);
  });
}

/** The first `#` that belongs to no predicate inside the node itself. */
function strayPointer(node: Node | undefined): Node | undefined {
  if (node === undefined || node.kind === "pointer") return node;
  for (const child of children(node)) {
    const own = node.kind === "builtin" && child.kind === "predicate";
    const stray = own ? undefined : strayPointer(child);
    if (stray !== undefined) return stray;
  }
  return undefined;
}

function checkSortBy(checker: CheckContext, node: BuiltinNode): Nature {
  return withList(checker, node, (list) => {
    const predicate = checker.visitPredicate(node.args[1], list);
    const [, body, order] = node.args;
    if (order !== undefined) {
      const nature = checker.visit(order);
      if (!isString(nature) && !isUnknown(nature)) {
        return checker.fail(order, `sortBy order argument must be a string (got ${natureText(nature)})`);
      }
    }
    if (predicate.type?.results.length === 1) return list;
    return checker.fail(body ?? node, "predicate should has one input and one output param");
  });
}

function checkReduce(checker: CheckContext, node: BuiltinNode): Nature {
  return withList(checker, node, (list) => {
    const predicate = checker.visitPredicate(node.args[1], list, { index: int, acc: unknownNature });
    const [, body, initial] = node.args;
    if (initial !== undefined) checker.visit(initial);
    if (predicate.type?.results.length === 1) return predicate.element ?? unknownNature;
    return checker.fail(body ?? node, "predicate should has two input and one output param");
  });
}

function checkGet(checker: CheckContext, node: BuiltinNode): Nature {
  const [first, second] = node.args as readonly [Node, Node];
  if (node.args.length !== 2) {
    return checker.fail(node, `invalid number of arguments (expected 2, got ${node.args.length})`);
  }
  const base = checker.visit(first);
  const key = derefNature(checker.visit(second));
  if ((first.kind === "identifier" && first.name === "$env") || isUnknown(base)) return unknownNature;
  if (isList(base)) {
    if (isInteger(key) || isUnknown(key)) return elementOf(base);
    return checker.fail(second, `non-integer slice index ${natureText(key)}`);
  }
  if (isMap(base)) {
    if (isAssignable(key, natureOf(base.type?.key ?? types.any)) || isUnknown(key)) return elementOf(base);
    return checker.fail(second, `cannot use ${natureText(key)} to get an element from ${natureText(base)}`);
  }
  return checker.fail(first, `type ${natureText(base)} does not support indexing`);
}
