// Step `git-open-pr`: opens a pull request, or takes the one that is open already for the same commit.
// Pushes nothing: the source branch is at the remote before this step runs.
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { isObject } from "../../base/json";
import type { Capabilities, StepContext, StepOutput, StepResult, StepRunner } from "../promotion/step";
import { type GitCredentials, shownUrl } from "../tools/git-auth";
import { ShallowClone } from "../tools/git-shallow";
import { openProvider } from "../tools/pull-requests/open-provider";
import type { PullRequest, PullRequestProvider } from "../tools/pull-requests/provider";
import { gitCredentials, orErrored } from "./git-step";
import {
  omittedReason,
  type PullRequestConfig,
  type PullRequestParts,
  pullRequestEffect,
  withProvider,
} from "./pull-request-step";
import { errored, erroredBecause } from "./step-failure";

/** Configuration of `git-open-pr`. */
export interface GitOpenPrConfig extends PullRequestConfig {
  readonly sourceBranch: string;
  readonly targetBranch: string;
  /** Has no effect since Kargo 1.10. */
  readonly createTargetBranch?: boolean;
  /** The first line of the newest commit's message when absent. */
  readonly title?: string;
  readonly description?: string;
  readonly labels?: readonly string[];
}

type Needs = "git" | "credentials" | "effects" | "network";
type Context = StepContext & Pick<Capabilities, Needs>;

/** Makes the runner of `git-open-pr`. */
export function makeGitOpenPr(parts: PullRequestParts): StepRunner<"git-open-pr", GitOpenPrConfig, Needs> {
  return {
    kind: "git-open-pr",
    needs: ["git", "credentials", "effects", "network"],
    resumable: true, // what an interrupted run has opened is taken over by the next
    async run(context, config) {
      const earlier = earlierOutput(context);
      if (earlier !== undefined) return { status: "Succeeded", output: earlier };
      const credentials = await gitCredentials(context, config.repoURL);
      const clone = await cloneSource(context, config, credentials);
      try {
        return await withProvider(context, config, credentials, parts, (provider) =>
          openOrAdopt(context, config, clone, provider),
        );
      } finally {
        await clone.remove();
      }
    },
  };
}

/** Runs `git-open-pr` (pkg/promotion/runner/builtin/git_pr_opener.go). */
export const gitOpenPr = makeGitOpenPr({ open: openProvider });

/** What this step has put out before, when it has opened a pull request then. */
function earlierOutput({ state, alias }: StepContext): StepOutput | undefined {
  const sentence = "error getting PR number from shared state";
  if (!Object.hasOwn(state, alias)) return undefined;
  const output = state[alias];
  if (!isObject(output)) {
    throw errored(`${sentence}: output from step with alias ${goQuote(alias)} is not a map[string]any`);
  }
  if (!isObject(output.pr) || !Object.hasOwn(output.pr, "id")) return undefined;
  if (typeof output.pr.id === "number" || typeof output.pr.id === "bigint") return output;
  throw errored(`${sentence}: PR ID in output from step with alias ${goQuote(alias)} is not an int64`);
}

/** Not the Promotion's own working tree: what counts is what the remote has. */
async function cloneSource(
  { signal, log, git }: Context,
  { repoURL, sourceBranch, insecureSkipTLSVerify = false }: GitOpenPrConfig,
  credentials: GitCredentials | undefined,
): Promise<ShallowClone> {
  const made = ShallowClone.make({
    repoURL,
    branch: sourceBranch,
    insecureSkipTLSVerify,
    programs: git.paths,
    signal,
    log,
    ...(credentials !== undefined && { credentials }),
  });
  return orErrored(signal, `error cloning ${shownUrl(repoURL)}`, made);
}

async function openOrAdopt(
  context: Context,
  config: GitOpenPrConfig,
  clone: ShallowClone,
  provider: PullRequestProvider,
): Promise<StepResult> {
  const { signal } = context;
  const existing = await orErrored(
    signal,
    "error determining if pull request already exists",
    findExisting(signal, clone, provider, config.targetBranch),
  );
  if (existing !== undefined) return { status: "Succeeded", output: toOutput(existing) };
  const { sourceBranch } = config;
  const sentence = `error getting commit message from head of branch ${sourceBranch}`;
  const message = await orErrored(signal, sentence, clone.message(sourceBranch));
  if (!(await hasChanges(context, config, clone))) return { status: "Skipped" };
  return { status: "Succeeded", output: toOutput(await open(context, config, message, provider)) };
}

/** The newest open pull request of the very commit that is at the head of the source branch. */
async function findExisting(
  signal: AbortSignal,
  clone: ShallowClone,
  provider: PullRequestProvider,
  target: string,
): Promise<PullRequest | undefined> {
  const headCommit = await orContext("error getting last commit ID", signal, clone.headCommit());
  const source = await orContext("error getting current branch", signal, clone.currentBranch());
  const listed = provider.listOpen({ source, target, headCommit });
  const found = await orContext("error listing pull requests", signal, listed);
  // Services are asked for open ones; an answer that holds others nevertheless must not be taken over blindly.
  const usable = found.filter(({ isOpen, isMerged }) => isOpen || isMerged);
  return [...usable].sort(byPreference)[0];
}

/** Open ones first, then the newest. */
function byPreference(one: PullRequest, other: PullRequest): number {
  if (one.isOpen !== other.isOpen) return one.isOpen ? -1 : 1;
  return (other.createdAtMs ?? 0) - (one.createdAtMs ?? 0);
}

async function orContext<T>(sentence: string, signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`${sentence}: ${errorMessage(error)}`, { cause: error });
  }
}

/** False when both branches hold the same files, for which no service opens a pull request. */
async function hasChanges(
  { signal }: Context,
  { repoURL, sourceBranch, targetBranch }: GitOpenPrConfig,
  clone: ShallowClone,
): Promise<boolean> {
  const exists = await orErrored(
    signal,
    `error checking if remote branch ${goQuote(targetBranch)} of repo ${shownUrl(repoURL)} exists`,
    clone.remoteBranchExists(targetBranch),
  );
  if (!exists) throw errored(`target branch ${goQuote(targetBranch)} does not exist`);
  try {
    await clone.fetch(targetBranch);
  } catch (error) {
    if (signal.aborted) throw error;
    throw errored(errorMessage(error));
  }
  const source = `origin/${sourceBranch}`;
  const target = `origin/${targetBranch}`;
  const sentence = `failed to check for changes between remote branches ${source} and ${target}`;
  return orErrored(signal, sentence, clone.hasDiffs(source, target));
}

async function open(
  context: Context,
  config: GitOpenPrConfig,
  message: string,
  provider: PullRequestProvider,
): Promise<PullRequest> {
  const { effects, signal } = context;
  const { repoURL, sourceBranch: source, targetBranch: target, labels = [] } = config;
  const effect = pullRequestEffect("pull-request.open", repoURL, `${source} → ${target}`);
  const request = { ...texts(context, config, message), source, target, labels };
  const created = effects.perform(effect, async () => {
    try {
      return await provider.create(request);
    } catch (error) {
      if (signal.aborted) throw error;
      throw erroredBecause("error creating pull request", error, omittedReason(error));
    }
  });
  return orErrored(signal, "error creating pull request", created);
}

/** Nothing is trimmed: a message ends with its own line end, and the body after a title begins with an empty line. */
function texts(
  { uiBaseUrl, project, stage }: Context,
  config: GitOpenPrConfig,
  message: string,
): { readonly title: string; readonly description: string } {
  const end = message.indexOf("\n");
  const firstLine = end < 0 ? message : message.slice(0, end);
  const rest = end < 0 ? "" : message.slice(end + 1);
  const title = config.title || firstLine;
  const body = config.description || (config.title ? message : rest);
  const link = `\n\n[View in Kargo UI](${uiBaseUrl}/project/${project}/stage/${stage})`;
  return { title, description: uiBaseUrl === "" ? body : body + link };
}

function toOutput({ id, url }: PullRequest): StepOutput {
  return { pr: { id, url } };
}
