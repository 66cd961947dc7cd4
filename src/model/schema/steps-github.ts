// Steps of the commercial platform about GitHub issues and workflows: known to the editor, not executable here.
// Facts from the user guide of Kargo v1.11.2; the words are ours.
import { filled, insecure } from "./steps-shared";
import { anything, commercialStep, type Fields, integer, list, map, object, outputs, text } from "./types";

const repoURL = text("URL of the repository at GitHub.", {
  minLength: 1,
  repository: "git",
  example: "https://github.com/example/app",
});
const repository = { repoURL, insecureSkipTLSVerify: insecure("GitHub") } satisfies Fields;
const issueNumber = integer("Number of the issue.", {
  example: "${{ freightMetadata(ctx.targetFreight.name)['github-issue-number'] }}",
});
const commentID = integer("Id of the comment.", { example: "${{ outputs.comment.commentID }}" });
const labels = (doc: string) => list(doc, text("A label.", { example: "kargo" }));
const assignees = list(
  "GitHub users to assign; ten at most count.",
  text("A user name.", { example: "ada" }),
);
const pollInterval = text("Pause between two looks.", { format: "duration", example: "30s", default: "5m" });
const issueURL = text("Address.", { example: "https://github.com/example/app/issues/42" });

/** Fields of workflow steps as they were before 1.9. */
const formerWorkflowFields = {
  credentials: object(
    "Secret with the credentials.",
    { secretName: text("Name of the Secret.", { example: "github", reference: { kinds: ["Secret"] } }) },
    {
      deprecated: { since: "1.9", instead: "Use `repoURL` and a Secret for that repository." },
    },
  ),
  owner: text("Owner of the repository.", {
    example: "example",
    deprecated: { since: "1.9", instead: "Use `repoURL`." },
  }),
  repo: text("Name of the repository.", {
    example: "app",
    deprecated: { since: "1.9", instead: "Use `repoURL`." },
  }),
} satisfies Fields;
const repositoryChoice = [{ fields: ["repoURL", "repo"], atLeast: 1, atMost: 1, counts: "filled" }] as const;

/** Steps of this group, by kind. */
export const githubSteps = {
  "gh-create-issue": commercialStep(
    "1.11",
    "Creates a GitHub issue and keeps its number with the Freight.",
    object(
      "The issue.",
      {
        ...repository,
        title: filled("Title of the issue.", "Deploy ${{ ctx.targetFreight.alias }}"),
        body: text("Text of the issue.", { example: "Promoted to ${{ ctx.stage }}." }),
        labels: labels("Labels of the issue; they must exist."),
        assignees,
        issueAlias: text("Key under which the number is kept with the Freight.", {
          default: "github-issue-number",
          example: "deploy-issue",
        }),
      },
      { required: ["repoURL", "title"] },
    ),
    outputs({ number: integer("Number of the issue.", { example: 42 }), url: issueURL }),
  ),

  "gh-update-issue": commercialStep(
    "1.11",
    "Changes a GitHub issue.",
    object(
      "The issue and the changes.",
      {
        ...repository,
        issueNumber,
        title: text("New title.", { example: "Deployed" }),
        body: text("New text.", { example: "Done." }),
        state: text("New state.", { enum: ["open", "closed"], example: "closed" }),
        addLabels: labels("Labels to add."),
        removeLabels: labels("Labels to remove; `*` removes all."),
        assignees,
      },
      { required: ["repoURL", "issueNumber"] },
    ),
  ),

  "gh-search-issues": commercialStep(
    "1.11",
    "Finds GitHub issues, or one by its number.",
    object(
      "What to find.",
      {
        ...repository,
        issueNumber,
        query: text("Search query of GitHub.", { example: "is:open label:kargo" }),
      },
      {
        required: ["repoURL"],
        choices: [{ fields: ["issueNumber", "query"], atLeast: 1, atMost: 1, counts: "filled" }],
      },
    ),
    outputs({
      issues: list(
        "Issues that were found.",
        object("One issue.", {
          number: integer("Number.", { example: 42 }),
          title: text("Title.", { example: "Deploy" }),
          body: text("Text.", { example: "…" }),
          state: text("State.", { example: "open" }),
          labels: labels("Labels."),
          assignees: list("Users.", text("A user name.", { example: "ada" })),
          url: issueURL,
        }),
      ),
    }),
  ),

  "gh-issue-add-comment": commercialStep(
    "1.11",
    "Adds a comment to a GitHub issue or pull request.",
    object(
      "The comment.",
      { ...repository, issueNumber, body: filled("Text of the comment.", "Promoted to ${{ ctx.stage }}.") },
      { required: ["repoURL", "issueNumber", "body"] },
    ),
    outputs({ commentID: integer("Id of the comment.", { example: 1234567 }), url: issueURL }),
  ),

  "gh-issue-update-comment": commercialStep(
    "1.11",
    "Replaces the text of a comment.",
    object(
      "The comment and its new text.",
      { ...repository, commentID, body: filled("New text.", "Done.") },
      { required: ["repoURL", "commentID", "body"] },
    ),
    outputs({ commentID: integer("Id of the comment.", { example: 1234567 }), url: issueURL }),
  ),

  "gh-issue-delete-comment": commercialStep(
    "1.11",
    "Deletes a comment.",
    object("The comment.", { ...repository, commentID }, { required: ["repoURL", "commentID"] }),
  ),

  "gh-wait-for-issue-state": commercialStep(
    "1.11",
    "Waits until an expression over a GitHub issue is true.",
    object(
      "The issue and the expressions.",
      {
        ...repository,
        issueNumber,
        successExpression: text("Condition on `issue` under which the step succeeds.", {
          minLength: 1,
          example: "issue.state == 'closed'",
          expression: { context: "issue", yields: "bool" },
        }),
        failureExpression: text("Condition on `issue` under which the step fails.", {
          example: "'rejected' in issue.labels",
          expression: { context: "issue", yields: "bool" },
        }),
        pollInterval,
      },
      { required: ["repoURL", "issueNumber", "successExpression"] },
    ),
  ),

  "gha-dispatch-workflow": commercialStep(
    "1.8",
    "Starts a GitHub Actions workflow.",
    object(
      "The workflow and its inputs.",
      {
        ...repository,
        workflowFile: filled("File name of the workflow.", "deploy.yaml"),
        ref: filled("Branch or tag the workflow is taken from.", "main"),
        inputs: map("Inputs of the workflow.", anything("Value of the input.", { example: "uat" }), {
          keyDoc: "an input",
          example: { env: "${{ ctx.stage }}" },
        }),
        timeout: integer("Seconds until the started run must have appeared.", {
          minimum: 1,
          maximum: 300,
          default: 60,
          example: 120,
        }),
        ...formerWorkflowFields,
      },
      { required: ["workflowFile", "ref"], choices: repositoryChoice },
    ),
    outputs({ runID: integer("Id of the run.", { example: 987654321 }) }),
  ),

  "gha-wait-for-workflow": commercialStep(
    "1.8",
    "Waits until a GitHub Actions run has ended.",
    object(
      "The run.",
      {
        ...repository,
        runID: integer("Id of the run.", { example: "${{ outputs.dispatch.runID }}" }),
        expectedConclusion: text("Conclusion the run must have.", {
          suggestions: ["success", "failure", "cancelled", "skipped"],
          example: "success",
        }),
        pollInterval,
        ...formerWorkflowFields,
      },
      { required: ["runID"], choices: repositoryChoice },
    ),
    outputs({ conclusion: text("Conclusion of the run.", { example: "success" }) }),
  ),
};
