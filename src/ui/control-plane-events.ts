// What the control plane tells of, as it happens: every event as a line of an output channel, and one message for failures
// that came without anybody asking. Never more than one such message at a time.
import { type LogOutputChannel, window } from "vscode";
import { type Disposable, DisposableStore, toDisposable } from "../base/disposable";
import {
  eventFact,
  eventText,
  failureText,
  isExpected,
  isOwnFailure,
  type KargoEvent,
} from "../model/events";
import type { OpenFolder } from "./backends";
import type { ResourceTarget } from "./contributions";
import type { Notify } from "./notify";

/** Failures that come closer together than this are told in one message. */
const gatherMs = 1500;

/** What events need to be shown. */
export interface ControlPlaneEventsOptions {
  readonly notify: Notify;
  /** Whether messages about failures are wanted now. */
  readonly mayNotify: () => boolean;
  readonly silence: () => unknown;
  readonly reveal: (target: ResourceTarget) => unknown;
}

interface Failure {
  readonly event: KargoEvent;
  readonly folder: OpenFolder;
}

/** Shows events. */
export class ControlPlaneEvents implements Disposable {
  readonly #options: ControlPlaneEventsOptions;
  readonly #owned = new DisposableStore();
  readonly #untold: Failure[] = [];
  #channel: LogOutputChannel | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isTelling = false;

  constructor(options: ControlPlaneEventsOptions) {
    this.#options = options;
    this.#owned.add(toDisposable(() => clearTimeout(this.#timer)));
  }

  /** Takes an event in. */
  tell(event: KargoEvent, folder: OpenFolder): void {
    if (this.#owned.disposed) return;
    if (isExpected(event.reason)) this.#log.info(eventText(event));
    else this.#log.warn(eventText(event));
    if (!isOwnFailure(event) || !this.#options.mayNotify()) return;
    this.#untold.push({ event, folder });
    this.#tellSoon();
  }

  /** Shows the channel. */
  show(): void {
    this.#log.show(true);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  get #log(): LogOutputChannel {
    this.#channel ??= this.#owned.add(window.createOutputChannel("Kargo Events", { log: true }));
    return this.#channel;
  }

  /** As long as a message stands, the next failures wait for it to be closed. */
  #tellSoon(): void {
    if (this.#isTelling || this.#timer !== undefined) return;
    this.#timer = setTimeout(async () => {
      this.#timer = undefined;
      const told = this.#untold.splice(0);
      const text = failureText(told.map(({ event }) => event));
      if (text === undefined) return;
      this.#isTelling = true;
      await this.#options.notify.pipelinesFailed(text, {
        show: () => this.#show(told),
        silence: this.#options.silence,
      });
      this.#isTelling = false;
      if (this.#untold.length > 0) this.#tellSoon();
    }, gatherMs);
  }

  #show(failures: readonly Failure[]): void {
    const [first] = failures;
    if (first === undefined || failures.length > 1) {
      this.show();
      return;
    }
    const { event, folder } = first;
    const { namespace } = event.involvedObject;
    const promotion = eventFact(event, "promotion-name");
    const stage = eventFact(event, "stage-name") ?? "";
    const ref =
      promotion === undefined
        ? ({ kind: "Stage", namespace, name: stage } as const)
        : ({ kind: "Promotion", namespace, name: promotion } as const);
    this.#options.reveal({ folder: folder.id, ref });
  }
}
