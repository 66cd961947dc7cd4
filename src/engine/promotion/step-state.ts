// What steps of one Promotion share: outputs by alias, as the running pass holds them and as they are recorded.
// A pass keeps Go's types (an int is a bigint); recording turns them into JSON (pkg/promotion/state.go).
import { isObject, type JsonObject, type JsonValue } from "../../base/json";
import { Scalar, TypedNil, toJson, typeName, types } from "../../expression/expression";
import type { StepOutput } from "./step";

/** Outputs by full alias. `null` is a step that ran and had none: within its pass that reads as an empty object. */
export type PromotionState = Record<string, unknown>;

/**
 * What Kargo's controller dies of outside a step, and recovers from by giving the whole pass up: everything the pass
 * recorded is lost and the Promotion ends Errored with this text (pkg/controller/promotions Reconcile).
 */
export class PassPanic extends Error {}

/**
 * The state for a step to read: a copy of plain JSON data. Throws PassPanic for what Kubernetes' JSON copy does not know,
 * such as Go's int.
 */
export function copyState(state: PromotionState): PromotionState {
  return copyValue(state) as PromotionState;
}

function copyValue(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
  if (value instanceof Scalar && value.type === types.int64) return Number(value.value);
  if (value instanceof TypedNil && (value.type === types.anyMap || value.type === types.anyList)) return null;
  if (isPlainList(value)) return value.map(copyValue);
  if (isPlainMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyValue(member)]));
  }
  throw new PassPanic(`cannot deep copy ${typeName(value)}`);
}

function isPlainList(value: unknown): value is unknown[] {
  return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype;
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Puts a step's output under its alias and, where the runner asks for it, under its task's name too. */
export function propagateOutput(
  state: PromotionState,
  alias: string,
  output: StepOutput | undefined,
  toTask: boolean,
): void {
  state[alias] = output === undefined ? null : { ...output };
  const namespace = toTask ? aliasNamespace(alias) : "";
  if (namespace === "") return;
  if (!Object.hasOwn(state, namespace)) state[namespace] = {};
  const shared = state[namespace];
  for (const [key, value] of Object.entries(output ?? {})) {
    if (shared === null) throw new PassPanic("assignment to entry in nil map");
    (shared as Record<string, unknown>)[key] = value;
  }
}

/** The task an alias belongs to: the part before `::` when there is exactly one, otherwise nothing. */
export function aliasNamespace(alias: string): string {
  const parts = alias.split("::");
  return parts.length === 2 ? (parts[0] ?? "") : "";
}

/** `task.outputs` of a step: what its own task has put out, by short alias; undefined outside tasks. */
export function taskOutputs(alias: string, state: PromotionState): PromotionState | undefined {
  const namespace = aliasNamespace(alias);
  if (namespace === "") return undefined;
  copyState(state); // Upstream copies all of it here too, and dies of the same values.
  const own = Object.entries(state).filter(([key]) => aliasNamespace(key) === namespace);
  return Object.fromEntries(own.map(([key, value]) => [key.slice(namespace.length + 2), value]));
}

/**
 * The state as it is stored. Null members do not survive Kargo's merge patch; a value that JSON cannot carry loses
 * the whole state, because Kargo overlooks that error.
 */
export function recordedState(state: PromotionState): JsonObject | undefined {
  if (Object.keys(state).length === 0) return undefined;
  try {
    return withoutNulls(JSON.parse(toJson(state)) as JsonValue) as JsonObject;
  } catch {
    return undefined;
  }
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value as JsonObject).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}
