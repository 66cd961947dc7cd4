// Whether a Stage promotes by itself: the first policy of its Project that matches decides (pkg/api/auto_promotion.go).
// Chooses no Freight and creates no Promotion.
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
  const labels = stage.metadata.labels ?? {};
  const wanted = Object.entries(selector.matchLabels ?? {});
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  return (selector.matchExpressions ?? []).every((expression) => matchesExpression(expression, labels));
}

function matchesName(pattern: string, name: string): boolean {
  const { matches: isMatch, problem } = parseNamePattern(pattern);
  if (isMatch === undefined) throw new Error(problem);
  return isMatch(name);
}

/** As meetsRequirement; throws an Error for a requirement that Kubernetes refuses. */
function matchesExpression(expression: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const { operator, values = [] } = expression;
  const takesValues = operator === "In" || operator === "NotIn";
  if (takesValues && values.length === 0)
    throw new Error(`the label selector operator "${operator}" needs values`);
  const isMet = meetsRequirement(expression, labels);
  if (isMet === undefined) throw new Error(`"${operator}" is not a valid label selector operator`);
  return isMet;
}
