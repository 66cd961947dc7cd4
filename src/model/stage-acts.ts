// What a user may ask of a Stage as it is now, so that menus offer only that.
// The last word has the backend; how a Stage stands is state.ts.
import { stageLookup } from "./list-index";
import { isControlFlow, type Stage, type VerificationInfo } from "./resources";

/** True while what the Stage runs on is being verified. */
export function isVerifying(stage: Stage): boolean {
  const phase = newestVerification(stage)?.phase;
  return phase === "Pending" || phase === "Running";
}

/** True when what the Stage runs on was verified by something that can be run again. */
export function canVerifyAgain(stage: Stage): boolean {
  return (newestVerification(stage)?.id ?? "") !== "" && !isVerifying(stage);
}

/** True when AnalysisTemplates verify, or verified, what the Stage runs on. */
export function hasAnalysisRun(stage: Stage): boolean {
  return newestVerification(stage)?.analysisRun !== undefined;
}

/** The newest verification of what the Stage runs on. */
export function newestVerification({ status }: Stage): VerificationInfo | undefined {
  return status?.freightHistory?.[0]?.verificationHistory?.[0];
}

/** Stages that take Freight through `upstream` and have steps; Stages without are passed over by promotions. */
export function stagesBehind(stages: readonly Stage[], upstream: Stage): readonly Stage[] {
  const behind = stageLookup(stages).byUpstream.get(upstream.metadata.name) ?? [];
  return behind.filter((stage) => !isControlFlow(stage));
}
