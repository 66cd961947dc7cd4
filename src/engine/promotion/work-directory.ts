// The directory a Promotion works in: it outlives passes and restarts, and goes when the Promotion ends.
// A mark beside it says that a step is in flight, so that a crash in the middle of a step can be told from a pause.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { endProgramsBelow } from "../tools/orphans";

/** Uids of the Promotions that have a directory below the engine's work root, those of other workspaces among them. */
export async function uidsWithDirectories(root: string): Promise<ReadonlySet<string>> {
  const names = await readdir(root).catch(() => []);
  return new Set(names.flatMap((name) => /^promotion-([\w-]+)(?:\.running)?$/.exec(name)?.[1] ?? []));
}

/** A Promotion's own directory below the engine's work root. */
export class WorkDirectory {
  readonly #root: string;
  /** Absolute. */
  readonly path: string;
  readonly #mark: string;

  constructor(root: string, uid: string) {
    // A uid comes from this machine's own state; text that is no plain name must still not lead out of the root.
    const name = /^[\w-]+$/.test(uid) ? uid : createHash("sha256").update(uid).digest("hex");
    this.#root = root;
    this.path = join(root, `promotion-${name}`);
    this.#mark = `${this.path}.running`;
  }

  /**
   * Makes the directory, readable to its owner only. Resolves with false when it was there already. A new one is marked
   * so before it is there: until a step is recorded as running in it, whatever is recorded happened in another.
   */
  async create(): Promise<boolean> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    if ((await stat(this.path).catch(() => undefined)) !== undefined) return false;
    try {
      await writeFile(this.#mark, "new", { flush: true });
      await mkdir(this.path, { mode: 0o700 });
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
  }

  /** Notes that a step is in flight, which is recorded already; the note is on disk when this resolves. */
  async markRunning(): Promise<void> {
    await writeFile(this.#mark, "", { flush: true });
  }

  /** Removes that note: everything the steps came to has been recorded. */
  async clearMark(): Promise<void> {
    await rm(this.#mark, { force: true });
  }

  /** What was under way as the last process ended: a step, the making of the directory, or nothing. */
  async interrupted(): Promise<"step" | "new" | undefined> {
    const text = await readFile(this.#mark, "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    return text === "new" ? "new" : "step";
  }

  /** Ends what a killed process left running here; resolves with the number of programs. */
  endOrphans(): Promise<number> {
    return endProgramsBelow(this.path);
  }

  /** Removes everything, present or not. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await this.clearMark();
  }
}
