import assert from "node:assert/strict";
import { test } from "node:test";
import { autoPromotionCandidates, availableFreight } from "../../../src/model/availability";
import type { Freight, FreightRequest, FreightStatus } from "../../../src/model/resources";
import { freight, namespace, stage } from "../../support/promotion-world";

const nowMs = Date.parse("2026-01-02T00:00:00Z");
type Sources = NonNullable<FreightRequest["sources"]>;

function withStatus(name: string, status: FreightStatus, more: Partial<Freight> = {}): Freight {
  return { ...freight(name, more), status };
}

function verified(...stages: readonly string[]): FreightStatus {
  return {
    verifiedIn: Object.fromEntries(stages.map((name) => [name, { verifiedAt: "2026-01-01T00:00:00Z" }])),
  };
}

function soaked(soaks: Readonly<Record<string, string>>): FreightStatus {
  return {
    verifiedIn: Object.fromEntries(
      Object.entries(soaks).map(([name, longestSoak]) => [name, { longestSoak }]),
    ),
  };
}

function list(sources: Sources, all: readonly Freight[]): string[] {
  const target = stage("prod", {
    spec: { requestedFreight: [{ origin: { kind: "Warehouse", name: "main" }, sources }] },
  });
  const supply = { warehouses: new Set(["main", "other"]), freight: all };
  return availableFreight(target, supply, nowMs).map(({ metadata }) => metadata.name);
}

const approved: FreightStatus = { approvedFor: { prod: {} } };

const rows: readonly [string, Sources, readonly Freight[], readonly string[]][] = [
  ["direct: all of the Warehouse, by name", { direct: true }, [freight("b"), freight("a")], ["a", "b"]],
  [
    "direct: none of another Warehouse",
    { direct: true },
    [freight("a", { origin: { kind: "Warehouse", name: "other" } })],
    [],
  ],
  ["one of: verified in any", { stages: ["x", "y"] }, [withStatus("a", verified("y")), freight("b")], ["a"]],
  [
    "all: verified in every",
    { stages: ["x", "y"], availabilityStrategy: "All" },
    [withStatus("a", verified("y")), withStatus("b", verified("x", "y"))],
    ["b"],
  ],
  ["all of nothing: everything", { stages: [], availabilityStrategy: "All" }, [freight("a")], ["a"]],
  ["one of nothing: only what is approved", { stages: [] }, [freight("a"), withStatus("b", approved)], ["b"]],
  ["approved and not verified", { stages: ["x"] }, [withStatus("a", approved)], ["a"]],
  [
    "soak: earned in an unlisted Stage counts for one of (upstream defect)",
    { stages: ["x"], requiredSoakTime: "1h" },
    [withStatus("a", soaked({ x: "10m", other: "2h" })), withStatus("b", soaked({ x: "10m" }))],
    ["a"],
  ],
  [
    "soak: also elsewhere fails all (upstream defect)",
    { stages: ["x"], availabilityStrategy: "All", requiredSoakTime: "1h" },
    [withStatus("a", soaked({ x: "2h", other: "2h" })), withStatus("b", soaked({ x: "2h" }))],
    ["b"],
  ],
  [
    "soak: approval overrides it",
    { stages: ["x"], requiredSoakTime: "1h" },
    [withStatus("a", approved)],
    ["a"],
  ],
  [
    "match upstream: only what the upstream holds, approved or not",
    { stages: ["x"], autoPromotionOptions: { selectionPolicy: "MatchUpstream" } },
    [
      withStatus("a", { ...verified("x"), currentlyIn: { x: {} } }),
      withStatus("b", verified("x")),
      withStatus("c", approved),
    ],
    ["a"],
  ],
];

for (const [name, sources, all, expected] of rows) {
  test(`available Freight: ${name}`, () => assert.deepEqual(list(sources, all), expected));
}

test("a requested Warehouse that does not exist fails the listing", () => {
  assert.throws(
    () => availableFreight(stage("test"), { warehouses: new Set(), freight: [] }, nowMs),
    /Warehouse "main" not found in namespace "shop"/,
  );
});

test("an unknown strategy fails the listing", () => {
  assert.throws(() => list({ stages: ["x"], availabilityStrategy: "Most" as "All" }, []), /unsupported/);
});

function candidate(sources: Sources, all: readonly Freight[]): string | undefined {
  const target = stage("prod", {
    spec: { requestedFreight: [{ origin: { kind: "Warehouse", name: "main" }, sources }] },
  });
  return autoPromotionCandidates(target, all).get("Warehouse/main")?.metadata.name;
}

test("the candidate is the one discovered last; among equals the greatest name", () => {
  const old = freight("z", { discoveredAt: "2026-01-01T00:00:00Z" });
  const young = freight("a", { discoveredAt: "2026-01-02T00:00:00Z" });
  const twin = freight("b", { discoveredAt: "2026-01-02T00:00:00Z" });
  assert.equal(candidate({ direct: true }, [old, young, twin]), "b");
  assert.equal(candidate({ direct: true }, []), undefined);
});

test("without a discovery time, the creation counts", () => {
  const created = (name: string, creationTimestamp: string) =>
    freight(name, { metadata: { name, namespace, creationTimestamp } });
  const all = [created("a", "2026-01-03T00:00:00Z"), created("b", "2026-01-02T00:00:00Z")];
  assert.equal(candidate({ direct: true }, all), "a");
});

test("match upstream has no candidate while the upstream holds two", () => {
  const options = { stages: ["x"], autoPromotionOptions: { selectionPolicy: "MatchUpstream" } } as const;
  assert.equal(candidate(options, [freight("a"), freight("b")]), undefined);
  assert.equal(candidate(options, [freight("a")]), "a");
});
