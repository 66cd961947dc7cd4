// Looks after verifications that an ended process left under way while this one is open: who promoted has asked for them.
// Promotes nothing and drives no pipelines; the process that does is left to it.
import { type Disposable, DisposableStore, toDisposable } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import type { Logger } from "../../base/log";
import type { ResourceStore } from "../../engine/ports";

/** What is asked and done. */
export interface LeftVerificationParts {
  readonly store: Pick<ResourceStore, "onDidChange">;
  /** True while a process drives the pipelines: it goes on with every verification itself. */
  readonly isDriven: () => Promise<boolean>;
  /** True while any Stage is being verified. */
  readonly isAnyVerifying: () => Promise<boolean>;
  /** Goes on with every verification that is under way. */
  readonly takeUp: () => Promise<void>;
  readonly log: Logger;
}

/** Milliseconds in which the process that began a verification may end it before it counts as left. */
const graceMs = 3000;

/** Looks after the verifications of one workspace until disposed; between them it does nothing. */
export class LeftVerifications implements Disposable {
  readonly #parts: LeftVerificationParts;
  readonly #owned = new DisposableStore();
  #timer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(parts: LeftVerificationParts) {
    this.#parts = parts;
    this.#owned.add(parts.store.onDidChange(({ kind }) => kind === "Stage" && this.#lookLater()));
    this.#owned.add(toDisposable(() => clearTimeout(this.#timer)));
    this.#lookLater();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#owned.dispose();
  }

  #lookLater(): void {
    if (this.#timer !== undefined || this.#isDisposed) return;
    this.#timer = setTimeout(() => void this.#look(), graceMs);
    this.#timer.unref(); // a program that has ended all else is not kept for this
  }

  async #look(): Promise<void> {
    const { isDriven, isAnyVerifying, takeUp, log } = this.#parts;
    let isLeft = true;
    try {
      isLeft = await isAnyVerifying();
      if (isLeft && !this.#isDisposed && !(await isDriven())) await takeUp();
    } catch (error) {
      log.error(`Verifications left under way: ${errorMessage(error)}`);
    }
    this.#timer = undefined;
    if (isLeft) this.#lookLater(); // the process that drives may end before the verification does
  }
}
