// Ownership of things that must be released: listeners, timers, watchers.
// Knows nothing of VS Code; its Disposable type is structurally the same.

/** Something that holds a resource until `dispose` is called; calling it twice is harmless. */
export interface Disposable {
  dispose(): void;
}

/** Makes a Disposable of a function; the function runs at most once. */
export function toDisposable(release: () => void): Disposable {
  let released = false;
  return {
    dispose() {
      if (released) return;
      released = true;
      release();
    },
  };
}

/** Owns many Disposables. What is added after `dispose` is released at once, so a late answer cannot leak. */
export class DisposableStore implements Disposable {
  readonly #items = new Set<Disposable>();
  #disposed = false;

  /** True once `dispose` was called: code that resumes after an `await` asks this before it fires. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Takes ownership of `item` and returns it. */
  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.add(item);
    return item;
  }

  dispose(): void {
    this.#disposed = true;
    for (const item of [...this.#items].reverse()) item.dispose();
    this.#items.clear();
  }
}
