// Step `git-push`: brings in what the remote branch has got meanwhile and pushes, again when somebody was faster.
// Opens no pull request and resolves no conflict.
import { asString, isObject } from "../../base/json";
import { KeyedLock } from "../../base/keyed-lock";
import { commitUrl, type GitProvider, gitHostUrl, gitProviderOf } from "../../model/git-hosting";
import type { Capabilities, StepContext, StepRunner } from "../promotion/step";
import { GitError } from "../tools/git-error";
import { integrateRemoteChanges, type PushIntegrationPolicy, pushHead, pushTag } from "../tools/git-push";
import type { Worktree } from "../tools/git-worktree";
import { giteaVersionProblem } from "../tools/pull-requests/gitea";
import { gitCredentials, inWorktree, orErrored, pushTarget } from "./git-step";
import {
  fewerAttempts,
  givesUpEarly,
  type PushParts,
  pushInAttempts,
  stoppedRebase,
  waitBetweenAttempts,
} from "./push-attempts";
import { erroredBecause, failed } from "./step-failure";

/** Configuration of `git-push`. At most one of targetBranch, generateTargetBranch and tag is set. */
export interface GitPushConfig {
  readonly path: string;
  /** The branch that is checked out when absent. */
  readonly targetBranch?: string;
  /** Push to `kargo/promotion/<name>`, by force. */
  readonly generateTargetBranch?: boolean;
  readonly tag?: string;
  readonly force?: boolean;
  readonly maxAttempts?: number;
  /** Hosting service, where its name is not in the URL; only the commit's URL depends on it. */
  readonly provider?: GitProvider;
}

type Needs = "git" | "credentials" | "effects" | "network";
type Context = StepContext & Pick<Capabilities, Needs>;

/** What to push where; without a branch HEAD is detached and the push will tell so. */
interface Push {
  readonly branch: string;
  readonly tag: string;
  readonly force: boolean;
  readonly policy: PushIntegrationPolicy;
}

const giteaTimeoutMs = 10_000;

/** Makes the runner of `git-push`. All pushes of one runner to the same branch go one after the other. */
export function makeGitPush(parts: PushParts): StepRunner<"git-push", GitPushConfig, Needs> {
  const lock = new KeyedLock();
  return {
    kind: "git-push",
    needs: ["git", "credentials", "effects", "network"],
    async run(context, config) {
      const { signal } = context;
      return inWorktree(context, config.path, async (loaded) => {
        const credentials = await gitCredentials(context, loaded.originalURL);
        const sentence = `error loading working tree from ${config.path}`;
        const tree = await orErrored(signal, sentence, loaded.withCredentials(credentials));
        const push = await toPush(context, config, tree);
        const once = () => pushOnce(context, tree, push, lock);
        await pushUntilAccepted(context, once, config.maxAttempts, parts);
        return { status: "Succeeded", output: await outputOf(context, config, tree, push.branch) };
      });
    },
  };
}

/** Runs `git-push` (pkg/promotion/runner/builtin/git_pusher.go). */
export const gitPush = makeGitPush({ wait: waitBetweenAttempts });

async function toPush(context: Context, config: GitPushConfig, tree: Worktree): Promise<Push> {
  const { signal, promotion, git } = context;
  const { targetBranch = "", generateTargetBranch = false, tag = "" } = config;
  // The name holds the Promotion's: if the branch exists, this very Promotion made it in an earlier run.
  const force = config.force === true || generateTargetBranch;
  const named = generateTargetBranch ? `kargo/promotion/${promotion}` : targetBranch;
  const branch =
    named || (await orErrored(signal, "error getting current branch", tree.currentBranch(signal)));
  const policy = force || tag !== "" ? "None" : (git.pushPolicy ?? "AlwaysRebase");
  return { branch, tag, force, policy };
}

/** One attempt: what the remote has got comes in first, every time. */
async function pushOnce(
  { effects, signal }: Context,
  tree: Worktree,
  { branch, tag, force, policy }: Push,
  lock: KeyedLock,
): Promise<void> {
  await lock.run(`${tree.originalURL}:${branch}`, signal, async () => {
    if (tag !== "") {
      const effect = effectOf(tree, `tag ${tag}`);
      await effects.perform(effect, () => pushTag(tree, tag, signal));
      return;
    }
    await integrateRemoteChanges(tree, branch, policy, signal);
    await effects.perform(effectOf(tree, branch), () => pushHead(tree, branch, { force, signal }));
  });
}

function effectOf(tree: Worktree, ref: string) {
  const target = pushTarget(tree.originalURL, ref);
  return { kind: "git.push", target, summary: `Push ${target}` } as const;
}

async function pushUntilAccepted(
  context: Context,
  once: () => Promise<void>,
  maxAttempts: number | undefined,
  { wait }: PushParts,
): Promise<void> {
  const isRetryable = (error: unknown) => GitError.is(error, "rejected");
  try {
    await pushInAttempts(once, { context, maxAttempts, isRetryable, wait });
  } catch (error) {
    if (context.signal.aborted) throw error;
    throw toFault(error, givesUpEarly(maxAttempts));
  }
}

/** What a failed push makes of the step (git_pusher.go run). */
function toFault(error: unknown, hasAttemptsLeft: boolean): unknown {
  if (GitError.is(error, "conflict") || GitError.is(error, "unsafeRebase")) return failed(error.message);
  const warnings: string[] = [];
  if (GitError.is(error, "stoppedRebase")) warnings.push(stoppedRebase);
  if (GitError.is(error, "rejected") && hasAttemptsLeft) warnings.push(fewerAttempts);
  return erroredBecause("error pushing commits to remote", error, warnings);
}

async function outputOf(context: Context, config: GitPushConfig, tree: Worktree, branch: string) {
  const { signal } = context;
  const commit = await orErrored(signal, "error getting last commit ID", tree.headCommit(signal));
  const url = await findCommitUrl(context, config.provider, tree.originalURL, commit);
  return { commit, ...(branch !== "" && { branch }), ...(url !== undefined && { commitURL: url }) };
}

/** Where the commit can be seen. Kargo gives the provider no token here, so azure's client is never made. */
async function findCommitUrl(
  context: Context,
  configured: GitProvider | undefined,
  repoURL: string,
  commit: string,
): Promise<string | undefined> {
  const provider = configured ?? gitProviderOf(repoURL);
  if (provider === undefined || provider === "azure") return undefined;
  if (provider === "gitea" && !(await giteaAnswers(context, repoURL))) return undefined;
  return commitUrl(provider, repoURL, commit);
}

/** Gitea's client asks the server for its version first, and there is no URL when it does not answer well. */
async function giteaAnswers({ network, signal }: Context, repoURL: string): Promise<boolean> {
  const server = gitHostUrl(repoURL) ?? "";
  try {
    const response = await network.fetch(`${server}/api/v1/version`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(giteaTimeoutMs)]),
    });
    const answer: unknown = await response.json();
    const version = isObject(answer) ? (asString(answer.version) ?? "") : "";
    return response.ok && giteaVersionProblem(version, server) === undefined;
  } catch {
    return false;
  }
}
