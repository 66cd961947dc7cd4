// Step `git-tag`: puts an annotated tag on the commit that is checked out.
// Pushes nothing; git-push has an option for that.
import type { StepRunner } from "../promotion/step";
import { inWorktree, orErrored } from "./git-step";

/** Configuration of `git-tag`. */
export interface GitTagConfig {
  readonly path: string;
  readonly tag: string;
  readonly message: string;
  /** Move a tag that exists. */
  readonly force?: boolean;
}

/** Runs `git-tag` (pkg/promotion/runner/builtin/git_tagger.go). */
export const gitTag: StepRunner<"git-tag", GitTagConfig, "git"> = {
  kind: "git-tag",
  needs: ["git"],
  async run(context, { path, tag, message, force = false }) {
    const { signal } = context;
    return inWorktree(context, path, async (tree) => {
      const created = tree.createTag(tag, message, { force, signal });
      await orErrored(signal, `error creating tag ${tag}`, created);
      const commit = await orErrored(signal, "error getting last commit ID", tree.headCommit(signal));
      return { status: "Succeeded", output: { commit } };
    });
  },
};
