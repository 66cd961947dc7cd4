// Long work in short pieces: whoever has had the thread for a while lets everybody else go first.
// Does no work itself and knows no priorities. Work that is also wanted at one go is a generator that yields between pieces.

/** Milliseconds of work after which others get their turn, where nothing else is asked for. */
const usualMs = 12;

/** The turns of one piece of work. Cheap enough to be asked after every small step. */
export class Turns {
  readonly #lengthMs: number;
  #endsMs: number;

  constructor(lengthMs = usualMs) {
    this.#lengthMs = lengthMs;
    this.#endsMs = performance.now() + lengthMs;
  }

  /** Undefined while the turn lasts; else what to await before going on. */
  over(): Promise<void> | undefined {
    if (performance.now() < this.#endsMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#endsMs = performance.now() + this.#lengthMs;
        resolve();
      });
    });
  }
}

/** Goes through the steps, with turns for others in between. */
export async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  const turns = new Turns();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    const turn = turns.over();
    if (turn !== undefined) await turn;
  }
}

/** Goes through the steps at one go. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
