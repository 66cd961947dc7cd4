// Step `json-update`: writes scalars into a JSON file of the work directory and keeps its other bytes.
// Does not check that the file is JSON; what Kargo's editor drops or damages is dropped or damaged here, too, and told.
import { isAbortError } from "../../base/errors";
import { goQuote, goValue } from "../../base/go-text";
import type { StepResult, StepRunner } from "../promotion/step";
import { readInside, writeInside } from "../tools/files";
import { type JsonScalar, setJsonValue } from "../tools/json-set";
import { insideWorkDir } from "../tools/paths";
import { because, erroredBecause } from "./step-failure";

/** Configuration of `json-update`. */
export interface JsonUpdateConfig {
  readonly path: string;
  readonly updates: readonly JsonUpdate[];
}

/** A value to write; keys have sjson's syntax, not that of yaml-update. */
export interface JsonUpdate {
  readonly key: string;
  readonly value: unknown;
}

/** Runs `json-update` (pkg/promotion/runner/builtin/json_updater.go). */
export const jsonUpdate: StepRunner<"json-update", JsonUpdateConfig> = {
  kind: "json-update",
  needs: [],
  async run({ workDir, signal }, { path, updates }): Promise<StepResult> {
    try {
      const { before, after } = await updateFile(workDir, path, updates, signal);
      const isBroken = isJson(before) && !isJson(after);
      return {
        status: "Succeeded",
        output: { commitMessage: commitMessage(path, updates) },
        ...(isBroken && { warnings: [brokenJson(path)] }),
      };
    } catch (error) {
      throw isAbortError(error) ? error : erroredBecause("JSON file update failed", error);
    }
  },
};

async function updateFile(
  workDir: string,
  path: string,
  updates: readonly JsonUpdate[],
  signal: AbortSignal,
): Promise<{ readonly before: Buffer; readonly after: Buffer }> {
  const file = await because(`error joining path ${goQuote(path)}`, insideWorkDir(workDir, path));
  const reading = readInside(workDir, file, signal);
  const before = await because(`error reading JSON file ${goQuote(file)}`, reading);
  let after = before;
  for (const { key, value } of updates) {
    const scalar = toScalar(key, value);
    after = await because(`error setting key ${goQuote(key)} in JSON file`, () =>
      setJsonValue(after, key, scalar),
    );
  }
  const writing = writeInside(workDir, file, after);
  await because(`error writing updated JSON file ${goQuote(file)}`, writing);
  return { before, after };
}

function toScalar(key: string, value: unknown): JsonScalar {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return Number(value);
  throw new Error(`value for key ${goQuote(key)} is not a scalar type`);
}

function commitMessage(path: string, updates: readonly JsonUpdate[]): string {
  const shown = (value: unknown): string => (typeof value === "string" ? goQuote(value) : goValue(value));
  return `Updated ${path}\n${updates.map(({ key, value }) => `\n- ${key}: ${shown(value)}`).join("")}`;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

function brokenJson(path: string): string {
  return `${path} is no longer valid JSON: a key with a pipe or query made Kargo's editor write to wrong places.`;
}
