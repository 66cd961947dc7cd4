// Steps about pull requests: open, wait for, merge.
// Facts from pkg/promotion/runner/builtin/schemas of Kargo v1.11.2; the words are ours.
import { commitOutput, duration, filled, insecure, provider } from "./steps-shared";
import { flag, integer, list, object, outputs, step, text } from "./types";

const repoURL = text("URL of the repository, as an absolute http(s) URL.", {
  minLength: 1,
  format: "uri",
  repository: "git",
  example: "https://github.com/example/deploy.git",
});
const prNumber = integer("Number of the pull request.", {
  minimum: 1,
  example: "${{ outputs['open-pr'].pr.id }}",
});
const insecureSkipTLSVerify = insecure("the hosting service");

const id = integer("Number of the pull request.", { example: 42 });
const url = text("Address of the pull request.", { example: "https://github.com/example/deploy/pull/42" });

/** Steps of this group, by kind. */
export const pullRequestSteps = {
  "git-merge-pr": step(
    "Merges a pull request.",
    object(
      "The pull request and how to merge it.",
      {
        repoURL,
        prNumber,
        provider,
        insecureSkipTLSVerify,
        wait: flag("Waits while the pull request is not ready to be merged, instead of failing.", {
          default: false,
        }),
        pollInterval: duration("Pause between two looks at a pull request that is waited for.", "10s"),
        mergeMethod: filled("How to merge, in the words of the hosting service.", "squash"),
      },
      { required: ["repoURL", "prNumber"] },
    ),
    outputs({ commit: commitOutput("Hash of the merge commit.") }),
  ),

  "git-open-pr": step(
    "Opens a pull request, or takes the one that is open already.",
    object(
      "The pull request.",
      {
        createTargetBranch: flag("Has no effect any more.", {
          deprecated: {
            since: "1.10",
            removal: "1.12",
            instead: "Leave it out; the target branch must exist.",
          },
        }),
        insecureSkipTLSVerify,
        provider,
        repoURL,
        sourceBranch: filled("Branch that holds the changes.", "${{ outputs.push.branch }}"),
        targetBranch: filled("Branch the changes shall go into.", "stage/${{ ctx.stage }}"),
        title: text("Title of the pull request.", {
          minLength: 1,
          example: "Promote ${{ ctx.targetFreight.alias }} to ${{ ctx.stage }}",
          defaultDoc: "the first line of the last commit message",
        }),
        description: text("Text of the pull request.", {
          minLength: 1,
          example: "Opened by Kargo.",
          defaultDoc: "the rest of the last commit message",
        }),
        labels: list("Labels to put on the pull request.", filled("A label.", "kargo")),
      },
      {
        required: ["repoURL", "targetBranch", "sourceBranch"],
        gone: { sourceBranchFromStep: "Use `sourceBranch: ${{ outputs.x.branch }}`." },
      },
    ),
    outputs({ pr: object("The pull request.", { id, url }) }),
  ),

  "git-wait-for-pr": step(
    "Waits until a pull request is merged; one that is closed without merging fails the Promotion.",
    object(
      "The pull request to wait for.",
      {
        insecureSkipTLSVerify,
        provider,
        pollInterval: duration("Pause between two looks at the pull request.", "30s"),
        prNumber,
        repoURL,
      },
      {
        required: ["repoURL", "prNumber"],
        gone: { prNumberFromStep: "Use `prNumber: ${{ outputs.x.pr.id }}`." },
      },
    ),
    outputs({
      pr: object("The pull request as last seen.", {
        id,
        url,
        open: flag("True while it is open."),
        merged: flag("True once it is merged."),
      }),
      commit: commitOutput("Hash of the merge commit, once there is one."),
    }),
  ),
};
