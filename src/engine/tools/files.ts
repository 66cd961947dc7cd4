// What steps do to files of their work directory: read, write, list, move, remove. Nothing outside can be reached,
// not even through a link that is swapped in while a step runs. Paths are those of insideWorkDir. copy-tree.ts copies.
import { constants as flags, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { isAbsolute, join, parse, relative, sep } from "node:path";
import { compareBytewise } from "../../base/text";
import { namesBelow, type OpenDir, openBelow } from "./open-dir";
import { isNotExist, isSubPath, PathError, toPathError } from "./paths";

/** How many links one look-up follows, as Linux does. */
const maxLinks = 40;

/** Refuses a link at the place of a file. Windows has no such flag; there the checks around each access stand alone. */
export const noFollow = flags.O_NOFOLLOW ?? 0;
/** For reading: a pipe must not hold a step for ever. */
export const noBlock = flags.O_NONBLOCK ?? 0;

/** The bytes of the file at `path`. Throws PathError with `open` or `read` (os.ReadFile). */
export async function readInside(workDir: string, path: string, signal?: AbortSignal): Promise<Buffer> {
  return await withFile(workDir, path, flags.O_RDONLY | noBlock, 0, async (file) => {
    try {
      return await file.readFile({ signal });
    } catch (error) {
      throw toPathError(error, "read", path);
    }
  });
}

/** Replaces the content of the file at `path`, creating it with `mode` minus the umask (os.WriteFile). */
export async function writeInside(
  workDir: string,
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const flagsToWrite = flags.O_WRONLY | flags.O_CREAT | flags.O_TRUNC;
  await withFile(workDir, path, flagsToWrite, mode, (file) => file.writeFile(content));
}

/** Opens the file at `path`, hands it to `act` and closes it. A link at its place is refused. */
export async function withFile<T>(
  workDir: string,
  path: string,
  openFlags: number,
  mode: number,
  act: (file: fs.FileHandle) => Promise<T>,
): Promise<T> {
  const file = await openInside(workDir, path, openFlags, mode);
  try {
    return await act(file);
  } finally {
    await file.close();
  }
}

/** Opens the file at `path`; a link at its place is refused. Whoever got it closes it (os.OpenFile). */
export async function openInside(
  workDir: string,
  path: string,
  openFlags: number,
  mode: number,
): Promise<fs.FileHandle> {
  return await atParent(workDir, path, "open", (parent, name) =>
    parent.act(name, "open", (target) => fs.open(target, openFlags | noFollow, mode)),
  );
}

/** What lies at `path`, a link itself if it is one; undefined when there is nothing. */
export async function statInside(workDir: string, path: string): Promise<Stats | undefined> {
  try {
    return await statOrThrow(workDir, path, "lstat");
  } catch (error) {
    if (isNotExist(error)) return undefined;
    throw error;
  }
}

/** As statInside, but throws what the system says; `operation` names the call in the error. */
export async function statOrThrow(workDir: string, path: string, operation: string): Promise<Stats> {
  if (namesBelow(workDir, path).length === 0) return await fs.lstat(workDir);
  return await atParent(workDir, path, operation, (parent, name) =>
    parent.act(name, operation, (target) => fs.lstat(target)),
  );
}

/** Makes the directory at `path` and every missing one above it, `mode` minus the umask (os.MkdirAll). */
export async function makeDirsInside(workDir: string, path: string, mode: number): Promise<void> {
  // Refuses a path outside, so it comes before anything is open.
  const names = namesBelow(workDir, path);
  let dir = await openBelow(workDir, []);
  for (const name of names) {
    const parent = dir;
    try {
      dir = await enterOrMake(parent, name, mode);
    } finally {
      await parent.close();
    }
  }
  await dir.close();
}

/** Makes one directory, `mode` minus the umask (os.Mkdir). */
export async function makeDirInside(workDir: string, path: string, mode: number): Promise<void> {
  await atParent(workDir, path, "mkdir", (parent, name) =>
    parent.act(name, "mkdir", (target) => fs.mkdir(target, { mode })),
  );
}

/** Names in the directory at `path`, in byte order (os.ReadDir). */
export async function listInside(workDir: string, path: string): Promise<string[]> {
  const dir = await openAt(workDir, path, "open");
  try {
    return await list(dir);
  } finally {
    await dir.close();
  }
}

/**
 * Removes the file, link or whole directory at `path`; what is already gone is no error. Of the work directory itself
 * the content goes (os.RemoveAll).
 */
export async function removeInside(workDir: string, path: string, signal?: AbortSignal): Promise<void> {
  if (namesBelow(workDir, path).length === 0) {
    for (const name of await listInside(workDir, path)) await removeInside(workDir, join(path, name), signal);
    return;
  }
  try {
    await atParent(workDir, path, "unlinkat", (parent, name) => removeEntry(parent, name, signal));
  } catch (error) {
    if (!isNotExist(error)) throw error;
  }
}

/** Moves `from` to `to`; both lie in the work directory (os.Rename). */
export async function renameInside(workDir: string, from: string, to: string): Promise<void> {
  await atParent(workDir, from, "rename", (source, sourceName) =>
    atParent(workDir, to, "rename", (target, targetName) =>
      source.act(sourceName, "rename", (fromPath) =>
        target.act(targetName, "rename", (toPath) => fs.rename(fromPath, toPath)),
      ),
    ),
  );
}

/** As renameInside; a directory at `to` is removed with all it holds, and replaced (pkg/io/fs/move.go). */
export async function replaceInside(
  workDir: string,
  from: string,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await renameInside(workDir, from, to);
  } catch (error) {
    const isTaken = error instanceof PathError && ["EISDIR", "EEXIST", "ENOTEMPTY"].includes(error.code);
    if (!isTaken || relative(workDir, to) === "") throw error;
    await removeInside(workDir, to, signal);
    await renameInside(workDir, from, to);
  }
}

/** Runs `act` on the opened directory that holds `path`, and the name of `path` in it. */
export async function atParent<T>(
  workDir: string,
  path: string,
  operation: string,
  act: (parent: OpenDir, name: string) => Promise<T>,
): Promise<T> {
  const names = namesBelow(workDir, path);
  const name = names.pop();
  // The work directory itself: looked at as an entry of itself, which no call can remove or replace.
  const parent = await named(operation, path, () => openBelow(workDir, names));
  try {
    return await act(parent, name ?? ".");
  } finally {
    await parent.close();
  }
}

/**
 * Where the system ends up when it follows every link of `path`, which lies in the work directory as text. Throws
 * `EOUTSIDE` when that is elsewhere. What does not exist is kept as text, unless a link goes back from there.
 */
export async function followInside(workDir: string, path: string, operation: string): Promise<string> {
  const root = await fs.realpath(workDir);
  let current = root;
  const names = namesBelow(workDir, path);
  for (let links = 0; names.length > 0; ) {
    const name = names.shift() ?? "";
    const from = current;
    const target = await named(operation, path, async () => {
      // A trailing dot makes the system look whether it is a directory.
      if (name === "..") await fs.access(`${from}${sep}.`);
      return await targetOf(join(from, name));
    });
    if (target === undefined) {
      current = join(current, name);
      continue;
    }
    if (++links > maxLinks) throw new PathError(operation, path, "ELOOP");
    if (isAbsolute(target)) current = parse(target).root;
    names.unshift(
      ...target.split(sep === "\\" ? /[\\/]/ : sep).filter((part) => part !== "" && part !== "."),
    );
  }
  if (!isSubPath(root, current)) throw new PathError(operation, path, "EOUTSIDE");
  return join(workDir, relative(root, current));
}

/** Opens the directory at `path`. Whoever got it closes it. */
export async function openAt(workDir: string, path: string, operation: string): Promise<OpenDir> {
  return await named(operation, path, () => openBelow(workDir, namesBelow(workDir, path)));
}

async function enterOrMake(parent: OpenDir, name: string, mode: number): Promise<OpenDir> {
  try {
    return await parent.enter(name, "mkdir");
  } catch (error) {
    if (!isNotExist(error)) throw error;
  }
  try {
    await parent.act(name, "mkdir", (path) => fs.mkdir(path, { mode }));
  } catch (error) {
    // Somebody else made it in between.
    if (!(error instanceof PathError && error.code === "EEXIST")) throw error;
  }
  return await parent.enter(name, "mkdir");
}

/** Names in an open directory, in byte order. */
export async function list(dir: OpenDir): Promise<string[]> {
  return (await dir.act(".", "open", (path) => fs.readdir(path))).sort(compareBytewise);
}

async function removeEntry(parent: OpenDir, name: string, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const info = await parent.act(name, "unlinkat", (target) => fs.lstat(target));
  if (!info.isDirectory()) {
    await parent.act(name, "unlinkat", (target) => fs.unlink(target));
    return;
  }
  const dir = await parent.enter(name, "openfdat");
  try {
    for (const entry of await list(dir)) await removeEntry(dir, entry, signal);
  } finally {
    await dir.close();
  }
  await parent.act(name, "unlinkat", (target) => fs.rmdir(target));
}

/** The target of a link; undefined for anything else and for what is not there. */
async function targetOf(path: string): Promise<string | undefined> {
  try {
    return (await fs.lstat(path)).isSymbolicLink() ? await fs.readlink(path) : undefined;
  } catch (error) {
    if (isNotExist(error)) return undefined;
    throw error;
  }
}

/** Runs `act`; a system error in it is told as `operation` on `path`, however deep it came from. */
export async function named<T>(operation: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof PathError) throw new PathError(operation, path, error.code, { cause: error });
    throw toPathError(error, operation, path);
  }
}
