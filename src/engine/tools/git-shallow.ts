// A passing look at one branch of a remote: a shallow clone outside the work directory that is gone once looked at.
// Commits and pushes nothing (pkg/controller/git/repo.go, for git-open-pr alone).
import { join } from "node:path";
import { goQuote } from "../../base/go-text";
import { type GitClient, type GitRun, hidden, operands } from "./git";
import { shownUrl } from "./git-auth";
import { GitError, withContext } from "./git-error";
import { openRemote, type RemoteOptions, remoteBranchExists } from "./git-remote";

/** A clone of the newest commit of one branch. Remove it when done. */
export class ShallowClone {
  readonly #client: GitClient;
  readonly #repoURL: string;
  readonly #run: GitRun;

  private constructor(client: GitClient, repoURL: string, run: GitRun) {
    this.#client = client;
    this.#repoURL = repoURL;
    this.#run = run;
  }

  /** Clones `branch` into the system's folder for temporary files. Throws GitError. */
  static async make(options: RemoteOptions & { readonly branch: string }): Promise<ShallowClone> {
    const { repoURL, branch, signal } = options;
    const client = await openRemote(undefined, options);
    try {
      const dir = join(client.home.dir, "repo");
      const args = [
        ...["clone", "--no-tags", ...branchOption(branch), "--depth", "1"],
        ...[operands, client.access?.url ?? repoURL, dir],
      ];
      const context = `error cloning repo ${goQuote(shownUrl(repoURL))} into ${goQuote(dir)}`;
      await withContext(context, client.run(args, { cwd: client.home.dir, signal }));
      return new ShallowClone(client, repoURL, { cwd: dir, signal });
    } catch (error) {
      await client.home.remove();
      throw error;
    }
  }

  /** The full id of HEAD. */
  async headCommit(): Promise<string> {
    const run = this.#client.run(["rev-parse", "HEAD"], this.#run);
    return (await withContext("error obtaining ID of last commit", run)).stdout.trim();
  }

  /** The branch that is checked out; empty when it was a tag that was cloned. */
  async currentBranch(): Promise<string> {
    const context = `error checking current branch for repo ${goQuote(shownUrl(this.#repoURL))}`;
    const run = this.#client.run(["branch", "--show-current"], this.#run);
    return (await withContext(context, run)).stdout.trim();
  }

  /** The whole message of the commit `ref` names, with its own line end. */
  async message(ref: string): Promise<string> {
    const args = ["log", "-n", "1", "--pretty=format:%B", hidden("--end-of-options"), ref, "--"];
    const context = `error obtaining commit message for commit ${goQuote(ref)}`;
    return (await withContext(context, this.#client.run(args, this.#run))).output;
  }

  /** True when the remote has the branch. */
  async remoteBranchExists(branch: string): Promise<boolean> {
    return remoteBranchExists(this.#client, this.#repoURL, branch, this.#run);
  }

  /** Fetches the newest commit of another branch. */
  async fetch(branch: string): Promise<void> {
    const refspec = `+refs/heads/${branch}:refs/remotes/origin/${branch}`;
    const shown = { run: [], shown: ["--depth", "1"] };
    const args = ["fetch", hidden("--depth", "1"), operands, "origin", refspec, shown];
    const context = `error fetching from repo ${goQuote(shownUrl(this.#repoURL))}`;
    await withContext(context, this.#client.run(args, this.#run));
  }

  /** True when the files of two commits differ. */
  async hasDiffs(one: string, other: string): Promise<boolean> {
    const args = ["diff", "--quiet", hidden("--end-of-options"), `${one}..${other}`, "--"];
    try {
      await this.#client.run(args, this.#run);
      return false;
    } catch (error) {
      if (GitError.is(error) && error.exitCode === 1) return true;
      return withContext(`error diffing commits ${one}..${other}`, Promise.reject(error));
    }
  }

  /** Deletes it. */
  async remove(): Promise<void> {
    await this.#client.home.remove();
  }
}

/** As one argument where the name begins with a dash, which git would take for an option. */
function branchOption(branch: string) {
  return branch.startsWith("-")
    ? [{ run: [`--branch=${branch}`], shown: ["--branch", branch] }]
    : ["--branch", branch];
}
