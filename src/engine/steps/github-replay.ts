// Makes GitHub repeat local commits on a branch: staging, comparison, commit by commit, and the branch's new head
// (pkg/promotion/runner/builtin/github_pusher.go push). Integrates nothing and tries nothing twice.
import { CodedError, errorMessage } from "../../base/errors";
import type { GithubPushSettings } from "../promotion/step";
import { inContext } from "../tools/git-error";
import { pushHead } from "../tools/git-push";
import { remoteBranchExists } from "../tools/git-remote";
import { type CommitSignature, commitSignature } from "../tools/git-signature";
import type { Worktree } from "../tools/git-worktree";
import type {
  GithubCommit,
  GithubCommits,
  GithubComparison,
  GithubPerson,
  NewGithubCommit,
} from "../tools/pull-requests/github-commits";
import { PullRequestError } from "../tools/pull-requests/provider";

/** Why a push through the API failed. `retryable`: somebody was faster; `terminal`: it never will succeed. */
export class GithubPushError extends CodedError<"other" | "retryable" | "terminal"> {}

/** One replay. */
export interface GithubReplay {
  readonly tree: Worktree;
  readonly commits: GithubCommits;
  readonly push: {
    readonly branch: string;
    readonly force: boolean;
    /** Without `refs/`. */
    readonly staging: string;
  };
  readonly settings: GithubPushSettings;
  readonly signal: AbortSignal;
}

const defaultMaxRevisions = 10;

/** Brings HEAD's commits to the branch. Throws GithubPushError, GitError, or the signal's reason. */
export async function replayOnGithub(replay: GithubReplay): Promise<void> {
  const { tree, commits, push, settings, signal } = replay;
  const { branch, staging, force } = push;
  const ref = `refs/${staging}`;
  await within(`error pushing to staging ref ${ref}`, pushHead(tree, ref, { force: true, signal }));
  const head = await within("error getting source HEAD", tree.headCommit(signal));
  const found = remoteBranchExists(tree.client, tree.originalURL, branch, tree.run(signal));
  const exists = await within(`error checking if remote branch ${branch} exists`, found);
  const base = await findBase(replay, exists);
  const context = `error comparing commits ${base}..${head}`;
  const comparison = await within(context, commits.compare(base, head));
  if (comparison.status === "identical") return;
  checkComparison(comparison, { base, head, force });
  checkCount(comparison, head, settings.maxRevisions ?? defaultMaxRevisions);
  const newHead = await within("error replaying commits via GitHub API", replayAll(replay, comparison));
  await within("error updating target ref", moveBranch(replay, newHead, exists));
}

/** What the branch has; for a new one, what the remote has of the branch that is checked out. */
async function findBase({ tree, commits, push, signal }: GithubReplay, exists: boolean): Promise<string> {
  const branch = exists
    ? push.branch
    : await within("error getting current branch name", tree.currentBranch(signal));
  const ref = `heads/${branch}`;
  return within(`error getting ref ${ref}`, commits.refCommit(ref));
}

function checkComparison(
  { status }: GithubComparison,
  { base, head, force }: { readonly base: string; readonly head: string; readonly force: boolean },
): void {
  if (status === "ahead") return;
  if (status !== "behind" && status !== "diverged") {
    const text = `unexpected comparison status ${JSON.stringify(status)} for ${base}..${head}`;
    throw new GithubPushError("terminal", text);
  }
  if (force) return;
  // The next attempt may integrate what the branch has got.
  const relation =
    status === "behind"
      ? "source branch is behind target branch"
      : "source and target branches have diverged";
  throw new GithubPushError("retryable", `${relation} and force pushing is not enabled`);
}

function checkCount({ commits, mergeBase }: GithubComparison, head: string, max: number): void {
  if (commits.length <= max) return;
  const text =
    `commit range ${mergeBase}..${head} contains ${commits.length} commits, ` +
    `which exceeds the configured maximum of ${max}`;
  throw new GithubPushError("terminal", text);
}

/** Repeats the commits, oldest first, on top of the merge base; returns the id of the last. */
async function replayAll(replay: GithubReplay, comparison: GithubComparison): Promise<string> {
  const { mergeBase, commits } = comparison;
  const newIds = new Map([[mergeBase, mergeBase]]);
  let last = mergeBase;
  for (const [index, original] of commits.entries()) {
    if (original.tree === "") {
      throw new GithubPushError("other", `commit ${index} in range has missing tree information`);
    }
    const made = await toNewCommit(replay, original);
    // Only a merge needs its parents looked up; whatever else is in line follows the commit before it.
    const parents = original.parents.length > 1 ? original.parents.map((id) => newIds.get(id) ?? id) : [last];
    const context = `error creating commit ${index + 1}/${commits.length} (original: ${original.id})`;
    last = await within(context, replay.commits.createCommit({ ...made, parents }));
    newIds.set(original.id, last);
  }
  return last;
}

async function toNewCommit(
  { tree, settings, signal }: GithubReplay,
  original: GithubCommit,
): Promise<NewGithubCommit> {
  const context = `error getting signature info for commit ${original.id}`;
  const signature = await within(context, commitSignature(tree.client, original.id, tree.run(signal)));
  const { id: _, author, committer, ...kept } = original;
  if (!signature.trusted && settings.verifiesUntrustedCommits !== true) {
    return { ...kept, ...(author && { author }), ...(committer && { committer }) };
  }
  // Without people GitHub makes the commit the token's owner's and signs it; the author is kept as a trailer.
  return { ...kept, message: kept.message + coAuthor(author, signature) };
}

function coAuthor(author: GithubPerson | undefined, { signerName, signerEmail }: CommitSignature): string {
  const { name, email } = author ?? {};
  if (typeof name !== "string" || typeof email !== "string" || name === "" || email === "") return "";
  if (name === signerName && email === signerEmail) return "";
  return `\n\nCo-authored-by: ${name} <${email}>`;
}

async function moveBranch({ commits, push }: GithubReplay, id: string, exists: boolean): Promise<void> {
  const ref = `heads/${push.branch}`;
  if (!exists) {
    await within(`error creating ref ${ref} at ${id}`, commits.createRef(ref, id));
    return;
  }
  try {
    await commits.updateRef(ref, id, { force: push.force });
  } catch (error) {
    const isRaced = error instanceof PullRequestError && error.status === 422;
    if (!isRaced) return await within(`error updating ref ${ref} to ${id}`, Promise.reject(error));
    const text = `error updating ref ${ref} to ${id} (not a fast forward): ${error.message}`;
    throw new GithubPushError("retryable", text, { cause: error });
  }
}

/** Awaits `work`; what git or GitHub say of a failure gets `context` before it. A refused push is not tried again. */
async function within<T>(context: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GithubPushError) {
      throw new GithubPushError(error.code, `${context}: ${error.message}`, { cause: error });
    }
    if (!(error instanceof PullRequestError)) throw inContext(context, error);
    throw new GithubPushError("other", `${context}: ${errorMessage(error)}`, { cause: error });
  }
}
