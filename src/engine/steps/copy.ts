// Step `copy`: copies a file or folder within the work directory, without what ignore rules leave out.
// Links are left behind; knows nothing of git but the name `.git`.
import { isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { StepRunner } from "../promotion/step";
import { copyTree } from "../tools/copy-tree";
import { parseIgnoreRules, scanLines } from "../tools/gitignore";
import { insideWorkDir, isSubPath, sanitizePathError } from "../tools/paths";
import { erroredBecause } from "./step-failure";

/** Configuration of `copy`. */
export interface CopyConfig {
  readonly inPath: string;
  readonly outPath: string;
  /** Ignore rules, one a line. */
  readonly ignore?: string;
}

/** Runs `copy` (pkg/promotion/runner/builtin/file_copier.go). */
export const copy: StepRunner<"copy", CopyConfig> = {
  kind: "copy",
  needs: [],
  resumable: true,
  async run({ workDir, signal }, { inPath, outPath, ignore }) {
    const from = await joined(workDir, "inPath", inPath);
    const to = await joined(workDir, "outPath", outPath);
    try {
      await copyTree(workDir, from, to, {
        // Later rules win, so that `!.git` in the configuration brings it back.
        skip: parseIgnoreRules([".git", ...scanLines(ignore ?? "")]),
        onError: (error) => sanitizePathError(error, workDir),
        signal,
      });
    } catch (error) {
      if (isAbortError(error)) throw error;
      const warnings = from !== to && isSubPath(from, to) ? [copiedIntoItself(inPath, outPath)] : [];
      throw erroredBecause(`failed to copy ${goQuote(inPath)} to ${goQuote(outPath)}`, error, warnings);
    }
    return { status: "Succeeded", ...(from === to && { warnings: [copiedOntoItself(inPath)] }) };
  },
};

async function joined(workDir: string, field: string, path: string): Promise<string> {
  try {
    return await insideWorkDir(workDir, path);
  } catch (error) {
    throw erroredBecause(`could not secure join ${field} ${goQuote(path)}`, error);
  }
}

function copiedIntoItself(inPath: string, outPath: string): string {
  return (
    `${goQuote(outPath)} lies within ${goQuote(inPath)}, so the copy contained itself and grew until its path was too ` +
    "long. Kargo does the same; leave the target out with `ignore`."
  );
}

function copiedOntoItself(path: string): string {
  return `${goQuote(path)} was copied onto itself; a file ends up empty that way, in Kargo too.`;
}
