// Paths of a Promotion's work directory: joins that cannot leave it, and errors that do not show where it is.
// Opens and changes nothing; files.ts does that and holds the answer against links swapped in afterwards.
import { lstat, readlink } from "node:fs/promises";
import { basename, isAbsolute, join, parse, relative, sep } from "node:path";

/** How many symbolic links one join follows before it gives up (filepath-securejoin). */
const maxLinks = 255;

/** A failed file operation in Go's words: operation, path and the system's reason (io/fs PathError). */
export class PathError extends Error {
  readonly operation: string;
  readonly path: string;
  /** Node's name of the system error, as `ENOENT`; `EOUTSIDE` when a link leads out of the work directory. */
  readonly code: string;

  constructor(operation: string, path: string, code: string, options?: { readonly cause?: unknown }) {
    super(`${operation} ${path}: ${systemErrorText(code)}`, options);
    this.name = "PathError";
    this.operation = operation;
    this.path = path;
    this.code = code;
  }
}

/** True when the error says that a path does not exist (Go's os.IsNotExist). */
export function isNotExist(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** `error` as a PathError of `operation` on `path`; whatever is no system error stays as it is. */
export function toPathError(error: unknown, operation: string, path: string): unknown {
  if (error instanceof PathError || !(error instanceof Error) || !("code" in error)) return error;
  const code = String(error.code);
  // Node refuses a NUL byte by itself where the system would say EINVAL.
  if (code === "ERR_INVALID_ARG_VALUE") return new PathError(operation, path, "EINVAL", { cause: error });
  return /^E[A-Z0-9]+$/.test(code) ? new PathError(operation, path, code, { cause: error }) : error;
}

/**
 * The absolute path of `path` below `workDir`, which is taken as the root of the file system: `..` stops there, a
 * leading slash and volume names are dropped, links are followed (an absolute target starts at `workDir` again), what
 * does not exist is joined as text. Throws PathError on a loop of links and when a part cannot be looked at
 * (filepath-securejoin 0.6.1 SecureJoin).
 */
export async function insideWorkDir(workDir: string, path: string): Promise<string> {
  if (workDir.split(/[\\/]/).includes("..")) {
    throw new Error("root path provided to SecureJoin contains '..' components");
  }
  const unsafe = toSystemSeparators(path);
  let current = "";
  let remaining = unsafe;
  let links = 0;
  while (remaining !== "") {
    remaining = withoutVolume(remaining);
    const cut = remaining.indexOf(sep);
    const part = cut < 0 ? remaining : remaining.slice(0, cut);
    remaining = cut < 0 ? "" : remaining.slice(cut + 1);
    const next = join(sep, current, part);
    if (next === sep) {
      current = "";
      continue;
    }
    const full = workDir + sep + next;
    const target = await linkTarget(full);
    if (target === undefined) {
      current = next;
      continue;
    }
    if (++links > maxLinks) throw new PathError("SecureJoin", workDir + sep + unsafe, "ELOOP");
    remaining = target + sep + remaining;
    if (isAbsolute(target)) current = "";
  }
  return withoutTrailingSeparator(join(workDir, join(sep, current)));
}

/**
 * The path without any link in it, wherever that is. Throws PathError, also when something does not exist
 * (Go's filepath.EvalSymlinks).
 */
export async function withoutLinks(path: string): Promise<string> {
  const { root } = parse(path);
  let current = root;
  let names = path.slice(root.length).split(sep);
  for (let links = 0; names.length > 0; ) {
    const [name = "", ...rest] = names;
    names = rest;
    if (name === "" || name === ".") continue;
    const next = join(current, name);
    let isDirectory: boolean;
    let target: string | undefined;
    try {
      const info = await lstat(next);
      isDirectory = info.isDirectory();
      target = info.isSymbolicLink() ? await readlink(next) : undefined;
    } catch (error) {
      throw toPathError(error, "lstat", next);
    }
    if (target === undefined) {
      if (!isDirectory && names.length > 0) throw new Error("not a directory");
      current = next;
      continue;
    }
    if (++links > maxLinks) throw new Error("EvalSymlinks: too many links");
    if (isAbsolute(target)) current = parse(target).root;
    names = [...target.split(sep), ...names];
  }
  return current;
}

/** True when `child` is `parent` or lies below it, going by the text alone (pkg/io/fs/path.go IsSubPath). */
export function isSubPath(parent: string, child: string): boolean {
  const path = relative(parent, child);
  return path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

/** `error` with its path shown relative to `workDir`, or as a bare name when it lies outside (pkg/io/fs/error.go). */
export function sanitizePathError(error: unknown, workDir: string): unknown {
  if (!(error instanceof PathError)) return error;
  return new PathError(error.operation, containedRelativePath(workDir, error.path), error.code, {
    cause: error,
  });
}

/** `path` relative to `base`, or its last part when that would climb out (pkg/io/fs/path.go ContainedRelPath). */
export function containedRelativePath(base: string, path: string): string {
  // Go refuses to relate a relative path to an absolute one, where Node would resolve it from the process's folder.
  if (isAbsolute(base) !== isAbsolute(path)) return basename(path);
  const text = relative(base, path);
  if (isAbsolute(text) || text.includes("..")) return basename(path);
  return text === "" ? "." : text;
}

/** The target of the link at `path`; undefined for anything else, also for what does not exist. */
async function linkTarget(path: string): Promise<string | undefined> {
  try {
    if (!(await lstat(path)).isSymbolicLink()) return undefined;
  } catch (error) {
    const failure = toPathError(error, "lstat", path);
    if (failure instanceof PathError && (failure.code === "ENOENT" || failure.code === "ENOTDIR")) {
      return undefined;
    }
    throw failure;
  }
  try {
    return await readlink(path);
  } catch (error) {
    throw toPathError(error, "readlink", path);
  }
}

function toSystemSeparators(path: string): string {
  return sep === "/" ? path : path.replaceAll("/", sep);
}

/** Drops `C:` and `\\server\share` on Windows; elsewhere paths have no volume. */
function withoutVolume(path: string): string {
  if (sep === "/") return path;
  const { root } = parse(path);
  return path.slice(root.replace(/\\+$/, "").length);
}

function withoutTrailingSeparator(path: string): string {
  return path.length > 1 && path.endsWith(sep) && parse(path).root !== path ? path.slice(0, -1) : path;
}

/** What Linux says about a system error, in the words of Go programs. */
function systemErrorText(code: string): string {
  return systemErrorTexts[code] ?? code;
}

const systemErrorTexts: Readonly<Record<string, string>> = {
  // Ours, for a link that would take a step out of its work directory.
  EOUTSIDE: "leads outside the working directory",
  EACCES: "permission denied",
  EBADF: "bad file descriptor",
  EBUSY: "device or resource busy",
  EDQUOT: "disk quota exceeded",
  EEXIST: "file exists",
  EFBIG: "file too large",
  EINVAL: "invalid argument",
  EIO: "input/output error",
  EISDIR: "is a directory",
  ELOOP: "too many levels of symbolic links",
  EMFILE: "too many open files",
  EMLINK: "too many links",
  ENAMETOOLONG: "file name too long",
  ENFILE: "too many open files in system",
  ENODEV: "no such device",
  ENOENT: "no such file or directory",
  ENOMEM: "cannot allocate memory",
  ENOSPC: "no space left on device",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  ENXIO: "no such device or address",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
  ETXTBSY: "text file busy",
  EXDEV: "invalid cross-device link",
};
