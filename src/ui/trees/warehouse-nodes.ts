// Warehouses and their subscriptions as tree nodes.
// How a Warehouse stands is decided in model/state.ts, what its subscriptions found in model/subscriptions.ts.
import { TreeItem } from "vscode";
import { agoText } from "../../base/elapsed";
import { nextDiscoveryText } from "../../model/autonomy";
import { toRef, type Warehouse } from "../../model/resources";
import { type WarehouseState, warehouseState } from "../../model/state";
import { type SubscriptionView, subscriptionViews } from "../../model/subscriptions";
import { contextValue } from "../contributions";
import { artifactIcons, icons, warehouseIcons } from "./appearance";
import { type Tooltip, timeText, tooltip } from "./tooltip";
import { collapsible, firstLine, parts, ResourceNode, type Scope, type TreeNode } from "./tree-node";
import { ValueNode } from "./value-nodes";

/** A Warehouse; its children are its subscriptions. */
export class WarehouseNode extends ResourceNode<"Warehouse"> {
  readonly state: WarehouseState;
  readonly #subscriptions: readonly SubscriptionView[];

  constructor(
    parent: TreeNode,
    scope: Scope,
    readonly warehouse: Warehouse,
  ) {
    super(parent, scope, toRef(warehouse));
    this.state = warehouseState(warehouse);
    this.#subscriptions = subscriptionViews(warehouse);
  }

  children(): readonly TreeNode[] {
    return this.#subscriptions.map((view) => new ValueNode(this, subscriptionValue(view)));
  }

  item(): TreeItem {
    const item = new TreeItem(this.ref.name, collapsible(this.#subscriptions.length > 0, false));
    item.iconPath = warehouseIcons[this.state.phase];
    item.description = parts(this.#trouble, this.#age);
    item.contextValue = contextValue("warehouse", this.sourceFlag, "refreshable");
    item.accessibilityInformation = { label: `Warehouse ${this.ref.name}, ${this.state.label}` };
    return item;
  }

  tooltip(): Tooltip {
    const { spec, status } = this.warehouse;
    return tooltip({
      heading: this.ref.name,
      kind: "Warehouse",
      facts: [
        ["State", this.state.label],
        ...this.#subscriptions.map((view): [string, string] => [
          "Watches",
          parts(view.repository, view.selection),
        ]),
        ["Discovered", timeText(status?.discoveredArtifacts?.discoveredAt)],
        [
          "Looks again",
          this.scope.discovers ? nextDiscoveryText(this.warehouse, this.scope.nowMs) : "when you refresh it",
        ],
        ["Freight", spec.freightCreationPolicy === "Manual" ? "assembled by hand" : "created automatically"],
      ],
      message: this.state.message,
    });
  }

  /** What keeps it from being ready, and where, if that is one of several. */
  get #trouble(): string | undefined {
    const { phase, label } = this.state;
    if (phase === "Ready") return undefined;
    const troubled = this.#subscriptions.filter(({ problem }) => problem !== undefined);
    const isOneOfMany = troubled.length > 0 && this.#subscriptions.length > 1;
    return isOneOfMany ? `${label} for ${troubled.map((view) => view.label).join(", ")}` : label;
  }

  get #age(): string | undefined {
    const at = Date.parse(this.warehouse.status?.discoveredArtifacts?.discoveredAt ?? "");
    return Number.isNaN(at) ? undefined : `discovered ${agoText(this.scope.nowMs - at)}`;
  }
}

function subscriptionValue(view: SubscriptionView) {
  const newest = view.found[0];
  const icon = view.type === "git" ? icons.repository : artifactIcons[view.type];
  return {
    key: `subscription:${view.index}`,
    label: view.label,
    description: parts(
      view.problem === undefined ? undefined : firstLine(view.problem),
      view.selection,
      newest === undefined ? undefined : `${newest.label} ${newest.description}`,
    ),
    copyText: view.repository,
    icon: view.problem === undefined ? icon : icons.warning,
    ...(view.problem === undefined ? {} : { spoken: `Subscription ${view.label}, failed: ${view.problem}` }),
    tooltip: () =>
      tooltip({
        heading: view.label,
        kind: `${view.type} subscription`,
        facts: [
          ["Repository", view.repository],
          ["Selects", view.selection],
          ["Found", foundText(view)],
          ["Newest", newest?.label],
        ],
        ...(view.problem === undefined ? {} : { message: view.problem }),
      }),
  };
}

function foundText({ found, problem, isPassedOver }: SubscriptionView): string {
  const count = found.length === 0 ? "nothing yet" : String(found.length);
  if (isPassedOver) return `${count}; not looked at again, because a subscription before it failed`;
  return problem === undefined || found.length === 0 ? count : `${count}, before it failed`;
}
