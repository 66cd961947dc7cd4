// Promotes Freight to a Stage: asks for what was not given, starts the Promotion and stays with it.
// What may be promoted is decided by the model and, in the end, by the backend.
import { commands } from "vscode";
import { agoText } from "../../base/elapsed";
import { errorMessage } from "../../base/errors";
import { discoveryTime } from "../../model/pipeline";
import {
  type Freight,
  isControlFlow,
  originKey,
  type Promotion,
  type Stage,
  toRef,
} from "../../model/resources";
import {
  currentFreight,
  type FreightOffer,
  freightLabel,
  freightLabelByName,
  freightObstacle,
  freightOffers,
  freightPlaces,
  freightPlacesText,
  freightSummary,
  openPromotions,
  stageState,
} from "../../model/state";
import type { CommandId, PromoteOptions, ResourceTarget } from "../contributions";
import { followPromotion } from "../follow-promotion";
import { ask, back, type Choice, choose, type Place, type Question, refusedLast } from "../questions";
import { icons, stageIcons } from "../trees/appearance";
import { actor, allLocated, type CommandContext, groupedChoices, type Located, toTarget } from "./act";
import { given } from "./choosing";

interface Answers {
  readonly stage?: Located<"Stage">;
  readonly freight?: Freight;
}

/** Promotes to `stageTarget`, or to a Stage that is asked for. Resolves when the Promotion has ended. */
export async function promote(
  context: CommandContext,
  stageTarget?: ResourceTarget<"Stage">,
  freightTarget?: ResourceTarget<"Freight">,
  { confirm = false }: PromoteOptions = {},
): Promise<void> {
  const stage = stageTarget && (await given(context, stageTarget));
  if (stageTarget !== undefined && stage === undefined) return;
  const freight = (freightTarget && (await given(context, freightTarget)))?.resource;
  if (freightTarget !== undefined && freight === undefined) return;
  if (stage !== undefined && isControlFlow(stage.resource))
    return context.notify.nothing(
      `${stage.resource.metadata.name} is a control flow Stage: it has no promotion steps.`,
    );
  const answers = await askWhatIsMissing(context, { stage, freight }, confirm);
  if (answers?.stage === undefined || answers.freight === undefined) return;
  await start(context, answers.stage, answers.freight);
}

/** Promotes given Freight to a Stage that is asked for. */
export async function promoteFreight(
  context: CommandContext,
  target?: ResourceTarget<"Freight">,
): Promise<void> {
  if (target === undefined) return promote(context);
  const located = await given(context, target);
  if (located === undefined) return;
  const stages = located.tree.stages.filter(
    (stage) => !isControlFlow(stage) && takesFrom(stage, located.resource),
  );
  if (stages.length === 0)
    return context.notify.nothing(`No Stage takes Freight of Warehouse ${located.resource.origin.name}.`);
  const freight = located.resource;
  const place = { title: `Promote ${freightLabel(freight)}`, step: 1, total: 1 };
  const stage = await choose<Located<"Stage">>(place, {
    placeholder: "Stage to promote to",
    items: refusedLast(stages.map((resource) => stageChoice({ ...located, resource }, freight))),
  });
  if (stage !== undefined && stage !== back) await start(context, stage, freight);
}

async function askWhatIsMissing(
  context: CommandContext,
  given: Answers,
  confirm: boolean,
): Promise<Answers | undefined> {
  const { stage, freight } = given;
  if (stage !== undefined && freight !== undefined && !confirm) return given;
  const folders = await context.backends.ready();
  const stages = allLocated("Stage", folders, (tree) => tree.stages.filter((s) => !isControlFlow(s)));
  if (stages.length === 0) {
    context.notify.nothing("There is no Stage to promote to in this workspace.", {
      label: "Create Sample",
      run: () => commands.executeCommand("kargo.sample.create" satisfies CommandId),
    });
    return undefined;
  }
  if (stage !== undefined && offersFor(stage).length === 0) {
    nothingToPromote(context, stage);
    return undefined;
  }
  const questions: Question<Answers>[] = [askFreight(freight)];
  if (stage === undefined) questions.unshift(askStage(stages));
  return ask("Promote", given, () => questions);
}

function askStage(stages: readonly Located<"Stage">[]): Question<Answers> {
  return async (answers, place) => {
    const stage = await choose<Located<"Stage">>(place, {
      placeholder: "Stage to promote to",
      items: groupedChoices(stages, (one) => stageChoice(one)),
    });
    return stage === undefined || stage === back ? stage : { ...answers, stage };
  };
}

function askFreight(preferred: Freight | undefined): Question<Answers> {
  return async (answers, place: Place) => {
    if (answers.stage === undefined) return undefined;
    const { resource: stage, tree } = answers.stage;
    const waiting = openPromotions(tree.promotions, stage.metadata.name).length;
    const freight = await choose<Freight>(
      { ...place, title: `Promote to ${stage.metadata.name}` },
      {
        placeholder:
          waiting === 0 ? "Freight to promote" : "Freight to promote once the running Promotion has ended",
        items: refusedLast(offersFor(answers.stage).map((offer) => freightChoice(offer, tree.stages))),
        active: (value) => value.metadata.name === preferred?.metadata.name,
      },
    );
    return freight === undefined || freight === back ? freight : { ...answers, freight };
  };
}

async function start(context: CommandContext, stage: Located<"Stage">, freight: Freight): Promise<void> {
  const { folder, tree, resource } = stage;
  const { name } = resource.metadata;
  const what = `Could not promote ${freightLabel(freight)} to ${name}`;
  const request = { project: tree.name, stage: name, freight: freight.metadata.name, actor: actor() };
  let promotion: Promotion;
  try {
    promotion = await folder.backend.promote(request, { signal: new AbortController().signal });
  } catch (error) {
    return context.notify.failed(what, error);
  }
  context.log.info(`${promotion.metadata.name}: promoting ${freightLabel(freight)} to ${name}`);
  const reveal = (p: Promotion) =>
    context.view.reveal({ folder: folder.id, ref: toRef(p) }, { expand: true });
  void reveal(promotion).catch((error) => context.log.debug(`Not revealed: ${errorMessage(error)}`));
  await followPromotion(promotion, { folder, notify: context.notify, reveal, actor: actor() });
}

function offersFor({ resource, tree }: Located<"Stage">): FreightOffer[] {
  return freightOffers(resource, tree.freight, Date.now());
}

function nothingToPromote(context: CommandContext, stage: Located<"Stage">): void {
  const origins = stage.resource.spec.requestedFreight.map((request) => request.origin.name);
  const warehouse = stage.tree.warehouses.find((w) => origins.includes(w.metadata.name));
  if (warehouse === undefined) {
    const wanted = origins.join(", ");
    context.notify.nothing(
      `${stage.resource.metadata.name} takes Freight of Warehouse ${wanted}, which this workspace does not have.`,
    );
    return;
  }
  const target = toTarget<"Warehouse">({ ...stage, resource: warehouse });
  context.notify.nothing(`There is no Freight for ${stage.resource.metadata.name} yet.`, {
    label: `Refresh ${warehouse.metadata.name}`,
    run: () => commands.executeCommand("kargo.warehouse.refresh" satisfies CommandId, target),
  });
}

function stageChoice(one: Located<"Stage">, freight?: Freight): Choice<Located<"Stage">> {
  const { resource, tree } = one;
  const { phase, label } = stageState(resource, tree.promotions, Date.now());
  const current = currentFreight(resource).map((reference) => freightLabelByName(tree, reference.name));
  const refusal = freight === undefined ? undefined : freightObstacle(resource, freight, Date.now());
  return {
    label: resource.metadata.name,
    description: [current.join(", "), label].filter(Boolean).join(" · "),
    iconPath: stageIcons[phase],
    value: one,
    ...(refusal === undefined ? {} : { refusal, detail: refusal }),
  };
}

function freightChoice(
  { freight, obstacle, current }: FreightOffer,
  stages: readonly Stage[],
): Choice<Freight> {
  const discovered = Date.parse(discoveryTime(freight));
  const age = Number.isNaN(discovered) ? "" : `discovered ${agoText(Date.now() - discovered)}`;
  const places = freightPlacesText(freightPlaces(freight, stages));
  return {
    label: freightLabel(freight),
    description: [freightSummary(freight), current ? "runs here now" : ""].filter(Boolean).join(" · "),
    detail: obstacle ?? [freight.commits?.[0]?.message, places, age].filter(Boolean).join(" · "),
    iconPath: current ? icons.freightInUse : icons.freight,
    value: freight,
    ...(obstacle === undefined ? {} : { refusal: obstacle }),
  };
}

function takesFrom(stage: Stage, freight: Freight): boolean {
  return stage.spec.requestedFreight.some(
    (request) => originKey(request.origin) === originKey(freight.origin),
  );
}
