// `sample DIR`: makes the sample pipeline and the Git repository it promotes.
import { resolve } from "node:path";
import type { Command } from "commander";
import { createSample } from "../backend/local/sample";
import type { ProgramContext } from "./context";
import { printLine, UsageError } from "./terminal";

/** Adds `sample DIR`. */
export function addSampleCommand(program: Command, context: ProgramContext): void {
  program
    .command("sample <dir>")
    .description("Create the sample pipeline and its Git repository in a new or empty folder")
    .option("-o, --output <format>", "text or json", "text")
    .action(async (dir: string, { output }: { readonly output: string }) => {
      const { terminal } = context;
      if (output !== "text" && output !== "json")
        throw new UsageError(`-o takes text or json, not ${JSON.stringify(output)}.`);
      const sample = await createSample(resolve(terminal.cwd, dir), { signal: terminal.signal });
      if (output === "json") return printLine(terminal, JSON.stringify(sample, undefined, 2));
      printLine(terminal, `Sample pipeline created in ${sample.root}`);
      printLine(terminal, `  Kargo YAML      ${sample.pipelineDir}`);
      printLine(terminal, `  Git repository  ${sample.repository}`);
      printLine(terminal);
      printLine(terminal, "Next:");
      printLine(terminal, `  kargo-workbench refresh warehouse hello --workspace ${sample.root}`);
      printLine(terminal, `  kargo-workbench get freight --workspace ${sample.root}`);
      printLine(
        terminal,
        `  kargo-workbench promote --stage test --warehouse hello --workspace ${sample.root}`,
      );
    });
}
