// A working tree that git-clone made: what steps do in it, without reaching the remote (pkg/controller/git/work_tree.go).
// Integrating and pushing is git-push.ts.
import { realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, posix, relative, sep } from "node:path";
import { goQuote } from "../../base/go-text";
import type { Logger } from "../../base/log";
import { GitClient, type GitRun, hidden, operands } from "./git";
import { type GitCredentials, remoteAccess, shownUrl } from "./git-auth";
import { GitError, withContext } from "./git-error";
import { findWorktreeFiles, isMerging, readHead, readSettings, type WorktreeFiles } from "./git-files";
import { GitHome, type GitIdentity, type GitPrograms } from "./git-home";
import { signIn } from "./git-remote";

/** How to find a working tree again. */
export interface LoadWorktreeOptions {
  /** Absolute path inside the work directory: the tree or a folder in it, where commands then run. */
  readonly path: string;
  /** The Promotion's work directory: repositories elsewhere are refused. */
  readonly workDir: string;
  readonly programs: GitPrograms;
  readonly signal: AbortSignal;
  readonly log?: Logger;
}

/** What a clone recorded about itself. */
interface Records {
  readonly homeDir: string;
  /** As the user wrote it. */
  readonly originalURL: string;
  /** As git has it. */
  readonly originURL: string;
}

/** A working tree. `close` it when done: that stops the key agent and takes the SSH key away. */
export class Worktree {
  /** Absolute path commands run in. */
  readonly dir: string;
  readonly client: GitClient;
  readonly #records: Records;
  readonly #files: WorktreeFiles | undefined;

  private constructor(client: GitClient, dir: string, records: Records, files: WorktreeFiles | undefined) {
    this.client = client;
    this.dir = dir;
    this.#records = records;
    this.#files = files;
  }

  /** A tree that was just added to a clone. */
  static async added(client: GitClient, dir: string, originalURL: string): Promise<Worktree> {
    const originURL = client.access?.url ?? originalURL;
    const files = await findWorktreeFiles(dir, dirname(dir));
    return new Worktree(client, dir, { homeDir: client.home.dir, originalURL, originURL }, files);
  }

  /** Finds the tree's home and URL in its repository's configuration. Throws GitError. */
  static async load(options: LoadWorktreeOptions): Promise<Worktree> {
    const { path, programs, signal } = options;
    const common = { programs, ...(options.log === undefined ? {} : { log: options.log }) };
    const ceiling = await realpath(options.workDir);
    const dir = await realpath(path).catch(() => undefined);
    if (dir !== undefined) await assertInside(ceiling, dir);
    const files = dir === undefined ? undefined : await findWorktreeFiles(dir, ceiling);
    const records =
      (files && (await readRecords(files))) ?? (await askRecords(path, { ...common, ceiling, signal }));
    // A crafted repository could name the user's own home, which then would be written to.
    await assertInside(ceiling, records.homeDir);
    await assertOwnRepository(files, ceiling, () =>
      new GitClient({ ...common, ceiling, home: GitHome.none(programs) }).run(
        ["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir"],
        { cwd: path, signal },
      ),
    );
    const home = await GitHome.open(records.homeDir, programs);
    const access = remoteAccess(records.originalURL, undefined, records.originURL);
    const client = new GitClient({ ...common, home, ceiling, access });
    return new Worktree(client, dir ?? path, records, files);
  }

  /** The remote's URL as the user wrote it: what credentials are looked up by. */
  get originalURL(): string {
    return this.#records.originalURL;
  }

  /** The same tree with credentials for its remote. */
  async withCredentials(credentials: GitCredentials | undefined): Promise<Worktree> {
    const { originalURL, originURL } = this.#records;
    const access = await signIn(this.client.home, originalURL, credentials, originURL);
    return new Worktree(this.client.withAccess(access), this.dir, this.#records, this.#files);
  }

  /** Stages every change below `dir`. */
  async addAll(signal: AbortSignal): Promise<void> {
    await this.#run("error staging changes for commit", ["add", "."], signal);
  }

  /** Removes every tracked file below `dir` from the index and the disk. */
  async clear(signal: AbortSignal): Promise<void> {
    const args = ["rm", "-rf", "--ignore-unmatch", "."];
    await this.#run("error clearing worktree", args, signal);
  }

  /** True when the whole tree, not only `dir`, differs from HEAD. */
  async hasDiffs(signal: AbortSignal): Promise<boolean> {
    const { output } = await this.#run("error checking status of branch", ["status", "-s"], signal);
    return output !== "";
  }

  /** Commits what is staged. An author of its own also commits, and its key alone decides about signing. */
  async commit(message: string, author: GitIdentity | undefined, signal: AbortSignal): Promise<void> {
    const args = ["commit", "-m", message];
    if (author === undefined) {
      await this.#run("error committing changes", args, signal);
      return;
    }
    const { home, programs } = this.client;
    const ownHome = await withContext(
      "error setting up author + committer information for commit command",
      GitHome.create(join(home.dir, "author-"), { identity: author, programs, signal }),
    );
    try {
      await this.#run("error committing changes", args, signal, ownHome);
    } finally {
      await ownHome.remove();
    }
  }

  /** The full id of HEAD. */
  async headCommit(signal: AbortSignal): Promise<string> {
    const head = this.#files && (await readHead(this.#files));
    if (head !== undefined) return head.commit;
    const { stdout } = await this.#run("error obtaining ID of last commit", ["rev-parse", "HEAD"], signal);
    return stdout.trim();
  }

  /** The branch that is checked out; empty when HEAD is detached. */
  async currentBranch(signal: AbortSignal): Promise<string> {
    const head = this.#files && (await readHead(this.#files));
    if (head !== undefined) return head.branch;
    const context = `error checking current branch for repo ${goQuote(shownUrl(this.originalURL))}`;
    const { stdout } = await this.#run(context, ["branch", "--show-current"], signal);
    return stdout.trim();
  }

  /** False when certainly no merge waits for its commit. */
  async mayBeMerging(): Promise<boolean> {
    return this.#files === undefined || isMerging(this.#files);
  }

  /** Puts an annotated tag on HEAD, signed when the home signs tags. */
  async createTag(tag: string, message: string, options: TagOptions): Promise<void> {
    const args = [
      { run: ["tag", "-a"], shown: ["tag", "-a", tag] },
      // As one argument: simple-git would take a message that begins with a dash for options.
      { run: [`--message=${message}`], shown: ["-m", message] },
      ...(options.force ? ["--force"] : []),
      hidden("--", tag),
    ];
    await this.#run(`error creating annotated tag ${goQuote(tag)}`, args, options.signal);
  }

  /** Narrows the tree to folders, in cone mode. Files of the folders above them stay. */
  async sparseCheckout(folders: readonly string[], signal: AbortSignal): Promise<void> {
    assertSparseFolders(folders);
    const init = ["sparse-checkout", "init", "--cone"];
    await this.#run("error initializing sparse checkout", init, signal);
    const context = `error setting sparse checkout patterns [${folders.join(" ")}]`;
    await this.#run(context, ["sparse-checkout", "set", operands, ...folders], signal);
  }

  /** Fetches submodules, with the same credentials where the host is the same. */
  async updateSubmodules(signal: AbortSignal): Promise<void> {
    const args = ["submodule", "update", "--init", "--recursive"];
    await this.#run("error updating submodules", args, signal);
  }

  /** Where and how commands of this tree run. */
  run(signal: AbortSignal): GitRun {
    return { cwd: this.dir, signal };
  }

  async close(): Promise<void> {
    await this.client.home.close();
  }

  #run(context: string, args: Parameters<GitClient["run"]>[0], signal: AbortSignal, home?: GitHome) {
    const run = home === undefined ? this.run(signal) : { ...this.run(signal), home };
    return withContext(context, this.client.run(args, run));
  }
}

/** How to tag. */
export interface TagOptions {
  /** Move a tag that exists. */
  readonly force: boolean;
  readonly signal: AbortSignal;
}

/** Keys that git-clone leaves in the repository, in the order Kargo reads them. */
const recordKeys = [
  ["kargo.repoDir", "error reading repo dir from config"],
  // Kargo says it twice (loadHomeDir and its caller).
  ["kargo.repoHomeDir", "error reading repo home dir from config: error reading repo home dir from config"],
  [
    "kargo.repoOriginalURL",
    'error reading URL of remote "origin" from config: error getting original URL of remote "origin"',
  ],
  [
    "remote.origin.url",
    'error reading URL of remote "origin" from config: error getting URL of remote "origin"',
  ],
] as const;

async function readRecords({ commonDir }: WorktreeFiles): Promise<Records | undefined> {
  const settings = await readSettings(commonDir);
  return settings && toRecords(settings);
}

function toRecords(settings: ReadonlyMap<string, string>): Records | undefined {
  if (recordKeys.some(([key]) => !settings.has(key.toLowerCase()))) return undefined;
  const homeDir = settings.get("kargo.repohomedir") ?? "";
  const originalURL = settings.get("kargo.repooriginalurl") ?? "";
  return { homeDir, originalURL, originURL: settings.get("remote.origin.url") ?? "" };
}

type RecordsOptions = Omit<LoadWorktreeOptions, "path" | "workDir"> & { readonly ceiling: string };

async function askRecords(path: string, options: RecordsOptions): Promise<Records> {
  const { signal, ...common } = options;
  const client = new GitClient({ ...common, home: GitHome.none(options.programs) });
  const run = { cwd: path, signal };
  const args = ["config", "--null", "--get-regexp", "^(kargo\\.repo|remote\\.origin\\.url$)"];
  const [firstKey, firstContext] = recordKeys[0];
  const { stdout } = await withContext(
    firstContext,
    client.run([{ run: args, shown: ["config", firstKey] }], run),
  );
  const settings = new Map<string, string>();
  for (const entry of stdout.split("\0")) {
    const end = entry.indexOf("\n");
    if (end > 0) settings.set(entry.slice(0, end), entry.slice(end + 1));
  }
  for (const [key, context] of recordKeys) {
    // Asked alone, git fails in the words Kargo would pass on.
    if (!settings.has(key.toLowerCase())) await withContext(context, client.run(["config", key], run));
  }
  const records = toRecords(settings);
  if (records === undefined) throw new GitError("outside", noRecords);
  return records;
}

const noRecords = "the repository was not cloned by a step of this Promotion";

/** Refuses a tree whose files or repository lie elsewhere, as a `.git` that some archive brought along could say. */
async function assertOwnRepository(
  files: WorktreeFiles | undefined,
  ceiling: string,
  ask: () => Promise<{ readonly stdout: string }>,
): Promise<void> {
  const settings = files && (await readSettings(files.commonDir));
  const isPlain = settings !== undefined && !settings.has("core.worktree");
  const places = isPlain
    ? [files?.gitDir ?? "", files?.commonDir ?? ""]
    : (await ask()).stdout.trimEnd().split("\n");
  for (const place of places) await assertInside(ceiling, place);
}

/** Throws GitError `outside` unless `path` exists and really lies below `root`, which has no links in it. */
async function assertInside(root: string, path: string): Promise<void> {
  const real = isAbsolute(path) ? await realpath(path).catch(() => undefined) : undefined;
  const way = real === undefined ? ".." : relative(root, real);
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw new GitError("outside", noRecords);
  }
}

/** Cone mode knows folders only (pkg/controller/git/work_tree.go validateSparsePatterns). */
function assertSparseFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    if (posix.isAbsolute(folder)) {
      throw new GitError("other", `sparse checkout pattern must be relative: ${folder}`);
    }
    if (folder.startsWith("..")) {
      throw new GitError("other", `sparse checkout pattern cannot escape repository: ${folder}`);
    }
    if (/[*?[]/.test(folder)) {
      const advice = "use directory paths like 'src/app' instead";
      const text = `sparse checkout pattern cannot contain glob characters (*, ?, [): ${folder}; ${advice}`;
      throw new GitError("other", text);
    }
  }
}
