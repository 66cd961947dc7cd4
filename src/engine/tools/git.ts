// Runs the user's git through simple-git: private environment, no shell, no terminal, masked messages, and an end for
// the whole process tree when the caller aborts. Knows commands only as arguments; git-repo.ts and git-worktree.ts
// know what they mean.
import { AsyncLocalStorage } from "node:async_hooks";
import { ChildProcess, type SpawnOptions } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { stat } from "node:fs/promises";
import { delimiter, dirname } from "node:path";
import { GitPluginError, simpleGit } from "simple-git";
import { errorMessage } from "../../base/errors";
import { type Logger, silentLogger } from "../../base/log";
import { openAt } from "./files";
import { askpassEnvironment, type RemoteAccess } from "./git-auth";
import { GitError, maskSecrets, reasonOf } from "./git-error";
import type { GitHome, GitPrograms } from "./git-home";
import type { OpenDir } from "./open-dir";
import { isSubPath, toPathError } from "./paths";
import { dropHeldPipes, endProcessTree, findProgram, inOwnGroup, stopOnAbort } from "./process";

/**
 * One argument. A plain string is what Kargo passes too. The other form is what we pass (`run`) where messages show
 * something else (`shown`): the `--` before a user's words, settings that only a user's machine needs.
 */
export type GitArg = string | { readonly run: readonly string[]; readonly shown: readonly string[] };

/** Arguments that messages leave out. */
export function hidden(...run: readonly string[]): GitArg {
  return { run, shown: [] };
}

/** Ends the options: whatever follows is an operand, even if it begins with a dash. */
export const operands = hidden("--");

/** What a command that ended with code 0 printed. */
export interface GitOutput {
  readonly stdout: string;
  /** Both streams in the order they arrived, as Kargo reads them. */
  readonly output: string;
}

/** What every command of a client has in common. */
export interface GitClientOptions {
  readonly home: GitHome;
  readonly programs: GitPrograms;
  /** The remote it may sign in to; without it no password is offered. */
  readonly access?: RemoteAccess;
  /** Directory that no search for a repository climbs out of. */
  readonly ceiling?: string;
  readonly log?: Logger;
}

/** One run of git. */
export interface GitRun {
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Another home for this command alone: a different author. */
  readonly home?: GitHome;
}

/** Runs git commands in one private home. */
export class GitClient {
  readonly home: GitHome;
  readonly access: RemoteAccess | undefined;
  readonly programs: GitPrograms;
  readonly #ceiling: string | undefined;
  readonly #log: Logger;
  #program: Promise<string> | undefined;

  constructor(options: GitClientOptions) {
    this.home = options.home;
    this.access = options.access;
    this.programs = options.programs;
    this.#ceiling = options.ceiling;
    this.#log = options.log ?? silentLogger;
  }

  /** A client for the same home that may sign in to a remote. */
  withAccess(access: RemoteAccess): GitClient {
    const { home, programs } = this;
    const ceiling = this.#ceiling === undefined ? {} : { ceiling: this.#ceiling };
    return new GitClient({ home, programs, access, log: this.#log, ...ceiling });
  }

  /**
   * Runs one command to its end. Throws GitError when its code is not 0 or it cannot start, and the signal's reason
   * once nothing of it runs any more.
   */
  async run(args: readonly GitArg[], run: GitRun): Promise<GitOutput> {
    run.signal.throwIfAborted();
    const program = await this.#find();
    const shown = `${program} ${args.flatMap((arg) => (typeof arg === "string" ? arg : arg.shown)).join(" ")}`;
    const fault = await directoryFault(run.cwd, program);
    if (fault !== undefined) {
      throw new GitError("notFound", this.#mask(`error executing cmd [${shown}]: : ${fault}`));
    }
    const startedAt = Date.now();
    const held = await this.#hold(run, shown);
    const end = await spawnGit({
      program,
      args: args.flatMap((arg) => (typeof arg === "string" ? arg : arg.run)),
      cwd: run.cwd,
      place: held?.place,
      env: this.#environment(run.home ?? this.home),
      signal: run.signal,
    }).finally(() => held?.close());
    this.#log.debug(this.#mask(`${shown} → ${end.exitCode} in ${Date.now() - startedAt} ms`));
    if (end.exitCode === 0) return end;
    const output = this.#mask(end.output);
    const options = { exitCode: end.exitCode, output };
    throw new GitError(
      reasonOf(output),
      this.#mask(`error executing cmd [${shown}]: ${end.output}`),
      options,
    );
  }

  /** Holds the directory git starts in: by its path a link could be there by the time git does. */
  async #hold({ cwd }: GitRun, shown: string): Promise<OpenDir | undefined> {
    if (this.#ceiling === undefined || !isSubPath(this.#ceiling, cwd)) return undefined;
    try {
      return await openAt(this.#ceiling, cwd, "chdir");
    } catch (error) {
      const text = `error executing cmd [${shown}]: : ${errorMessage(error)}`;
      throw new GitError("outside", this.#mask(text), { cause: error });
    }
  }

  #mask(text: string): string {
    return maskSecrets(text, this.access?.secrets ?? []);
  }

  #environment(home: GitHome): Record<string, string> {
    return {
      ...home.environment(),
      ...(this.access === undefined ? {} : askpassEnvironment(this.access, this.home.askpass)),
      // The parent too: git does not stop at a ceiling it starts in.
      ...(this.#ceiling === undefined
        ? {}
        : { GIT_CEILING_DIRECTORIES: [this.#ceiling, dirname(this.#ceiling)].join(delimiter) }),
    };
  }

  async #find(): Promise<string> {
    this.#program ??= findProgram("git", this.programs.git);
    try {
      return await this.#program;
    } catch (error) {
      this.#program = undefined;
      const advice = "install Git 2.39 or newer, or set its path in the settings";
      throw new GitError("missingProgram", `could not start git: ${errorMessage(error)}; ${advice}`, {
        cause: error,
      });
    }
  }
}

interface SpawnRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Another path of the same directory, which cannot be swapped. */
  readonly place: string | undefined;
  readonly env: Record<string, string>;
  readonly signal: AbortSignal;
}

interface SpawnEnd extends GitOutput {
  readonly exitCode: number;
}

/** The child process of a git command that simple-git starts and keeps to itself. */
interface Sighting {
  readonly place: string | undefined;
  child?: ChildProcess;
}

const sightings = new AsyncLocalStorage<Sighting>();

/**
 * simple-git stops git alone and would leave its ssh, transport and gpg children running, and it has no option for a
 * process group. Node tells of every child before it starts, which is the moment to put ours into a group.
 */
function takeOver(message: unknown): void {
  const sighting = sightings.getStore();
  const child = (message as { readonly process?: unknown }).process;
  if (sighting === undefined || !(child instanceof ChildProcess)) return;
  sighting.child = child;
  const starter = child as ChildProcess & { spawn(options: SpawnOptions): number };
  const start = starter.spawn;
  dropHeldPipes(child);
  starter.spawn = (options) => {
    const { place } = sighting;
    const failure = start.call(child, inOwnGroup(place === undefined ? options : { ...options, cwd: place }));
    child.stdin?.end(); // nothing we run reads from it, and nothing may wait for it
    return failure;
  };
}

subscribe("child_process", takeOver);

/** Guarded by simple-git because a caller could be tricked into them; here they are our own, see GitHome. */
const allowed = {
  allowEnvironment: [
    "GIT_ASKPASS",
    "GIT_CEILING_DIRECTORIES",
    "GIT_HTTP_LOW_SPEED_LIMIT",
    "GIT_HTTP_LOW_SPEED_TIME",
    "GIT_LFS_SKIP_SMUDGE",
    "GIT_PASSWORD",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "GIT_TERMINAL_PROMPT",
  ],
  unsafe: {
    allowUnsafeAskPass: true,
    allowUnsafeConfigPaths: true, // of our own clone, never a word of the user
    allowUnsafeCustomBinary: true, // the user's setting: it may hold blanks, and no shell reads it
    allowUnsafeHooksPath: true,
    allowUnsafeSshCommand: true,
  },
};

async function spawnGit(request: SpawnRequest): Promise<SpawnEnd> {
  const { signal } = request;
  const sighting: Sighting = { place: request.place };
  const notYetStarted = new AbortController();
  const stop = stopOnAbort(signal, async () => {
    if (sighting.child === undefined) notYetStarted.abort();
    else await endProcessTree(sighting.child);
  });
  let exitCode = -1;
  const chunks: Buffer[] = [];
  const git = simpleGit({
    baseDir: request.cwd,
    binary: request.program,
    abort: notYetStarted.signal,
    completion: { onClose: true, onExit: false }, // all of the output, however late it is read
    errors: (error, result) => {
      exitCode = result.exitCode ?? -1; // none when a signal ended it
      return error instanceof GitPluginError ? error : undefined; // the caller judges codes other than 0
    },
    ...allowed,
  });
  git.env(request.env).outputHandler((_command, stdout, stderr) => {
    stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    // simple-git waits 50 ms longer for a command that printed nothing; an empty chunk spares that.
    stdout.once("end", () => stdout.emit("data", Buffer.alloc(0)));
  });
  try {
    const stdout = await sightings.run(sighting, () => git.raw([...request.args]));
    signal.throwIfAborted();
    if (sighting.child !== undefined && sighting.child.pid === undefined) {
      throw new Error("the program could not be started");
    }
    return {
      exitCode,
      stdout,
      // A listing of many refs is large, and both streams together are wanted only of a command that failed.
      get output() {
        return Buffer.concat(chunks).toString();
      },
    };
  } catch (error) {
    signal.throwIfAborted();
    throw new GitError("other", `could not run git: ${errorMessage(error)}`, { cause: error });
  } finally {
    await stop.settled();
  }
}

/** Why a program cannot be started in a directory, in Go's words (os.StartProcess); undefined when it can. */
async function directoryFault(path: string, program: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).isDirectory()) return undefined;
    return `fork/exec ${program}: not a directory`;
  } catch (error) {
    return errorMessage(toPathError(error, "chdir", path));
  }
}
