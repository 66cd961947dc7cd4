// Nodes that show a value: an artifact, an output of a step, a message. Each can be copied.
// Interprets nothing.
import { type ThemeIcon, TreeItem, TreeItemCollapsibleState } from "vscode";
import { isObject, type JsonValue } from "../../base/json";
import type { Artifacts } from "../../model/resources";
import { repositoryName, shortDigest, shortId } from "../../model/subscriptions";
import { type CopyTarget, contextValue } from "../contributions";
import { artifactIcons, icons } from "./appearance";
import { type Tooltip, tooltip } from "./tooltip";
import { collapsible, firstLine, type TreeNode } from "./tree-node";

/** What a ValueNode shows. */
export interface ShownValue {
  /** Unique among its siblings. */
  readonly key: string;
  readonly label: string;
  readonly description?: string;
  readonly copyText: string;
  readonly icon: ThemeIcon;
  /** What is read aloud where label and description do not say it all. */
  readonly spoken?: string;
  readonly tooltip?: () => Tooltip;
}

/** A leaf with a value to copy. */
export class ValueNode implements TreeNode, CopyTarget {
  readonly id: string;
  readonly copyText: string;

  constructor(
    readonly parent: TreeNode,
    readonly value: ShownValue,
  ) {
    this.id = `${parent.id}/${value.key}`;
    this.copyText = value.copyText;
  }

  children(): readonly TreeNode[] {
    return [];
  }

  item(): TreeItem {
    const { label, description, icon, spoken } = this.value;
    const item = new TreeItem(label, TreeItemCollapsibleState.None);
    if (description !== undefined) item.description = description;
    item.iconPath = icon;
    item.contextValue = contextValue("value");
    if (spoken !== undefined) item.accessibilityInformation = { label: spoken };
    return item;
  }

  tooltip(): Tooltip | undefined {
    return this.value.tooltip?.();
  }
}

/** One entry of a step's output; objects and lists open up. */
export class OutputNode implements TreeNode, CopyTarget {
  readonly id: string;

  constructor(
    readonly parent: TreeNode,
    readonly name: string,
    readonly value: JsonValue,
  ) {
    this.id = `${parent.id}/output:${name}`;
  }

  get copyText(): string {
    return typeof this.value === "string" ? this.value : JSON.stringify(this.value, undefined, 2);
  }

  children(): readonly TreeNode[] {
    return entriesOf(this.value).map(([name, value]) => new OutputNode(this, name, value));
  }

  item(): TreeItem {
    const entries = entriesOf(this.value);
    const item = new TreeItem(this.name, collapsible(entries.length > 0, false));
    item.description = entries.length > 0 ? `${entries.length}` : firstLine(scalarText(this.value));
    item.iconPath = Array.isArray(this.value) ? icons.list : icons.value;
    item.contextValue = contextValue("value");
    return item;
  }

  tooltip(): Tooltip {
    const language = typeof this.value === "string" ? "text" : "json";
    return tooltip({ heading: this.name, kind: "output", code: { language, text: this.copyText } });
  }
}

/** The entries of a step's output, one node each. */
export function outputNodes(parent: TreeNode, output: JsonValue | undefined): TreeNode[] {
  return entriesOf(output).map(([name, value]) => new OutputNode(parent, name, value));
}

/** One node for each artifact. */
export function artifactNodes(parent: TreeNode, artifacts: Artifacts): TreeNode[] {
  return artifactValues(artifacts).map((value) => new ValueNode(parent, value));
}

function artifactValues({ commits = [], images = [], charts = [], artifacts = [] }: Artifacts): ShownValue[] {
  return [
    ...commits.map(({ repoURL = "", id = "", tag, branch, message, author }) => ({
      key: `commit:${repoURL}`,
      label: tag || shortId(id),
      description: [repositoryName(repoURL), message].filter(Boolean).join(" · "),
      copyText: id,
      icon: artifactIcons.git,
      tooltip: () =>
        tooltip({
          heading: tag || shortId(id),
          kind: "commit",
          facts: [
            ["Repository", repoURL],
            ["Commit", id],
            ["Tag", tag],
            ["Branch", branch],
            ["Author", author],
          ],
          message,
        }),
    })),
    ...images.map(({ repoURL = "", tag = "", digest = "" }) => ({
      key: `image:${repoURL}`,
      label: tag || shortDigest(digest),
      description: repositoryName(repoURL),
      copyText: `${repoURL}${tag && `:${tag}`}${digest && `@${digest}`}`,
      icon: artifactIcons.image,
      tooltip: () =>
        tooltip({
          heading: tag || shortDigest(digest),
          kind: "image",
          facts: [
            ["Repository", repoURL],
            ["Tag", tag],
            ["Digest", digest],
          ],
        }),
    })),
    ...charts.map(({ repoURL = "", name = "", version = "" }) => ({
      key: `chart:${repoURL}:${name}`,
      label: version,
      description: name || repositoryName(repoURL),
      copyText: version,
      icon: artifactIcons.chart,
      tooltip: () =>
        tooltip({
          heading: version,
          kind: "chart",
          facts: [
            ["Repository", repoURL],
            ["Name", name],
          ],
        }),
    })),
    ...artifacts.map(({ subscriptionName, version, artifactType }) => ({
      key: `artifact:${subscriptionName}`,
      label: version,
      description: subscriptionName,
      copyText: version,
      icon: artifactIcons.generic,
      tooltip: () =>
        tooltip({ heading: version, kind: artifactType, facts: [["Subscription", subscriptionName]] }),
    })),
  ];
}

function entriesOf(value: JsonValue | undefined): [string, JsonValue][] {
  if (Array.isArray(value)) return value.map((entry: JsonValue, index) => [String(index), entry]);
  return isObject(value) ? (Object.entries(value) as [string, JsonValue][]) : [];
}

function scalarText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
