// Draws the pipelines tree the way VS Code does, without an editor: asks for items and for the children of what is
// open, and asks again for what it is told to. Draws nothing that can be seen.
import type { Snapshot } from "../../src/backend/backend";
import { Emitter } from "../../src/base/events";
import { ListMemory } from "../../src/ui/trees/list-memory";
import { itemOf, looks } from "../../src/ui/trees/looks";
import { rootNodes } from "../../src/ui/trees/project-nodes";
import { type Row, Rows } from "../../src/ui/trees/rows";
import type { TreeNode } from "../../src/ui/trees/tree-node";

/** What the tree depends on besides the snapshot. */
export interface Drawn {
  readonly snapshot: Snapshot;
  readonly nowMs: number;
  readonly running?: boolean;
}

/** A tree somebody looks at. */
export class TreeDrawing {
  readonly rows = new Rows<TreeNode>(looks);
  readonly #memory = new ListMemory();
  readonly #isOpen: (id: string, startsOpen: boolean) => boolean;
  readonly #held = new Map<string, Row<TreeNode>>();

  /** `isOpen` says which rows are opened; without it those that start so. */
  constructor(isOpen: (id: string, startsOpen: boolean) => boolean = (_id, startsOpen) => startsOpen) {
    this.#isOpen = isOpen;
  }

  /** Draws all of it; returns how many rows that are. */
  draw(what: Drawn): number {
    for (const row of this.rows.rootsOf(this.#roots(what))) this.#drawWithChildren(row);
    return this.#held.size;
  }

  /** Shows another state: returns the names of the rows that had to be drawn again, shortened by their folder. */
  show(what: Drawn): string[] | "everything" {
    const redraw = this.rows.renew(this.#roots(what));
    if (redraw === "everything") {
      this.#held.clear();
      this.draw(what);
      return redraw;
    }
    for (const row of redraw) this.#drawWithChildren(row);
    return redraw.map(({ id }) => id.slice(id.indexOf("/") + 1));
  }

  /** What a person presses at the end of a long list. */
  showMore(listId: string, count: number): void {
    this.#memory.showMore(listId, count);
  }

  /** Somebody points at a row. */
  pointAt(id: string): void {
    const row = this.#held.get(id);
    if (row !== undefined) this.rows.pointedAt(row);
  }

  /** The row with this id, as it is held. */
  rowAt(id: string): Row<TreeNode> | undefined {
    return this.#held.get(id);
  }

  /** Ids of all rows that were drawn. */
  get ids(): string[] {
    return [...this.#held.keys()];
  }

  #roots({ snapshot, nowMs, running = false }: Drawn): TreeNode[] {
    const onDidChange = new Emitter<void>(() => {}).event;
    const backend = { snapshot, onDidChange } as Parameters<typeof rootNodes>[0][number]["backend"];
    const common = { memory: this.#memory, nowMs, running, discovers: false };
    return rootNodes([{ id: "folder", name: "folder", backend }], [], common);
  }

  #drawWithChildren(row: Row<TreeNode>): void {
    const startsOpen = itemOf(row.node).collapsibleState === 2;
    this.rows.drawn(row);
    this.#held.set(row.id, row);
    if (!this.#isOpen(row.id, startsOpen)) return;
    for (const child of this.rows.childrenOf(row)) this.#drawWithChildren(child);
  }
}
