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

for (const [name, policy] of [
  ["a broken regular expression", { stageSelector: { name: "regex:(" } }],
  ["a broken glob", { stageSelector: { name: "glob:[" } }],
  ["an unknown operator", expression("Near", ["x"])],
  ["an operator without values", expression("In", [])],
] as const) {
  test(`auto-promotion policy: ${name} is an error`, () => {
    assert.throws(() => isAutoPromotionEnabled(config(policy), target));
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
