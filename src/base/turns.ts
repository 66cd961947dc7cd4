// Long work in short pieces: whoever has had the thread for a while lets everybody else go first.
// Does no work itself and knows no priorities.

/** Milliseconds of work after which others get their turn. */
const turnMs = 12;

/** The turns of one piece of work. Cheap enough to be asked after every small step. */
export class Turns {
  #endsMs = performance.now() + turnMs;

  /** Undefined while the turn lasts; else what to await before going on. */
  over(): Promise<void> | undefined {
    if (performance.now() < this.#endsMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#endsMs = performance.now() + turnMs;
        resolve();
      });
    });
  }
}
