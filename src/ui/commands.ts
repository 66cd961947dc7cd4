// The table of commands: which function each id runs, and that it may run in this workspace.
// The functions are in commands/; the ids and their arguments in contributions.ts.
import { commands, workspace } from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable";
import type { CommandContext } from "./commands/act";
import { approveFreight, collectGarbage, deleteFreight, setFreightAlias } from "./commands/freight";
import { promote, promoteFreight } from "./commands/promote";
import { abortPromotion, revealPromotion } from "./commands/promotions";
import {
  copyAlias,
  copyName,
  copyValue,
  openResource,
  revealAtCursor,
  showState,
} from "./commands/resources";
import { runPipelines, stopPipelines } from "./commands/run";
import { createSample } from "./commands/sample";
import { deleteSecret, setSecret } from "./commands/secrets";
import {
  abortVerification,
  promoteDownstream,
  refreshStage,
  resumeAutoPromotion,
  showVerification,
  verifyStage,
} from "./commands/stages";
import { assembleFreight, refreshWarehouse } from "./commands/warehouses";
import { type CommandArguments, type CommandId, commandPlaces } from "./contributions";
import { Row } from "./trees/rows";

type Handlers = {
  readonly [K in CommandId]: (context: CommandContext, ...args: CommandArguments[K]) => Promise<void> | void;
};

const handlers: Handlers = {
  "kargo.stage.promote": promote,
  "kargo.freight.promote": promoteFreight,
  "kargo.freight.assemble": assembleFreight,
  "kargo.freight.copyAlias": copyAlias,
  "kargo.warehouse.refresh": refreshWarehouse,
  "kargo.promotion.abort": abortPromotion,
  "kargo.promotion.reveal": revealPromotion,
  "kargo.resource.open": openResource,
  "kargo.resource.showState": showState,
  "kargo.resource.copyName": copyName,
  "kargo.resource.reveal": revealAtCursor,
  "kargo.output.copyValue": copyValue,
  "kargo.pipelines.refresh": ({ backends }) => backends.reload(),
  "kargo.pipelines.showMore": async ({ view }, list) => {
    if (list !== undefined) await view.showMore(list.id, list.page);
  },
  "kargo.sample.create": createSample,
  "kargo.secret.set": setSecret,
  "kargo.secret.delete": deleteSecret,
  "kargo.log.show": ({ showLog }) => showLog(),
  "kargo.pipelines.run": runPipelines,
  "kargo.pipelines.stop": stopPipelines,
  "kargo.events.show": ({ showEvents }) => showEvents(),
  "kargo.stage.refresh": refreshStage,
  "kargo.stage.verify": verifyStage,
  "kargo.stage.abortVerification": abortVerification,
  "kargo.stage.showVerification": showVerification,
  "kargo.stage.promoteDownstream": promoteDownstream,
  "kargo.stage.resumeAutoPromotion": resumeAutoPromotion,
  "kargo.freight.approve": approveFreight,
  "kargo.freight.setAlias": setFreightAlias,
  "kargo.freight.delete": deleteFreight,
  "kargo.garbage.collect": collectGarbage,
};

/** Registers every command. */
export function registerCommands(context: CommandContext): Disposable {
  const owned = new DisposableStore();
  for (const id of Object.keys(handlers) as CommandId[]) {
    owned.add(commands.registerCommand(id, (...args: unknown[]) => run(context, id, args)));
  }
  return owned;
}

/** Menus hand over the item, then all selected items; palette and keys hand over nothing. */
async function run(context: CommandContext, id: CommandId, args: readonly unknown[]): Promise<void> {
  if (commandPlaces[id].trusted && !workspace.isTrusted) {
    context.notify.nothing("This needs a trusted workspace, because it runs programs on its behalf.", {
      label: "Manage Workspace Trust",
      run: () => commands.executeCommand("workbench.trust.manage"),
    });
    return;
  }
  const handler = handlers[id] as (context: CommandContext, ...args: unknown[]) => Promise<void> | void;
  try {
    await handler(context, ...withoutSelection(args));
  } catch (error) {
    context.notify.failed("Kargo", error);
  }
}

/** A second argument that is a list is the selection, which no command takes. Of a row its newest node is meant. */
function withoutSelection(args: readonly unknown[]): readonly unknown[] {
  const [first, second, ...rest] = args.map((arg) => (arg instanceof Row ? arg.node : arg));
  return Array.isArray(second) || second === undefined ? [first] : [first, second, ...rest];
}
