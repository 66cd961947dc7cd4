// Step `fail`: ends the Promotion with a message of one's own.
// Never succeeds.
import type { StepRunner } from "../promotion/step";
import { failed } from "./step-failure";

/** Configuration of `fail`. */
export interface FailConfig {
  readonly message?: string;
}

/** Runs `fail` (pkg/promotion/runner/builtin/failer.go). */
export const fail: StepRunner<"fail", FailConfig> = {
  kind: "fail",
  needs: [],
  resumable: true,
  async run(_context, { message }) {
    throw failed(message ? `failed: ${message}` : "failed");
  },
};
