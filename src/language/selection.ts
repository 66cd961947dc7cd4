// What the selectors of a ProjectConfig select in the workspace, for navigation, hovers and hints.
// How they select is selectors.ts.
import { factsOf } from "./check-unit";
import type { InlayHint } from "./hints";
import type { NamedThing, Occurrence } from "./occurrences";
import { type Selector, selects } from "./selectors";
import type { Unit } from "./unit";
import type { IndexedResource, WorkspaceIndex } from "./workspace-index";

/** What a selector selects in the workspace, by name. */
export interface Selection {
  readonly certain: readonly IndexedResource[];
  /** These are selected if what cannot be judged here holds. */
  readonly possible: readonly IndexedResource[];
}

/** The resources a selector of that namespace selects. */
export function selectionOf(
  selector: Selector,
  namespace: string | undefined,
  index: WorkspaceIndex,
): Selection {
  const byName = (a: IndexedResource, b: IndexedResource) =>
    (a.facts.name ?? "") < (b.facts.name ?? "") ? -1 : 1;
  const all = [...index.all(selector.kind, namespace)].sort(byName);
  return {
    certain: all.filter(({ facts }) => selects(selector, facts) === true),
    possible: all.filter(({ facts }) => selects(selector, facts) === undefined),
  };
}

/** How many names are told. */
const most = 12;

/** The selection in a sentence of Markdown. */
export function selectionText({ kind }: Selector, { certain, possible }: Selection): string {
  const names = (list: readonly IndexedResource[]) => {
    const shown = list.slice(0, most).map(({ facts }) => `\`${facts.name ?? ""}\``);
    const rest = list.length - shown.length;
    return `${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  };
  const count = (list: readonly IndexedResource[]) => `${list.length} ${kind}${list.length === 1 ? "" : "s"}`;
  if (certain.length + possible.length === 0) return `Selects no ${kind} of this workspace.`;
  if (possible.length > 0)
    return `Selects at most ${count(possible)} of this workspace, some conditions being left out: ${names(possible)}.`;
  return `Selects ${count(certain)} of this workspace: ${names(certain)}.`;
}

/** The selector an offset of a unit is in, with what it selects. */
export function selectionAt(
  unit: Unit,
  offset: number,
  index: WorkspaceIndex,
): { readonly selector: Selector; readonly selection: Selection } | undefined {
  for (const { selectors, namespace } of factsOf(unit).resources) {
    const selector = selectors?.find(({ whole }) => offset >= whole.start && offset <= whole.end);
    if (selector !== undefined) return { selector, selection: selectionOf(selector, namespace, index) };
  }
  return undefined;
}

/** Where the names of what is selected stand, for an offset in a selector. */
export function selectedAt(unit: Unit, offset: number, index: WorkspaceIndex): Occurrence[] {
  const found = selectionAt(unit, offset, index);
  if (found === undefined) return [];
  const { certain, possible } = found.selection;
  return [...certain, ...possible].flatMap(({ file, unit: other, facts }): Occurrence[] => {
    const { nameSpan } = facts;
    return nameSpan === undefined ? [] : [{ file, unit: other, role: "definition", ...nameSpan }];
  });
}

/** Selectors that select a named resource by a pattern or by its labels. */
export function selectorsOfThing(thing: NamedThing, index: WorkspaceIndex): Occurrence[] {
  if (thing.kind !== "resource") return [];
  const { kinds, namespace, name } = thing;
  const resources = kinds.flatMap((kind) => index.find(kind, namespace, name));
  return index.all("ProjectConfig", namespace).flatMap(({ file, unit, facts }) =>
    (facts.selectors ?? [])
      // One that names it is a reference already.
      .filter(
        (one) => one.name !== name && resources.some((resource) => selects(one, resource.facts) === true),
      )
      .map(({ start, end }) => ({ file, unit, role: "reference" as const, start, end })),
  );
}

/** Behind the key of each selector that does not just name a resource: what it selects. */
export function selectionHints(unit: Unit, index: WorkspaceIndex): InlayHint[] {
  return factsOf(unit).resources.flatMap(({ selectors, namespace }) =>
    (selectors ?? []).flatMap((selector): InlayHint[] => {
      const { certain, possible } = selectionOf(selector, namespace, index);
      const isName = selector.name !== undefined && !selector.name.includes(":");
      if (isName || possible.length > 0 || selector.kind !== "Stage") return [];
      const names = certain.slice(0, 3).map(({ facts }) => facts.name);
      const rest = certain.length - names.length;
      const shown = certain.length === 0 ? "no Stage" : names.join(", ");
      // The key is followed by its colon.
      return [
        { offset: selector.end + 1, label: ` ${shown}${rest > 0 ? ` and ${rest} more` : ""}`, kind: "value" },
      ];
    }),
  );
}
