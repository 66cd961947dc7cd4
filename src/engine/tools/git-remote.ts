// Reaching a remote: a private home that can sign in to it, and questions it answers without a clone.
// Decides nothing about when to push; it only says what came of it.
import { join } from "node:path";
import { goQuote } from "../../base/go-text";
import type { Logger } from "../../base/log";
import { type GitArg, GitClient, type GitRun, operands } from "./git";
import { type GitCredentials, type RemoteAccess, remoteAccess, shownUrl, writeSshKey } from "./git-auth";
import { GitError, inContext, isRejected, withContext } from "./git-error";
import { GitHome, type GitIdentity, type GitPrograms } from "./git-home";
import { tempFolderPrefix } from "./temp-folders";

/** What it takes to reach a remote. */
export interface RemoteOptions {
  /** As the user wrote it. */
  readonly repoURL: string;
  readonly credentials?: GitCredentials;
  readonly insecureSkipTLSVerify?: boolean;
  readonly programs: GitPrograms;
  readonly signal: AbortSignal;
  readonly log?: Logger;
}

/** A ref of a remote. `id` of an annotated tag is the tag's own. */
export interface RemoteRef {
  readonly name: string;
  readonly id: string;
}

/**
 * A client in a new private home that can sign in to the remote; close its home when done. The home is below `parent`,
 * or a temporary folder when absent.
 */
export async function openRemote(
  parent: string | undefined,
  options: RemoteOptions & { readonly identity?: GitIdentity; readonly ceiling?: string },
): Promise<GitClient> {
  const { repoURL, credentials, programs } = options;
  const prefix = parent === undefined ? tempFolderPrefix() : join(parent, "repo-");
  const home = await withContext("error configuring the author", GitHome.create(prefix, options));
  try {
    const access = await signIn(home, repoURL, credentials);
    return new GitClient({
      home,
      programs,
      access,
      ...(options.ceiling === undefined ? {} : { ceiling: options.ceiling }),
      ...(options.log === undefined ? {} : { log: options.log }),
    });
  } catch (error) {
    await home.close();
    throw error;
  }
}

/** Prepares a home for the credentials of a remote; `known` as of `remoteAccess` (pkg/controller/git/base_repo.go setupAuth). */
export async function signIn(
  home: GitHome,
  repoURL: string,
  credentials: GitCredentials | undefined,
  known = repoURL,
): Promise<RemoteAccess> {
  try {
    const access = remoteAccess(repoURL, credentials, known);
    if (access.sshPrivateKey !== undefined) await writeSshKey(home.dir, access.sshPrivateKey);
    return access;
  } catch (error) {
    throw inContext("error configuring the credentials", error);
  }
}

/**
 * Refs of a remote that match the patterns (every ref without patterns), in the remote's order
 * (pkg/controller/git/ls_remote.go).
 */
export async function listRemoteRefs(
  options: RemoteOptions,
  ...patterns: readonly string[]
): Promise<readonly RemoteRef[]> {
  const client = await openRemote(undefined, options);
  try {
    const args = ["ls-remote", operands, client.access?.url ?? options.repoURL, ...patterns];
    const context = `error listing refs in remote repo ${goQuote(shownUrl(options.repoURL))}`;
    const run: GitRun = { cwd: client.home.dir, signal: options.signal };
    return parseRemoteRefs((await withContext(context, client.run(args, run))).stdout);
  } finally {
    await client.home.remove();
  }
}

/** Asks the remote of a client for one branch (pkg/controller/git/base_repo.go RemoteBranchExists). */
export async function remoteBranchExists(
  client: GitClient,
  repoURL: string,
  branch: string,
  run: GitRun,
): Promise<boolean> {
  const url = client.access?.url ?? repoURL;
  const args = ["ls-remote", "--heads", "--exit-code", operands, url, `refs/heads/${branch}`];
  try {
    await client.run(args, run);
    return true;
  } catch (error) {
    if (GitError.is(error) && error.exitCode === 2) return false;
    const repo = goQuote(shownUrl(repoURL));
    throw inContext(
      `error checking for existence of branch ${goQuote(branch)} in remote repo ${repo}`,
      error,
    );
  }
}

/** Runs a push of branches. Throws GitError `rejected` when the remote has commits that the pushed history has not. */
export async function runPush(client: GitClient, args: readonly GitArg[], run: GitRun): Promise<void> {
  try {
    await client.run(["push", ...args], run);
  } catch (error) {
    if (!GitError.is(error) || !isRejected(error.output)) throw inContext("error pushing branch", error);
    // Kargo drops git's words here (pkg/controller/git/work_tree.go Push).
    throw new GitError("rejected", "error pushing branch: non-fast-forward", { cause: error });
  }
}

/** Lines `<id>\t<name>`; the peeled `^{}` entries of annotated tags are left out. */
function parseRemoteRefs(text: string): readonly RemoteRef[] {
  return text.split("\n").flatMap((line) => {
    const [id = "", name] = line.split("\t");
    return name === undefined || name.endsWith("^{}") ? [] : [{ id, name }];
  });
}
