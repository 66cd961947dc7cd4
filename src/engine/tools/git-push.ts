// Bringing the remote's news into a working tree and pushing it (pkg/controller/git/remote_commit_integration.go and
// work_tree.go Push). Repeats nothing and asks nobody: the git-push step decides when to try again and tells the effect.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { goQuote } from "../../base/go-text";
import { hidden, operands } from "./git";
import { shownUrl } from "./git-auth";
import { GitError, inContext, withContext } from "./git-error";
import { remoteBranchExists, runPush } from "./git-remote";
import { isSigningConfigured, type SignatureStatus, signaturesOf } from "./git-signature";
import type { Worktree } from "./git-worktree";

/** How remote changes are brought in before a push (pkg/controller/git/push_integration_policy.go). */
export const pushIntegrationPolicies = [
  "AlwaysRebase",
  "AlwaysMerge",
  "RebaseOrMerge",
  "RebaseOrFail",
  "None",
] as const;

/** One of `pushIntegrationPolicies`. */
export type PushIntegrationPolicy = (typeof pushIntegrationPolicies)[number];

/** Brings changes of the remote branch into the tree as the policy says; nothing when the remote has no such branch. */
export async function integrateRemoteChanges(
  tree: Worktree,
  branch: string,
  policy: PushIntegrationPolicy,
  signal: AbortSignal,
): Promise<void> {
  if (policy === "None") return;
  if (!(await remoteBranchExists(tree.client, tree.originalURL, branch, tree.run(signal)))) return;
  if (policy === "AlwaysRebase") return pullRebase(tree, branch, signal);
  if (policy === "AlwaysMerge") return pullMerge(tree, branch, signal);
  const safe = await withContext("error checking rebase safety", canSafelyRebase(tree, branch, signal));
  if (safe) return pullRebase(tree, branch, signal);
  if (policy === "RebaseOrMerge") return pullMerge(tree, branch, signal);
  throw new GitError("unsafeRebase", "rebase is unsafe and policy prohibits merge fallback");
}

/** Pushes HEAD to a branch of the remote. Throws GitError `rejected` when the remote has commits HEAD has not. */
export async function pushHead(
  tree: Worktree,
  branch: string,
  options: { readonly force: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const refspec = {
    run: ["origin", `HEAD:${branch}`],
    shown: ["origin", `HEAD:${branch}`, ...(options.force ? ["--force"] : [])],
  };
  const force = options.force ? [hidden("--force")] : [];
  await runPush(tree.client, [...force, operands, refspec], tree.run(options.signal));
}

/** Pushes one tag, never by force. */
export async function pushTag(tree: Worktree, tag: string, signal: AbortSignal): Promise<void> {
  const args = ["push", operands, "origin", "tag", tag];
  await withContext("error pushing tag", tree.client.run(args, tree.run(signal)));
}

/** Fetches one branch, or all, into remote-tracking branches. */
export async function fetchBranch(
  tree: Worktree,
  branch: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const name = branch ?? "*";
  const args = ["fetch", operands, "origin", `+refs/heads/${name}:refs/remotes/origin/${name}`];
  const context = `error fetching from repo ${goQuote(shownUrl(tree.originalURL))}`;
  await withContext(context, tree.client.run(args, tree.run(signal)));
}

/** Fetches one branch and makes the checked-out branch and its files equal to it (work_tree.go Pull with force). */
export async function resetToRemote(tree: Worktree, branch: string, signal: AbortSignal): Promise<void> {
  await withContext(`error fetching branch ${goQuote(branch)}`, fetchBranch(tree, branch, signal));
  const args = ["reset", "--hard", `origin/${branch}`, hidden("--")];
  await withContext(`error resetting to origin/${branch}`, tree.client.run(args, tree.run(signal)));
}

/** Ids of the commits HEAD has and the fetched remote branch has not, newest first. */
export async function commitsAhead(
  tree: Worktree,
  branch: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const args = ["log", "--format=%H", hidden("--end-of-options"), `origin/${branch}..HEAD`, hidden("--")];
  const { stdout } = await withContext(
    "error listing commits to replay",
    tree.client.run(args, tree.run(signal)),
  );
  return stdout.split("\n").filter((line) => line !== "");
}

/** True when the tree is left in the middle of a rebase. */
export async function isRebasing(tree: Worktree, signal: AbortSignal): Promise<boolean> {
  const args = ["rev-parse", "--git-path", "rebase-merge", "--git-path", "rebase-apply"];
  const { stdout } = await tree.client.run(args, tree.run(signal));
  for (const path of stdout.split("\n")) {
    if (path !== "" && (await exists(resolve(tree.dir, path)))) return true;
  }
  return false;
}

async function pullRebase(tree: Worktree, branch: string, signal: AbortSignal): Promise<void> {
  try {
    await tree.client.run(["pull", "--rebase", operands, "origin", pulled(branch)], tree.run(signal));
  } catch (error) {
    const told = inContext("error pulling and rebasing branch", error);
    // Kargo looks for the rebase in a place where linked working trees do not keep it, and all of git-clone's are
    // linked. Its text stays what it is; the reason tells the truth to whoever wants to warn.
    if (!GitError.is(told) || !(await isRebasing(tree, signal))) throw told;
    throw new GitError("stoppedRebase", told.message, { output: told.output, cause: error });
  }
}

async function pullMerge(tree: Worktree, branch: string, signal: AbortSignal): Promise<void> {
  try {
    await tree.client.run(["pull", "--no-rebase", operands, "origin", pulled(branch)], tree.run(signal));
  } catch (error) {
    if (!GitError.is(error)) throw error;
    if (await isMerging(tree, signal)) throw new GitError("conflict", "merge conflict", { cause: error });
    throw inContext("error pulling and merging branch", error);
  }
}

/** `git pull` hands its operands to `git fetch` unguarded, where one that begins with a dash would be an option. */
function pulled(branch: string) {
  return branch.startsWith("-") ? { run: [`refs/heads/${branch}`], shown: [branch] } : branch;
}

async function isMerging(tree: Worktree, signal: AbortSignal): Promise<boolean> {
  try {
    await tree.client.run(["rev-parse", "--verify", "MERGE_HEAD"], tree.run(signal));
    return true;
  } catch (error) {
    if (GitError.is(error)) return false;
    throw error;
  }
}

/** True when replaying our commits neither strips a trusted signature nor signs somebody else's work. */
async function canSafelyRebase(tree: Worktree, branch: string, signal: AbortSignal): Promise<boolean> {
  await withContext(
    `error determining commits to replay: error fetching remote branch ${goQuote(branch)}`,
    fetchBranch(tree, branch, signal),
  );
  const run = tree.run(signal);
  const signatures = await signaturesOf(tree.client, `origin/${branch}..HEAD`, run);
  if (signatures.length === 0) return true;
  const signing = await isSigningConfigured(tree.client, run);
  return signatures.every((status) => isRebaseSafe(status, signing));
}

/** pkg/controller/git/remote_commit_integration.go isRebaseSafeForCommit. */
function isRebaseSafe(status: SignatureStatus, signing: boolean): boolean {
  if (status === "untrusted") return false;
  return status === "trusted" ? signing : !signing;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
