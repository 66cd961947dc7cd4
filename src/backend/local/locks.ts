// Locks between processes that share a workspace, by proper-lockfile: a killed holder's lock is taken over once it is stale.
// The store's lock is held for milliseconds, a Stage's lock for as long as a process drives that Stage.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import lockfile from "proper-lockfile";
import type { Logger } from "../../base/log";
import type { StageLocks } from "../../engine/ports";

const staleMs = 5000;
const updateMs = 1000;

/** A held lock. `lost` aborts when another process took the lock over (this one slept for too long). */
export interface HeldLock {
  release(): Promise<void>;
  readonly lost: AbortSignal;
}

/** Waits for the lock named `name` in `folder`, asking again every few milliseconds, and takes it. */
export async function acquireLock(
  folder: string,
  name: string,
  options: { readonly signal: AbortSignal; readonly pollMs: number; readonly onWait?: () => void },
): Promise<HeldLock> {
  const lost = new AbortController();
  const path = join(folder, name);
  for (let waited = false; ; waited = true) {
    options.signal.throwIfAborted();
    try {
      const release = await lockfile.lock(path, {
        lockfilePath: `${path}.lock`,
        realpath: false,
        stale: staleMs,
        update: updateMs,
        onCompromised: (error) => lost.abort(error),
      });
      return { release: () => release().catch(() => {}), lost: lost.signal };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    }
    if (!waited) options.onWait?.();
    await delay(options.pollMs * (0.5 + Math.random()), undefined, { signal: options.signal });
  }
}

/** The Stage locks of a workspace. */
export function stageLocks(folder: string, log: Logger): StageLocks {
  return {
    acquire: (namespace, stage, signal) =>
      acquireLock(folder, lockName(namespace, stage), {
        signal,
        pollMs: 200,
        onWait: () => log.info(`Stage ${stage} is being driven by another process; waiting for it.`),
      }),
  };
}

/** A file name for a Stage's lock: the names when they fit, always told apart by their hash. */
function lockName(namespace: string, stage: string): string {
  const hash = createHash("sha256").update(`${namespace}/${stage}`).digest("hex").slice(0, 8);
  return `stage.${namespace.slice(0, 63)}.${stage.slice(0, 120)}.${hash}`;
}
