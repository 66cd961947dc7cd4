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
import { refKey } from "../../model/resources";
import { type Backends, countOpenPromotions, findTarget } from "../backends";
import { type CommandId, contextKeys, pipelinesViewId, type ResourceTarget } from "../contributions";
import { discoversAutomatically } from "../platform/settings";
import { ListMemory } from "./list-memory";
import { itemOf, looks } from "./looks";
import { ProjectNode, rootNodes } from "./project-nodes";
import { type Row, Rows } from "./rows";
import { StageDropController } from "./stage-drop";
import { ResourceNode, type TreeNode } from "./tree-node";

/** Changes that come closer together than this are shown at once: the more there is to show, the calmer. */
const frameMs = { small: 40, large: 250, largeFrom: 300 };
/** Texts such as "4 min ago" are renewed this often while the view is visible. */
const agesMs = 30_000;

/** What VS Code holds of the tree. */
export type PipelineRow = Row<TreeNode>;

/** The tree and its view. */
export class PipelinesView implements TreeDataProvider<PipelineRow>, Disposable {
  readonly #backends: Backends;
  readonly #autonomy: { readonly isOn: boolean };
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<PipelineRow[] | undefined>());
  readonly #memory = new ListMemory();
  readonly #rows = new Rows<TreeNode>(looks);
  readonly #view: TreeView<PipelineRow>;
  #roots: readonly TreeNode[] | undefined;
  #frame: NodeJS.Timeout | undefined;

  /** The rows that differ, and never more; nothing stands for the whole tree. */
  readonly onDidChangeTreeData: Event<PipelineRow[] | undefined> = this.#changed.event;

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

  async getChildren(row?: PipelineRow): Promise<PipelineRow[]> {
    if (row !== undefined) return this.#rows.childrenOf(row);
    await this.#backends.ready();
    this.#describeView();
    return this.#rows.rootsOf(this.roots);
  }

  getTreeItem(row: PipelineRow): TreeItem {
    this.#rows.drawn(row);
    return toTreeItem(row.node, row);
  }

  getParent({ node }: PipelineRow): PipelineRow | undefined {
    return node.parent === undefined ? undefined : this.#rows.of(node.parent);
  }

  resolveTreeItem(item: TreeItem, row: PipelineRow): TreeItem {
    this.#rows.pointedAt(row);
    return withTooltip(item, row.node);
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

  /** The same tree for whoever only reads it: what it asks for changes nothing of what VS Code is told. */
  readonly reader: TreeDataProvider<TreeNode> = {
    onDidChangeTreeData: (listener) =>
      this.onDidChangeTreeData((rows) => listener(rows?.map(({ node }) => node))),
    getChildren: async (node) => {
      if (node !== undefined) return [...node.children()];
      await this.#backends.ready();
      return [...this.roots];
    },
    getTreeItem: (node) => toTreeItem(node, node),
    resolveTreeItem: withTooltip,
  };

  /** Selects a resource in the tree and shows the view; false when the tree has no such node. */
  async reveal(target: ResourceTarget, options: { readonly expand: boolean }): Promise<boolean> {
    const found = findTarget(await this.#backends.ready(), target);
    if (found === undefined) return false;
    const node = this.#listedNode({ folder: found.folder.id, ref: target.ref });
    if (node === undefined) return false;
    this.#renewAtOnce(); // VS Code finds only what it has been told to ask for
    await this.#view.reveal(this.#rows.of(node), { select: true, focus: false, expand: options.expand });
    return true;
  }

  /** Shows `count` more of a list, and goes on from the first of them: the row that was pressed is far below now. */
  async showMore(listId: string, count: number): Promise<void> {
    const shown = this.#memory.showMore(listId, count);
    this.#renewSoon();
    this.#renewAtOnce();
    const list = this.roots
      .flatMap((root) => (root instanceof ProjectNode ? root.children() : []))
      .find(({ id }) => id === listId);
    const first = list?.children()[shown];
    if (first !== undefined) await this.#view.reveal(this.#rows.of(first), { select: true, focus: true });
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
    const redraw = this.#rows.renew(this.roots);
    if (redraw === "everything") this.#changed.fire(undefined);
    else if (redraw.length > 0) this.#changed.fire([...redraw]);
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

/** The item of a node; `target` is what opening it is about, so that it is never an older node than the one shown. */
function toTreeItem(node: TreeNode, target: TreeNode | PipelineRow): TreeItem {
  const item = itemOf(node);
  item.id = node.id;
  if (node instanceof ResourceNode && node.canOpen)
    item.command = { command: "kargo.resource.open" satisfies CommandId, title: "Open", arguments: [target] };
  return item;
}

function withTooltip(item: TreeItem, node: TreeNode): TreeItem {
  item.tooltip = node.tooltip?.() ?? item.tooltip;
  return item;
}
