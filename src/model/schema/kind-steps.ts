// Lists of promotion steps as Stages, tasks and Promotions hold them; they differ in whether a step may name a task.
// Configurations of steps are in the steps-*.ts files.
import { variables } from "./kind-common";
import { kubernetesName } from "./kind-meta";
import { anything, flag, integer, list, object, type Rule, text } from "./types";

const has = (value: Readonly<Record<string, unknown>>, field: string) => value[field] !== undefined;

const usesOnly = (what: string, message: string): Rule => ({
  name: `${what}-steps-use-no-task`,
  message,
  holds: (step) => has(step, "uses") && !has(step, "task"),
});

/** Fields of a step, whatever list it is in. */
const stepFields = {
  uses: text("Kind of the step.", { minLength: 1, example: "git-clone", stepKind: true }),
  task: object(
    "Task whose steps take the place of this one.",
    {
      name: kubernetesName("Name of the task.", "open-pr-and-wait", {
        reference: { kinds: ["PromotionTask", "ClusterPromotionTask"], chosenBy: "kind" },
      }),
      kind: text("Kind of the task.", {
        enum: ["PromotionTask", "ClusterPromotionTask"],
        enumDocs: {
          PromotionTask: "a task of this Project",
          ClusterPromotionTask: "a task for every Project",
        },
        default: "PromotionTask",
        example: "ClusterPromotionTask",
      }),
    },
    { required: ["name"] },
  ),
  as: text("Alias under which later steps find the outputs in `outputs`.", {
    example: "commit",
    defaultDoc: "`step-<n>`, counted from 1",
  }),
  if: text("Template that must come out true for the step to run.", {
    example: "${{ outputs.commit.commit != '' }}",
    template: { yields: "bool" },
    defaultDoc: "true while no earlier step has failed",
  }),
  continueOnError: flag("Lets the Promotion succeed although this step fails.", { default: false }),
  retry: object("How long and how often the step is tried.", {
    timeout: text("How long the step may take over all attempts; `0s` means no limit.", {
      format: "duration",
      example: "15m",
      defaultDoc: "5m for the steps of Argo CD, otherwise no limit",
    }),
    errorThreshold: integer("Number of errors at which the step has failed.", { default: 1, example: 3 }),
  }),
  vars: variables(
    "Variables for this step; they override those of the template.",
    "Value of the variable; may be a template.",
  ),
  config: anything("Configuration of the step; every value may be a template.", {
    configOf: "uses",
    example: { path: "./src" },
  }),
};

function steps(doc: string, stepDoc: string, rules: readonly Rule[]) {
  return list(doc, object(stepDoc, stepFields, { rules }), { minItems: 1 });
}

const stageRules: readonly Rule[] = [
  {
    name: "step-or-task",
    message: "PromotionTemplate step must have exactly one of uses or task set",
    holds: (step) => has(step, "uses") !== has(step, "task"),
  },
  {
    name: "task-without-continue-on-error",
    message: "PromotionTemplate step referencing a task cannot set continueOnError",
    field: "continueOnError",
    holds: (step) => !has(step, "task") || !has(step, "continueOnError"),
  },
  {
    name: "task-without-retry",
    message: "PromotionTemplate step referencing a task cannot set retry",
    field: "retry",
    holds: (step) => !has(step, "task") || !has(step, "retry"),
  },
];

/** Steps of a Stage's template. */
export const templateSteps = steps(
  "Steps of every Promotion to this Stage, in order.",
  "A step, or a task.",
  stageRules,
);

/** Steps of a task. */
export const taskSteps = steps("Steps of the task, in order.", "A step.", [
  usesOnly("task", "PromotionTask step must have uses set and must not reference another task"),
]);

/** Steps of a Promotion; Kargo copies them from the Stage. */
export const promotionSteps = {
  ...steps("Steps of the Promotion; Kargo copies them from the Stage's template.", "A step.", [
    usesOnly("promotion", "Promotion step must have uses set and must not reference a task"),
  ]),
  readOnly: true,
};
