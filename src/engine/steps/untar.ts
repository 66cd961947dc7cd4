// Step `untar`: extracts an archive into a folder of the work directory, whole or not at all.
// The folder is replaced, not merged; entries that could lead elsewhere are passed over.
import { constants as flags } from "node:fs";
import { type FileHandle, mkdtemp, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { Logger } from "../../base/log";
import type { StepResult, StepRunner } from "../promotion/step";
import {
  atParent,
  followInside,
  makeDirInside,
  makeDirsInside,
  named,
  noBlock,
  openInside,
  removeInside,
  renameInside,
  statInside,
} from "../tools/files";
import { insideWorkDir, PathError } from "../tools/paths";
import { type TarEntry, TarReader } from "../tools/tar/reader";
import { asFault, because, errored } from "./step-failure";

/** Configuration of `untar`. */
export interface UntarConfig {
  readonly inPath: string;
  readonly outPath: string;
  readonly stripComponents?: number;
  /** Ignore rules; only one that equals a file's name has an effect, as upstream. */
  readonly ignore?: string;
}

const maxFileBytes = 50 * 1024 * 1024;
const maxTotalBytes = 100 * 1024 * 1024;
const dirMode = 0o750;

/** Runs `untar` (pkg/promotion/runner/builtin/tar_extractor.go). */
export const untar: StepRunner<"untar", UntarConfig> = {
  kind: "untar",
  needs: [],
  async run({ workDir, signal, log }, config): Promise<StepResult> {
    try {
      const archive = await pathOf(workDir, "inPath", config.inPath);
      const target = await pathOf(workDir, "outPath", config.outPath);
      const making = mkdtemp(join(workDir, ".untar-"));
      const folder = await because("failed to create temporary directory for extraction", making);
      try {
        const extracting = new Extraction(workDir, folder, config, signal, log).run(archive);
        await because(`failed to extract tar file ${goQuote(archive)}`, extracting);
        const parents = makeDirsInside(workDir, target, dirMode);
        await because(`failed to create directory ${goQuote(target)}`, parents);
        await moveOver(workDir, folder, target, signal);
      } finally {
        await removeInside(workDir, folder).catch(() => {});
      }
      return { status: "Succeeded", ...warningOf(config) };
    } catch (error) {
      throw asFault(error, errored);
    }
  },
};

async function pathOf(workDir: string, field: string, path: string): Promise<string> {
  return await because(`could not secure join ${field} ${goQuote(path)}`, insideWorkDir(workDir, path));
}

/**
 * Puts the folder in the place of another, which goes first. In the place of the work directory nothing can be put, but
 * what it holds is gone by then, the folder included (pkg/io/fs/move.go).
 */
async function moveOver(workDir: string, folder: string, target: string, signal: AbortSignal): Promise<void> {
  const removing = removeInside(workDir, target, signal);
  await because(`failed to remove existing destination ${target}`, removing);
  const moving = named("rename", `${folder} ${target}`, async () => {
    // It would be the folder itself that is gone.
    if (target === workDir) throw new PathError("rename", folder, "ENOENT");
    await renameInside(workDir, folder, target);
  });
  await because(`failed to move ${folder} to ${target} after removing existing`, moving);
}

/** One archive on its way into one folder. */
class Extraction {
  readonly #workDir: string;
  readonly #folder: string;
  readonly #config: UntarConfig;
  readonly #signal: AbortSignal;
  readonly #log: Logger;
  #totalBytes = 0;

  constructor(workDir: string, folder: string, config: UntarConfig, signal: AbortSignal, log: Logger) {
    this.#workDir = workDir;
    this.#folder = folder;
    this.#config = config;
    this.#signal = signal;
    this.#log = log;
  }

  async run(archive: string): Promise<void> {
    const opening = openInside(this.#workDir, archive, flags.O_RDONLY | noBlock, 0);
    const file = await because(`failed to open tar file ${goQuote(this.#config.inPath)}`, opening);
    try {
      const isPacked = await because("failed to read file header", isGzip(file, archive));
      const reader = await because("failed to create gzip reader", TarReader.open(file, isPacked));
      try {
        await this.#extractAll(reader);
      } finally {
        await reader.close();
      }
    } finally {
      await file.close();
    }
  }

  async #extractAll(reader: TarReader): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      const entry = await because("error reading tar", reader.next());
      if (entry === undefined) return;
      await this.#extract(entry, reader);
    }
  }

  async #extract(entry: TarEntry, reader: TarReader): Promise<void> {
    const name = targetName(entry, this.#config);
    if (name === undefined) return;
    const path = resolve(this.#folder, name);
    if (relative(this.#folder, path).startsWith("..")) return;
    await this.#makeDirs(dirname(path));
    if (entry.type === "directory") await this.#makeDirs(path);
    else if (entry.type === "link") await this.#link(entry.linkName, path);
    else await this.#write(entry, reader, name, path);
  }

  async #makeDirs(path: string): Promise<void> {
    await because(`failed to create directory ${path}`, this.#directory(path));
  }

  /** Makes directories where the links that were extracted lead, as long as that is in the work directory (os.MkdirAll). */
  async #directory(path: string): Promise<void> {
    const place = await this.#existing(path);
    const info = place === undefined ? undefined : await statInside(this.#workDir, place);
    if (info?.isDirectory()) return;
    if (info !== undefined) throw new PathError("mkdir", path, "ENOTDIR");
    await this.#directory(dirname(path));
    const parent = await followInside(this.#workDir, dirname(path), "mkdir");
    await named("mkdir", path, () => makeDirInside(this.#workDir, join(parent, basename(path)), dirMode));
  }

  /** Where a path leads; undefined where a link on the way leads nowhere, or a file is in it. */
  async #existing(path: string): Promise<string | undefined> {
    try {
      return await followInside(this.#workDir, path, "mkdir");
    } catch (error) {
      if (error instanceof PathError && /^(?:ELOOP|ENOENT|ENOTDIR)$/.test(error.code)) return undefined;
      throw error;
    }
  }

  /** What cannot be made is logged only, and what is there already is kept. */
  async #link(linkName: string, path: string): Promise<void> {
    if (!isSafe(linkName)) return;
    try {
      const parent = await followInside(this.#workDir, dirname(path), "symlink");
      await atParent(this.#workDir, join(parent, basename(path)), "symlink", (dir, name) =>
        dir.act(name, "symlink", (place) => symlink(linkName, place)),
      );
    } catch (error) {
      if (error instanceof PathError && error.code === "EEXIST") return;
      this.#log.warn(`failed to create symlink ${path} to ${linkName}: ${errorMessage(error)}`);
    }
  }

  async #write(entry: TarEntry, reader: TarReader, name: string, path: string): Promise<void> {
    const { size, mode, modifiedAt } = entry;
    if (size > maxFileBytes) {
      throw new Error(`extraction aborted: file ${name} exceeds size limit of ${maxFileBytes} bytes`);
    }
    if (this.#totalBytes + size > maxTotalBytes) {
      throw new Error(`extraction aborted: total size would exceed limit of ${maxTotalBytes} bytes`);
    }
    this.#totalBytes += size;
    const creating = `failed to create file ${path}`;
    const place = await because(creating, followInside(this.#workDir, path, "open"));
    const openFlags = flags.O_RDWR | flags.O_CREAT | flags.O_TRUNC;
    const opening = named("open", path, () => openInside(this.#workDir, place, openFlags, mode & 0o777));
    const file = await because(creating, opening);
    try {
      await because(`failed to write to file ${path}`, this.#pour(reader, file));
      const dating = named("chtimes", path, () => file.utimes(modifiedAt, modifiedAt));
      await because(`failed to change mod time for ${path}`, dating);
    } finally {
      await file.close();
    }
  }

  async #pour(reader: TarReader, file: FileHandle): Promise<void> {
    for await (const chunk of reader.content()) {
      this.#signal.throwIfAborted();
      await file.writeFile(chunk);
    }
  }
}

/** By the first two bytes. Throws an Error when there are none. */
async function isGzip(file: FileHandle, path: string): Promise<boolean> {
  const magic = Buffer.alloc(2);
  const { bytesRead } = await named("read", path, () => file.read(magic, 0, 2, 0));
  if (bytesRead === 0) throw new Error("EOF");
  return magic.readUInt16BE(0) === 0x1f8b;
}

/** The entry's place below the target folder; undefined when it is left out. */
function targetName(entry: TarEntry, { stripComponents = 0, ignore = "" }: UntarConfig): string | undefined {
  if (entry.type === "other") return undefined;
  const parts = entry.name.split("/");
  if (stripComponents > 0 && parts.length <= stripComponents) return undefined;
  const name = parts.slice(stripComponents).join("/");
  if (!isSafe(name)) return undefined;
  return ignore !== "" && basename(name) === ignore.trim() ? undefined : name;
}

/** Upstream's rule, on text alone; what links do to a path is checked where it is used. */
function isSafe(path: string): boolean {
  return path !== "" && !path.includes("\\") && !/^(?:\/|\.\/)/.test(path) && !path.includes("../");
}

/** Rules that look like patterns never match; the user would not expect that. */
function warningOf({ ignore = "" }: UntarConfig): { readonly warnings?: readonly string[] } {
  if (!/[*?[\]/\n]/.test(ignore.trim())) return {};
  return {
    warnings: [
      "`ignore` of untar only leaves out files whose name equals it exactly; Kargo matches no pattern here.",
    ],
  };
}
