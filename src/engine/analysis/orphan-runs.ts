// Removes AnalysisRuns whose Freight is gone, as a cluster collects what has lost all its owners. Runs of a Stage that
// is not in the workspace stay: it may be on another branch.
import type { EnginePorts } from "../ports";

/** Removes the runs of a Project of which no Freight is left. A run that is gone already is no failure. */
export async function removeOrphanRuns(store: EnginePorts["store"], namespace: string): Promise<void> {
  const runs = await store.list("AnalysisRun", { namespace });
  if (runs.length === 0) return;
  const freight = new Set((await store.list("Freight", { namespace })).map(({ metadata }) => metadata.name));
  for (const { metadata } of runs) {
    const owners = (metadata.ownerReferences ?? []).filter(({ kind }) => kind === "Freight");
    if (owners.length === 0 || owners.some(({ name }) => freight.has(name))) continue;
    await store.delete({ kind: "AnalysisRun", namespace, name: metadata.name }).catch(ignoreMissing);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "notFound")) throw error;
}
