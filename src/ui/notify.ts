// Every message the extension shows, in one place: what went wrong, to whom it happened, and the way to the log.
// Speaks only about what the user started; what others did is seen in the tree.
import { window } from "vscode";
import type { BackendErrorCode } from "../backend/backend";
import { errorCode, errorMessage, isAbortError } from "../base/errors";
import type { Logger } from "../base/log";
import type { Promotion } from "../model/resources";
import { briefReason, plainReason, promotionState } from "../model/state";

/** What a message offers to do. */
interface Offer {
  readonly label: string;
  readonly run: () => unknown;
}

/** So many characters of a long message are shown, from its start and from its end. */
const shownLength = { head: 150, tail: 350 };

/** How long a note stays in the status bar. */
const noteMs = 6000;

/** Shows messages. */
export class Notify {
  readonly #log: Logger;
  readonly #showLog: () => void;

  constructor(options: { readonly log: Logger; readonly showLog: () => void }) {
    this.#log = options.log;
    this.#showLog = options.showLog;
  }

  /** `what` could not be done, e.g. "Could not refresh Warehouse hello". What the user stopped needs no message. */
  failed(what: string, error: unknown): void {
    const code = errorCode(error) as BackendErrorCode | undefined;
    if (isAbortError(error) || code === "aborted") return;
    const message = `${what}: ${errorMessage(error)}`;
    this.#log.error(code === undefined ? `${message}\n${stackOf(error)}` : message);
    void this.#error(message, [this.#logOffer()]);
  }

  /** A Promotion that was started here did not succeed: which step, and why. */
  promotionFailed(promotion: Promotion, freight: string, open: () => unknown): void {
    const { phase, culprit, message } = promotionState(promotion, Date.now());
    const where = culprit === undefined ? "" : ` at step ${culprit.label} (${culprit.uses})`;
    const reason = message ?? culprit?.message ?? "no reason was given";
    const what = `Promotion of ${freight} to ${promotion.spec.stage} ${phase.toLowerCase()}${where}`;
    this.#log.error(`${what}: ${plainReason(reason)}`);
    void this.#error(shorten(`${what}: ${briefReason(reason)}`), [
      this.#logOffer(),
      { label: "Show Promotion", run: open },
    ]);
  }

  /** A verification that was asked for here did not succeed. */
  verificationFailed(stage: string, phase: string, message: string | undefined): void {
    const words = { Failed: "failed", Error: "could not be run" }[phase] ?? phase.toLowerCase();
    const text = `Verification of ${stage} ${words}${message ? `: ${message}` : "."}`;
    this.#log.error(text);
    void this.#error(shorten(text), [this.#logOffer()]);
  }

  /** Something went as asked; said where it disturbs nobody. */
  done(text: string): void {
    this.#log.info(text);
    window.setStatusBarMessage(`$(check) ${text}`, noteMs);
  }

  /** There is nothing to choose from, or the question makes no sense now. */
  nothing(text: string, offer?: Offer): void {
    void this.#info(text, offer === undefined ? [] : [offer]);
  }

  /** Asks whether pipelines may run by themselves; `stages` has a line for each Project whose Stages would act. */
  async mayRunPipelines(stages: readonly string[]): Promise<boolean> {
    const acts =
      stages.length === 0
        ? "No Stage promotes by itself yet, because no ProjectConfig enables auto-promotion. Warehouses are looked at, and Stages are verified and checked."
        : `Whenever new Freight is available to them, these Stages promote it without asking:\n\n${stages.join("\n")}\n\nTheir promotion steps run on this machine with your credentials: they can push to Git repositories, open pull requests and call other services.`;
    const detail = `${acts}\n\nThis stays on for this workspace, also after a reload, until you switch it off in the status bar. What is under way then is finished, and nothing more begins.`;
    const yes = "Run Pipelines";
    const chosen = await window.showWarningMessage(
      "Run the pipelines of this workspace by themselves?",
      { modal: true, detail },
      yes,
    );
    return chosen === yes;
  }

  /** Asks before something is taken away for good. */
  async mayDelete(question: string, detail: string, yes = "Delete"): Promise<boolean> {
    return (await window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
  }

  /** Something went wrong that nobody had just asked for. Resolves when the message is gone. */
  async pipelinesFailed(
    text: string,
    { show, silence }: { readonly show: () => unknown; readonly silence: () => unknown },
  ): Promise<void> {
    await this.#error(shorten(text), [
      { label: "Show", run: show },
      { label: "Don't Tell Again", run: silence },
    ]);
  }

  /** The language server ended by itself and was started again: nothing is lost, so nobody is disturbed. */
  languageServerRestarted(): void {
    const text = "The Kargo language server ended unexpectedly and was started again.";
    this.#log.warn(text);
    window.setStatusBarMessage(`$(warning) ${text}`, noteMs);
  }

  /** It ended too often to be started again unasked. */
  languageServerGaveUp(again: () => unknown): void {
    const text = "The Kargo language server ended five times within three minutes and was not started again.";
    this.#log.error(text);
    void this.#error(text, [{ label: "Start Again", run: again }, this.#logOffer()]);
  }

  #logOffer(): Offer {
    return { label: "Show Log", run: this.#showLog };
  }

  async #error(text: string, offers: readonly Offer[]): Promise<void> {
    const chosen = await window.showErrorMessage(text, ...offers.map((offer) => offer.label));
    offers.find((offer) => offer.label === chosen)?.run();
  }

  async #info(text: string, offers: readonly Offer[]): Promise<void> {
    const chosen = await window.showInformationMessage(text, ...offers.map((offer) => offer.label));
    offers.find((offer) => offer.label === chosen)?.run();
  }
}

/**
 * Notifications are read at a glance; the whole text is in the log and at the step. What is too long loses its middle: a
 * chain of causes begins with what was tried and ends with the reason.
 */
function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= shownLength.head + shownLength.tail) return line;
  return `${line.slice(0, shownLength.head).trimEnd()} … ${line.slice(-shownLength.tail).trimStart()}`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? "") : "";
}
