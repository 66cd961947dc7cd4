// One holder at a time for a directory that several calls and processes write to, such as a Git mirror.
// A killed holder's lock is taken over once it is stale. Locks nothing for its readers who do not ask.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import lockfile from "proper-lockfile";

const staleMs = 10_000;
const pollMs = 50;

/** Runs `work` while nobody else runs under the same path's lock. Waits for its turn until the signal says stop. */
export async function withDirectoryLock<T>(
  path: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await acquire(path, signal);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(path: string, signal: AbortSignal): Promise<() => Promise<void>> {
  for (;;) {
    signal.throwIfAborted();
    try {
      // A holder that was suspended and lost its lock finds that out where it matters: git's own locks refuse.
      const release = await lockfile.lock(path, {
        lockfilePath: `${path}.lock`,
        realpath: false,
        stale: staleMs,
        onCompromised: () => {},
      });
      return () => release().catch(() => {});
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ELOCKED")) throw error;
    }
    await delay(pollMs * (0.5 + Math.random()), undefined, { signal });
  }
}
