// Step `untar`: extracts an archive into a folder of the work directory, whole or not at all.
// The folder is replaced, not merged; entries that could lead elsewhere are passed over.
import { constants } from "node:fs";
import { mkdtemp, readlink, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { type StepContext, StepError, type StepRunner } from "../promotion/step";
import { followInside, makeDirsInside, removeInside, renameInside, withFile } from "../tools/files";
import { insideWorkDir } from "../tools/paths";
import { readTar, type TarEntry } from "../tools/tar";
import { because, errored, erroredBecause } from "./step-failure";

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
  async run(context, config) {
    const { workDir } = context;
    const { inPath, outPath } = config;
    const archive = await because(
      `could not secure join inPath ${goQuote(inPath)}`,
      insideWorkDir(workDir, inPath),
    );
    const target = await because(
      `could not secure join outPath ${goQuote(outPath)}`,
      insideWorkDir(workDir, outPath),
    );
    const folder = await because(
      "failed to create temporary directory for extraction",
      mkdtemp(join(workDir, ".untar-")),
    );
    try {
      await extract(context, config, archive, folder);
      await because(
        `failed to create directory ${goQuote(target)}`,
        makeDirsInside(workDir, target, dirMode),
      );
      await moveOver(workDir, folder, target);
    } finally {
      await removeInside(workDir, folder).catch(() => {});
    }
    return { status: "Succeeded", ...warningOf(config) };
  },
};

/** An empty folder is renamed over; what has content goes first. */
async function moveOver(workDir: string, folder: string, target: string): Promise<void> {
  try {
    await renameInside(workDir, folder, target);
  } catch {
    await because(`failed to remove existing destination ${target}`, removeInside(workDir, target));
    const moved = renameInside(workDir, folder, target);
    await because(`failed to move ${folder} to ${target} after removing existing`, moved);
  }
}

async function extract(
  context: StepContext,
  config: UntarConfig,
  archive: string,
  folder: string,
): Promise<void> {
  const { workDir, signal } = context;
  let total = 0;
  try {
    const real = await followInside(workDir, archive, "open");
    await readTar(real, signal, async (entry) => {
      const name = targetName(entry, config);
      if (name === undefined) return;
      const path = join(folder, name);
      await because(`failed to create directory ${dirname(path)}`, makeParents(workDir, dirname(path)));
      if (entry.type === "directory") {
        await because(`failed to create directory ${path}`, makeParents(workDir, path));
      } else if (entry.type === "symlink") {
        await makeLink(context, entry, path);
      } else {
        checkSize(entry, name, total);
        total += entry.size;
        await writeFile(context, entry, path);
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof StepError ? error.message : `error reading tar: ${errorMessage(error)}`;
    throw erroredBecause(
      `failed to extract tar file ${goQuote(archive)}`,
      new Error(reason, { cause: error }),
    );
  }
}

/** The entry's place below the target folder; undefined when it is left out. */
function targetName(entry: TarEntry, { stripComponents = 0, ignore = "" }: UntarConfig): string | undefined {
  if (entry.type !== "file" && entry.type !== "directory" && entry.type !== "symlink") return undefined;
  const written = entry.type === "directory" && !entry.name.endsWith("/") ? `${entry.name}/` : entry.name;
  const parts = written.split("/");
  if (stripComponents > 0 && parts.length <= stripComponents) return undefined;
  const name = parts.slice(stripComponents).join("/");
  if (!isSafe(name)) return undefined;
  if (ignore !== "" && basename(name) === ignore.trim()) return undefined;
  const cleaned = join(name);
  return cleaned.startsWith("..") ? undefined : cleaned;
}

/** Upstream's rule, on text alone; what links do to a path is checked where it is used. */
function isSafe(path: string): boolean {
  return path !== "" && !path.includes("\\") && !/^(?:\/|\.\/)/.test(path) && !path.includes("../");
}

/** Makes directories where the links that were extracted lead, as long as that is within the work directory. */
async function makeParents(workDir: string, path: string): Promise<void> {
  await makeDirsInside(workDir, await followInside(workDir, path, "mkdir"), dirMode);
}

async function makeLink({ workDir, log }: StepContext, entry: TarEntry, path: string): Promise<void> {
  if (!isSafe(entry.linkTarget)) return;
  const parent = await followInside(workDir, dirname(path), "symlink");
  const place = join(parent, basename(path));
  try {
    await symlink(entry.linkTarget, place);
  } catch (error) {
    const isThere = await readlink(place).catch(() => undefined);
    if (isThere === undefined) log.warn(`failed to create symlink ${place}: ${errorMessage(error)}`);
  }
}

function checkSize({ size }: TarEntry, name: string, total: number): void {
  if (size > maxFileBytes) {
    throw errored(`extraction aborted: file ${name} exceeds size limit of ${maxFileBytes} bytes`);
  }
  if (total + size > maxTotalBytes) {
    throw errored(`extraction aborted: total size would exceed limit of ${maxTotalBytes} bytes`);
  }
}

async function writeFile({ workDir, signal }: StepContext, entry: TarEntry, path: string): Promise<void> {
  const place = await because(`failed to create file ${path}`, followInside(workDir, path, "open"));
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC;
  await because(
    `failed to write to file ${path}`,
    withFile(workDir, place, flags, entry.mode & 0o777, async (file) => {
      for await (const chunk of entry.content) {
        signal.throwIfAborted();
        await file.writeFile(chunk as Uint8Array);
      }
      if (entry.modifiedAt !== undefined) await file.utimes(entry.modifiedAt, entry.modifiedAt);
    }),
  );
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
