// Step `git-commit`: commits every change below a path of a working tree.
// Pushes nothing; a tree without changes is skipped.
import type { StepRunner } from "../promotion/step";
import type { Worktree } from "../tools/git-worktree";
import { type GitAuthorConfig, inWorktree, orErrored } from "./git-step";

/** Configuration of `git-commit`. */
export interface GitCommitConfig {
  readonly path: string;
  readonly message: string;
  /** Author and committer of this commit alone. */
  readonly author?: GitAuthorConfig;
}

/** Runs `git-commit` (pkg/promotion/runner/builtin/git_commiter.go). */
export const gitCommit: StepRunner<"git-commit", GitCommitConfig, "git"> = {
  kind: "git-commit",
  needs: ["git"],
  async run(context, { path, message, author }) {
    const { signal } = context;
    return inWorktree(context, path, async (tree) => {
      await orErrored(signal, "error adding all changes to working tree", tree.addAll(signal));
      const committed = await commitChanges(tree, { message, author, signal });
      const commit = await orErrored(signal, "error getting last commit ID", tree.headCommit(signal));
      return { status: committed ? "Succeeded" : "Skipped", output: { commit } };
    });
  },
};

/**
 * Commits unless the tree is clean; tells whether it did. Kargo asks for the status first. A commit finds out by itself,
 * at the cost of nothing; where it would do more than that on a clean tree, the status comes first here too.
 */
async function commitChanges(
  tree: Worktree,
  options: Pick<GitCommitConfig, "message" | "author"> & { readonly signal: AbortSignal },
): Promise<boolean> {
  const { message, author, signal } = options;
  const hasDiffs = () => orErrored(signal, "error checking for diffs in working tree", tree.hasDiffs(signal));
  const commit = () =>
    orErrored(signal, "error committing to working tree", tree.commit(message, author, signal));
  if (author !== undefined || (await tree.mayBeMerging())) {
    if (!(await hasDiffs())) return false;
    await commit();
    return true;
  }
  try {
    await commit();
    return true;
  } catch (error) {
    if (signal.aborted || (await hasDiffs())) throw error;
    return false;
  }
}
