// One run of the program: its terminal, its global options and the backend it opened.
// Opens the backend at first use and closes it at the end; commands never do.

import { stat } from "node:fs/promises";
import type { Backend } from "../backend/backend";
import { openLocalBackend } from "../backend/local/local";
import { nodeFiles, watchedNodeFiles } from "../backend/local/node-files";
import type { DisposableStore } from "../base/disposable";
import type { CredentialType } from "../engine/promotion/step";
import { CommandFailed, type Terminal, terminalLogger, UsageError, workspaceRoot } from "./terminal";

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
export async function openBackend(
  context: ProgramContext,
  {
    watch = false,
    ...more
  }: { readonly autonomy?: { readonly isOn: boolean }; readonly watch?: boolean } = {},
): Promise<Backend> {
  const { workspace, verbose } = context.globals();
  const root = workspaceRoot(context.terminal, workspace);
  const info = await stat(root).catch(() => undefined);
  if (info?.isDirectory() !== true) throw new CommandFailed(`There is no folder ${root}.`);
  const log = terminalLogger(context.terminal, verbose === true);
  const ambientCredentials = ambientTypes(context.terminal);
  const files = watch ? context.owned.add(await watchedNodeFiles(root)) : nodeFiles(root);
  return context.owned.add(await openLocalBackend({ files, log, ambientCredentials, ...more }));
}

/** Who acts, as Kargo's `create-actor` would say it. */
export function actorOf({ env }: Terminal): string {
  return `terminal:${env.USER ?? env.USERNAME ?? "user"}`;
}

const ambientVariable = "KARGO_WORKBENCH_AMBIENT_CREDENTIALS";

/** Kinds of repositories for which credentials of this machine may be used: a list such as `git,image,helm`. */
export function ambientTypes({ env }: Terminal): readonly CredentialType[] {
  const names = (env[ambientVariable] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return names.map((name) => {
    if (name === "git" || name === "image" || name === "helm") return name;
    throw new UsageError(`${ambientVariable} takes git, image and helm, not ${JSON.stringify(name)}.`);
  });
}
