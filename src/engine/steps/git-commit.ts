// Step `git-commit`: commits every change below a path of a working tree.
// Pushes nothing; a tree without changes is skipped.
import type { StepRunner } from "../promotion/step";
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
      const hasDiffs = await orErrored(
        signal,
        "error checking for diffs in working tree",
        tree.hasDiffs(signal),
      );
      if (hasDiffs) {
        await orErrored(signal, "error committing to working tree", tree.commit(message, author, signal));
      }
      const commit = await orErrored(signal, "error getting last commit ID", tree.headCommit(signal));
      return { status: hasDiffs ? "Succeeded" : "Skipped", output: { commit } };
    });
  },
};
