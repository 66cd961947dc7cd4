// Rows for what is due, what is missing, and when the next pass comes.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  findGap,
  isDiscoveryDue,
  nextPassMs,
  WarehouseStatusWriter,
} from "../../../../src/engine/discovery/warehouse-status";
import type { DiscoveredArtifacts, Warehouse } from "../../../../src/model/resources";

const now = new Date("2026-01-01T12:00:00Z");

function warehouse(
  status: Warehouse["status"],
  spec: Partial<Warehouse["spec"]> = {},
  generation = 1,
): Warehouse {
  return {
    apiVersion: "kargo.akuity.io/v1alpha1",
    kind: "Warehouse",
    metadata: { name: "w", namespace: "demo", generation },
    spec: { subscriptions: [], ...spec },
    ...(status && { status }),
  };
}

const known = (discoveredAt: string, more: Warehouse["status"] = {}): Warehouse["status"] => ({
  observedGeneration: 1,
  discoveredArtifacts: { discoveredAt },
  ...more,
});
const failed = [
  { type: "Healthy", status: "False", reason: "DiscoveryFailed", message: "", lastTransitionTime: "" },
] as const;

const dueRows: readonly [name: string, warehouse: Warehouse, token: string | undefined, due: boolean][] = [
  ["nothing was ever discovered", warehouse(undefined), undefined, true],
  ["discovered at an unknown time", warehouse({ discoveredArtifacts: {} }), undefined, true],
  ["fresh", warehouse(known("2026-01-01T11:58:00Z")), undefined, false],
  ["exactly one interval old", warehouse(known("2026-01-01T11:55:00Z")), undefined, false],
  ["older than the interval", warehouse(known("2026-01-01T11:54:59Z")), undefined, true],
  [
    "an interval of its own",
    warehouse(known("2026-01-01T11:58:00Z"), { interval: "1m30s" }),
    undefined,
    true,
  ],
  ["a changed spec", warehouse(known("2026-01-01T11:59:00Z"), {}, 2), undefined, true],
  ["a new refresh", warehouse(known("2026-01-01T11:59:00Z", { lastHandledRefresh: "a" })), "b", true],
  ["a first refresh", warehouse(known("2026-01-01T11:59:00Z")), "b", true],
  [
    "a refresh handled already",
    warehouse(known("2026-01-01T11:59:00Z", { lastHandledRefresh: "b" })),
    "b",
    false,
  ],
  [
    "no refresh asked for any more",
    warehouse(known("2026-01-01T11:59:00Z", { lastHandledRefresh: "b" })),
    undefined,
    false,
  ],
  [
    "the last discovery failed",
    warehouse(known("2026-01-01T11:59:00Z", { conditions: failed })),
    undefined,
    true,
  ],
];
for (const [name, object, token, due] of dueRows) {
  test(`discovery is ${due ? "" : "not "}due: ${name}`, () => {
    assert.equal(isDiscoveryDue(object, token, now), due);
  });
}

const nextRows: readonly [name: string, warehouse: Warehouse, minMs: number, inMs: number][] = [
  ["nothing discovered", warehouse(undefined), 0, 300_000],
  ["one minute ago", warehouse(known("2026-01-01T11:59:00Z")), 0, 240_000],
  ["overdue", warehouse(known("2026-01-01T11:00:00Z")), 0, 100],
  ["due this moment", warehouse(known("2026-01-01T11:55:00Z")), 0, 100],
  [
    "the system's minimum counts",
    warehouse(known("2026-01-01T12:00:00Z"), { interval: "10s" }),
    60_000,
    60_000,
  ],
];
for (const [name, object, minMs, inMs] of nextRows) {
  test(`next pass: ${name}`, () => assert.equal(nextPassMs(object, now, minMs) - now.getTime(), inMs));
}

const repoURL = "https://example.com/r";
const commits = [{ id: "a" }];
const references = [{ tag: "t", digest: "sha256:a" }];
const gapRows: readonly [
  name: string,
  artifacts: DiscoveredArtifacts | undefined,
  reasons: string | undefined,
][] = [
  ["nothing known", undefined, "MissingArtifacts/MissingArtifacts"],
  ["nothing at all", { git: [], images: [], charts: [] }, "MissingArtifacts/MissingArtifacts"],
  ["no commit", { git: [{ repoURL, commits }, { repoURL }] }, "MissingCommits/NoCommitsDiscovered"],
  [
    "git comes before images",
    { images: [{ repoURL }], git: [{ repoURL, commits: [] }] },
    "MissingCommits/NoCommitsDiscovered",
  ],
  [
    "no image",
    { images: [{ repoURL, references: [] }] },
    "MissingImageReferences/NoImageReferencesDiscovered",
  ],
  [
    "no chart",
    { images: [{ repoURL, references }], charts: [{ repoURL, versions: [] }] },
    "MissingChartVersions/NoChartVersionsDiscovered",
  ],
  ["generic results may be empty", { results: [{ name: "x", artifactReferences: [] }] }, undefined],
  ["all there", { git: [{ repoURL, commits }], charts: [{ repoURL, versions: ["1"] }] }, undefined],
];
for (const [name, artifacts, reasons] of gapRows) {
  test(`gap: ${name}`, () => {
    const gap = findGap(artifacts);
    assert.equal(gap && `${gap.ready}/${gap.healthy}`, reasons);
  });
}

test("failing to make Freight keeps Reconciling and tells the stage of the failure", () => {
  const writer = new WarehouseStatusWriter(warehouse(undefined, {}, 7), now);
  const status = writer.freightFailed(writer.creatingFreight({}), "FreightCreationFailure", "no room");
  assert.deepEqual(
    status.conditions?.map(({ type, status: state, reason, observedGeneration }) => [
      type,
      state,
      reason,
      observedGeneration,
    ]),
    [
      ["Reconciling", "True", "FreightCreationInProgress", 7],
      ["Ready", "False", "FreightCreationFailure", 7],
      ["Healthy", "False", "FreightBuildFailure", 7],
      ["FreightCreationCriteriaSatisfied", "True", "CriteriaSatisfied", 7],
    ],
  );
  assert.match(status.conditions?.[1]?.message ?? "", /no room/);
});
