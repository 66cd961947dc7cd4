import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assessHealth,
  type HealthCheckers,
  type HealthState,
  healthStates,
} from "../../../../src/engine/reconcile/stage-health";
import type { HealthCheckStep, StageStatus } from "../../../../src/model/resources";
import { stage } from "../../../support/promotion-world";

const now = new Date("2026-01-02T03:04:05Z");
const { signal } = new AbortController();
const checkers: HealthCheckers = Object.fromEntries(
  healthStates.map((status: HealthState) => [
    status,
    async () => ({ status, issues: status === "Healthy" ? [] : [`is ${status}`], output: { said: status } }),
  ]),
);

function assess(status: StageStatus): Promise<StageStatus> {
  return assessHealth(stage("test", { status }), checkers, now, signal);
}

function after(...kinds: readonly string[]): StageStatus {
  const healthChecks: HealthCheckStep[] = kinds.map((uses) => ({ uses, config: {} }));
  return { lastPromotion: { name: "p", status: { phase: "Succeeded", healthChecks } } };
}

function condition(status: StageStatus): string {
  const [found] = status.conditions ?? [];
  return `${found?.status} ${found?.reason}: ${found?.message}`;
}

test("a Promotion in progress: unknown, with an issue", async () => {
  const status = await assess({ currentPromotion: { name: "p" }, health: { status: "Healthy" } });
  assert.equal(condition(status), "Unknown ActivePromotion: Stage has a Promotion in progress");
  assert.equal(status.health?.status, "Unknown");
  assert.equal(status.health?.issues?.length, 1);
});

test("nothing promoted yet: no health at all", async () => {
  const status = await assess({ health: { status: "Healthy" } });
  assert.equal(condition(status), "Unknown NoFreight: Stage has no current Freight");
  assert.equal(status.health, undefined);
});

for (const phase of ["Failed", "Errored", "Aborted"] as const) {
  test(`the last Promotion ended ${phase}: unknown`, async () => {
    const status = await assess({ lastPromotion: { name: "p", status: { phase } } });
    assert.match(condition(status), new RegExp(`^Unknown LastPromotion${phase}: `));
    assert.equal(status.health?.status, "Unknown");
  });
}

test("no health checks: healthy", async () => {
  const status = await assess(after());
  assert.deepEqual(status.health, { status: "Healthy" });
  assert.equal(condition(status), "True Healthy: Stage is healthy (performed 0 health checks)");
});

const merges: readonly [readonly HealthState[], HealthState, string][] = [
  [["Healthy", "Healthy"], "Healthy", "True Healthy: Stage is healthy (performed 2 health checks)"],
  [["Healthy", "NotApplicable"], "NotApplicable", "Unknown NotApplicable: "],
  [["Progressing", "NotApplicable"], "Progressing", "Unknown Progressing: "],
  [["Unknown", "Progressing"], "Unknown", "Unknown Unknown: "],
  [
    ["Unhealthy", "Unknown", "Healthy"],
    "Unhealthy",
    "False Unhealthy: Stage is unhealthy (2 issues in 3 health checks)",
  ],
];

for (const [kinds, expected, said] of merges) {
  test(`the worst of ${kinds.join(", ")} is ${expected}`, async () => {
    const status = await assess(after(...kinds));
    assert.equal(status.health?.status, expected);
    assert.equal(condition(status), said);
    assert.deepEqual(
      status.health?.output,
      kinds.map((kind) => ({ said: kind })),
    );
  });
}

for (const kind of ["absent", "constructor"]) {
  test(`a kind without checker is unknown: ${kind}`, async () => {
    const status = await assess(after("Healthy", kind));
    assert.equal(status.health?.status, "Unknown");
    assert.deepEqual(status.health?.issues, [`no health checker registered for health check kind "${kind}"`]);
  });
}
