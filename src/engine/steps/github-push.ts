// Step `github-push`: pushes by having GitHub make the commits anew, so that it signs those a trusted key has signed.
// Replaying itself is github-replay.ts; resolves no conflict.
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { KeyedLock } from "../../base/keyed-lock";
import { commitUrl } from "../../model/git-hosting";
import type { Capabilities, StepContext, StepRunner } from "../promotion/step";
import { StepError } from "../promotion/step";
import { type GitCredentials, shownUrl } from "../tools/git-auth";
import { GitError, withContext } from "../tools/git-error";
import { integrateRemoteChanges, type PushIntegrationPolicy, resetToRemote } from "../tools/git-push";
import type { Worktree } from "../tools/git-worktree";
import { GithubCommits } from "../tools/pull-requests/github-commits";
import type { ProviderOptions } from "../tools/pull-requests/provider";
import { gitCredentials, inWorktree, orErrored, pushTarget } from "./git-step";
import { GithubPushError, replayOnGithub } from "./github-replay";
import { addressOf } from "./pull-request-step";
import {
  fewerAttempts,
  givesUpEarly,
  type PushParts,
  pushInAttempts,
  stoppedRebase,
  waitBetweenAttempts,
} from "./push-attempts";
import { errored, erroredBecause, failed } from "./step-failure";

/** Configuration of `github-push`. At most one of targetBranch and generateTargetBranch is set. */
export interface GithubPushConfig {
  readonly path: string;
  /** The branch that is checked out when absent. */
  readonly targetBranch?: string;
  /** Push to `kargo/promotion/<name>`, by force. */
  readonly generateTargetBranch?: boolean;
  readonly force?: boolean;
  readonly maxAttempts?: number;
  /** For GitHub's API alone; git has its own from git-clone. */
  readonly insecureSkipTLSVerify?: boolean;
}

type Needs = "git" | "credentials" | "effects" | "network";
type Context = StepContext & Pick<Capabilities, Needs>;

/** What to push where. */
interface Push {
  readonly branch: string;
  readonly force: boolean;
  readonly policy: PushIntegrationPolicy;
  /** Ref outside the branches that holds the objects meanwhile, without `refs/`. */
  readonly staging: string;
}

const cleanupTimeoutMs = 10_000;

/** Makes the runner of `github-push`. All pushes of one runner to the same branch go one after the other. */
export function makeGithubPush(parts: PushParts): StepRunner<"github-push", GithubPushConfig, Needs> {
  const lock = new KeyedLock();
  return {
    kind: "github-push",
    needs: ["git", "credentials", "effects", "network"],
    async run(context, config) {
      return inWorktree(context, config.path, async (loaded) => {
        const credentials = await tokenCredentials(context, loaded.originalURL);
        const sentence = `error loading working tree from ${config.path}`;
        const tree = await orErrored(context.signal, sentence, loaded.withCredentials(credentials));
        const api = apiOptions(context, config, tree, credentials);
        const push = await toPush(context, config, tree);
        await pushThroughApi({ context, config, tree, push, api, lock, parts });
        return { status: "Succeeded", output: await syncAndTell(context, tree, push.branch) };
      });
    },
  };
}

/** Runs `github-push` (pkg/promotion/runner/builtin/github_pusher.go). */
export const githubPush = makeGithubPush({ wait: waitBetweenAttempts });

/** Credentials that hold a token, without which GitHub's API changes nothing. */
async function tokenCredentials(context: Context, repoURL: string): Promise<GitCredentials> {
  const url = shownUrl(repoURL);
  const credentials = await gitCredentials(context, repoURL);
  if (credentials === undefined) throw failed(`no credentials found for ${url}`);
  if (credentials.password) return credentials;
  if (!credentials.sshPrivateKey) throw failed(`credentials for ${url} are missing a password/token`);
  throw failed(
    `found SSH key for ${url}; this can be used for basic Git operations only and cannot be used for GitHub API ` +
      "authentication; note that authentication of any kind using SSH keys is deprecated; use a personal access " +
      "token or GitHub App instead",
  );
}

function apiOptions(
  { signal }: Context,
  { insecureSkipTLSVerify = false }: GithubPushConfig,
  { originalURL }: Worktree,
  { password = "" }: GitCredentials,
): ProviderOptions {
  const sentence = "error parsing repository URL";
  const repository = addressOf(originalURL);
  if (repository === undefined) {
    throw errored(`${sentence}: error parsing github repository URL ${goQuote(shownUrl(originalURL))}`);
  }
  if (repository.path.replace(/^\//, "").split("/").length !== 2) {
    const shown = goQuote(repository.shown);
    throw errored(`${sentence}: could not extract repository owner and name from URL ${shown}`);
  }
  return { repository, token: password, insecureSkipTLSVerify, signal };
}

async function toPush(context: Context, config: GithubPushConfig, tree: Worktree): Promise<Push> {
  const { signal, promotion, git } = context;
  const { targetBranch = "", generateTargetBranch = false } = config;
  // The name holds the Promotion's: if the branch exists, this very Promotion made it in an earlier run.
  const force = config.force === true || generateTargetBranch;
  const named = generateTargetBranch ? `kargo/promotion/${promotion}` : targetBranch;
  const branch =
    named || (await orErrored(signal, "error getting current branch", tree.currentBranch(signal)));
  const policy = force ? "None" : (git.pushPolicy ?? "AlwaysRebase");
  return { branch, force, policy, staging: `kargo/staging/${promotion}` };
}

interface Work {
  readonly context: Context;
  readonly config: GithubPushConfig;
  readonly tree: Worktree;
  readonly push: Push;
  readonly api: ProviderOptions;
  readonly lock: KeyedLock;
  readonly parts: PushParts;
}

async function pushThroughApi(work: Work): Promise<void> {
  const { context, config, api, parts } = work;
  const { maxAttempts } = config;
  const isRetryable = (error: unknown) => error instanceof GithubPushError && error.code === "retryable";
  const commits = new GithubCommits(api);
  const staged = { isStaged: false };
  try {
    const once = () => pushOnce(work, commits, staged);
    await pushInAttempts(once, { context, maxAttempts, isRetryable, wait: parts.wait });
  } catch (error) {
    if (context.signal.aborted) throw error;
    throw toFault(error, givesUpEarly(maxAttempts) && isRetryable(error));
  } finally {
    await commits.close();
    if (staged.isStaged) await removeStaging(work);
  }
}

/** One attempt: what the remote has got comes in first, every time. */
async function pushOnce(
  { context, tree, push, lock }: Work,
  commits: GithubCommits,
  staged: { isStaged: boolean },
): Promise<void> {
  const { effects, signal, git } = context;
  const { branch, policy } = push;
  await lock.run(`${tree.originalURL}:${branch}`, signal, async () => {
    const quoted = goQuote(branch);
    const sentence = `error integrating remote changes from remote branch ${quoted} to local branch ${quoted}`;
    await withContext(sentence, integrateRemoteChanges(tree, branch, policy, signal));
    const target = pushTarget(tree.originalURL, branch);
    const effect = { kind: "github.push", target, summary: `Push ${target} through GitHub's API` } as const;
    await effects.perform(effect, () => {
      staged.isStaged = true;
      return replayOnGithub({ tree, commits, push, settings: git.githubPush ?? {}, signal });
    });
  });
}

/** What a failed push makes of the step (github_pusher.go run). */
function toFault(error: unknown, hasAttemptsLeft: boolean): unknown {
  if (GitError.is(error, "conflict") || GitError.is(error, "unsafeRebase")) return failed(error.message);
  const warnings: string[] = [];
  if (GitError.is(error, "stoppedRebase")) warnings.push(stoppedRebase);
  if (hasAttemptsLeft) warnings.push(fewerAttempts);
  const sentence = "error pushing commits to remote";
  if (!(error instanceof GithubPushError) || error.code !== "terminal") {
    return erroredBecause(sentence, error, warnings);
  }
  const text = `${sentence}: ${errorMessage(error)}`;
  return new StepError("Errored", text, { terminal: true, cause: error, warnings });
}

/** The ref served its purpose, however that ended: also after an abort, and a failure of this is only logged. */
async function removeStaging({ context, push, api }: Work): Promise<void> {
  const commits = new GithubCommits({ ...api, signal: AbortSignal.timeout(cleanupTimeoutMs) });
  try {
    await commits.deleteRef(push.staging);
  } catch (error) {
    context.log.warn(`The ref refs/${push.staging} could not be removed: ${errorMessage(error)}`);
  } finally {
    await commits.close();
  }
}

/** The commits at GitHub have other ids than ours, so ours are given up for them. */
async function syncAndTell({ signal }: Context, tree: Worktree, branch: string) {
  const sentence = "error syncing local branch after push";
  await orErrored(signal, sentence, resetToRemote(tree, branch, signal));
  const commit = await orErrored(signal, "error getting last commit ID", tree.headCommit(signal));
  const url = commitUrl("github", tree.originalURL, commit);
  return { commit, branch, ...(url !== undefined && { commitURL: url }) };
}
