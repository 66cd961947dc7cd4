// Shapes that several of Kargo's kinds share: origins, variables, artifacts, references to Freight, verification results.
// Holds no kind.
import { time } from "./kind-meta";
import { anything, type Fields, flag, integer, list, map, object, text } from "./types";

/** API version of Kargo's kinds. */
export const kargo = "kargo.akuity.io/v1alpha1";

/** Where Freight comes from. */
export const origin = object(
  "Where the Freight comes from.",
  {
    kind: text("Kind of the origin.", { enum: ["Warehouse"], example: "Warehouse" }),
    name: text("Name of the Warehouse.", { example: "app", reference: { kinds: ["Warehouse"] } }),
  },
  { required: ["kind", "name"] },
);

/** Variables of expressions. */
export function variables(doc: string, valueDoc: string) {
  return list(
    doc,
    object(
      "One variable.",
      {
        name: text("Name of the variable, as in `vars.name`.", {
          minLength: 1,
          pattern: "^[a-zA-Z_]\\w*$",
          patternDoc: "letters, digits and `_`, not beginning with a digit",
          example: "gitRepo",
        }),
        value: text(valueDoc, {
          example: "https://github.com/example/deploy.git",
          template: { yields: "any" },
        }),
      },
      { required: ["name"] },
    ),
  );
}

const gitCommit = object(
  "A commit.",
  {
    repoURL: text("URL of the repository.", {
      repository: "git",
      example: "https://github.com/example/app.git",
    }),
    id: text("Hash of the commit.", { example: "3f1c2ab0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4" }),
    branch: text("Branch the commit was found on.", { example: "main" }),
    tag: text("Tag the commit was found by.", { example: "v1.2.3" }),
    message: text("First line of the commit message.", { example: "Fix the login form" }),
    author: text("Author of the commit.", { example: "Ada <ada@example.com>" }),
    committer: text("Who made the commit.", { example: "Ada <ada@example.com>" }),
  },
  { gone: { healthCheckCommit: "Set `desiredRevision` in the step `argocd-update`." } },
);

const image = object(
  "A container image.",
  {
    repoURL: text("Repository of the image.", { repository: "image", example: "ghcr.io/example/app" }),
    tag: text("Tag of the image.", { example: "1.2.3" }),
    digest: text("Digest of the image.", { example: "sha256:4bcf…" }),
    annotations: map(
      "OCI annotations of the image.",
      text("Value of the annotation.", { example: "2026-01-31T12:00:00Z" }),
      {
        keyDoc: "an OCI annotation",
      },
    ),
  },
  { gone: { gitRepoURL: "An image's source is in its `annotations`." } },
);

const chart = object("A Helm chart.", {
  repoURL: text("Repository of the chart.", { repository: "chart", example: "https://charts.example.com" }),
  name: text("Name of the chart; empty for charts in OCI registries.", { example: "app" }),
  version: text("Version of the chart.", { example: "1.2.3" }),
});

/** An artifact found by a generic subscription. */
export const artifactReference = object(
  "An artifact of another type.",
  {
    artifactType: text("Type of the artifact.", { minLength: 1, example: "s3" }),
    metadata: anything("Facts about the artifact."),
    subscriptionName: text("Subscription that found it.", { minLength: 1, example: "reports" }),
    version: text("Version of the artifact.", { minLength: 1, example: "1.2.3" }),
  },
  { required: ["subscriptionName", "version"] },
);

/** Artifacts that Freight and references to it carry. */
export const artifactFields = {
  commits: list("Commits.", gitCommit),
  images: list("Container images.", image),
  charts: list("Helm charts.", chart),
  artifacts: list("Artifacts of other types.", artifactReference),
} satisfies Fields;

/** A reference to Freight with a copy of its content. */
export const freightReference = object("Freight and a copy of its content.", {
  name: text("Name of the Freight.", {
    example: "319ddec6bbfbd808d499a0357b027e773aa3707f",
    reference: { kinds: ["Freight"] },
  }),
  origin,
  ...artifactFields,
});

/** One verification of a collection. */
const verificationInfo = object("One verification.", {
  id: text("Identity of the verification.", { example: "0a6de7b6-33a4-4b49-a4d3-7bb1bd1b6f0a" }),
  actor: text("Who asked for it.", { example: "email:ada@example.com" }),
  startTime: time("When it began."),
  finishTime: time("When it ended."),
  phase: text("How it stands.", {
    suggestions: ["Pending", "Running", "Successful", "Failed", "Error", "Aborted", "Inconclusive"],
    example: "Successful",
  }),
  message: text("Reason of the phase.", { example: "" }),
  analysisRun: object(
    "AnalysisRun that carried it out.",
    {
      name: text("Name of the AnalysisRun.", { example: "uat.01jqaq7qacfn766tcp1nqz2zv0.55d4523" }),
      namespace: text("Namespace of the AnalysisRun.", { example: "my-project" }),
      phase: text("Phase of the AnalysisRun.", { example: "Successful" }),
    },
    { required: ["name", "namespace", "phase"] },
  ),
});

/** Freight of several origins promoted together. */
export const freightCollection = object(
  "Freight of every origin a Stage requests, promoted together.",
  {
    id: text("Hash over the names of the Freight.", { example: "55d452301040a73e9fd05289b1f8ddbec1791222" }),
    items: map("Freight by its origin.", freightReference, { keyDoc: "`Warehouse/<name>`" }),
    verificationHistory: list("Verifications, newest first.", verificationInfo),
  },
  { required: ["id"] },
);

/** What becomes of a Promotion. */
export const promotionStatus = object(
  "What has become of the Promotion; Kargo writes it.",
  {
    currentStep: integer("Index of the step that is running or ran last.", { example: 2 }),
    finishedAt: time("When it ended."),
    freight: freightReference,
    freightCollection,
    healthChecks: list(
      "Checks the Stage makes while it runs on this Freight.",
      object(
        "One check.",
        {
          uses: text("Kind of the check.", { minLength: 1, example: "argocd-update" }),
          config: anything("Configuration of the check."),
        },
        { required: ["uses"] },
      ),
    ),
    lastHandledRefresh: text("Refresh request that was handled last.", { example: "2026-01-31T12:00:00Z" }),
    message: text("Reason of the phase.", { example: "" }),
    phase: text("How the Promotion stands.", {
      suggestions: ["Pending", "Running", "Succeeded", "Failed", "Errored", "Aborted"],
      example: "Succeeded",
    }),
    startedAt: time("When it began."),
    state: anything("Outputs of the steps, by alias."),
    stepExecutionMetadata: list(
      "What has become of each step.",
      object("One step.", {
        alias: text("Alias of the step.", { example: "commit" }),
        continueOnError: flag("True when a failure of this step does not count."),
        errorCount: integer("How often it went wrong.", { example: 0 }),
        finishedAt: time("When it ended."),
        message: text("Reason of the status.", { example: "" }),
        startedAt: time("When it began."),
        status: text("How the step stands.", {
          suggestions: ["Running", "Succeeded", "Skipped", "Aborted", "Failed", "Errored"],
          example: "Succeeded",
        }),
      }),
    ),
  },
  { readOnly: true },
);

/** Labels a resource must have. */
export const labelSelectorFields = {
  matchLabels: map("Labels with exactly these values.", text("Value of the label.", { example: "uat" }), {
    keyDoc: "a label",
    example: { env: "uat" },
  }),
  matchExpressions: list(
    "Conditions on labels; all of them must hold.",
    object(
      "One condition.",
      {
        key: text("The label.", { example: "env" }),
        operator: text("How the label is compared.", {
          suggestions: ["In", "NotIn", "Exists", "DoesNotExist"],
          example: "In",
        }),
        values: list("Values for `In` and `NotIn`.", text("A value.", { example: "uat" })),
      },
      { required: ["key", "operator"] },
    ),
  ),
} satisfies Fields;

/** A reference to a Secret by its name. */
export function secretReference(doc: string, example: string) {
  return object(doc, {
    name: text("Name of the Secret.", { default: "", example, reference: { kinds: ["Secret"] } }),
  });
}
