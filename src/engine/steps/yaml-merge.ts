// Step `yaml-merge`: lays YAML files of the work directory over each other and writes the result.
import { dirname } from "node:path";
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { StepResult, StepRunner } from "../promotion/step";
import { makeDirsInside, readInside, statOrThrow, writeInside } from "../tools/files";
import { emitYaml } from "../tools/go-yaml/emitter";
import type { YamlNode } from "../tools/go-yaml/node";
import { parseYamlDocument } from "../tools/go-yaml/parser";
import { insideWorkDir, isNotExist } from "../tools/paths";
import { mergeYaml } from "../tools/yaml-merge/merge";
import { asFault, because, errored } from "./step-failure";

/** Configuration of `yaml-merge`. */
export interface YamlMergeConfig {
  /** The first that has a document is the base. */
  readonly inFiles: readonly string[];
  readonly outFile: string;
  readonly ignoreMissingFiles?: boolean;
}

/** An input that exists. */
interface Input {
  readonly path: string;
  readonly file: string;
}

/** Runs `yaml-merge` (pkg/promotion/runner/builtin/yaml_merger.go). */
export const yamlMerge: StepRunner<"yaml-merge", YamlMergeConfig> = {
  kind: "yaml-merge",
  needs: [],
  async run({ workDir, signal }, { inFiles, outFile, ignoreMissingFiles = false }): Promise<StepResult> {
    try {
      const inputs: Input[] = [];
      for (const path of inFiles) {
        const file = await findInput(workDir, path, ignoreMissingFiles);
        if (file !== undefined) inputs.push({ path, file });
      }
      const target = await fileAt(workDir, outFile);
      const dropped = await because("error merging YAML files", mergeFiles(workDir, inputs, target, signal));
      return { status: "Succeeded", ...outputOf(inputs, outFile), ...warningOf(dropped) };
    } catch (error) {
      throw asFault(error, errored);
    }
  },
};

async function findInput(workDir: string, path: string, mayBeMissing: boolean): Promise<string | undefined> {
  const file = await fileAt(workDir, path);
  try {
    await statOrThrow(workDir, file, "stat");
    return file;
  } catch (error) {
    if (!isNotExist(error))
      throw new Error(`unexpected error with file ${goQuote(path)}: ${errorMessage(error)}`);
    if (mayBeMissing) return undefined;
    throw new Error(`input file ${goQuote(path)} not found: ${errorMessage(error)}`);
  }
}

async function fileAt(workDir: string, path: string): Promise<string> {
  return await because(`error joining path ${path} with work dir ${workDir}`, insideWorkDir(workDir, path));
}

/** Writes the merged file; gives the paths of what was lost on the way. */
async function mergeFiles(
  workDir: string,
  inputs: readonly Input[],
  target: string,
  signal: AbortSignal,
): Promise<string[]> {
  let merged: YamlNode | undefined;
  const dropped: string[] = [];
  for (const { file } of inputs) {
    const reading = readInside(workDir, file, signal).then(parseYamlDocument);
    const document = await because(`error reading input file ${file}`, reading);
    if (document === undefined) continue;
    if (merged === undefined) {
      merged = document;
      continue;
    }
    const base = merged;
    const result = await because(`error merging in file ${file}`, () => mergeYaml(base, document));
    merged = result.document;
    dropped.push(...result.dropped);
  }
  await writeMerged(workDir, merged, target);
  return dropped;
}

async function writeMerged(workDir: string, merged: YamlNode | undefined, target: string): Promise<void> {
  const context = `error writing merged YAML to ${target}`;
  await because(context, makeDirsInside(workDir, dirname(target), 0o700));
  if (merged === undefined) {
    await because(`error writing empty file to ${target}`, writeInside(workDir, target, ""));
    return;
  }
  const text = await because(context, () => emitYaml(merged));
  await because(`${context}: writing RNode to file`, writeInside(workDir, target, text));
}

function outputOf(inputs: readonly Input[], outFile: string): Pick<StepResult, "output"> {
  const [first] = inputs;
  if (first === undefined) return {};
  const lines = inputs.map(({ path }) => `\n- ${path}`).join("");
  const commitMessage =
    inputs.length === 1
      ? `Wrote ${first.path} to ${outFile}`
      : `Merged ${inputs.length} YAML files to ${outFile}${lines}`;
  return { output: { commitMessage } };
}

function warningOf(dropped: readonly string[]): Pick<StepResult, "warnings"> {
  if (dropped.length === 0) return {};
  const names = [...new Set(dropped)].join(", ");
  return { warnings: [`Kargo's merge drops aliases, and keys without a value; here it dropped ${names}.`] };
}
