import assert from "node:assert/strict";
import { test } from "node:test";
import {
  discoveredAtMs,
  freightPreimage,
  hasSoakedIn,
  isFreightAvailable,
  longestSoakMs,
} from "../../../src/model/freight";
import type { Freight, FreightRequest, FreightStatus, Stage } from "../../../src/model/resources";

const origin = { kind: "Warehouse", name: "w" } as const;
const now = Date.parse("2026-01-01T12:00:00Z");

function freight(status: FreightStatus = {}, namespace = "p"): Freight {
  const metadata = { name: "f", namespace, creationTimestamp: "2026-01-01T10:00:00Z" };
  return { apiVersion: "kargo.akuity.io/v1alpha1", kind: "Freight", metadata, origin, status };
}

function stage(...sources: NonNullable<FreightRequest["sources"]>[]): Stage {
  return {
    apiVersion: "kargo.akuity.io/v1alpha1",
    kind: "Stage",
    metadata: { name: "s", namespace: "p" },
    spec: { requestedFreight: sources.map((source) => ({ origin, sources: source })) },
  };
}

test("the preimage sorts parts by bytes and ignores what does not identify", () => {
  const preimage = freightPreimage(origin, {
    commits: [
      { repoURL: "https://u@GitHub.com/Example/repo.git", id: "abc", branch: "main", message: "m" },
      { repoURL: "https://github.com/example/repo", tag: "v1", id: "abc" },
    ],
    images: [{ repoURL: "Docker.io/X/y", tag: "1" }],
    charts: [{ repoURL: "https://charts.example.com", name: "nginx", version: "1.2.3" }],
    artifacts: [{ artifactType: "t", subscriptionName: "s", version: "2", metadata: { a: 1 } }],
  });
  assert.equal(
    preimage,
    "Warehouse/w:Docker.io/X/y:1@|https://github.com/example/repo:abc|https://github.com/example/repo:v1:abc|" +
      "https:/charts.example.com/nginx:1.2.3|t:s:2",
  );
});

test("effective discovery time falls back to creation", () => {
  assert.equal(discoveredAtMs(freight()), now - 7_200_000);
  assert.equal(discoveredAtMs({ ...freight(), discoveredAt: "2026-01-01T11:00:00Z" }), now - 3_600_000);
});

test("soak counts only where verified, and the running stay from entry", () => {
  const status: FreightStatus = {
    verifiedIn: { test: { verifiedAt: "2026-01-01T11:50:00Z" }, uat: { longestSoak: "2h0m0.5s" }, prod: {} },
    currentlyIn: { test: { since: "2026-01-01T11:00:00Z" }, uat: { since: "2026-01-01T11:00:00Z" }, dev: {} },
  };
  const f = freight({
    ...status,
    currentlyIn: { ...status.currentlyIn, dev: { since: "2026-01-01T11:00:00Z" } },
  });
  assert.equal(longestSoakMs(f, "test", now), 3_600_000);
  assert.equal(longestSoakMs(f, "uat", now), 7_200_500);
  assert.equal(longestSoakMs(f, "prod", now), 0);
  assert.equal(longestSoakMs(f, "dev", now), 0);
  assert.equal(hasSoakedIn(f, "test", "1h", now), true);
  assert.equal(hasSoakedIn(f, "test", "1h0m1s", now), false);
  assert.equal(hasSoakedIn(f, "dev", undefined, now), true);
  assert.equal(hasSoakedIn(f, "dev", "0s", now), true);
});

const verified = (...stages: string[]): FreightStatus => ({
  verifiedIn: Object.fromEntries(stages.map((name) => [name, { longestSoak: "1h" }])),
});
const available: readonly [string, Stage, Freight, boolean][] = [
  ["direct", stage({ direct: true }), freight(), true],
  ["other namespace", stage({ direct: true }), freight({}, "q"), false],
  ["other origin", stage({ direct: true }), { ...freight(), origin: { ...origin, name: "x" } }, false],
  ["approved", stage({ stages: ["a"] }), freight({ approvedFor: { s: {} } }), true],
  [
    "approved beats soak",
    stage({ stages: ["a"], requiredSoakTime: "9h" }),
    freight({ approvedFor: { s: {} } }),
    true,
  ],
  ["nowhere verified", stage({ stages: ["a"] }), freight(), false],
  ["one of two", stage({ stages: ["a", "b"] }), freight(verified("b")), true],
  [
    "all of two, one verified",
    stage({ stages: ["a", "b"], availabilityStrategy: "All" }),
    freight(verified("b")),
    false,
  ],
  [
    "all of two",
    stage({ stages: ["a", "b"], availabilityStrategy: "All" }),
    freight(verified("b", "a")),
    true,
  ],
  ["all of none", stage({ availabilityStrategy: "All" }), freight(), true],
  ["one of none", stage({}), freight(), false],
  ["soaked", stage({ stages: ["a"], requiredSoakTime: "1h" }), freight(verified("a")), true],
  ["not soaked", stage({ stages: ["a"], requiredSoakTime: "61m" }), freight(verified("a")), false],
  [
    "soak of an unlisted Stage",
    stage({ stages: ["a"], requiredSoakTime: "1h" }),
    freight(verified("z")),
    false,
  ],
  ["a second request of the origin", stage({ stages: ["a"] }, { direct: true }), freight(), true],
  [
    "All decides for later requests",
    stage({ stages: ["a"], availabilityStrategy: "All" }, { direct: true }),
    freight(),
    false,
  ],
  [
    "inherited property names are no Stages",
    stage({ stages: ["constructor"] }),
    freight(verified("b")),
    false,
  ],
];
for (const [name, s, f, expected] of available) {
  test(`available: ${name}`, () => assert.equal(isFreightAvailable(s, f, now), expected));
}
