// Acts on Warehouses: discover now, and put Freight together by hand.
// What is a valid piece of Freight the backend decides.

import type { QuickPickItem } from "vscode";
import type { CreateFreightRequest } from "../../backend/backend";
import { agoText } from "../../base/elapsed";
import { errorCode } from "../../base/errors";
import { aliasProblem } from "../../model/admission";
import { freightPreimage } from "../../model/freight";
import { type Artifacts, type Freight, toRef, type Warehouse } from "../../model/resources";
import { freightLabel, warehouseState } from "../../model/state";
import {
  type SubscriptionView,
  subscriptionViews,
  typedArtifact,
  typedArtifactHint,
} from "../../model/subscriptions";
import type { ResourceTarget } from "../contributions";
import { withActProgress } from "../progress";
import { ask, back, type Choice, choose, enter, heading, type Place, type Question } from "../questions";
import { artifactIcons, warehouseIcons } from "../trees/appearance";
import { allLocated, type CommandContext, groupedChoices, type Located, locate } from "./act";
import { given, givenOrChosen } from "./choosing";

/** Discovers a Warehouse's artifacts now. */
export async function refreshWarehouse(
  context: CommandContext,
  target?: ResourceTarget<"Warehouse">,
): Promise<void> {
  const warehouse = await oneWarehouse(context, "Refresh Warehouse", target);
  if (warehouse === undefined) return;
  const { folder, tree, resource } = warehouse;
  const { name } = resource.metadata;
  const before = new Set(tree.freight.map((freight) => freight.metadata.name));
  try {
    await withActProgress({ title: `Refreshing Warehouse ${name}`, quietMs: 2000 }, (_report, signal) =>
      folder.backend.refreshWarehouse(toRef(resource), { signal }),
    );
    const after = locate([folder], { ref: toRef(resource) })?.tree.freight ?? [];
    const found = after.filter((freight) => !before.has(freight.metadata.name));
    const names = found.map(freightLabel).join(", ");
    context.notify.done(found.length === 0 ? `${name}: no new Freight` : `${name}: new Freight ${names}`);
  } catch (error) {
    context.notify.failed(`Could not refresh Warehouse ${name}`, error);
  }
}

interface Assembly {
  readonly warehouse?: Located<"Warehouse">;
  /** One for each subscription, in written order. */
  readonly artifacts: readonly Artifacts[];
  readonly alias?: string;
}

/** Asks for one artifact of each subscription and makes Freight of them. */
export async function assembleFreight(
  context: CommandContext,
  target?: ResourceTarget<"Warehouse">,
): Promise<void> {
  const asked = target === undefined ? undefined : await given(context, target);
  if (target !== undefined && asked === undefined) return;
  const all = allLocated("Warehouse", await context.backends.ready(), (tree) => tree.warehouses);
  if (all.length === 0) return context.notify.nothing("There is no Warehouse in this workspace.");
  const only = asked ?? (all.length === 1 ? all[0] : undefined);
  const first: Question<Assembly>[] = only === undefined ? [askWarehouse(all)] : [];
  const start: Assembly = { artifacts: [], ...(only === undefined ? {} : { warehouse: only }) };
  const answers = await ask("Assemble Freight", start, ({ warehouse }) => {
    const views = warehouse === undefined ? [] : subscriptionViews(warehouse.resource);
    return [...first, ...views.map(askArtifact), askAlias];
  });
  if (answers?.warehouse === undefined) return;
  await create(context, answers.warehouse, answers);
}

async function create(
  context: CommandContext,
  { folder, tree, resource }: Located<"Warehouse">,
  { artifacts, alias }: Assembly,
): Promise<void> {
  const request: CreateFreightRequest = {
    project: tree.name,
    warehouse: resource.metadata.name,
    ...joined(artifacts),
    ...(alias ? { alias } : {}),
  };
  try {
    const freight = await folder.backend.createFreight(request, { signal: new AbortController().signal });
    context.notify.done(`Freight ${freightLabel(freight)} assembled`);
    await context.view.reveal({ folder: folder.id, ref: toRef<"Freight">(freight) }, { expand: true });
  } catch (error) {
    const same = tree.freight.find((freight) => isMadeOf(freight, resource, request));
    if (same !== undefined && errorCode(error) !== undefined) {
      context.notify.nothing(`These artifacts are Freight ${freightLabel(same)} already.`);
      await context.view.reveal({ folder: folder.id, ref: toRef(same) }, { expand: true });
      return;
    }
    context.notify.failed(`Could not assemble Freight of Warehouse ${resource.metadata.name}`, error);
  }
}

/** True when the Freight is what these artifacts of the Warehouse make. */
function isMadeOf(freight: Freight, warehouse: Warehouse, artifacts: Artifacts): boolean {
  const origin = { kind: "Warehouse", name: warehouse.metadata.name } as const;
  return freightPreimage(freight.origin, freight) === freightPreimage(origin, artifacts);
}

function oneWarehouse(
  context: CommandContext,
  title: string,
  target: ResourceTarget<"Warehouse"> | undefined,
): Promise<Located<"Warehouse"> | undefined> {
  return givenOrChosen(context, target, {
    kind: "Warehouse",
    title,
    placeholder: "Warehouse",
    pick: (tree) => tree.warehouses,
    choice: warehouseChoice,
    none: "There is no Warehouse in this workspace.",
    takesOnly: true,
  });
}

function askWarehouse(all: readonly Located<"Warehouse">[]): Question<Assembly> {
  return async (answers, place) => {
    const warehouse = await choose<Located<"Warehouse">>(place, {
      placeholder: "Warehouse whose Freight it will be",
      items: groupedChoices(all, warehouseChoice),
    });
    return warehouse === undefined || warehouse === back ? warehouse : { ...answers, warehouse };
  };
}

function warehouseChoice(one: Located<"Warehouse">): Choice<Located<"Warehouse">> {
  const { phase, label } = warehouseState(one.resource);
  const at = Date.parse(one.resource.status?.discoveredArtifacts?.discoveredAt ?? "");
  return {
    label: one.resource.metadata.name,
    description: Number.isNaN(at) ? label : `${label} · discovered ${agoText(Date.now() - at)}`,
    iconPath: warehouseIcons[phase],
    value: one,
  };
}

/** Chosen to type a value that was not discovered. */
const typed = Symbol("typed");

function askArtifact(view: SubscriptionView): Question<Assembly> {
  return async (answers, place) => {
    const answer = await artifactOf(view, { ...place, title: `Assemble Freight: ${view.label}` });
    if (answer === undefined || answer === back) return answer;
    return { ...answers, artifacts: [...answers.artifacts, answer] };
  };
}

async function artifactOf(
  view: SubscriptionView,
  place: Place,
): Promise<Artifacts | typeof back | undefined> {
  for (;;) {
    const chosen =
      view.found.length === 0
        ? typed
        : await choose<Artifacts | typeof typed>(place, {
            placeholder: `${view.type === "git" ? "Commit" : view.type === "image" ? "Image" : "Version"} of ${view.repository}`,
            items: artifactChoices(view),
          });
    if (chosen !== typed) return chosen;
    const text = await enter(place, {
      prompt: typedArtifactHint(view),
      placeholder: view.repository,
      check: (value) => {
        const artifact = typedArtifact(view, value);
        return typeof artifact === "string" ? artifact : undefined;
      },
    });
    if (text === back && view.found.length > 0) continue;
    if (text === undefined || text === back) return text;
    const artifact = typedArtifact(view, text);
    return typeof artifact === "string" ? undefined : artifact;
  }
}

function artifactChoices(view: SubscriptionView): (Choice<Artifacts | typeof typed> | QuickPickItem)[] {
  const found = view.found.map(({ label, description, artifacts }, index) => ({
    label,
    description: index === 0 ? [description, "newest"].filter(Boolean).join(" · ") : description,
    iconPath: artifactIcons[view.type],
    value: artifacts,
  }));
  return [
    ...found,
    heading("Not listed"),
    { label: "$(edit) Type a value…", value: typed, alwaysShow: true },
  ];
}

const askAlias: Question<Assembly> = async (answers, place) => {
  const alias = await enter(place, {
    prompt: "Alias, or nothing to have one made up",
    placeholder: "e.g. spring-release",
    check: (text) => (text === "" ? undefined : aliasProblem(text)),
  });
  return alias === undefined || alias === back ? alias : { ...answers, alias };
};

function joined(all: readonly Artifacts[]): Pick<Freight, keyof Artifacts> {
  return {
    commits: all.flatMap((artifacts) => artifacts.commits ?? []),
    images: all.flatMap((artifacts) => artifacts.images ?? []),
    charts: all.flatMap((artifacts) => artifacts.charts ?? []),
    artifacts: all.flatMap((artifacts) => artifacts.artifacts ?? []),
  };
}
