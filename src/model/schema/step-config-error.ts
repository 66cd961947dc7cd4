// The check of a step's configuration at run time: the sentences of Kargo, which are those of gojsonschema v1.2.0.
// Speaks to nobody in clear words; validate.ts does that in the editor.
import { isObject } from "../../base/json";
import { goPattern, isDateTime, isEmail, isUri } from "./formats";
import type { StepKind } from "./step-kinds";
import { stepSchemas } from "./steps";
import type { Constraints, Format } from "./types";

/**
 * What Kargo says when the evaluated configuration of a step does not fit its schema, one fault a line; undefined when
 * it fits (pkg/promotion/runner/builtin/validation.go). An absent configuration is `null`. Where gojsonschema walks a
 * Go map in random order, faults come in the order of the table.
 */
export function stepConfigError(kind: StepKind, config: unknown): string | undefined {
  const faults = check(stepSchemas[kind].config, config ?? null, []).faults;
  return faults.length === 0 ? undefined : `invalid ${kind} config: ${faults.join("\n")}`;
}

/** Faults and gojsonschema's score of how well a value fitted: the best branch of a oneOf is the one reported. */
class Result {
  readonly faults: string[] = [];
  score = 0;

  add(at: Path, description: string): void {
    this.faults.push(`${fieldName(at)}: ${description}`);
    this.score -= 2;
  }

  merge(other: Result): void {
    this.faults.push(...other.faults);
    this.score += other.score;
  }
}

type Path = readonly (string | number)[];

function fieldName(at: Path): string {
  return at.length === 0 ? "(root)" : at.join(".");
}

function check(schema: Constraints, value: unknown, at: Path): Result {
  const result = new Result();
  checkInto(result, schema, value, at);
  return result;
}

function checkInto(result: Result, schema: Constraints, value: unknown, at: Path): void {
  const given = typeOf(value);
  const expected = schema.type === "any" ? undefined : schema.type;
  if (expected !== undefined && expected !== given && !(expected === "number" && given === "integer")) {
    result.add(at, `Invalid type. Expected: ${expected}, given: ${given}`);
    return;
  }
  checkAlternatives(result, schema, value, at);
  if (typeof value === "number" || typeof value === "bigint") checkNumber(result, schema, value, at);
  if (Array.isArray(value)) checkArray(result, schema, value, at);
  if (isObject(value)) checkObject(result, schema, value, at);
  checkValue(result, schema, value, at);
  if (typeof value === "string") checkString(result, schema, value, at);
  if (isObject(value)) {
    for (const [name, field] of Object.entries(schema.fields ?? {})) {
      if (Object.hasOwn(value, name)) checkInto(result, field, value[name], [...at, name]);
    }
  }
  result.score++;
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function checkAlternatives(result: Result, schema: Constraints, value: unknown, at: Path): void {
  if (schema.anyOf !== undefined) {
    const branches = schema.anyOf.map((branch) => check(branch, value, at));
    if (!branches.some(fits)) {
      result.add(at, "Must validate at least one schema (anyOf)");
      mergeBest(result, branches);
    }
  }
  if (schema.oneOf !== undefined) {
    const branches = schema.oneOf.map((branch) => check(branch, value, at));
    const fitting = branches.filter(fits).length;
    if (fitting !== 1) result.add(at, "Must validate one and only one schema (oneOf)");
    if (fitting === 0) mergeBest(result, branches);
  }
  result.score++;
}

function fits(branch: Result): boolean {
  return branch.faults.length === 0;
}

/** The first of the branches with the highest score. */
function mergeBest(result: Result, branches: readonly Result[]): void {
  const best = branches.reduce((a, b) => (b.score > a.score ? b : a));
  result.merge(best);
}

function checkNumber(result: Result, schema: Constraints, value: number | bigint, at: Path): void {
  if (schema.maximum !== undefined && value > schema.maximum) {
    result.add(at, `Must be less than or equal to ${goNumber(schema.maximum)}`);
  }
  if (schema.minimum !== undefined && value < schema.minimum) {
    result.add(at, `Must be greater than or equal to ${goNumber(schema.minimum)}`);
  }
  result.score++;
}

/** A limit as Go prints a big.Float: with an exponent from a million on. */
function goNumber(limit: number): string {
  if (Math.abs(limit) < 1e6) return String(limit);
  return limit.toExponential().replace(/e\+(\d)$/, "e+0$1");
}

function checkArray(result: Result, schema: Constraints, value: readonly unknown[], at: Path): void {
  if (schema.items !== undefined) {
    for (const [index, item] of value.entries()) result.merge(check(schema.items, item, [...at, index]));
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    result.add(at, `Array must have at least ${schema.minItems} items`);
  }
  if (schema.uniqueItems === true) {
    const seen = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const before = seen.get(canonical(item));
      if (before !== undefined) result.add(at, `array items[${before},${index}] must be unique`);
      seen.set(canonical(item), index);
    }
  }
  result.score++;
}

function checkObject(result: Result, schema: Constraints, value: Record<string, unknown>, at: Path): void {
  const keys = Object.keys(value);
  if (schema.minFields !== undefined && keys.length < schema.minFields) {
    result.add(at, `Must have at least ${schema.minFields} properties`);
  }
  for (const name of schema.required ?? []) {
    if (Object.hasOwn(value, name)) result.score++;
    else result.add(at, `${name} is required`);
  }
  for (const key of keys) {
    if (Object.hasOwn(schema.fields ?? {}, key)) continue;
    if (schema.additional !== undefined) result.merge(check(schema.additional, value[key], [...at, key]));
    else if (schema.type === "object") result.add(at, `Additional property ${key} is not allowed`);
  }
  result.score++;
}

function checkValue(result: Result, schema: Constraints, value: unknown, at: Path): void {
  if (schema.const !== undefined && canonical(value) !== canonical(schema.const)) {
    result.add(at, `${fieldName(at)} does not match: ${canonical(schema.const)}`);
  }
  if (schema.enum !== undefined && !schema.enum.some((allowed) => canonical(allowed) === canonical(value))) {
    result.add(at, `${fieldName(at)} must be one of the following: ${schema.enum.map(canonical).join(", ")}`);
  }
  result.score++;
}

function checkString(result: Result, schema: Constraints, value: string, at: Path): void {
  if (schema.minLength !== undefined && [...value].length < schema.minLength) {
    result.add(at, `String length must be greater than or equal to ${schema.minLength}`);
  }
  if (schema.pattern !== undefined && goPattern(schema.pattern)?.test(value) === false) {
    result.add(at, `Does not match pattern '${schema.pattern}'`);
  }
  if (schema.format !== undefined && !hasFormat(schema.format, value)) {
    result.add(at, `Does not match format '${schema.format}'`);
  }
  result.score++;
}

/** Only formats that Kargo's step schemas name; the others of the table are for the editor. */
function hasFormat(format: Format, value: string): boolean {
  if (format === "uri") return isUri(value);
  if (format === "email") return isEmail(value);
  if (format === "date-time") return isDateTime(value);
  return true;
}

/** JSON as Go's encoder writes a decoded value: keys sorted. Only compared and shown for scalars. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value ?? null);
}
