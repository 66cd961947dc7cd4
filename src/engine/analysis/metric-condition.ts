// Judges a measured value by a metric's conditions (Argo Rollouts utils/evaluate): expressions over `result` with a few
// functions, checked against the type that the value has. Measures nothing.
import {
  compile,
  ExpressionError,
  type FunctionDeclaration,
  formatValue,
  functionTable,
  isNil,
  parseFloatGo,
  parseIntGo,
  Scalar,
  TimeValue,
  type Type,
  typeName,
  typeOf,
  types,
} from "../../expression/expression";
import type { AnalysisMetric, AnalysisPhase } from "../../model/analysis";

/**
 * What the value means for the metric. Without conditions every value is a success; with one, what does not meet it is
 * the opposite; with both, what meets neither is inconclusive. Throws an Error for a condition that cannot be judged.
 */
export function judgeResult(
  result: unknown,
  {
    successCondition = "",
    failureCondition = "",
  }: Pick<AnalysisMetric, "successCondition" | "failureCondition">,
): Extract<AnalysisPhase, "Successful" | "Failed" | "Inconclusive"> {
  const succeeds = successCondition === "" ? undefined : isTrue(result, successCondition);
  const fails = failureCondition === "" ? undefined : isTrue(result, failureCondition);
  if (succeeds === undefined && fails === undefined) return "Successful";
  if (fails ?? !succeeds) return "Failed";
  return (succeeds ?? true) ? "Successful" : "Inconclusive";
}

/** The moment that an expression gives, such as `now() - duration("1h")`. Throws an Error when it gives none. */
export function evaluateTime(expression: string): TimeValue {
  const value = evaluated(expression, {}, undefined);
  if (value instanceof TimeValue) return value;
  throw new Error(`expected time.Time, but got ${typeName(value)}`);
}

function isTrue(result: unknown, condition: string): boolean {
  const value = evaluated(condition, { result }, result);
  if (typeof value === "boolean") return value;
  throw new Error(`expected bool, but got ${typeName(value)}`);
}

function evaluated(source: string, env: Readonly<Record<string, unknown>>, result: unknown): unknown {
  const environment = new Map<string, Type | undefined>(
    Object.entries(env).map(([name, value]) => [name, typeOf(value)]),
  );
  const functions = "result" in env ? conditionFunctions : timeFunctions;
  try {
    return compile(source, { functions, environment }).evaluate(env, { context: { result } });
  } catch (error) {
    if (error instanceof ExpressionError) throw new Error(error.message, { cause: error });
    throw error;
  }
}

const { any, bool, float64, int64 } = types;

const isNaNFunction: FunctionDeclaration = {
  name: "isNaN",
  signatures: [{ params: [float64], result: bool }],
  call: ([value]) => Number.isNaN(asNumber(value)),
};

const isInf: FunctionDeclaration = {
  name: "isInf",
  signatures: [{ params: [float64], result: bool }],
  call: ([value]) => Math.abs(asNumber(value)) === Number.POSITIVE_INFINITY,
};

const asInt: FunctionDeclaration = {
  name: "asInt",
  signatures: [{ params: [any], result: int64 }],
  call: ([value]) => new Scalar(int64, wholeNumber(value)),
};

const asFloat: FunctionDeclaration = {
  name: "asFloat",
  signatures: [{ params: [any], result: float64 }],
  call([value]) {
    if (typeof value !== "string") return numberOf(value, "asFloat");
    const number = parseFloatGo(value);
    if (number === undefined)
      throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
    return number;
  },
};

/** Both look at the measured value, whatever they are given, as upstream. */
const isNilFunction: FunctionDeclaration = {
  name: "isNil",
  signatures: [{ params: [any], result: bool }],
  call: (_args, context) => isNil(measured(context)),
};

const defaultFunction: FunctionDeclaration = {
  name: "default",
  signatures: [{ params: [any, any], result: any }],
  call: ([, otherwise], context) => (isNil(measured(context)) ? otherwise : measured(context)),
};

const conditionFunctions = functionTable(
  isNaNFunction,
  isInf,
  asInt,
  asFloat,
  isNilFunction,
  defaultFunction,
);
const timeFunctions = functionTable(isNaNFunction, isInf);

function measured(context: unknown): unknown {
  return (context as { readonly result: unknown }).result;
}

function wholeNumber(value: unknown): bigint {
  if (typeof value === "string") {
    const number = parseIntGo(value);
    if (number === undefined)
      throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    return number;
  }
  const number = numberOf(value, "asInt");
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : -(1n << 63n);
}

function numberOf(value: unknown, name: string): number {
  const plain = value instanceof Scalar ? value.value : value;
  if (typeof plain === "number" || typeof plain === "bigint") return Number(plain);
  throw new Error(`${name}() not supported on ${typeName(value)} ${formatValue(value)}`);
}

function asNumber(value: unknown): number {
  if (typeof value === "number") return value;
  throw new Error(`reflect: Call using ${typeName(value)} as type float64`);
}
