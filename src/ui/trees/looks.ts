// How a row of the tree is drawn in the end, and how it is told that it would be drawn differently now.
// What a node says of itself the nodes decide.
import type { ThemeIcon, TreeItem } from "vscode";
import type { Kind } from "../../model/resources";
import { icons } from "./appearance";
import type { Looks } from "./rows";
import { parts, ResourceNode, type TreeNode } from "./tree-node";

/** How rows are compared. */
export const looks: Looks<TreeNode> = {
  row: (node) => lookOf(itemOf(node)),
  details: (node) => {
    const tooltip = node.tooltip?.();
    return (typeof tooltip === "string" ? tooltip : tooltip?.value) ?? "";
  },
};

/** The item of a node as it is drawn, without its id. */
export function itemOf(node: TreeNode): TreeItem {
  const item = node.item();
  if (node instanceof ResourceNode) markProblems(item, node);
  return item;
}

/** A resource whose YAML is wrong shows that before anything else. */
function markProblems(item: TreeItem, { problems }: ResourceNode<Kind>): void {
  const [first] = problems;
  if (first === undefined) return;
  item.iconPath = first.severity === "error" ? icons.error : icons.warning;
  item.description = parts(first.message, String(item.description ?? ""));
  const label = item.accessibilityInformation?.label ?? String(item.label);
  item.accessibilityInformation = { label: `${label}, ${first.severity}: ${first.message}` };
}

/** All that is seen of an item, as one text: items that are drawn alike have the same. */
function lookOf(item: TreeItem): string {
  const icon = item.iconPath as ThemeIcon | undefined;
  return [
    item.label,
    item.description,
    icon?.id,
    icon?.color?.id,
    item.collapsibleState,
    item.contextValue,
    item.accessibilityInformation?.label,
    item.tooltip,
    item.command?.command,
    JSON.stringify(item.command?.arguments),
  ].join("\0");
}
