// `refresh`: discovers artifacts or passes over a Stage now, and says what came of it.
// Decides nothing; every refresh is waited for.
import type { Command } from "commander";
import { toRef } from "../model/resources";
import { openBackend, type ProgramContext } from "./context";
import { projectOf, stageOf, warehouseOf } from "./names";
import { printValue, toOutputFormat } from "./output";
import { CommandFailed, printLine } from "./terminal";

/** Adds `refresh warehouse NAME` and `refresh stage NAME`. */
export function addRefreshCommand(program: Command, context: ProgramContext): void {
  const refresh = program.command("refresh").description("Discover artifacts or reconcile a Stage now");
  addRefreshWarehouse(refresh, context);
  addRefreshStage(refresh, context);
}

interface RefreshOptions {
  readonly project?: string;
  readonly output: string;
}

function addRefreshStage(refresh: Command, context: ProgramContext): void {
  refresh
    .command("stage <name>")
    .description("Reconcile a Stage now")
    .option("-p, --project <project>", "the Project; may be left out when there is only one")
    .option("--wait", "wait for the refresh to end, which is done in any case")
    .option("-o, --output <format>", "table, json or yaml", "table")
    .action(async (name: string, options: RefreshOptions) => {
      const format = toOutputFormat(options.output);
      const backend = await openBackend(context);
      const ref = toRef(stageOf(projectOf(backend.snapshot, options.project), name));
      const stage = await backend.refreshStage(ref, { signal: context.terminal.signal });
      const ready = stage.status?.conditions?.find((condition) => condition.type === "Ready");
      if (format !== "table") printValue(context.terminal, stage, format);
      if (ready?.reason === "ReconcileError") throw new CommandFailed(`Stage ${name}: ${ready.message}`);
      if (format === "table") printLine(context.terminal, `stage.kargo.akuity.io/${name} refreshed`);
    });
}

function addRefreshWarehouse(refresh: Command, context: ProgramContext): void {
  refresh
    .command("warehouse <name>")
    .description("Discover a Warehouse's artifacts now, and create Freight of them")
    .option("-p, --project <project>", "the Project; may be left out when there is only one")
    .option("--wait", "wait for the refresh to end, which is done in any case")
    .option("-o, --output <format>", "table, json or yaml", "table")
    .action(async (name: string, options: RefreshOptions) => {
      const format = toOutputFormat(options.output);
      const backend = await openBackend(context);
      const tree = projectOf(backend.snapshot, options.project);
      const before = new Set(tree.freight.map((freight) => freight.metadata.name));
      const ref = toRef(warehouseOf(tree, name));
      const refreshed = await backend.refreshWarehouse(ref, { signal: context.terminal.signal });
      const ready = refreshed.status?.conditions?.find((condition) => condition.type === "Ready");
      if (format !== "table") printValue(context.terminal, refreshed, format);
      if (ready?.status === "False") throw new CommandFailed(`Warehouse ${name}: ${ready.message}`);
      if (format !== "table") return;
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
