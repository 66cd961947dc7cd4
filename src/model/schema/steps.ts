// All step kinds in one table. A kind of `stepKinds` that is missing here does not compile.
// Puts the groups together and nothing else.
import type { StepKind } from "./step-kinds";
import { controlPlaneSteps } from "./steps-control-plane";
import { dataSteps } from "./steps-data";
import { fileSteps } from "./steps-files";
import { gitSteps } from "./steps-git";
import { githubSteps } from "./steps-github";
import { infrastructureSteps } from "./steps-infrastructure";
import { manifestSteps } from "./steps-manifests";
import { networkSteps } from "./steps-network";
import { pullRequestSteps } from "./steps-pull-requests";
import { ticketSteps } from "./steps-tickets";
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

/** Steps of the commercial platform: recognised, checked as documented, not executable here. */
export const commercialStepSchemas: Readonly<Record<string, StepSchema>> = {
  ...githubSteps,
  ...infrastructureSteps,
  ...ticketSteps,
};

/** What to know about names that are no step of this version: removed ones, and ones that came later. */
export const otherStepNames: Readonly<Record<string, string>> = {
  "helm-update-image": "The step `helm-update-image` was removed in Kargo 1.3; use `yaml-update`.",
  tar: "The step `tar` came after Kargo 1.11.",
  "wait-for-approval": "The step `wait-for-approval` came after Kargo 1.11, with the commercial platform.",
  "get-user-input": "The step `get-user-input` came after Kargo 1.11, with the commercial platform.",
  "record-audit-event": "The step `record-audit-event` came after Kargo 1.11, with the commercial platform.",
};

/** The configuration of a step once it was evaluated and has passed its schema. */
export type StepConfig<K extends StepKind> = ValueOf<(typeof stepSchemas)[K]["config"]>;
