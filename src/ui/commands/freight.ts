// Acts on Freight that exists: approve it for a Stage, give it another alias, delete it; and clear away what is old.
// What is allowed the backend decides.
import { aliasProblem } from "../../model/admission";
import { isApprovedFor } from "../../model/freight";
import { type Freight, isControlFlow, originKey, type Stage, toRef } from "../../model/resources";
import { freightLabel, freightObstacle } from "../../model/state";
import type { ResourceTarget } from "../contributions";
import { withActProgress } from "../progress";
import { back, type Choice, choose, enter, refusedLast } from "../questions";
import type { CommandContext, Located } from "./act";
import { freightChoice, givenOrChosen, stageChoice } from "./choosing";

const quietMs = 2000;

/** Lets a Stage have Freight whatever its upstream says. */
export async function approveFreight(
  context: CommandContext,
  target?: ResourceTarget<"Freight">,
  stageTarget?: ResourceTarget<"Stage">,
): Promise<void> {
  const freight = await askFreight(context, target, "Approve Freight");
  if (freight === undefined) return;
  const label = freightLabel(freight.resource);
  const stage = stageTarget?.ref.name ?? (await askStage(context, freight));
  if (stage === undefined) return;
  await act(context, `approve ${label} for ${stage}`, `${label} approved for ${stage}`, freight, (signal) =>
    freight.folder.backend.approveFreight(toRef(freight.resource), stage, { signal }),
  );
}

/** Stages that ask for Freight of its origin; where it may go already, or was approved, choosing says so. */
async function askStage(context: CommandContext, freight: Located<"Freight">): Promise<string | undefined> {
  const { resource, tree } = freight;
  const takes = (stage: Stage) =>
    !isControlFlow(stage) &&
    stage.spec.requestedFreight.some(({ origin }) => originKey(origin) === originKey(resource.origin));
  const stages = tree.stages.filter(takes);
  if (stages.length === 0) {
    context.notify.nothing(`No Stage takes Freight of Warehouse ${resource.origin.name}.`);
    return undefined;
  }
  const chosen = await choose<Located<"Stage">>(
    { title: `Approve ${freightLabel(resource)}`, step: 1, total: 1 },
    {
      placeholder: "Stage that may have it without waiting for its upstream",
      items: refusedLast(stages.map((stage) => approvalChoice({ ...freight, resource: stage }, resource))),
    },
  );
  return chosen === undefined || chosen === back ? undefined : chosen.resource.metadata.name;
}

/** A Stage that waits for its upstream can be approved for; any other says why that would change nothing. */
function approvalChoice(stage: Located<"Stage">, freight: Freight): Choice<Located<"Stage">> {
  const obstacle = freightObstacle(stage.resource, freight, Date.now());
  const isApproved = isApprovedFor(freight, stage.resource.metadata.name);
  const free = isApproved ? "approved already" : "available without an approval";
  return {
    ...stageChoice(stage),
    detail: obstacle ?? free,
    ...(obstacle === undefined || isApproved ? { refusal: free } : {}),
  };
}

/** Gives Freight another alias. */
export async function setFreightAlias(
  context: CommandContext,
  target?: ResourceTarget<"Freight">,
): Promise<void> {
  const freight = await askFreight(context, target, "Change Alias");
  if (freight === undefined) return;
  const { resource, tree } = freight;
  const label = freightLabel(resource);
  const taken = new Set(tree.freight.filter((other) => other !== resource).map((other) => other.alias));
  const alias = await enter(
    { title: `Change Alias of ${label}`, step: 1, total: 1 },
    {
      prompt: "What this Freight is called from now on",
      value: resource.alias ?? "",
      check: (text) => aliasProblem(text) ?? (taken.has(text) ? "Other Freight has this alias." : undefined),
    },
  );
  if (alias === undefined || alias === back || alias === resource.alias) return;
  await act(context, `change the alias of ${label}`, `${label} is now ${alias}`, freight, (signal) =>
    freight.folder.backend.setFreightAlias(toRef(resource), alias, { signal }),
  );
}

/** Deletes Freight, once the user has said so twice. */
export async function deleteFreight(
  context: CommandContext,
  target?: ResourceTarget<"Freight">,
): Promise<void> {
  const freight = await askFreight(context, target, "Delete Freight");
  if (freight === undefined) return;
  const label = freightLabel(freight.resource);
  const inUse = Object.keys(freight.resource.status?.currentlyIn ?? {});
  if (inUse.length > 0)
    return context.notify.nothing(
      `Freight ${label} is not deleted while Stage ${inUse.join(", ")} runs on it.`,
    );
  const detail =
    "What it is made of stays in its repositories. Unless it is superseded, its Warehouse makes it anew.";
  if (!(await context.notify.mayDelete(`Delete Freight ${label}?`, detail))) return;
  await act(context, `delete Freight ${label}`, `Freight ${label} deleted`, freight, (signal) =>
    freight.folder.backend.deleteFreight(toRef(freight.resource), { signal }),
  );
}

/** Deletes Promotions and Freight that are old and far behind what is in use. */
export async function collectGarbage(context: CommandContext): Promise<void> {
  const folders = await context.backends.ready();
  const detail =
    "Of each Stage, twenty ended Promotions behind the one in use are kept; of each Warehouse, twenty pieces of Freight. Nothing younger than two weeks is deleted, and nothing that is in use.";
  if (!(await context.notify.mayDelete("Delete old Promotions and Freight?", detail))) return;
  try {
    const results = await withActProgress({ title: "Deleting what is old", quietMs }, (_report, signal) =>
      Promise.all(folders.map(({ backend }) => backend.collectGarbage({}, { signal }))),
    );
    const [failure] = results.flatMap(({ failures }) => failures);
    const count = (of: "promotions" | "freight") =>
      results.reduce((sum, result) => sum + result[of].length, 0);
    if (failure !== undefined) context.notify.failed("Could not delete everything", new Error(failure));
    else
      context.notify.done(
        `${count("promotions")} Promotions and ${count("freight")} pieces of Freight deleted`,
      );
  } catch (error) {
    context.notify.failed("Could not delete what is old", error);
  }
}

function askFreight(
  context: CommandContext,
  target: ResourceTarget<"Freight"> | undefined,
  title: string,
): Promise<Located<"Freight"> | undefined> {
  return givenOrChosen(context, target, {
    kind: "Freight",
    title,
    placeholder: "Freight",
    pick: (tree) => tree.freight,
    choice: freightChoice,
    none: "There is no Freight in this workspace.",
  });
}

async function act(
  context: CommandContext,
  what: string,
  done: string,
  { resource }: Located<"Freight">,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const title = `Freight ${freightLabel(resource)}`;
  try {
    await withActProgress({ title, quietMs }, (_report, signal) => run(signal));
    context.notify.done(done);
  } catch (error) {
    context.notify.failed(`Could not ${what}`, error);
  }
}
