// Stays with a Promotion that was started here until it has ended: progress step by step, Cancel, one message at the end.
// A Promotion that others started is only seen in the tree.
import { type Promotion, toRef } from "../model/resources";
import { freightLabelByName, promotionState } from "../model/state";
import { findTarget, type OpenFolder } from "./backends";
import type { Notify } from "./notify";
import { withActProgress } from "./progress";

/** Who is told, and where to look at the Promotion. */
export interface FollowOptions {
  readonly folder: OpenFolder;
  readonly notify: Notify;
  readonly reveal: (promotion: Promotion) => unknown;
  /** Who stops it when the user presses Cancel. */
  readonly actor: string;
}

/** Resolves when the Promotion has ended, or can no longer be followed. */
export async function followPromotion(promotion: Promotion, options: FollowOptions): Promise<void> {
  const { folder, notify } = options;
  const freight = freightName(folder, promotion);
  const { stage } = promotion.spec;
  try {
    const ended = await withActProgress(
      { title: `Promoting ${freight} to ${stage}`, quietMs: 0 },
      (report, signal) => untilEnded(promotion, options, report, signal),
    );
    const { phase } = promotionState(ended, Date.now());
    if (phase === "Succeeded") notify.done(`${freight} promoted to ${stage}`);
    else if (phase !== "Aborted") notify.promotionFailed(ended, freight, () => options.reveal(ended));
  } catch (error) {
    notify.failed(`Could not follow the promotion of ${freight} to ${stage}`, error);
  }
}

async function untilEnded(
  promotion: Promotion,
  { folder, notify, actor }: FollowOptions,
  report: (message: string, percent?: number) => void,
  signal: AbortSignal,
): Promise<Promotion> {
  const { backend } = folder;
  const ref = toRef(promotion);
  let reported = 0;
  const subscription = backend.onDidChange(() => {
    const current = findTarget([folder], { ref })?.tree.promotions.find((p) => p.metadata.name === ref.name);
    if (current === undefined) return;
    const { steps, done } = promotionState(current, Date.now());
    const running = steps[done];
    const percent = steps.length === 0 ? 0 : (100 * done) / steps.length;
    if (running !== undefined) report(`${done + 1}/${steps.length} ${running.label}`, percent - reported);
    reported = percent;
  });
  signal.addEventListener("abort", () => {
    backend
      .abortPromotion(ref, { signal: new AbortController().signal, actor })
      .catch((error: unknown) =>
        notify.failed(`Could not abort the promotion to ${promotion.spec.stage}`, error),
      );
  });
  try {
    return await backend.waitForPromotion(ref, { signal: new AbortController().signal });
  } finally {
    subscription.dispose();
  }
}

function freightName(folder: OpenFolder, promotion: Promotion): string {
  const tree = findTarget([folder], { ref: toRef(promotion) })?.tree;
  const name = promotion.spec.freight ?? "";
  return tree === undefined ? name : freightLabelByName(tree, name);
}
