// `get`: lists Kargo's resources of a workspace with Kargo's own columns. Reads only.
import { type Command, Option } from "commander";
import type { Backend } from "../backend/backend";
import { discoveryTime, type ProjectTree } from "../model/pipeline";
import {
  type AnalysisRun,
  type AnyResource,
  type Condition,
  type Freight,
  kargoApiVersion,
  originKey,
  type Project,
  type Promotion,
  type Stage,
  type Warehouse,
} from "../model/resources";
import { openBackend, type ProgramContext } from "./context";
import { offered, projectOf, stageOf, warehouseOf } from "./names";
import { type Column, humanAge, printResources, toOutputFormat } from "./output";
import { CommandFailed, UsageError } from "./terminal";

interface GetOptions {
  readonly project?: string;
  readonly output: string;
  readonly headers: boolean;
  readonly name?: readonly string[];
  readonly alias?: readonly string[];
  readonly warehouse?: readonly string[];
  readonly origin?: readonly string[];
  readonly stage?: string;
}

interface Listing<R extends AnyResource> {
  readonly noun: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly pick: (tree: ProjectTree, backend: Backend) => readonly R[] | Promise<readonly R[]>;
  readonly columns: (now: Date) => readonly Column<R>[];
  /** Kargo's own flags for this kind, and what they leave of a Project's resources. */
  readonly flags?: (command: Command) => void;
  readonly filter?: (resources: readonly R[], options: GetOptions, tree: ProjectTree) => readonly R[];
}

/** Adds `get projects|warehouses|freight|stages|promotions|analysisruns [NAME...]`. */
export function addGetCommand(program: Command, context: ProgramContext): void {
  const get = program.command("get").description("Display one or many resources");
  addListing(get, context, projects);
  addListing(get, context, warehouses);
  addListing(get, context, freight);
  addListing(get, context, stages);
  addListing(get, context, promotions);
  addListing(get, context, analysisRuns);
}

function addListing<R extends AnyResource>(get: Command, context: ProgramContext, listing: Listing<R>): void {
  const command = get
    .command(`${listing.noun} [NAME...]`)
    .aliases([...listing.aliases])
    .description(listing.description)
    .option("-o, --output <format>", "table, json or yaml", "table")
    .option("--no-headers", "print a table without its headings");
  if (listing.noun !== "projects")
    command.option("-p, --project <project>", "the Project; may be left out when there is only one");
  listing.flags?.(command);
  command.action(async (operands: string[], options: GetOptions) => {
    const format = toOutputFormat(options.output);
    const names = [...operands, ...(options.name ?? []), ...(options.alias ?? [])];
    const backend = await openBackend(context);
    const { found, missing } = await chosen(backend, listing, names, options);
    const columns = listing.columns(new Date());
    const { headers } = options;
    // As Kargo's program: what was found is printed, and what was not is the error.
    if (found.length > 0 || missing.length === 0)
      printResources(context.terminal, found, { format, one: names.length === 1, columns, headers });
    if (missing.length > 0) throw new CommandFailed(missing.join(" "));
  });
}

async function chosen<R extends AnyResource>(
  backend: Backend,
  listing: Listing<R>,
  names: readonly string[],
  options: GetOptions,
): Promise<{ readonly found: readonly R[]; readonly missing: readonly string[] }> {
  const { projects: trees } = backend.snapshot;
  const searched = listing.noun === "projects" ? trees : [projectOf(backend.snapshot, options.project)];
  const pick = async (tree: ProjectTree) => {
    const own = await listing.pick(tree, backend);
    return listing.filter?.(own, options, tree) ?? own;
  };
  const all = (await Promise.all(searched.map(pick))).flat();
  if (names.length === 0) return { found: all, missing: [] };
  const found: R[] = [];
  const missing: string[] = [];
  for (const name of new Set(names)) {
    const match = all.find((r) => namesOf(r).includes(name));
    if (match !== undefined) {
      if (!found.includes(match)) found.push(match);
      continue;
    }
    const where = searched.map((t) => t.name).join(", ") || "the workspace";
    missing.push(`${listing.noun} "${name}" not found in ${where}; ${offered(name, all.flatMap(namesOf))}.`);
  }
  return { found, missing };
}

function namesOf(resource: AnyResource): readonly string[] {
  const { name } = resource.metadata;
  return resource.kind === "Freight" && resource.alias !== undefined ? [name, resource.alias] : [name];
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...value.split(",")];
}

/** Freight of the Warehouses that `--warehouse` names. Throws UsageError when names are given as well. */
function ofWarehouses(
  all: readonly Freight[],
  { name, alias, warehouse, origin }: GetOptions,
  tree: ProjectTree,
): readonly Freight[] {
  if (warehouse !== undefined && origin !== undefined)
    throw new UsageError("Only one of --warehouse and --origin is taken.");
  const wanted = warehouse ?? origin;
  if (wanted === undefined) return all;
  if (name !== undefined || alias !== undefined)
    throw new UsageError("--warehouse is not taken together with --name or --alias.");
  for (const one of wanted) warehouseOf(tree, one);
  return all.filter((freight) => wanted.includes(freight.origin.name));
}

const name = <R extends AnyResource>(): Column<R> => ({ heading: "NAME", cell: (r) => r.metadata.name });
const shard = <R extends Warehouse | Stage>(): Column<R> => ({ heading: "SHARD", cell: (r) => r.spec.shard });
const age = <R extends AnyResource>(now: Date): Column<R> => ({
  heading: "AGE",
  cell: (r) => humanAge(r.metadata.creationTimestamp, now),
});
const ready = <R extends { status?: { conditions?: readonly Condition[] } }>(r: R): Condition | undefined =>
  r.status?.conditions?.find((condition) => condition.type === "Ready");

const projects: Listing<Project> = {
  noun: "projects",
  aliases: ["project"],
  description: "Display one or many Projects",
  pick: (tree) => [
    tree.project ?? { apiVersion: kargoApiVersion, kind: "Project", metadata: { name: tree.name } },
  ],
  columns: (now) => [
    name(),
    { heading: "READY", cell: (r) => ready(r)?.status ?? "Unknown" },
    { heading: "STATUS", cell: (r) => ready(r)?.message },
    age(now),
  ],
};

const warehouses: Listing<Warehouse> = {
  noun: "warehouses",
  aliases: ["warehouse"],
  description: "Display one or many Warehouses",
  pick: (tree) => tree.warehouses,
  columns: (now) => [name(), shard(), age(now)],
};

const freight: Listing<Freight> = {
  noun: "freight",
  aliases: [],
  description: "Display one or many pieces of Freight, newest first",
  pick: (tree) => tree.freight,
  flags: (command) => {
    command
      .option("--name <name>", "the name of a piece of Freight; may be repeated", collect)
      .option("--alias <alias>", "the alias of a piece of Freight; may be repeated", collect)
      .option("--warehouse <name>", "only Freight of this Warehouse; may be repeated", collect)
      .addOption(new Option("--origin <name>").argParser(collect).hideHelp());
  },
  filter: ofWarehouses,
  columns: (now) => [
    name(),
    { heading: "ALIAS", cell: (r) => r.metadata.labels?.["kargo.akuity.io/alias"] },
    { heading: "ORIGIN", cell: (r) => originKey(r.origin) },
    { heading: "AGE", cell: (r) => humanAge(discoveryTime(r), now) },
  ],
};

const stages: Listing<Stage> = {
  noun: "stages",
  aliases: ["stage"],
  description: "Display one or many Stages in pipeline order",
  pick: (tree) => tree.stages,
  columns: (now) => [
    name(),
    shard(),
    { heading: "CURRENT FREIGHT", cell: (r) => r.status?.freightSummary },
    { heading: "HEALTH", cell: (r) => r.status?.health?.status },
    { heading: "READY", cell: (r) => ready(r)?.status ?? "Unknown" },
    { heading: "STATUS", cell: (r) => ready(r)?.message },
    age(now),
  ],
};

const promotions: Listing<Promotion> = {
  noun: "promotions",
  aliases: ["promotion", "promos", "promo"],
  description: "Display one or many Promotions, newest first",
  pick: (tree) => tree.promotions,
  flags: (command) => {
    command.option("--stage <stage>", "only Promotions of this Stage");
  },
  filter: (all, { stage }, tree) => {
    if (stage === undefined) return all;
    const { name } = stageOf(tree, stage).metadata;
    return all.filter(({ spec }) => spec.stage === name);
  },
  columns: (now) => [
    name(),
    { heading: "SHARD", cell: (r) => r.metadata.labels?.["kargo.akuity.io/shard"] },
    { heading: "STAGE", cell: (r) => r.spec.stage },
    { heading: "FREIGHT", cell: (r) => r.spec.freight },
    { heading: "PHASE", cell: (r) => r.status?.phase },
    age(now),
  ],
};

/** Columns of Argo Rollouts' own definition; Kargo's program has no such command. */
const analysisRuns: Listing<AnalysisRun> = {
  noun: "analysisruns",
  aliases: ["analysisrun", "ar"],
  description: "Display one or many AnalysisRuns that verify Freight, newest first",
  pick: (tree, backend) => backend.analysisRuns(tree.name),
  columns: (now) => [name(), { heading: "STATUS", cell: (r) => r.status?.phase }, age(now)],
};
