// The terminal program as a whole: its commands, its global options, and how it ends.
// Each command lives in its own file; nothing here knows what they do.
import { Command, CommanderError } from "commander";
import { DisposableStore } from "../base/disposable";
import { errorMessage, isAbortError } from "../base/errors";
import type { GlobalOptions, ProgramContext } from "./context";
import { addEvalCommand } from "./eval";
import { addFreightCommands } from "./freight";
import { addGcCommand } from "./gc";
import { addGetCommand } from "./get";
import { addLspCommand } from "./lsp";
import { addPromoteCommand } from "./promote";
import { addRefreshCommand } from "./refresh";
import { addRunCommand } from "./run";
import { addSampleCommand } from "./sample";
import { addStepCommand } from "./step";
import { exitCodes, printError, type Terminal, UsageError } from "./terminal";
import { addValidateCommand } from "./validate";
import { addVerifyCommand } from "./verify";

const commands = [
  addSampleCommand,
  addGetCommand,
  addRefreshCommand,
  addPromoteCommand,
  addFreightCommands,
  addRunCommand,
  addVerifyCommand,
  addGcCommand,
  addStepCommand,
  addEvalCommand,
  addValidateCommand,
  addLspCommand,
];

/** Runs one command line (without the program's name) and resolves with the exit code. Never rejects. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const owned = new DisposableStore();
  const program = new Command("kargo-workbench");
  const context: ProgramContext = { terminal, owned, globals: () => globals };
  let globals: GlobalOptions = {};
  program
    .description("Kargo pipelines without a cluster: see, run and check them from the terminal")
    .option("-w, --workspace <dir>", "folder that holds the Kargo YAML (default: the current one)")
    .option("--verbose", "tell on stderr what is done")
    .hook("preAction", (_program, action) => {
      globals = action.optsWithGlobals();
    });
  for (const add of commands) add(program, context);
  prepare(program, terminal);
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCodes.done;
  } catch (error) {
    return ended(error, terminal);
  } finally {
    owned.dispose();
  }
}

/** Every command reports instead of ending the process, and takes the global options before and after its name. */
function prepare(command: Command, terminal: Terminal): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => void terminal.stdout.write(text),
    writeErr: (text) => void terminal.stderr.write(text),
  });
  for (const inner of command.commands) {
    if (inner.commands.length === 0) {
      inner.option("-w, --workspace <dir>", "folder that holds the Kargo YAML (default: the current one)");
      inner.option("--verbose", "tell on stderr what is done");
    }
    prepare(inner, terminal);
  }
}

function ended(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof UsageError) {
    printError(terminal, `error: ${error.message}`);
    return exitCodes.usage;
  }
  printError(terminal, `error: ${isAbortError(error) ? "interrupted" : errorMessage(error)}`);
  return exitCodes.failed;
}
