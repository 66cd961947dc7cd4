import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { isCondensed } from "../../../../src/backend/local/condensed";
import { LocalStore } from "../../../../src/backend/local/local-store";
import { nodeFiles } from "../../../../src/backend/local/node-files";
import { StateCache } from "../../../../src/backend/local/state-cache";
import { StateFiles, type StoredObject } from "../../../../src/backend/local/state-files";
import { Workspace } from "../../../../src/backend/local/workspace";
import { silentLogger } from "../../../../src/base/log";
import { StoreError } from "../../../../src/engine/ports";
import type { Freight, Promotion } from "../../../../src/model/resources";
import { tempDir } from "../../../support/temp";

const apiVersion = "kargo.akuity.io/v1alpha1";
const count = 600;

function freight(n: number): Freight {
  return {
    apiVersion,
    kind: "Freight",
    metadata: {
      name: `f${n}`,
      namespace: "demo",
      uid: `u${n}`,
      labels: { "kargo.akuity.io/alias": `a${n}` },
    },
    alias: `a${n}`,
    origin: { kind: "Warehouse", name: n % 2 === 0 ? "even" : "odd" },
    commits: [{ repoURL: "https://example.com/r.git", id: String(n), message: `change ${n}` }],
    status: n === 3 ? { currentlyIn: { test: { since: "2026-01-01T00:00:00Z" } } } : {},
  };
}

function promotion(name: string, phase: "Succeeded" | "Running"): Promotion {
  return {
    apiVersion,
    kind: "Promotion",
    metadata: { name, namespace: "demo", uid: "u", annotations: { "kargo.akuity.io/create-actor": "admin" } },
    spec: {
      stage: "test",
      freight: "f1",
      vars: [{ name: "v", value: "1" }],
      steps: [{ uses: "copy", as: "c" }],
    },
    status: {
      phase,
      startedAt: "2026-01-01T00:00:00Z",
      finishedAt: "2026-01-01T00:01:00Z",
      state: { c: { ok: true } },
    },
  };
}

const freightFolder = ".kargo/state/demo/freight";
const indexFile = ".kargo/cache/index/freight.demo.jsonl";

function put(root: string, folder: string, object: Freight | Promotion): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(
    join(root, folder, `${object.metadata.name}.json`),
    `${JSON.stringify(object, undefined, 2)}\n`,
  );
}

/** What a new process sees of the Freight, by name. */
async function seen(root: string): Promise<Map<string, StoredObject>> {
  const [group] = await new StateCache(new StateFiles(root), silentLogger).whole([
    { kind: "Freight", namespace: "demo" },
  ]);
  return new Map([...(group?.values() ?? [])].map((object) => [object.metadata.name, object]));
}

function withFreight(t: TestContext): string {
  const root = tempDir(t);
  for (let n = 0; n < count; n++) put(root, freightFolder, freight(n));
  return root;
}

const changes: Record<string, (root: string) => readonly [name: string, expected: Freight | undefined]> = {
  "an object rewritten at the same length": (root) => {
    const changed = { ...freight(7), alias: "b7" };
    put(root, freightFolder, changed);
    return ["f7", changed];
  },
  "an object that is new": (root) => {
    put(root, freightFolder, freight(count));
    return [`f${count}`, freight(count)];
  },
  "an object that is gone": (root) => {
    rmSync(join(root, freightFolder, "f9.json"));
    return ["f9", undefined];
  },
  "an object that is no object any more": (root) => {
    writeFileSync(join(root, freightFolder, "f11.json"), "{");
    return ["f11", undefined];
  },
  "an index that is gone": (root) => {
    rmSync(join(root, indexFile));
    return ["f1", freight(1)];
  },
  "an index cut short": (root) => {
    writeFileSync(join(root, indexFile), readFileSync(join(root, indexFile)).subarray(0, 5000));
    return ["f1", freight(1)];
  },
  "an index with a changed byte": (root) => {
    const content = readFileSync(join(root, indexFile), "utf8");
    writeFileSync(join(root, indexFile), content.replace('"a1"', '"z1"'));
    return ["f1", freight(1)];
  },
  "an index of another format": (root) => {
    const content = readFileSync(join(root, indexFile), "utf8");
    writeFileSync(join(root, indexFile), content.replace("index-4", "index-3"));
    return ["f1", freight(1)];
  },
  "an empty index": (root) => {
    writeFileSync(join(root, indexFile), "");
    return ["f1", freight(1)];
  },
};

for (const [name, change] of Object.entries(changes)) {
  test(`the objects count, not their index: ${name}`, async (t) => {
    const root = withFreight(t);
    await seen(root);
    assert.ok(statSync(join(root, indexFile)).size > 0, "an index was written");
    const [changed, expected] = change(root);
    const objects = await seen(root);
    assert.deepEqual(
      JSON.parse(JSON.stringify(objects.get(changed) ?? null)),
      expected === undefined ? null : JSON.parse(JSON.stringify(expected)),
    );
    assert.deepEqual({ ...objects.get("f2") }, freight(2));
    assert.equal(objects.size, count + (name.endsWith("new") ? 1 : expected === undefined ? -1 : 0));
  });
}

test("a damaged index is replaced by a new one", async (t) => {
  const root = withFreight(t);
  await seen(root);
  const good = readFileSync(join(root, indexFile), "utf8");
  writeFileSync(join(root, indexFile), good.slice(0, 100));
  await seen(root);
  assert.equal(readFileSync(join(root, indexFile), "utf8").length, good.length);
});

test("with an index, as without one, a condensed object is as good as the whole one for every reader", async (t) => {
  const root = withFreight(t);
  for (const found of [await seen(root), await seen(root)]) {
    const object = found.get("f3");
    assert.ok(object && isCondensed(object));
    assert.ok(isDeepStrictEqual({ ...object }, freight(3)));
    assert.deepEqual(Object.keys(object), Object.keys(freight(3)));
    assert.equal(JSON.stringify(object), JSON.stringify(freight(3)));
    assert.equal((await object).metadata.name, "f3");
    assert.equal("commits" in object, true);
    assert.equal("charts" in object, false);
    const { metadata, ...others } = object;
    assert.equal(metadata.uid, "u3");
    assert.equal(others.alias, "a3");
  }
});

test("what is known of an object outlives its file", async (t) => {
  const root = withFreight(t);
  const object = (await seen(root)).get("f5") as unknown as Freight;
  rmSync(join(root, freightFolder, "f5.json"));
  assert.equal(object.alias, "a5");
  assert.equal(object.commits, undefined);
  assert.equal(JSON.parse(JSON.stringify(object)).origin.name, "odd");
});

test("Promotions are condensed once they have ended, never before", async (t) => {
  const root = tempDir(t);
  const folder = ".kargo/state/demo/promotions/test";
  put(root, folder, promotion("test.01a.f1", "Succeeded"));
  put(root, folder, promotion("test.01b.f1", "Running"));
  const cache = new StateCache(new StateFiles(root), silentLogger);
  const group = await cache.group({ kind: "Promotion", namespace: "demo", stage: "test" });
  const [ended, running] = ["test.01a.f1", "test.01b.f1"].map((name) => group.get(name));
  assert.equal(ended && isCondensed(ended), true);
  assert.equal(running && isCondensed(running), false);
  assert.equal(JSON.stringify(ended), JSON.stringify(promotion("test.01a.f1", "Succeeded")));
  assert.deepEqual((ended as unknown as Promotion).spec.steps, [{ uses: "copy", as: "c" }]);
});

test("going through ended Promotions as the engine does reads no file of theirs", async (t) => {
  const root = tempDir(t);
  const folder = ".kargo/state/demo/promotions/test";
  put(root, folder, promotion("test.01a.f1", "Succeeded"));
  const group = await new StateCache(new StateFiles(root), silentLogger).group({
    kind: "Promotion",
    namespace: "demo",
    stage: "test",
  });
  rmSync(join(root, folder, "test.01a.f1.json"));
  const { metadata, spec, status } = group.get("test.01a.f1") as unknown as Promotion;
  assert.deepEqual(
    [metadata.name, metadata.namespace, metadata.uid, metadata.annotations, spec.stage, spec.freight],
    ["test.01a.f1", "demo", "u", { "kargo.akuity.io/create-actor": "admin" }, "test", "f1"],
  );
  assert.deepEqual(
    [status?.phase, status?.finishedAt, status?.message],
    ["Succeeded", "2026-01-01T00:01:00Z", undefined],
  );
  assert.equal(spec.steps, undefined, "the rest was in the file");
});

test("a change is made to the whole object, and refused when its file is gone", async (t) => {
  const root = withFreight(t);
  const workspace = new Workspace(nodeFiles(root), silentLogger);
  const store = new LocalStore(workspace, new StateFiles(root), { now: () => new Date() }, silentLogger);
  t.after(() => store.dispose());
  const ref = { kind: "Freight", namespace: "demo", name: "f4" } as const;
  assert.equal((await store.list("Freight", { namespace: "demo", warehouse: "even" })).length, count / 2);
  await store.update(ref, (current) => ({ ...current, alias: "other" }));
  const stored = JSON.parse(readFileSync(join(root, freightFolder, "f4.json"), "utf8"));
  assert.deepEqual([stored.alias, stored.commits, stored.metadata.uid], ["other", freight(4).commits, "u4"]);
  rmSync(join(root, freightFolder, "f6.json"));
  await assert.rejects(
    store.update({ ...ref, name: "f6" }, (current) => ({ ...current, alias: "other" })),
    (e) => e instanceof StoreError && e.code === "io",
  );
});

test("Freight is looked up by the Stage that runs on it, through changes too", async (t) => {
  const root = withFreight(t);
  const workspace = new Workspace(nodeFiles(root), silentLogger);
  const store = new LocalStore(workspace, new StateFiles(root), { now: () => new Date() }, silentLogger);
  t.after(() => store.dispose());
  const names = async () =>
    (await store.list("Freight", { namespace: "demo", currentlyIn: "test" })).map((f) => f.metadata.name);
  assert.deepEqual(await names(), ["f3"]);
  const ref = { kind: "Freight", namespace: "demo", name: "f3" } as const;
  await store.update(ref, (current) => ({ ...current, status: {} }));
  await store.update({ ...ref, name: "f8" }, (current) => ({
    ...current,
    status: { currentlyIn: { test: { since: "2026-01-02T00:00:00Z" } } },
  }));
  assert.deepEqual(await names(), ["f8"]);
  await store.delete({ ...ref, name: "f8" });
  assert.deepEqual(await names(), []);
});

test("an index that another process is writing is left to it, and one that it left behind is not", async (t) => {
  const root = withFreight(t);
  const beside = join(root, `${indexFile}.new`);
  mkdirSync(dirname(beside), { recursive: true });
  writeFileSync(beside, "half");
  await seen(root);
  assert.equal(existsSync(join(root, indexFile)), false);
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(beside, longAgo, longAgo);
  await seen(root);
  assert.equal(existsSync(join(root, indexFile)), true);
  assert.equal(existsSync(beside), false);
});
