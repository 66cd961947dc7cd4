// The kinds Project, ProjectConfig and ClusterConfig.
// Policies that contradict each other are found by model/admission.ts.
import { kargo, labelSelectorFields, secretReference } from "./kind-common";
import {
  conditions,
  kindOf,
  refreshAnnotation,
  statusFields,
  subdomainDoc,
  subdomainPattern,
} from "./kind-meta";
import { deepLinks, receiverStatus, webhookReceivers } from "./kind-receivers";
import { flag, integer, list, object, text } from "./types";

const count = (what: string) =>
  object(`Number of ${what}.`, {
    count: integer("How many there are.", { example: 3 }),
    health: object("How they fare.", { healthy: integer("How many are healthy.", { example: 3 }) }),
  });

/** The kind Project. */
export const project = kindOf(
  "Project",
  kargo,
  "A namespace of its own for one or more pipelines.",
  {
    namespaced: false,
    nameDoc: "Name of the Project and of its namespace.",
    nameExample: "my-project",
    nameKind: "label",
    annotations: {
      "kargo.akuity.io/keep-namespace": text(
        "The word `true` keeps the namespace when the Project is deleted.",
        {
          suggestions: ["true"],
          example: "true",
        },
      ),
    },
  },
  {
    status: object(
      "How the Project stands; written by Kargo.",
      {
        conditions,
        stats: object("Figures of the Project.", {
          stages: count("Stages"),
          warehouses: count("Warehouses"),
        }),
      },
      { readOnly: true },
    ),
  },
  { gone: { spec: "A Project has no spec any more; promotion policies belong into a ProjectConfig." } },
);

const phases = (doc: string, allowed: readonly [string, string], fallback: readonly string[]) =>
  list(doc, text("A phase.", { enum: allowed, example: allowed[0] }), {
    maxItems: 2,
    uniqueItems: true,
    default: fallback,
  });

const promotionPolicy = object(
  "Whether some Stages promote by themselves; the first policy that fits a Stage counts.",
  {
    stage: text("Name of the Stage.", {
      pattern: subdomainPattern,
      patternDoc: subdomainDoc,
      example: "test",
      reference: { kinds: ["Stage"] },
      deprecated: { instead: "Use `stageSelector`." },
    }),
    stageSelector: object("Which Stages the policy is for; all conditions given must hold.", {
      name: text("Name of the Stage, or a pattern after `glob:` or `regex:`.", {
        format: "stage-pattern",
        example: "glob:test-*",
        reference: { kinds: ["Stage"] },
      }),
      ...labelSelectorFields,
    }),
    autoPromotionEnabled: flag("Promotes available Freight to these Stages without being asked.", {
      default: false,
    }),
    autoRollback: object("When to go back to the last verified Freight; only the commercial platform does.", {
      onPromotion: phases("Ends of a Promotion after which to go back.", ["Failed", "Errored"], []),
      onVerification: phases(
        "Ends of a verification after which to go back.",
        ["Failed", "Error"],
        ["Failed"],
      ),
    }),
  },
  {
    rules: [
      {
        name: "stage-or-selector",
        message: "PromotionPolicy must have exactly one of stage or stageSelector set",
        holds: (policy) => (policy.stage !== undefined) !== (policy.stageSelector !== undefined),
      },
    ],
  },
);

/** The kind ProjectConfig. */
export const projectConfig = kindOf(
  "ProjectConfig",
  kargo,
  "Settings of a Project: which Stages promote by themselves, webhook receivers, links.",
  {
    namespaced: true,
    nameDoc: "Must be the name of the Project.",
    nameExample: "my-project",
    annotations: refreshAnnotation,
  },
  {
    spec: object("The settings.", {
      promotionPolicies: list("Which Stages promote by themselves.", promotionPolicy),
      webhookReceivers,
      freightLinks: deepLinks("freight"),
      stageLinks: deepLinks("stage"),
    }),
    status: object(
      "How the settings stand; written by Kargo.",
      { ...statusFields, webhookReceivers: receiverStatus },
      { readOnly: true },
    ),
  },
);

/** The kind ClusterConfig. */
export const clusterConfig = kindOf(
  "ClusterConfig",
  kargo,
  "Settings of a whole Kargo installation.",
  {
    namespaced: false,
    nameDoc: "Must be `cluster`.",
    nameExample: "cluster",
    annotations: refreshAnnotation,
  },
  {
    spec: object("The settings.", {
      gitClient: object(
        "Who commits belong to when neither a step nor a clone says so.",
        {
          email: text("E-mail address of the author.", {
            format: "email",
            minLength: 1,
            example: "kargo@example.com",
          }),
          name: text("Name of the author.", { minLength: 1, example: "Kargo" }),
          signingKeySecret: secretReference(
            "Secret whose key `signingKey` is the GPG key that signs commits.",
            "git-signing-key",
          ),
        },
        { required: ["email", "name"] },
      ),
      webhookReceivers,
      freightLinks: deepLinks("freight"),
      stageLinks: deepLinks("stage"),
    }),
    status: object(
      "How the settings stand; written by Kargo.",
      { ...statusFields, webhookReceivers: receiverStatus },
      { readOnly: true },
    ),
  },
);
