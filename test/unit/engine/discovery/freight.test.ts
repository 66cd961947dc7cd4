// Rows for making Freight: what goes into it, what is refused, and its alias.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CreateFreightRequest,
  createFreight,
  newestArtifacts,
} from "../../../../src/engine/discovery/freight";
import { randomAlias } from "../../../../src/engine/discovery/freight-alias";
import type { AnyResource, RepoSubscription } from "../../../../src/model/resources";
import { MemoryStore, TestClock } from "../../../support/memory-store";

const apiVersion = "kargo.akuity.io/v1alpha1";
const git = { repoURL: "https://github.com/example/repo" };
const image = { repoURL: "public.ecr.aws/nginx/nginx" };
const commit = { ...git, id: "abc123" };
const nginx = { ...image, tag: "1.27.0", digest: "sha256:deadbeef" };

function world(
  subscriptions: readonly RepoSubscription[] = [{ git }, { image }],
  ...more: readonly AnyResource[]
) {
  const clock = new TestClock("2026-01-01T00:00:00Z");
  const store = new MemoryStore(clock, [
    { apiVersion, kind: "Project", metadata: { name: "demo" } },
    {
      apiVersion,
      kind: "Warehouse",
      metadata: { name: "my-warehouse", namespace: "demo" },
      spec: { subscriptions },
    },
    ...more,
  ]);
  const create = (request: Partial<CreateFreightRequest>) =>
    createFreight({ store, clock }, { namespace: "demo", warehouse: "my-warehouse", ...request });
  return { store, create };
}

test("the newest artifact of every result makes the Freight, empty fields left out", () => {
  const commits = [
    {
      id: "new",
      tag: "v2",
      branch: "",
      subject: "s",
      author: "a",
      committer: "c",
      creatorDate: "2026-01-01T00:00:00Z",
    },
    { id: "old" },
  ];
  const artifactReferences = [
    { artifactType: "x", subscriptionName: "n", version: "2" },
    { artifactType: "x", subscriptionName: "n", version: "1" },
  ];
  const made = newestArtifacts({
    git: [{ repoURL: "g", commits }],
    images: [
      { repoURL: "i", references: [{ tag: "t", digest: "d", annotations: { a: "b" }, createdAt: "x" }] },
    ],
    charts: [
      { repoURL: "c", name: "n", versions: ["2", "1"] },
      { repoURL: "oci://c", versions: ["3"] },
    ],
    results: [{ name: "n", artifactReferences }],
  });
  assert.deepEqual(made, {
    commits: [{ repoURL: "g", id: "new", tag: "v2", message: "s", author: "a", committer: "c" }],
    images: [{ repoURL: "i", tag: "t", digest: "d", annotations: { a: "b" } }],
    charts: [
      { repoURL: "c", name: "n", version: "2" },
      { repoURL: "oci://c", version: "3" },
    ],
    artifacts: [artifactReferences[0]],
  });
  assert.deepEqual(newestArtifacts({}), {});
  assert.throws(() => newestArtifacts({ results: [{ name: "n", artifactReferences: [] }] }), {
    code: "content",
  });
});

test("Freight by hand: Kargo's name, the alias as field and label, the time", async () => {
  const { create, store } = world();
  const freight = await create({ commits: [commit], images: [nginx], alias: "first" });
  assert.equal(freight.metadata.name, "a6b7cc55ed7a8f392e42b2ccc78576d9d1192a3d");
  assert.equal(freight.alias, "first");
  assert.deepEqual(freight.metadata.labels, { "kargo.akuity.io/alias": "first" });
  assert.equal(freight.discoveredAt, "2026-01-01T00:00:00Z");
  await assert.rejects(create({ commits: [commit], images: [nginx] }), {
    name: "StoreError",
    code: "alreadyExists",
  });
  assert.equal((await store.list("Freight")).length, 1);
});

const refusals: readonly [name: string, request: Partial<CreateFreightRequest>, message: RegExp][] = [
  ["no artifact", {}, /at least one/],
  ["an artifact is missing", { commits: [commit] }, /no artifact.*nginx/],
  ["two for one subscription", { commits: [commit, commit], images: [nginx] }, /multiple/],
  [
    "not subscribed",
    { commits: [commit], images: [nginx], charts: [{ repoURL: "https://c", version: "1" }] },
    /no subscription/,
  ],
  ["no such Warehouse", { warehouse: "none", commits: [commit] }, /warehouse/],
  ["no such Project", { namespace: "none", commits: [commit] }, /Project "none"/],
  ["an alias that is taken", { commits: [commit], images: [nginx], alias: "taken" }, /taken.*already used/],
  ["an alias no label can hold", { commits: [commit], images: [nginx], alias: "-x" }, /-x/],
  ["too long an alias", { commits: [commit], images: [nginx], alias: "x".repeat(64) }, /63/],
];
for (const [name, request, message] of refusals) {
  test(`refused: ${name}`, async () => {
    const metadata = { name: "other", namespace: "demo", labels: { "kargo.akuity.io/alias": "taken" } };
    const origin = { kind: "Warehouse", name: "my-warehouse" } as const;
    const { create, store } = world(undefined, {
      apiVersion,
      kind: "Freight",
      metadata,
      origin,
      alias: "taken",
    });
    await assert.rejects(create(request), { name: "AdmissionError", message });
    assert.equal((await store.list("Freight")).length, 1);
  });
}

test("two subscriptions to one repository let no Freight in, as upstream", async () => {
  const { create } = world([{ git }, { git: { ...git, branch: "other" } }]);
  await assert.rejects(create({ commits: [commit, { ...commit, id: "def" }] }), { name: "AdmissionError" });
});

test("random aliases are a quality and an animal, and vary", () => {
  const aliases = Array.from({ length: 200 }, randomAlias);
  for (const alias of aliases) assert.match(alias, /^[a-z]+-[a-z]+$/);
  assert.ok(new Set(aliases).size > 100);
});
