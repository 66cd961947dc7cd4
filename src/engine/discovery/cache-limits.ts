// Keeps what discovery remembers of repositories within bounds: by age since its last use, then by size in sum.
// Everything here can be had again; nothing that is in use at the moment is touched.
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "../../base/errors";
import type { Logger } from "../../base/log";
import { acquireFileLock } from "../tools/file-lock";

/** How much is kept. */
export interface CacheLimits {
  /** Milliseconds since the last use. */
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** A month, and two gibibytes. */
export const defaultCacheLimits: CacheLimits = { maxAgeMs: 30 * 86_400_000, maxBytes: 2 * 1024 ** 3 };

/** Folders of the caches below the cache root, see discovered-artifacts.ts. */
const folders = ["git", "images", "charts"];
const lockedForMs = 300;

interface CacheEntry {
  readonly path: string;
  readonly usedAtMs: number;
  readonly bytes: number;
}

/** Removes what exceeds the limits, least recently used first; resolves with the paths removed. Never rejects. */
export async function pruneCaches(
  cacheRoot: string,
  {
    now,
    log,
    limits = defaultCacheLimits,
  }: { readonly now: Date; readonly log: Logger; readonly limits?: CacheLimits },
): Promise<readonly string[]> {
  try {
    const lists = await Promise.all(folders.map((folder) => entriesOf(join(cacheRoot, folder))));
    const newestFirst = lists.flat().sort((a, b) => b.usedAtMs - a.usedAtMs);
    const removed: string[] = [];
    let bytes = 0;
    for (const entry of newestFirst) {
      const isOld = now.getTime() - entry.usedAtMs > limits.maxAgeMs;
      if (!isOld && bytes + entry.bytes <= limits.maxBytes) bytes += entry.bytes;
      else if (await removeUnlessInUse(entry.path)) removed.push(entry.path);
    }
    if (removed.length > 0)
      log.info(`Removed ${removed.length} copies of repositories that were not in use.`);
    return removed;
  } catch (error) {
    log.warn(`Cannot tidy up ${cacheRoot}: ${errorMessage(error)}`);
    return [];
  }
}

async function entriesOf(folder: string): Promise<CacheEntry[]> {
  const names = await readdir(folder).catch(() => []);
  const wanted = names.filter((name) => !/\.lock(\.takeover)?$/.test(name)).map((name) => join(folder, name));
  const entries = await Promise.all(wanted.map(measure));
  return entries.filter((entry) => entry !== undefined);
}

async function measure(path: string): Promise<CacheEntry | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return undefined;
  return { path, usedAtMs: info.mtimeMs, bytes: info.isDirectory() ? await bytesBelow(path) : info.size };
}

async function bytesBelow(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = files
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function removeUnlessInUse(path: string): Promise<boolean> {
  const signal = AbortSignal.timeout(lockedForMs);
  const lock = await acquireFileLock(path, { signal, pollMs: 50, staleMs: 10_000 }).catch(() => undefined);
  if (lock === undefined) return false;
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    return true;
  } catch {
    return false;
  } finally {
    await lock.release();
  }
}
