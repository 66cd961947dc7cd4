// The outline of a file and the search for names: resources by kind and name, with their steps, variables and sources.
// Follows no reference.
import { isScalar, type Node } from "yaml";
import { isObject } from "../base/json";
import type { Path } from "../model/schema/schema";
import type { Span } from "./source-file";
import { stepListOf } from "./step-lists";
import type { Unit, UnitResource } from "./unit";
import type { IndexedResource, WorkspaceIndex } from "./workspace-index";
import { nodeAt, spanOf } from "./yaml-nodes";

/** What an outline shows. Spans are those of the unit until the service shifts them. */
export interface OutlineSymbol extends Span {
  readonly name: string;
  readonly detail: string;
  readonly kind: "resource" | "step" | "variable" | "subscription" | "request" | "metric" | "policy";
  /** The text that names it. */
  readonly selection: Span;
  readonly children: readonly OutlineSymbol[];
}

/** The outline of a unit; computed once per text. */
export function outlineOf(unit: Unit): readonly OutlineSymbol[] {
  return unit.result(outline);
}

function outline(unit: Unit): readonly OutlineSymbol[] {
  if (!unit.relevant) return [];
  return unit.tree.resources.flatMap((resource) => {
    if (resource.schema === undefined) return [];
    const span = trimmedSpan(unit, resource.node);
    const { metadata } = resource.value;
    const name = isObject(metadata) && typeof metadata.name === "string" ? metadata.name : "";
    const selection = spanAt(unit, resource, ["metadata", "name"]) ?? span;
    const detail = isObject(metadata) && typeof metadata.namespace === "string" ? metadata.namespace : "";
    const label = name === "" ? resource.kind : `${resource.kind} ${name}`;
    return [
      { name: label, detail, kind: "resource", ...span, selection, children: childrenOf(unit, resource) },
    ];
  });
}

/** The span of a block without the blank lines and comments behind it. */
function trimmedSpan(unit: Unit, node: Node): Span {
  const range = node.range ?? [0, 0, 0];
  const end = Math.max(range[0], unit.text.slice(0, range[1]).trimEnd().length);
  return { start: range[0], end };
}

function spanAt(unit: Unit, resource: UnitResource, path: Path): Span | undefined {
  const found = nodeAt(resource.node, path, unit.tree.document)?.node;
  return isScalar(found) ? spanOf(found) : undefined;
}

function childrenOf(unit: Unit, resource: UnitResource): OutlineSymbol[] {
  const { kind, value } = resource;
  const spec = isObject(value.spec) ? value.spec : {};
  const list = stepListOf(kind, value);
  const child = (
    path: Path,
    selection: Path,
    symbol: Pick<OutlineSymbol, "name" | "detail" | "kind">,
  ): OutlineSymbol[] => {
    const found = nodeAt(resource.node, path, unit.tree.document);
    if (found?.node === undefined || found.shared) return [];
    const span = trimmedSpan(unit, found.node);
    const selected = spanAt(unit, resource, selection) ?? { start: span.start, end: span.start };
    const isInside = selected.start >= span.start && selected.end <= span.end;
    return [{ ...symbol, ...span, selection: isInside ? selected : span, children: [] }];
  };
  const entries = (field: string) => (Array.isArray(spec[field]) ? (spec[field] as readonly unknown[]) : []);
  return [
    ...(list?.vars ?? []).flatMap(({ name, path, value: text }) =>
      child(path, [...path, "name"], { name, detail: text ?? "", kind: "variable" }),
    ),
    ...entries("subscriptions").flatMap((entry, index) => {
      const [type, body] = isObject(entry) ? (Object.entries(entry)[0] ?? []) : [];
      const url = isObject(body) && typeof body.repoURL === "string" ? body.repoURL : "";
      const path = ["spec", "subscriptions", index];
      return child(path, [...path, type ?? "", "repoURL"], {
        name: url,
        detail: type ?? "",
        kind: "subscription",
      });
    }),
    ...entries("requestedFreight").flatMap((entry, index) => {
      const origin = isObject(entry) && isObject(entry.origin) ? entry.origin.name : undefined;
      const path = ["spec", "requestedFreight", index];
      const name = typeof origin === "string" ? origin : "";
      return child(path, [...path, "origin", "name"], { name, detail: "requested Freight", kind: "request" });
    }),
    ...(list?.steps ?? []).flatMap(({ alias, named, path, uses, task }) => {
      const detail = task === undefined ? (uses ?? "") : `task ${task.name}`;
      const selection = [...path, named ? "as" : task === undefined ? "uses" : "task"];
      return child(path, selection, { name: alias, detail, kind: "step" });
    }),
    ...entries("promotionPolicies").flatMap((entry, index) => {
      const path = ["spec", "promotionPolicies", index];
      return child(path, [...path, "stageSelector", "name"], {
        name: policyName(entry),
        detail: "policy",
        kind: "policy",
      });
    }),
    ...entries("metrics").flatMap((entry, index) => {
      const path = ["spec", "metrics", index];
      const name = isObject(entry) && typeof entry.name === "string" ? entry.name : "";
      return child(path, [...path, "name"], { name, detail: "metric", kind: "metric" });
    }),
  ].filter(({ name }) => name !== "");
}

function policyName(policy: unknown): string {
  if (!isObject(policy)) return "";
  if (typeof policy.stage === "string") return policy.stage;
  const selector = policy.stageSelector;
  if (!isObject(selector)) return "";
  return typeof selector.name === "string" && selector.name !== "" ? selector.name : "by labels";
}

/** Resources whose kind or name holds all letters of the query, in order; the best first. */
export function findResources(query: string, index: WorkspaceIndex): readonly IndexedResource[] {
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const found: { readonly entry: IndexedResource; readonly rank: number }[] = [];
  for (const entry of index.everything()) {
    const { name = "", kind } = entry.facts;
    const text = `${kind}${name}`.toLowerCase();
    if (name === "" || !holdsLetters(text, wanted)) continue;
    const lower = name.toLowerCase();
    const rank = lower === wanted ? 0 : lower.startsWith(wanted) ? 1 : text.includes(wanted) ? 2 : 3;
    found.push({ entry, rank });
  }
  return found.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
}

function holdsLetters(text: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
