// A private copy of what a program is to see of a work directory. Programs open paths by themselves, long after a check,
// and would follow a link that was swapped in meanwhile; in the copy nothing changes but by the program.
// Starts no program and judges no content.
import { constants as flags } from "node:fs";
import * as fs from "node:fs/promises";
import { join, relative } from "node:path";
import {
  followInside,
  listInside,
  makeDirsInside,
  noBlock,
  removeInside,
  statInside,
  withFile,
} from "./files";
import { namesBelow } from "./open-dir";

/** What a file of the copy was like before the program ran. */
interface Mark {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** The copy. It lies in a folder that its maker removes. */
export class WorkMirror {
  /** Absolute path of the copy of the work directory itself. */
  readonly dir: string;
  readonly #workDir: string;
  readonly #signal: AbortSignal;
  readonly #marks = new Map<string, Mark>();
  readonly #trees = new Set<string>();

  private constructor(workDir: string, dir: string, signal: AbortSignal) {
    this.#workDir = workDir;
    this.dir = dir;
    this.#signal = signal;
  }

  /** An empty copy in a new folder `dir`, which must not exist. */
  static async make(workDir: string, dir: string, signal: AbortSignal): Promise<WorkMirror> {
    await fs.mkdir(dir, { mode: 0o700 });
    return new WorkMirror(workDir, dir, signal);
  }

  /** Where the copy has what lies at `path`. Throws PathError `EOUTSIDE` when that is not in the work directory. */
  at(path: string): string {
    return join(this.dir, ...namesBelow(this.#workDir, path));
  }

  /** A text of the program with the paths of the work directory in place of the copy's. */
  told(text: string): string {
    return text.replaceAll(this.dir, this.#workDir);
  }

  /**
   * Copies the file at `path`, or makes the directory there without its content; links on the way are made anew and
   * lead to copies. Answers the path without links, undefined when there is nothing. Throws PathError.
   */
  async add(path: string): Promise<string | undefined> {
    const real = await this.#plantWay(path);
    if (real === undefined) return undefined;
    const info = await statInside(this.#workDir, real);
    if (info?.isFile()) await this.#copy(real, info.mode);
    else if (info !== undefined && !info.isDirectory()) throw irregular(path);
    return info === undefined ? undefined : real;
  }

  /** As add, with everything below the directory. */
  async addTree(path: string): Promise<string | undefined> {
    this.#signal.throwIfAborted();
    const real = await this.add(path);
    if (real === undefined || this.#trees.has(real)) return real;
    this.#trees.add(real);
    if ((await statInside(this.#workDir, real))?.isDirectory() !== true) return real;
    for (const name of await listInside(this.#workDir, real)) await this.addTree(join(real, name));
    return real;
  }

  /** Does to the work directory what the program did to the copy: new and changed files, new directories, removals. */
  async bringBack(): Promise<void> {
    const left = new Set(this.#marks.keys());
    await this.#bringBack(this.dir, left);
    for (const path of left) await removeInside(this.#workDir, path, this.#signal);
  }

  async #bringBack(dir: string, left: Set<string>): Promise<void> {
    for (const entry of await fs.readdir(dir, { withFileTypes: true })) {
      this.#signal.throwIfAborted();
      const copy = join(dir, entry.name);
      const path = join(this.#workDir, relative(this.dir, copy));
      if (entry.isDirectory()) {
        await makeDirsInside(this.#workDir, path, 0o755);
        await this.#bringBack(copy, left);
      } else if (entry.isFile()) {
        left.delete(path);
        await this.#bringFileBack(copy, path);
      }
    }
  }

  async #bringFileBack(copy: string, path: string): Promise<void> {
    const { ino, size, mtimeNs, mode } = await fs.lstat(copy, { bigint: true });
    const mark = this.#marks.get(path);
    if (mark?.ino === ino && mark.size === size && mark.mtimeNs === mtimeNs) return;
    const content = await fs.readFile(copy, { signal: this.#signal });
    const openFlags = flags.O_WRONLY | flags.O_CREAT | flags.O_TRUNC;
    const permissions = Number(mode) & 0o777;
    await withFile(this.#workDir, path, openFlags, permissions, (file) => file.writeFile(content));
  }

  /** Makes the directories and links that `path` goes through; undefined when it leads to nothing. */
  async #plantWay(path: string): Promise<string | undefined> {
    let real = this.#workDir;
    for (const name of namesBelow(this.#workDir, path)) {
      const next = join(real, name);
      const info = await statInside(this.#workDir, next);
      if (info === undefined) return undefined;
      if (!info.isSymbolicLink()) {
        if (info.isDirectory()) await fs.mkdir(this.at(next), { recursive: true, mode: 0o700 });
        real = next;
        continue;
      }
      const target = await followInside(this.#workDir, next, "open");
      await this.#link(this.at(target), this.at(next));
      const planted = target === next ? undefined : await this.#plantWay(target);
      if (planted === undefined) return undefined;
      real = planted;
    }
    return real;
  }

  async #link(target: string, at: string): Promise<void> {
    try {
      await fs.symlink(target, at);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }

  async #copy(path: string, mode: number): Promise<void> {
    if (this.#marks.has(path)) return;
    const copy = this.at(path);
    await withFile(this.#workDir, path, flags.O_RDONLY | noBlock, 0, async (source) => {
      const content = await source.readFile({ signal: this.#signal });
      await fs.writeFile(copy, content, { mode: mode & 0o777, flag: "wx" });
    });
    const { ino, size, mtimeNs } = await fs.lstat(copy, { bigint: true });
    this.#marks.set(path, { ino, size, mtimeNs });
  }
}

/** What helm says of pipes and devices in a chart. */
function irregular(path: string): Error {
  return new Error(`cannot load irregular file ${path} as it has file mode type bits set`);
}
