// The directory a Promotion works in: it outlives passes and restarts, and goes when the Promotion ends.
// A mark beside it says that a step is in flight, so that a crash in the middle of a step can be told from a pause.
import { createHash } from "node:crypto";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

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

  /** Makes the directory, readable to its owner only. Resolves with false when it was there already. */
  async create(): Promise<boolean> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    try {
      await mkdir(this.path, { mode: 0o700 });
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
  }

  /** Notes that a step is in flight; the note is on disk when this resolves. */
  async markRunning(): Promise<void> {
    await writeFile(this.#mark, "", { flush: true });
  }

  /** Removes that note: everything the steps came to has been recorded. */
  async clearMark(): Promise<void> {
    await rm(this.#mark, { force: true });
  }

  /** True when a step was in flight as its process ended. */
  async isMarked(): Promise<boolean> {
    try {
      await stat(this.#mark);
      return true;
    } catch {
      return false;
    }
  }

  /** Removes everything, present or not. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await this.clearMark();
  }
}
