// Finds what a command's arguments name in a snapshot, and says which names there are when it finds nothing.
import type { Snapshot } from "../backend/backend";
import type { ProjectTree } from "../model/pipeline";
import type { Freight, Stage, Warehouse } from "../model/resources";
import { CommandFailed, UsageError } from "./terminal";

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
  if (found === undefined) throw new CommandFailed(`Project "${name}" not found; there is ${listed(names)}.`);
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
  const asked = by.name === undefined ? `with alias "${by.alias}"` : `"${by.name}"`;
  throw new CommandFailed(
    `Freight ${asked} not found in Project ${tree.name}; \`get freight\` lists what there is.`,
  );
}

function named<R extends Stage | Warehouse>(
  all: readonly R[],
  name: string,
  kind: string,
  tree: ProjectTree,
): R {
  const found = all.find((r) => r.metadata.name === name);
  if (found !== undefined) return found;
  throw new CommandFailed(
    `${kind} "${name}" not found in Project ${tree.name}; there is ${listed(all.map((r) => r.metadata.name))}.`,
  );
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
