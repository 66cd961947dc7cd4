// Step `yaml-update`: writes scalars into a YAML file of the work directory, line by line as Kargo does.
// Creates no keys; what Kargo's editor damages is damaged here, too, and told.
import { isAbortError } from "../../base/errors";
import { goQuote, goValue } from "../../base/go-text";
import type { StepResult, StepRunner } from "../promotion/step";
import { readInside, writeInside } from "../tools/files";
import { GoPanic } from "../tools/go-panic";
import { insideWorkDir } from "../tools/paths";
import {
  type EditedYaml,
  misreadKeys,
  quoteIfNecessary,
  setYamlValues,
  type YamlUpdate,
} from "../tools/yaml-lines";
import { because, erroredBecause, panicked } from "./step-failure";

/** Configuration of `yaml-update`. */
export interface YamlUpdateConfig {
  readonly path: string;
  readonly updates: readonly YamlUpdate[];
}

/** Runs `yaml-update` (pkg/promotion/runner/builtin/yaml_updater.go). */
export const yamlUpdate: StepRunner<"yaml-update", YamlUpdateConfig> = {
  kind: "yaml-update",
  needs: [],
  async run({ workDir, signal }, { path, updates }): Promise<StepResult> {
    try {
      const edited = await updateFile(workDir, path, updates, signal);
      const warnings = warningsOf(path, updates, edited);
      return {
        status: "Succeeded",
        output: { commitMessage: commitMessage(path, updates) },
        ...(warnings.length > 0 && { warnings }),
      };
    } catch (error) {
      if (isAbortError(error)) throw error;
      if (error instanceof GoPanic) throw panicked(error.message);
      throw erroredBecause("values file update failed", error);
    }
  },
};

async function updateFile(
  workDir: string,
  path: string,
  updates: readonly YamlUpdate[],
  signal: AbortSignal,
): Promise<EditedYaml> {
  const file = await because(`error joining path ${goQuote(path)}`, insideWorkDir(workDir, path));
  const context = `error updating image references in values file ${goQuote(path)}`;
  const reading = readInside(workDir, file, signal);
  const bytes = await because(`${context}: error reading file ${goQuote(file)}`, reading);
  const edited = await because(`${context}: error mutating bytes`, () => setYamlValues(bytes, updates));
  const writing = writeInside(workDir, file, edited.bytes);
  await because(`${context}: error writing mutated bytes to file ${goQuote(file)}`, writing);
  return edited;
}

function commitMessage(path: string, updates: readonly YamlUpdate[]): string {
  const lines = updates.map(({ key, value }) => `\n- ${key}: ${goValue(quoteIfNecessary(value))}`);
  return `Updated ${path}\n${lines.join("")}`;
}

/** What the line editor did that nobody asked for. */
function warningsOf(path: string, updates: readonly YamlUpdate[], edited: EditedYaml): string[] {
  const { targets } = edited;
  const warnings: string[] = [];
  const commented = updates.filter((_, i) => targets[i]?.lineComment !== "").map(({ key }) => key);
  if (commented.length > 0) {
    warnings.push(`The comment behind ${commented.join(", ")} in ${path} was dropped, as Kargo drops it.`);
  }
  const large = updates.filter(({ value }) => typeof value === "number" && /e/.test(goValue(value)));
  for (const { key, value } of large) {
    warnings.push(
      `Kargo writes the number of ${key} as ${goValue(value)}; give it as text in quotes to have all its digits.`,
    );
  }
  const misread = misreadKeys(updates, edited);
  if (misread.length > 0) {
    warnings.push(
      `${path} does not hold what was meant for ${misread.join(", ")}: Kargo replaces only the line in which a value ` +
        "begins and writes it bare, which breaks block scalars, values of several lines and flow collections.",
    );
  }
  return warnings;
}
