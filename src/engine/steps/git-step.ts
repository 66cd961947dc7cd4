// What the git steps share: from a path in the configuration to a working tree, credentials, faults in Kargo's words.
// Runs no step.

import type { Capabilities, StepContext } from "../promotion/step";
import { StepError } from "../promotion/step";
import { type GitCredentials, shownUrl } from "../tools/git-auth";
import { Worktree } from "../tools/git-worktree";
import { insideWorkDir } from "../tools/paths";
import { erroredBecause } from "./step-failure";

/** Who commits, where a step says so. */
export interface GitAuthorConfig {
  readonly name: string;
  readonly email: string;
  /** Armoured private GPG key; without it commits are not signed. */
  readonly signingKey?: string;
}

/** Context of a step that works in a working tree. */
export type GitStepContext = StepContext & Pick<Capabilities, "git">;

/** Awaits `work`; what it throws becomes an Errored fault with `sentence` before it. An abort stays an abort. */
export async function orErrored<T>(signal: AbortSignal, sentence: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted || error instanceof StepError) throw error;
    throw erroredBecause(sentence, error);
  }
}

/** `path` of a configuration as a path inside the work directory. */
export async function pathInWorkDir({ workDir, signal }: StepContext, path: string): Promise<string> {
  const sentence = `error joining path ${path} with work dir ${workDir}`;
  return orErrored(signal, sentence, insideWorkDir(workDir, path));
}

/** Opens the working tree at `path`, which may be a folder in it, and closes it when `use` has ended. */
export async function inWorktree<T>(
  context: GitStepContext,
  path: string,
  use: (tree: Worktree) => Promise<T>,
): Promise<T> {
  const { workDir, signal, log, git } = context;
  const tree = await orErrored(
    signal,
    `error loading working tree from ${path}`,
    Worktree.load({
      path: await pathInWorkDir(context, path),
      workDir,
      programs: git.paths,
      signal,
      log,
    }),
  );
  try {
    return await use(tree);
  } finally {
    await orErrored(signal, `error closing working tree at ${path}`, tree.close());
  }
}

/** Credentials for a repository, if there are any. */
export async function gitCredentials(
  { project, signal, credentials }: StepContext & Pick<Capabilities, "credentials">,
  repoURL: string,
): Promise<GitCredentials | undefined> {
  const sentence = `error getting credentials for ${shownUrl(repoURL)}`;
  return orErrored(signal, sentence, credentials.find({ project, type: "git", repoURL, signal }));
}

/** The remote thing a push changes, for whoever is told of it. */
export function pushTarget(repoURL: string, ref: string): string {
  return `${shownUrl(repoURL)} ${ref}`;
}
