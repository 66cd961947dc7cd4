// One holder at a time for a directory that several calls and processes write to, such as a Git mirror.
// Locks nothing for its readers who do not ask.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { acquireFileLock } from "./file-lock";

const staleMs = 10_000;
const pollMs = 50;

/** Runs `work` while nobody else runs under the same path's lock. Waits for its turn until the signal says stop. */
export async function withDirectoryLock<T>(
  path: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  // A holder that was suspended and lost its lock finds that out where it matters: git's own locks refuse.
  const lock = await acquireFileLock(path, { signal, pollMs, staleMs });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
