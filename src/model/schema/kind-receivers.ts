// Webhook receivers and deep links, which ProjectConfig and ClusterConfig have in common.
// No receiver runs here: the embedded engine has no address others could call.
import { labelSelectorFields, secretReference } from "./kind-common";
import { kubernetesName } from "./kind-meta";
import { type Fields, list, map, object, text } from "./types";

function receiver(doc: string, secretDoc: string, more: Fields = {}) {
  return object(
    doc,
    { secretRef: secretReference(secretDoc, "webhook-secret"), ...more },
    { required: ["secretRef"] },
  );
}

const shared = "Secret whose key `secret` is the secret shared with the service.";
const guessed = "Secret whose key `secret` makes the receiver's address hard to guess.";

const target = object(
  "Which Warehouses are refreshed; all conditions given must hold.",
  {
    kind: text("Kind of the resources.", { enum: ["Warehouse"], example: "Warehouse" }),
    name: text("Name of the resource.", {
      example: "app",
      template: { yields: "string" },
      reference: { kinds: ["Warehouse"] },
    }),
    labelSelector: object("Labels of the resources.", labelSelectorFields),
    indexSelector: object("Repositories the resources subscribe to.", {
      matchIndices: list(
        "Conditions on them; all of them must hold.",
        object(
          "One condition.",
          {
            key: text("What is compared.", {
              enum: ["subscribedURLs", "receiverPaths"],
              enumDocs: {
                subscribedURLs: "URLs of the subscriptions",
                receiverPaths: "paths of webhook receivers",
              },
              example: "subscribedURLs",
            }),
            operator: text("How it is compared.", {
              suggestions: ["Equals", "NotEquals"],
              example: "Equals",
            }),
            value: text("What it is compared with.", {
              example: "${{ normalizeGit(request.body.repository.clone_url) }}",
              template: { yields: "string" },
            }),
          },
          { required: ["key", "operator", "value"] },
        ),
        { minItems: 1 },
      ),
    }),
  },
  { required: ["kind"] },
);

const action = object(
  "Something to do when a request arrives.",
  {
    action: text("What to do.", {
      enum: ["Refresh"],
      enumDocs: { Refresh: "look for new artifacts at once" },
      example: "Refresh",
    }),
    parameters: map(
      "Parameters of the action.",
      text("Value of the parameter.", { example: "text", template: { yields: "string" } }),
      {
        keyDoc: "a parameter",
      },
    ),
    targetSelectionCriteria: list("What to do it with.", target, { minItems: 1 }),
    whenExpression: text(
      "Expression without `${{ }}` over the request; the action is taken when it is true.",
      {
        example: "request.header('X-Event-Type') == 'push'",
        expression: { context: "webhook-request", yields: "bool" },
      },
    ),
  },
  { required: ["action"] },
);

/** Receivers of webhooks, of which each has one provider. */
export const webhookReceivers = list(
  "Addresses at which other services announce new artifacts.",
  object(
    "One receiver; exactly one provider tells who calls it.",
    {
      name: kubernetesName("Name of the receiver.", "github"),
      artifactory: receiver("Called by JFrog Artifactory.", shared, {
        virtualRepoName: text("Virtual repository through which Warehouses see the artifacts.", {
          example: "docker",
        }),
      }),
      azure: receiver("Called by Azure Container Registry or Azure DevOps.", guessed),
      bitbucket: receiver("Called by Bitbucket.", shared),
      dockerhub: receiver("Called by Docker Hub.", guessed),
      generic: receiver("Called by anybody; expressions tell what a request means.", guessed, {
        actions: list("What to do when a request arrives.", action, { minItems: 1 }),
      }),
      gitea: receiver("Called by Gitea.", shared),
      github: receiver("Called by GitHub, packages of ghcr.io included.", shared),
      gitlab: receiver("Called by GitLab.", "Secret whose key `secret-token` is the token set at GitLab."),
      harbor: receiver("Called by Harbor.", "Secret whose key `auth-header` is the header set at Harbor."),
      quay: receiver("Called by Quay.", guessed),
    },
    { required: ["name"] },
  ),
);

/** Links that Kargo's user interface shows beside Freight or Stages. */
export function deepLinks(of: "freight" | "stage") {
  const what = of === "freight" ? "Freight" : "a Stage";
  return list(
    `Links shown beside ${what} in Kargo's user interface.`,
    object(
      "One link.",
      {
        title: text("Text of the link.", { minLength: 1, example: "Dashboard" }),
        url: text(`Address, as a Go template over \`${of}\`.`, {
          minLength: 1,
          format: "go-template",
          example: `https://grafana.example.com/d/app?var-name={{ .${of}.metadata.name }}`,
        }),
        description: text("Sentence shown with the link.", { example: "Metrics of this version" }),
        if: text("Expression without `${{ }}`; the link is shown when it is true.", {
          example: `${of}.metadata.name != ''`,
          expression: { context: of === "freight" ? "freight-link" : "stage-link", yields: "bool" },
        }),
      },
      { required: ["title", "url"] },
    ),
  );
}

/** What Kargo reports of receivers. */
export const receiverStatus = list(
  "Addresses of the receivers.",
  object("One receiver.", {
    name: text("Name of the receiver.", { example: "github" }),
    path: text("Path of its address.", { example: "/webhooks/github/…" }),
    url: text("Its whole address.", { example: "https://kargo.example.com/webhooks/github/…" }),
  }),
  { readOnly: true },
);
