// Renames of resources, variables and step aliases with everything that names them, in all files.
// Says in a sentence why a name cannot be changed; what is named where is occurrences.ts.
import { isReservedAlias } from "../model/admission";
import { type AliasUse, aliasUses } from "./alias-uses";
import type { FileEdit, TextEdit, WorkspaceEdits } from "./code-action";
import { nameEdit } from "./name-edits";
import { type NamedThing, type Occurrence, occurrencesOf } from "./occurrences";
import { stepListOf } from "./step-lists";
import type { Unit } from "./unit";
import { inFile } from "./unit-edits";
import type { IndexedResource, WorkspaceIndex } from "./workspace-index";

type NamedPart = Extract<NamedThing, { kind: "variable" | "alias" }>;

/** Why something cannot be renamed, one sentence for people. */
export interface Refusal {
  readonly refused: string;
}

/** Kinds whose names other Kargo resources use. */
const renamable: ReadonlySet<string> = new Set([
  "Warehouse",
  "Stage",
  "PromotionTask",
  "ClusterPromotionTask",
  "AnalysisTemplate",
  "ClusterAnalysisTemplate",
]);

/** Whether the thing can be renamed at all; undefined when it can. */
export function renameRefusal(thing: NamedThing, index: WorkspaceIndex): Refusal | undefined {
  switch (thing.kind) {
    case "resource":
      return resourceRefusal(thing, index);
    case "repository":
      return { refused: "The URL of a repository is no name that could be changed here." };
    case "alias":
      return aliasRefusal(thing);
    case "variable":
      return occurrencesOf(thing, index).some(({ role }) => role === "definition")
        ? undefined
        : {
            refused: `Nothing in this document sets the variable \`${thing.name}\`; rename it where it is set.`,
          };
  }
}

/** The edits that give the thing another name, or why that must not be. */
export function renameEdits(
  thing: NamedThing,
  name: string,
  index: WorkspaceIndex,
): WorkspaceEdits | Refusal {
  const refusal = renameRefusal(thing, index) ?? newNameRefusal(thing, name, index);
  if (refusal !== undefined) return refusal;
  const found: { readonly file: string; readonly unit: Unit; readonly edit: TextEdit }[] = [];
  for (const occurrence of occurrencesOf(thing, index)) {
    const { file, unit } = occurrence;
    found.push({ file, unit, edit: nameEdit(unit, occurrence, name) });
  }
  if (thing.kind === "alias") {
    for (const use of qualifiedUses(thing, index)) {
      const { file, unit } = use;
      found.push({ file, unit, edit: nameEdit(unit, use, use.rename(name)) });
    }
  }
  return grouped(found, index);
}

function grouped(
  found: readonly { readonly file: string; readonly unit: Unit; readonly edit: TextEdit }[],
  index: WorkspaceIndex,
): WorkspaceEdits {
  const edits = new Map<string, FileEdit[]>();
  for (const { file, unit, edit } of found) {
    const placed = index.placed({ file, unit });
    if (placed === undefined) continue;
    const list = edits.get(file) ?? [];
    edits.set(file, list);
    for (const one of inFile([edit], placed)) {
      // What an anchor holds is named once, however often it is read.
      if (!list.some(({ start }) => start === one.start)) list.push(one);
    }
  }
  for (const list of edits.values()) list.sort((a, b) => a.start - b.start);
  return edits;
}

function resourceRefusal(
  thing: Extract<NamedThing, { kind: "resource" }>,
  index: WorkspaceIndex,
): Refusal | undefined {
  const { kinds, name } = thing;
  const kind = kinds.find((one) => definitions(thing, index).some(({ kind: own }) => own === one));
  if (kinds.includes("Project"))
    return {
      refused:
        "A Project owns the namespace of its name; all that is in it would have to move, so it is not renamed here.",
    };
  if (!kinds.some((one) => renamable.has(one)))
    return { refused: `A ${kinds[0] ?? "resource"} is used by more than Kargo, so it is not renamed here.` };
  if (kind === undefined)
    return { refused: `There is no ${kinds[0] ?? "resource"} \`${name}\` in this workspace to rename.` };
  const hidden = kinds.find((one) => index.mayBeHidden(one, name));
  return hidden === undefined
    ? undefined
    : {
        refused: `A template of the workspace may also make the ${hidden} \`${name}\`, and templates are not changed.`,
      };
}

/** The resources the name stands for. */
function definitions(
  { kinds, name, namespace }: Extract<NamedThing, { kind: "resource" }>,
  index: WorkspaceIndex,
) {
  return kinds.flatMap((kind) => index.find(kind, namespace, name).map(({ facts }) => facts));
}

function aliasRefusal({ owner, name }: NamedPart): Refusal | undefined {
  const steps = stepsOf(owner).filter(({ alias }) => alias === name);
  if (steps.length > 1)
    return {
      refused: `${steps.length} steps have the alias \`${name}\`, so nobody knows which of them is meant.`,
    };
  if (steps.length === 0) return { refused: `No step of this document has the alias \`${name}\`.` };
  return steps[0]?.named === true
    ? undefined
    : {
        refused: `\`${name}\` is the name Kargo gives to a step without an alias; give it one with \`as\` first.`,
      };
}

function stepsOf({ unit, facts }: IndexedResource) {
  const resource = unit.tree.resources[facts.resource];
  return (resource === undefined ? undefined : stepListOf(resource.kind, resource.value))?.steps ?? [];
}

function newNameRefusal(thing: NamedThing, name: string, index: WorkspaceIndex): Refusal | undefined {
  if (thing.kind === "repository" || name === thing.name) return undefined;
  switch (thing.kind) {
    case "resource":
      return resourceNameRefusal(thing, name, index);
    case "alias":
      return aliasNameRefusal(thing, name);
    case "variable":
      return variableNameRefusal(thing, name);
  }
}

function resourceNameRefusal(
  thing: Extract<NamedThing, { kind: "resource" }>,
  name: string,
  index: WorkspaceIndex,
): Refusal | undefined {
  const isName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
  if (!isName || name.length > 253)
    return {
      refused: `\`${name}\` is no name for a resource: lower-case letters, digits, \`-\` and \`.\`, beginning and ending with a letter or digit.`,
    };
  const [own] = definitions(thing, index);
  const taken = thing.kinds.find((kind) => index.find(kind, thing.namespace, name).length > 0);
  if (taken === undefined || own === undefined) return undefined;
  const where = own.namespace === undefined ? "" : ` in the Project \`${own.namespace}\``;
  return { refused: `There is a ${taken} \`${name}\`${where} already.` };
}

function aliasNameRefusal({ owner }: NamedPart, name: string): Refusal | undefined {
  if (name.trim() === "" || name !== name.trim() || /[\n"'`\\]/.test(name))
    return { refused: "An alias is a text without quotes, and without blanks around it." };
  if (isReservedAlias(name)) return { refused: `Kargo keeps \`${name}\` for steps without an alias.` };
  if (name.includes("::")) return { refused: "`::` in an alias would make it that of a step in a task." };
  return stepsOf(owner).some(({ alias }) => alias === name)
    ? { refused: `Another step has the alias \`${name}\` already.` }
    : undefined;
}

function variableNameRefusal({ owner }: NamedPart, name: string): Refusal | undefined {
  if (!/^[A-Za-z_][\w-]*$/.test(name))
    return { refused: "A variable's name begins with a letter, and letters, digits, `_` and `-` follow." };
  return owner.facts.variables.includes(name)
    ? { refused: `The variable \`${name}\` is set here already.` }
    : undefined;
}

/** Uses of an alias as a part of a longer one: `outputs['task::step']` of steps in a task. */
function qualifiedUses(
  { owner, name }: NamedPart,
  index: WorkspaceIndex,
): readonly (AliasUse & { rename(to: string): string })[] {
  const own = aliasUses(owner)
    .filter((use) => use.name.startsWith(`${name}::`))
    .map((use) => ({ ...use, rename: (to: string) => to + use.name.slice(name.length) }));
  const { facts } = owner;
  if (!/PromotionTask$/.test(facts.kind)) return own;
  const users = [...index.everything()].filter(
    (other) =>
      other.facts.kind === "Stage" &&
      other.facts.tasks.some((task) => task.kind === facts.kind && task.name === facts.name) &&
      (facts.kind === "ClusterPromotionTask" || other.facts.namespace === facts.namespace),
  );
  const outside = users.flatMap((stage) => {
    const prefixes = stepsOf(stage)
      .filter(({ task }) => task?.kind === facts.kind && task.name === facts.name)
      .map(({ alias }) => `${alias}::`);
    return aliasUses(stage)
      .filter((use) => prefixes.some((prefix) => use.name === prefix + name))
      .map((use) => ({
        ...use,
        rename: (to: string) => use.name.slice(0, use.name.indexOf("::") + 2) + to,
      }));
  });
  return [...own, ...outside];
}

/** Edits of one document that rename an alias of a step there, with the expressions that read it. */
export function aliasEdits(thing: NamedPart, name: string, index: WorkspaceIndex) {
  const isHere = ({ unit }: Occurrence) => unit === thing.owner.unit;
  return occurrencesOf(thing, index)
    .filter(isHere)
    .map((one) => nameEdit(one.unit, one, name));
}
