// What a command of the terminal program works with: streams, the interrupt, and how it ends.
// Parses no arguments and knows no command.
import { resolve } from "node:path";
import type { Logger } from "../base/log";

/** Exit codes of every command: done; the thing failed; called the wrong way. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** Ends a command with exit code 1 and its message on stderr. */
export class CommandFailed extends Error {}

/** Ends a command with exit code 2 and its message on stderr. */
export class UsageError extends Error {}

/** The surroundings of one run of the program. */
export interface Terminal {
  readonly cwd: string;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at the first interrupt, or when the program is asked to end. */
  readonly signal: AbortSignal;
}

/** One line to stdout. */
export function printLine(terminal: Terminal, line = ""): void {
  terminal.stdout.write(`${line}\n`);
}

/** One line to stderr. */
export function printError(terminal: Terminal, line: string): void {
  terminal.stderr.write(`${line}\n`);
}

/** The workspace a command acts on: `--workspace`, else the current folder. */
export function workspaceRoot(terminal: Terminal, workspace: string | undefined): string {
  return resolve(terminal.cwd, workspace ?? ".");
}

/** Warnings and errors go to stderr; `info` and `debug` only with `--verbose`. */
export function terminalLogger(terminal: Terminal, verbose: boolean): Logger {
  const quiet = () => {};
  const show = (message: string) => printError(terminal, message);
  return { debug: verbose ? show : quiet, info: verbose ? show : quiet, warn: show, error: show };
}
