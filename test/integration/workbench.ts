// What the suites share: the extension's tree as text, the sample in the open folder, and waiting for what comes by itself.
// Asserts nothing.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { createSample } from "../../src/backend/local/sample";
import type { KargoWorkbench } from "../../src/extension";
import type { CommandId } from "../../src/ui/contributions";
import type { TreeNode } from "../../src/ui/trees/tree-node";

/** Id of the extension. */
export const extensionId = "kargo-workbench.kargo-workbench";

/** One line of the tree. */
export interface Line {
  readonly node: TreeNode;
  readonly item: vscode.TreeItem;
  /** Label and description as they are read. */
  readonly text: string;
  readonly children: readonly Line[];
}

/** The extension, started. */
export async function workbench(): Promise<KargoWorkbench> {
  const extension = vscode.extensions.getExtension<KargoWorkbench>(extensionId);
  if (extension === undefined) throw new Error("the extension is not installed in this host");
  return extension.activate();
}

/** Runs a command of the extension; resolves when it has done all it does. */
export function act(command: CommandId, ...args: readonly unknown[]): Thenable<unknown> {
  return vscode.commands.executeCommand(command, ...args);
}

/** The folder the host has opened. */
export function workspaceRoot(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) throw new Error("the host has opened no folder");
  return folder.uri.fsPath;
}

/** Makes the sample pipeline in the open folder unless it is there; returns the path of its Git repository. */
export async function sampleRepository(): Promise<string> {
  const places = [workspaceRoot(), join(workspaceRoot(), "pipeline")];
  const found = places.find((place) => existsSync(join(place, "repository.git")));
  if (found !== undefined) return join(found, "repository.git");
  const { signal } = new AbortController();
  return (await createSample(join(workspaceRoot(), "pipeline"), { signal })).repository;
}

/** The whole tree, as deep as it goes. */
export async function treeLines(): Promise<readonly Line[]> {
  const { pipelines } = await workbench();
  const read = async (node?: TreeNode): Promise<Line[]> => {
    const nodes = (await pipelines.getChildren(node)) ?? [];
    return Promise.all(
      nodes.map(async (child) => {
        const item = await pipelines.getTreeItem(child);
        const text = `${item.label} ${item.description ?? ""}`.trim();
        return { node: child, item, text, children: await read(child) };
      }),
    );
  };
  return read();
}

/** Every line of the tree, parents before children. */
export function flat(lines: readonly Line[]): Line[] {
  return lines.flatMap((line) => [line, ...flat(line.children)]);
}

/** The line whose labels lead to it from the top, each the beginning of its text; undefined when there is none. */
export async function lineAt(...path: readonly string[]): Promise<Line | undefined> {
  let lines = await treeLines();
  let line: Line | undefined;
  for (const start of path) {
    line = lines.find((each) => each.text.startsWith(start));
    lines = line?.children ?? [];
  }
  return line;
}

/** Asks again and again until there is an answer. Throws with what was waited for. */
export async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** The line, once the tree has it. */
export function lineOnce(...path: readonly string[]): Promise<Line> {
  return until(`the tree's line ${path.join(" / ")}`, () => lineAt(...path));
}

/** What git prints about a repository. */
export function git(repository: string, ...args: readonly string[]): string {
  return execFileSync("git", ["--git-dir", repository, ...args], { encoding: "utf8" }).trim();
}
