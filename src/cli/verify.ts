// `verify stage`: runs the verification of a Stage's current Freight again, or stops the one that is under way.
// The request is written as Kargo's API writes it; whoever drives the Stage acts on it. Waits for the result.
import type { Command } from "commander";
import { toRef } from "../model/resources";
import { actorOf, openBackend, type ProgramContext } from "./context";
import { projectOf, stageOf } from "./names";
import { printValue, toOutputFormat } from "./output";
import { CommandFailed, printLine } from "./terminal";

interface VerifyOptions {
  readonly project?: string;
  readonly abort?: true;
  readonly output: string;
}

/** Adds `verify stage NAME`. */
export function addVerifyCommand(program: Command, context: ProgramContext): void {
  program
    .command("verify")
    .description("Verify a Stage's current Freight")
    .command("stage <name>")
    .description("(Re)run or abort the verification of the Stage's current Freight")
    .option("-p, --project <project>", "the Project; may be left out when there is only one")
    .option("--abort", "abort the verification instead")
    .option("-o, --output <format>", "table, json or yaml", "table")
    .action(async (name: string, options: VerifyOptions) => {
      const { terminal } = context;
      const format = toOutputFormat(options.output);
      const backend = await openBackend(context);
      const ref = toRef(stageOf(projectOf(backend.snapshot, options.project), name));
      const act = options.abort === true ? "abort" : "reverify";
      const { signal } = terminal;
      await backend.requestVerification(ref, act, { signal, actor: actorOf(terminal) });
      const stage = await backend.waitForVerification(ref, { signal });
      const newest = stage.status?.freightHistory?.[0]?.verificationHistory?.[0];
      if (format !== "table") printValue(terminal, stage, format);
      else {
        const said = newest?.message === undefined ? "" : ` (${newest.message.split("\n")[0]})`;
        printLine(terminal, `stage.kargo.akuity.io/${name} verification: ${newest?.phase ?? "none"}${said}`);
      }
      if (act === "reverify" && newest?.phase !== "Successful") {
        throw new CommandFailed(
          `Verification of Stage ${name}: ${newest?.message ?? newest?.phase ?? "none"}`,
        );
      }
    });
}
