// Starts programs without a shell, each in a process group of its own, and ends the whole group when asked to.
// Knows no program in particular; git goes through git.ts.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, readFile, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CodedError, errorMessage } from "../../base/errors";

/** How long a program may take to stop by itself before it is killed (pkg/controller/git/base_repo.go cmdWaitDelay). */
export const stopGraceMs = 10_000;

/** One start of a program. */
export interface ProgramStart {
  /** Absolute path, or a name that is looked up on the PATH of `env`. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited. See `hostEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  /** Text for standard input, which is closed afterwards. */
  readonly input?: string;
  readonly signal: AbortSignal;
}

/** What a program left behind. A code other than 0 is an answer, not an error. */
export interface ProgramEnd {
  /** Exit code; -1 when a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in the order they arrived. */
  readonly output: string;
}

/** A program that could not be started. */
export class ProgramError extends CodedError<"notFound" | "notStarted"> {}

/**
 * Runs a program to its end. Throws the signal's reason once the program and everything it started are gone, and
 * ProgramError when it cannot be started.
 */
export async function runProgram(start: ProgramStart): Promise<ProgramEnd> {
  start.signal.throwIfAborted();
  const child = spawn(start.command, [...start.args], {
    cwd: start.cwd,
    env: start.env,
    ...inOwnGroup({}),
  });
  dropHeldPipes(child);
  const stop = stopOnAbort(start.signal, () => endProcessTree(child));
  const streams = collectOutput(child);
  child.stdin?.on("error", () => {}); // a program that does not read its input ends the pipe
  child.stdin?.end(start.input ?? "");
  const exitCode = await exitOf(child, start.command).finally(() => stop.settled());
  start.signal.throwIfAborted();
  return { exitCode, ...streams() };
}

/** Spawn options that put the program into a group of its own, without a terminal and without a window. */
export function inOwnGroup<T extends SpawnOptions>(options: T): T & SpawnOptions {
  // On Windows a detached program gets a console window, and there taskkill finds the tree without a group.
  return { ...options, windowsHide: true, detached: process.platform !== "win32" };
}

/** Calls `stop` when the signal fires; `settled` waits for that to finish and stops listening. */
export function stopOnAbort(signal: AbortSignal, stop: () => Promise<void>): { settled(): Promise<void> } {
  let stopping: Promise<void> | undefined;
  const onAbort = () => {
    stopping ??= stop();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    async settled() {
      signal.removeEventListener("abort", onAbort);
      await stopping;
    },
  };
}

/**
 * Asks a program started with `inOwnGroup` and all its descendants to stop, kills what is left after `graceMs`, and
 * resolves when none of them runs.
 */
export async function endProcessTree(child: ChildProcess, graceMs = stopGraceMs): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === "win32") return endWindowsTree(pid);
  signalGroup(pid, "SIGTERM");
  if (await groupEnds(pid, graceMs)) return;
  signalGroup(pid, "SIGKILL");
  await groupEnds(pid, 1_000);
}

/** The absolute path of a program: `configured` when given, else the first on PATH. Throws ProgramError `notFound`. */
export async function findProgram(name: string, configured?: string): Promise<string> {
  if (configured !== undefined && configured !== "" && isAbsolute(configured)) {
    if (await isExecutable(configured)) return configured;
    throw new ProgramError("notFound", `${name} was not found at ${configured}`);
  }
  const wanted = configured === undefined || configured === "" ? name : configured;
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const endings = process.platform === "win32" ? (process.env.PATHEXT ?? ".EXE").split(";") : [""];
  for (const folder of folders) {
    for (const ending of endings) {
      const path = resolve(join(folder, wanted + ending.toLowerCase()));
      if (await isExecutable(path)) return path;
    }
  }
  throw new ProgramError("notFound", `${wanted} was not found on the PATH`);
}

/** Variables that programs need to run on this machine at all; identity, agents and language are not among them. */
export function hostEnvironment(): Record<string, string> {
  const names =
    process.platform === "win32"
      ? ["PATH", "PATHEXT", "SystemRoot", "SystemDrive", "windir", "ComSpec", "TEMP", "TMP", "ProgramData"]
      : ["PATH", "TMPDIR"];
  const env: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined && value !== "") env[name] = value;
  }
  return env;
}

/** Stops waiting for a daemon that keeps the pipes of a program open ten seconds after the program has ended. */
export function dropHeldPipes(child: ChildProcess): void {
  child.once("exit", () => {
    const timer = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, stopGraceMs);
    child.once("close", () => clearTimeout(timer));
  });
}

function exitOf(child: ChildProcess, command: string): Promise<number> {
  return new Promise((done, fail) => {
    child.once("error", (error) => fail(startError(command, error)));
    child.once("close", (code) => done(code ?? -1));
  });
}

function collectOutput(child: ChildProcess): () => Pick<ProgramEnd, "stdout" | "stderr" | "output"> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const output: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout.push(chunk);
    output.push(chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr.push(chunk);
    output.push(chunk);
  });
  const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();
  return () => ({ stdout: text(stdout), stderr: text(stderr), output: text(output) });
}

function startError(command: string, error: Error): ProgramError {
  const missing = "code" in error && error.code === "ENOENT";
  const text = missing ? `${command} was not found` : `could not start ${command}: ${errorMessage(error)}`;
  return new ProgramError(missing ? "notFound" : "notStarted", text, { cause: error });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function endWindowsTree(pid: number): Promise<void> {
  const killer = spawn("taskkill", ["/PID", String(pid), "/T", "/F"], { windowsHide: true, stdio: "ignore" });
  await new Promise<void>((done) => {
    killer.once("error", () => done());
    killer.once("close", () => done());
  });
}

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** True once no process of the group runs; false when `withinMs` have passed first. */
async function groupEnds(group: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    if (!signalGroup(group, 0) || !(await hasLivingMember(group))) return true;
    if (Date.now() >= deadline) return false;
    await sleep(20);
  }
}

/**
 * Where process 1 does not collect the dead (many containers), they stay members of their group for good. Linux tells
 * them apart; elsewhere the group is taken for alive.
 */
async function hasLivingMember(group: number): Promise<boolean> {
  if (process.platform !== "linux") return true;
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const text = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    // pid (name) state parent group …; the name may hold blanks and parentheses
    const [state, , member] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (member === String(group) && state !== "Z" && state !== "X") return true;
  }
  return false;
}
