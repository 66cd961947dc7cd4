// Step `toml-update`: writes scalars into a TOML file of the work directory and keeps its other bytes.
import { isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { StepResult, StepRunner } from "../promotion/step";
import { readInside, writeInside } from "../tools/files";
import { insideWorkDir } from "../tools/paths";
import { setTomlValues, showToml, type TomlUpdate } from "../tools/toml/edit";
import { because, erroredBecause } from "./step-failure";

/** Configuration of `toml-update`. */
export interface TomlUpdateConfig {
  readonly path: string;
  readonly updates: readonly TomlUpdate[];
}

/** Runs `toml-update` (pkg/promotion/runner/builtin/toml_updater.go). */
export const tomlUpdate: StepRunner<"toml-update", TomlUpdateConfig> = {
  kind: "toml-update",
  needs: [],
  async run({ workDir, signal }, { path, updates }): Promise<StepResult> {
    try {
      const file = await because(`error joining path ${goQuote(path)}`, insideWorkDir(workDir, path));
      const updating = updateFile(workDir, file, updates, signal);
      await because(`error updating TOML file ${goQuote(path)}`, updating);
    } catch (error) {
      throw isAbortError(error) ? error : erroredBecause("TOML file update failed", error);
    }
    const lines = updates.map(({ key, value }) => `\n- ${key}: ${showToml(value)}`);
    return { status: "Succeeded", output: { commitMessage: `Updated ${path}\n${lines.join("")}` } };
  },
};

async function updateFile(
  workDir: string,
  file: string,
  updates: readonly TomlUpdate[],
  signal: AbortSignal,
): Promise<void> {
  const reading = readInside(workDir, file, signal);
  const before = await because(`error reading file ${goQuote(file)}`, reading);
  const after = await because("error mutating bytes", () => setTomlValues(before, updates));
  const writing = writeInside(workDir, file, after);
  await because(`error writing mutated bytes to file ${goQuote(file)}`, writing);
}
