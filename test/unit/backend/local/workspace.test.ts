import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LocalStore } from "../../../../src/backend/local/local-store";
import { nodeFiles } from "../../../../src/backend/local/node-files";
import { SpecCache } from "../../../../src/backend/local/spec-cache";
import { StateFiles } from "../../../../src/backend/local/state-files";
import { Workspace } from "../../../../src/backend/local/workspace";
import { Emitter } from "../../../../src/base/events";
import { silentLogger } from "../../../../src/base/log";
import type { ResourceChange } from "../../../../src/engine/ports";
import { parseResources } from "../../../../src/model/parse";
import { refKey, type Stage } from "../../../../src/model/resources";
import { tempDir } from "../../../support/temp";

const apiVersion = "kargo.akuity.io/v1alpha1";

function stageYaml(name: string, from: string): string {
  return `apiVersion: ${apiVersion}
kind: Stage
metadata: {name: ${name}, namespace: demo}
spec:
  requestedFreight:
    - origin: {kind: Warehouse, name: hello}
      sources: {stages: [${from}]}
`;
}

const broken = `apiVersion: ${apiVersion}\nkind: Stage\nmetadata: {namespace: demo, name: x\n`;

function open(t: TestContext, root: string) {
  const saved = new Emitter<readonly string[]>();
  const state = new StateFiles(root);
  const cache = new SpecCache(state.specCachePath, () => state.prepareRoot());
  const workspace = new Workspace({ ...nodeFiles(root), onDidChange: saved.event }, silentLogger, cache);
  const store = new LocalStore(workspace, state, { now: () => new Date() }, silentLogger);
  t.after(() => store.dispose());
  t.after(() => workspace.dispose());
  return { workspace, store, saved };
}

test("a saved spec is told once, with what the resource was, and untouched ones are not", async (t) => {
  const root = tempDir(t);
  const path = join(root, "stages.yaml");
  writeFileSync(path, [stageYaml("a", "x"), stageYaml("b", "x")].join("---\n"));
  const { workspace, store, saved } = open(t, root);
  await workspace.load();
  const heard: ResourceChange[] = [];
  store.onDidChange((change) => heard.push(change));
  writeFileSync(path, [stageYaml("a", "x"), stageYaml("b", "z"), stageYaml("c", "z")].join("---\n"));
  saved.fire([path]);
  for (let i = 0; i < 200 && heard.length < 2; i++) await new Promise((r) => setTimeout(r, 5));
  assert.deepEqual(heard.map(refKey), ["Stage/demo/b", "Stage/demo/c"]);
  const sources = (stage: unknown) => (stage as Stage).spec.requestedFreight[0]?.sources?.stages;
  assert.deepEqual(sources(heard[0]?.before), ["x"]);
  assert.equal(heard[1]?.before, undefined);
  const now = await store.get("Stage", { namespace: "demo", name: "b" });
  assert.deepEqual(sources(now), ["z"]);
});

test("documents read by an earlier process come out the same, moved ones at their new place", async (t) => {
  const root = tempDir(t);
  const documents = Array.from({ length: 80 }, (_, n) => stageYaml(`s${n}`, "x"));
  documents.splice(40, 0, broken);
  writeFileSync(join(root, "stages.yaml"), documents.join("---\n"));
  await open(t, root).workspace.load();
  assert.deepEqual(readdirSync(join(root, ".kargo/cache/index")), ["documents.json"]);
  assert.equal(readFileSync(join(root, ".kargo/.gitignore"), "utf8"), "*\n");
  writeFileSync(join(root, "stages.yaml"), ["# more\n", ...documents].join("---\n"));
  const { workspace } = open(t, root);
  await workspace.load();
  const { entries, problems } = workspace.specs;
  const anew = parseResources("stages.yaml", readFileSync(join(root, "stages.yaml"), "utf8"));
  assert.deepEqual(problems, anew.problems);
  assert.ok(problems.length > 0);
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
  assert.deepEqual(
    [...entries.values()].map(({ resource, location }) => plain({ resource, location })),
    plain(anew.resources),
  );
});

test("kept documents that are damaged count as none", async (t) => {
  const root = tempDir(t);
  writeFileSync(
    join(root, "stages.yaml"),
    Array.from({ length: 80 }, (_, n) => stageYaml(`s${n}`, "x")).join("---\n"),
  );
  await open(t, root).workspace.load();
  const kept = join(root, ".kargo/cache/index/documents.json");
  writeFileSync(kept, readFileSync(kept, "utf8").replace('"name":"s7"', '"name":"zz"'));
  const { workspace } = open(t, root);
  await workspace.load();
  assert.ok(workspace.specs.entries.has("Stage/demo/s7"));
  assert.equal(workspace.specs.entries.has("Stage/demo/zz"), false);
});

test("an object that no cluster could hold is left out and told, and everything else stands", async (t) => {
  const root = tempDir(t);
  const project = (name: string) => `apiVersion: ${apiVersion}\nkind: Project\nmetadata: {name: ${name}}\n`;
  const template = stageYaml("x", "y").replace("namespace: demo", 'namespace: "$' + '{PROJECT}"');
  const loose = stageYaml("test", "other").replace(", namespace: demo", "");
  writeFileSync(
    join(root, "a.yaml"),
    [project("demo"), project('"{{ .name }}"'), template, stageYaml("X_y", "z"), loose].join("---\n"),
  );
  const { workspace, store } = open(t, root);
  await workspace.load();
  assert.deepEqual(
    workspace.specs.problems.map(({ message }) => message),
    [
      'Project is left out: "{{ .name }}" is not a Kubernetes name.',
      'Stage is left out: "$' + '{PROJECT}" is not a Kubernetes name.',
      'Stage is left out: "X_y" is not a Kubernetes name.',
    ],
  );
  const stages = await store.list("Stage");
  assert.deepEqual(
    stages.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    ["demo/test"],
  );
});
