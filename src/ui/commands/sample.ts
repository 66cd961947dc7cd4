// Creates the sample pipeline in a folder the user chooses, and opens it.
// What the sample consists of is not known here.
import { commands, Uri, window, workspace } from "vscode";
import type { BackendErrorCode } from "../../backend/backend";
import { errorCode } from "../../base/errors";
import { pipelinesViewId, type SampleOptions } from "../contributions";
import { withActProgress } from "../progress";
import { back, type Choice, choose } from "../questions";
import type { CommandContext } from "./act";

const sampleName = "kargo-sample";
const maxSamples = 50;

type Where = "here" | "newWindow" | "added";

/** Asks where, creates the sample there and opens it. */
export async function createSample(
  context: CommandContext,
  { walkthrough = false }: SampleOptions = {},
): Promise<void> {
  const parents = await window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: false,
    title: `Folder to create "${sampleName}" in`,
    openLabel: "Create Sample Here",
  });
  const parent = parents?.[0];
  if (parent === undefined) return;
  const where = (workspace.workspaceFolders ?? []).length === 0 ? "here" : await askWhere();
  if (where === undefined) return;
  try {
    const root = await withActProgress(
      { title: "Creating the sample pipeline", quietMs: 1000 },
      (_report, signal) => createIn(context, parent, signal),
    );
    await open(context, root, where, walkthrough);
  } catch (error) {
    context.notify.failed("Could not create the sample pipeline", error);
  }
}

async function createIn(context: CommandContext, parent: Uri, signal: AbortSignal): Promise<Uri> {
  for (let count = 1; ; count++) {
    const root = Uri.joinPath(parent, count === 1 ? sampleName : `${sampleName}-${count}`);
    try {
      return Uri.file(await context.createSample(root.fsPath, signal));
    } catch (error) {
      const isTaken = (errorCode(error) as BackendErrorCode | undefined) === "alreadyExists";
      if (!isTaken || count >= maxSamples) throw error;
    }
  }
}

async function askWhere(): Promise<Where | undefined> {
  const items: Choice<Where>[] = [
    { label: "Open in a New Window", iconPath: undefined, value: "newWindow" },
    { label: "Open in This Window", description: "closes the current folder", value: "here" },
    { label: "Add to This Workspace", value: "added" },
  ];
  const where = await choose<Where>(
    { title: "Create Sample Pipeline", step: 1, total: 1 },
    { placeholder: "How to open the sample", items },
  );
  return where === back ? undefined : where;
}

async function open(context: CommandContext, root: Uri, where: Where, walkthrough: boolean): Promise<void> {
  if (where === "added") {
    const count = workspace.workspaceFolders?.length ?? 0;
    workspace.updateWorkspaceFolders(count, 0, { uri: root });
    await commands.executeCommand(`${pipelinesViewId}.focus`);
    return;
  }
  await context.rememberSample({ folder: root.toString(), walkthrough });
  await commands.executeCommand("vscode.openFolder", root, {
    forceNewWindow: where === "newWindow",
    filesToOpen: [Uri.joinPath(root, "kargo", "stages.yaml")],
  });
}
