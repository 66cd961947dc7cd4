// Which icon and colour each state has. Product icons and theme colours only, so every theme fits.
// States are decided in model/state.ts; words stand beside every icon.
import { ThemeColor, ThemeIcon } from "vscode";
import type { PromotionPhase } from "../../model/resources";
import type { StagePhase, StepPhase, WarehouseState } from "../../model/state";
import type { SubscriptionType } from "../../model/subscriptions";

// The colours of lists and tests for errors and warnings have no value in high contrast: icons would be plain there.
const good = "testing.iconPassed";
const bad = "charts.red";
const busy = "charts.blue";
const doubtful = "charts.yellow";
const quiet = "disabledForeground";

/** Of a Stage. */
export const stageIcons: Readonly<Record<StagePhase, ThemeIcon>> = {
  ControlFlow: icon("git-merge"),
  Promoting: icon("sync~spin", busy),
  Queued: icon("watch", busy),
  Failed: icon("error", bad),
  Errored: icon("error", bad),
  Aborted: icon("circle-slash", doubtful),
  NoFreight: icon("circle-large-outline", quiet),
  Verifying: icon("beaker", busy),
  VerificationFailed: icon("beaker-stop", bad),
  Unhealthy: icon("error", bad),
  Progressing: icon("pulse", busy),
  HealthUnknown: icon("question", doubtful),
  Verified: icon("pass-filled", good),
  Healthy: icon("pass", good),
};

/** Of a Promotion. */
export const promotionIcons: Readonly<Record<PromotionPhase, ThemeIcon>> = {
  Pending: icon("watch", busy),
  Running: icon("sync~spin", busy),
  Succeeded: icon("pass", good),
  Failed: icon("error", bad),
  Errored: icon("error", bad),
  Aborted: icon("circle-slash", doubtful),
};

/** Of a step. */
export const stepIcons: Readonly<Record<StepPhase, ThemeIcon>> = {
  Waiting: icon("circle-outline", quiet),
  Running: icon("sync~spin", busy),
  Succeeded: icon("check", good),
  Skipped: icon("debug-step-over", quiet),
  Aborted: icon("circle-slash", doubtful),
  Failed: icon("error", bad),
  Errored: icon("error", bad),
  NotRun: icon("dash", quiet),
};

/** Of a Warehouse. */
export const warehouseIcons: Readonly<Record<WarehouseState["phase"], ThemeIcon>> = {
  NotDiscovered: icon("archive"),
  Discovering: icon("sync~spin", busy),
  Failed: icon("error", bad),
  Incomplete: icon("archive", doubtful),
  Ready: icon("archive"),
};

/** Of a subscription and of the artifacts it finds. */
export const artifactIcons: Readonly<Record<SubscriptionType, ThemeIcon>> = {
  git: icon("git-commit"),
  image: icon("layers"),
  chart: icon("versions"),
  generic: icon("symbol-misc"),
};

/** Of everything without a state. */
export const icons = {
  project: icon("briefcase"),
  freight: icon("package"),
  freightInUse: icon("package", busy),
  task: icon("list-ordered"),
  repository: icon("repo"),
  value: icon("symbol-field"),
  list: icon("symbol-array"),
  more: icon("ellipsis"),
  warning: icon("warning", doubtful),
  error: icon("error", bad),
  none: icon("dash", quiet),
} as const;

function icon(id: string, color?: string): ThemeIcon {
  return color === undefined ? new ThemeIcon(id) : new ThemeIcon(id, new ThemeColor(color));
}
