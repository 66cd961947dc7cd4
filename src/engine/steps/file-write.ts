// Step `file-write`: writes a text file of the work directory.
// Follows no link, makes no executable and stays out of the root's `.git`.
import { constants as flags } from "node:fs";
import { dirname, isAbsolute, normalize, relative, sep } from "node:path";
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { StepResult, StepRunner } from "../promotion/step";
import { makeDirsInside, statInside, withFile } from "../tools/files";
import { insideWorkDir } from "../tools/paths";
import { erroredBecause, failed } from "./step-failure";

/** Configuration of `file-write`. */
export interface FileWriteConfig {
  readonly path: string;
  readonly contents: string;
  /** Octal, as `0644`. */
  readonly permissions?: string;
  readonly overwrite?: boolean;
}

/** Runs `file-write` (pkg/promotion/runner/builtin/file_writer.go). */
export const fileWrite: StepRunner<"file-write", FileWriteConfig> = {
  kind: "file-write",
  needs: [],
  async run({ workDir }, { path, contents, permissions, overwrite }): Promise<StepResult> {
    const clean = cleanPath(path);
    const mode = parsePermissions(permissions);
    const file = await joinWithoutLinks(workDir, path, clean);
    if (overwrite !== true && (await isThere(workDir, file))) {
      throw failed(`file ${goQuote(path)} already exists; set overwrite to true to replace it`);
    }
    try {
      if (file !== workDir) await makeDirsInside(workDir, dirname(file), 0o700);
    } catch (error) {
      throw erroredBecause(`error creating parent directories for ${goQuote(path)}`, error);
    }
    await write(workDir, file, path, contents, mode);
    return { status: "Succeeded" };
  },
};

function cleanPath(path: string): string {
  if (isAbsolute(path)) throw failed(`path ${goQuote(path)} must be relative`);
  const clean = withoutTrailingSeparator(normalize(path));
  if (clean === ".." || clean.startsWith(`..${sep}`)) {
    throw failed(`path ${goQuote(path)} attempts to traverse outside the working directory`);
  }
  if (clean === ".git" || clean.startsWith(`.git${sep}`)) {
    throw failed(`writing to the .git directory is forbidden: ${goQuote(path)}`);
  }
  return clean;
}

function parsePermissions(permissions: string | undefined): number {
  if (!permissions) return 0o600;
  const shown = goQuote(permissions);
  if (!/^[0-7]+$/.test(permissions)) throw failed(`invalid permissions ${shown}: must be an octal file mode`);
  const mode = Number.parseInt(permissions, 8);
  if (mode > 0o777) throw failed(`permissions ${shown} must not include special mode bits`);
  if ((mode & 0o111) !== 0) throw failed(`permissions ${shown} must not include executable bits`);
  if ((mode & 0o002) !== 0) throw failed(`permissions ${shown} must not be world-writable`);
  return mode;
}

async function joinWithoutLinks(workDir: string, path: string, clean: string): Promise<string> {
  let file: string;
  try {
    file = await insideWorkDir(workDir, path);
  } catch (error) {
    throw failed(`could not secure join path ${goQuote(path)}: ${errorMessage(error)}`);
  }
  const resolved = relative(workDir, file) || ".";
  if (resolved === clean) return file;
  const [from, to] = [goQuote(path), goQuote(resolved)];
  throw failed(`path ${from} resolves to a different path ${to} (symlinks are forbidden)`);
}

async function isThere(workDir: string, file: string): Promise<boolean> {
  try {
    return (await statInside(workDir, file)) !== undefined;
  } catch {
    // What cannot be looked at shows itself when it is written.
    return false;
  }
}

async function write(
  workDir: string,
  file: string,
  path: string,
  contents: string,
  mode: number,
): Promise<void> {
  const openFlags = flags.O_WRONLY | flags.O_CREAT | flags.O_TRUNC;
  try {
    await withFile(workDir, file, openFlags, mode, async (handle) => {
      await handle.writeFile(contents);
      // The umask has no say in the mode that was asked for.
      await handle.chmod(mode);
    });
  } catch (error) {
    throw erroredBecause(`error writing file ${goQuote(path)}`, error);
  }
}

function withoutTrailingSeparator(path: string): string {
  return path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path;
}
