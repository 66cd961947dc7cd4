// `refresh warehouse`: discovers now and says what was found.
import type { Command } from "commander";
import { toRef } from "../model/resources";
import { openBackend, type ProgramContext } from "./context";
import { projectOf, warehouseOf } from "./names";
import { CommandFailed, printLine } from "./terminal";

/** Adds `refresh warehouse NAME`. */
export function addRefreshCommand(program: Command, context: ProgramContext): void {
  const refresh = program.command("refresh").description("Discover artifacts or reconcile a Stage now");
  refresh
    .command("warehouse <name>")
    .description("Discover a Warehouse's artifacts now, and create Freight of them")
    .option("-p, --project <project>", "the Project; may be left out when there is only one")
    .action(async (name: string, options: { readonly project?: string }) => {
      const backend = await openBackend(context);
      const tree = projectOf(backend.snapshot, options.project);
      const before = new Set(tree.freight.map((freight) => freight.metadata.name));
      const ref = toRef(warehouseOf(tree, name));
      const refreshed = await backend.refreshWarehouse(ref, { signal: context.terminal.signal });
      const ready = refreshed.status?.conditions?.find((condition) => condition.type === "Ready");
      if (ready?.status === "False") throw new CommandFailed(`Warehouse ${name}: ${ready.message}`);
      printLine(context.terminal, `warehouse.kargo.akuity.io/${name} refreshed`);
      const after = projectOf(backend.snapshot, tree.name).freight.filter(
        (freight) => !before.has(freight.metadata.name),
      );
      for (const { metadata, alias } of after) {
        printLine(
          context.terminal,
          `freight.kargo.akuity.io/${metadata.name} created (${alias ?? "no alias"})`,
        );
      }
    });
}
