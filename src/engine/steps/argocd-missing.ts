// What the Argo CD steps do where no Argo CD is connected: skip and say so, or fail as a Kargo server does.
import type { StepResult } from "../promotion/step";
import { errored } from "./step-failure";

/** The result without Argo CD, as the user's setting wants it. Throws StepError for `require`. */
export function missingArgoCd(whenMissing: "skip" | "require", act: "update" | "wait for"): StepResult {
  if (whenMissing === "require") {
    const what = `cannot ${act} Argo CD Application resources`;
    throw errored(`Argo CD integration is disabled on this controller; ${what}`);
  }
  const not = act === "update" ? "no Application was updated" : "no Application was waited for";
  return {
    status: "Skipped",
    message: `Argo CD is not connected, so ${not}. Set kargo.embedded.argocd to "require" to have this step fail instead.`,
  };
}
