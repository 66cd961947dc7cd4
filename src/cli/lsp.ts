// `lsp --stdio`: the language server for any editor that speaks the Language Server Protocol.
// The server itself is language/server.ts; it ends the process when its client says so.
import type { Command } from "commander";
import type { ProgramContext } from "./context";

/** Adds `lsp`. */
export function addLspCommand(program: Command, context: ProgramContext): void {
  program
    .command("lsp")
    .description("Serve the language server on standard input and output")
    .option("--stdio", "serve standard input and output (the default)")
    .allowUnknownOption()
    .action(async () => {
      const { startServer } = await import("../language/server");
      startServer({ streams: { input: context.terminal.stdin, output: context.terminal.stdout } });
      await new Promise<void>((resolve) => context.terminal.stdin.once("close", resolve));
    });
}
