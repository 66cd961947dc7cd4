// `run`: drives the pipelines of the workspace by themselves and prints Kargo's events as they happen.
// Whoever calls it has switched autonomy on; which Stages may act is still the Project's policy.
import type { Command } from "commander";
import type { DrivingProcess } from "../backend/backend";
import type { KargoEvent } from "../model/events";
import { openBackend, type ProgramContext } from "./context";
import { projectOf } from "./names";
import { CommandFailed, printError, printLine, UsageError } from "./terminal";

interface RunCommandOptions {
  readonly project?: string;
  readonly untilIdle?: true;
  readonly output: string;
}

/** Adds `run`. */
export function addRunCommand(program: Command, context: ProgramContext): void {
  program
    .command("run")
    .description("Drive the pipelines: discover, promote by policy, verify; prints events as they happen")
    .option("-p, --project <project>", "only this Project; every one when left out")
    .option(
      "--until-idle",
      "end when nothing is due or under way; exits with 1 when something did not end well",
    )
    .option("-o, --output <format>", "text, or json for one event a line", "text")
    .action(async (options: RunCommandOptions) => run(context, options));
}

async function run(context: ProgramContext, options: RunCommandOptions): Promise<void> {
  const { terminal } = context;
  const { output, project } = options;
  if (output !== "text" && output !== "json") {
    throw new UsageError(`-o takes text or json, not ${JSON.stringify(output)}.`);
  }
  const backend = await openBackend(context, {
    autonomy: { isOn: true },
    watch: options.untilIdle !== true,
  });
  const { failures } = await backend.run({
    ...(project !== undefined && { project: projectOf(backend.snapshot, project).name }),
    untilIdle: options.untilIdle === true,
    onEvent: (event) => printLine(terminal, output === "json" ? JSON.stringify(event) : eventLine(event)),
    onLost: () =>
      printError(
        terminal,
        "This process slept, and another one took this workspace over; waiting for its turn.",
      ),
    onWait: (driver) => printError(terminal, waitLine(driver)),
    signal: terminal.signal,
  });
  if (options.untilIdle === true && failures.length > 0) {
    throw new CommandFailed(failures.map((failure) => failure.split("\n")[0]).join(" "));
  }
}

/** Says who drives, and of a process that cannot be seen from here what happens when it is gone. */
function waitLine(driver: DrivingProcess | undefined): string {
  if (driver === undefined) return "Another process drives this workspace; waiting for it to end.";
  const { pid, host, isHere } = driver;
  if (isHere) return `Another process (${pid}) drives this workspace; waiting for it to end.`;
  const end = "waiting for it to end, or to give no sign of life for a minute";
  return `Another process (${pid} on host ${host}) drives this workspace; ${end}.`;
}

function eventLine({ firstTimestamp, reason, involvedObject, metadata, message }: KargoEvent): string {
  const { "event.kargo.akuity.io/stage-name": stage, "event.kargo.akuity.io/freight-alias": alias } =
    metadata.annotations;
  const { kind, name } = involvedObject;
  const about = kind === "Freight" ? (alias ?? name) : name;
  const where = stage === undefined ? "" : ` ${stage}`;
  return `${firstTimestamp} ${reason.padEnd(28)} ${about}${where}: ${message.split("\n")[0]}`;
}
