// How a backend drives pipelines for as long as an editor is open: on and off, beside other processes, with real Git.
import assert from "node:assert/strict";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Backend, RunOptions, RunResult } from "../../src/backend/backend";
import { openLocalBackend } from "../../src/backend/local/local";
import { nodeFiles } from "../../src/backend/local/node-files";
import type { KargoEvent } from "../../src/model/events";
import type { ProjectTree } from "../../src/model/pipeline";
import { refKey } from "../../src/model/resources";
import { git } from "../support/cli";
import { succeeds } from "../support/sample-cli";
import { tempDir } from "../support/temp";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const stages = ["test", "uat", "prod"];

interface World {
  readonly root: string;
  readonly repository: string;
}

async function newWorld(t: TestContext): Promise<World> {
  const root = join(tempDir(t), "sample");
  await succeeds(["sample", root]);
  return { root, repository: join(root, "repository.git") };
}

/** One process on the workspace, as far as a backend is one; `autonomy` is its user's switch. */
async function open(t: TestContext, { root }: World) {
  const autonomy = { isOn: false };
  const backend = await openLocalBackend({ files: nodeFiles(root), log: silent, autonomy });
  t.after(() => backend.dispose());
  return { backend, autonomy };
}

interface Run {
  readonly ended: Promise<RunResult>;
  readonly events: KargoEvent[];
  readonly told: string[];
  readonly stop: AbortController;
}

function run(t: TestContext, backend: Backend, drives: RunOptions["drives"]): Run {
  const events: KargoEvent[] = [];
  const told: string[] = [];
  const stop = new AbortController();
  const shutdown = new AbortController();
  t.after(() => shutdown.abort());
  const ended = backend.run({
    ...(drives === undefined ? {} : { drives }),
    untilIdle: false,
    onEvent: (event) => events.push(event),
    onWait: () => told.push("waits"),
    onStart: () => told.push("starts"),
    stop: stop.signal,
    signal: shutdown.signal,
  });
  ended.catch(() => {});
  return { ended, events, told, stop };
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

function tree({ snapshot }: Backend): ProjectTree {
  const [project] = snapshot.projects;
  assert.ok(project);
  return project;
}

/** Stages that run on the Freight of the commit with this subject; the sample's own when left out. */
function reached(backend: Backend, subject = "Say hello"): string[] {
  return tree(backend)
    .stages.filter(({ status }) =>
      status?.freightHistory?.[0]?.items["Warehouse/hello"]?.commits?.some(
        ({ message }) => message === subject,
      ),
    )
    .map(({ metadata }) => metadata.name);
}

/** Commits to the sample's main branch. */
function commit(repository: string, message: string): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const id = git(repository, ...identity, ...["commit-tree", "main^{tree}", "-p", "main", "-m", message]);
  git(repository, "update-ref", "refs/heads/main", id);
}

const pushed = (repository: string, stage: string) =>
  git(repository, "log", "--format=%s", "--grep=^Promote", `stage/${stage}`, "--").split("\n");
const refs = (repository: string) => git(repository, "for-each-ref");
const signalOf = (t: TestContext) => ({ signal: t.signal });
const hello = { kind: "Warehouse", namespace: "hello", name: "hello" } as const;

test("tells which Stages may promote by themselves, whether or not any does", async (t) => {
  const world = await newWorld(t);
  const { backend } = await open(t, world);
  const keys = stages.map((name) => refKey({ kind: "Stage", namespace: "hello", name }));
  assert.deepEqual([...backend.snapshot.autoPromotion].sort(), keys.sort());
});

test("discovery alone makes Freight and tells of it, and pushes nothing", async (t) => {
  const world = await newWorld(t);
  const { backend } = await open(t, world);
  const before = refs(world.repository);
  const { events, stop, ended } = run(t, backend, "discovery");
  await until("Freight is told of", () => events.some(({ reason }) => reason === "FreightCreated"));
  assert.equal(tree(backend).freight.length, 1);
  stop.abort();
  assert.deepEqual(await ended, { failures: [] });
  assert.deepEqual(tree(backend).promotions, []);
  assert.equal(refs(world.repository), before);
});

test("switched on, Freight flows to prod; switched off, the next commit is discovered and promoted nowhere", async (t) => {
  const world = await newWorld(t);
  const { backend, autonomy } = await open(t, world);
  autonomy.isOn = true;
  const on = run(t, backend, "pipelines");
  await until("prod runs on it", () => reached(backend).length === 3);
  for (const stage of stages) assert.equal(pushed(world.repository, stage).length, 1, stage);

  autonomy.isOn = false;
  on.stop.abort();
  await on.ended;
  const before = refs(world.repository).replace(/.*refs\/heads\/main\n?/, "");
  commit(world.repository, "A second change");
  run(t, backend, "discovery");
  await backend.refreshWarehouse(hello, signalOf(t));
  await until("the second Freight is there", () => tree(backend).freight.length === 2);
  await backend.refreshStage({ kind: "Stage", namespace: "hello", name: "test" }, signalOf(t));
  assert.deepEqual(reached(backend, "A second change"), []);
  assert.equal(refs(world.repository).replace(/.*refs\/heads\/main\n?/, ""), before);
});

test("switched off in the middle of a Promotion, that one is finished and no other begins", async (t) => {
  const world = await newWorld(t);
  const hook = join(world.repository, "hooks", "pre-receive");
  const gate = join(world.root, "gate");
  writeFileSync(gate, "");
  // Not the clone's push of a new branch: what the promotion commits waits for the gate.
  writeFileSync(
    hook,
    `#!/bin/sh
while read old new ref; do git log -1 --format=%s $new | grep -q ^Promote || exit 0; done
touch ${world.root}/waiting
while test -e ${gate}; do sleep 0.05; done
`,
  );
  chmodSync(hook, 0o755);
  const { backend, autonomy } = await open(t, world);
  autonomy.isOn = true;
  const on = run(t, backend, "pipelines");
  await until("the push waits", () => existsSync(join(world.root, "waiting")));
  autonomy.isOn = false;
  on.stop.abort();
  assert.equal(
    await Promise.race([on.ended.then(() => "ended"), tick("still under way")]),
    "still under way",
  );
  rmSync(gate);
  await on.ended;
  assert.deepEqual(
    tree(backend).promotions.map(({ spec, status }) => `${spec.stage} ${status?.phase}`),
    ["test Succeeded"],
  );
  assert.deepEqual(reached(backend), ["test"]);
  assert.equal(pushed(world.repository, "test").length, 1);
});

test("one process drives; another waits, tells of events all the same, and takes over", async (t) => {
  const world = await newWorld(t);
  const first = await open(t, world);
  const second = await open(t, world);
  first.autonomy.isOn = true;
  second.autonomy.isOn = true;
  await first.backend.refreshWarehouse(hello, signalOf(t));
  const driving = run(t, first.backend, "pipelines");
  await until("the first drives", () => driving.told.includes("starts"));
  const waiting = run(t, second.backend, "pipelines");
  const telling = run(t, second.backend, "nothing");
  await until("the second waits", () => waiting.told.includes("waits"));
  await until("prod is reached", () => reached(second.backend).length === 3);
  await until("it was told of", () =>
    telling.events.some(
      ({ reason, metadata }) =>
        reason === "PromotionSucceeded" &&
        metadata.annotations["event.kargo.akuity.io/stage-name"] === "prod",
    ),
  );
  assert.deepEqual(waiting.told, ["waits"]);
  first.autonomy.isOn = false;
  driving.stop.abort();
  await driving.ended;
  await until("the second drives", () => waiting.told.includes("starts"));
  commit(world.repository, "A second change");
  await second.backend.refreshWarehouse(hello, signalOf(t));
  await until("prod runs on the second", () => reached(second.backend, "A second change").length === 3);
});

test("a run that waits for its turn ends when it is stopped", async (t) => {
  const world = await newWorld(t);
  const first = await open(t, world);
  const second = await open(t, world);
  const driving = run(t, first.backend, "pipelines");
  await until("the first drives", () => driving.told.includes("starts"));
  const waiting = run(t, second.backend, "pipelines");
  await until("the second waits", () => waiting.told.includes("waits"));
  waiting.stop.abort();
  assert.deepEqual(await waiting.ended, { failures: [] });
});

test("discovery leaves Warehouses to the process that drives the pipelines", async (t) => {
  const world = await newWorld(t);
  const first = await open(t, world);
  const second = await open(t, world);
  const driving = run(t, first.backend, "pipelines");
  await until("the first drives", () => driving.told.includes("starts"));
  const discoveredAt = ({ backend }: { backend: Backend }) =>
    tree(backend).warehouses[0]?.status?.discoveredArtifacts?.discoveredAt;
  await until("the first has discovered", () => discoveredAt(first) !== undefined);
  const at = discoveredAt(first);
  const beside = run(t, second.backend, "discovery");
  await until("the second discovers beside it", () => beside.told.includes("starts"));
  await tick();
  assert.equal(discoveredAt(second), at);
});

async function tick<T>(value?: T): Promise<T | undefined> {
  await new Promise((done) => setTimeout(done, 300));
  return value;
}
