import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AdmissionError,
  admitPromotion,
  createPromotion,
  type PromotionRequest,
} from "../../../../src/engine/promotion/admission";
import { type AnyResource, type Freight, kargoApiVersion, type Stage } from "../../../../src/model/resources";
import { MemoryStore, TestClock } from "../../../support/memory-store";
import { freight, namespace, project, required, stage, warehouse } from "../../../support/promotion-world";

const hold = "kargo.akuity.io/auto-promotion-hold";
const resume = "kargo.akuity.io/auto-promotion-resume";
const user = { actor: "email:me@example.com" };

function ports(resources: readonly AnyResource[]) {
  const clock = new TestClock();
  return { clock, store: new MemoryStore(clock, [project(), warehouse("main"), ...resources]) };
}

function request(more: Partial<PromotionRequest> = {}): PromotionRequest {
  return { namespace, stage: "test", freight: "aaa", by: user, ...more };
}

function policies(...promotionPolicies: readonly object[]): AnyResource {
  return {
    apiVersion: kargoApiVersion,
    kind: "ProjectConfig",
    metadata: { name: namespace, namespace },
    spec: { promotionPolicies },
  } as AnyResource;
}

const autoPromotion = policies({ stage: "test", autoPromotionEnabled: true });

test("a Promotion is filled in from its Stage", async () => {
  const target: Stage = {
    ...stage("test", { spec: { shard: "blue", vars: [{ name: "v", value: "1" }] } }),
    metadata: { name: "test", namespace, uid: "stage-uid" },
  };
  const promotion = await createPromotion(ports([freight("aaa"), target]), request());
  assert.match(promotion.metadata.name, /^test\.[0-9a-z]{26}\.aaa$/);
  assert.deepEqual(promotion.metadata.labels, {
    "kargo.akuity.io/shard": "blue",
    "kargo.akuity.io/stage": "test",
  });
  assert.deepEqual(promotion.metadata.annotations, {
    "kargo.akuity.io/create-actor": "email:me@example.com",
    "kargo.akuity.io/stage": "test",
  });
  assert.deepEqual(promotion.metadata.ownerReferences, [
    {
      apiVersion: kargoApiVersion,
      kind: "Stage",
      name: "test",
      uid: "stage-uid",
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
  assert.deepEqual(promotion.spec, {
    stage: "test",
    freight: "aaa",
    vars: [{ name: "v", value: "1" }],
    steps: [{ uses: "copy", config: {}, as: "step-1" }],
  });
  assert.equal(promotion.status, undefined);
});

test("a user nobody knows is recorded as such, the engine is not recorded at all", async () => {
  const world = ports([freight("aaa"), stage("test")]);
  const unknown = await admitPromotion(world, request({ by: { actor: "" } }));
  assert.equal(unknown.metadata.annotations?.["kargo.akuity.io/create-actor"], "unknown actor");
  const engine = await admitPromotion(world, request({ by: "engine" }));
  assert.equal(engine.metadata.annotations?.["kargo.akuity.io/create-actor"], undefined);
});

const withTask = stage("test", { steps: [{ task: { name: "absent" } }] });
const notDirect = stage("test", { from: ["upstream"] });
const refusals: readonly [
  string,
  readonly AnyResource[],
  Partial<PromotionRequest>,
  string,
  string | undefined,
][] = [
  ["no such Stage", [freight("aaa")], {}, "invalid", "spec.stage"],
  ["a Stage without steps", [freight("aaa"), stage("test", { steps: [] })], {}, "invalid", "spec.stage"],
  [
    "a Stage without template",
    [freight("aaa"), stage("test", { spec: { promotionTemplate: undefined } })],
    {},
    "invalid",
    "spec.stage",
  ],
  ["neither Freight nor origin", [stage("test")], { freight: undefined }, "invalid", "spec"],
  [
    "both Freight and origin",
    [freight("aaa"), stage("test")],
    { origin: { kind: "Warehouse", name: "main" } },
    "invalid",
    "spec",
  ],
  ["no such Freight", [stage("test")], {}, "invalid", "spec.freight"],
  ["Freight that is not available", [freight("aaa"), notDirect], {}, "invalid", "spec.freight"],
  [
    "an origin without candidate",
    [stage("test")],
    { freight: undefined, origin: { kind: "Warehouse", name: "main" } },
    "invalid",
    "spec.origin",
  ],
  ["a task that is missing", [freight("aaa"), withTask], {}, "notFound", "spec.steps"],
  [
    "a step that uses nothing",
    [freight("aaa"), stage("test", { steps: [{ as: "x" }] })],
    {},
    "invalid",
    "spec.steps[0]",
  ],
  [
    "a timeout that is none",
    [freight("aaa"), stage("test", { steps: [{ uses: "copy", retry: { timeout: "soon" } }] })],
    {},
    "invalid",
    "spec.steps[0].retry.timeout",
  ],
];

for (const [name, resources, more, code, field] of refusals) {
  test(`refused: ${name}`, async () => {
    const world = ports(resources);
    await assert.rejects(createPromotion(world, request(more)), (error: unknown) => {
      assert.ok(error instanceof AdmissionError);
      assert.deepEqual([error.code, error.field], [code, field]);
      return true;
    });
    assert.deepEqual(world.store.writes, []);
  });
}

test("refused: a Project that does not exist", async () => {
  const clock = new TestClock();
  const store = new MemoryStore(clock, [freight("aaa"), stage("test")]);
  await assert.rejects(admitPromotion({ clock, store }, request()), { code: "notFound" });
});

test("an origin becomes its newest available Freight, even with auto-promotion off", async () => {
  const newer = freight("bbb", { discoveredAt: "2026-01-02T00:00:00Z" });
  const promotion = await admitPromotion(
    ports([freight("aaa"), newer, stage("test")]),
    request({ freight: undefined, origin: { kind: "Warehouse", name: "main" } }),
  );
  assert.equal(promotion.spec.freight, "bbb");
  assert.equal(promotion.spec.origin, undefined);
});

const older: Freight = freight("aaa", { discoveredAt: "2026-01-01T00:00:00Z" });
const newest: Freight = freight("bbb", { discoveredAt: "2026-01-02T00:00:00Z" });
const upstream = stage("test", {
  spec: {
    requestedFreight: [
      {
        origin: { kind: "Warehouse", name: "main" },
        sources: { stages: ["up"], autoPromotionOptions: { selectionPolicy: "MatchUpstream" } },
      },
    ],
  },
});
const verifiedUp = (one: Freight): Freight => ({ ...one, status: { verifiedIn: { up: {} } } });
const intents: readonly [string, readonly AnyResource[], Partial<PromotionRequest>, string | undefined][] = [
  ["auto-promotion off", [older, newest, stage("test")], { freight: "aaa" }, undefined],
  ["the candidate resumes", [older, newest, stage("test"), autoPromotion], { freight: "bbb" }, resume],
  ["anything else holds", [older, newest, stage("test"), autoPromotion], { freight: "aaa" }, hold],
  ["no candidate holds", [verifiedUp(older), upstream, autoPromotion], { freight: "aaa" }, hold],
  [
    "the engine says nothing",
    [older, newest, stage("test"), autoPromotion],
    { freight: "aaa", by: "engine" },
    undefined,
  ],
  [
    "a controller says nothing",
    [older, newest, stage("test"), autoPromotion],
    { freight: "aaa", by: { actor: "controller:x" } },
    undefined,
  ],
  [
    "an unknown user does",
    [older, newest, stage("test"), autoPromotion],
    { freight: "aaa", by: { actor: "" } },
    hold,
  ],
  [
    "a broken policy is overlooked",
    [older, newest, stage("test"), policies({ stageSelector: { name: "regex:(" } })],
    { freight: "aaa" },
    undefined,
  ],
];

for (const [name, resources, more, expected] of intents) {
  test(`intent: ${name}`, async () => {
    const { metadata } = await admitPromotion(ports(resources), request(more));
    const found = [hold, resume].filter((key) => metadata.annotations?.[key] !== undefined);
    assert.deepEqual(found, expected === undefined ? [] : [expected]);
    if (expected !== undefined) assert.equal(metadata.annotations?.[expected], "Warehouse/main");
  });
}

test("later edits of the Stage do not reach a Promotion that exists", async () => {
  const world = ports([freight("aaa"), stage("test")]);
  const { metadata } = await createPromotion(world, request());
  world.store.put(stage("test", { steps: [{ uses: "http" }] }));
  const stored = required(await world.store.get("Promotion", { namespace, name: metadata.name }));
  assert.equal(stored.spec.steps?.[0]?.uses, "copy");
});
