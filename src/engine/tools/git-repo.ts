// The bare clone of a Promotion, to which working trees are added (pkg/controller/git/bare_repo.go).
// Changes no working tree beyond adding it; git-worktree.ts does the rest.
import { appendFile, realpath, rm } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { goQuote } from "../../base/go-text";
import { listInside, makeDirsInside, removeInside, statInside } from "./files";
import { type GitArg, type GitClient, type GitRun, hidden, operands } from "./git";
import { shownUrl } from "./git-auth";
import { GitError, withContext } from "./git-error";
import { configText, type GitIdentity } from "./git-home";
import { openRemote, type RemoteOptions, remoteBranchExists, runPush } from "./git-remote";
import { isSigningConfigured } from "./git-signature";
import { Worktree } from "./git-worktree";
import { bestAccess } from "./open-dir";

/** How to make a bare clone. */
export interface BareCloneOptions extends RemoteOptions {
  /** Existing directory; the clone gets a directory of its own in it. */
  readonly baseDir: string;
  readonly identity?: GitIdentity;
  /** Fetch file contents only when they are needed. */
  readonly blobless?: boolean;
}

/** How to add a working tree. */
export interface AddWorktreeOptions {
  /** Absolute path, already known to be inside the work directory. */
  readonly path: string;
  /** Branch, tag or commit; git refuses an empty one. */
  readonly ref: string;
  /** Folders of a sparse checkout in cone mode. */
  readonly sparse?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * A bare clone in its private home. Local branches and tags are what the remote had; there are no remote-tracking
 * branches. `close` it when done; the files stay for later steps.
 */
export class BareRepo {
  /** As the user wrote it. */
  readonly repoURL: string;
  /** Absolute path of the repository. */
  readonly dir: string;
  /** What working trees lie in. */
  readonly baseDir: string;
  readonly #client: GitClient;
  readonly #added: string[] = [];

  private constructor(repoURL: string, baseDir: string, dir: string, client: GitClient) {
    this.repoURL = repoURL;
    this.baseDir = baseDir;
    this.dir = dir;
    this.#client = client;
  }

  /** Clones into `baseDir/repo-…/repo`. Throws GitError. */
  static async clone(options: BareCloneOptions): Promise<BareRepo> {
    const { repoURL, signal, baseDir } = options;
    const client = await openRemote(baseDir, { ...options, ceiling: await realpath(baseDir) });
    try {
      const dir = join(client.home.dir, "repo");
      const args = [
        ...["clone", "--bare", ...(options.blobless ? ["--filter", "blob:none"] : [])],
        ...[cloneSettings(client.home.dir), operands, client.access?.url ?? repoURL, dir],
      ];
      const context = `error cloning repo ${goQuote(shownUrl(repoURL))} into ${goQuote(dir)}`;
      await withContext(context, client.run(args, { cwd: client.home.dir, signal }));
      await appendFile(join(dir, "config"), cloneRecords(client.home.dir, dir, repoURL));
      return new BareRepo(repoURL, await realpath(baseDir), dir, client);
    } catch (error) {
      await client.home.close();
      throw error;
    }
  }

  /** True when the remote has the branch. */
  async remoteBranchExists(branch: string, signal: AbortSignal): Promise<boolean> {
    return remoteBranchExists(this.#client, this.repoURL, branch, { cwd: this.dir, signal });
  }

  /**
   * Makes a local branch without history that holds one empty commit. Git 2.42 has an option of `worktree add` for it;
   * older ones need the parts (pkg/promotion/runner/builtin/git_cloner.go ensureRemoteBranch).
   */
  async createOrphanBranch(branch: string, signal: AbortSignal): Promise<void> {
    const run: GitRun = { cwd: this.dir, signal };
    const shown = goQuote(branch);
    const tree = await this.#client.run(["mktree"], run);
    const sign = (await isSigningConfigured(this.#client, run)) ? ["-S"] : [];
    const commit = await withContext(
      `error making initial commit to new branch ${shown} of repo ${shownUrl(this.repoURL)}`,
      this.#client.run(["commit-tree", ...sign, "-m", "Initial commit", tree.stdout.trim()], run),
    );
    await withContext(
      `error creating orphaned branch ${shown} for repo ${goQuote(shownUrl(this.repoURL))}`,
      this.#client.run(["branch", operands, branch, commit.stdout.trim()], run),
    );
  }

  /** Pushes a local branch to the branch of the same name, without looking at what is there. */
  async pushBranch(branch: string, signal: AbortSignal): Promise<void> {
    const refspec = { run: [`refs/heads/${branch}:refs/heads/${branch}`], shown: [`HEAD:${branch}`] };
    await runPush(this.#client, [operands, "origin", refspec], { cwd: this.dir, signal });
  }

  /** True when the branch is here; one that somebody made since the clone is not. */
  async hasBranch(branch: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#client.run(["show-ref", "--verify", "--quiet", operands, `refs/heads/${branch}`], {
        cwd: this.dir,
        signal,
      });
      return true;
    } catch (error) {
      if (GitError.is(error)) return false;
      throw error;
    }
  }

  /** Takes the remote's branch as it is now, whatever is here under its name. */
  async fetchBranch(branch: string, signal: AbortSignal): Promise<void> {
    const refspec = `+refs/heads/${branch}:refs/heads/${branch}`;
    await this.#client.run(["fetch", "--no-tags", operands, "origin", refspec], { cwd: this.dir, signal });
  }

  /** Adds a working tree and, when asked, narrows it. Throws GitError; a failed sparse checkout leaves no tree. */
  async addWorktree(options: AddWorktreeOptions): Promise<Worktree> {
    const { path, ref, signal, sparse = [] } = options;
    if (this.#added.includes(path)) {
      throw new GitError("other", `working tree already exists at ${goQuote(path)}`);
    }
    await withContext(`error adding working tree at ${goQuote(path)}`, this.#checkOut(path, ref, signal));
    const dir = await realpath(path);
    this.#added.push(dir);
    const worktree = await Worktree.added(this.#client, dir, this.repoURL);
    if (sparse.length === 0) return worktree;
    const context = `error configuring sparse checkout for ${goQuote(dir)}`;
    try {
      await withContext(context, worktree.sparseCheckout(sparse, signal));
      return worktree;
    } catch (error) {
      await this.#removeWorktree(dir, signal);
      throw error;
    }
  }

  /** Stops what the home started and takes the SSH key away; the files stay. */
  async close(): Promise<void> {
    await this.#client.home.close();
  }

  /**
   * Git makes the tree in the directory it is started in, which is made and held before: a path it would follow link by
   * link, and one may have been swapped in meanwhile. Where directories cannot be held, git gets the path.
   */
  async #checkOut(path: string, ref: string, signal: AbortSignal): Promise<void> {
    const { baseDir, dir } = this;
    const byPath = ["worktree", "add", path, ref];
    if (bestAccess === "checked" || ref === "" || (await isOccupied(baseDir, path))) {
      await this.#client.run(["worktree", "add", operands, path, ref], { cwd: dir, signal });
      return;
    }
    const made = await firstMissing(baseDir, path);
    await makeDirsInside(baseDir, path, 0o777);
    const args = [`--git-dir=${dir}`, "worktree", "add", "--", ".", ref];
    try {
      await this.#client.run([{ run: args, shown: byPath }], { cwd: path, signal });
    } catch (error) {
      if (made !== undefined) await removeInside(baseDir, made).catch(() => {});
      throw error;
    }
  }

  async #removeWorktree(dir: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#client.run(["worktree", "remove", operands, dir], { cwd: this.dir, signal });
      await rm(dir, { recursive: true, force: true });
    } catch (error) {
      if (!GitError.is(error)) throw error; // what went wrong first is what gets reported
    }
  }
}

/**
 * An end to hooks and background maintenance, which Kargo's image does not have. It stands here and not in the home
 * because a remote that is a folder reads the home too, and its hooks must run.
 */
function cloneSettings(home: string): GitArg {
  const settings = [`core.hooksPath=${join(home, "no-hooks")}`, "gc.auto=0", "maintenance.auto=false"];
  return hidden(...settings.flatMap((setting) => ["-c", setting]));
}

/**
 * Where later steps find home and URL, under the keys Kargo uses. Written and not passed as arguments: a URL may hold a
 * password, and everybody on a machine may look at arguments.
 */
function cloneRecords(home: string, dir: string, repoURL: string): string {
  return configText([
    ["kargo", "repoDir", dir],
    ["kargo", "repoHomeDir", home],
    ["kargo", "repoOriginalURL", repoURL],
  ]);
}

/** True when something is there that git must refuse, or will complain about. */
async function isOccupied(baseDir: string, path: string): Promise<boolean> {
  const info = await statInside(baseDir, path);
  if (info === undefined) return false;
  return !info.isDirectory() || (await listInside(baseDir, path)).length > 0;
}

/** The topmost directory on the way to `path` that is not there. */
async function firstMissing(baseDir: string, path: string): Promise<string | undefined> {
  const names = relative(baseDir, path).split(sep);
  for (let length = 1; length <= names.length; length++) {
    const dir = join(baseDir, ...names.slice(0, length));
    if ((await statInside(baseDir, dir)) === undefined) return dir;
  }
  return undefined;
}
