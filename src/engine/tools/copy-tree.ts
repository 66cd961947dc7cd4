// Copies files and whole directories within a work directory. Leaves links, devices, times and owners behind.
// Knows no ignore rules; the caller says what is skipped.
import { constants as flags, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  atParent,
  followInside,
  list,
  makeDirsInside,
  named,
  noBlock,
  noFollow,
  openAt,
  statOrThrow,
  withFile,
} from "./files";
import type { OpenDir } from "./open-dir";
import { isNotExist } from "./paths";

/** Choices of copyTree. */
export interface CopyOptions {
  /** Asked for every entry below the copied directory, with the names that lead to it from there. */
  readonly skip?: (names: readonly string[], isDirectory: boolean) => boolean;
  /** Sees an error once on every level it passes, innermost first, and says what is thrown on. */
  readonly onError?: (error: unknown) => unknown;
  readonly signal?: AbortSignal;
}

/**
 * Copies the file or directory at `from` over what `to` has already. Modes are copied, missing parents are made. Links
 * on the side of `to` are followed within the work directory (otiai10/copy 1.14.1 as Kargo's copy step sets it up).
 * A directory copied into itself goes on until its path is too long, as it does there.
 */
export async function copyTree(
  workDir: string,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  try {
    const info = await statOrThrow(workDir, from, "lstat");
    if (isLeftBehind(info)) return;
    const isDirectory = info.isDirectory();
    if (isDirectory) await throwUnlessUsable(workDir, to);
    if (isDirectory) await makeDirsInside(workDir, to, 0o755);
    else if (to !== workDir) await makeDirsInside(workDir, dirname(to), 0o777);
    await atParent(workDir, from, "open", (fromDir, fromName) =>
      atParent(workDir, to, "open", (toDir, toName) =>
        new TreeCopy(workDir, options).copy(
          { dir: fromDir, name: fromName, path: from },
          { dir: toDir, name: toName, path: to },
          [],
          info,
        ),
      ),
    );
  } catch (error) {
    throw options.onError === undefined ? error : options.onError(error);
  }
}

/** An entry of an open directory. `path` is what messages show. */
interface Entry {
  readonly dir: OpenDir;
  readonly name: string;
  readonly path: string;
}

/** One run of copyTree. */
class TreeCopy {
  readonly #workDir: string;
  readonly #options: CopyOptions;
  readonly #buffer = Buffer.allocUnsafe(256 * 1024);

  constructor(workDir: string, options: CopyOptions) {
    this.#workDir = workDir;
    this.#options = options;
  }

  async copy(from: Entry, to: Entry, names: readonly string[], info: Stats): Promise<void> {
    this.#options.signal?.throwIfAborted();
    if (isLeftBehind(info)) return;
    if (info.isDirectory()) await this.#copyDirectory(from, to, names, info);
    else await this.#copyFile(from, to, info);
  }

  async #copyFile(from: Entry, to: Entry, info: Stats): Promise<void> {
    let source: fs.FileHandle;
    try {
      const openFlags = flags.O_RDONLY | noBlock | noFollow;
      source = await from.dir.act(from.name, "open", (path) => fs.open(path, openFlags));
    } catch (error) {
      // It went away since it was listed: nothing to copy.
      if (isNotExist(error)) return;
      throw error;
    }
    try {
      await this.#withTarget(to, async (target) => {
        await named("chmod", to.path, () => target.chmod(info.mode & 0o7777));
        await this.#pour(source, target);
      });
    } finally {
      await source.close();
    }
  }

  /** Opens the emptied target file; what is a link there already is followed as far as the work directory goes. */
  async #withTarget(to: Entry, act: (file: fs.FileHandle) => Promise<void>): Promise<void> {
    const openFlags = flags.O_RDWR | flags.O_CREAT | flags.O_TRUNC;
    if (await isLink(to)) {
      const target = await followInside(this.#workDir, to.path, "open");
      await withFile(this.#workDir, target, openFlags, 0o666, act);
      return;
    }
    const file = await to.dir.act(to.name, "open", (path) => fs.open(path, openFlags | noFollow, 0o666));
    try {
      await act(file);
    } finally {
      await file.close();
    }
  }

  async #pour(source: fs.FileHandle, target: fs.FileHandle): Promise<void> {
    for (;;) {
      this.#options.signal?.throwIfAborted();
      const { bytesRead } = await source.read(this.#buffer, 0, this.#buffer.length, null);
      if (bytesRead === 0) return;
      await target.writeFile(this.#buffer.subarray(0, bytesRead));
    }
  }

  async #copyDirectory(from: Entry, to: Entry, names: readonly string[], info: Stats): Promise<void> {
    const target = await this.#openTargetDirectory(to);
    let failure: unknown;
    try {
      await this.#copyEntries(from, target, names);
    } catch (error) {
      failure = error;
    }
    try {
      // The mode comes last, for it may forbid writing, and it comes even when copying failed.
      await target.act(".", "chmod", (path) => fs.chmod(path, info.mode & 0o7777));
    } catch (error) {
      failure ??= error;
    } finally {
      await target.close();
    }
    if (failure !== undefined) throw failure;
  }

  async #copyEntries(from: Entry, target: OpenDir, names: readonly string[]): Promise<void> {
    const { onError, skip } = this.#options;
    let source: OpenDir;
    try {
      source = await from.dir.enter(from.name);
    } catch (error) {
      if (isNotExist(error)) return;
      throw error;
    }
    try {
      for (const { name, info } of await entriesOf(source)) {
        const entryNames = [...names, name];
        if (skip?.(entryNames, info.isDirectory())) continue;
        const sourceEntry = { dir: source, name, path: join(from.path, name) };
        const targetEntry = { dir: target, name, path: join(target.path, name) };
        try {
          await this.copy(sourceEntry, targetEntry, entryNames, info);
        } catch (error) {
          throw onError === undefined ? error : onError(error);
        }
      }
    } finally {
      await source.close();
    }
  }

  async #openTargetDirectory(to: Entry): Promise<OpenDir> {
    if (await isLink(to)) {
      const target = await followInside(this.#workDir, to.path, "stat");
      await makeDirsInside(this.#workDir, target, 0o755);
      return await openAt(this.#workDir, target, "mkdir");
    }
    try {
      return await to.dir.enter(to.name, "mkdir");
    } catch (error) {
      if (!isNotExist(error)) throw error;
    }
    await to.dir.act(to.name, "mkdir", (path) => fs.mkdir(path, { mode: 0o755 }));
    return await to.dir.enter(to.name, "mkdir");
  }
}

/** Everything in a directory is looked at before any of it is copied. */
async function entriesOf(dir: OpenDir): Promise<{ readonly name: string; readonly info: Stats }[]> {
  const entries = [];
  for (const name of await list(dir)) {
    entries.push({ name, info: await dir.act(name, "lstat", (path) => fs.lstat(path)) });
  }
  return entries;
}

/** Node cannot make a pipe, and no step has a use for one. */
function isLeftBehind(info: Stats): boolean {
  return info.isSymbolicLink() || info.isBlockDevice() || info.isCharacterDevice() || info.isFIFO();
}

async function isLink(entry: Entry): Promise<boolean> {
  try {
    return (await entry.dir.act(entry.name, "stat", (path) => fs.lstat(path))).isSymbolicLink();
  } catch (error) {
    if (isNotExist(error)) return false;
    throw error;
  }
}

/** A target that cannot even be looked at is reported so, before anything is made. */
async function throwUnlessUsable(workDir: string, target: string): Promise<void> {
  try {
    await statOrThrow(workDir, target, "stat");
  } catch (error) {
    if (!isNotExist(error)) throw error;
  }
}
