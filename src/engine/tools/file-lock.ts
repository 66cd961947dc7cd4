// One holder at a time for a path, among processes and within one: proper-lockfile, with the holder's name in the lock, so
// that the lock of a killed process is taken over at once instead of after it has gone stale. On another machine a holder
// cannot be seen and its clock may differ: there only a heartbeat that stays out while we watch counts. Judges no content.
import fs from "node:fs";
import { readFile, stat, unlink, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import lockfile from "proper-lockfile";
import {
  hasEnded,
  hostOf,
  isHere,
  type ProcessIdentity,
  parseIdentity,
  thisProcess,
} from "./process-identity";

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
  /** Milliseconds without a sign of life after which a holder on this machine counts as asleep. */
  readonly staleMs: number;
  /** The same for another machine, and for a lock that names nobody; a minute when left out. */
  readonly foreignStaleMs?: number;
  /** Called once when the lock is held by somebody else, who is told where the lock says so. */
  readonly onWait?: (holder: LockHolder | undefined) => void;
}

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** False for a process of another machine, whose end cannot be seen from here. */
  readonly isHere: boolean;
}

const updateMs = 1000;
/** A machine that is asleep, busy or behind a slow network comes back within this time, and finds its lock untouched. */
const defaultForeignStaleMs = 60_000;
const neverMs = Number.MAX_SAFE_INTEGER;

/** Waits for the lock of `path`, whose folder must exist, and takes it. */
export async function acquireFileLock(path: string, options: FileLockOptions): Promise<FileLock> {
  const { signal, pollMs, onWait } = options;
  const lost = new AbortController();
  const watch = new LockWatch(lockPath(path), options);
  for (let isTold = false; ; ) {
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
    if (await removeAbandonedLock(watch)) continue;
    // The lock of an ended process is waited for only until whoever is taking it over has done so.
    const seen = isTold ? undefined : await look(lockPath(path));
    if (seen !== undefined && !isOfEndedProcess(seen)) {
      onWait?.(holderOf(seen));
      isTold = true;
    }
    await delay(pollMs * (0.5 + Math.random()), undefined, { signal });
  }
}

/** True while a living process holds the lock of `path`. One look: another machine's clock is believed here. */
export async function isFileLocked(path: string, options: StaleLimits): Promise<boolean> {
  const { staleMs, foreignStaleMs = defaultForeignStaleMs } = options;
  const seen = await look(lockPath(path));
  if (seen === undefined || isOfEndedProcess(seen)) return false;
  return Date.now() - seen.beatMs <= (isOurs(seen) ? staleMs : foreignStaleMs);
}

type StaleLimits = Pick<FileLockOptions, "staleMs" | "foreignStaleMs">;

/** What a look at a lock shows. */
interface Sight {
  readonly text: string;
  readonly holder: ProcessIdentity | undefined;
  /** The last heartbeat by the holder's clock, in milliseconds since the epoch. */
  readonly beatMs: number;
}

async function look(lock: string): Promise<Sight | undefined> {
  const info = await stat(lock).catch(() => undefined);
  if (info === undefined) return undefined;
  const text = await readFile(lock, "utf8").catch(() => "");
  return { text, holder: parseIdentity(text), beatMs: info.mtimeMs };
}

function isOurs({ holder }: Sight): boolean {
  return holder !== undefined && isHere(holder);
}

function isOfEndedProcess({ holder }: Sight): boolean {
  return holder !== undefined && hasEnded(holder);
}

function holderOf({ holder }: Sight): LockHolder | undefined {
  return holder && { pid: holder.pid, host: hostOf(holder), isHere: isHere(holder) };
}

/** Looks at a lock again and again, and remembers by our own clock since when it has not changed. */
class LockWatch {
  readonly lock: string;
  readonly #limits: StaleLimits;
  #last: { readonly mark: string; readonly sinceMs: number } | undefined;

  constructor(lock: string, limits: StaleLimits) {
    this.lock = lock;
    this.#limits = limits;
  }

  get staleMs(): number {
    return this.#limits.staleMs;
  }

  /** True when the holder has died, sleeps, or stayed away for too long. */
  async isAbandoned(): Promise<boolean> {
    const seen = await look(this.lock);
    if (seen === undefined) return false;
    const { staleMs, foreignStaleMs = defaultForeignStaleMs } = this.#limits;
    if (isOfEndedProcess(seen)) return true;
    const isOld = (limitMs: number) => seen.beatMs < Date.now() - limitMs;
    if (seen.holder === undefined) return isOld(foreignStaleMs);
    if (isOurs(seen)) return isOld(staleMs);
    const mark = `${seen.beatMs} ${seen.text}`;
    if (this.#last?.mark !== mark) this.#last = { mark, sinceMs: performance.now() };
    return performance.now() - this.#last.sinceMs > foreignStaleMs;
  }
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
async function removeAbandonedLock(watch: LockWatch): Promise<boolean> {
  if (!(await watch.isAbandoned())) return false;
  const { lock: path, staleMs } = watch;
  const judging = `${path}.takeover`;
  try {
    await writeFile(judging, JSON.stringify(thisProcess()), { flag: "wx" });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    const judge = await look(judging);
    // Its maker was killed, too.
    if (judge !== undefined && (isOfEndedProcess(judge) || judge.beatMs < Date.now() - staleMs * 2))
      await unlink(judging).catch(() => {});
    return false;
  }
  try {
    if (!(await watch.isAbandoned())) return false;
    await new Promise<void>((done) => namedLocks.rmdir(path, () => done()));
    return true;
  } finally {
    await unlink(judging).catch(() => {});
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
