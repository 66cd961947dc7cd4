// Step `delete`: removes files and folders of the work directory, named by path or by glob.
// A link is removed itself, never what it leads to.
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorMessage, isAbortError } from "../../base/errors";
import { isGlob } from "../../base/glob";
import { goQuote } from "../../base/go-text";
import type { StepResult, StepRunner } from "../promotion/step";
import { StepError } from "../promotion/step";
import { removeInside, statOrThrow } from "../tools/files";
import { globFiles } from "../tools/glob-files";
import { isNotExist, isSubPath, sanitizePathError, withoutLinks } from "../tools/paths";
import { because, errored, erroredBecause } from "./step-failure";

/** Configuration of `delete`. */
export interface DeleteConfig {
  readonly path?: string;
  readonly paths?: readonly string[];
  readonly pathsAreGlobs?: boolean;
  /** What is not there is a fault. */
  readonly strict?: boolean;
}

/** Runs `delete` (pkg/promotion/runner/builtin/file_deleter.go). */
export const deleteFiles: StepRunner<"delete", DeleteConfig> = {
  kind: "delete",
  needs: [],
  resumable: true,
  async run({ workDir, signal }, { path, paths = [], pathsAreGlobs, strict }): Promise<StepResult> {
    const names = path ? [path, ...paths] : paths;
    const root = await rootOf(workDir);
    const { targets, warnings } = pathsAreGlobs
      ? await resolveGlobs(root, names, strict === true)
      : { targets: await resolvePaths(root, names, strict === true), warnings: [] };
    try {
      for (const target of targets) await removeInside(root, target, signal);
    } catch (error) {
      if (isAbortError(error)) throw error;
      throw erroredBecause("failed to delete", sanitizePathError(error, workDir));
    }
    return { status: "Succeeded", ...(warnings.length > 0 && { warnings }) };
  },
};

const outside = "path attempts to traverse outside the working directory";

async function rootOf(workDir: string): Promise<string> {
  try {
    return await realpath(workDir);
  } catch (error) {
    throw erroredBecause("could not resolve working directory", error);
  }
}

/** Every path is resolved before anything is removed. */
async function resolvePaths(root: string, paths: readonly string[], isStrict: boolean): Promise<Set<string>> {
  const targets = new Set<string>();
  for (const path of paths) {
    try {
      const target = await because(`could not resolve path ${goQuote(path)}`, resolveSafely(root, path));
      if (target !== undefined) targets.add(target);
      else if (isStrict) throw new Error(`path ${goQuote(path)} does not exist`);
    } catch (error) {
      throw errored(errorMessage(error));
    }
  }
  return targets;
}

async function resolveGlobs(
  root: string,
  patterns: readonly string[],
  isStrict: boolean,
): Promise<{ readonly targets: Set<string>; readonly warnings: string[] }> {
  const targets = new Set<string>();
  const outsideLinks = new Set<string>();
  for (const pattern of patterns) {
    if (!isGlob(pattern.replace(/^\.\//, ""))) {
      const problem = `invalid glob pattern ${goQuote(pattern)}: syntax error in pattern`;
      throw new StepError("Errored", problem, { terminal: true });
    }
    const found = await globFiles(root, pattern.replace(/^\.\//, ""));
    if (found.paths.length === 0 && isStrict) throw errored(`no paths matched pattern ${goQuote(pattern)}`);
    if (found.paths.includes(root)) throw errored(outside);
    for (const path of found.paths) targets.add(path);
    for (const link of found.outsideLinks) outsideLinks.add(link);
  }
  return { targets, warnings: [...outsideLinks].map((link) => notFollowed(root, link)) };
}

/**
 * Where a path leads: its folder with every link followed, its last name as it is. Undefined when there is nothing;
 * throws when that is outside (secureResolve).
 */
async function resolveSafely(root: string, path: string): Promise<string | undefined> {
  const full = join(root, path);
  if (!isSubPath(root, full)) throw new Error(outside);
  let parent: string;
  try {
    parent = await withoutLinks(dirname(full));
  } catch (error) {
    if (isNotExist(error)) return undefined;
    throw error;
  }
  if (!isSubPath(root, parent)) throw new Error(outside);
  const target = join(parent, basename(full));
  try {
    await statOrThrow(root, target, "lstat");
  } catch (error) {
    if (isNotExist(error)) return undefined;
    throw sanitizePathError(error, root);
  }
  return target;
}

function notFollowed(root: string, link: string): string {
  const path = link.slice(root.length + 1);
  return `The link ${path} leads out of the work directory and was not followed; Kargo would look there.`;
}
