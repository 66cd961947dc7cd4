// Selectors of a ProjectConfig: which Stages a promotion policy is for, which Warehouses a webhook refreshes.
// The rules are Kargo's (pkg/pattern) and Kubernetes' label selectors; what cannot be read here may select anything.
import { isScalar } from "yaml";
import { isGlob, matchesGlob } from "../base/glob";
import { isObject } from "../base/json";
import { type LabelRequirement, meetsRequirement } from "../model/label-requirement";
import { goPattern, type Path } from "../model/schema/schema";
import type { Span } from "./source-file";
import { holdsShellVariable, isForeign, templateParts } from "./templates";
import type { Unit, UnitResource } from "./unit";
import { nodeAt, spanOf } from "./yaml-nodes";

/** A selector; its span is that of its key. */
export interface Selector extends Span {
  readonly kind: "Stage" | "Warehouse";
  /** Key and conditions. */
  readonly whole: Span;
  /** A name, or a pattern with its prefix. */
  readonly name?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly expressions: readonly LabelRequirement[];
  /** It has conditions that nobody here can judge. */
  readonly opaque: boolean;
}

/** The selectors of a ProjectConfig. */
export function selectorsOf(unit: Unit, resource: UnitResource): Selector[] {
  const spec = isObject(resource.value.spec) ? resource.value.spec : {};
  const found: Selector[] = [];
  const add = (kind: Selector["kind"], value: unknown, path: Path) => {
    const place = nodeAt(resource.node, path, unit.tree.document);
    const value_ = spanOf(place?.node);
    const key = isScalar(place?.key) ? spanOf(place.key) : undefined;
    const span = key ?? value_;
    if (!isObject(value) || span === undefined || value_ === undefined) return;
    found.push({ ...span, kind, whole: { start: span.start, end: value_.end }, ...conditionsOf(value) });
  };
  for (const [index, policy] of listIn(spec.promotionPolicies).entries()) {
    const path = ["spec", "promotionPolicies", index, "stageSelector"];
    if (isObject(policy)) add("Stage", policy.stageSelector, path);
  }
  for (const [index, receiver] of listIn(spec.webhookReceivers).entries()) {
    const generic = isObject(receiver) && isObject(receiver.generic) ? receiver.generic : {};
    for (const [at, action] of listIn(generic.actions).entries()) {
      const targets = isObject(action) ? listIn(action.targetSelectionCriteria) : [];
      const path = ["spec", "webhookReceivers", index, "generic", "actions", at, "targetSelectionCriteria"];
      for (const [one, target] of targets.entries()) add("Warehouse", target, [...path, one]);
    }
  }
  return found;
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function conditionsOf(value: Readonly<Record<string, unknown>>) {
  const { name, labelSelector, indexSelector } = value;
  const { matchLabels, matchExpressions } = isObject(labelSelector) ? labelSelector : value;
  const labels = Object.entries(isObject(matchLabels) ? matchLabels : {});
  const known = labels.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const expressions = listIn(matchExpressions).map(conditionOf);
  const isTemplate = typeof name === "string" && isUncertain(name);
  return {
    labels: Object.fromEntries(known),
    expressions: expressions.filter((one) => one !== undefined),
    opaque:
      isTemplate ||
      isObject(indexSelector) ||
      known.length < labels.length ||
      known.some(([, label]) => isUncertain(label)) ||
      expressions.includes(undefined),
    ...(typeof name === "string" && name !== "" && !isTemplate ? { name } : {}),
  };
}

/** Something else fills it in. */
function isUncertain(text: string): boolean {
  return templateParts(text).length > 0 || isForeign(text) || holdsShellVariable(text);
}

const operators: readonly unknown[] = ["In", "NotIn", "Exists", "DoesNotExist"];

function conditionOf(value: unknown): LabelRequirement | undefined {
  if (!isObject(value) || typeof value.key !== "string" || !operators.includes(value.operator))
    return undefined;
  const values = listIn(value.values).filter((one) => typeof one === "string");
  return { key: value.key, operator: String(value.operator), values };
}

/** What selectors look at. */
interface Selectable {
  readonly kind: string;
  readonly name?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a resource is selected; undefined when that cannot be told. */
export function selects(selector: Selector, { kind, name = "", labels }: Selectable): boolean | undefined {
  if (kind !== selector.kind) return false;
  const matches = selector.name === undefined ? () => true : nameMatcher(selector.name);
  const fits =
    (matches === undefined || matches(name)) &&
    Object.entries(selector.labels).every(([key, value]) => labels[key] === value) &&
    selector.expressions.every((condition) => meetsRequirement(condition, labels) === true);
  return fits && (selector.opaque || matches === undefined) ? undefined : fits;
}

function nameMatcher(pattern: string): ((name: string) => boolean) | undefined {
  const [, prefix, rest = ""] = /^(glob|regexp?):(.*)$/s.exec(pattern) ?? [];
  if (prefix === undefined) return pattern.includes(":") ? undefined : (name) => name === pattern;
  if (prefix === "glob") return isGlob(rest) ? (name) => matchesGlob(rest, name) : undefined;
  const regex = goPattern(rest);
  return regex === undefined ? undefined : (name) => regex.test(name);
}
