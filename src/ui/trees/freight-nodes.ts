// Freight as tree nodes: in the Project's list, and as what a Stage runs on.
// Where Freight may go is decided in model/state.ts and model/freight.ts.
import { ThemeIcon, TreeItem } from "vscode";
import { agoText } from "../../base/elapsed";
import { soakingTexts } from "../../model/autonomy";
import { discoveryTime } from "../../model/pipeline";
import {
  type Freight,
  type FreightReference,
  type FreightRequest,
  originKey,
  toRef,
} from "../../model/resources";
import {
  type FreightPlaces,
  freightByName,
  freightLabel,
  freightLabelByName,
  freightPlaces,
  freightPlacesText,
  freightSummary,
} from "../../model/state";
import { artifactLabels } from "../../model/subscriptions";
import { contextValue } from "../contributions";
import { icons } from "./appearance";
import { type Tooltip, timeText, tooltip } from "./tooltip";
import { collapsible, parts, ResourceNode, type Scope, type TreeNode } from "./tree-node";
import { artifactNodes } from "./value-nodes";

/** A piece of Freight; its children are its artifacts. */
export class FreightNode extends ResourceNode<"Freight"> {
  readonly places: FreightPlaces;

  constructor(
    parent: TreeNode,
    scope: Scope,
    readonly freight: Freight,
  ) {
    super(parent, scope, toRef(freight));
    this.places = freightPlaces(freight, scope.tree.stages);
  }

  children(): readonly TreeNode[] {
    return artifactNodes(this, this.freight);
  }

  item(): TreeItem {
    const label = freightLabel(this.freight);
    const places = freightPlacesText(this.places);
    const item = new TreeItem(label, collapsible(this.children().length > 0, false));
    item.iconPath = this.places.currentlyIn.length > 0 ? icons.freightInUse : icons.freight;
    const [soaking] = soakingTexts(this.freight, this.scope.tree.stages, this.scope.nowMs);
    item.description = parts(
      freightSummary(this.freight),
      places,
      soaking === undefined ? undefined : `soaking for ${soaking}`,
    );
    item.contextValue = contextValue(
      "freight",
      this.sourceFlag,
      this.freight.alias ? "aliased" : undefined,
      "promotable",
    );
    item.accessibilityInformation = { label: `Freight ${label}, ${freightSummary(this.freight)}, ${places}` };
    return item;
  }

  tooltip(): Tooltip {
    return freightTooltip(this.freight, this.places, this.scope);
  }
}

/** What a Stage runs on from one origin it asks for. */
export class CurrentFreightNode extends ResourceNode<"Freight"> {
  readonly #freight: Freight | undefined;

  constructor(
    parent: TreeNode,
    scope: Scope,
    readonly reference: FreightReference,
    readonly isOneOfMany: boolean,
  ) {
    super(parent, scope, { kind: "Freight", namespace: scope.tree.name, name: reference.name });
    this.#freight = freightByName(scope.tree, reference.name);
  }

  children(): readonly TreeNode[] {
    return artifactNodes(this, this.reference);
  }

  item(): TreeItem {
    const label = freightLabelByName(this.scope.tree, this.reference.name);
    const item = new TreeItem(label, collapsible(artifactLabels(this.reference).length > 0, false));
    item.iconPath = icons.freightInUse;
    const origin = this.isOneOfMany ? `from ${this.reference.origin.name}` : undefined;
    item.description = parts(origin, freightSummary(this.reference), this.#since);
    const flags = this.#freight === undefined ? [] : (["freight", "recorded", "promotable"] as const);
    item.contextValue = contextValue(...flags, this.#freight?.alias ? "aliased" : undefined);
    item.accessibilityInformation = { label: `Runs on Freight ${label}, ${freightSummary(this.reference)}` };
    return item;
  }

  tooltip(): Tooltip {
    const freight = this.#freight;
    if (freight !== undefined)
      return freightTooltip(freight, freightPlaces(freight, this.scope.tree.stages), this.scope);
    return tooltip({
      heading: this.reference.name,
      kind: "Freight",
      message: "This Freight has been deleted.",
    });
  }

  get #since(): string | undefined {
    const stage = this.parent instanceof ResourceNode ? this.parent.ref.name : "";
    const since = Date.parse(this.#freight?.status?.currentlyIn?.[stage]?.since ?? "");
    return Number.isNaN(since) ? undefined : `since ${agoText(this.scope.nowMs - since)}`;
  }
}

/** A requested origin that nothing was promoted from yet. */
export class NoFreightNode implements TreeNode {
  readonly id: string;

  constructor(
    readonly parent: TreeNode,
    readonly request: FreightRequest,
  ) {
    this.id = `${parent.id}/none:${originKey(request.origin)}`;
  }

  children(): readonly TreeNode[] {
    return [];
  }

  item(): TreeItem {
    const item = new TreeItem("No Freight yet");
    item.description = sourceText(this.request);
    item.iconPath = new ThemeIcon(icons.none.id, icons.none.color);
    return item;
  }
}

/** Where a Stage takes Freight from: `from Warehouse hello`, `from hello through test or qa`. */
export function sourceText({ origin, sources }: FreightRequest): string {
  const { direct = false, stages = [], availabilityStrategy } = sources ?? {};
  const through = stages.join(availabilityStrategy === "All" ? " and " : " or ");
  if (through === "") return `from Warehouse ${origin.name}`;
  return `from ${origin.name} through ${through}${direct ? " or directly" : ""}`;
}

function freightTooltip(freight: Freight, places: FreightPlaces, { tree, nowMs }: Scope): Tooltip {
  const discovered = Date.parse(discoveryTime(freight));
  return tooltip({
    heading: freightLabel(freight),
    kind: "Freight",
    facts: [
      ["From", `Warehouse ${freight.origin.name}`],
      [
        "Discovered",
        Number.isNaN(discovered)
          ? undefined
          : `${timeText(discoveryTime(freight))} (${agoText(nowMs - discovered)})`,
      ],
      ...artifactLabels(freight).map((label): [string, string] => ["Artifact", label]),
      ["In", places.currentlyIn.join(", ")],
      ["Verified in", Object.keys(freight.status?.verifiedIn ?? {}).join(", ")],
      ["Approved for", places.approvedFor.join(", ")],
      ["Soaks for", soakingTexts(freight, tree.stages, nowMs).join(", ")],
      ["Name", freight.metadata.name],
    ],
    message: (freight.commits ?? [])
      .map((commit) => commit.message)
      .filter(Boolean)
      .join("\n"),
  });
}
