// `promote`: creates a Promotion, waits for it and prints each step as it ends.
// An interrupt aborts the Promotion; a second one ends the program and leaves the Promotion to be resumed.
import type { Command } from "commander";
import type { Backend, PromoteRequest } from "../backend/backend";
import { isTerminalVerification } from "../engine/reconcile/verification";
import type { Promotion, ResourceRef, StepExecutionMetadata } from "../model/resources";
import { toRef } from "../model/resources";
import { actorOf, openBackend, type ProgramContext } from "./context";
import { freightOf, projectOf, promotionOf, stageOf, warehouseOf } from "./names";
import { humanDuration, printValue, toOutputFormat } from "./output";
import { CommandFailed, printError, printLine, type Terminal, UsageError } from "./terminal";

interface PromoteOptions {
  readonly project?: string;
  readonly stage?: string;
  readonly downstreamFrom?: string;
  readonly freight?: string;
  readonly freightAlias?: string;
  readonly warehouse?: string;
  readonly abort?: boolean;
  readonly name?: string;
  readonly wait: boolean;
  readonly output: string;
}

/** Adds `promote`. */
export function addPromoteCommand(program: Command, context: ProgramContext): void {
  program
    .command("promote")
    .description("Promote a piece of Freight to a Stage and wait for the Promotion to end")
    .option("-p, --project <project>", "the Project; may be left out when there is only one")
    .option("--stage <stage>", "the Stage to promote to")
    .option("--downstream-from <stage>", "promote to every Stage right behind this one instead")
    .option("--freight <name>", "the Freight, by name")
    .option("--freight-alias <alias>", "the Freight, by alias")
    .option("--warehouse <name>", "promote the Freight of this Warehouse that auto-promotion would choose")
    .option("--abort", "abort the Promotion given by --name instead")
    .option("--name <promotion>", "name of the Promotion to abort")
    .option("--no-wait", "only create the Promotion; the next process that opens the workspace runs it")
    .option("--wait", "wait for the Promotion to end, which is the default")
    .option("-o, --output <format>", "table, json or yaml", "table")
    .action(async (options: PromoteOptions) => {
      if (options.abort === true) await abort(context, options);
      else if (options.downstreamFrom !== undefined)
        await promoteDownstream(context, options, options.downstreamFrom);
      else await promote(context, options);
    });
}

async function promote(context: ProgramContext, options: PromoteOptions): Promise<void> {
  const { terminal } = context;
  const format = toOutputFormat(options.output);
  if (options.name !== undefined) throw new UsageError("--name goes with --abort.");
  if (options.stage === undefined) throw new UsageError("One of --stage and --downstream-from is needed.");
  const chosen = [options.freight, options.freightAlias, options.warehouse].filter(
    (value) => value !== undefined,
  );
  if (chosen.length !== 1)
    throw new UsageError("Exactly one of --freight, --freight-alias and --warehouse is needed.");
  const backend = await openBackend(context);
  const tree = projectOf(backend.snapshot, options.project);
  const stage = stageOf(tree, options.stage);
  const found = options.warehouse === undefined ? freightOf(tree, freightNamed(options)) : undefined;
  if (options.warehouse !== undefined) warehouseOf(tree, options.warehouse);
  const request: PromoteRequest = {
    project: tree.name,
    stage: stage.metadata.name,
    freight: found?.metadata.name,
    warehouse: options.warehouse,
    actor: actorOf(terminal),
  };
  const created = await backend.promote(request, { signal: terminal.signal });
  if (format === "table") printLine(terminal, `promotion.kargo.akuity.io/${created.metadata.name} created`);
  const ended = options.wait ? await follow(backend, created, terminal, format === "table") : created;
  if (format !== "table") printValue(terminal, ended, format);
  if (!options.wait) return;
  report(ended, terminal, format === "table");
  if (format === "table") tellOfVerification(backend, ended, terminal);
}

function freightNamed({ freight, freightAlias }: PromoteOptions): { name?: string; alias?: string } {
  return freight === undefined ? { ...(freightAlias && { alias: freightAlias }) } : { name: freight };
}

/** One Promotion for each Stage right behind; all are waited for, and the first that fails is reported. */
async function promoteDownstream(
  context: ProgramContext,
  options: PromoteOptions,
  downstreamFrom: string,
): Promise<void> {
  const { terminal } = context;
  const format = toOutputFormat(options.output);
  if (options.stage !== undefined)
    throw new UsageError("Only one of --stage and --downstream-from is taken.");
  if (options.warehouse !== undefined)
    throw new UsageError("--downstream-from takes --freight or --freight-alias, not --warehouse.");
  if ((options.freight === undefined) === (options.freightAlias === undefined))
    throw new UsageError("Exactly one of --freight and --freight-alias is needed.");
  const backend = await openBackend(context);
  const tree = projectOf(backend.snapshot, options.project);
  const found = freightOf(tree, freightNamed(options));
  const request = {
    project: tree.name,
    freight: found.metadata.name,
    downstreamFrom: stageOf(tree, downstreamFrom).metadata.name,
    actor: actorOf(terminal),
  };
  const { promotions, refusals } = await backend.promoteDownstream(request, { signal: terminal.signal });
  const show = format === "table";
  for (const { metadata } of promotions)
    if (show) printLine(terminal, `promotion.kargo.akuity.io/${metadata.name} created`);
  const ended = options.wait
    ? await Promise.all(promotions.map((promotion) => follow(backend, promotion, terminal, show)))
    : promotions;
  if (format !== "table") {
    printValue(terminal, { apiVersion: "v1", kind: "List", metadata: {}, items: ended }, format);
  }
  if (options.wait) {
    for (const promotion of ended) {
      report(promotion, terminal, show);
      if (show) tellOfVerification(backend, promotion, terminal);
    }
  }
  if (refusals.length > 0) throw new CommandFailed(refusals.join(" "));
}

/** Waits for the end; prints steps meanwhile; the user's interrupt becomes an abort of the Promotion. */
async function follow(
  backend: Backend,
  promotion: Promotion,
  terminal: Terminal,
  show: boolean,
): Promise<Promotion> {
  const ref = toRef(promotion);
  const printer = new StepPrinter(terminal);
  const current = () => find(backend, ref);
  const subscription = backend.onDidChange(() => {
    if (show) printer.show(current());
  });
  const onInterrupt = () => {
    printError(terminal, "Aborting…");
    void backend.abortPromotion(ref, { signal: new AbortController().signal }).catch(() => {});
  };
  terminal.signal.addEventListener("abort", onInterrupt, { once: true });
  try {
    const ended = await backend.waitForPromotion(ref, { signal: new AbortController().signal });
    if (show) printer.show(ended);
    return ended;
  } finally {
    subscription.dispose();
    terminal.signal.removeEventListener("abort", onInterrupt);
  }
}

function find(backend: Backend, ref: ResourceRef<"Promotion">): Promotion | undefined {
  const tree = backend.snapshot.projects.find((project) => project.name === ref.namespace);
  return tree?.promotions.find((p) => p.metadata.name === ref.name);
}

/** Prints each step once, when it has ended. */
class StepPrinter {
  readonly #terminal: Terminal;
  readonly #printed = new Set<string>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(promotion: Promotion | undefined): void {
    for (const meta of promotion?.status?.stepExecutionMetadata ?? []) {
      const key = `${meta.alias} ${meta.startedAt}`;
      if (!hasEnded(meta, promotion) || this.#printed.has(key)) continue;
      this.#printed.add(key);
      printLine(this.#terminal, stepLine(meta, promotion));
    }
  }
}

function hasEnded(meta: StepExecutionMetadata, promotion: Promotion | undefined): boolean {
  return (
    meta.finishedAt !== undefined || meta.status === "Skipped" || promotion?.status?.finishedAt !== undefined
  );
}

function stepLine(meta: StepExecutionMetadata, promotion: Promotion | undefined): string {
  const uses = promotion?.spec.steps?.find((step) => step.as === meta.alias)?.uses ?? "";
  const output = promotion?.status?.state?.[meta.alias ?? ""];
  const detail = meta.message || outputLine(output);
  const parts = [
    (meta.status ?? "").padEnd(9),
    (meta.alias ?? "").padEnd(20),
    uses.padEnd(20),
    took(meta).padEnd(6),
    detail,
  ];
  return `  ${parts.join(" ")}`.trimEnd();
}

/** The scalar outputs of a step on one line. */
function outputLine(output: unknown): string {
  if (typeof output !== "object" || output === null) return "";
  const scalars = Object.entries(output).filter(
    ([, value]) => typeof value === "string" || typeof value === "number",
  );
  return scalars.map(([key, value]) => `${key}=${String(value).split("\n")[0]}`).join(" ");
}

function took(meta: StepExecutionMetadata): string {
  if (meta.startedAt === undefined || meta.finishedAt === undefined) return "";
  return humanDuration(Date.parse(meta.finishedAt) - Date.parse(meta.startedAt));
}

function report(promotion: Promotion, terminal: Terminal, show: boolean): void {
  const { phase, message } = promotion.status ?? {};
  if (phase === "Succeeded") {
    if (show) printLine(terminal, `Promotion ${promotion.metadata.name} Succeeded.`);
    return;
  }
  const failed = promotion.status?.stepExecutionMetadata?.find(
    (meta) => meta.continueOnError !== true && (meta.status === "Failed" || meta.status === "Errored"),
  );
  const uses = promotion.spec.steps?.find((step) => step.as === failed?.alias)?.uses;
  const where = failed === undefined ? "" : ` at step "${failed.alias}" (${uses})`;
  throw new CommandFailed(
    `Promotion ${promotion.metadata.name} ${phase}${where}: ${oneLine(message || "no reason was given")}`,
  );
}

/** A verification that takes its time is not waited for; this says what finishes it. */
function tellOfVerification(backend: Backend, { metadata, spec }: Promotion, terminal: Terminal): void {
  const tree = backend.snapshot.projects.find((project) => project.name === metadata.namespace);
  const stage = tree?.stages.find((one) => one.metadata.name === spec.stage);
  const newest = stage?.status?.freightHistory?.[0]?.verificationHistory?.[0];
  if (stage?.spec.verification === undefined || isTerminalVerification(newest)) return;
  const phase = newest?.phase ?? "Pending";
  const finish = '"kargo-workbench run", or the editor with this folder open, finishes it';
  printLine(terminal, `Verification of Stage ${spec.stage} is ${phase}; ${finish}.`);
}

/** What git and other programs print in several lines, on one. */
function oneLine(text: string): string {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .join("; ");
}

async function abort(context: ProgramContext, options: PromoteOptions): Promise<void> {
  if (options.name === undefined) throw new UsageError("--abort needs --name.");
  const format = toOutputFormat(options.output);
  const others = [
    options.stage,
    options.downstreamFrom,
    options.freight,
    options.freightAlias,
    options.warehouse,
  ];
  if (others.some((value) => value !== undefined)) throw new UsageError("--abort takes --name alone.");
  const backend = await openBackend(context);
  const tree = projectOf(backend.snapshot, options.project);
  const ref = toRef(promotionOf(tree, options.name));
  const aborted = await backend.abortPromotion(ref, { signal: context.terminal.signal });
  if (format !== "table") printValue(context.terminal, aborted, format);
  else printLine(context.terminal, `Promotion ${options.name} ${aborted.status?.phase ?? "aborting"}.`);
}
