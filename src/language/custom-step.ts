// A step kind of the user's own with a JSON Schema: its verdict on a configuration, with the places of the faults.
// An expression stands for a value of any type, as in Kargo's own steps. Reads no file.
import { type OutputUnit, type SchemaDraft, Validator } from "@cfworker/json-schema";
import { isObject } from "../base/json";
import {
  isTemplate,
  nearest,
  type ObjectSchema,
  type Path,
  type StepConfigs,
  stepSchema,
} from "../model/schema/schema";
import { configSchema, schemaFault } from "./json-schema";
import type { RuleId } from "./rules";

/** A step kind besides Kargo's own. */
export interface CustomStep {
  /** What the schema says of the step; empty where it says nothing. */
  readonly doc: string;
  /** Absent when only the name is known: any configuration will do. */
  readonly config?: ObjectSchema;
  /** Faults of a configuration. */
  judge(config: unknown): readonly ConfigFault[];
}

/** One fault of a configuration. */
export interface ConfigFault {
  /** Place below `config`. */
  readonly path: Path;
  readonly at: "key" | "value";
  readonly rule: RuleId;
  readonly message: string;
  readonly missing?: string;
  readonly suggestion?: string;
}

/** A step of which only the name is known. */
export const namedStep: CustomStep = { doc: "", judge: () => [] };

/** The configurations of Kargo's steps and of the user's own; Kargo's win. */
export function configsOf(steps: ReadonlyMap<string, CustomStep>): StepConfigs {
  return (kind) => stepSchema(kind)?.config ?? steps.get(kind)?.config;
}

/** The step a JSON Schema describes, or in one sentence why it describes none. */
export function customStep(json: unknown): CustomStep | { readonly fault: string } {
  const fault = schemaFault(json);
  if (fault !== undefined || !isObject(json)) return { fault: fault ?? "" };
  const draft = draftOf(json);
  let exact: Validator | undefined;
  let lenient: Validator | undefined;
  const config = configSchema(json);
  return {
    doc: typeof json.description === "string" ? json.description : "",
    ...(config === undefined ? {} : { config }),
    judge: (value) => {
      if (isTemplate(value)) return [];
      exact ??= new Validator(structuredClone(json), draft, false);
      lenient ??= new Validator(withTemplates(json) as object, draft, false);
      const validator = holdsTemplate(value) ? lenient : exact;
      const { errors } = validator.validate(value);
      return leaves(errors).flatMap((unit) => toFault(unit, value, config) ?? []);
    },
  };
}

function draftOf({ $schema, prefixItems }: Readonly<Record<string, unknown>>): SchemaDraft {
  const [, draft] = /draft-?\/?(0?4|0?6|0?7|2019-09|2020-12)/.exec(String($schema)) ?? [];
  if (draft === undefined) return prefixItems === undefined ? "2019-09" : "2020-12";
  if (draft === "2019-09" || draft === "2020-12") return draft;
  return draft.endsWith("4") ? "4" : "7";
}

function holdsTemplate(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isTemplate(value);
  return Object.values(value).some(holdsTemplate);
}

/** Values of these are where the configuration goes one level down. */
const deeper: ReadonlySet<string> = new Set([
  "items",
  "additionalItems",
  "prefixItems",
  "properties",
  "patternProperties",
  "additionalProperties",
  "contains",
]);
/** Values of these are lists of schemas, or schemas by name. */
const many: ReadonlySet<string> = new Set([
  "prefixItems",
  "properties",
  "patternProperties",
  "allOf",
  "anyOf",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
/** What nobody can tell before expressions are evaluated. */
const untold: ReadonlySet<string> = new Set(["oneOf", "not", "if", "then", "else", "uniqueItems"]);
const expression = { type: "string", pattern: "\\$\\{[{%]" };

/** The schema in which every value below the root may be an expression instead. */
function withTemplates(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const changed: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (untold.has(keyword)) continue;
    const part = deeper.has(keyword) ? orTemplate : withTemplates;
    if (Array.isArray(value) && (many.has(keyword) || keyword === "items"))
      changed[keyword] = value.map((one) => part(one));
    else if (many.has(keyword) && isObject(value))
      changed[keyword] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, part(one)]));
    else changed[keyword] = deeper.has(keyword) ? part(value) : value;
  }
  const { oneOf } = schema;
  if (!Array.isArray(oneOf)) return changed;
  const rest: readonly unknown[] = Array.isArray(changed.allOf) ? changed.allOf : [];
  return { ...changed, allOf: [...rest, { anyOf: oneOf.map((one) => withTemplates(one)) }] };
}

function orTemplate(schema: unknown): unknown {
  return typeof schema === "boolean" ? schema : { if: expression, else: withTemplates(schema) };
}

/** Says only that something below it is wrong. */
const passing: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
  "unevaluatedProperties",
  "items",
  "additionalItems",
  "unevaluatedItems",
  "prefixItems",
  "$ref",
  "$recursiveRef",
  "allOf",
  "if",
]);
/** Speaks for everything below it. */
const speaking: ReadonlySet<string> = new Set(["anyOf", "oneOf", "not", "contains", "propertyNames"]);

interface Leaf extends OutputUnit {
  /** The key or entry must not be there at all. */
  readonly forbidden?: boolean;
}

/** The faults without those that only pass on what is told below. */
function leaves(errors: readonly OutputUnit[]): Leaf[] {
  const placed = errors.map((unit, index): Leaf => {
    const holder = errors[index - 1];
    if (unit.keyword !== "false" || holder === undefined) return unit;
    return { ...unit, keywordLocation: `${holder.keywordLocation}/false`, forbidden: true };
  });
  const speakers = placed.filter(({ keyword }) => speaking.has(keyword));
  const told = (unit: Leaf) =>
    speakers
      .filter((one) => one !== unit && isBelow(unit, one))
      .every((one) => fitting(one, placed).includes(unit));
  return placed.filter((unit) => {
    // The validator also calls a key unknown whose value it has found wrong.
    if (unit.forbidden === true && placed.some((one) => one.forbidden !== true && isAtOrBelow(one, unit)))
      return false;
    if (passing.has(unit.keyword) || /does not match dependant/.test(unit.error)) return false;
    if (speaking.has(unit.keyword) && fitting(unit, placed).length > 0) return false;
    return told(unit);
  });
}

function isBelow(unit: OutputUnit, speaker: OutputUnit): boolean {
  return unit.keywordLocation.startsWith(`${speaker.keywordLocation}/`) && isAtOrBelow(unit, speaker);
}

function isAtOrBelow(
  { instanceLocation: place }: OutputUnit,
  { instanceLocation: above }: OutputUnit,
): boolean {
  return place === above || place.startsWith(`${above}/`);
}

/** Of alternatives, only one may have the right type: then what is wrong with that one is what is wrong. */
function fitting(speaker: OutputUnit, all: readonly Leaf[]): readonly Leaf[] {
  if (speaker.keyword !== "anyOf" && speaker.keyword !== "oneOf") return [];
  const branches = new Map<string, Leaf[]>();
  for (const unit of all) {
    if (unit === speaker || !isBelow(unit, speaker)) continue;
    const [index = ""] = unit.keywordLocation.slice(speaker.keywordLocation.length + 1).split("/");
    branches.set(index, [...(branches.get(index) ?? []), unit]);
  }
  const typed = [...branches.values()].filter(
    (units) =>
      !units.some(
        ({ keyword, instanceLocation }) =>
          keyword === "type" && instanceLocation === speaker.instanceLocation,
      ),
  );
  return branches.size > 1 && typed.length === 1 ? (typed[0] ?? []) : [];
}

function toFault(unit: Leaf, config: unknown, schema: ObjectSchema | undefined): ConfigFault | undefined {
  const path = pathOf(unit.instanceLocation, config);
  const last = path.at(-1);
  const what =
    last === undefined ? "The configuration" : typeof last === "string" ? `\`${last}\`` : "This entry";
  if (unit.forbidden === true) {
    const names = siblings(schema, path);
    const suggestion = typeof last === "string" ? nearest(last, names) : undefined;
    const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
    const message = `${what} is not allowed here by the schema of the step.${hint}`;
    return {
      path,
      at: "key",
      rule: "unknown-key",
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  }
  const [, missing] = /^Instance does not have required property "(.*)"\.$/s.exec(unit.error) ?? [];
  if (missing !== undefined)
    return { path, at: "key", rule: "required", message: `\`${missing}\` is missing.`, missing };
  return { path, at: "value", rule: ruleOf(unit.keyword), message: `${what} ${wordsOf(unit)}.` };
}

/** Fields of the object that holds the place. */
function siblings(schema: ObjectSchema | undefined, path: Path): string[] {
  let at: unknown = schema;
  for (const segment of path.slice(0, -1)) {
    if (!isObject(at)) return [];
    at = at.type === "array" ? at.items : isObject(at.fields) ? at.fields[segment] : undefined;
  }
  return isObject(at) && isObject(at.fields) ? Object.keys(at.fields) : [];
}

function pathOf(location: string, config: unknown): Path {
  const path: (string | number)[] = [];
  let at = config;
  for (const segment of location.split("/").slice(1)) {
    const name = decodeURI(segment).replaceAll("~1", "/").replaceAll("~0", "~");
    const key = Array.isArray(at) ? Number(name) : name;
    at = Array.isArray(at) ? at[Number(name)] : isObject(at) ? at[name] : undefined;
    path.push(key);
  }
  return path;
}

const rulesByKeyword: Readonly<Record<string, RuleId>> = {
  type: "type",
  enum: "enum",
  const: "enum",
  pattern: "pattern",
  format: "format",
  minLength: "length",
  maxLength: "length",
  minimum: "range",
  maximum: "range",
  exclusiveMinimum: "range",
  exclusiveMaximum: "range",
  multipleOf: "range",
  minItems: "items",
  maxItems: "items",
  minProperties: "items",
  maxProperties: "items",
  uniqueItems: "unique",
};

function ruleOf(keyword: string): RuleId {
  return rulesByKeyword[keyword] ?? "rule";
}

/** The validator's own sentence, which speaks of "instances", in words about the field. */
function wordsOf({ keyword, error }: Leaf): string {
  const values = /\[.*\]|"(?:[^"\\]|\\.)*"/s;
  switch (keyword) {
    case "type":
      return `must be ${typeWords(error)}`;
    case "enum":
      return `must be one of ${values.exec(error)?.[0].slice(1, -1).replaceAll(",", ", ") ?? "the allowed values"}`;
    case "const":
      return `must be ${error.replace(/^Instance does not match (.*)\.$/s, "$1")}`;
    case "pattern":
      return "does not fit the pattern of the step's schema";
    case "format":
      return `must have the format ${values.exec(error)?.[0] ?? ""}`;
    case "anyOf":
      return "fits none of the alternatives of the step's schema";
    case "oneOf":
      return "must fit exactly one of the alternatives of the step's schema";
    case "not":
      return "is excluded by the step's schema";
    default:
      return `does not fit the step's schema: ${error.charAt(0).toLowerCase()}${error.slice(1).replace(/\.$/, "")}`;
  }
}

const wordsOfTypes: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  null: "empty",
};

function typeWords(error: string): string {
  const [, expected = ""] = /Expected (.*)\.$/.exec(error) ?? [];
  const types = [...expected.matchAll(/"(\w+)"/g)].map(([, type = ""]) => wordsOfTypes[type] ?? type);
  return types.join(" or ");
}
