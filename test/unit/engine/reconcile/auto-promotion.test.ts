import assert from "node:assert/strict";
import { test } from "node:test";
import { effectiveHolds, freightToPromote } from "../../../../src/engine/reconcile/auto-promotion";
import { reconcileStage } from "../../../../src/engine/reconcile/stage-reconcile";
import {
  type AnyResource,
  kargoApiVersion,
  type Promotion,
  type PromotionPhase,
  type StageStatus,
} from "../../../../src/model/resources";
import { freight, namespace, stage, World } from "../../../support/promotion-world";

const hold = "kargo.akuity.io/auto-promotion-hold";
const resume = "kargo.akuity.io/auto-promotion-resume";
const key = "Warehouse/main";

function promotion(
  name: string,
  phase: PromotionPhase,
  more: {
    readonly freight?: string;
    readonly annotations?: Record<string, string>;
    readonly created?: string;
  } = {},
): Promotion {
  const creationTimestamp = more.created ?? "2026-01-01T00:00:00Z";
  return {
    apiVersion: kargoApiVersion,
    kind: "Promotion",
    metadata: { name, namespace, annotations: more.annotations, creationTimestamp },
    spec: { stage: "test", freight: more.freight ?? "aaa" },
    status: { phase },
  };
}

const recorded = {
  freightName: "x",
  origin: { kind: "Warehouse", name: "main" },
  promotionName: "old",
} as const;
const intent = (name: string, phase: PromotionPhase, annotation: string) =>
  promotion(name, phase, { annotations: { [annotation]: key } });

const holdRows: readonly [string, StageStatus, readonly Promotion[], string | undefined][] = [
  ["nothing", {}, [], undefined],
  ["a recorded one stays", { autoPromotionHolds: { [key]: recorded } }, [], "old"],
  ["a queued Promotion holds at once", {}, [intent("b", "Pending", hold)], "b"],
  ["an aborted one does not", {}, [intent("b", "Aborted", hold)], undefined],
  [
    "a queued one resumes at once",
    { autoPromotionHolds: { [key]: recorded } },
    [intent("b", "Pending", resume)],
    undefined,
  ],
  ["the newest decides", {}, [intent("c", "Running", resume), intent("b", "Failed", hold)], undefined],
  ["whatever its order in the list", {}, [intent("b", "Pending", resume), intent("c", "Pending", hold)], "c"],
  [
    "what is recorded already does not count",
    { lastPromotion: { name: "b" } },
    [intent("b", "Succeeded", hold)],
    undefined,
  ],
  [
    "another origin's does not",
    {},
    [promotion("b", "Pending", { annotations: { [hold]: "Warehouse/x" } })],
    undefined,
  ],
];

for (const [name, status, promotions, expected] of holdRows) {
  test(`effective hold: ${name}`, () => {
    assert.equal(effectiveHolds(stage("test", { status }), promotions)?.[key]?.promotionName, expected);
  });
}

const reference = { name: "aaa", origin: { kind: "Warehouse", name: "main" } } as const;
const wantRows: readonly [string, StageStatus, readonly Promotion[], boolean][] = [
  ["new Freight", {}, [], true],
  ["held", { effectiveAutoPromotionHolds: { [key]: recorded } }, [], false],
  ["there already", { freightHistory: [{ id: "", items: { [key]: reference } }] }, [], false],
  [
    "there before, not now",
    {
      freightHistory: [
        { id: "", items: {} },
        { id: "", items: { [key]: reference } },
      ],
    },
    [],
    true,
  ],
  ["being promoted", { currentPromotion: { name: "p", freight: reference } }, [], false],
  ["waiting in the queue", {}, [promotion("p", "Pending")], false],
  ["succeeded, not recorded yet", {}, [promotion("p", "Succeeded")], false],
  [
    "succeeded and recorded: may come back",
    { lastPromotion: { name: "p" } },
    [promotion("p", "Succeeded")],
    true,
  ],
  ["failed before", { lastPromotion: { name: "p" } }, [promotion("p", "Failed")], false],
  ["errored, not recorded yet", {}, [promotion("p", "Errored")], false],
  ["aborted before", { lastPromotion: { name: "p" } }, [promotion("p", "Aborted")], false],
  [
    "failed, then succeeded",
    { lastPromotion: { name: "q" } },
    [promotion("p", "Failed"), promotion("q", "Succeeded")],
    true,
  ],
  [
    "succeeded, then failed: the newer by creation counts",
    { lastPromotion: { name: "q" } },
    [promotion("q", "Succeeded"), promotion("p", "Failed", { created: "2026-02-01T00:00:00Z" })],
    false,
  ],
  [
    "other Freight's failures",
    { lastPromotion: { name: "p" } },
    [promotion("p", "Failed", { freight: "bbb" })],
    true,
  ],
];

for (const [name, status, promotions, isWanted] of wantRows) {
  test(`auto-promotion: ${name}`, () => {
    const candidates = new Map([[key, freight("aaa")]]);
    const chosen = freightToPromote(stage("test", { status }), promotions, candidates);
    assert.deepEqual(
      chosen.map(({ metadata }) => metadata.name),
      isWanted ? ["aaa"] : [],
    );
  });
}

function automatic(...stages: readonly string[]): AnyResource {
  return {
    apiVersion: kargoApiVersion,
    kind: "ProjectConfig",
    metadata: { name: namespace, namespace },
    spec: { promotionPolicies: stages.map((name) => ({ stage: name, autoPromotionEnabled: true })) },
  };
}

async function phases(of: World, stageName: string): Promise<string[]> {
  const promotions = await of.store.list("Promotion", { namespace, stage: stageName });
  return promotions.map(({ spec, status }) => `${spec.freight} ${status?.phase}`);
}

test("scenario 1: Freight flows through two Stages without any user", async (t) => {
  const world = new World([
    freight("aaa"),
    stage("test"),
    stage("prod", { from: ["test"] }),
    automatic("test", "prod"),
  ]);
  t.after(() => world.dispose());
  await world.drive("prod");
  assert.deepEqual(await phases(world, "prod"), []);
  await world.drive("test");
  await world.drive("prod");
  assert.deepEqual(
    [await phases(world, "test"), await phases(world, "prod")],
    [["aaa Succeeded"], ["aaa Succeeded"]],
  );
  assert.deepEqual(Object.keys((await world.freight("aaa")).status?.verifiedIn ?? {}), ["test", "prod"]);
  const { status } = await world.stage("prod");
  assert.deepEqual([status?.autoPromotionEnabled, status?.health?.status], [true, "Healthy"]);
});

test("scenario 5: promoting older Freight holds auto-promotion until its candidate is promoted", async (t) => {
  const newer = (name: string, day: number) => freight(name, { discoveredAt: `2026-01-0${day}T00:00:00Z` });
  let isRunning = true;
  const world: World = new World(
    [
      newer("aaa", 1),
      newer("bbb", 2),
      stage("test", { steps: [{ uses: "http", config: {} }] }),
      automatic("test"),
    ],
    { http: () => ({ status: isRunning ? "Running" : "Succeeded" }) },
  );
  t.after(() => world.dispose());
  isRunning = false;
  await world.drive("test");
  isRunning = true;
  const user = await world.promote("test", "aaa");
  await world.drive("test");
  const queued = (await world.stage("test")).status;
  assert.equal(queued?.effectiveAutoPromotionHolds?.[key]?.promotionName, user.metadata.name);
  assert.equal(queued?.autoPromotionHolds, undefined);
  isRunning = false;
  await world.drive("test");
  const held = (await world.stage("test")).status;
  assert.equal(held?.autoPromotionHolds?.[key]?.freightName, "aaa");
  world.store.put(newer("ccc", 3));
  await world.drive("test");
  assert.deepEqual(await phases(world, "test"), ["bbb Succeeded", "aaa Succeeded"]);
  await world.promote("test", "ccc");
  await world.drive("test");
  const free = (await world.stage("test")).status;
  assert.deepEqual([free?.autoPromotionHolds, free?.effectiveAutoPromotionHolds], [undefined, undefined]);
});

test("scenario 7: a failed auto-promotion is not repeated; newer Freight is promoted", async (t) => {
  const world = new World(
    [freight("aaa"), stage("test", { steps: [{ uses: "http", config: {} }] }), automatic("test")],
    {
      http: ({ targetFreight }) => {
        if (targetFreight.name === "aaa") throw new Error("no");
        return { status: "Succeeded" };
      },
    },
  );
  t.after(() => world.dispose());
  await world.drive("test");
  await world.drive("test");
  assert.deepEqual(await phases(world, "test"), ["aaa Errored"]);
  world.store.put(freight("bbb", { discoveredAt: "2026-01-02T00:00:00Z" }));
  await world.drive("test");
  assert.deepEqual(await phases(world, "test"), ["aaa Errored", "bbb Succeeded"]);
});

test("a broken policy is told by the log and leaves the Stage's conditions as they are", async (t) => {
  const policy = { stageSelector: { name: "regex:(" }, autoPromotionEnabled: true };
  const broken = { ...automatic(), spec: { promotionPolicies: [policy] } } as AnyResource;
  const world = new World([freight("aaa"), stage("test"), broken]);
  t.after(() => world.dispose());
  const { nextAtMs } = await world.drive("test");
  assert.equal(nextAtMs - world.clock.now().getTime(), 5);
  assert.deepEqual(
    (await world.stage("test")).status?.conditions?.map(({ type }) => type),
    ["Reconciling"],
  );
  assert.match(world.logged.join("\n"), /error checking auto-promotion policy for Stage "test"/);
});

test("Promotions that cannot be listed leave it unknown whether the Stage promotes, until they can", async (t) => {
  const world = new World([stage("test")]);
  t.after(() => world.dispose());
  const { ports } = world;
  const store = new Proxy(ports.store, {
    get: (target, member) => {
      if (member === "list") return () => Promise.reject(new Error("disk unplugged"));
      const value: unknown = Reflect.get(target, member);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const never = new AbortController().signal;
  await reconcileStage({ ...ports, store }, await world.stage("test"), {}, never);
  const conditions = (await world.stage("test")).status?.conditions ?? [];
  const message = 'failed to list Promotions for Stage "test" in namespace "shop": disk unplugged';
  assert.deepEqual(
    conditions.map((one) => [one.type, one.status, one.reason, one.message]),
    [
      ["Promoting", "Unknown", "ListPromotionsFailed", message],
      ["Ready", "False", "ReconcileError", `failed to sync Promotions: ${message}`],
      ["Reconciling", "True", "RetryAfterError", ""],
    ],
  );
  await world.drive("test");
  const types = (await world.stage("test")).status?.conditions?.map(({ type }) => type) ?? [];
  assert.equal(types.includes("Promoting"), false);
});
