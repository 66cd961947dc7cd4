// Names for this program's folders in the system's temporary folder, and the removal of those whose process was killed:
// they can hold keys and passwords. Makes no folder itself.
import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded, thisProcess } from "./process-identity";

const pattern = /^kargo-workbench-([0-9a-f]{8})-(\d+)-(\d*)-\w+$/;

/** The beginning of a temporary folder's path, for mkdtemp; it names this process. */
export function tempFolderPrefix(): string {
  const { pid, since } = thisProcess();
  return join(tmpdir(), `kargo-workbench-${machineHash()}-${pid}-${since}-`);
}

/** Removes what killed processes left; a folder that cannot be removed stays for the next time. */
export async function removeAbandonedTempFolders(): Promise<void> {
  const { machine } = thisProcess();
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const [, hash, pid, since = ""] = pattern.exec(name) ?? [];
    if (hash !== machineHash() || !hasEnded({ pid: Number(pid), since, machine })) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function machineHash(): string {
  return createHash("sha256").update(thisProcess().machine).digest("hex").slice(0, 8);
}
