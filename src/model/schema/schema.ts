// The door of the schema: one table of all kinds and step configurations, and its readers.
// Everything outside this folder imports from here (and the bare names of kinds from step-kinds.ts).
import { stepSchemas } from "./steps";
import type { StepSchema } from "./types";

export { stepConfigError } from "./step-config-error";
export type { StepConfig } from "./steps";
export type * from "./types";

/** The schema of a step kind, open-source or commercial; undefined when the name is unknown. */
export function stepSchema(kind: string): StepSchema | undefined {
  const known: Readonly<Record<string, StepSchema>> = stepSchemas;
  return Object.hasOwn(known, kind) ? known[kind] : undefined;
}
