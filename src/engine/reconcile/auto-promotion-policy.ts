// Whether a Stage promotes by itself: the first policy of its Project that matches decides (pkg/api/auto_promotion.go).
// Chooses no Freight and creates no Promotion.
import { goQuote } from "../../base/go-text";
import { compareBytewise } from "../../base/text";
import { type LabelRequirement, meetsRequirement } from "../../model/label-requirement";
import {
  type AnyResource,
  type ProjectConfig,
  type PromotionPolicy,
  refKey,
  type Stage,
  toRef,
} from "../../model/resources";
import { parseNamePattern } from "../patterns";

/**
 * True when auto-promotion is on for `stage`. Throws an Error with one sentence when a policy that comes before the
 * deciding one is malformed; upstream, that fails the whole pass of the Stage.
 */
export function isAutoPromotionEnabled(config: ProjectConfig | undefined, stage: Stage): boolean {
  const policy = config?.spec?.promotionPolicies?.find((candidate) => matches(candidate, stage));
  return policy?.autoPromotionEnabled === true;
}

/** The Stages among `resources` for which auto-promotion is on, by refKey. A malformed policy lets none through. */
export function autoPromotionStages(resources: readonly AnyResource[]): ReadonlySet<string> {
  const configs = new Map(
    resources
      .filter((r) => r.kind === "ProjectConfig")
      .filter(({ metadata }) => metadata.name === metadata.namespace)
      .map((config) => [config.metadata.name, config]),
  );
  const isOn = (stage: Stage) => {
    try {
      return isAutoPromotionEnabled(configs.get(stage.metadata.namespace ?? ""), stage);
    } catch {
      return false; // the Stage's own status says why
    }
  };
  return new Set(
    resources
      .filter((r) => r.kind === "Stage")
      .filter(isOn)
      .map((stage) => refKey(toRef(stage))),
  );
}

function matches(policy: PromotionPolicy, stage: Stage): boolean {
  const selector = policy.stageSelector ?? { name: policy.stage };
  if (selector.name && !matchesName(selector.name, stage.metadata.name)) return false;
  // The whole selector is read before any label is looked at, so a later malformed requirement counts too.
  for (const requirement of selector.matchExpressions ?? []) {
    const fault = faultOf(requirement);
    if (fault === undefined) continue;
    throw new Error(`error parsing PromotionPolicy label selector ${goQuote(shown(selector))}: ${fault}`);
  }
  const labels = stage.metadata.labels ?? {};
  const wanted = Object.entries(selector.matchLabels ?? {});
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  return (selector.matchExpressions ?? []).every((one) => meetsRequirement(one, labels));
}

function matchesName(pattern: string, name: string): boolean {
  const { matches: isMatch, reason = "" } = parseNamePattern(pattern);
  if (isMatch === undefined)
    throw new Error(`error parsing PromotionPolicy name pattern ${goQuote(pattern)}: ${reason}`);
  return isMatch(name);
}

/** Why Kubernetes refuses a requirement (LabelSelectorAsSelector, labels.NewRequirement); undefined when it does not. */
function faultOf({ operator, values = [] }: LabelRequirement): string | undefined {
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length > 0) return undefined;
      return "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty";
    case "Exists":
    case "DoesNotExist": {
      if (values.length === 0) return undefined;
      const given = JSON.stringify(values);
      return `values: Invalid value: ${given}: values set must be empty for exists and does not exist`;
    }
    default:
      return `${goQuote(operator)} is not a valid label selector operator`;
  }
}

/** A label selector as its generated Go type prints itself. */
function shown({ matchLabels = {}, matchExpressions = [] }: Labels): string {
  const labels = Object.keys(matchLabels).sort(compareBytewise);
  const pairs = labels.map((key) => `${key}: ${matchLabels[key]},`).join("");
  const requirements = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  const list = `[]LabelSelectorRequirement{${requirements.join("")}}`;
  return `&LabelSelector{MatchLabels:map[string]string{${pairs}},MatchExpressions:${list},}`;
}

type Labels = Pick<NonNullable<PromotionPolicy["stageSelector"]>, "matchLabels" | "matchExpressions">;
