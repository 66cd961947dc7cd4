// The kinds Freight and Promotion, and the two kinds of tasks.
// Names of Freight are made in model/freight.ts; conditions across resources are in model/admission.ts.
import { artifactFields, kargo, origin, promotionStatus, variables } from "./kind-common";
import { kindOf, kubernetesName, labelValuePattern, refreshAnnotation, shardLabel, time } from "./kind-meta";
import { promotionSteps, taskSteps } from "./kind-steps";
import { anything, map, object, text } from "./types";

const byStage = (doc: string, fields: Parameters<typeof object>[1]) =>
  map(doc, object("One Stage.", fields), { keyDoc: "name of a Stage" });

/** The kind Freight. */
export const freight = kindOf(
  "Freight",
  kargo,
  "A set of exact artifacts that is promoted as one.",
  {
    namespaced: true,
    nameDoc: "Hash of the content; Kargo computes it whatever is written here.",
    nameExample: "319ddec6bbfbd808d499a0357b027e773aa3707f",
    labels: {
      "kargo.akuity.io/alias": text("Mirror of `alias`; Kargo sets it.", {
        readOnly: true,
        example: "wise-otter",
      }),
    },
  },
  {
    alias: text("Name for people; a random one is made when none is given.", {
      maxLength: 63,
      pattern: labelValuePattern,
      patternDoc: "letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit",
      example: "wise-otter",
      defaultDoc: "a random adjective and animal",
    }),
    discoveredAt: text("When the artifacts were discovered; auto-promotion takes the newest.", {
      format: "date-time",
      example: "2026-01-31T12:00:00Z",
      defaultDoc: "the time of creation",
    }),
    origin,
    ...artifactFields,
    status: object(
      "Where the Freight is and has been; written by Kargo.",
      {
        currentlyIn: byStage("Stages that run on it now.", { since: time("Since when.") }),
        verifiedIn: byStage("Stages it was verified in.", {
          verifiedAt: time("When it was verified."),
          longestSoak: text("Longest stay that has ended.", { example: "26h3m4s", format: "duration" }),
        }),
        approvedFor: byStage("Stages it was approved for by hand.", {
          approvedAt: time("When it was approved."),
        }),
        metadata: map("Values that `set-metadata` stored.", anything("A value."), { keyDoc: "a key" }),
      },
      { readOnly: true },
    ),
  },
  { required: ["origin"], gone: { warehouse: "Use `origin`." } },
);

const oneFreight = {
  name: "freight-or-origin",
  message: "exactly one of freight or origin must be set",
  holds: (spec: Readonly<Record<string, unknown>>) =>
    (spec.freight === undefined) !== (spec.origin === undefined),
};

/** The kind Promotion. */
export const promotion = kindOf(
  "Promotion",
  kargo,
  "One movement of Freight into a Stage.",
  {
    namespaced: true,
    nameDoc: "Name of the Promotion; Kargo makes it whatever is written here.",
    nameExample: "uat.01jjpfgfwkzk18k7cyq61jehf4.319ddec",
    labels: {
      ...shardLabel,
      "kargo.akuity.io/stage": text("Stage of the Promotion; Kargo sets it.", {
        readOnly: true,
        example: "uat",
      }),
    },
    annotations: {
      ...refreshAnnotation,
      "kargo.akuity.io/abort": text("The word `terminate` stops the Promotion.", {
        suggestions: ["terminate"],
        example: "terminate",
      }),
      "kargo.akuity.io/create-actor": text("Who made the Promotion; Kargo sets it.", {
        readOnly: true,
        example: "email:ada@example.com",
      }),
      "kargo.akuity.io/rollback": text("The word `true` marks a way back to earlier Freight.", {
        suggestions: ["true"],
        example: "true",
      }),
      "kargo.akuity.io/auto-promotion-hold": text("Origin whose auto-promotion is held; Kargo sets it.", {
        readOnly: true,
        example: "Warehouse/app",
      }),
      "kargo.akuity.io/auto-promotion-resume": text("Origin whose auto-promotion goes on; Kargo sets it.", {
        readOnly: true,
        example: "Warehouse/app",
      }),
      "kargo.akuity.io/stage": text("Full name of the Stage; Kargo sets it.", {
        readOnly: true,
        example: "uat",
      }),
    },
  },
  {
    spec: object(
      "Which Freight goes to which Stage.",
      {
        stage: kubernetesName("Stage the Freight goes to.", "uat", { reference: { kinds: ["Stage"] } }),
        freight: kubernetesName("Name of the Freight.", "319ddec6bbfbd808d499a0357b027e773aa3707f", {
          reference: { kinds: ["Freight"] },
        }),
        origin: { ...origin, doc: "Warehouse whose candidate for auto-promotion is taken." },
        vars: {
          ...variables(
            "Variables; Kargo copies them from the Stage.",
            "Value of the variable; may be a template.",
          ),
          readOnly: true,
        },
        steps: promotionSteps,
      },
      { required: ["stage"], rules: [oneFreight] },
    ),
    status: promotionStatus,
  },
  { required: ["spec"] },
);

const taskSpec = object(
  "Variables and steps of the task.",
  {
    vars: variables(
      "Variables of the task; one without a value must be given by the step that uses the task.",
      "Default value of the variable; may be a template.",
    ),
    steps: taskSteps,
  },
  { required: ["steps"] },
);

/** The kind PromotionTask. */
export const promotionTask = kindOf(
  "PromotionTask",
  kargo,
  "A list of steps that promotion templates of this Project can use as one.",
  {
    namespaced: true,
    nameDoc: "Name of the task; steps use it by this name.",
    nameExample: "open-pr-and-wait",
  },
  { spec: taskSpec },
  { required: ["spec"] },
);

/** The kind ClusterPromotionTask. */
export const clusterPromotionTask = kindOf(
  "ClusterPromotionTask",
  kargo,
  "A list of steps that promotion templates of every Project can use as one.",
  {
    namespaced: false,
    nameDoc: "Name of the task; steps use it by this name.",
    nameExample: "open-pr-and-wait",
  },
  { spec: taskSpec },
  { required: ["spec"] },
);
