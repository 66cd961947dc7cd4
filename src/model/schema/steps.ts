// All step kinds in one table. A kind of `stepKinds` that is missing here does not compile.
// Puts the groups together and nothing else.
import type { StepKind } from "./step-kinds";
import { controlPlaneSteps } from "./steps-control-plane";
import { dataSteps } from "./steps-data";
import { fileSteps } from "./steps-files";
import { gitSteps } from "./steps-git";
import { manifestSteps } from "./steps-manifests";
import { networkSteps } from "./steps-network";
import { pullRequestSteps } from "./steps-pull-requests";
import type { StepSchema, ValueOf } from "./types";

/** The open-source steps of Kargo v1.11.2. */
export const stepSchemas = {
  ...controlPlaneSteps,
  ...dataSteps,
  ...fileSteps,
  ...gitSteps,
  ...manifestSteps,
  ...networkSteps,
  ...pullRequestSteps,
} satisfies Record<StepKind, StepSchema>;

/** The configuration of a step once it was evaluated and has passed its schema. */
export type StepConfig<K extends StepKind> = ValueOf<(typeof stepSchemas)[K]["config"]>;
