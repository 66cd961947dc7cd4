// Promotions and their steps as tree nodes.
// How each stands is decided in model/state.ts.
import { TreeItem } from "vscode";
import { agoText, lengthText } from "../../base/elapsed";
import { isTerminalPhase, type Promotion, toRef } from "../../model/resources";
import {
  freightLabelByName,
  openPromotions,
  type PromotionState,
  plainReason,
  promotionState,
  type StepState,
} from "../../model/state";
import { contextValue } from "../contributions";
import { promotionIcons, stepIcons } from "./appearance";
import { type Tooltip, timeText, tooltip } from "./tooltip";
import { collapsible, firstLine, parts, ResourceNode, type Scope, type TreeNode } from "./tree-node";
import { outputNodes } from "./value-nodes";

/** A Promotion; its children are its steps. */
export class PromotionNode extends ResourceNode<"Promotion"> {
  readonly state: PromotionState;

  constructor(
    parent: TreeNode,
    scope: Scope,
    readonly promotion: Promotion,
  ) {
    super(parent, scope, toRef(promotion));
    this.state = promotionState(promotion, scope.nowMs);
  }

  /** The alias of its Freight, or the start of its name. */
  get freight(): string {
    return freightLabelByName(this.scope.tree, this.promotion.spec.freight ?? "");
  }

  children(): readonly TreeNode[] {
    return this.state.steps.map((step) => new StepNode(this, step));
  }

  item(): TreeItem {
    const { phase, label, steps } = this.state;
    const isOpen = !isTerminalPhase(phase);
    // What a person has started is watched; what pipelines do by themselves must not push everything else away.
    const isAwaited = isOpen && this.#actor !== undefined;
    const expanded = this.scope.memory.startsExpanded(this.id, isAwaited);
    const item = new TreeItem(
      `${this.freight} → ${this.promotion.spec.stage}`,
      collapsible(steps.length > 0, expanded),
    );
    item.iconPath = promotionIcons[phase];
    item.description = parts(label, isOpen ? undefined : this.#length, this.#age);
    item.contextValue = contextValue("promotion", this.sourceFlag, isOpen ? "abortable" : undefined);
    item.accessibilityInformation = {
      label: `Promotion of ${this.freight} to ${this.promotion.spec.stage}, ${label}, ${this.#age ?? ""}`,
    };
    return item;
  }

  tooltip(): Tooltip {
    const { metadata, spec, status } = this.promotion;
    const { label, message, culprit } = this.state;
    return tooltip({
      heading: `${this.freight} → ${spec.stage}`,
      kind: "Promotion",
      facts: [
        ["State", label],
        ["Place in the queue", this.#place],
        ["Started", timeText(status?.startedAt)],
        ["Took", this.#length],
        ["By", this.#actor ?? "auto-promotion"],
        ["Freight", spec.freight],
        ["Name", metadata.name],
      ],
      message: message ?? culprit?.message,
    });
  }

  /** Who asked for it; undefined when its Stage did. */
  get #actor(): string | undefined {
    const actor = this.promotion.metadata.annotations?.["kargo.akuity.io/create-actor"];
    return actor?.startsWith("controller:") ? undefined : actor;
  }

  /** How many Promotions of the Stage go before it, counted from one; only while it waits. */
  get #place(): string | undefined {
    if (this.state.phase !== "Pending") return undefined;
    const open = openPromotions(this.scope.tree.promotions, this.promotion.spec.stage);
    const index = open.findIndex(({ metadata }) => metadata.name === this.ref.name);
    return index < 1 ? undefined : `${index + 1} of ${open.length}`;
  }

  get #length(): string | undefined {
    return this.state.lengthMs === undefined ? undefined : lengthText(this.state.lengthMs);
  }

  get #age(): string | undefined {
    const time = this.promotion.status?.finishedAt ?? this.promotion.metadata.creationTimestamp;
    const ms = Date.parse(time ?? "");
    return Number.isNaN(ms) ? undefined : agoText(this.scope.nowMs - ms);
  }
}

/** One step of a Promotion; its children are its outputs. */
export class StepNode implements TreeNode {
  readonly id: string;

  constructor(
    readonly parent: TreeNode,
    readonly step: StepState,
  ) {
    this.id = `${parent.id}/step:${step.index}`;
  }

  children(): readonly TreeNode[] {
    return outputNodes(this, this.step.output);
  }

  item(): TreeItem {
    const { label, phase, message, uses } = this.step;
    const item = new TreeItem(label, collapsible(this.children().length > 0, false));
    item.iconPath = stepIcons[phase];
    const told = phase === "Succeeded" || message === undefined ? undefined : firstLine(plainReason(message));
    const quiet = told === undefined ? quietWords[phase] : undefined;
    item.description = parts(told, uses === label ? undefined : uses, this.#length, quiet);
    item.accessibilityInformation = {
      label: `Step ${label}, ${uses}, ${phase}, ${told ?? this.#length ?? ""}`,
    };
    return item;
  }

  tooltip(): Tooltip {
    const { alias, uses, phase, message } = this.step;
    return tooltip({
      heading: alias,
      kind: `step ${uses}`,
      facts: [
        ["State", phase === "NotRun" ? "Not run" : phase],
        ["Took", this.#length],
      ],
      message: message === undefined ? undefined : plainReason(message),
    });
  }

  get #length(): string | undefined {
    return this.step.lengthMs === undefined ? undefined : lengthText(this.step.lengthMs);
  }
}

/** What is said of a step that has no message and did not simply succeed. */
const quietWords: Partial<Record<StepState["phase"], string>> = {
  Skipped: "skipped",
  Aborted: "aborted",
  Failed: "failed",
  Errored: "errored",
  NotRun: "not run",
};
