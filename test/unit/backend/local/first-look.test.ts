import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Backend, Snapshot } from "../../../../src/backend/backend";
import { openLocalBackend } from "../../../../src/backend/local/local";
import { nodeFiles } from "../../../../src/backend/local/node-files";
import { Emitter } from "../../../../src/base/events";
import { silentLogger } from "../../../../src/base/log";
import { largeProject, stageName, writeLargeWorkspace } from "../../../support/large-workspace";
import { tempDir } from "../../../support/temp";

const size = { pipelines: 3, stagesPerPipeline: 4, freightPerPipeline: 20, promotionsPerStage: 10 };

async function opened(t: TestContext, root: string, opensWith: "everything" | "first look") {
  const saved = new Emitter<readonly string[]>();
  const files = { ...nodeFiles(root), onDidChange: saved.event };
  const backend = await openLocalBackend({ files, log: silentLogger, opensWith });
  t.after(() => backend.dispose());
  return { backend, save: (path: string) => saved.fire([path]) };
}

function until(backend: Backend, isThere: (snapshot: Snapshot) => boolean): Promise<void> {
  if (isThere(backend.snapshot)) return Promise.resolve();
  return new Promise((resolve) => {
    const subscription = backend.onDidChange(() => {
      if (!isThere(backend.snapshot)) return;
      subscription.dispose();
      resolve();
    });
  });
}

function names(snapshot: Snapshot) {
  return snapshot.projects.map(({ name, stages, warehouses, freight, promotions }) => ({
    name,
    lists: [stages, warehouses, freight, promotions].map((list) => list.map(({ metadata }) => metadata.name)),
  }));
}

test("the first look has the pipelines with what they run on; the rest follows by itself", async (t) => {
  const root = tempDir(t);
  writeLargeWorkspace(root, size);
  const { backend } = await opened(t, root, "first look");
  const [first] = backend.snapshot.projects;
  assert.equal(backend.snapshot.isPartial, true);
  assert.equal(first?.stages.length, 12);
  assert.equal(first?.warehouses.length, 3);
  assert.equal(first?.freight.length, 3);
  assert.deepEqual(
    first?.promotions.map(({ metadata }) => metadata.name).sort(),
    first?.stages.map(({ status }) => status?.lastPromotion?.name).sort(),
  );
  await until(backend, ({ isPartial }) => isPartial !== true);
  const { backend: other } = await opened(t, root, "everything");
  assert.equal(other.snapshot.isPartial, undefined);
  assert.deepEqual(names(backend.snapshot), names(other.snapshot));
  assert.equal(backend.snapshot.projects[0]?.promotions.length, 120);
});

test("what changes while the rest is read is neither lost nor shown late", async (t) => {
  const root = tempDir(t);
  writeLargeWorkspace(root, size);
  const { backend, save } = await opened(t, root, "first look");
  const { projects } = backend.snapshot;
  const stage = stageName("service-001", 1);
  const freight = projects[0]?.freight.find(({ origin }) => origin.name === "service-001")?.metadata.name;
  const request = { project: largeProject, stage, freight: freight ?? "" };
  const promotion = await backend.promote(request, { signal: new AbortController().signal });
  const path = join(root, "pipelines/service-002.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replaceAll("service-002-prod-03", "service-002-last"));
  save(path);
  await until(
    backend,
    (snapshot) =>
      snapshot.isPartial !== true &&
      snapshot.projects[0]?.stages.some(({ metadata }) => metadata.name === "service-002-last") === true,
  );
  const found = backend.snapshot.projects[0]?.promotions.map(({ metadata }) => metadata.name);
  assert.ok(found?.includes(promotion.metadata.name));
  assert.equal(found?.length, 121);
});

test("a backend that is left while it reads tells nothing more, and can still be asked", async (t) => {
  const root = tempDir(t);
  writeLargeWorkspace(root, size);
  const { backend } = await opened(t, root, "first look");
  let changes = 0;
  backend.onDidChange(() => {
    changes++;
  });
  backend.dispose();
  assert.deepEqual(await backend.analysisRuns(largeProject), []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(changes, 0);
});
