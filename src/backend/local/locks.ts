// Locks between processes that share a workspace. A killed holder's lock is taken over at once on the same machine, and
// after a minute without a heartbeat on another. The store's lock is held for milliseconds, a Stage's for as long as a process drives it.
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "../../base/log";
import { acquireFileLock, type FileLock, isFileLocked, type LockHolder } from "../../engine/engine";
import type { StageLocks } from "../../engine/ports";

const staleMs = 5000;

/** A held lock. `lost` aborts when another process took the lock over (this one slept for too long). */
export type HeldLock = FileLock;

/** Waits for the lock named `name` in `folder`, asking again every few milliseconds, and takes it. */
export function acquireLock(
  folder: string,
  name: string,
  options: {
    readonly signal: AbortSignal;
    readonly pollMs: number;
    readonly onWait?: (holder: LockHolder | undefined) => void;
  },
): Promise<HeldLock> {
  return acquireFileLock(join(folder, name), { ...options, staleMs });
}

/** `another process (17 on host build-2)`, with what happens to one that cannot be seen from here. */
export function holderText(holder: LockHolder | undefined): string {
  if (holder === undefined) return "another process";
  const { pid, host, isHere } = holder;
  return isHere ? `another process (${pid})` : `another process (${pid} on host ${host})`;
}

/** True while some process holds the lock named `name`; a dead holder's lock counts as free. */
export function isLocked(folder: string, name: string): Promise<boolean> {
  return isFileLocked(join(folder, name), { staleMs });
}

/** The Stage locks of a workspace. */
export function stageLocks(folder: string, log: Logger): StageLocks {
  return {
    acquire: (namespace, stage, signal) =>
      acquireLock(folder, lockName(namespace, stage), {
        signal,
        pollMs: 200,
        onWait: (holder) =>
          log.info(`Stage ${stage} is being driven by ${holderText(holder)}; waiting for it.`),
      }),
  };
}

/** A file name for a Stage's lock: the names when they fit, always told apart by their hash. */
function lockName(namespace: string, stage: string): string {
  const hash = createHash("sha256").update(`${namespace}/${stage}`).digest("hex").slice(0, 8);
  return `stage.${namespace.slice(0, 63)}.${stage.slice(0, 120)}.${hash}`;
}
