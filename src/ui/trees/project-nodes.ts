// The upper part of the tree: Projects, the lists in them, problems of the workspace, folders that could not be read.
// Order and grouping are those of model/pipeline.ts.
import { Range, ThemeIcon, TreeItem, TreeItemCollapsibleState, Uri } from "vscode";
import type { ResourceProblem } from "../../model/parse";
import type { AnyResource, ResourceRef } from "../../model/resources";
import { stageState } from "../../model/state";
import type { ClosedFolder, OpenFolder } from "../backends";
import { type CommandId, contextValue } from "../contributions";
import { icons } from "./appearance";
import { FreightNode } from "./freight-nodes";
import { PromotionNode } from "./promotion-nodes";
import { StageNode, TaskNode } from "./stage-nodes";
import { type Tooltip, tooltip } from "./tooltip";
import { collapsible, ResourceNode, type Scope, type TreeNode } from "./tree-node";
import { WarehouseNode } from "./warehouse-nodes";

/** Whole pipelines are wanted at a glance; beyond this a tree is searched rather than read. */
const firstStages = 100;
const firstFreight = 15;
const firstPromotions = 10;
/** How many more entries a "more" node brings. */
const pageLength = 100;

/** The roots of the tree. */
export function rootNodes(
  folders: readonly OpenFolder[],
  failures: readonly ClosedFolder[],
  common: Pick<Scope, "memory" | "nowMs" | "running" | "discovers">,
): TreeNode[] {
  const showFolder = folders.length + failures.length > 1;
  const projects = folders.flatMap(({ id, name, backend }) => {
    const { projects: trees, isPartial = false, sources, problems, autoPromotion } = backend.snapshot;
    return trees.map((tree) => {
      const scope = { ...common, folder: id, tree, isPartial, sources, problems, autoPromotion };
      return new ProjectNode(scope, showFolder ? name : undefined);
    });
  });
  const problems = folders
    .filter(({ backend }) => backend.snapshot.problems.length > 0)
    .map((folder) => new ProblemsNode(folder, showFolder));
  return [...projects, ...problems, ...failures.map((failure) => new FailureNode(failure))];
}

/** A Project. */
export class ProjectNode extends ResourceNode<"Project"> {
  constructor(
    scope: Scope,
    readonly folderName: string | undefined,
  ) {
    super(undefined, scope, { kind: "Project", name: scope.tree.name });
  }

  override children(): readonly ListNode[] {
    const { tree } = this.scope;
    const lists = [
      this.#list(
        "Warehouses",
        tree.warehouses,
        (list, w) => new WarehouseNode(list, this.scope, w),
        firstStages,
      ),
      this.#list("Stages", tree.stages, (list, s) => new StageNode(list, this.scope, s), firstStages),
      this.#list("Freight", tree.freight, (list, f) => new FreightNode(list, this.scope, f), firstFreight),
      this.#list(
        "Promotions",
        tree.promotions,
        (list, p) => new PromotionNode(list, this.scope, p),
        firstPromotions,
      ),
      this.#list("Tasks", tree.tasks, (list, t) => new TaskNode(list, this.scope, t)),
    ];
    return lists.filter((list) => list.length > 0 || list.name === "Freight");
  }

  item(): TreeItem {
    const item = new TreeItem(this.ref.name, TreeItemCollapsibleState.Expanded);
    item.iconPath = icons.project;
    if (this.folderName !== undefined) item.description = this.folderName;
    item.contextValue = contextValue("project", this.isWritten ? "written" : undefined);
    item.accessibilityInformation = { label: `Project ${this.ref.name}` };
    return item;
  }

  #list<T extends AnyResource>(
    name: ListName,
    entries: readonly T[],
    node: (list: ListNode, entry: T) => TreeNode,
    first = Number.POSITIVE_INFINITY,
  ): ListNode {
    return new ListNode(this, name, {
      length: entries.length,
      first,
      slice: (list, count) => entries.slice(0, count).map((entry) => node(list, entry)),
      indexOf: (ref) => entries.findIndex((entry) => isNamed(entry, ref)),
    });
  }

  tooltip(): Tooltip {
    const { stages, warehouses, freight, promotions } = this.scope.tree;
    const bad = stages.filter((s) =>
      ["Failed", "Errored", "Unhealthy", "VerificationFailed"].includes(
        stageState(s, promotions, this.scope.nowMs).phase,
      ),
    );
    return tooltip({
      heading: this.ref.name,
      kind: "Project",
      facts: [
        ["Folder", this.folderName],
        ["Warehouses", String(warehouses.length)],
        ["Stages", String(stages.length)],
        ["Freight", String(freight.length)],
        ["In trouble", bad.map((stage) => stage.metadata.name).join(", ")],
      ],
    });
  }
}

/** What a list is made of. */
interface Entries {
  readonly length: number;
  /** How many are shown at first. */
  readonly first: number;
  /** Nodes of the first `count` entries. */
  readonly slice: (list: ListNode, count: number) => readonly TreeNode[];
  readonly indexOf: (ref: ResourceRef) => number;
}

/** A list of a Project: its Stages, its Freight … . Long lists are shown piece by piece. */
export class ListNode implements TreeNode {
  readonly id: string;
  readonly #entries: Entries;

  constructor(
    readonly parent: ProjectNode,
    readonly name: ListName,
    entries: Entries,
  ) {
    // An item without children would stay closed when it gets some, so it becomes another item then.
    this.id = `${parent.id}/${name}${entries.length === 0 ? ":empty" : ""}`;
    this.#entries = entries;
  }

  /** How many entries there are, shown or not. */
  get length(): number {
    return this.#entries.length;
  }

  children(): readonly TreeNode[] {
    const count = this.parent.scope.memory.shown(this.id, this.#entries.first);
    const nodes = this.#entries.slice(this, count);
    return this.length > count ? [...nodes, new MoreNode(this, this.length - count, pageLength)] : nodes;
  }

  /** Place of a resource in the list, shown or not; -1 when it is not in it. */
  indexOf(ref: ResourceRef): number {
    return this.#entries.indexOf(ref);
  }

  item(): TreeItem {
    const item = new TreeItem(this.name, collapsible(this.length > 0, expandedLists[this.name]));
    item.description = this.#lengthText;
    item.accessibilityInformation = { label: `${this.name}, ${item.description}` };
    return item;
  }

  /** Never reads as the whole while more is to come. */
  get #lengthText(): string {
    if (this.parent.scope.isPartial && isReadInTurns[this.name])
      return this.length > 0 ? `${this.length} so far, reading earlier ones…` : "reading…";
    return this.length > 0 ? String(this.length) : "none yet";
  }
}

type ListName = keyof typeof expandedLists;

/** Whether a list starts expanded. */
const expandedLists = {
  Warehouses: true,
  Stages: true,
  Freight: true,
  Promotions: true,
  Tasks: false,
} as const;

/** Whether a partial snapshot may have fewer entries in a list than there are. */
const isReadInTurns = {
  Warehouses: false,
  Stages: false,
  Freight: true,
  Promotions: true,
  Tasks: false,
} as const;

/** Brings the rest of a long list. */
export class MoreNode implements TreeNode {
  readonly id: string;

  constructor(
    readonly parent: ListNode,
    readonly left: number,
    readonly page: number,
  ) {
    this.id = `${parent.id}/more`;
  }

  children(): readonly TreeNode[] {
    return [];
  }

  item(): TreeItem {
    const item = new TreeItem(`Show ${Math.min(this.left, this.page)} more`, TreeItemCollapsibleState.None);
    item.description = `${this.left} left`;
    item.iconPath = icons.more;
    item.contextValue = contextValue("more");
    item.command = {
      command: "kargo.pipelines.showMore" satisfies CommandId,
      title: "Show More",
      arguments: [{ id: this.parent.id, page: this.page }],
    };
    return item;
  }
}

/** What is wrong in a folder's YAML. */
export class ProblemsNode implements TreeNode {
  readonly id: string;

  constructor(
    readonly folder: OpenFolder,
    readonly showFolder: boolean,
  ) {
    this.id = `${folder.id}/problems`;
  }

  children(): readonly TreeNode[] {
    return this.folder.backend.snapshot.problems.map(
      (problem) => new ProblemNode(this, this.folder, problem),
    );
  }

  item(): TreeItem {
    const { length } = this.folder.backend.snapshot.problems;
    const item = new TreeItem("Problems", TreeItemCollapsibleState.Collapsed);
    item.description = this.showFolder ? `${length} · ${this.folder.name}` : String(length);
    item.iconPath = icons.warning;
    return item;
  }
}

class ProblemNode implements TreeNode {
  readonly id: string;

  constructor(
    readonly parent: ProblemsNode,
    readonly folder: OpenFolder,
    readonly problem: ResourceProblem,
  ) {
    const { file, offset } = problem.location;
    this.id = `${parent.id}/${file}:${offset}:${problem.message}`;
  }

  children(): readonly TreeNode[] {
    return [];
  }

  item(): TreeItem {
    const { message, severity, location } = this.problem;
    const item = new TreeItem(message, TreeItemCollapsibleState.None);
    item.description = `${location.file}:${location.line}`;
    item.iconPath = severity === "error" ? icons.error : icons.warning;
    item.tooltip = `${message}\n${location.file}:${location.line}`;
    item.command = {
      command: "vscode.open",
      title: "Open",
      arguments: [
        Uri.joinPath(Uri.parse(this.folder.id), location.file),
        { selection: selectionAt(location) },
      ],
    };
    return item;
  }
}

/** A folder that could not be opened. */
export class FailureNode implements TreeNode {
  readonly id: string;

  constructor(readonly failure: ClosedFolder) {
    this.id = `${failure.id}/failure`;
  }

  children(): readonly TreeNode[] {
    return [];
  }

  item(): TreeItem {
    const item = new TreeItem(this.failure.name, TreeItemCollapsibleState.None);
    item.description = this.failure.reason;
    item.iconPath = new ThemeIcon(icons.error.id, icons.error.color);
    item.tooltip = this.failure.reason;
    return item;
  }
}

function isNamed({ kind, metadata }: AnyResource, ref: ResourceRef): boolean {
  return kind === ref.kind && metadata.name === ref.name;
}

function selectionAt({ line, column }: ResourceProblem["location"]) {
  return new Range(line - 1, column - 1, line - 1, column - 1);
}
