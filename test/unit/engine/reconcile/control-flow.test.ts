import assert from "node:assert/strict";
import { test } from "node:test";
import { freight, namespace, stage, World } from "../../../support/promotion-world";

const now = "2026-01-02T03:04:05Z";

test("a Stage without steps passes on what is available to it, at once", async (t) => {
  const gate = stage("gate", { steps: [], from: ["test"] });
  const prod = stage("prod", { from: ["gate"] });
  const world = new World([freight("aaa"), freight("bbb"), stage("test"), gate, prod]);
  t.after(() => world.dispose());
  await world.promote("test", "aaa");
  await world.drive("test");
  await world.drive("gate");
  assert.deepEqual((await world.freight("aaa")).status?.verifiedIn?.gate, { verifiedAt: now });
  assert.equal((await world.freight("bbb")).status, undefined);
  await world.promote("prod", "aaa");
  await world.drive("prod");
  const { status } = await world.stage("gate");
  assert.deepEqual(status, {
    conditions: [{ type: "Ready", status: "True", reason: "Ready", message: "", lastTransitionTime: now }],
    freightSummary: "N/A",
    observedGeneration: 1,
  });
});

test("what a regular Stage left behind goes, except what steps wrote about it", async (t) => {
  const world = new World([
    {
      ...stage("gate", {
        steps: [],
        status: {
          freightHistory: [{ id: "", items: {} }],
          health: { status: "Healthy" },
          lastPromotion: { name: "p" },
          autoPromotionEnabled: true,
          metadata: { note: "kept" },
          conditions: [
            { type: "Healthy", status: "True", reason: "Healthy", message: "", lastTransitionTime: now },
            { type: "Reconciling", status: "True", reason: "X", message: "", lastTransitionTime: now },
          ],
        },
      }),
      metadata: {
        name: "gate",
        namespace,
        annotations: { "kargo.akuity.io/argocd-context": "[]", "kargo.akuity.io/refresh": "token" },
      },
    },
  ]);
  t.after(() => world.dispose());
  await world.drive("gate");
  const { metadata, status } = await world.stage("gate");
  assert.deepEqual(Object.keys(status ?? {}).sort(), [
    "conditions",
    "freightSummary",
    "lastHandledRefresh",
    "metadata",
    "observedGeneration",
  ]);
  assert.deepEqual(
    status?.conditions?.map(({ type }) => type),
    ["Ready"],
  );
  assert.deepEqual(metadata.annotations, { "kargo.akuity.io/refresh": "token" });
  world.store.writes.length = 0;
  await world.drive("gate");
  assert.deepEqual(world.store.writes, []);
});

test("a Warehouse that does not exist is told by the Stage, which is tried again", async (t) => {
  const world = new World([
    stage("gate", {
      steps: [],
      spec: {
        requestedFreight: [{ origin: { kind: "Warehouse", name: "absent" }, sources: { direct: true } }],
      },
    }),
  ]);
  t.after(() => world.dispose());
  const { nextAtMs } = await world.drive("gate");
  assert.equal(nextAtMs - world.clock.now().getTime(), 5);
  const { status } = await world.stage("gate");
  assert.deepEqual(
    status?.conditions?.map(({ type, reason }) => [type, reason]),
    [
      ["Reconciling", "RetryAfterFreightRetrievalFailed"],
      ["Ready", "FreightRetrievalFailed"],
    ],
  );
});
