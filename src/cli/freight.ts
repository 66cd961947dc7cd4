// `approve`, `create freight`, `update freight` and `delete freight`, with the flags of Kargo's own program.
// Only `create` is not Kargo's: its users assemble Freight in the UI.
import type { Command } from "commander";
import type { Backend } from "../backend/backend";
import { errorMessage } from "../base/errors";
import { completeArtifacts } from "../model/freight-assembly";
import type { ProjectTree } from "../model/pipeline";
import {
  type Artifacts,
  type Chart,
  type Freight,
  type GitCommit,
  type Image,
  toRef,
} from "../model/resources";
import { openBackend, type ProgramContext } from "./context";
import { freightOf, projectOf, stageOf, warehouseOf } from "./names";
import { type OutputFormat, printValue, toOutputFormat } from "./output";
import { CommandFailed, printLine, UsageError } from "./terminal";

const projectHelp = "the Project; may be left out when there is only one";
const outputHelp = "table, json or yaml";

interface ProjectOptions {
  readonly project?: string;
  readonly output: string;
}

/** Adds `approve`, `create`, `update` and `delete`. */
export function addFreightCommands(program: Command, context: ProgramContext): void {
  addApprove(program, context);
  addCreate(program.command("create").description("Create a resource"), context);
  addUpdate(program.command("update").description("Update a resource"), context);
  addDelete(program.command("delete").description("Delete resources"), context);
}

/** Opens the workspace and finds the Project. */
async function open(
  context: ProgramContext,
  options: ProjectOptions,
): Promise<{ readonly backend: Backend; readonly tree: ProjectTree; readonly format: OutputFormat }> {
  const format = toOutputFormat(options.output);
  const backend = await openBackend(context);
  return { backend, tree: projectOf(backend.snapshot, options.project), format };
}

/** One line, or the whole Freight in the format asked for. */
function tell(context: ProgramContext, freight: Freight, format: OutputFormat, what: string): void {
  if (format !== "table") printValue(context.terminal, freight, format);
  else printLine(context.terminal, `freight.kargo.akuity.io/${freight.metadata.name} ${what}`);
}

interface ApproveOptions extends ProjectOptions {
  readonly freight?: string;
  readonly freightAlias?: string;
  readonly stage: string;
}

function addApprove(program: Command, context: ProgramContext): void {
  program
    .command("approve")
    .description("Approve a piece of Freight for a Stage, whatever its upstream says")
    .option("-p, --project <project>", projectHelp)
    .option("--freight <name>", "the Freight, by name")
    .option("--freight-alias <alias>", "the Freight, by alias")
    .requiredOption("--stage <stage>", "the Stage to approve it for")
    .option("-o, --output <format>", outputHelp, "table")
    .action(async (options: ApproveOptions) => {
      const by = exactlyOne(["--freight", options.freight], ["--freight-alias", options.freightAlias]);
      const { backend, tree, format } = await open(context, options);
      const stage = stageOf(tree, options.stage).metadata.name;
      const found = freightOf(tree, by);
      const { signal } = context.terminal;
      const approved = await backend.approveFreight(toRef(found), stage, { signal });
      tell(context, approved, format, `approved for ${stage}`);
    });
}

type Flag = readonly [name: string, value: string | undefined];

/** The Freight named by exactly one of two flags. Throws UsageError. */
function exactlyOne(
  [nameFlag, name]: Flag,
  [aliasFlag, alias]: Flag,
): { readonly name?: string; readonly alias?: string } {
  if ((name === undefined) === (alias === undefined)) {
    throw new UsageError(`Exactly one of ${nameFlag} and ${aliasFlag} is needed.`);
  }
  return name === undefined ? { alias } : { name };
}

interface UpdateOptions extends ProjectOptions {
  readonly name?: string;
  readonly oldAlias?: string;
  readonly newAlias: string;
}

function addUpdate(update: Command, context: ProgramContext): void {
  update
    .command("freight")
    .description("Give a piece of Freight another alias")
    .option("-p, --project <project>", projectHelp)
    .option("--name <name>", "the Freight, by name")
    .option("--old-alias <alias>", "the Freight, by the alias it has")
    .requiredOption("--new-alias <alias>", "the alias it gets")
    .option("-o, --output <format>", outputHelp, "table")
    .action(async (options: UpdateOptions) => {
      const by = exactlyOne(["--name", options.name], ["--old-alias", options.oldAlias]);
      const { backend, tree, format } = await open(context, options);
      const { signal } = context.terminal;
      const found = freightOf(tree, by);
      const changed = await backend.setFreightAlias(toRef(found), options.newAlias, { signal });
      tell(context, changed, format, `is now ${options.newAlias}`);
    });
}

interface DeleteOptions extends ProjectOptions {
  readonly name: readonly string[];
  readonly alias: readonly string[];
}

function addDelete(remove: Command, context: ProgramContext): void {
  remove
    .command("freight")
    .description("Delete pieces of Freight that no Stage runs on")
    .option("-p, --project <project>", projectHelp)
    .option("--name <name>", "a piece of Freight, by name; may be repeated", collect, [])
    .option("--alias <alias>", "a piece of Freight, by alias; may be repeated", collect, [])
    .option("-o, --output <format>", outputHelp, "table")
    .action(async (options: DeleteOptions) => {
      const wanted = [
        ...options.name.map((name) => ({ name })),
        ...options.alias.map((alias) => ({ alias })),
      ];
      if (wanted.length === 0) throw new UsageError("--name or --alias is needed.");
      const { backend, tree, format } = await open(context, options);
      const failures: string[] = [];
      for (const by of wanted) {
        try {
          const found = freightOf(tree, by);
          await backend.deleteFreight(toRef(found), { signal: context.terminal.signal });
          tell(context, found, format, "deleted");
        } catch (error) {
          failures.push(errorMessage(error));
        }
      }
      if (failures.length > 0) throw new CommandFailed(failures.join(" "));
    });
}

interface CreateOptions extends ProjectOptions {
  readonly warehouse: string;
  readonly alias?: string;
  readonly commit: readonly string[];
  readonly image: readonly string[];
  readonly chart: readonly string[];
  readonly newest?: true;
}

function addCreate(create: Command, context: ProgramContext): void {
  create
    .command("freight")
    .description("Create Freight of exactly one artifact for each subscription of a Warehouse")
    .option("-p, --project <project>", projectHelp)
    .requiredOption("--warehouse <name>", "the Warehouse that counts as its origin")
    .option("--alias <alias>", "its alias; chosen at random when left out")
    .option("--commit <url=id[@branch]>", "a Git commit; may be repeated", collect, [])
    .option("--image <url=tag[@digest]>", "a container image; may be repeated", collect, [])
    .option("--chart <url[#name]=version>", "a Helm chart; may be repeated", collect, [])
    .option("--newest", "the newest discovered artifact of every subscription")
    .option("-o, --output <format>", outputHelp, "table")
    .action(async (options: CreateOptions) => {
      const named = namedArtifacts(options);
      const { backend, tree, format } = await open(context, options);
      const { metadata, status } = warehouseOf(tree, options.warehouse);
      const request = {
        project: tree.name,
        warehouse: metadata.name,
        ...(options.alias !== undefined && { alias: options.alias }),
      };
      const { signal } = context.terminal;
      const created =
        named === undefined
          ? await backend.createNewestFreight(request, { signal })
          : await backend.createFreight(
              { ...request, ...completeArtifacts(named, status?.discoveredArtifacts) },
              { signal },
            );
      tell(context, created, format, `created (${created.alias ?? "no alias"})`);
    });
}

/** The artifacts that flags name; undefined stands for the newest. Throws UsageError. */
function namedArtifacts({ commit, image, chart, newest }: CreateOptions): Artifacts | undefined {
  const count = commit.length + image.length + chart.length;
  if ((newest === true) === count > 0) {
    throw new UsageError("Either --newest or at least one of --commit, --image and --chart is needed.");
  }
  if (newest === true) return undefined;
  return { commits: commit.map(toCommit), images: image.map(toImage), charts: chart.map(toChart) };
}

function toCommit(text: string): GitCommit {
  const [repoURL, version] = urlAndVersion("--commit", text);
  const [id, branch] = cut(version, "@");
  return { repoURL, id, ...(branch !== undefined && { branch }) };
}

function toImage(text: string): Image {
  const [repoURL, version] = urlAndVersion("--image", text);
  const [tag, digest] = cut(version, "@");
  return { repoURL, ...(tag !== "" && { tag }), ...(digest !== undefined && { digest }) };
}

function toChart(text: string): Chart {
  const [source, version] = urlAndVersion("--chart", text);
  const [repoURL, name] = cut(source, "#");
  return { repoURL, ...(name !== undefined && { name }), version };
}

/** The last `=` divides: URLs may hold one, versions do not. */
function urlAndVersion(flag: string, text: string): readonly [url: string, version: string] {
  const at = text.lastIndexOf("=");
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`${flag} takes URL=VERSION, not ${JSON.stringify(text)}.`);
}

function cut(text: string, divider: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(divider);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
