// Steps that act on Argo CD and on Kargo's own resources.
// Facts from pkg/promotion/runner/builtin/schemas of Kargo v1.11.2; the words are ours.
import { filled, goneImageFields, goneOrigin } from "./steps-shared";
import { anything, flag, list, map, object, outputs, step, text } from "./types";

const none = [null, ""] as const;

const appName = filled("Name of one Application.", "app-uat");
const appNamespace = text("Namespace of the Application.", {
  minLength: 1,
  example: "argocd",
  defaultDoc: "the namespace of Argo CD",
});

function selector(doc: string) {
  return object(
    doc,
    {
      matchLabels: map("Labels with exactly these values.", text("Value of the label.", { example: "uat" }), {
        keyDoc: "a label",
        example: { env: "uat" },
      }),
      matchExpressions: list(
        "Conditions on labels; all of them must hold.",
        object(
          "One condition.",
          {
            key: filled("The label.", "env"),
            operator: text("How the label is compared.", {
              enum: ["In", "NotIn", "Exists", "DoesNotExist"],
              example: "In",
            }),
            values: list("Values for `In` and `NotIn`.", text("A value.", { example: "uat" })),
          },
          { required: ["key", "operator"] },
        ),
      ),
    },
    {
      anyOf: [
        { required: ["matchLabels"], fields: { matchLabels: { minFields: 1 } } },
        { required: ["matchExpressions"], fields: { matchExpressions: { minItems: 1 } } },
      ],
      choices: [{ fields: ["matchLabels", "matchExpressions"], atLeast: 1, counts: "filled" }],
    },
  );
}

const nameOrSelector = {
  oneOf: [
    { required: ["name"], fields: { name: { minLength: 1 }, selector: { enum: [null] } } },
    { required: ["selector"], fields: { name: { enum: ["", null] } } },
  ],
  choices: [{ fields: ["name", "selector"], atLeast: 1, atMost: 1, counts: "filled" }],
} as const;

const kustomizeImage = object(
  "One image override.",
  {
    digest: text("Digest to set.", { example: "${{ imageFrom('ghcr.io/example/app').Digest }}" }),
    newName: filled("Name that replaces the image's name.", "registry.example.com/app"),
    repoURL: text("Repository of the image.", {
      minLength: 1,
      repository: "image",
      example: "ghcr.io/example/app",
    }),
    tag: text("Tag to set.", { example: "${{ imageFrom('ghcr.io/example/app').Tag }}" }),
  },
  {
    required: ["repoURL"],
    gone: goneImageFields,
    oneOf: [
      { fields: { digest: { enum: none }, tag: { enum: none } } },
      { required: ["digest"], fields: { digest: { minLength: 1 }, tag: { enum: none } } },
      { required: ["tag"], fields: { digest: { enum: none }, tag: { minLength: 1 } } },
    ],
    choices: [{ fields: ["digest", "tag"], atLeast: 0, atMost: 1, counts: "filled" }],
  },
);

const sourceUpdate = object(
  "Changes to one source of the Application; it is found by its exact URL and chart.",
  {
    chart: filled("Chart of the source, exactly as the Application has it.", "app"),
    desiredRevision: filled("Revision the source must be synced to.", "${{ outputs.commit.commit }}"),
    helm: object(
      "Changes to Helm parameters of the source.",
      {
        images: list(
          "Parameters to set.",
          object(
            "One parameter.",
            {
              key: filled("Name of the parameter.", "image.tag"),
              value: text("Value of the parameter.", {
                example: "${{ imageFrom('ghcr.io/example/app').Tag }}",
              }),
            },
            { required: ["key", "value"], gone: goneOrigin },
          ),
          { minItems: 1 },
        ),
      },
      { required: ["images"] },
    ),
    kustomize: object("Changes to Kustomize images of the source.", {
      images: list("Image overrides; they replace all present ones.", kustomizeImage, { minItems: 1 }),
    }),
    repoURL: filled(
      "URL of the source, exactly as the Application has it.",
      "https://github.com/example/deploy.git",
    ),
    updateTargetRevision: flag("Points `targetRevision` of the source to the desired revision.", {
      default: false,
    }),
  },
  {
    required: ["repoURL"],
    gone: { ...goneOrigin, desiredCommitFromStep: "Use `desiredRevision: ${{ outputs.x.commit }}`." },
    oneOf: [
      { fields: { desiredRevision: { enum: ["", null] }, updateTargetRevision: { enum: [false, null] } } },
      { required: ["desiredRevision"], fields: { desiredRevision: { minLength: 1 } } },
    ],
    rules: [
      {
        name: "target-revision-needs-desired-revision",
        message: "`updateTargetRevision` needs `desiredRevision`.",
        field: "updateTargetRevision",
        holds: ({ updateTargetRevision, desiredRevision }) =>
          updateTargetRevision !== true || (desiredRevision !== undefined && desiredRevision !== ""),
      },
    ],
  },
);

/** Steps of this group, by kind. */
export const controlPlaneSteps = {
  "argocd-update": step(
    "Updates and syncs Argo CD Applications, waits for the sync and registers their health with the Stage.",
    object(
      "The Applications and their changes.",
      {
        apps: list(
          "Applications to update.",
          object(
            "One Application, or several by their labels.",
            {
              name: appName,
              namespace: appNamespace,
              selector: selector("Labels of the Applications."),
              sources: list("Changes to sources of the Application.", sourceUpdate, { minItems: 1 }),
            },
            { ...nameOrSelector, gone: goneOrigin },
          ),
          { minItems: 1 },
        ),
      },
      { required: ["apps"] },
    ),
    undefined,
    { caution: "Applications must allow the Stage by the annotation `kargo.akuity.io/authorized-stage`." },
  ),

  "argocd-wait": step(
    "Waits until Argo CD Applications are in the wanted state, without changing them.",
    object(
      "The Applications and the state to wait for.",
      {
        apps: list(
          "Applications to wait for.",
          object(
            "One Application, or several by their labels.",
            {
              name: appName,
              namespace: appNamespace,
              selector: selector("Labels of the Applications."),
              waitFor: list(
                "What to wait for; of the health values one suffices, the others must all hold.",
                text("A condition.", {
                  enum: ["health", "sync", "operation", "suspended", "degraded"],
                  enumDocs: {
                    health: "the Application is Healthy",
                    sync: "the Application is Synced",
                    operation: "no operation is running",
                    suspended: "the Application is Suspended",
                    degraded: "the Application is Degraded",
                  },
                  example: "health",
                }),
                { minItems: 1, uniqueItems: true, default: ["health", "sync", "operation"] },
              ),
            },
            nameOrSelector,
          ),
          { minItems: 1 },
        ),
      },
      { required: ["apps"] },
    ),
    outputs({
      healthStatus: map(
        "Health of each Application as last seen.",
        text("Health of the Application.", { example: "Healthy" }),
        {
          keyDoc: "`<namespace>/<name>` of an Application",
        },
      ),
    }),
  ),

  "set-freight-alias": step(
    "Gives Freight a new alias.",
    object(
      "The Freight and its alias.",
      {
        name: text("Name of the Freight.", {
          minLength: 1,
          example: "${{ ctx.targetFreight.name }}",
          reference: { kinds: ["Freight"] },
        }),
        alias: filled("The new alias; it must not be taken by other Freight.", "release-${{ vars.version }}"),
      },
      { required: ["name", "alias"] },
    ),
  ),

  "set-metadata": step(
    "Stores values with a Stage or with Freight, for `stageMetadata()` and `freightMetadata()` to read.",
    object(
      "The values.",
      {
        updates: list(
          "Resources and the values to store with them.",
          object(
            "One resource.",
            {
              kind: text("Kind of the resource.", { enum: ["Stage", "Freight"], example: "Stage" }),
              name: text("Name of the resource.", {
                minLength: 1,
                example: "${{ ctx.stage }}",
                reference: { kinds: ["Stage", "Freight"], chosenBy: "kind" },
              }),
              values: map("Values to store.", anything("The value.", { example: "1.2.3" }), {
                minFields: 1,
                keyDoc: "a key",
                example: { version: "${{ vars.version }}" },
              }),
            },
            { required: ["kind", "name", "values"] },
          ),
          { minItems: 1 },
        ),
      },
      { required: ["updates"] },
    ),
  ),
};
