// Judges a value against its schema in clear words, for the editor and for admission. One fault gives one problem.
// The check of step configurations at run time, in Kargo's own words, is step-config-error.ts.
import { textFault } from "./check-text";
import { fitsType, isChosen, stepKindOf, stepSchema } from "./lookup";
import { type Fault, type Place, report, type SchemaProblem, type ValidateOptions } from "./problem";
import { isTemplate, label, labels, nearest, typeName, wantedType } from "./problem-words";
import type {
  AnySchema,
  ArraySchema,
  Choice,
  Deprecation,
  NumberSchema,
  ObjectSchema,
  Schema,
} from "./types";

/** Every fault of `value`: of an object first its own, then those of its fields in the order they are written. */
export function validate(value: unknown, schema: Schema, options: ValidateOptions = {}): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const templates = options.templates ?? (schema.type === "object" && schema.templates === true);
  const { unknownSteps = "warning", stepConfigs = true, written = () => undefined } = options;
  const start = {
    path: [],
    templates,
    unknownSteps,
    stepConfigs,
    lenient: false,
    written,
    problems,
    holder: undefined,
  };
  check(value, schema, start);
  return problems;
}

function check(value: unknown, schema: Schema, place: Place): void {
  if (schema.type === "any") checkConfig(value, schema, place);
  else if (place.templates && isTemplate(value)) return;
  else if (!fitsType(schema, value)) report(place, typeFault(value, schema, place));
  else if (schema.type === "union") checkBranch(value, schema.of, place);
  else if (schema.type === "string") reportAny(place, textFault(value as string, schema, place));
  else if (schema.type === "array") checkArray(value as readonly unknown[], schema, place);
  else if (schema.type === "object") checkObject(value as Record<string, unknown>, schema, place);
  else if (schema.type !== "boolean") reportAny(place, rangeFault(Number(value), schema, place));
}

function reportAny(place: Place, fault: Fault | undefined): void {
  if (fault !== undefined) report(place, fault);
}

function checkBranch(value: unknown, branches: readonly Schema[], place: Place): void {
  const branch = branches.find((one) => fitsType(one, value));
  if (branch !== undefined) check(value, branch, place);
}

function typeFault(value: unknown, schema: Schema, place: Place): Fault {
  const name = label(place.path);
  if (value === null)
    return { code: "type", message: `${name} has no value; it must be ${wantedType(schema)}.` };
  const isScalar = typeof value === "number" || typeof value === "boolean";
  const hint =
    schema.type === "string" && isScalar ? `; put it in quotes: "${place.written(place.path) ?? value}"` : "";
  return { code: "type", message: `${name} must be ${wantedType(schema)}, not ${typeName(value)}${hint}.` };
}

function rangeFault(value: number, { minimum, maximum }: NumberSchema, place: Place): Fault | undefined {
  if ((minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum))
    return undefined;
  const range = maximum === undefined ? `${minimum} or more` : `between ${minimum ?? "…"} and ${maximum}`;
  return { code: "range", message: `${label(place.path)} must be ${range}.` };
}

function checkArray(value: readonly unknown[], schema: ArraySchema, place: Place): void {
  const name = label(place.path);
  const { minItems = 0, maxItems = value.length } = schema;
  if (value.length < minItems) report(place, { code: "items", message: `${name} must not be empty.` });
  if (value.length > maxItems) {
    report(place, {
      code: "items",
      message: `${name} has ${value.length} entries; ${maxItems} are allowed.`,
    });
  }
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const path = [...place.path, index];
    check(item, schema.items, { ...place, path, holder: undefined });
    if (schema.uniqueItems !== true) continue;
    const text = JSON.stringify(item);
    if (seen.has(text)) {
      report(place, { code: "unique", message: `${name} has ${text} twice.`, path });
    }
    seen.add(text);
  }
}

function checkObject(written: Readonly<Record<string, unknown>>, schema: ObjectSchema, place: Place): void {
  const value = place.templates ? written : withoutEmpty(written, schema);
  const keys = Object.keys(written).filter((key) => written[key] !== undefined);
  if (keys.filter((key) => value[key] !== undefined).length < (schema.minFields ?? 0)) {
    report(place, { code: "items", message: `${label(place.path)} must not be empty.` });
  }
  for (const name of schema.required) {
    if (value[name] === undefined) report(place, missing(name, `\`${name}\` is missing.`));
  }
  const inner: SchemaProblem[] = [];
  for (const name of keys) checkField(name, schema, value, { ...place, problems: inner });
  for (const choice of schema.choices ?? []) {
    const fault = choiceFault(value, choice, place);
    if (fault !== undefined && !isTold(fault, choice, inner, place)) report(place, fault);
  }
  for (const rule of schema.rules ?? []) {
    if (rule.holds(value)) continue;
    const { message, field } = rule;
    const blamed = field !== undefined && value[field] !== undefined;
    report(place, { code: "rule", message, ...(blamed ? { path: [...place.path, field], at: "key" } : {}) });
  }
  place.problems.push(...inner);
  checkMissingConfig(written, schema, place);
}

/** A field that is there and faulty was meant to be the choice. */
function isTold(
  { missing }: Fault,
  { fields }: Choice,
  inner: readonly SchemaProblem[],
  { path: { length } }: Place,
): boolean {
  return missing !== undefined && inner.some(({ path }) => fields.includes(String(path[length])));
}

/**
 * The API server drops fields without a value before anything looks at the object (PruneNonNullableNullsWithoutDefaults
 * of k8s.io/apiextensions-apiserver), and Go leaves such fields as they are. What must be there is still told to be empty.
 */
function withoutEmpty(
  value: Readonly<Record<string, unknown>>,
  { required, fields }: ObjectSchema,
): Readonly<Record<string, unknown>> {
  const isDropped = (name: string) =>
    value[name] === null && !required.includes(name) && fields[name]?.type !== "any";
  const dropped = Object.keys(value).filter(isDropped);
  if (dropped.length === 0) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !dropped.includes(name)));
}

function missing(name: string, message: string): Fault {
  return { code: "required", message, at: "key", missing: name };
}

function checkField(
  name: string,
  schema: ObjectSchema,
  holder: Readonly<Record<string, unknown>>,
  place: Place,
): void {
  const path = [...place.path, name];
  const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : schema.additional;
  if (field === undefined) report(place, { ...unknownKeyFault(name, schema), path, at: "key" });
  else {
    if (field.deprecated !== undefined)
      report(place, { ...deprecation(name, field.deprecated), path, at: "key" });
    if (holder[name] !== undefined) check(holder[name], field, { ...place, path, holder });
  }
}

function deprecation(name: string, { since, removal, instead }: Deprecation): Fault {
  const when = since === undefined ? "" : ` since Kargo ${since}`;
  const end = removal === undefined ? "" : ` and will be removed in ${removal}`;
  const message = `\`${name}\` is deprecated${when}${end}. ${instead}`;
  return { code: "deprecated", severity: "warning", message };
}

function unknownKeyFault(name: string, schema: ObjectSchema): Fault {
  const gone = schema.gone !== undefined && Object.hasOwn(schema.gone, name) ? schema.gone[name] : undefined;
  if (gone !== undefined) {
    return { code: "unknown-key", message: `\`${name}\` does not exist in this version of Kargo. ${gone}` };
  }
  const now =
    schema.renamed !== undefined && Object.hasOwn(schema.renamed, name) ? schema.renamed[name] : undefined;
  if (now !== undefined) {
    const message = `\`${name}\` does not exist in this version of Kargo. Use \`${now}\`.`;
    return { code: "unknown-key", message, suggestion: now };
  }
  const home = Object.entries(schema.fields).find(
    ([, f]) => f.type === "object" && Object.hasOwn(f.fields, name),
  );
  if (home !== undefined)
    return { code: "unknown-key", message: `\`${name}\` belongs under \`${home[0]}\`.` };
  const suggestion = nearest(name, Object.keys(schema.fields));
  const message = `\`${name}\` is not a known field here.`;
  if (suggestion === undefined) return { code: "unknown-key", message };
  return { code: "unknown-key", message: `${message} Did you mean \`${suggestion}\`?`, suggestion };
}

/** A template may turn out empty: it can fulfil a choice, but never be one too many. */
function choiceFault(
  value: Readonly<Record<string, unknown>>,
  choice: Choice,
  place: Place,
): Fault | undefined {
  const { fields, atMost, atLeast, counts } = choice;
  const uncertain = (field: string) => place.templates && counts === "filled" && isTemplate(value[field]);
  const chosen = fields.filter((field) => isChosen(choice, value[field]) && !uncertain(field));
  const second = chosen[1];
  if (atMost !== undefined && second !== undefined) {
    const path = [...place.path, second];
    return { code: "choice", message: `Only one of ${labels(fields)} can be set.`, path, at: "key" };
  }
  if (atLeast === 0 || chosen.length > 0 || fields.some(uncertain)) return undefined;
  return { ...missing(fields[0] ?? "", `One of ${labels(fields)} must be set.`), code: "choice" };
}

/** The configuration of a step is judged by the schema of the step's kind. */
function checkConfig(value: unknown, schema: AnySchema, place: Place): void {
  const kind = stepKindOf(schema, place.holder);
  const step = kind === undefined ? undefined : stepSchema(kind);
  if (step === undefined || !place.stepConfigs) return;
  check(value, step.config, {
    ...place,
    templates: true,
    lenient: step.edition === "commercial",
    holder: undefined,
  });
}

/** Kargo checks an absent configuration as null, which fits no step. */
function checkMissingConfig(
  value: Readonly<Record<string, unknown>>,
  schema: ObjectSchema,
  place: Place,
): void {
  if (!place.stepConfigs) return;
  for (const [name, field] of Object.entries(schema.fields)) {
    if (field.type !== "any" || field.configOf === undefined || value[name] !== undefined) continue;
    const kind = stepKindOf(field, value);
    const step = kind === undefined ? undefined : stepSchema(kind);
    if (step === undefined) continue;
    const needed = step.config.required;
    if (step.edition === "commercial" && needed.length === 0) continue;
    const what = needed.length === 0 ? "" : ` with ${labels(needed)}`;
    report(place, missing(name, `The step \`${kind}\` needs \`${name}\`${what}.`));
  }
}
