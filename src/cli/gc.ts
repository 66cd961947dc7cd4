// `gc`: removes old Promotions and Freight now, as a Kargo server does every hour.
// Chooses nothing itself; the flags are the settings of the server's garbage collector.
import type { Command } from "commander";
import type { GarbageLimits } from "../backend/backend";
import { parseDurationMs } from "../base/duration";
import { openBackend, type ProgramContext } from "./context";
import { CommandFailed, printLine, UsageError } from "./terminal";

interface GcOptions {
  readonly maxRetainedPromotions?: string;
  readonly minPromotionDeletionAge?: string;
  readonly maxRetainedFreight?: string;
  readonly minFreightDeletionAge?: string;
  readonly output: string;
}

/** Adds `gc`. */
export function addGcCommand(program: Command, context: ProgramContext): void {
  program
    .command("gc")
    .description("Delete Promotions and Freight that are old and far behind what is in use")
    .option("--max-retained-promotions <n>", "terminal Promotions kept of each Stage (default: 20)")
    .option("--min-promotion-deletion-age <duration>", "age below which Promotions are kept (default: 336h)")
    .option("--max-retained-freight <n>", "unused Freight kept of each Warehouse (default: 20)")
    .option("--min-freight-deletion-age <duration>", "age below which Freight is kept (default: 336h)")
    .option("-o, --output <format>", "text or json", "text")
    .action(async (options: GcOptions) => {
      const limits = toLimits(options);
      if (options.output !== "text" && options.output !== "json") {
        throw new UsageError(`-o takes text or json, not ${JSON.stringify(options.output)}.`);
      }
      const backend = await openBackend(context);
      const result = await backend.collectGarbage(limits, { signal: context.terminal.signal });
      if (options.output === "json") printLine(context.terminal, JSON.stringify(result, undefined, 2));
      else {
        for (const name of result.promotions)
          printLine(context.terminal, `promotion.kargo.akuity.io/${name} deleted`);
        for (const name of result.freight)
          printLine(context.terminal, `freight.kargo.akuity.io/${name} deleted`);
      }
      if (result.failures.length > 0) throw new CommandFailed(result.failures.join(" "));
    });
}

function toLimits(options: GcOptions): Partial<GarbageLimits> {
  const { maxRetainedPromotions, minPromotionDeletionAge, maxRetainedFreight, minFreightDeletionAge } =
    options;
  return {
    ...(maxRetainedPromotions !== undefined && {
      maxRetainedPromotions: count("--max-retained-promotions", maxRetainedPromotions),
    }),
    ...(minPromotionDeletionAge !== undefined && {
      minPromotionDeletionAgeMs: age("--min-promotion-deletion-age", minPromotionDeletionAge),
    }),
    ...(maxRetainedFreight !== undefined && {
      maxRetainedFreight: count("--max-retained-freight", maxRetainedFreight),
    }),
    ...(minFreightDeletionAge !== undefined && {
      minFreightDeletionAgeMs: age("--min-freight-deletion-age", minFreightDeletionAge),
    }),
  };
}

function count(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${flag} takes a whole number, not ${JSON.stringify(text)}.`);
}

function age(flag: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms >= 0) return ms;
  throw new UsageError(`${flag} takes a duration such as 336h, not ${JSON.stringify(text)}.`);
}
