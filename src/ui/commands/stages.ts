import { window, workspace } from "vscode";
import { agoText } from "../../base/elapsed";
import { stageHolds } from "../../model/autonomy";
import { type AnalysisRun, isControlFlow, type Promotion, type Stage, toRef } from "../../model/resources";
import {
  canVerifyAgain,
  hasAnalysisRun,
  isVerifying,
  newestVerification,
  stagesBehind,
} from "../../model/stage-acts";
import {
  currentFreight,
  freightByName,
  freightLabel,
  freightLabelByName,
  freightPlaces,
} from "../../model/state";
import type { ResourceTarget } from "../contributions";
import { documentUri } from "../documents";
import { followPromotion } from "../follow-promotion";
import { withActProgress } from "../progress";
import { back, type Choice, choose } from "../questions";
import { icons } from "../trees/appearance";
import { actor, type CommandContext, type Located, locate } from "./act";
import { type Asked, givenOrChosen, stageChoice } from "./choosing";

const quietMs = 2000;

/** Passes over a Stage now: health, verification, what it may have. */
export async function refreshStage(context: CommandContext, target?: ResourceTarget<"Stage">): Promise<void> {
  const stage = await askStage(context, target, { title: "Refresh Stage", fits: () => true });
  if (stage === undefined) return;
  const { name } = stage.resource.metadata;
  await act(context, { title: `Refreshing Stage ${name}`, what: `refresh Stage ${name}` }, async (signal) => {
    await stage.folder.backend.refreshStage(toRef(stage.resource), { signal });
    context.notify.done(`${name} refreshed`);
  });
}

/** Verifies what a Stage runs on once more. */
export async function verifyStage(context: CommandContext, target?: ResourceTarget<"Stage">): Promise<void> {
  const none = "No Stage runs on Freight that was verified before.";
  const stage = await askStage(context, target, { title: "Verify Again", fits: canVerifyAgain, none });
  if (stage !== undefined) await requestVerification(context, stage, "reverify");
}

/** Stops the verification of what a Stage runs on. */
export async function abortVerification(
  context: CommandContext,
  target?: ResourceTarget<"Stage">,
): Promise<void> {
  const none = "No Stage is being verified.";
  const stage = await askStage(context, target, { title: "Abort Verification", fits: isVerifying, none });
  if (stage !== undefined) await requestVerification(context, stage, "abort");
}

/** Stays with it until the verification has ended; cancelling stops the waiting, not the verification. */
async function requestVerification(
  context: CommandContext,
  { folder, resource }: Located<"Stage">,
  request: "reverify" | "abort",
): Promise<void> {
  const { name } = resource.metadata;
  const words =
    request === "abort"
      ? { title: `Aborting the verification of ${name}`, what: `abort the verification of ${name}` }
      : { title: `Verifying ${name}`, what: `verify Stage ${name} again` };
  await act(context, words, async (signal) => {
    const ref = toRef(resource);
    await folder.backend.requestVerification(ref, request, { signal, actor: actor() });
    const newest = newestVerification(await folder.backend.waitForVerification(ref, { signal }));
    const { phase = "none", message } = newest ?? {};
    const isBad = phase === "Failed" || phase === "Error" || phase === "Inconclusive";
    // What the user stopped counts as Failed to Kargo; to the user it went as asked.
    if (isBad && request === "abort") context.notify.done(`Verification of ${name} aborted`);
    else if (isBad) context.notify.verificationFailed(name, phase, message);
    else context.notify.done(`Verification of ${name}: ${phase}`);
  });
}

/** Shows an AnalysisRun of a Stage: what was measured, and what came of it. */
export async function showVerification(
  context: CommandContext,
  target?: ResourceTarget<"Stage">,
): Promise<void> {
  const none = "No Stage was verified by AnalysisTemplates.";
  const stage = await askStage(context, target, { title: "Show Verification", fits: hasAnalysisRun, none });
  if (stage === undefined) return;
  const { name } = stage.resource.metadata;
  const runs = await stage.folder.backend.analysisRuns(stage.tree.name, name);
  if (runs.length === 0) return context.notify.nothing(`${name} was not verified by AnalysisTemplates.`);
  const run =
    runs.length === 1
      ? runs[0]
      : await choose<AnalysisRun>(
          { title: `Verifications of ${name}`, step: 1, total: 1 },
          { placeholder: "AnalysisRun, the newest first", items: runs.map(runChoice) },
        );
  if (run === undefined || run === back) return;
  const document = await workspace.openTextDocument(documentUri(stage.folder.id, run));
  await window.showTextDocument(document, { preview: true });
}

function runChoice(run: AnalysisRun): Choice<AnalysisRun> {
  const { phase = "Pending", message, startedAt } = run.status ?? {};
  const at = Date.parse(startedAt ?? "");
  return {
    label: phase,
    description: Number.isNaN(at) ? "" : agoText(Date.now() - at),
    detail: message || run.metadata.name,
    value: run,
  };
}

/** Promotes Freight to every Stage right behind one. */
export async function promoteDownstream(
  context: CommandContext,
  target?: ResourceTarget<"Stage">,
  freightTarget?: ResourceTarget<"Freight">,
): Promise<void> {
  const folders = await context.backends.ready();
  const stage = await givenOrChosen(context, target, {
    ...askedStage,
    title: "Promote Downstream",
    pick: (tree) => tree.stages.filter((one) => stagesBehind(tree.stages, one).length > 0),
    none: "No Stage has Stages behind it.",
  });
  if (stage === undefined) return;
  const { folder, tree, resource } = stage;
  const { name } = resource.metadata;
  const given =
    freightTarget === undefined ? undefined : locate(folders, freightTarget)?.resource.metadata.name;
  const freight = given ?? (await askWhatRunsThere(context, stage));
  if (freight === undefined) return;
  const label = freightLabelByName(tree, freight);
  await act(
    context,
    { title: `Promoting ${label} behind ${name}`, what: `promote ${label} to the Stages behind ${name}` },
    async (signal) => {
      const request = { project: tree.name, downstreamFrom: name, freight, actor: actor() };
      const { promotions, refusals } = await folder.backend.promoteDownstream(request, { signal });
      for (const promotion of promotions) follow(context, stage, promotion);
      const [refusal] = refusals;
      if (refusal !== undefined)
        context.notify.failed(`Could not promote ${label} to every Stage behind ${name}`, new Error(refusal));
    },
  );
}

/** What a Stage runs on; asks where that is Freight of several origins. */
async function askWhatRunsThere(
  context: CommandContext,
  { resource, tree }: Located<"Stage">,
): Promise<string | undefined> {
  const { name } = resource.metadata;
  const known = isControlFlow(resource)
    ? tree.freight.filter(({ status }) => status?.verifiedIn?.[name] !== undefined)
    : currentFreight(resource).flatMap((reference) => freightByName(tree, reference.name) ?? []);
  if (known.length === 0) {
    context.notify.nothing(`${name} has no Freight to promote further.`);
    return undefined;
  }
  if (known.length === 1) return known[0]?.metadata.name;
  const items = known.map(
    (freight): Choice<string> => ({
      label: freightLabel(freight),
      description: `from ${freight.origin.name}`,
      detail: freightPlaces(freight, tree.stages).currentlyIn.join(", "),
      iconPath: icons.freight,
      value: freight.metadata.name,
    }),
  );
  const place = { title: `Promote Downstream of ${name}`, step: 1, total: 1 };
  const chosen = await choose<string>(place, {
    placeholder: "Freight to promote to every Stage behind",
    items,
  });
  return chosen === back ? undefined : chosen;
}

/** Promotes what auto-promotion would choose, which ends the hold. Kargo knows no other way to end one. */
export async function resumeAutoPromotion(
  context: CommandContext,
  target?: ResourceTarget<"Stage">,
): Promise<void> {
  const none = "Auto-promotion of no Stage is held.";
  const stage = await askStage(context, target, { title: "Resume Auto-Promotion", fits: isHeld, none });
  if (stage === undefined) return;
  const { name } = stage.resource.metadata;
  const holds = stageHolds(stage.resource);
  if (holds.length === 0) return context.notify.nothing(`Auto-promotion of ${name} is not held.`);
  await act(
    context,
    { title: `Resuming ${name}`, what: `resume auto-promotion of ${name}` },
    async (signal) => {
      for (const { origin } of holds) {
        const request = { project: stage.tree.name, stage: name, warehouse: origin.name, actor: actor() };
        follow(context, stage, await stage.folder.backend.promote(request, { signal }));
      }
    },
  );
}

function isHeld(stage: Stage): boolean {
  return stageHolds(stage).length > 0;
}

function follow(context: CommandContext, { folder }: Located<"Stage">, promotion: Promotion): void {
  const reveal = (one: Promotion) =>
    context.view.reveal({ folder: folder.id, ref: toRef(one) }, { expand: true });
  void followPromotion(promotion, { folder, notify: context.notify, reveal, actor: actor() });
}

const askedStage = {
  kind: "Stage",
  placeholder: "Stage",
  choice: stageChoice,
} as const satisfies Partial<Asked<"Stage">>;

function askStage(
  context: CommandContext,
  target: ResourceTarget<"Stage"> | undefined,
  {
    title,
    fits,
    none = "There is no Stage in this workspace.",
  }: {
    readonly title: string;
    readonly fits: (stage: Stage) => boolean;
    readonly none?: string;
  },
): Promise<Located<"Stage"> | undefined> {
  return givenOrChosen(context, target, {
    ...askedStage,
    title,
    pick: (tree) => tree.stages.filter(fits),
    none,
  });
}

async function act(
  context: CommandContext,
  { title, what }: { readonly title: string; readonly what: string },
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await withActProgress({ title, quietMs }, (_report, signal) => run(signal));
  } catch (error) {
    context.notify.failed(`Could not ${what}`, error);
  }
}
