// What has been computed of an object, kept in the object itself, so that it ends with it.
// A WeakMap promises the same, but V8's quick collections hold its values for certain: large trees then outlive many of
// them and cost both time and memory. Counts nothing and drops nothing by itself.

/** A value for each of many objects. Copies, keys and JSON of the objects show nothing of it. */
export class Attached<K extends object, V> {
  private readonly slot = Symbol("attached");

  /** The value of an object; undefined when it has none. */
  get(key: K): V | undefined {
    return (key as { readonly [slot: symbol]: V | undefined })[this.slot];
  }

  /** Gives an object its value. It must be extensible. */
  set(key: K, value: V): void {
    Object.defineProperty(key, this.slot, { value, configurable: true, writable: true });
  }
}
