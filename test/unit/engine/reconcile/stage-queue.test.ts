import assert from "node:assert/strict";
import { test } from "node:test";
import { compareForQueue, parseOrigin, syncPromotions } from "../../../../src/engine/reconcile/stage-queue";
import {
  type FreightCollection,
  type HealthCheckStep,
  kargoApiVersion,
  type Promotion,
  type PromotionPhase,
  type PromotionStatus,
  type Stage,
  type StageStatus,
  type VerificationPhase,
} from "../../../../src/model/resources";
import { namespace, stage } from "../../../support/promotion-world";

const now = new Date("2026-01-02T03:04:05Z");
const hold = "kargo.akuity.io/auto-promotion-hold";
const resume = "kargo.akuity.io/auto-promotion-resume";

function collection(name: string, ...phases: readonly VerificationPhase[]): FreightCollection {
  return {
    id: `id-${name}`,
    items: { "Warehouse/main": { name, origin: { kind: "Warehouse", name: "main" } } },
    ...(phases.length === 0 ? {} : { verificationHistory: phases.map((phase) => ({ id: phase, phase })) }),
  };
}

function promotion(
  name: string,
  phase: PromotionPhase | undefined,
  more: { readonly status?: PromotionStatus; readonly annotations?: Record<string, string> } = {},
): Promotion {
  return {
    apiVersion: kargoApiVersion,
    kind: "Promotion",
    metadata: { name, namespace, annotations: more.annotations, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { stage: "test", freight: `f-${name}` },
    status: { phase, ...more.status },
  };
}

function succeeded(name: string, annotations?: Record<string, string>): Promotion {
  const status = { startedAt: "2026-01-01T00:00:00Z", freightCollection: collection(`f-${name}`) };
  return promotion(name, "Succeeded", { status, annotations });
}

function sync(
  status: StageStatus | undefined,
  promotions: readonly Promotion[],
  more: { readonly enabled?: boolean; readonly stage?: Stage } = {},
) {
  const target = more.stage ?? stage("test");
  return syncPromotions({
    stage: { ...target, metadata: { ...target.metadata, generation: 2 }, status },
    promotions,
    autoPromotionEnabled: more.enabled ?? false,
    now,
  });
}

function names(history: readonly FreightCollection[] | undefined): string[] {
  return (history ?? []).map(({ id }) => id);
}

function condition(status: StageStatus, type: string): string | undefined {
  const found = status.conditions?.find((one) => one.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}`;
}

test("order: running, then unfinished oldest first, then finished newest first", () => {
  const all = [
    promotion("a", "Succeeded"),
    promotion("b", undefined),
    promotion("c", "Running"),
    promotion("d", "Aborted"),
    promotion("e", "Pending"),
  ];
  assert.deepEqual(
    all.sort(compareForQueue).map(({ metadata }) => metadata.name),
    ["c", "b", "e", "d", "a"],
  );
});

test("no Promotion at all: nothing is current", () => {
  const { status, hasPendingPromotions } = sync({ currentPromotion: { name: "gone" } }, []);
  assert.deepEqual([status.currentPromotion, hasPendingPromotions], [undefined, false]);
});

test("the oldest that waits is chosen, with its Freight once that is known", () => {
  const { status, hasPendingPromotions } = sync(undefined, [
    promotion("b", "Pending"),
    promotion("a", "Pending"),
  ]);
  assert.deepEqual(status.currentPromotion, { name: "a" });
  assert.equal(hasPendingPromotions, true);
  assert.deepEqual(status.conditions, [
    {
      type: "Promoting",
      status: "True",
      reason: "ActivePromotion",
      message: 'Promotion "a" is currently Pending',
      observedGeneration: 2,
      lastTransitionTime: "2026-01-02T03:04:05Z",
    },
  ]);
  const freight = { name: "f", origin: { kind: "Warehouse", name: "main" } } as const;
  const running = sync(undefined, [
    promotion("z", "Running", { status: { freight } }),
    promotion("a", "Pending"),
  ]);
  assert.deepEqual(running.status.currentPromotion, { name: "z", freight });
});

test("only finished ones: nothing is current, and nothing is recorded without a current one before", () => {
  const { status } = sync({ conditions: [] }, [succeeded("a")]);
  assert.deepEqual(status, { conditions: [], autoPromotionHolds: undefined });
});

test("a success is recorded: history, last Promotion, health and verification to be asked anew", () => {
  const before: StageStatus = {
    currentPromotion: { name: "b" },
    health: { status: "Healthy" },
    freightHistory: [collection("f-a", "Successful")],
  };
  const { status, argocdContext } = sync(before, [succeeded("b"), promotion("c", "Pending")]);
  assert.deepEqual(names(status.freightHistory), ["id-f-b", "id-f-a"]);
  assert.equal(status.freightHistory?.[0]?.verificationHistory, undefined);
  assert.equal(status.lastPromotion?.name, "b");
  assert.equal(status.lastPromotion?.status?.phase, "Succeeded");
  assert.equal(status.health, undefined);
  assert.equal(status.currentPromotion, undefined, "nothing new starts in the same pass");
  assert.equal(condition(status, "Healthy"), "Unknown WaitingForHealthCheck");
  assert.equal(condition(status, "Verified"), "Unknown WaitingForVerification");
  assert.deepEqual(argocdContext, { value: undefined });
});

for (const phase of ["Failed", "Errored", "Aborted"] as const) {
  test(`an end as ${phase} is recorded without entering the history`, () => {
    const { status, argocdContext } = sync({ currentPromotion: { name: "a" } }, [promotion("a", phase)]);
    assert.equal(status.lastPromotion?.status?.phase, phase);
    assert.deepEqual([status.freightHistory, argocdContext], [undefined, undefined]);
  });
}

test("several are recorded oldest first, so the newest is on top", () => {
  const { status } = sync({ currentPromotion: { name: "a" } }, [
    succeeded("c"),
    succeeded("a"),
    succeeded("b"),
  ]);
  assert.deepEqual(names(status.freightHistory), ["id-f-c", "id-f-b", "id-f-a"]);
  assert.equal(status.lastPromotion?.name, "c");
});

test("what was recorded before is not recorded again", () => {
  const before = { currentPromotion: { name: "b" }, lastPromotion: { name: "a" } };
  assert.deepEqual(names(sync(before, [succeeded("a"), succeeded("b")]).status.freightHistory), ["id-f-b"]);
});

test("the history keeps ten entries", () => {
  const freightHistory = Array.from({ length: 10 }, (_, i) => collection(`old-${i}`));
  const { status } = sync({ currentPromotion: { name: "a" }, freightHistory }, [succeeded("a")]);
  assert.equal(status.freightHistory?.length, 10);
  assert.equal(status.freightHistory?.[9]?.id, "id-old-8");
});

test("one aborted before it ran carries on the collection of the one recorded before it", () => {
  const last = { name: "a", status: { phase: "Succeeded", freightCollection: collection("f-a") } } as const;
  const before = { currentPromotion: { name: "b" }, lastPromotion: last };
  const { status } = sync(before, [promotion("b", "Aborted")]);
  assert.equal(status.lastPromotion?.status?.freightCollection?.id, "id-f-a");
  const started = promotion("b", "Aborted", { status: { startedAt: "2026-01-01T00:00:00Z" } });
  assert.equal(sync(before, [started]).status.lastPromotion?.status?.freightCollection, undefined);
});

test("upstream defect: one queued behind an aborted newer one runs and is never recorded", () => {
  const first = sync({ currentPromotion: { name: "p1" } }, [
    succeeded("p1"),
    promotion("p2", "Pending"),
    promotion("p3", "Aborted"),
  ]).status;
  assert.equal(first.lastPromotion?.name, "p3");
  assert.deepEqual(names(first.freightHistory), ["id-f-p1"]);
  const later = { ...first, currentPromotion: { name: "p2" } };
  const second = sync(later, [succeeded("p1"), succeeded("p2"), promotion("p3", "Aborted")]).status;
  assert.deepEqual(names(second.freightHistory), ["id-f-p1"]);
  assert.equal(second.lastPromotion?.name, "p3");
});

const gate: readonly [string, StageStatus, boolean][] = [
  ["nothing was promoted yet", {}, true],
  [
    "verified and healthy",
    { freightHistory: [collection("a", "Successful")], health: { status: "Healthy" } },
    true,
  ],
  ["not verified yet, health not asked", { freightHistory: [collection("a")] }, false],
  ["not verified yet, healthy", { freightHistory: [collection("a")], health: { status: "Healthy" } }, false],
  [
    "not verified yet, unhealthy",
    { freightHistory: [collection("a")], health: { status: "Unhealthy" } },
    true,
  ],
  ["not verified yet, unknown", { freightHistory: [collection("a")], health: { status: "Unknown" } }, true],
  [
    "not verified yet, progressing",
    { freightHistory: [collection("a")], health: { status: "Progressing" } },
    true,
  ],
  [
    "not verified yet, not applicable",
    { freightHistory: [collection("a")], health: { status: "NotApplicable" } },
    true,
  ],
  [
    "verification failed",
    { freightHistory: [collection("a", "Failed")], health: { status: "Healthy" } },
    true,
  ],
  [
    "verification running, unhealthy",
    { freightHistory: [collection("a", "Running")], health: { status: "Unhealthy" } },
    false,
  ],
  ["an older verification pending", { freightHistory: [collection("a", "Successful", "Pending")] }, false],
  ["only older Freight unverified", { freightHistory: [collection("b", "Error"), collection("a")] }, true],
];

for (const [name, before, mayStart] of gate) {
  test(`gate: ${name}`, () => {
    const { status, hasPendingPromotions } = sync(before, [promotion("n", "Pending")]);
    assert.equal(status.currentPromotion?.name, mayStart ? "n" : undefined);
    assert.equal(hasPendingPromotions, true);
  });
}

const key = "Warehouse/main";
const old = { freightName: "x", origin: { kind: "Warehouse", name: "main" }, promotionName: "old" } as const;
const holds: readonly [
  string,
  { enabled?: boolean; before?: StageStatus["autoPromotionHolds"]; with: Promotion },
  string | undefined,
][] = [
  ["set by a success", { with: succeeded("a", { [hold]: key }) }, "a"],
  ["set by a failure too", { with: promotion("a", "Failed", { annotations: { [hold]: key } }) }, "a"],
  ["set by an error too", { with: promotion("a", "Errored", { annotations: { [hold]: key } }) }, "a"],
  ["not set by an abort", { with: promotion("a", "Aborted", { annotations: { [hold]: key } }) }, undefined],
  [
    "not set while auto-promotion is off",
    { enabled: false, with: succeeded("a", { [hold]: key }) },
    undefined,
  ],
  [
    "not set for an origin that is not requested",
    { with: succeeded("a", { [hold]: "Warehouse/other" }) },
    undefined,
  ],
  ["not set for what is no origin", { with: succeeded("a", { [hold]: "main" }) }, undefined],
  ["replaced by a newer one", { before: { [key]: old }, with: succeeded("a", { [hold]: key }) }, "a"],
  ["cleared by resuming", { before: { [key]: old }, with: succeeded("a", { [resume]: key }) }, undefined],
  [
    "kept when resuming was aborted",
    { before: { [key]: old }, with: promotion("a", "Aborted", { annotations: { [resume]: key } }) },
    "old",
  ],
  ["kept without intent", { before: { [key]: old }, with: succeeded("a") }, "old"],
  [
    "cleared when auto-promotion is off",
    { enabled: false, before: { [key]: old }, with: succeeded("a") },
    undefined,
  ],
];

for (const [name, row, expected] of holds) {
  test(`hold: ${name}`, () => {
    const before = { currentPromotion: { name: "a" }, autoPromotionHolds: row.before };
    const { status } = sync(before, [row.with], { enabled: row.enabled ?? true });
    assert.equal(status.autoPromotionHolds?.[key]?.promotionName, expected);
  });
}

test("a hold says which Freight, by whom and since when", () => {
  const annotations = { [hold]: key, "kargo.akuity.io/create-actor": "email:me@example.com" };
  const { status } = sync({ currentPromotion: { name: "a" } }, [succeeded("a", annotations)], {
    enabled: true,
  });
  assert.deepEqual(status.autoPromotionHolds, {
    [key]: {
      freightName: "f-a",
      origin: { kind: "Warehouse", name: "main" },
      promotionName: "a",
      actor: "email:me@example.com",
      createdAt: "2026-01-01T00:00:00Z",
    },
  });
});

test("holds of origins that are no longer requested go, even without Promotions", () => {
  const before = { autoPromotionHolds: { "Warehouse/gone": old } };
  assert.equal(sync(before, [], { enabled: true }).status.autoPromotionHolds, undefined);
});

test("Argo CD Applications of a success become the Stage's context", () => {
  const healthChecks: HealthCheckStep[] = [
    { uses: "argocd-update", config: { apps: [{ name: "a", namespace: "argocd", more: 1 }, { name: "b" }] } },
    { uses: "other", config: {} },
  ];
  const done = promotion("a", "Succeeded", { status: { healthChecks, freightCollection: collection("a") } });
  const { argocdContext } = sync({ currentPromotion: { name: "a" } }, [done]);
  assert.deepEqual(argocdContext, {
    value: '[{"name":"a","namespace":"argocd"},{"name":"b","namespace":null}]',
  });
});

for (const [text, expected] of [
  ["Warehouse/a", { kind: "Warehouse", name: "a" }],
  ["Warehouse/", undefined],
  ["Warehouse/a/b", undefined],
  ["Stage/a", undefined],
  ["Warehouse", undefined],
] as const) {
  test(`origin key ${text}`, () => assert.deepEqual(parseOrigin(text), expected));
}
