// A list of named resources in a fixed order that is replaced, never changed: taking one resource in costs a copy of the
// list and a search, not another sort.
import type { AnyResource } from "./resources";

/** Which of two resources comes first; 0 only for resources of one name. */
export type Order<T> = (a: T, b: T) => number;

/** The resources of one kind in one namespace, in order. */
export class SortedList<T extends AnyResource> {
  readonly #order: Order<T>;
  /** Made when it is first asked for: most lists never change. */
  #names: Map<string, T> | undefined;
  #items: readonly T[];

  /** `sorted` is in order already. */
  constructor(sorted: readonly T[], order: Order<T>) {
    this.#order = order;
    this.#items = sorted;
  }

  /** The list as it is now; another one after each change. */
  get items(): readonly T[] {
    return this.#items;
  }

  get #byName(): Map<string, T> {
    this.#names ??= new Map(this.#items.map((item) => [item.metadata.name, item]));
    return this.#names;
  }

  get(name: string): T | undefined {
    return this.#byName.get(name);
  }

  /** Takes a resource in, in the place of the one of its name. */
  put(resource: T): void {
    const items = this.#without(resource.metadata.name);
    items.splice(this.#placeOf(resource, items), 0, resource);
    this.#items = items;
    this.#byName.set(resource.metadata.name, resource);
  }

  remove(name: string): void {
    this.#items = this.#without(name);
    this.#byName.delete(name);
  }

  #without(name: string): T[] {
    const items = [...this.#items];
    const old = this.#byName.get(name);
    if (old !== undefined) items.splice(this.#placeOf(old, items), 1);
    return items;
  }

  /** Where `resource` is, or would be. */
  #placeOf(resource: T, items: readonly T[]): number {
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#order(items[middle] as T, resource) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
