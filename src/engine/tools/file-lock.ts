// One holder at a time for a path, among processes and within one: proper-lockfile, with the holder's name in the lock, so
// that the lock of a killed process is taken over at once instead of after it has gone stale. Judges no content.
import fs from "node:fs";
import { readFile, stat, unlink, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import lockfile from "proper-lockfile";
import { hasEnded, parseIdentity, thisProcess } from "./process-identity";

/** A held lock. `lost` aborts when another process took the lock over (this one slept for too long). */
export interface FileLock {
  release(): Promise<void>;
  readonly lost: AbortSignal;
}

/** How a lock is waited for. */
export interface FileLockOptions {
  readonly signal: AbortSignal;
  /** Milliseconds between two tries, on average. */
  readonly pollMs: number;
  /** Milliseconds without a sign of life after which a holder on another machine counts as dead. */
  readonly staleMs: number;
  /** Called once when the lock is held by somebody else. */
  readonly onWait?: () => void;
}

const updateMs = 1000;
const neverMs = Number.MAX_SAFE_INTEGER;

/** Waits for the lock of `path`, whose folder must exist, and takes it. */
export async function acquireFileLock(path: string, options: FileLockOptions): Promise<FileLock> {
  const { signal, pollMs, staleMs, onWait } = options;
  const lost = new AbortController();
  for (let waited = false; ; waited = true) {
    signal.throwIfAborted();
    try {
      const release = await lockfile.lock(path, {
        lockfilePath: lockPath(path),
        realpath: false,
        stale: neverMs, // who may take a lock over is decided below
        update: updateMs,
        fs: namedLocks,
        onCompromised: (error) => lost.abort(error),
      });
      return { release: () => release().catch(() => {}), lost: lost.signal };
    } catch (error) {
      if (!hasCode(error, "ELOCKED")) throw error;
    }
    if (await removeAbandonedLock(lockPath(path), staleMs)) continue;
    if (!waited) onWait?.();
    await delay(pollMs * (0.5 + Math.random()), undefined, { signal });
  }
}

/** True while a living process holds the lock of `path`. */
export async function isFileLocked(
  path: string,
  { staleMs }: { readonly staleMs: number },
): Promise<boolean> {
  const info = await stat(lockPath(path)).catch(() => undefined);
  return info !== undefined && !(await isAbandoned(lockPath(path), staleMs));
}

function lockPath(path: string): string {
  return `${path}.lock`;
}

type Done = (error: NodeJS.ErrnoException | null) => void;

/** What proper-lockfile asks of a file system, with files that name their holder where it would make empty folders. */
const namedLocks = {
  ...fs,
  mkdir: (path: string, done: Done) =>
    fs.writeFile(path, JSON.stringify(thisProcess()), { flag: "wx" }, done),
  rmdir: (path: string, done: Done) =>
    fs.unlink(path, (error) => (isFolder(error) ? fs.rmdir(path, done) : done(error))),
  rmdirSync: (path: string) => fs.unlinkSync(path),
};

/** An earlier version's lock is a folder. */
function isFolder(error: NodeJS.ErrnoException | null): boolean {
  return error?.code === "EISDIR" || error?.code === "EPERM";
}

/**
 * Removes the lock when its holder died on this machine or has given no sign of life. One process at a time judges, or a
 * second one could remove what a third has just taken.
 */
async function removeAbandonedLock(path: string, staleMs: number): Promise<boolean> {
  if (!(await isAbandoned(path, staleMs))) return false;
  const judging = `${path}.takeover`;
  try {
    await writeFile(judging, "", { flag: "wx" });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    if (await isOlderThan(judging, staleMs)) await unlink(judging).catch(() => {}); // its maker was killed, too
    return false;
  }
  try {
    if (!(await isAbandoned(path, staleMs))) return false;
    await new Promise<void>((done) => namedLocks.rmdir(path, () => done()));
    return true;
  } finally {
    await unlink(judging).catch(() => {});
  }
}

async function isAbandoned(path: string, staleMs: number): Promise<boolean> {
  const holder = parseIdentity(await readFile(path, "utf8").catch(() => ""));
  return (holder !== undefined && hasEnded(holder)) || (await isOlderThan(path, staleMs));
}

async function isOlderThan(path: string, ms: number): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && info.mtimeMs < Date.now() - ms;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
