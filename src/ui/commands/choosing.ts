// How commands come by the one resource they are about: the one that was given, else one the user chooses.
// Performs nothing.

import type { ProjectTree } from "../../model/pipeline";
import type { Kind, ResourceByKind } from "../../model/resources";
import {
  currentFreight,
  freightLabel,
  freightLabelByName,
  freightPlaces,
  freightPlacesText,
  freightSummary,
  stageState,
} from "../../model/state";
import type { ResourceTarget } from "../contributions";
import { back, type Choice, choose } from "../questions";
import { icons, stageIcons } from "../trees/appearance";
import { allLocated, type CommandContext, groupedChoices, type Located, locate } from "./act";

/** What is asked when nothing was given. */
export interface Asked<K extends Kind> {
  readonly kind: K;
  readonly title: string;
  readonly placeholder: string;
  readonly pick: (tree: ProjectTree) => readonly ResourceByKind[K][];
  readonly choice: (one: Located<K>) => Choice<Located<K>>;
  /** Said when there is nothing to choose. */
  readonly none: string;
  /** Does not ask when there is only one. */
  readonly takesOnly?: boolean;
}

/** The resource of `target`; says so and is undefined when it is gone. */
export async function given<K extends Kind>(
  { backends, notify }: CommandContext,
  target: ResourceTarget<K>,
): Promise<Located<K> | undefined> {
  const found = locate(await backends.ready(), target);
  if (found === undefined) notify.nothing(`${target.ref.kind} ${target.ref.name} is not there any more.`);
  return found;
}

/** The resource of `target`, or the one the user chooses; undefined when there is none or the user left. */
export async function givenOrChosen<K extends Kind>(
  context: CommandContext,
  target: ResourceTarget<K> | undefined,
  asked: Asked<K>,
): Promise<Located<K> | undefined> {
  if (target !== undefined) return given(context, target);
  const folders = await context.backends.ready();
  const all = allLocated(asked.kind, folders, asked.pick);
  if (all.length === 0) {
    context.notify.nothing(asked.none);
    return undefined;
  }
  if (asked.takesOnly === true && all.length === 1) return all[0];
  const chosen = await choose<Located<K>>(
    { title: asked.title, step: 1, total: 1 },
    { placeholder: asked.placeholder, items: groupedChoices(all, asked.choice) },
  );
  return chosen === back ? undefined : chosen;
}

/** A Stage with what it runs on and how it is. */
export function stageChoice(one: Located<"Stage">): Choice<Located<"Stage">> {
  const { resource, tree } = one;
  const { phase, label } = stageState(resource, tree.promotions, Date.now());
  const current = currentFreight(resource).map(({ name }) => freightLabelByName(tree, name));
  return {
    label: resource.metadata.name,
    description: [current.join(", "), label].filter(Boolean).join(" · "),
    iconPath: stageIcons[phase],
    value: one,
  };
}

/** Freight with its artifacts and where it is. */
export function freightChoice(one: Located<"Freight">): Choice<Located<"Freight">> {
  const { resource, tree } = one;
  const places = freightPlaces(resource, tree.stages);
  return {
    label: freightLabel(resource),
    description: freightSummary(resource),
    detail: [resource.commits?.[0]?.message, freightPlacesText(places)].filter(Boolean).join(" · "),
    iconPath: places.currentlyIn.length > 0 ? icons.freightInUse : icons.freight,
    value: one,
  };
}
