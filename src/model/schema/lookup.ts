// Finds what the table says about a place in a document, for completion and hover.
// Judges nothing; validate.ts does.
import { isObject } from "../../base/json";
import { commercialStepSchemas, stepSchemas } from "./steps";
import type { AnySchema, Choice, Described, ObjectSchema, Schema, StepSchema } from "./types";

/** A place in a document as keys and indexes from its root. */
export type Path = readonly (string | number)[];

/** What is known about a place. */
export interface Located {
  readonly schema: Schema;
  /** Values here may be templates whatever their type: the place is inside the configuration of a step. */
  readonly templates: boolean;
  /** The step in whose configuration the place is. */
  readonly step?: string;
  /** The object that holds the place, where one does. */
  readonly parent?: ObjectSchema;
}

/** The schema of a step kind, open-source or commercial; undefined when the name is unknown. */
export function stepSchema(kind: string): StepSchema | undefined {
  const known: Readonly<Record<string, StepSchema>> = stepSchemas;
  if (Object.hasOwn(known, kind)) return known[kind];
  return Object.hasOwn(commercialStepSchemas, kind) ? commercialStepSchemas[kind] : undefined;
}

/**
 * What the table says about `path` below `schema`, undefined where it says nothing. `value` is the document (or what
 * there is of it): it tells which step's configuration and which branch of alternatives a place belongs to.
 */
export function schemaAt(
  schema: Schema,
  path: Path,
  value: unknown,
  configs: StepConfigs = knownConfig,
): Located | undefined {
  let place: SchemaPlace | undefined = schemaPlace(schema, value);
  for (const segment of path) {
    place = schemaPlaceBelow(place, segment, configs);
    if (place === undefined) return undefined;
  }
  return place.located;
}

/** The configuration of a step kind; undefined when nothing is known of it. */
export type StepConfigs = (kind: string) => ObjectSchema | undefined;

/** The configurations the table knows. */
const knownConfig: StepConfigs = (kind) => stepSchema(kind)?.config;

/** What the table says about a place, and the value there: where a walk down a document stands. */
export interface SchemaPlace {
  readonly located: Located;
  readonly value: unknown;
}

/** The place at which a walk begins. */
export function schemaPlace(schema: Schema, value: unknown): SchemaPlace {
  return { located: resolve({ schema, templates: false }, value, undefined, knownConfig), value };
}

/** The place one key or index further down; undefined where the table says nothing. */
export function schemaPlaceBelow(
  { located, value }: SchemaPlace,
  segment: string | number,
  configs: StepConfigs = knownConfig,
): SchemaPlace | undefined {
  const below = child(located.schema, segment);
  if (below === undefined) return undefined;
  const { templates, step, schema: holder } = located;
  const here: Located = {
    schema: below,
    templates,
    ...(step === undefined ? {} : { step }),
    ...(holder.type === "object" ? { parent: holder } : {}),
  };
  const inner = member(value, segment);
  return { located: resolve(here, inner, value, configs), value: inner };
}

/** A field that an object does not have yet. */
export interface OfferedField {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** Fields that could be added to an object: not there yet, not excluded by what is there, not only written by Kargo. */
export function offeredFields(schema: ObjectSchema, value: unknown): OfferedField[] {
  const present = isObject(value) ? value : {};
  const excluded = new Set((schema.choices ?? []).flatMap((choice) => excludedBy(choice, present)));
  return Object.entries(schema.fields)
    .filter(([name, field]) => !Object.hasOwn(present, name) && !excluded.has(name) && !isReadOnly(field))
    .map(([name, field]) => ({ name, schema: field, required: schema.required.includes(name) }));
}

/** True for what only a controller writes. */
function isReadOnly(schema: Described): boolean {
  return schema.readOnly === true;
}

/** Fields of a choice that what is there rules out. */
function excludedBy(choice: Choice, present: Readonly<Record<string, unknown>>): readonly string[] {
  if (choice.atMost === undefined) return [];
  const chosen = choice.fields.filter(
    (field) => Object.hasOwn(present, field) && isChosen(choice, present[field]),
  );
  return chosen.length === 0 ? [] : choice.fields.filter((field) => !chosen.includes(field));
}

/** Whether a field counts as chosen, given its value. */
export function isChosen(choice: Choice, value: unknown): boolean {
  if (value === undefined) return false;
  if (choice.counts === "present") return true;
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return value !== null && value !== "" && value !== false;
}

/** Replaces what depends on the value: the configuration of a step, one of several types. */
function resolve(here: Located, value: unknown, holder: unknown, configs: StepConfigs): Located {
  const { schema } = here;
  if (schema.type === "any" && schema.configOf !== undefined) {
    const kind = stepKindOf(schema, holder);
    const config = kind === undefined ? undefined : configs(kind);
    return config === undefined ? here : { ...here, schema: config, templates: true, step: kind };
  }
  if (schema.type === "union")
    return { ...here, schema: schema.of.find((branch) => fitsType(branch, value)) ?? schema };
  return here;
}

/** The step whose configuration an `any` is, told by the object that holds it. */
export function stepKindOf(schema: AnySchema, holder: unknown): string | undefined {
  if (schema.configOf === undefined || !isObject(holder)) return undefined;
  const kind = holder[schema.configOf];
  return typeof kind === "string" ? kind : undefined;
}

/** True when the value has the type the schema asks for. */
export function fitsType(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case "any":
      return true;
    case "union":
      return schema.of.some((branch) => fitsType(branch, value));
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return typeof value === "bigint" || Number.isInteger(value);
    case "number":
      return typeof value === "bigint" || typeof value === "number";
    default:
      return typeof value === schema.type;
  }
}

function child(schema: Schema, segment: string | number): Schema | undefined {
  if (schema.type === "array") return schema.items;
  if (schema.type !== "object") return undefined;
  const name = String(segment);
  return Object.hasOwn(schema.fields, name) ? schema.fields[name] : schema.additional;
}

function member(value: unknown, segment: string | number): unknown {
  if (Array.isArray(value)) return value[Number(segment)];
  return isObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
}
