// One run of the program: its terminal, its global options and the backend it opened.
// Opens the backend at first use and closes it at the end; commands never do.
import { stat } from "node:fs/promises";
import type { Backend } from "../backend/backend";
import { openLocalBackend } from "../backend/local/local";
import { nodeFiles } from "../backend/local/node-files";
import type { DisposableStore } from "../base/disposable";
import { CommandFailed, type Terminal, terminalLogger, workspaceRoot } from "./terminal";

/** Options every command takes. */
export interface GlobalOptions {
  readonly workspace?: string;
  readonly verbose?: boolean;
}

/** What commands are given. */
export interface ProgramContext {
  readonly terminal: Terminal;
  readonly globals: () => GlobalOptions;
  readonly owned: DisposableStore;
}

/** Opens the embedded backend on the workspace. Throws CommandFailed when there is no such folder. */
export async function openBackend(context: ProgramContext): Promise<Backend> {
  const { workspace, verbose } = context.globals();
  const root = workspaceRoot(context.terminal, workspace);
  const info = await stat(root).catch(() => undefined);
  if (info?.isDirectory() !== true) throw new CommandFailed(`There is no folder ${root}.`);
  const log = terminalLogger(context.terminal, verbose === true);
  return context.owned.add(await openLocalBackend({ files: nodeFiles(root), log }));
}
