// Step `git-merge-pr`: tries once to merge a pull request, and is run again while it is not ready, when asked to wait.
// Resolves no conflict and overrules no check.
import { errorMessage } from "../../base/errors";
import type { StepRunner } from "../promotion/step";
import { StepError } from "../promotion/step";
import { openProvider } from "../tools/pull-requests/open-provider";
import type { PullRequest, PullRequestProvider } from "../tools/pull-requests/provider";
import { gitCredentials } from "./git-step";
import {
  omittedReason,
  type PullRequestConfig,
  type PullRequestParts,
  pollIntervalMs,
  pullRequestEffect,
  withProvider,
} from "./pull-request-step";
import { failed } from "./step-failure";

/** Configuration of `git-merge-pr`. */
export interface GitMergePrConfig extends PullRequestConfig {
  readonly prNumber: number;
  readonly wait?: boolean;
  /** A Go duration; 10 seconds when absent. */
  readonly pollInterval?: string;
  /** In the service's own words; its default when absent. */
  readonly mergeMethod?: string;
}

type Needs = "credentials" | "effects" | "network";
type Context = Parameters<StepRunner<"git-merge-pr", GitMergePrConfig, Needs>["run"]>[0];

const defaultPollMs = 10_000;
const fullCommitLength = 40;
const abbreviated =
  "The service abbreviates the merge commit, and Kargo 1.11.2 puts it out as it is. The output of git-wait-for-pr " +
  "has the whole.";

/** Makes the runner of `git-merge-pr`. */
export function makeGitMergePr(parts: PullRequestParts): StepRunner<"git-merge-pr", GitMergePrConfig, Needs> {
  return {
    kind: "git-merge-pr",
    needs: ["credentials", "effects", "network"],
    resumable: true,
    async run(context, config) {
      const { repoURL, prNumber, wait = false, pollInterval } = config;
      const credentials = await gitCredentials(context, repoURL);
      const merged = await withProvider(context, config, credentials, parts, (provider) =>
        merge(context, config, provider),
      );
      if (merged !== undefined) {
        const commit = merged.mergeCommit;
        const isShort = commit !== "" && commit.length < fullCommitLength;
        return { status: "Succeeded", output: { commit }, ...(isShort && { warnings: [abbreviated] }) };
      }
      if (wait) return { status: "Running", retryAfterMs: pollIntervalMs(pollInterval, defaultPollMs) };
      throw failed(`pull request ${prNumber} is not ready to merge and wait is disabled`);
    },
  };
}

/** Runs `git-merge-pr` (pkg/promotion/runner/builtin/git_pr_merger.go). */
export const gitMergePr = makeGitMergePr({ open: openProvider });

/** Every fault of the service is final, a passing one of the network too, as in Kargo. */
async function merge(
  { effects, signal }: Context,
  { repoURL, prNumber, mergeMethod = "" }: GitMergePrConfig,
  provider: PullRequestProvider,
): Promise<PullRequest | undefined> {
  const effect = pullRequestEffect("pull-request.merge", repoURL, `#${prNumber}`);
  try {
    return await provider.merge(prNumber, {
      method: mergeMethod,
      perform: (act) => effects.perform(effect, act),
    });
  } catch (error) {
    if (signal.aborted || error instanceof StepError) throw error;
    const text = `error merging pull request ${prNumber}: ${errorMessage(error)}`;
    const warnings = omittedReason(error);
    throw new StepError("Failed", text, { terminal: true, cause: error, warnings });
  }
}
