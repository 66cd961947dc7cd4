// `sample DIR`: makes the sample pipeline and the Git repository it promotes.
import { resolve } from "node:path";
import type { Command } from "commander";
import { createSample } from "../backend/local/sample";
import type { ProgramContext } from "./context";
import { printLine } from "./terminal";

/** Adds `sample DIR`. */
export function addSampleCommand(program: Command, context: ProgramContext): void {
  program
    .command("sample <dir>")
    .description("Create the sample pipeline and its Git repository in a new or empty folder")
    .action(async (dir: string) => {
      const { terminal } = context;
      const sample = await createSample(resolve(terminal.cwd, dir), { signal: terminal.signal });
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
