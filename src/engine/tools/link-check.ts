// Looks through a directory for links that lead out of the work directory: helm follows every one it meets.
// Changes nothing.
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { containedRelativePath, isNotExist, isSubPath, sanitizePathError, toPathError } from "./paths";

/**
 * Throws Error at the first link below `dir` that leads outside `root`, and when directories lie deeper than
 * `maxDepth`. `dangling` says whether a link to nothing counts (pkg/io/fs/validate.go ValidateSymlinks).
 */
export async function checkLinks(
  root: string,
  dir: string,
  options: {
    readonly maxDepth: number;
    readonly dangling: "allowed" | "refused";
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const seen = new Set<string>();
  const visit = async (current: string, depth: number): Promise<void> => {
    options.signal.throwIfAborted();
    if (seen.has(current)) return;
    seen.add(current);
    if (depth >= options.maxDepth) throw new Error("maximum recursion depth exceeded");
    const entries = await readdir(current, { withFileTypes: true }).catch((error) => {
      throw told("failed to read directory", toPathError(error, "open", current), root);
    });
    for (const entry of entries) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) await visit(path, depth + 1);
      if (!entry.isSymbolicLink()) continue;
      const target = await realpath(path).catch((error) => {
        if (options.dangling === "allowed" && isNotExist(error)) return undefined;
        throw told("failed to resolve symlink", toPathError(error, "lstat", path), root);
      });
      if (target === undefined) continue;
      if (!isSubPath(root, target)) {
        throw new Error(`symlink at ${containedRelativePath(root, path)} points outside the path boundary`);
      }
      if ((await stat(target)).isDirectory()) await visit(target, depth + 1);
    }
  };
  await visit(dir, 0);
}

function told(context: string, error: unknown, root: string): Error {
  const shown = sanitizePathError(error, root);
  return new Error(`${context}: ${shown instanceof Error ? shown.message : String(shown)}`, { cause: error });
}
