// Step `git-clear`: removes everything from a working tree, staged and not committed.
// Leaves files behind that ignore rules hide, as Kargo does.
import { realpath } from "node:fs/promises";
import type { StepRunner } from "../promotion/step";
import { listInside } from "../tools/files";
import { inWorktree, orErrored } from "./git-step";

/** Configuration of `git-clear`. */
export interface GitClearConfig {
  readonly path: string;
}

/** Runs `git-clear` (pkg/promotion/runner/builtin/git_tree_clearer.go). */
export const gitClear: StepRunner<"git-clear", GitClearConfig, "git"> = {
  kind: "git-clear",
  needs: ["git"],
  async run(context, { path }) {
    const { signal } = context;
    return inWorktree(context, path, async (tree) => {
      // Git removes what it tracks; what it does not track yet is staged for that.
      await orErrored(signal, `error adding all files to working tree at ${path}`, tree.addAll(signal));
      await orErrored(signal, `error clearing working tree at ${path}`, tree.clear(signal));
      const left = (await namesIn(context.workDir, tree.dir)).filter((name) => name !== ".git");
      return { status: "Succeeded", ...(left.length > 0 && { warnings: [leftBehind(path, left)] }) };
    });
  },
};

async function namesIn(workDir: string, dir: string): Promise<string[]> {
  return await listInside(await realpath(workDir), dir).catch(() => []);
}

function leftBehind(path: string, names: readonly string[]): string {
  return (
    `git-clear left ${names.join(", ")} in ${path}, because ignore rules hide them; without a .gitignore the next ` +
    "git-commit adds them. Kargo does the same."
  );
}
