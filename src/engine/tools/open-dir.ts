// Directories of a work directory held open, so that a link swapped in while a step runs leads nowhere.
// Knows nothing of what is done in them; files.ts does.
import { existsSync, constants as flags } from "node:fs";
import { type FileHandle, lstat, open, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { isSubPath, PathError, toPathError } from "./paths";

/** Linux's O_PATH: a handle that only names a place and needs no right to read it. Node does not export it. */
const openAsPlace = 0o10000000;

/** Linux's PATH_MAX, in bytes and with the closing zero. */
const maxPathBytes = 4096;

/**
 * How a directory is held. `descriptor`: by an open handle, every access goes through it, nothing can be swapped
 * (Linux). `checked`: by its path, which must resolve to itself before and after every access.
 */
export type DirectoryAccess = "descriptor" | "checked";

/** The strongest access this machine offers. */
export const bestAccess: DirectoryAccess =
  process.platform === "linux" && existsSync("/proc/self/fd") ? "descriptor" : "checked";

/** One open directory. Whoever got it closes it. */
export class OpenDir {
  /** Where it lies, for messages. */
  readonly path: string;
  readonly #handle: FileHandle | undefined;
  /** What `path` must resolve to; only for checked access. */
  readonly #realPath: string;

  private constructor(path: string, realPath: string, handle: FileHandle | undefined) {
    this.path = path;
    this.#realPath = realPath;
    this.#handle = handle;
  }

  /** Opens the work directory itself; links on the way to it are followed, for it is not the user's choice. */
  static async root(workDir: string, access: DirectoryAccess = bestAccess): Promise<OpenDir> {
    try {
      if (access === "checked") return new OpenDir(workDir, await realpath(workDir), undefined);
      return new OpenDir(workDir, workDir, await open(workDir, openAsPlace | flags.O_DIRECTORY));
    } catch (error) {
      throw toPathError(error, "open", workDir);
    }
  }

  /** Runs one system call on the entry `name`; `act` gets a path that reaches it and that must not be kept. */
  async act<T>(name: string, operation: string, act: (path: string) => Promise<T>): Promise<T> {
    const full = join(this.path, name);
    // Through a handle no path grows too long; the limit is kept, or copying a folder into itself would not end.
    if (Buffer.byteLength(full) >= maxPathBytes) throw new PathError(operation, full, "ENAMETOOLONG");
    try {
      if (this.#handle !== undefined) return await act(`/proc/self/fd/${this.#handle.fd}/${name}`);
      await this.#check();
      const result = await act(join(this.#realPath, name));
      await this.#check();
      return result;
    } catch (error) {
      throw toPathError(error, operation, full);
    }
  }

  /** Opens the directory `name` in this one. A link is refused with ELOOP, anything else with ENOTDIR. */
  async enter(name: string, operation = "open"): Promise<OpenDir> {
    const path = join(this.path, name);
    return await this.act(name, operation, async (target) => {
      if (this.#handle === undefined) {
        const kind = await lstat(target);
        if (kind.isSymbolicLink()) throw new PathError(operation, path, "ELOOP");
        if (!kind.isDirectory()) throw new PathError(operation, path, "ENOTDIR");
        return new OpenDir(path, join(this.#realPath, name), undefined);
      }
      try {
        const handle = await open(target, openAsPlace | flags.O_DIRECTORY | flags.O_NOFOLLOW);
        return new OpenDir(path, path, handle);
      } catch (error) {
        throw (await isLink(target)) ? new PathError(operation, path, "ELOOP", { cause: error }) : error;
      }
    });
  }

  /** A path by which another program reaches this very directory while it is open; undefined for checked access. */
  get place(): string | undefined {
    return this.#handle && `/proc/${process.pid}/fd/${this.#handle.fd}`;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  async #check(): Promise<void> {
    if ((await realpath(this.#realPath)) !== this.#realPath) throw new PathError("open", this.path, "ELOOP");
  }
}

/** The names that lead from `workDir` to `path`; throws when `path` does not lie below it. */
export function namesBelow(workDir: string, path: string): string[] {
  if (!isSubPath(workDir, path)) throw new PathError("open", path, "EOUTSIDE");
  const text = relative(workDir, path);
  if (isAbsolute(text)) throw new PathError("open", path, "EOUTSIDE");
  return text === "" ? [] : text.split(sep);
}

/** Opens the directory that `names` lead to from the work directory, following no link on the way. */
export async function openBelow(
  workDir: string,
  names: readonly string[],
  operation = "open",
  access: DirectoryAccess = bestAccess,
): Promise<OpenDir> {
  let dir = await OpenDir.root(workDir, access);
  for (const name of names) {
    const parent = dir;
    try {
      dir = await parent.enter(name, operation);
    } finally {
      await parent.close();
    }
  }
  return dir;
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}
