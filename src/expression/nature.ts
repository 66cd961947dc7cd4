// What the checker knows about a node: its Go type or nothing, and a little more (checker/nature of expr-lang).
// Describes and compares; the rules which combinations are allowed are the checker's.
import type { FunctionDeclaration } from "./functions";
import { durationType, timeType } from "./time-values";
import {
  arrayOf,
  derefType,
  functionType,
  isFloatType,
  isIntegerType,
  mapOf,
  sliceOf,
  type Type,
  types,
} from "./types";

/** Static knowledge about a node. Without `type` and not `nil` the value is unknown until run time. */
export interface Nature {
  readonly type?: Type;
  /** The literal nil. */
  readonly nil?: boolean;
  /** Element of a list whose Go type says only `[]any`; of a predicate: the nature of its body. */
  readonly element?: Nature;
  /** A method taken from a value: the first parameter of `type` is the receiver. */
  readonly method?: boolean;
  /** A registered function or built-in that the name stands for. */
  readonly declaration?: CallableDeclaration;
}

/** What the checker asks of a function it can check calls of. */
export interface CallableDeclaration {
  readonly name: string;
  readonly types: readonly Type[];
  /** Replaces the signatures: gives the result, or throws a sentence. nil literals come as undefined. */
  readonly validate?: (args: readonly (Type | undefined)[]) => Type;
}

export const unknownNature: Nature = {};
export const nilNature: Nature = { nil: true };

const natures = new WeakMap<Type, Nature>();

/** The nature of any value of the type. */
export function natureOf(type: Type): Nature {
  let nature = natures.get(type);
  if (nature === undefined) {
    nature = { type };
    natures.set(type, nature);
  }
  return nature;
}

/** A list whose Go type is `[]any` but whose elements are known better. */
export function listNature(element: Nature): Nature {
  return { type: types.anyList, element };
}

/** Not known at all, or only that it is `any`. */
export function isUnknown(nature: Nature): boolean {
  return (nature.type === undefined && nature.nil !== true) || nature.type === types.any;
}

/** How expr-lang prints it in its sentences. */
export function natureText(nature: Nature): string {
  return nature.type?.name ?? "unknown";
}

export function isBool(nature: Nature): boolean {
  return nature.type?.kind === "bool";
}
export function isString(nature: Nature): boolean {
  return nature.type?.kind === "string";
}
export function isInteger(nature: Nature): boolean {
  return isIntegerType(nature.type);
}
export function isNumber(nature: Nature): boolean {
  return isIntegerType(nature.type) || isFloatType(nature.type);
}
export function isList(nature: Nature): boolean {
  return nature.type?.kind === "slice" || nature.type?.kind === "array";
}
export function isMap(nature: Nature): boolean {
  return nature.type?.kind === "map";
}
export function isTime(nature: Nature): boolean {
  return nature.type === timeType;
}
export function isDuration(nature: Nature): boolean {
  return nature.type === durationType;
}

/** Follows pointers. */
export function derefNature(nature: Nature): Nature {
  return nature.type?.kind === "ptr" ? natureOf(derefType(nature.type)) : nature;
}

/** Element of a list, map or pointer. */
export function elementOf(nature: Nature): Nature {
  const { type } = nature;
  if (type === undefined || type.elem === undefined) return unknownNature;
  if ((type.kind === "slice" || type.kind === "array") && nature.element !== undefined) return nature.element;
  return natureOf(type.elem);
}

/** Go's assignability, from what is known. */
export function isAssignable(from: Nature, to: Nature): boolean {
  if (from.nil === true && to.type !== undefined && /^(ptr|interface|func|map|slice)$/.test(to.type.kind))
    return true;
  if (from.type === undefined || to.type === undefined) return false;
  if (from.type.kind !== to.type.kind && to.type.kind !== "interface") return false;
  return from.type.assignableTo(to.type);
}

/** Whether `==` may stand between the two. */
export function isComparable(left: Nature, right: Nature): boolean {
  return (
    isUnknown(left) ||
    isUnknown(right) ||
    left.nil === true ||
    right.nil === true ||
    (isNumber(left) && isNumber(right)) ||
    (isDuration(left) && isDuration(right)) ||
    (isTime(left) && isTime(right)) ||
    (isList(left) && isList(right)) ||
    isAssignable(left, right)
  );
}

/** One side unknown and the other one of the given sorts, or both unknown. */
export function maybeCompatible(
  left: Nature,
  right: Nature,
  ...sorts: ((nature: Nature) => boolean)[]
): boolean {
  const leftUnknown = isUnknown(left);
  const rightUnknown = isUnknown(right);
  if (leftUnknown && rightUnknown) return true;
  return (leftUnknown && sorts.some((is) => is(right))) || (rightUnknown && sorts.some((is) => is(left)));
}

/** int or float64, whichever arithmetic of the two gives. */
export function promoteNumbers(left: Nature, right: Nature): Nature {
  return natureOf(isFloatType(left.type) || isFloatType(right.type) ? types.float64 : types.int);
}

/** The nature of a method taken from a value of the type: a function type that begins with the receiver. */
export function methodNature(receiver: Type, name: string): Nature | undefined {
  const method = receiver.methods.get(name);
  if (method === undefined) return undefined;
  const type = functionType([receiver, ...method.params], method.results, method.variadic ?? false);
  return receiver.kind === "interface"
    ? { type: functionType(method.params, method.results) }
    : { type, method: true };
}

/** The declaration of a registered function as the checker sees it. */
export function callableOf(declaration: FunctionDeclaration): CallableDeclaration {
  const signatures = declaration.signatures.map(({ params, result, variadic }) =>
    functionType(params, [result], variadic ?? false),
  );
  return { name: declaration.name, types: signatures };
}

/** `[2]any`, an element of `toPairs`. */
export const pairType = arrayOf(2, types.any);
/** `[][2]any`, what `toPairs` gives. */
export const pairListType = sliceOf(pairType);
/** `map[any][]any`, what `groupBy` gives. */
export const groupsType = mapOf(types.any, types.anyList);
