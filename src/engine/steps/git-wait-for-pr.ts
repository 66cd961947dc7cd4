// Step `git-wait-for-pr`: looks once whether a pull request was merged, and is run again while it is open.
// Merges and closes nothing.
import type { StepRunner } from "../promotion/step";
import { StepError, type StepOutput } from "../promotion/step";
import { openProvider } from "../tools/pull-requests/open-provider";
import type { PullRequest } from "../tools/pull-requests/provider";
import { gitCredentials, orErrored } from "./git-step";
import {
  type PullRequestConfig,
  type PullRequestParts,
  pollIntervalMs,
  withProvider,
} from "./pull-request-step";

/** Configuration of `git-wait-for-pr`. */
export interface GitWaitForPrConfig extends PullRequestConfig {
  readonly prNumber: number;
  /** A Go duration; 30 seconds when absent. */
  readonly pollInterval?: string;
}

const defaultPollMs = 30_000;

/** Makes the runner of `git-wait-for-pr`. */
export function makeGitWaitForPr(
  parts: PullRequestParts,
): StepRunner<"git-wait-for-pr", GitWaitForPrConfig, "credentials" | "network"> {
  return {
    kind: "git-wait-for-pr",
    needs: ["credentials", "network"],
    resumable: true,
    async run(context, config) {
      const { signal } = context;
      const { repoURL, prNumber, pollInterval } = config;
      const credentials = await gitCredentials(context, repoURL);
      const found = await withProvider(context, config, credentials, parts, (provider) =>
        orErrored(signal, `error getting pull request ${prNumber}`, provider.get(prNumber)),
      );
      const output = toOutput(found);
      if (found.isOpen) {
        return { status: "Running", output, retryAfterMs: pollIntervalMs(pollInterval, defaultPollMs) };
      }
      if (found.isMerged) return { status: "Succeeded", output };
      const text = `pull request ${prNumber} was closed without being merged`;
      throw new StepError("Failed", text, { terminal: true, output });
    },
  };
}

/** Runs `git-wait-for-pr` (pkg/promotion/runner/builtin/git_pr_waiter.go). */
export const gitWaitForPr = makeGitWaitForPr({ open: openProvider });

function toOutput({ id, url, isOpen, isMerged, mergeCommit }: PullRequest): StepOutput {
  const pr = { id, url, open: isOpen, merged: isMerged };
  return mergeCommit === "" ? { pr } : { pr, commit: mergeCommit };
}
