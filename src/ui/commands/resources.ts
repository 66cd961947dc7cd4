// Acts that only look: open a resource, show its recorded state, copy its name, find it in the tree.
// Changes nothing.
import {
  env,
  Position,
  type QuickPickItem,
  Range,
  TextEditorRevealType,
  Uri,
  window,
  workspace,
} from "vscode";
import { type Freight, type Kind, type ResourceRef, refKey, toRef } from "../../model/resources";
import { freightLabel, freightLabelByName, freightSummary, promotionState } from "../../model/state";
import type { CopyTarget, ResourceTarget } from "../contributions";
import { documentUri } from "../documents";
import { back, type Choice, choose, heading } from "../questions";
import { allResources, type CommandContext, type Located, locate } from "./act";
import { given } from "./choosing";

/** Opens the YAML a resource is written in, at the resource; what only the engine holds is shown as a document. */
export async function openResource(context: CommandContext, target?: ResourceTarget): Promise<void> {
  const located = await oneResource(context, "Open YAML", target);
  if (located === undefined) return;
  const { folder, resource } = located;
  const location = folder.backend.snapshot.sources.get(refKey(toRef<Kind>(resource)));
  if (location === undefined) return showDocument(located);
  const position = new Position(location.line - 1, location.column - 1);
  const uri = Uri.joinPath(Uri.parse(folder.id), location.file);
  const editor = await window.showTextDocument(uri, {
    selection: new Range(position, position),
    preview: true,
  });
  editor.revealRange(new Range(position, position), TextEditorRevealType.AtTop);
}

/** Shows a resource with its status as a read-only document. */
export async function showState(context: CommandContext, target?: ResourceTarget): Promise<void> {
  const located = await oneResource(context, "Show Recorded State", target);
  if (located !== undefined) await showDocument(located);
}

/** Copies a resource's name. */
export async function copyName(context: CommandContext, target?: ResourceTarget): Promise<void> {
  const name = target?.ref.name ?? (await oneResource(context, "Copy Name"))?.resource.metadata.name;
  if (name !== undefined) await copy(context, name);
}

/** Copies the alias of Freight. */
export async function copyAlias(context: CommandContext, target?: ResourceTarget<"Freight">): Promise<void> {
  const folders = await context.backends.ready();
  const freight: Freight | undefined = target === undefined ? undefined : locate(folders, target)?.resource;
  if (freight?.alias !== undefined) await copy(context, freight.alias);
}

/** Copies a value the tree shows. */
export async function copyValue(context: CommandContext, target?: CopyTarget): Promise<void> {
  if (target !== undefined) await copy(context, target.copyText);
}

/** Finds the resource at the cursor in the tree. */
export async function revealAtCursor(context: CommandContext): Promise<void> {
  const editor = window.activeTextEditor;
  const folder = editor === undefined ? undefined : workspace.getWorkspaceFolder(editor.document.uri);
  if (editor === undefined || folder === undefined)
    return context.notify.nothing("Open a YAML file of this workspace first.");
  const offset = editor.document.offsetAt(editor.selection.active);
  const ref = await resourceAt(context, folder.uri, editor.document.uri, offset);
  const shown =
    ref !== undefined &&
    (await context.view.reveal({ folder: folder.uri.toString(), ref }, { expand: true }));
  if (!shown) context.notify.nothing("There is no Kargo resource of the tree at the cursor.");
}

async function resourceAt(
  context: CommandContext,
  folder: Uri,
  file: Uri,
  offset: number,
): Promise<ResourceRef | undefined> {
  const folders = await context.backends.ready();
  const open = folders.find(({ id }) => id === folder.toString());
  const written = [...(open?.backend.snapshot.sources ?? [])]
    .filter(([, at]) => Uri.joinPath(folder, at.file).toString() === file.toString())
    .sort(([, a], [, b]) => a.offset - b.offset);
  const [key] = written.filter(([, at]) => at.offset <= offset).at(-1) ?? written[0] ?? [];
  const resources = open === undefined ? [] : allResources([open]);
  const found = resources.find(({ resource }) => refKey(toRef<Kind>(resource)) === key);
  return found === undefined ? undefined : toRef<Kind>(found.resource);
}

async function showDocument({ folder, resource }: Located): Promise<void> {
  const document = await workspace.openTextDocument(documentUri(folder.id, resource));
  await window.showTextDocument(document, { preview: true });
}

async function oneResource(
  context: CommandContext,
  title: string,
  target?: ResourceTarget,
): Promise<Located | undefined> {
  if (target !== undefined) return given(context, target);
  const all = allResources(await context.backends.ready());
  if (all.length === 0) context.notify.nothing("There is no Kargo resource in this workspace.");
  if (all.length === 0) return undefined;
  const chosen = await choose<Located>(
    { title, step: 1, total: 1 },
    { placeholder: "Resource", items: byKind(all) },
  );
  return chosen === back ? undefined : chosen;
}

/** Choices under a heading for each kind, as the tree has them; the Project is named where there are several. */
function byKind(all: readonly Located[]): (Choice<Located> | QuickPickItem)[] {
  const severalProjects = new Set(all.map(({ folder, tree }) => `${folder.id} ${tree.name}`)).size > 1;
  const groups = new Map<Kind, Choice<Located>[]>();
  for (const one of all) {
    const { kind } = one.resource;
    const group = groups.get(kind) ?? [];
    group.push({ ...resourceWords(one), ...(severalProjects ? { detail: one.tree.name } : {}), value: one });
    groups.set(kind, group);
  }
  return [...groups].flatMap(([kind, choices]) => [heading(kind), ...choices]);
}

function resourceWords({ resource, tree }: Located): {
  readonly label: string;
  readonly description?: string;
} {
  if (resource.kind === "Freight")
    return { label: freightLabel(resource), description: freightSummary(resource) };
  if (resource.kind !== "Promotion") return { label: resource.metadata.name };
  const freight = freightLabelByName(tree, resource.spec.freight ?? "");
  const { label } = promotionState(resource, Date.now());
  return {
    label: `${freight} → ${resource.spec.stage}`,
    description: `${label} · ${resource.metadata.name}`,
  };
}

async function copy(context: CommandContext, text: string): Promise<void> {
  await env.clipboard.writeText(text);
  context.notify.done(`Copied ${text.length > 60 ? "the value" : text}`);
}
