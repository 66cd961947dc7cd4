import assert from "node:assert/strict";
import { test } from "node:test";
import {
  autoPromotionStages,
  isAutoPromotionEnabled,
} from "../../../../src/engine/reconcile/auto-promotion-policy";
import {
  kargoApiVersion,
  type ProjectConfig,
  type PromotionPolicy,
  refKey,
  type Stage,
  toRef,
} from "../../../../src/model/resources";
import { namespace, stage } from "../../../support/promotion-world";

const target: Stage = {
  ...stage("test-eu"),
  metadata: { name: "test-eu", namespace, labels: { env: "test", tier: "1" } },
};

function config(...promotionPolicies: readonly PromotionPolicy[]): ProjectConfig {
  return {
    apiVersion: kargoApiVersion,
    kind: "ProjectConfig",
    metadata: { name: namespace, namespace },
    spec: { promotionPolicies },
  };
}

const on = { autoPromotionEnabled: true };
const expression = (operator: string, values?: readonly string[], key = "env"): PromotionPolicy => ({
  stageSelector: { matchExpressions: [{ key, operator, values }] },
  ...on,
});

const rows: readonly [string, readonly PromotionPolicy[], boolean][] = [
  ["no policy", [], false],
  ["the exact name", [{ stageSelector: { name: "test-eu" }, ...on }], true],
  ["the deprecated name", [{ stage: "test-eu", ...on }], true],
  ["another name", [{ stage: "test", ...on }], false],
  ["a glob", [{ stageSelector: { name: "glob:test-*" }, ...on }], true],
  ["a regular expression matches anywhere", [{ stageSelector: { name: "regex:-e" }, ...on }], true],
  ["its other prefix", [{ stageSelector: { name: "regexp:^eu" }, ...on }], false],
  ["off by default", [{ stage: "test-eu" }], false],
  ["neither name nor labels: every Stage", [{ stageSelector: {}, ...on }], true],
  ["labels", [{ stageSelector: { matchLabels: { env: "test" } }, ...on }], true],
  [
    "labels and name must both match",
    [{ stageSelector: { name: "x", matchLabels: { env: "test" } }, ...on }],
    false,
  ],
  ["one label of two", [{ stageSelector: { matchLabels: { env: "test", tier: "2" } }, ...on }], false],
  ["In", [expression("In", ["prod", "test"])], true],
  ["In, label absent", [expression("In", ["test"], "zone")], false],
  ["NotIn", [expression("NotIn", ["test"])], false],
  ["NotIn, label absent", [expression("NotIn", ["test"], "zone")], true],
  ["Exists", [expression("Exists")], true],
  ["DoesNotExist", [expression("DoesNotExist")], false],
  ["the first match decides, even against it", [{ stage: "test-eu" }, { stage: "test-eu", ...on }], false],
  ["what does not match is passed over", [{ stage: "x" }, { stage: "test-eu", ...on }], true],
];

for (const [name, policies, expected] of rows) {
  test(`auto-promotion policy: ${name}`, () => {
    assert.equal(isAutoPromotionEnabled(config(...policies), target), expected);
  });
}

test("no configuration: off", () => assert.equal(isAutoPromotionEnabled(undefined, target), false));

const selector = "error parsing PromotionPolicy label selector ";
const empty = "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty";

for (const [name, policy, message] of [
  [
    "a broken regular expression",
    { stageSelector: { name: "regex:(" } },
    'error parsing PromotionPolicy name pattern "regex:(": error parsing regexp: missing closing ): `(`',
  ],
  [
    "a broken glob",
    { stageSelector: { name: "glob:[" } },
    'error parsing PromotionPolicy name pattern "glob:[": syntax error in pattern',
  ],
  [
    "an unknown operator",
    expression("Near", ["x", "y"]),
    `${selector}"&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:env,Operator:Near,Values:[x y],},},}": "Near" is not a valid label selector operator`,
  ],
  [
    "an operator without values, behind labels that do not match",
    { stageSelector: { matchLabels: { b: "2", a: "1" }, matchExpressions: [{ key: "k", operator: "In" }] } },
    `${selector}"&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[],},},}": ${empty}`,
  ],
  [
    "Exists with values",
    expression("Exists", ["x"]),
    `${selector}"&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:env,Operator:Exists,Values:[x],},},}": values: Invalid value: ["x"]: values set must be empty for exists and does not exist`,
  ],
] as const) {
  test(`auto-promotion policy: ${name} is an error`, () => {
    assert.throws(() => isAutoPromotionEnabled(config(policy), target), { message });
  });
}

test("the Stages of a workspace for which it is on, each by its own Project's policies alone", () => {
  const named = (name: string, project = namespace): Stage => ({
    ...target,
    metadata: { name, namespace: project },
  });
  const elsewhere: ProjectConfig = {
    ...config({ stage: "b", ...on }),
    metadata: { name: namespace, namespace: "x" },
  };
  const stages = [named("a"), named("b"), named("a", "other")];
  const keys = (config: ProjectConfig) => [...autoPromotionStages([...stages, elsewhere, config])];
  assert.deepEqual(keys(config({ stage: "a", ...on })), [refKey(toRef(named("a")))]);
  assert.deepEqual(keys(config({ stageSelector: { name: "regex:(" }, ...on })), []);
});
