// The kind Stage.
// Its steps are in kind-steps.ts; conditions across fields are in model/admission.ts.
import {
  freightCollection,
  freightReference,
  kargo,
  origin,
  promotionStatus,
  variables,
} from "./kind-common";
import { kindOf, refreshAnnotation, shardLabel, statusFields, time } from "./kind-meta";
import { templateSteps } from "./kind-steps";
import { intervalPattern } from "./subscription-patterns";
import { anything, flag, list, map, object, text } from "./types";

const sources = object(
  "Where the Freight may be taken from: straight from the Warehouse, from Stages, or both.",
  {
    direct: flag("Takes Freight straight from its Warehouse.", { default: false }),
    stages: list(
      "Stages whose verified Freight may be taken.",
      text("Name of a Stage.", { example: "test", reference: { kinds: ["Stage"] } }),
    ),
    requiredSoakTime: text(
      "How long Freight must have stayed in an upstream Stage, on top of its verification.",
      {
        pattern: intervalPattern,
        patternDoc: "a duration of hours, minutes and seconds, such as `1h30m`",
        format: "duration",
        example: "24h",
        defaultDoc: "no time",
      },
    ),
    availabilityStrategy: text("Whether one upstream Stage suffices or all must have verified the Freight.", {
      enum: ["All", "OneOf", ""],
      enumDocs: {
        All: "every upstream Stage must have verified it",
        OneOf: "one upstream Stage suffices",
        "": "the same as OneOf",
      },
      default: "OneOf",
      example: "All",
    }),
    autoPromotionOptions: object("Which Freight is promoted when auto-promotion is on.", {
      selectionPolicy: text("Which Freight is chosen.", {
        enum: ["NewestFreight", "MatchUpstream"],
        enumDocs: {
          NewestFreight: "the available Freight discovered last",
          MatchUpstream: "the Freight the only upstream Stage runs on now",
        },
        default: "NewestFreight",
        example: "MatchUpstream",
      }),
    }),
  },
);

const verification = object("How Freight is verified after it was promoted.", {
  analysisTemplates: list(
    "Templates of the analysis.",
    object(
      "One template.",
      {
        name: text("Name of the template.", {
          example: "integration-test",
          reference: { kinds: ["AnalysisTemplate", "ClusterAnalysisTemplate"], chosenBy: "kind" },
        }),
        kind: text("Kind of the template.", {
          enum: ["AnalysisTemplate", "ClusterAnalysisTemplate"],
          default: "AnalysisTemplate",
          example: "ClusterAnalysisTemplate",
        }),
      },
      { required: ["name"] },
    ),
  ),
  analysisRunMetadata: object("Labels and annotations of the AnalysisRun.", {
    labels: map("Labels.", text("Value of the label.", { example: "payments" }), { keyDoc: "a label" }),
    annotations: map("Annotations.", text("Value of the annotation.", { example: "text" }), {
      keyDoc: "an annotation",
    }),
  }),
  args: list(
    "Arguments of the analysis, by the names its templates declare.",
    object(
      "One argument.",
      {
        name: text("Name of the argument.", { example: "url" }),
        value: text("Value of the argument; a template must come out as text.", {
          example: "https://${{ ctx.stage }}.example.com",
          template: { yields: "string" },
        }),
      },
      { required: ["name", "value"] },
    ),
  ),
});

const holds = (doc: string) =>
  map(
    doc,
    object(
      "One hold.",
      {
        actor: text("Who caused it.", { example: "email:ada@example.com" }),
        createdAt: time("When it was set."),
        freightName: text("Freight that was promoted.", {
          example: "319ddec6bbfbd808d499a0357b027e773aa3707f",
        }),
        origin,
        promotionName: text("Promotion that set it.", { example: "uat.01jjpfgfwkzk18k7cyq61jehf4.319ddec" }),
      },
      { required: ["freightName", "origin"] },
    ),
    { keyDoc: "`Warehouse/<name>`" },
  );

const promotionReference = (doc: string) =>
  object(
    doc,
    {
      name: text("Name of the Promotion.", { example: "uat.01jjpfgfwkzk18k7cyq61jehf4.319ddec" }),
      freight: freightReference,
      status: promotionStatus,
      finishedAt: time("When it ended."),
    },
    { required: ["name"] },
  );

/** The kind Stage. */
export const stage = kindOf(
  "Stage",
  kargo,
  "A place Freight is promoted to, with the steps that bring it there.",
  {
    namespaced: true,
    nameDoc: "Name of the Stage; downstream Stages take Freight from it by this name.",
    nameExample: "uat",
    labels: shardLabel,
    annotations: {
      ...refreshAnnotation,
      "kargo.akuity.io/reverify": text("Id of a verification that shall be made again.", {
        example: "0a6de7b6-33a4-4b49-a4d3-7bb1bd1b6f0a",
      }),
      "kargo.akuity.io/abort": text("Id of a verification that shall be stopped.", {
        example: "0a6de7b6-33a4-4b49-a4d3-7bb1bd1b6f0a",
      }),
      "kargo.akuity.io/color": text("Colour of the Stage in Kargo's pipeline view, as a hex code.", {
        example: "#ff8800",
      }),
      "kargo.akuity.io/argocd-context": text("Argo CD Applications of the last Promotion; Kargo sets it.", {
        readOnly: true,
        example: "[]",
      }),
    },
  },
  {
    spec: object(
      "What the Stage takes, and how Freight is brought and verified.",
      {
        shard: text("Controller that serves this Stage, in a sharded installation.", { example: "eu" }),
        vars: variables(
          "Variables for the promotion template and for arguments of the verification.",
          "Value of the variable; may be a template.",
        ),
        requestedFreight: list(
          "Freight the Stage takes, by Warehouse.",
          object("Freight of one Warehouse.", { origin, sources }, { required: ["origin", "sources"] }),
          { minItems: 1 },
        ),
        promotionTemplate: object(
          "Steps that bring Freight here; without steps the Stage only passes Freight on.",
          {
            spec: object("Variables and steps.", {
              vars: variables("Variables for all steps.", "Value of the variable; may be a template."),
              steps: templateSteps,
            }),
          },
          { required: ["spec"] },
        ),
        verification,
      },
      {
        required: ["requestedFreight"],
        gone: {
          subscriptions: "Use `requestedFreight`.",
          promotionMechanisms: "Use `promotionTemplate`.",
        },
      },
    ),
    status: object(
      "How the Stage stands; written by Kargo.",
      {
        ...statusFields,
        autoPromotionEnabled: flag("True when a policy of the Project lets the Stage promote by itself."),
        autoPromotionHolds: holds("Origins whose auto-promotion is held."),
        effectiveAutoPromotionHolds: holds("Holds, with those of queued Promotions."),
        currentPromotion: promotionReference("Promotion that may run now."),
        lastPromotion: promotionReference("Promotion that ended last."),
        freightHistory: list("Freight the Stage ran on, newest first.", freightCollection),
        freightSummary: text("The current Freight in a few words.", { example: "1/1 Fulfilled" }),
        health: object("Health of the Stage.", {
          config: anything("Configuration of the checks."),
          issues: list("What is wrong.", text("A sentence.", { example: "Application is degraded" })),
          output: anything("What the checks reported."),
          status: text("The health.", {
            suggestions: ["Healthy", "NotApplicable", "Progressing", "Unknown", "Unhealthy"],
            example: "Healthy",
          }),
        }),
        metadata: map("Values that `set-metadata` stored.", anything("A value."), { keyDoc: "a key" }),
      },
      { readOnly: true },
    ),
  },
  { required: ["spec"] },
);
