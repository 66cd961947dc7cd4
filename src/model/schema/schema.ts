// The door of the schema: one table of all kinds and step configurations, and its readers.
// Everything outside this folder imports from here (and the bare names of kinds from step-kinds.ts).
import type { KindSchema } from "./kind-meta";
import { kindSchemas } from "./kinds";
import { stepSchema } from "./lookup";
import { commercialStepSchemas } from "./steps";
import type { ObjectSchema } from "./types";

export { documentSchema, type JsonSchema } from "./as-json-schema";
export { conform } from "./conform";
export { goPattern, isDuration } from "./formats";
export * from "./functions";
export type { KindSchema } from "./kind-meta";
export {
  type Located,
  type OfferedField,
  offeredFields,
  type Path,
  type SchemaPlace,
  type StepConfigs,
  schemaAt,
  schemaPlace,
  schemaPlaceBelow,
  stepSchema,
} from "./lookup";
export type { ProblemCode, SchemaProblem, ValidateOptions } from "./problem";
export { isTemplate, nearest } from "./problem-words";
export { stepConfigError } from "./step-config-error";
export type { StepConfig } from "./steps";
export * from "./subscription-patterns";
export type * from "./types";
export { validate } from "./validate";

/** The schema of a kind and its place in the cluster; undefined when the kind is unknown. */
export function kindSchema(kind: string): KindSchema | undefined {
  const known: Readonly<Record<string, KindSchema>> = kindSchemas;
  return Object.hasOwn(known, kind) ? known[kind] : undefined;
}

/** Every kind of the table. */
export const knownKinds: readonly KindSchema[] = Object.values(kindSchemas);

/** The schema of a step's configuration; undefined when the step is unknown. */
export function stepConfigSchema(kind: string): ObjectSchema | undefined {
  return stepSchema(kind)?.config;
}

/** Names of the steps that only the commercial platform runs. */
export const commercialStepKinds: readonly string[] = Object.keys(commercialStepSchemas);
