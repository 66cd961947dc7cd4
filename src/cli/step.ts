// `step`: runs one promotion step on a folder with the runner the engine uses, and prints what it came to as JSON.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { parse } from "yaml";
import { openLocalEngine } from "../backend/local/local";
import { nodeFiles } from "../backend/local/node-files";
import { errorMessage } from "../base/errors";
import { isObject } from "../base/json";
import type { SingleStepContext } from "../engine/engine";
import { toJson } from "../expression/expression";
import { ambientTypes, type ProgramContext } from "./context";
import {
  CommandFailed,
  printLine,
  type Terminal,
  terminalLogger,
  UsageError,
  workspaceRoot,
} from "./terminal";

interface StepOptions {
  readonly config?: string;
  readonly workDir: string;
  readonly context?: string;
}

/** Adds `step USES`. */
export function addStepCommand(program: Command, context: ProgramContext): void {
  program
    .command("step <uses>")
    .description("Run one promotion step on a folder and print {status, output, message, terminal} as JSON")
    .option("--config <file>", "YAML or JSON with the step's config; - reads standard input")
    .requiredOption("--work-dir <dir>", "the folder that plays the Promotion's work directory")
    .option("--context <file>", "YAML or JSON: project, stage, promotion, alias, vars, outputs, freight …")
    .action(async (uses: string, options: StepOptions) => runStep(context, uses, options));
}

async function runStep(context: ProgramContext, uses: string, options: StepOptions): Promise<void> {
  const { terminal } = context;
  const { workspace, verbose } = context.globals();
  const workDir = resolve(terminal.cwd, options.workDir);
  if ((await stat(workDir).catch(() => undefined))?.isDirectory() !== true) {
    throw new CommandFailed(`There is no folder ${workDir}.`);
  }
  const config = options.config === undefined ? null : await readValue(terminal, options.config);
  const given = options.context === undefined ? {} : await readValue(terminal, options.context);
  if (!isObject(given)) throw new UsageError(`--context ${options.context} does not hold an object.`);
  const log = terminalLogger(terminal, verbose === true);
  const files = nodeFiles(workspaceRoot(terminal, workspace));
  // Without --workspace only the step's own folder is looked at, whatever lies in the current one.
  const none = { ...files, list: async () => [] };
  const engine = context.owned.add(
    await openLocalEngine({
      files: workspace === undefined ? none : files,
      log,
      ambientCredentials: ambientTypes(terminal),
    }),
  );
  const result = await engine.runStep(
    { uses, config, workDir, context: given as SingleStepContext },
    terminal.signal,
  );
  printLine(terminal, toJson(result, { indent: "  " }));
  if (result.status === "Failed" || result.status === "Errored") {
    throw new CommandFailed(`Step ${uses} ${result.status}: ${result.message.split("\n")[0]}`);
  }
}

async function readValue(terminal: Terminal, name: string): Promise<unknown> {
  try {
    const source =
      name === "-" ? await text(terminal.stdin) : await readFile(resolve(terminal.cwd, name), "utf8");
    return parse(source, { merge: true }) as unknown;
  } catch (error) {
    throw new CommandFailed(`${name} cannot be read: ${errorMessage(error).split("\n")[0]}`);
  }
}
