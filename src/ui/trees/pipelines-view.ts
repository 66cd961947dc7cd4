// The view "Pipelines": the tree of every Project, kept current, and what belongs to the view as a whole.
// Asks the backends for the first time when the view becomes visible; what the nodes look like is decided beside it.
import {
  commands,
  type Event,
  EventEmitter,
  type TreeDataProvider,
  type TreeItem,
  type TreeView,
  window,
  workspace,
} from "vscode";
import { type Disposable, DisposableStore, toDisposable } from "../../base/disposable";
import type { Event as BaseEvent } from "../../base/events";
import { type Kind, refKey } from "../../model/resources";
import { type Backends, countOpenPromotions, findTarget } from "../backends";
import { type CommandId, contextKeys, pipelinesViewId, type ResourceTarget } from "../contributions";
import { discoversAutomatically } from "../platform/settings";
import { icons } from "./appearance";
import { ProjectNode, rootNodes } from "./project-nodes";
import { StageDropController } from "./stage-drop";
import { parts, ResourceNode, type TreeMemory, type TreeNode } from "./tree-node";

/** Changes that come closer together than this are shown at once: the more there is to show, the calmer. */
const frameMs = { small: 40, large: 250, largeFrom: 300 };
/** Texts such as "4 min ago" are renewed this often while the view is visible. */
const agesMs = 30_000;

/** The tree and its view. */
export class PipelinesView implements TreeDataProvider<TreeNode>, Disposable {
  readonly #backends: Backends;
  readonly #autonomy: { readonly isOn: boolean };
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<undefined>());
  readonly #memory = new Memory();
  readonly #view: TreeView<TreeNode>;
  #roots: readonly TreeNode[] | undefined;
  #frame: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData: Event<undefined> = this.#changed.event;

  constructor(
    backends: Backends,
    autonomy: { readonly isOn: boolean; readonly onDidChange: BaseEvent<void> },
  ) {
    this.#backends = backends;
    this.#autonomy = autonomy;
    this.#view = this.#owned.add(
      window.createTreeView(pipelinesViewId, {
        treeDataProvider: this,
        showCollapseAll: true,
        dragAndDropController: new StageDropController(),
      }),
    );
    this.#owned.add(backends.onDidChange(() => this.#renewSoon()));
    this.#owned.add(autonomy.onDidChange(() => this.#renewSoon()));
    this.#owned.add(workspace.onDidGrantWorkspaceTrust(() => this.#renewSoon()));
    this.#owned.add(toDisposable(() => clearTimeout(this.#frame)));
    this.#keepAges();
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node !== undefined) return [...node.children()];
    await this.#backends.ready();
    this.#describeView();
    return [...this.roots];
  }

  getTreeItem(node: TreeNode): TreeItem {
    const item = node.item();
    item.id = node.id;
    if (!(node instanceof ResourceNode)) return item;
    markProblems(item, node);
    if (node.canOpen) {
      item.command = { command: "kargo.resource.open" satisfies CommandId, title: "Open", arguments: [node] };
    }
    return item;
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  resolveTreeItem(item: TreeItem, node: TreeNode): TreeItem {
    item.tooltip = node.tooltip?.() ?? item.tooltip;
    return item;
  }

  /** The nodes at the top, of the newest snapshots. */
  get roots(): readonly TreeNode[] {
    this.#roots ??= rootNodes(this.#backends.folders, this.#backends.failures, {
      memory: this.#memory,
      nowMs: Date.now(),
      running: this.#autonomy.isOn,
      discovers: workspace.isTrusted && (this.#autonomy.isOn || discoversAutomatically()),
    });
    return this.#roots;
  }

  /** Selects a resource in the tree and shows the view; false when the tree has no such node. */
  async reveal(target: ResourceTarget, options: { readonly expand: boolean }): Promise<boolean> {
    const found = findTarget(await this.#backends.ready(), target);
    if (found === undefined) return false;
    const node = this.#listedNode({ folder: found.folder.id, ref: target.ref });
    if (node === undefined) return false;
    this.#renewAtOnce(); // VS Code finds only what it has been told to ask for
    await this.#view.reveal(node, { select: true, focus: false, expand: options.expand });
    return true;
  }

  /** Shows `count` more of a list. */
  showMore(listId: string, count: number): void {
    this.#memory.showMore(listId, count);
    this.#renewSoon();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** The node of a resource in its Project's lists, which are made long enough to show it. */
  #listedNode(target: ResourceTarget): TreeNode | undefined {
    const isIt = (node: TreeNode) =>
      node instanceof ResourceNode &&
      node.folder === target.folder &&
      refKey(node.ref) === refKey(target.ref);
    const projects = this.roots.filter(
      (root) => root instanceof ProjectNode && root.folder === target.folder,
    );
    for (const project of projects as ProjectNode[]) {
      if (isIt(project)) return project;
      if (project.ref.name !== target.ref.namespace) continue;
      for (const list of project.children()) {
        const index = list.indexOf(target.ref);
        if (index >= 0 && this.#memory.showAtLeast(list.id, index + 1)) this.#renewSoon();
        const node = list.children().find(isIt);
        if (node !== undefined) return node;
      }
    }
    return undefined;
  }

  #renewSoon(): void {
    this.#roots = undefined;
    if (this.#frame !== undefined || this.#owned.disposed) return;
    this.#frame = setTimeout(() => this.#renewAtOnce(), this.#frameMs);
  }

  get #frameMs(): number {
    const stages = this.#backends.folders
      .flatMap(({ backend }) => backend.snapshot.projects)
      .reduce((sum, tree) => sum + tree.stages.length, 0);
    return stages < frameMs.largeFrom ? frameMs.small : frameMs.large;
  }

  /** Shows what has changed; does nothing when nothing has. */
  #renewAtOnce(): void {
    if (this.#frame === undefined) return;
    clearTimeout(this.#frame);
    this.#frame = undefined;
    this.#describeView();
    this.#changed.fire(undefined);
  }

  /** What stands above the tree, on the icon in the activity bar, and in the view's place while it is empty. */
  #describeView(): void {
    const isEmpty = this.roots.length === 0;
    const state = isEmpty ? (this.#backends.opening ? "loading" : "empty") : "ready";
    void commands.executeCommand("setContext", contextKeys.pipelines, state);
    this.#view.message =
      workspace.isTrusted || isEmpty
        ? undefined
        : "Restricted Mode: promotions and discovery are off until you trust this workspace.";
    const count = countOpenPromotions(this.#backends.folders);
    this.#view.badge =
      count === 0
        ? undefined
        : { value: count, tooltip: `${count} ${count === 1 ? "Promotion" : "Promotions"} not ended` };
  }

  #keepAges(): void {
    let timer: NodeJS.Timeout | undefined;
    const match = (visible: boolean) => {
      clearInterval(timer);
      timer = visible ? setInterval(() => this.#renewSoon(), agesMs) : undefined;
    };
    match(this.#view.visible);
    this.#owned.add(this.#view.onDidChangeVisibility((event) => match(event.visible)));
    this.#owned.add(toDisposable(() => clearInterval(timer)));
  }
}

/** A resource whose YAML is wrong shows that before anything else. */
function markProblems(item: TreeItem, { problems }: ResourceNode<Kind>): void {
  const [first] = problems;
  if (first === undefined) return;
  item.iconPath = first.severity === "error" ? icons.error : icons.warning;
  item.description = parts(first.message, String(item.description ?? ""));
  const label = item.accessibilityInformation?.label ?? String(item.label);
  item.accessibilityInformation = { label: `${label}, ${first.severity}: ${first.message}` };
}

/** What the tree remembers between snapshots. */
class Memory implements TreeMemory {
  readonly #shown = new Map<string, number>();
  readonly #expanded = new Map<string, boolean>();

  shown(listId: string, firstShown: number): number {
    const count = this.#shown.get(listId) ?? firstShown;
    this.#shown.set(listId, count);
    return count;
  }

  startsExpanded(nodeId: string, wanted: boolean): boolean {
    const known = this.#expanded.get(nodeId);
    if (known === undefined) this.#expanded.set(nodeId, wanted);
    return known ?? wanted;
  }

  showMore(listId: string, more: number): void {
    this.#shown.set(listId, (this.#shown.get(listId) ?? 0) + more);
  }

  /** True when that made the list longer. */
  showAtLeast(listId: string, count: number): boolean {
    if ((this.#shown.get(listId) ?? 0) >= count) return false;
    this.#shown.set(listId, count);
    return true;
  }
}
