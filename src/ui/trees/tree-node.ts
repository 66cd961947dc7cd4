// What every node of the tree is: an id that outlives updates, children on demand, and how it looks as a tree item.
// Nodes are made anew from each snapshot and keep nothing themselves.
import { type TreeItem, TreeItemCollapsibleState } from "vscode";
import { problemsAt, type ResourceProblem, type SourceLocation } from "../../model/parse";
import type { ProjectTree } from "../../model/pipeline";
import { type Kind, type ResourceRef, refKey } from "../../model/resources";
import type { ResourceTarget } from "../contributions";
import type { Tooltip } from "./tooltip";

/** A node of the pipelines tree. */
export interface TreeNode {
  /** Unique in the tree and the same in every snapshot: what keeps a node expanded and selected. */
  readonly id: string;
  readonly parent?: TreeNode;
  children(): readonly TreeNode[];
  /** The item without id and tooltip. */
  item(): TreeItem;
  /** Made only when the user points at the item. */
  tooltip?(): Tooltip | undefined;
}

/** What remains the same while one snapshot of one Project is shown, and what the tree remembers between snapshots. */
export interface Scope {
  /** URI of the workspace folder as text. */
  readonly folder: string;
  readonly tree: ProjectTree;
  /** Earlier Promotions and Freight nowhere in use are still being read. */
  readonly isPartial: boolean;
  readonly sources: ReadonlyMap<string, SourceLocation>;
  readonly problems: readonly ResourceProblem[];
  /** Stages that policies let promote by themselves, by refKey. */
  readonly autoPromotion: ReadonlySet<string>;
  /** Pipelines run by themselves. */
  readonly running: boolean;
  /** Warehouses are looked at by themselves. */
  readonly discovers: boolean;
  readonly nowMs: number;
  readonly memory: TreeMemory;
}

/** What the tree remembers between snapshots. */
export interface TreeMemory {
  /** How many entries of the list with this id are shown. */
  shown(listId: string, firstShown: number): number;
  /** Whether a node starts expanded. Asked again, the first answer stays: a later one must not move what the user sees. */
  startsExpanded(nodeId: string, wanted: boolean): boolean;
}

/** A node that stands for a resource; commands take it as their target. */
export abstract class ResourceNode<K extends Kind> implements TreeNode, ResourceTarget<K> {
  readonly id: string;
  readonly folder: string;

  constructor(
    readonly parent: TreeNode | undefined,
    readonly scope: Scope,
    readonly ref: ResourceRef<K>,
  ) {
    this.folder = scope.folder;
    this.id = `${parent?.id ?? scope.folder}/${ref.kind}:${ref.name}`;
  }

  /** True when the resource is written in a file of the workspace. */
  get isWritten(): boolean {
    return this.scope.sources.has(refKey(this.ref));
  }

  /** What is wrong with the YAML it is written in. */
  get problems(): readonly ResourceProblem[] {
    if (this.scope.problems.length === 0) return [];
    return problemsAt(this.scope.sources.get(refKey(this.ref)), this.scope.problems);
  }

  /** True when there is something to open: a file, or what the engine recorded. */
  get canOpen(): boolean {
    return this.isWritten || this.ref.kind === "Freight" || this.ref.kind === "Promotion";
  }

  /** Flag for menus: opens a file, or a document made of what was recorded. */
  get sourceFlag(): "written" | "recorded" {
    return this.isWritten ? "written" : "recorded";
  }

  abstract children(): readonly TreeNode[];
  abstract item(): TreeItem;
  abstract tooltip(): Tooltip;
}

/** Expanded, collapsed, or without children at all. */
export function collapsible(hasChildren: boolean, expanded: boolean): TreeItemCollapsibleState {
  if (!hasChildren) return TreeItemCollapsibleState.None;
  return expanded ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}

/** Joins the parts of a description that say something. */
export function parts(...texts: readonly (string | undefined)[]): string {
  return texts.filter(Boolean).join(" · ");
}

/** The first line of a text, cut where it would push everything else out of sight. */
export function firstLine(text: string, length = 120): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
