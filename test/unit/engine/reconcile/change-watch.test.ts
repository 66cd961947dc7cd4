import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceChange } from "../../../../src/engine/ports";
import { ChangeWatch } from "../../../../src/engine/reconcile/change-watch";
import type { AnyResource, Freight, Promotion, Stage } from "../../../../src/model/resources";
import { MemoryStore, TestClock } from "../../../support/memory-store";

const apiVersion = "kargo.akuity.io/v1alpha1";
const origin = { kind: "Warehouse", name: "w" } as const;

function stage(name: string, from: readonly string[] = []): Stage {
  const sources = from.length === 0 ? { direct: true } : { stages: from };
  const promotionTemplate = { spec: { steps: [{ uses: "copy" }] } };
  const spec = { requestedFreight: [{ origin, sources }], promotionTemplate };
  return { apiVersion, kind: "Stage", metadata: { name, namespace: "demo" }, spec };
}

function freight(status: Freight["status"] = {}): Freight {
  return { apiVersion, kind: "Freight", metadata: { name: "f", namespace: "demo" }, origin, status };
}

function promotion(phase?: "Running" | "Succeeded"): Promotion {
  const metadata = { name: "test.01a.f", namespace: "demo" };
  return {
    apiVersion,
    kind: "Promotion",
    metadata,
    spec: { stage: "test" },
    ...(phase && { status: { phase } }),
  };
}

const world: readonly AnyResource[] = [
  stage("test"),
  stage("uat", ["test"]),
  { apiVersion, kind: "Warehouse", metadata: { name: "w", namespace: "demo" }, spec: { subscriptions: [] } },
];
const since = "2026-01-01T00:00:00Z";

interface Row {
  readonly before?: AnyResource;
  readonly now: AnyResource;
  readonly wakes: readonly string[];
  readonly events: readonly string[];
}

const rows: Record<string, Row> = {
  "new Freight": { now: freight(), wakes: ["test"], events: ["FreightCreated"] },
  "Freight that was there and says nothing new": { before: freight(), now: freight(), wakes: [], events: [] },
  "Freight verified in a Stage": {
    before: freight(),
    now: freight({ verifiedIn: { test: { verifiedAt: since } } }),
    wakes: ["uat"],
    events: [],
  },
  "Freight approved": {
    before: freight(),
    now: freight({ approvedFor: { uat: { approvedAt: since } } }),
    wakes: ["uat"],
    events: ["FreightApproved"],
  },
  "a new Promotion": { now: promotion(), wakes: ["test"], events: ["PromotionCreated"] },
  "a Promotion that ended": {
    before: promotion("Running"),
    now: promotion("Succeeded"),
    wakes: ["test"],
    events: ["PromotionSucceeded"],
  },
  "a Promotion that had ended": {
    before: promotion("Succeeded"),
    now: promotion("Succeeded"),
    wakes: [],
    events: [],
  },
  "a Stage with a new spec": {
    before: { ...stage("test"), metadata: { name: "test", namespace: "demo", generation: 1 } },
    now: { ...stage("test"), metadata: { name: "test", namespace: "demo", generation: 2 } },
    wakes: ["test"],
    events: [],
  },
  "a Stage with a new status": {
    before: { ...stage("test"), metadata: { name: "test", namespace: "demo", generation: 1 } },
    now: {
      ...stage("test"),
      metadata: { name: "test", namespace: "demo", generation: 1 },
      status: { freightSummary: "x" },
    },
    wakes: [],
    events: [],
  },
  "a policy": {
    now: { apiVersion, kind: "ProjectConfig", metadata: { name: "demo", namespace: "demo" } },
    wakes: ["test", "uat"],
    events: [],
  },
  "a Secret": {
    now: { apiVersion: "v1", kind: "Secret", metadata: { name: "git", namespace: "demo" } } as AnyResource,
    wakes: ["w"],
    events: [],
  },
};

for (const [name, { before, now, wakes, events }] of Object.entries(rows)) {
  test(`what a change means: ${name}`, async () => {
    const clock = new TestClock();
    const store = new MemoryStore(clock, [...world, ...(before ? [before] : [])]);
    const watch = new ChangeWatch({ store, clock });
    const heard: ResourceChange[] = [];
    store.onDidChange((change) => heard.push(change));
    store.put(now);
    assert.equal(heard.length, 1);
    const meaning = await watch.look(heard[0] as ResourceChange);
    assert.deepEqual(meaning.wakes.map((ref) => ref.name).sort(), wakes);
    assert.deepEqual(
      meaning.events.map((event) => event.reason),
      events,
    );
    const again = await watch.look(heard[0] as ResourceChange);
    assert.deepEqual(again.events, [], "told once");
  });
}

test("a Promotion deleted before its end wakes its Stage, one that had ended wakes nothing", async () => {
  for (const [phase, expected] of [
    ["Running", ["test"]],
    ["Succeeded", []],
  ] as const) {
    const clock = new TestClock();
    const store = new MemoryStore(clock, [...world, promotion(phase)]);
    const heard: ResourceChange[] = [];
    store.onDidChange((change) => heard.push(change));
    await store.delete({ kind: "Promotion", namespace: "demo", name: "test.01a.f" });
    const { wakes } = await new ChangeWatch({ store, clock }).look(heard[0] as ResourceChange);
    assert.deepEqual(
      wakes.map((ref) => ref.name),
      expected,
    );
  }
});
