// Finds what a command's arguments name in a snapshot, and says which names there are when it finds nothing.
import type { Snapshot } from "../backend/backend";
import type { ProjectTree } from "../model/pipeline";
import type { Freight, Promotion, Stage, Warehouse } from "../model/resources";
import { nearest } from "../model/schema/schema";
import { CommandFailed, UsageError } from "./terminal";

/** Names that a sentence lists; more would hide what it says. */
const maxListed = 12;

/** The Project named by `--project`; the only one when the flag is absent. */
export function projectOf(snapshot: Snapshot, name: string | undefined): ProjectTree {
  const names = snapshot.projects.map((tree) => tree.name);
  if (name === undefined) {
    const [only, ...others] = snapshot.projects;
    if (only === undefined) throw new CommandFailed("The workspace holds no Kargo Project.");
    if (others.length > 0)
      throw new UsageError(`--project is needed: the workspace holds ${names.join(", ")}.`);
    return only;
  }
  const found = snapshot.projects.find((tree) => tree.name === name);
  if (found === undefined) throw new CommandFailed(`Project "${name}" not found; ${offered(name, names)}.`);
  return found;
}

/** The Stage of that name. */
export function stageOf(tree: ProjectTree, name: string): Stage {
  return named(tree.stages, name, "Stage", tree);
}

/** The Warehouse of that name. */
export function warehouseOf(tree: ProjectTree, name: string): Warehouse {
  return named(tree.warehouses, name, "Warehouse", tree);
}

/** The Freight of that name, or of that alias. */
export function freightOf(
  tree: ProjectTree,
  by: { readonly name?: string; readonly alias?: string },
): Freight {
  const found = tree.freight.find((f) =>
    by.name === undefined ? f.alias === by.alias : f.metadata.name === by.name,
  );
  if (found !== undefined) return found;
  const [asked, name, names] =
    by.name === undefined
      ? [`with alias "${by.alias}"`, by.alias ?? "", tree.freight.flatMap((f) => f.alias ?? [])]
      : [`"${by.name}"`, by.name, tree.freight.map((f) => f.metadata.name)];
  const advice = guess(name, names) ?? "`get freight` lists what there is";
  throw new CommandFailed(`Freight ${asked} not found in Project ${tree.name}; ${advice}.`);
}

/** The Promotion of that name. */
export function promotionOf(tree: ProjectTree, name: string): Promotion {
  const found = tree.promotions.find((r) => r.metadata.name === name);
  if (found !== undefined) return found;
  const names = tree.promotions.map((r) => r.metadata.name);
  const advice = guess(name, names) ?? "`get promotions` lists what there is";
  throw new CommandFailed(`Promotion "${name}" not found in Project ${tree.name}; ${advice}.`);
}

function named<R extends Stage | Warehouse>(
  all: readonly R[],
  name: string,
  kind: string,
  tree: ProjectTree,
): R {
  const found = all.find((r) => r.metadata.name === name);
  if (found !== undefined) return found;
  const names = all.map((r) => r.metadata.name);
  throw new CommandFailed(`${kind} "${name}" not found in Project ${tree.name}; ${offered(name, names)}.`);
}

/** The name that was probably meant, or all there are. */
export function offered(name: string, names: readonly string[]): string {
  return guess(name, names) ?? `there is ${listed(names)}`;
}

function guess(name: string, names: readonly string[]): string | undefined {
  const near = nearest(name, names);
  return near === undefined ? undefined : `did you mean "${near}"`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxListed).join(", ");
  if (names.length > maxListed) return `${shown} and ${names.length - maxListed} more`;
  return names.length === 0 ? "none" : shown;
}
