// What the tree remembers between snapshots: how much of each list is shown, and what began expanded.
// Knows no nodes and draws nothing.
import type { TreeMemory } from "./tree-node";

/** The memory of one view. */
export class ListMemory implements TreeMemory {
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

  /** Returns how many were shown before. */
  showMore(listId: string, more: number): number {
    const shown = this.#shown.get(listId) ?? 0;
    this.#shown.set(listId, shown + more);
    return shown;
  }

  /** True when that made the list longer. */
  showAtLeast(listId: string, count: number): boolean {
    if ((this.#shown.get(listId) ?? 0) >= count) return false;
    this.#shown.set(listId, count);
    return true;
  }
}
