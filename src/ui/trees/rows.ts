// The rows VS Code holds of a tree, each by the id of its node, and which of them have to be drawn again.
// Knows neither VS Code nor Kargo: what a row looks like is told to it as text.

/** What a row stands for. Made anew for every state of the tree; the id stays the same. */
export interface RowNode {
  /** Unique in the tree. */
  readonly id: string;
  readonly parent?: RowNode | undefined;
  children(): readonly RowNode[];
}

/** One row of the tree: the same object for as long as it is listed, whatever happens to its node. */
export class Row<N extends RowNode = RowNode> {
  readonly id: string;

  constructor(
    /** The newest node. */
    public node: N,
  ) {
    this.id = node.id;
  }
}

/** How nodes are told apart from what is shown of them, as texts that are compared. */
export interface Looks<N> {
  /** All that is seen of a row. */
  readonly row: (node: N) => string;
  /** What is seen only after somebody pointed at the row. */
  readonly details: (node: N) => string;
}

/** What has to be drawn again: rows, each with everything below it, or the tree as a whole. */
export type Redraw<N extends RowNode> = readonly Row<N>[] | "everything";

/** What is known of a row that has been handed out. */
interface Shown<N extends RowNode> {
  readonly row: Row<N>;
  /** Ids of the children that were handed out last. */
  children?: readonly string[];
  /** Whoever draws still holds those children: it lets go of them when the row is drawn again. */
  isOpen: boolean;
  look?: string | undefined;
  details?: string | undefined;
}

/** The rows that were handed out. */
export class Rows<N extends RowNode> {
  readonly #looks: Looks<N>;
  readonly #shown = new Map<string, Shown<N>>();
  #roots: readonly string[] | undefined;

  constructor(looks: Looks<N>) {
    this.#looks = looks;
  }

  /** How many rows are kept. */
  get size(): number {
    return this.#shown.size;
  }

  /** Hands out the rows at the top. */
  rootsOf(nodes: readonly N[]): Row<N>[] {
    this.#forgetAllBut(this.#roots, nodes);
    this.#roots = nodes.map(({ id }) => id);
    return nodes.map((node) => this.#handOut(node));
  }

  /** Hands out the rows below one. */
  childrenOf(row: Row<N>): Row<N>[] {
    const shown = this.#shownOf(row.node);
    const nodes = row.node.children() as readonly N[];
    this.#forgetAllBut(shown.children, nodes);
    shown.children = nodes.map(({ id }) => id);
    shown.isOpen = true;
    return nodes.map((node) => this.#handOut(node));
  }

  /** The row of a node, which need not have been asked for yet. */
  of(node: N): Row<N> {
    return this.#handOut(node);
  }

  /** Remembers what has just been drawn of a row. */
  drawn(row: Row<N>): void {
    const shown = this.#shownOf(row.node);
    shown.look = this.#looks.row(row.node);
    shown.details = undefined;
  }

  /** Remembers that somebody has seen the details of a row. */
  pointedAt(row: Row<N>): void {
    this.#shownOf(row.node).details = this.#looks.details(row.node);
  }

  /** Gives the rows their new nodes. Rows below one that is drawn again are not named. */
  renew(roots: readonly N[]): Redraw<N> {
    if (this.#roots === undefined) return "everything";
    if (!isSameOrder(this.#roots, roots)) {
      for (const node of roots) if (this.#shown.has(node.id)) this.#match(node, undefined);
      return "everything";
    }
    const changed: Row<N>[] = [];
    for (const node of roots) this.#match(node, changed);
    return changed;
  }

  /** `changed` takes what differs; without it everything here is drawn again anyway. */
  #match(node: N, changed: Row<N>[] | undefined): void {
    const shown = this.#shownOf(node);
    shown.row.node = node;
    const children = shown.isOpen ? (node.children() as readonly N[]) : [];
    const isListed = !shown.isOpen || isSameOrder(shown.children ?? [], children);
    const isDrawnAgain = changed === undefined || !isListed || this.#looksDifferent(shown);
    if (isDrawnAgain) {
      changed?.push(shown.row);
      shown.isOpen = false;
      shown.look = undefined;
      shown.details = undefined;
    }
    for (const child of children)
      if (isListed || this.#shown.has(child.id)) this.#match(child, isDrawnAgain ? undefined : changed);
  }

  #looksDifferent({ row: { node }, look, details }: Shown<N>): boolean {
    if (look !== undefined && look !== this.#looks.row(node)) return true;
    return details !== undefined && details !== this.#looks.details(node);
  }

  #handOut(node: N): Row<N> {
    const { row } = this.#shownOf(node);
    row.node = node;
    return row;
  }

  #shownOf(node: N): Shown<N> {
    const known = this.#shown.get(node.id);
    if (known !== undefined) return known;
    const shown: Shown<N> = { row: new Row(node), isOpen: false };
    this.#shown.set(node.id, shown);
    return shown;
  }

  /** Lets go of rows that are not listed any more, and of all below them. */
  #forgetAllBut(ids: readonly string[] | undefined, nodes: readonly N[]): void {
    if (ids === undefined || isSameOrder(ids, nodes)) return;
    const listed = new Set(nodes.map(({ id }) => id));
    const forget = (id: string): void => {
      const shown = this.#shown.get(id);
      this.#shown.delete(id);
      for (const child of shown?.children ?? []) forget(child);
    };
    for (const id of ids) if (!listed.has(id)) forget(id);
  }
}

function isSameOrder(ids: readonly string[], nodes: readonly RowNode[]): boolean {
  return ids.length === nodes.length && nodes.every(({ id }, index) => id === ids[index]);
}
