// One item in the status bar while Promotions have not ended: which one, and how far it is.
// Absent when nothing is promoted.
import { commands, StatusBarAlignment, type StatusBarItem, window } from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable";
import { type Promotion, toRef } from "../model/resources";
import { freightLabelByName, openPromotions, promotionState } from "../model/state";
import type { Backends } from "./backends";
import { type CommandId, contextKeys, pipelinesViewId, type ResourceTarget } from "./contributions";

interface Open {
  readonly folder: string;
  readonly promotion: Promotion;
  readonly freight: string;
}

/** Shows the item as long as it has something to say. */
export class PromotionStatus implements Disposable {
  readonly #backends: Backends;
  readonly #remember: (promoting: boolean) => void;
  readonly #owned = new DisposableStore();
  #item: StatusBarItem | undefined;
  #promoting = false;

  /** `remember` is told whether a Promotion has not ended, each time that changes. */
  constructor(backends: Backends, remember: (promoting: boolean) => void) {
    this.#backends = backends;
    this.#remember = remember;
    this.#owned.add(backends.onDidChange(() => this.#match()));
  }

  dispose(): void {
    this.#item?.dispose();
    this.#owned.dispose();
  }

  #match(): void {
    const open = this.#open();
    if (open.length > 0 !== this.#promoting) {
      this.#promoting = open.length > 0;
      this.#remember(this.#promoting);
      void commands.executeCommand("setContext", contextKeys.promoting, this.#promoting);
    }
    const [first] = open;
    if (first === undefined) {
      this.#item?.dispose();
      this.#item = undefined;
      return;
    }
    this.#item ??= this.#newItem();
    const text = open.length === 1 ? oneText(first) : `${open.length} Promotions`;
    this.#item.text = `$(sync~spin) ${text}`;
    this.#item.tooltip = open.map(({ promotion, freight }) => line(promotion, freight)).join("\n");
    this.#item.accessibilityInformation = { label: `Kargo: ${text}`, role: "button" };
    const target: ResourceTarget<"Promotion"> = { folder: first.folder, ref: toRef(first.promotion) };
    this.#item.command =
      open.length === 1
        ? { command: "kargo.promotion.reveal" satisfies CommandId, title: "Show", arguments: [target] }
        : `${pipelinesViewId}.focus`;
  }

  #newItem(): StatusBarItem {
    const item = window.createStatusBarItem("kargo.promotions", StatusBarAlignment.Left, 10);
    item.name = "Kargo Promotions";
    item.show();
    return item;
  }

  #open(): Open[] {
    return this.#backends.folders.flatMap(({ id, backend }) =>
      backend.snapshot.projects.flatMap((tree) =>
        openPromotions(tree.promotions).map((promotion) => ({
          folder: id,
          promotion,
          freight: freightLabelByName(tree, promotion.spec.freight ?? ""),
        })),
      ),
    );
  }
}

function oneText({ promotion, freight }: Open): string {
  const { steps, done } = promotionState(promotion, Date.now());
  const progress = steps.length === 0 ? "" : ` ${done}/${steps.length}`;
  return `${freight} → ${promotion.spec.stage}${progress}`;
}

function line(promotion: Promotion, freight: string): string {
  return `${freight} → ${promotion.spec.stage}: ${promotionState(promotion, Date.now()).label}`;
}
