// Step `git-clone`: clones a repository and checks out one or more branches, commits or tags beside each other.
// Creates a missing branch at the remote when asked to; cleans nothing up after a fault.
import { goQuote } from "../../base/go-text";
import type { Capabilities, StepContext, StepRunner } from "../promotion/step";
import { shownUrl } from "../tools/git-auth";
import { withContext } from "../tools/git-error";
import { BareRepo } from "../tools/git-repo";
import type { Worktree } from "../tools/git-worktree";
import { type GitAuthorConfig, gitCredentials, orErrored, pathInWorkDir, pushTarget } from "./git-step";
import { errored, erroredBecause, failed } from "./step-failure";

/** One working tree that `git-clone` makes. At most one of branch, commit and tag is not empty. */
export interface GitCheckoutConfig {
  readonly path: string;
  /** Key of the commit in the output; `path` when absent. */
  readonly as?: string;
  readonly branch?: string;
  readonly commit?: string;
  readonly tag?: string;
  /** Create the branch, empty, when the remote does not have it. */
  readonly create?: boolean;
  /** Folders to check out; all of them when absent. */
  readonly sparse?: readonly string[];
}

/** Configuration of `git-clone`. */
export interface GitCloneConfig {
  readonly repoURL: string;
  readonly checkout: readonly GitCheckoutConfig[];
  readonly author?: GitAuthorConfig;
  readonly insecureSkipTLSVerify?: boolean;
  readonly recurseSubmodules?: boolean;
  readonly blobless?: boolean;
}

type Context = StepContext & Pick<Capabilities, "git" | "credentials" | "effects">;

/** Runs `git-clone` (pkg/promotion/runner/builtin/git_cloner.go). */
export const gitClone: StepRunner<"git-clone", GitCloneConfig, "git" | "credentials" | "effects"> = {
  kind: "git-clone",
  needs: ["git", "credentials", "effects"],
  async run(context, config) {
    assertUniqueAliases(config.checkout);
    const { signal } = context;
    const repo = await cloneBare(context, config);
    try {
      const commits: Record<string, string> = {};
      for (const checkout of config.checkout) {
        commits[checkout.as || checkout.path] = await addCheckout(context, config, repo, checkout);
      }
      return { status: "Succeeded", output: { commits } };
    } finally {
      await orErrored(signal, `error closing ${shownUrl(config.repoURL)}`, repo.close());
    }
  },
};

function assertUniqueAliases(checkouts: readonly GitCheckoutConfig[]): void {
  const seen = new Set<string>();
  checkouts.forEach(({ as }, index) => {
    if (as === undefined || as === "") return;
    if (seen.has(as)) throw failed(`duplicate checkout alias ${goQuote(as)} at checkout[${index}]`);
    seen.add(as);
  });
}

async function cloneBare(context: Context, config: GitCloneConfig): Promise<BareRepo> {
  const { workDir, signal, log, git } = context;
  const { repoURL, author, insecureSkipTLSVerify = false, blobless = false } = config;
  const credentials = await gitCredentials(context, repoURL);
  return orErrored(
    signal,
    `error cloning ${shownUrl(repoURL)}`,
    BareRepo.clone({
      baseDir: workDir,
      repoURL,
      identity: author ?? git.user,
      insecureSkipTLSVerify,
      blobless,
      programs: git.paths,
      signal,
      log,
      ...(credentials === undefined ? {} : { credentials }),
    }),
  );
}

/** Makes one working tree and returns the commit it has checked out. */
async function addCheckout(
  context: Context,
  { repoURL, recurseSubmodules }: GitCloneConfig,
  repo: BareRepo,
  checkout: GitCheckoutConfig,
): Promise<string> {
  const { signal } = context;
  const branch = checkout.branch ?? "";
  if (branch !== "") await ensureRemoteBranch(context, repo, branch, checkout.create === true);
  const path = await pathInWorkDir(context, checkout.path);
  const tree = await addWorktree(context, repo, repoURL, { ...checkout, resolved: path });
  if (recurseSubmodules) {
    await orErrored(
      signal,
      `error updating submodules for worktree at ${path}`,
      tree.updateSubmodules(signal),
    );
  }
  return orErrored(signal, `error resolving HEAD for worktree at ${path}`, tree.headCommit(signal));
}

async function addWorktree(
  { signal }: Context,
  repo: BareRepo,
  repoURL: string,
  checkout: GitCheckoutConfig & { readonly resolved: string },
): Promise<Worktree> {
  const ref = checkout.branch || checkout.commit || checkout.tag || "";
  const { resolved: path, sparse = [] } = checkout;
  try {
    return await repo.addWorktree({ path, ref, sparse, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    const sentence = `error adding work tree ${checkout.path} to repo ${shownUrl(repoURL)}`;
    throw erroredBecause(sentence, error, ref === "" ? [noDefaultBranch(checkout.path)] : []);
  }
}

function noDefaultBranch(path: string): string {
  return (
    `The checkout ${path} names no branch, commit or tag. Kargo's documentation promises the default branch then, ` +
    "but Kargo 1.11.2 fails like this; name what to check out."
  );
}

/** Checks that the remote has the branch, and creates it there when asked to. */
async function ensureRemoteBranch(
  context: Context,
  repo: BareRepo,
  branch: string,
  create: boolean,
): Promise<void> {
  const { signal } = context;
  const url = shownUrl(repo.repoURL);
  const sentence = `error ensuring existence of remote branch ${branch}`;
  const quoted = goQuote(branch);
  const exists = await orErrored(
    signal,
    `${sentence}: error checking if remote branch ${quoted} of repo ${url} exists`,
    repo.remoteBranchExists(branch, signal),
  );
  if (exists) {
    // Kargo's checkout of a branch that was made after its clone fails.
    if (await repo.hasBranch(branch, signal)) return;
    return orErrored(signal, sentence, repo.fetchBranch(branch, signal));
  }
  if (!create) {
    throw errored(
      `${sentence}: remote branch ${quoted} of repo ${url} does not exist; set create=true if you'd like a ` +
        "non-existent remote branch to be automatically created at checkout",
    );
  }
  await orErrored(signal, sentence, repo.createOrphanBranch(branch, signal));
  try {
    await pushNewBranch(context, repo, branch);
  } catch (error) {
    // Another Stage made it first: where Kargo fails, that Stage's branch is as good as ours.
    if (signal.aborted || !(await repo.remoteBranchExists(branch, signal).catch(() => false))) {
      return orErrored(signal, sentence, Promise.reject(error));
    }
    await orErrored(signal, sentence, repo.fetchBranch(branch, signal));
  }
}

async function pushNewBranch({ effects, signal }: Context, repo: BareRepo, branch: string): Promise<void> {
  const url = shownUrl(repo.repoURL);
  await effects.perform(
    {
      kind: "git.push",
      target: pushTarget(repo.repoURL, branch),
      summary: `Create branch ${branch} of ${url} with an empty commit`,
    },
    () =>
      withContext(
        `error pushing initial commit to new branch ${goQuote(branch)} to repo ${url}`,
        repo.pushBranch(branch, signal),
      ),
  );
}
