// Stages and PromotionTasks as tree nodes.
// How a Stage stands is decided in model/state.ts.
import { TreeItem, TreeItemCollapsibleState } from "vscode";
import {
  type ClusterPromotionTask,
  isControlFlow,
  isTerminalPhase,
  originKey,
  type PromotionTask,
  type Stage,
  toRef,
} from "../../model/resources";
import {
  currentFreight,
  freightLabelByName,
  openPromotions,
  promotionsOf,
  type StageState,
  stageState,
} from "../../model/state";
import { contextValue } from "../contributions";
import { icons, stageIcons } from "./appearance";
import { CurrentFreightNode, NoFreightNode, sourceText } from "./freight-nodes";
import { PromotionNode } from "./promotion-nodes";
import { type Tooltip, tooltip } from "./tooltip";
import { collapsible, parts, ResourceNode, type Scope, type TreeNode } from "./tree-node";
import { ValueNode } from "./value-nodes";

/** A Stage; its children are what it runs on, its health's issues, and its running or last Promotion. */
export class StageNode extends ResourceNode<"Stage"> {
  readonly state: StageState;

  constructor(
    parent: TreeNode,
    scope: Scope,
    readonly stage: Stage,
  ) {
    super(parent, scope, toRef(stage));
    this.state = stageState(stage, scope.tree.promotions, scope.nowMs);
  }

  children(): readonly TreeNode[] {
    if (isControlFlow(this.stage)) return [];
    return [...this.#freight(), ...this.#issues(), ...this.#promotions()];
  }

  item(): TreeItem {
    const { name } = this.ref;
    const item = new TreeItem(name, collapsible(!isControlFlow(this.stage), false));
    item.iconPath = stageIcons[this.state.phase];
    item.description = parts(this.#freightText, this.state.label);
    const promotable = isControlFlow(this.stage) ? undefined : "promotable";
    item.contextValue = contextValue("stage", this.sourceFlag, promotable);
    item.accessibilityInformation = { label: `Stage ${name}, ${this.state.label}, ${this.#freightText}` };
    return item;
  }

  tooltip(): Tooltip {
    const { status } = this.stage;
    return tooltip({
      heading: this.ref.name,
      kind: isControlFlow(this.stage) ? "control flow Stage" : "Stage",
      facts: [
        ["State", this.state.label],
        ["Runs on", this.#freightText],
        ...this.stage.spec.requestedFreight.map((r): [string, string] => ["Takes Freight", sourceText(r)]),
        ["Soak time", this.stage.spec.requestedFreight.map((r) => r.sources?.requiredSoakTime).find(Boolean)],
        ["Auto-promotion", status?.autoPromotionEnabled === true ? "on" : undefined],
      ],
      message: this.state.message,
    });
  }

  /** Names of what it runs on; empty when nothing does. */
  get #freightText(): string {
    return currentFreight(this.stage)
      .map((reference) => freightLabelByName(this.scope.tree, reference.name))
      .join(", ");
  }

  #freight(): TreeNode[] {
    const current = new Map(currentFreight(this.stage).map((r) => [originKey(r.origin), r]));
    const requests = this.stage.spec.requestedFreight;
    return requests.map((request) => {
      const reference = current.get(originKey(request.origin));
      if (reference === undefined) return new NoFreightNode(this, request);
      return new CurrentFreightNode(this, this.scope, reference, requests.length > 1);
    });
  }

  #issues(): TreeNode[] {
    return (this.stage.status?.health?.issues ?? []).map(
      (issue, index) =>
        new ValueNode(this, { key: `issue:${index}`, label: issue, copyText: issue, icon: icons.warning }),
    );
  }

  #promotions(): TreeNode[] {
    const { promotions } = this.scope.tree;
    const last = promotionsOf(promotions, this.ref.name).find((p) => isTerminalPhase(p.status?.phase));
    const shown = [...openPromotions(promotions, this.ref.name), ...(last === undefined ? [] : [last])];
    return shown.map((promotion) => new PromotionNode(this, this.scope, promotion));
  }
}

/** A PromotionTask. */
export class TaskNode extends ResourceNode<"PromotionTask" | "ClusterPromotionTask"> {
  constructor(
    parent: TreeNode,
    scope: Scope,
    readonly task: PromotionTask | ClusterPromotionTask,
  ) {
    super(parent, scope, toRef<"PromotionTask" | "ClusterPromotionTask">(task));
  }

  children(): readonly TreeNode[] {
    return [];
  }

  item(): TreeItem {
    const item = new TreeItem(this.ref.name, TreeItemCollapsibleState.None);
    item.iconPath = icons.task;
    item.description = `${this.task.spec.steps.length} steps`;
    item.contextValue = contextValue(this.sourceFlag);
    return item;
  }

  tooltip(): Tooltip {
    const { vars = [], steps } = this.task.spec;
    return tooltip({
      heading: this.ref.name,
      kind: this.ref.kind,
      facts: [
        ["Variables", vars.map((variable) => variable.name).join(", ")],
        ["Steps", steps.map((step) => step.uses ?? "").join(", ")],
      ],
    });
  }
}
