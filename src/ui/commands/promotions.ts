// Acts on Promotions that exist: abort one, show one in the tree.
// Starting them is promote.ts.

import { commands } from "vscode";
import { toRef } from "../../model/resources";
import { freightLabelByName, openPromotions, promotionState } from "../../model/state";
import { pipelinesViewId, type ResourceTarget } from "../contributions";
import { withActProgress } from "../progress";
import type { Choice } from "../questions";
import { promotionIcons } from "../trees/appearance";
import { actor, type CommandContext, type Located } from "./act";
import { givenOrChosen } from "./choosing";

/** Aborts a Promotion that has not ended. */
export async function abortPromotion(
  context: CommandContext,
  target?: ResourceTarget<"Promotion">,
): Promise<void> {
  const promotion = await givenOrChosen(context, target, {
    kind: "Promotion",
    title: "Abort Promotion",
    placeholder: "Promotion to abort",
    pick: (tree) => openPromotions(tree.promotions),
    choice: promotionChoice,
    none: "No Promotion is running.",
  });
  if (promotion === undefined) return;
  const { folder, tree, resource } = promotion;
  const name = `${freightLabelByName(tree, resource.spec.freight ?? "")} → ${resource.spec.stage}`;
  try {
    await withActProgress({ title: `Aborting ${name}`, quietMs: 2000 }, (_report, signal) =>
      folder.backend.abortPromotion(toRef(resource), { signal, actor: actor() }),
    );
    context.notify.done(`${name} aborted`);
  } catch (error) {
    context.notify.failed(`Could not abort ${name}`, error);
  }
}

/** Shows a Promotion in the tree, with its steps. */
export async function revealPromotion(
  context: CommandContext,
  target?: ResourceTarget<"Promotion">,
): Promise<void> {
  const shown = target !== undefined && (await context.view.reveal(target, { expand: true }));
  if (!shown) await commands.executeCommand(`${pipelinesViewId}.focus`);
}

function promotionChoice(one: Located<"Promotion">): Choice<Located<"Promotion">> {
  const { phase, label } = promotionState(one.resource, Date.now());
  return {
    label: `${freightLabelByName(one.tree, one.resource.spec.freight ?? "")} → ${one.resource.spec.stage}`,
    description: label,
    detail: one.resource.metadata.name,
    iconPath: promotionIcons[phase],
    value: one,
  };
}
