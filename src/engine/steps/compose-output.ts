// Step `compose-output`: makes its configuration its output.
// Handing the output on to a task's own namespace is the loop's business.
import type { StepRunner } from "../promotion/step";

/** Configuration of `compose-output`: any values under any names. */
export type ComposeOutputConfig = Readonly<Record<string, unknown>>;

/** Runs `compose-output` (pkg/promotion/runner/builtin/output_composer.go). */
export const composeOutput: StepRunner<"compose-output", ComposeOutputConfig> = {
  kind: "compose-output",
  needs: [],
  propagatesTaskOutput: true,
  resumable: true,
  async run(_context, config) {
    return { status: "Succeeded", output: { ...config } };
  },
};
