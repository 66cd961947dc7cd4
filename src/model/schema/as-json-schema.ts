// The table as JSON Schema (draft 7), for programs that know nothing of Kargo: the YAML extension, where our own language
// server is off. Says less than validate.ts, and nothing that validate.ts would not say.
import { goPattern } from "./formats";
import type { KindSchema } from "./kind-meta";
import { kindSchemas } from "./kinds";
import { commercialStepSchemas, stepSchemas } from "./steps";
import type { AnySchema, Choice, ObjectSchema, Schema, StepSchema, StringSchema } from "./types";

/** A JSON Schema. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What an expression of Kargo, a variable of a shell or a template engine fills in may turn out to be anything. */
const filledIn = "\\$\\{|\\{\\{";

/** Kubernetes reads these as booleans (YAML 1.1); most other programs take them for texts. */
const oldBooleans = "^(?:[yY]|yes|Yes|YES|[nN]|no|No|NO|on|On|ON|off|Off|OFF)$";

/** How a part of the table is written down. */
interface Writing {
  /** Inside the configuration of a step; elsewhere a field without a value counts as absent. */
  readonly inConfig: boolean;
  /** What is only documented may have keys nobody told of. */
  readonly lenient: boolean;
}

/** The schema of any document of Kargo's; documents of other kinds fit it whatever they hold. */
export function documentSchema(): JsonSchema {
  const kinds = Object.values<KindSchema>(kindSchemas);
  const definitions = {
    ...Object.fromEntries(steps().map(([kind, step]) => [stepName(kind), configSchema(step)])),
    ...Object.fromEntries(
      kinds.map(({ kind, schema }) => [kind, write(schema, { inConfig: false, lenient: false })]),
    ),
    resource: { allOf: kinds.map(ofKind) },
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Kargo",
    definitions,
    allOf: [
      reference("resource"),
      when(
        { required: ["kind"], properties: { kind: { type: "string", pattern: "List$" } } },
        { properties: { items: { items: reference("resource") } } },
      ),
    ],
  };
}

function steps(): [kind: string, schema: StepSchema][] {
  return Object.entries<StepSchema>({ ...stepSchemas, ...commercialStepSchemas });
}

function stepName(kind: string): string {
  return `step ${kind}`.replaceAll(" ", "-");
}

function reference(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}

function when(condition: JsonSchema, result: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: condition, then: result };
}

/** What SOPS has encrypted is another thing before it is applied. */
function ofKind({ kind, apiVersion }: KindSchema): JsonSchema {
  const properties = { kind: { const: kind }, apiVersion: { const: apiVersion } };
  const isIt = { required: ["kind", "apiVersion"], properties, not: { required: ["sops"] } };
  // Secrets and ConfigMaps are anybody's.
  return when(apiVersion === "v1" ? { allOf: [isIt, { anyOf: kargosMarks }] } : isIt, reference(kind));
}

/** Whether a resource bears a label or an annotation of Kargo's. */
const kargosMarks: readonly JsonSchema[] = ["labels", "annotations"].map((marks) => ({
  required: ["metadata"],
  properties: {
    metadata: {
      required: [marks],
      properties: { [marks]: { not: { propertyNames: { not: { pattern: "^kargo\\.akuity\\.io/" } } } } },
    },
  },
}));

function configSchema({ config, edition, doc }: StepSchema): JsonSchema {
  return { ...write(config, { inConfig: true, lenient: edition === "commercial" }), description: doc };
}

function write(schema: Schema, writing: Writing): JsonSchema {
  const { doc, deprecated } = schema;
  return {
    description: doc,
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...(deprecated === undefined ? {} : { deprecationMessage: deprecated.instead }),
    ...typed(schema, writing),
  };
}

function typed(schema: Schema, writing: Writing): JsonSchema {
  switch (schema.type) {
    case "any":
      return {};
    case "string":
      return textSchema(schema);
    case "boolean":
      return orFilledIn("boolean", { pattern: `${filledIn}|${oldBooleans}` });
    case "integer":
    case "number": {
      const { minimum, maximum } = schema;
      return orFilledIn(schema.type, {
        ...(minimum === undefined ? {} : { minimum }),
        ...(maximum === undefined ? {} : { maximum }),
      });
    }
    case "array": {
      const { minItems, maxItems, uniqueItems } = schema;
      return orFilledIn("array", {
        items: write(schema.items, writing),
        ...(minItems === undefined ? {} : { minItems }),
        ...(maxItems === undefined ? {} : { maxItems }),
        ...(uniqueItems === undefined ? {} : { uniqueItems }),
      });
    }
    case "object":
      return orFilledIn("object", objectSchema(schema, writing));
    case "union":
      return { anyOf: schema.of.map((branch) => write(branch, writing)) };
  }
}

const words = {
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
  array: "a list",
  object: "an object",
} as const;

/** A value of that type, or a text that stands for one. Keywords for texts do not touch other values. */
function orFilledIn(type: keyof typeof words, keywords: JsonSchema): JsonSchema {
  const patternErrorMessage = `This must be ${words[type]}.`;
  return { type: [type, "string"], pattern: filledIn, patternErrorMessage, ...keywords };
}

function textSchema({ enum: values, minLength, maxLength, pattern, emptyIsUnset }: StringSchema): JsonSchema {
  const regex = pattern === undefined ? undefined : goPattern(pattern)?.source;
  const limits = {
    ...(values === undefined ? {} : { enum: values }),
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(regex === undefined ? {} : { pattern: regex }),
  };
  if (Object.keys(limits).length === 0) return { type: "string" };
  const others = [...(emptyIsUnset === true ? [{ const: "" }] : []), { pattern: filledIn }];
  return { type: "string", anyOf: [limits, ...others] };
}

function objectSchema(schema: ObjectSchema, writing: Writing): JsonSchema {
  const { fields, required, additional, minFields, choices = [] } = schema;
  const properties = Object.entries(fields).map(([name, field]) => {
    const written = write(field, writing);
    return [name, required.includes(name) || writing.inConfig ? written : orNothing(written)];
  });
  const conditions = [
    ...choices.flatMap((choice) => choiceSchemas(choice, writing)),
    ...Object.entries(fields).flatMap(([name, field]) =>
      field.type === "any" && field.configOf !== undefined ? configsOf(name, field) : [],
    ),
  ];
  return {
    properties: Object.fromEntries(properties),
    ...(required.length === 0 || writing.lenient ? {} : { required }),
    ...(minFields === undefined ? {} : { minProperties: minFields }),
    additionalProperties: additional === undefined ? writing.lenient : write(additional, writing),
    ...(conditions.length === 0 ? {} : { allOf: conditions }),
  };
}

/** A value, or none: what has no value is dropped before anything looks at it. */
function orNothing(schema: JsonSchema): JsonSchema {
  const { type, anyOf } = schema;
  const alternatives = Array.isArray(anyOf) ? { anyOf: [...anyOf, { type: "null" }] } : {};
  const types: readonly unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  return { ...schema, ...(types.length === 0 ? {} : { type: [...types, "null"] }), ...alternatives };
}

/** What may be empty although it is there is not counted, so that nothing is told that Kargo would not tell. */
function choiceSchemas({ fields, atLeast, atMost, counts }: Choice, { lenient }: Writing): JsonSchema[] {
  if (lenient) return [];
  const isThere = (field: string) => ({
    required: [field],
    properties: { [field]: { not: { type: "null" } } },
  });
  const some = atLeast === 0 ? [] : [{ anyOf: fields.map(isThere) }];
  if (atMost === undefined || counts === "filled") return some;
  const pairs = fields.flatMap((one, index) =>
    fields.slice(index + 1).map((other) => ({ not: { allOf: [isThere(one), isThere(other)] } })),
  );
  return [...some, ...pairs];
}

/** The configuration that goes with each kind of step. */
function configsOf(name: string, { configOf = "" }: AnySchema): JsonSchema[] {
  return steps().map(([kind, { config, edition }]) => {
    const isNeeded = edition === "open-source" || config.required.length > 0;
    return when(
      { required: [configOf], properties: { [configOf]: { const: kind } } },
      { ...(isNeeded ? { required: [name] } : {}), properties: { [name]: reference(stepName(kind)) } },
    );
  });
}
