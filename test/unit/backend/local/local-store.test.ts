import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { LocalStore } from "../../../../src/backend/local/local-store";
import { nodeFiles } from "../../../../src/backend/local/node-files";
import { StateFiles } from "../../../../src/backend/local/state-files";
import { Workspace } from "../../../../src/backend/local/workspace";
import { silentLogger } from "../../../../src/base/log";
import { StoreError } from "../../../../src/engine/ports";
import type { AnalysisRun, Freight, Promotion } from "../../../../src/model/resources";
import { refKey } from "../../../../src/model/resources";
import { tempDir } from "../../../support/temp";

const apiVersion = "kargo.akuity.io/v1alpha1";
const stageYaml = `apiVersion: ${apiVersion}
kind: Stage
metadata:
  name: test
  namespace: demo
  labels: {tier: low}
spec:
  requestedFreight:
    - origin: {kind: Warehouse, name: hello}
      sources: {direct: true}
`;

async function openStore(t: TestContext, root: string): Promise<LocalStore> {
  const workspace = new Workspace(nodeFiles(root), silentLogger);
  await workspace.load();
  const store = new LocalStore(workspace, new StateFiles(root), { now: () => new Date() }, silentLogger);
  t.after(() => store.dispose());
  return store;
}

function promotion(name: string, stage = "test"): Promotion {
  return {
    apiVersion,
    kind: "Promotion",
    metadata: { name, namespace: "demo" },
    spec: { stage, freight: "f1" },
  };
}

function freight(name: string, warehouse: string): Freight {
  return {
    apiVersion,
    kind: "Freight",
    metadata: { name, namespace: "demo" },
    origin: { kind: "Warehouse", name: warehouse },
  };
}

test("an object is created once, read back with uid, time and generation, and is a readable file", async (t) => {
  const root = tempDir(t);
  const store = await openStore(t, root);
  const created = await store.create<"Promotion">(promotion("test.01a.f1"));
  assert.match(created.metadata.uid ?? "", /^[0-9a-f-]{36}$/);
  assert.match(created.metadata.creationTimestamp ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(created.metadata.generation, 1);
  await assert.rejects(
    store.create<"Promotion">(promotion("test.01a.f1")),
    (e) => e instanceof StoreError && e.code === "alreadyExists",
  );
  assert.deepEqual(await store.get("Promotion", { namespace: "demo", name: "test.01a.f1" }), created);
  const text = readFileSync(join(root, ".kargo/state/demo/promotions/test/test.01a.f1.json"), "utf8");
  assert.equal(JSON.parse(text).kind, "Promotion");
  assert.equal(readFileSync(join(root, ".kargo/.gitignore"), "utf8"), "*\n");
});

test("reading a workspace without state writes nothing", async (t) => {
  const root = tempDir(t);
  const store = await openStore(t, root);
  assert.deepEqual(await store.list("Promotion"), []);
  assert.equal(await store.get("Freight", { namespace: "demo", name: "f1" }), undefined);
  assert.equal(existsSync(join(root, ".kargo")), false);
});

test("the status of a written Stage is kept apart, and an edited spec is a new generation", async (t) => {
  const root = tempDir(t);
  writeFileSync(join(root, "stage.yaml"), stageYaml);
  const store = await openStore(t, root);
  const ref = { kind: "Stage", namespace: "demo", name: "test" } as const;
  const before = await store.get("Stage", ref);
  const updated = await store.update(ref, (stage) => ({
    ...stage,
    metadata: { ...stage.metadata, annotations: { "kargo.akuity.io/refresh": "now" } },
    status: { freightSummary: "0/1 Fulfilled" },
  }));
  assert.equal(updated.metadata.uid, before?.metadata.uid);
  assert.equal(updated.status?.freightSummary, "0/1 Fulfilled");
  assert.deepEqual(updated.metadata.labels, { tier: "low" });
  const stored = JSON.parse(readFileSync(join(root, ".kargo/state/demo/stages/test.json"), "utf8"));
  assert.equal(stored.spec, undefined);
  assert.equal(stored.metadata.labels, undefined);

  writeFileSync(join(root, "stage.yaml"), stageYaml.replace("direct: true", "stages: [dev]"));
  const later = await (await openStore(t, root)).get("Stage", ref);
  assert.equal(later?.metadata.generation, 2);
  assert.equal(later?.status?.freightSummary, "0/1 Fulfilled");
  assert.deepEqual(later?.metadata.annotations, { "kargo.akuity.io/refresh": "now" });
});

test("two stores on one folder lose no update", async (t) => {
  const root = tempDir(t);
  const [a, b] = [await openStore(t, root), await openStore(t, root)];
  await a.create<"Freight">(freight("f1", "hello"));
  const ref = { kind: "Freight", namespace: "demo", name: "f1" } as const;
  const count = (store: LocalStore, key: string) =>
    store.update(ref, (f) => ({
      ...f,
      status: {
        ...f.status,
        metadata: {
          ...f.status?.metadata,
          [key]: Number(f.status?.metadata?.[key] ?? 0) + 1,
          total: Number(f.status?.metadata?.total ?? 0) + 1,
        },
      },
    }));
  await Promise.all(
    Array.from({ length: 30 }, (_, i) => count(i % 2 === 0 ? a : b, i % 2 === 0 ? "a" : "b")),
  );
  assert.deepEqual((await a.get("Freight", ref))?.status?.metadata, { a: 15, b: 15, total: 30 });
  assert.deepEqual(await b.get("Freight", ref), await a.get("Freight", ref));
});

test("a store hears of what another one wrote", async (t) => {
  const root = tempDir(t);
  const [a, b] = [await openStore(t, root), await openStore(t, root)];
  await a.create<"Freight">(freight("f0", "hello"));
  const heard: string[] = [];
  b.onDidChange((ref) => heard.push(refKey(ref)));
  b.watch();
  assert.equal((await b.list("Freight")).length, 1);
  await a.create<"Freight">(freight("f1", "hello"));
  await a.create<"Promotion">(promotion("test.01a.f1"));
  for (let i = 0; i < 100 && heard.length < 3; i++) await delay(20);
  assert.deepEqual(heard.slice(-2), ["Freight/demo/f1", "Promotion/demo/test.01a.f1"]);
  assert.equal((await b.list("Freight")).length, 2);
});

test("Promotions are listed by Stage and Freight by Warehouse", async (t) => {
  const store = await openStore(t, tempDir(t));
  await store.create<"Promotion">(promotion("test.01a.f1"));
  await store.create<"Promotion">(promotion("by-hand", "uat"));
  await store.create<"Freight">(freight("f1", "hello"));
  await store.create<"Freight">(freight("f2", "other"));
  const names = (list: readonly { metadata: { name: string } }[]) => list.map((r) => r.metadata.name);
  assert.deepEqual(names(await store.list("Promotion", { namespace: "demo", stage: "uat" })), ["by-hand"]);
  assert.deepEqual(names(await store.list("Freight", { warehouse: "other" })), ["f2"]);
  assert.equal((await store.get("Promotion", { namespace: "demo", name: "by-hand" }))?.spec.stage, "uat");
});

test("a file that holds no object is passed over and left alone; a killed writer's leftover is no object", async (t) => {
  const root = tempDir(t);
  const store = await openStore(t, root);
  await store.create<"Freight">(freight("f1", "hello"));
  const folder = join(root, ".kargo/state/demo/freight");
  writeFileSync(join(folder, "broken.json"), '{"kind": "Frei');
  writeFileSync(join(folder, "f2.json.123456"), "{");
  assert.equal((await (await openStore(t, root)).list("Freight")).length, 1);
  assert.equal(readdirSync(folder).includes("broken.json"), true);
});

test("a change that a killed process announced but did not confirm reaches the others with the next write", async (t) => {
  const root = tempDir(t);
  const [a, b] = [await openStore(t, root), await openStore(t, root)];
  await a.create<"Freight">(freight("f1", "hello"));
  assert.equal((await b.list("Freight")).length, 1);
  const lost = { verb: "begin", kind: "Freight", namespace: "demo", name: "f1" };
  appendFileSync(join(root, ".kargo/changes.log"), `${JSON.stringify(lost)}\n`);
  const path = join(root, ".kargo/state/demo/freight/f1.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), alias: "changed" }));
  await a.create<"Freight">(freight("f2", "hello"));
  assert.equal((await b.get("Freight", { namespace: "demo", name: "f1" }))?.alias, "changed");
});

test("a journal begun anew tells the others what changed and nothing else; who comes too late reads everything", async (t) => {
  const root = tempDir(t);
  const [a, b] = [await openStore(t, root), await openStore(t, root)];
  const enough = () => appendFileSync(join(root, ".kargo/changes.log"), "\n".repeat(1024 * 1024));
  const told: string[] = [];
  const look = async () => {
    told.length = 0;
    const found = await b.list("Freight");
    return found.map(({ metadata, alias }) => `${metadata.name} ${alias ?? ""}`).sort();
  };
  await a.create<"Freight">(freight("f1", "w"));
  await look();
  b.onDidChange(({ name }) => told.push(name));
  await a.create<"Freight">(freight("f2", "w"));
  enough();
  await a.create<"Freight">(freight("f3", "w"));
  await a.update<"Freight">({ kind: "Freight", namespace: "demo", name: "f1" }, (one) => ({
    ...one,
    alias: "x",
  }));
  assert.ok(statSync(join(root, ".kargo/changes.log")).size < 10_000, "it was begun anew");
  assert.deepEqual(await look(), ["f1 x", "f2 ", "f3 "]);
  assert.deepEqual(told, ["f2", "f3", "f1"]);
  for (const name of ["f4", "f5"]) {
    enough();
    await a.create<"Freight">(freight(name, "w"));
  }
  assert.deepEqual(await look(), ["f1 x", "f2 ", "f3 ", "f4 ", "f5 "]);
  await a.create<"Freight">(freight("f6", "w"));
  await look();
  assert.deepEqual(told, ["f6"]);
});

test("a journal whose writer died while it began it anew loses nothing", async (t) => {
  const root = tempDir(t);
  const [a, b] = [await openStore(t, root), await openStore(t, root)];
  await a.create<"Freight">(freight("f1", "w"));
  await b.list("Freight");
  await a.create<"Freight">(freight("f2", "w"));
  renameSync(join(root, ".kargo/changes.log"), join(root, ".kargo/changes.log.1"));
  assert.equal((await b.list("Freight")).length, 2);
  await a.create<"Freight">(freight("f3", "w"));
  assert.equal((await b.list("Freight")).length, 3);
});

test("AnalysisRuns are looked up by their labels, through changes too", async (t) => {
  const root = tempDir(t);
  const run = (name: string, stage: string, collection: string): AnalysisRun => ({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AnalysisRun",
    metadata: { name, namespace: "demo", labels: { stage, collection } },
    spec: { metrics: [] },
  });
  const store = await openStore(t, root);
  for (const one of [run("r1", "test", "c1"), run("r2", "test", "c2"), run("r3", "uat", "c1")])
    await store.create<"AnalysisRun">(one);
  const named = async (of: LocalStore, labels: Readonly<Record<string, string>>) =>
    (await of.list("AnalysisRun", { namespace: "demo", labels })).map(({ metadata }) => metadata.name).sort();
  for (const each of [store, await openStore(t, root)]) {
    assert.deepEqual(await named(each, { stage: "test", collection: "c1" }), ["r1"]);
    assert.deepEqual(await named(each, { collection: "c1" }), ["r1", "r3"]);
    assert.deepEqual(await named(each, { stage: "prod" }), []);
    assert.deepEqual(await named(each, {}), ["r1", "r2", "r3"]);
  }
  await store.update<"AnalysisRun">({ kind: "AnalysisRun", namespace: "demo", name: "r1" }, (one) => ({
    ...one,
    metadata: { ...one.metadata, labels: { stage: "uat", collection: "c1" } },
  }));
  await store.delete({ kind: "AnalysisRun", namespace: "demo", name: "r3" });
  assert.deepEqual(await named(store, { stage: "uat", collection: "c1" }), ["r1"]);
  assert.deepEqual(await named(store, { stage: "test" }), ["r2"]);
});

for (const name of ["../../escape", "a/b", "UPPER", "", "x".repeat(254)]) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} is refused before a file is touched`, async (t) => {
    const root = tempDir(t);
    mkdirSync(join(root, "inner"));
    const store = await openStore(t, join(root, "inner"));
    await assert.rejects(
      store.create<"Freight">(freight(name, "w")),
      (e) => e instanceof StoreError && e.code === "invalid",
    );
    assert.deepEqual(readdirSync(root), ["inner"]);
  });
}

test("a name of 253 characters fits into a file name", async (t) => {
  const root = tempDir(t);
  const name = "x".repeat(253);
  await (await openStore(t, root)).create<"Freight">(freight(name, "w"));
  assert.equal(
    (await (await openStore(t, root)).get("Freight", { namespace: "demo", name }))?.metadata.name,
    name,
  );
});
