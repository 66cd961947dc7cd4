import assert from "node:assert/strict";
import { test } from "node:test";
import {
  collectGarbage,
  defaultGarbageLimits,
  freightToDelete,
  type GarbageLimits,
  promotionsToDelete,
} from "../../../../src/engine/reconcile/garbage";
import {
  type Freight,
  kargoApiVersion,
  type Promotion,
  type PromotionPhase,
} from "../../../../src/model/resources";
import { MemoryStore, TestClock } from "../../../support/memory-store";
import { freight, namespace, project, stage, warehouse } from "../../../support/promotion-world";

const day = 86_400_000;
const nowMs = Date.parse("2026-03-01T00:00:00Z");
const limits: GarbageLimits = { ...defaultGarbageLimits, maxRetainedPromotions: 2, maxRetainedFreight: 2 };
const daysAgo = (days: number) => new Date(nowMs - days * day).toISOString();

function promotion(days: number, phase: PromotionPhase | undefined = "Succeeded"): Promotion {
  return {
    apiVersion: kargoApiVersion,
    kind: "Promotion",
    metadata: { name: `day${days}`, namespace, creationTimestamp: daysAgo(days) },
    spec: { stage: "test" },
    status: { phase },
  };
}

const found = (days: number): Freight => freight(`day${days}`, { discoveredAt: daysAgo(days) });
const names = (all: readonly (Promotion | Freight)[]) => all.map(({ metadata }) => metadata.name);

const promotionRows: Record<string, readonly [readonly Promotion[], readonly string[]]> = {
  "no more than are kept": [[promotion(90), promotion(80)], []],
  "old ones behind the newest": [
    [promotion(30), promotion(90), promotion(20), promotion(60)],
    ["day60", "day90"],
  ],
  "young ones stay whatever their number": [
    [promotion(1), promotion(2), promotion(3), promotion(14)],
    ["day14"],
  ],
  "younger than the age by a moment": [[promotion(1), promotion(2), promotion(13.999)], []],
  "the oldest unfinished one moves the border": [
    [promotion(20), promotion(30, "Running"), promotion(40), promotion(50), promotion(60), promotion(70)],
    ["day60", "day70"],
  ],
  "an unfinished one at the end keeps all": [
    [promotion(20), promotion(30), promotion(40), promotion(50, "Pending")],
    [],
  ],
};
for (const [name, [promotions, expected]] of Object.entries(promotionRows)) {
  test(`Promotions to delete: ${name}`, () => {
    assert.deepEqual(names(promotionsToDelete(promotions, limits, nowMs)), expected);
  });
}

test("Freight that a Stage runs on keeps what is newer and two behind it", () => {
  const all = [found(20), found(30), found(40), found(50), found(60)];
  const origin = { kind: "Warehouse", name: "main" } as const;
  const items = { "Warehouse/main": { name: "day30", origin } };
  const user = stage("test", { status: { freightHistory: [{ id: "1", items }] } });
  const former = stage("uat", {
    status: {
      freightHistory: [
        { id: "2", items: {} },
        { id: "1", items: { "Warehouse/main": { name: "day60", origin } } },
      ],
    },
  });
  assert.deepEqual(names(freightToDelete(all, [user, former], limits, nowMs)), ["day60"]);
  assert.deepEqual(names(freightToDelete(all, [], limits, nowMs)), ["day40", "day50", "day60"]);
});

test("a collection goes on behind what it cannot delete, and leaves orphans alone", async () => {
  const clock = new TestClock("2026-03-01T00:00:00Z");
  const orphan = { ...found(70), origin: { kind: "Warehouse", name: "gone" } as const };
  const store = new MemoryStore(clock, [
    project(),
    warehouse("main"),
    stage("test"),
    ...[20, 30, 40, 50].map((days) => promotion(days)),
    ...[21, 31, 41, 51].map(found),
    orphan,
  ]);
  store.beforeWrite = ({ name }) => {
    if (name === "day40") throw new Error("disk is full");
  };
  const result = await collectGarbage({ store, clock }, limits);
  assert.deepEqual(result, {
    promotions: ["day50"],
    freight: ["day41", "day51"],
    failures: ["Promotion day40: disk is full"],
  });
  assert.deepEqual(names(await store.list("Freight")).sort(), ["day21", "day31", "day70"]);
});
