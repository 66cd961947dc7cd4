import assert from "node:assert/strict";
import { test } from "node:test";
import { freightSummary, summarizeConditions } from "../../../../src/engine/reconcile/stage-conditions";
import type { Condition, FreightCollection, Stage, StageStatus } from "../../../../src/model/resources";
import { namespace, stage } from "../../../support/promotion-world";

const now = new Date("2026-01-02T03:04:05Z");
const target: Stage = { ...stage("test"), metadata: { name: "test", namespace, generation: 7 } };

function condition(
  type: string,
  status: Condition["status"],
  reason: string,
  message = `m-${reason}`,
): Condition {
  return { type, status, reason, message, lastTransitionTime: "2026-01-01T00:00:00Z" };
}

const promoting = condition("Promoting", "True", "ActivePromotion");
const healthy = condition("Healthy", "True", "Healthy");
const verified = condition("Verified", "True", "Verified");
const failed: StageStatus = { lastPromotion: { name: "p", status: { phase: "Failed", message: "no" } } };

const rows: readonly [string, StageStatus, string][] = [
  [
    "promoting beats all",
    { ...failed, conditions: [promoting, healthy, verified] },
    "False ActivePromotion m-ActivePromotion",
  ],
  [
    "then a last Promotion that did not succeed",
    { ...failed, conditions: [healthy, verified] },
    "False LastPromotionFailed no",
  ],
  [
    "then health",
    { conditions: [condition("Healthy", "Unknown", "NoFreight"), verified] },
    "False NoFreight m-NoFreight",
  ],
  ["health never judged", { conditions: [verified] }, "False Unhealthy Stage is not healthy"],
  [
    "then verification",
    { conditions: [healthy, condition("Verified", "False", "VerificationFailed")] },
    "False VerificationFailed m-VerificationFailed",
  ],
  ["verification never judged", { conditions: [healthy] }, "False PendingVerification Stage is not verified"],
  [
    "else ready, in the words of the verification",
    { conditions: [healthy, verified] },
    "True Verified m-Verified",
  ],
  [
    "a last Promotion that still runs does not count",
    { lastPromotion: { name: "p", status: { phase: "Running" } }, conditions: [healthy, verified] },
    "True Verified m-Verified",
  ],
];

for (const [name, status, expected] of rows) {
  test(`ready: ${name}`, () => {
    const reconciling = condition("Reconciling", "True", "X");
    const summarized = summarizeConditions(
      target,
      { ...status, conditions: [...(status.conditions ?? []), reconciling] },
      now,
    );
    const ready = summarized.conditions?.find(({ type }) => type === "Ready");
    assert.equal(`${ready?.status} ${ready?.reason} ${ready?.message}`, expected);
    const isReady = expected.startsWith("True");
    assert.equal(summarized.observedGeneration, isReady ? 7 : undefined);
    assert.equal(
      summarized.conditions?.some(({ type }) => type === "Reconciling"),
      !isReady,
    );
  });
}

test("an error: not ready, to be tried again, the summary untouched", () => {
  const status = summarizeConditions(target, { conditions: [healthy, verified] }, now, "went wrong");
  assert.deepEqual(
    status.conditions?.map(({ type, status: value, reason, message }) => [type, value, reason, message]),
    [
      ["Healthy", "True", "Healthy", "m-Healthy"],
      ["Verified", "True", "Verified", "m-Verified"],
      ["Ready", "False", "ReconcileError", "went wrong"],
      ["Reconciling", "True", "RetryAfterError", ""],
    ],
  );
  assert.equal(status.freightSummary, undefined);
});

function of(...names: readonly string[]): FreightCollection {
  return {
    id: "",
    items: Object.fromEntries(
      names.map((name) => [`Warehouse/${name}`, { name, origin: { kind: "Warehouse", name } }]),
    ),
  };
}

for (const [requested, current, expected] of [
  [1, undefined, "0/1 Fulfilled"],
  [1, of("abc"), "abc"],
  [2, of("abc"), "1/2 Fulfilled"],
  [2, of("abc", "def"), "2/2 Fulfilled"],
  [1, of("abc", "def"), "2/1 Fulfilled"],
] as const) {
  test(`Freight summary ${expected}`, () => assert.equal(freightSummary(requested, current), expected));
}
