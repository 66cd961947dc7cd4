// Makes a bare repository whose first commit on main is the content of a folder.
// For samples; promotions never call it.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { GitClient, operands } from "./git";
import { GitHome, type GitPrograms } from "./git-home";
import { tempFolderPrefix } from "./temp-folders";

/** What to make a repository of. Paths are absolute; `from` gets a `.git` folder of its own. */
export interface SeedOptions {
  readonly from: string;
  /** The bare repository to make. */
  readonly repository: string;
  readonly message: string;
  readonly programs?: GitPrograms;
  readonly signal: AbortSignal;
}

/** Makes the repository. Throws GitError. */
export async function seedRepository(options: SeedOptions): Promise<void> {
  const { from, repository, message, programs = {}, signal } = options;
  const parent = await mkdtemp(tempFolderPrefix());
  const home = await GitHome.create(join(parent, "home-"), { programs, signal });
  try {
    const git = new GitClient({ home, programs });
    await git.run(["init", "--quiet", "--bare", "--initial-branch=main", operands, repository], {
      cwd: from,
      signal,
    });
    for (const args of [
      ["init", "--quiet", "--initial-branch=main"],
      ["add", "--all"],
      ["commit", "--quiet", "--message", message],
      ["push", "--quiet", "--", repository, "main"],
    ]) {
      await git.run(args, { cwd: from, signal });
    }
  } finally {
    await home.remove();
    await rm(parent, { recursive: true, force: true });
  }
}
