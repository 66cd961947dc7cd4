// Stages and PromotionTasks as tree nodes.
// How a Stage stands is decided in model/state.ts.
import { TreeItem, TreeItemCollapsibleState } from "vscode";
import { type StageAutonomy, stageAutonomy } from "../../model/autonomy";
import {
  type ClusterPromotionTask,
  isControlFlow,
  isTerminalPhase,
  originKey,
  type PromotionTask,
  refKey,
  type Stage,
  toRef,
  type VerificationInfo,
} from "../../model/resources";
import {
  canVerifyAgain,
  hasAnalysisRun,
  isVerifying,
  newestVerification,
  stagesBehind,
} from "../../model/stage-acts";
import {
  currentFreight,
  freightLabelByName,
  openPromotions,
  promotionsOf,
  type StageState,
  stageState,
} from "../../model/state";
import { contextValue, type ItemFlag } from "../contributions";
import { icons, stageIcons } from "./appearance";
import { CurrentFreightNode, NoFreightNode, sourceText } from "./freight-nodes";
import { PromotionNode } from "./promotion-nodes";
import { type Tooltip, timeText, tooltip } from "./tooltip";
import { collapsible, parts, ResourceNode, type Scope, type TreeNode } from "./tree-node";
import { ValueNode } from "./value-nodes";

/** A Stage; its children are what it runs on, its health's issues, and its running or last Promotion. */
export class StageNode extends ResourceNode<"Stage"> {
  readonly state: StageState;
  readonly autonomy: StageAutonomy;

  constructor(
    parent: TreeNode,
    scope: Scope,
    readonly stage: Stage,
  ) {
    super(parent, scope, toRef(stage));
    this.state = stageState(stage, scope.tree.promotions, scope.nowMs);
    const { autoPromotion, running, tree } = scope;
    this.autonomy = stageAutonomy(stage, { allowed: autoPromotion.has(refKey(this.ref)), running, tree });
  }

  children(): readonly TreeNode[] {
    if (isControlFlow(this.stage)) return [];
    return [...this.#freight(), ...this.#issues(), ...this.#promotions()];
  }

  item(): TreeItem {
    const { name } = this.ref;
    const item = new TreeItem(name, collapsible(!isControlFlow(this.stage), false));
    item.iconPath = stageIcons[this.state.phase];
    item.description = parts(this.#freightText, this.state.label, this.autonomy.label);
    item.contextValue = contextValue("stage", this.sourceFlag, ...this.#flags());
    const { text } = this.autonomy;
    item.accessibilityInformation = {
      label: `Stage ${name}, ${this.state.label}, ${this.#freightText}${text === "" ? "" : `, ${text}`}`,
    };
    return item;
  }

  #flags(): (ItemFlag | undefined)[] {
    const behind = stagesBehind(this.scope.tree.stages, this.stage);
    const isUpstream = behind.length > 0 && (isControlFlow(this.stage) || this.#freightText !== "");
    return [
      isControlFlow(this.stage) ? undefined : "promotable",
      isUpstream ? "upstream" : undefined,
      canVerifyAgain(this.stage) ? "verifiable" : undefined,
      isVerifying(this.stage) ? "verifying" : undefined,
      hasAnalysisRun(this.stage) ? "analysed" : undefined,
      this.autonomy.label === "held" ? "held" : undefined,
    ];
  }

  tooltip(): Tooltip {
    const verification = newestVerification(this.stage);
    return tooltip({
      heading: this.ref.name,
      kind: isControlFlow(this.stage) ? "control flow Stage" : "Stage",
      facts: [
        ["State", this.state.label],
        ["Runs on", this.#freightText],
        ...this.stage.spec.requestedFreight.map((r): [string, string] => ["Takes Freight", sourceText(r)]),
        ["Soak time", this.stage.spec.requestedFreight.map((r) => r.sources?.requiredSoakTime).find(Boolean)],
        ["Health", this.stage.status?.health?.status],
        ["Verification", verificationText(verification)],
        ["Auto-promotion", this.autonomy.text],
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

/** One that has not ended is told with its beginning: the end that Kargo records of it is none yet. */
function verificationText(verification: VerificationInfo | undefined): string {
  if (verification === undefined) return "";
  const { phase, startTime, finishTime } = verification;
  const isOpen = phase === "Pending" || phase === "Running";
  return parts(phase, isOpen ? `since ${timeText(startTime)}` : timeText(finishTime));
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
