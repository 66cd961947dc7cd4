// Opening and driving a large workspace at a quarter, half and full size, in fresh processes, beside the raw work on the
// same files. Prints figures; asserts nothing but that everything was seen.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Backend } from "../../src/backend/backend";
import { openLocalBackend } from "../../src/backend/local/local";
import { LocalStore } from "../../src/backend/local/local-store";
import { nodeFiles } from "../../src/backend/local/node-files";
import { StateFiles } from "../../src/backend/local/state-files";
import { Workspace } from "../../src/backend/local/workspace";
import { Emitter } from "../../src/base/events";
import { silentLogger } from "../../src/base/log";
import { promotionsOf } from "../../src/model/state";
import {
  fullSize,
  type LargeWorkspace,
  largeNowMs,
  largeProject,
  stageName,
  writeLargeWorkspace,
} from "../support/large-workspace";
import { tempDir } from "../support/temp";

const childRoot = process.env.SCALE_WORKSPACE;
const mode = process.env.SCALE_MODE ?? "open";

/** What a child process prints last. */
interface Figures {
  readonly [name: string]: number;
}

if (childRoot !== undefined) {
  console.log(`FIGURES ${JSON.stringify(mode === "raw" ? raw(childRoot) : await measure(childRoot))}`);
  process.exit(0);
}

const sizes: readonly [string, LargeWorkspace][] = [
  ["1x", { ...fullSize, pipelines: fullSize.pipelines / 4 }],
  ["2x", { ...fullSize, pipelines: fullSize.pipelines / 2 }],
  ["4x", fullSize],
];
const wanted = process.env.SCALE_ONLY?.split(",");

for (const [label, size] of sizes) {
  test(`a large workspace, ${label}`, { skip: wanted !== undefined && !wanted.includes(label) }, (t) => {
    const root = tempDir(t);
    const files = writeLargeWorkspace(root, size);
    const stages = size.pipelines * size.stagesPerPipeline;
    console.log(
      `\n${label}: ${stages} Stages, ${size.pipelines * size.freightPerPipeline} Freight, ${stages * size.promotionsPerStage} Promotions, ${files} files`,
    );
    print(label, "first open ever", child(root, "open"));
    for (let round = 0; round < 3; round++) {
      print(label, "raw: list, read and parse the same files", child(root, "raw"));
      print(label, "open", child(root, "open"));
    }
    print(label, "drive", child(root, "drive"));
  });
}

function print(label: string, what: string, figures: Figures): void {
  const parts = Object.entries(figures).map(
    ([name, value]) => `${name} ${value.toFixed(value < 10 ? 1 : 0)}`,
  );
  console.log(`${label} ${what}: ${parts.join(", ")}`);
}

function child(root: string, how: string): Figures {
  const result = spawnSync(process.execPath, ["--expose-gc", process.argv[1] ?? ""], {
    env: { ...process.env, SCALE_WORKSPACE: root, SCALE_MODE: how, NODE_TEST_CONTEXT: "" },
    encoding: "utf8",
    maxBuffer: 1 << 26,
    timeout: 120_000,
  });
  const line = result.stdout.split("\n").find((text) => text.includes("FIGURES "));
  assert.ok(line, `the child said nothing: ${result.stdout}\n${result.stderr}`);
  return JSON.parse(line.slice(line.indexOf("FIGURES ") + 8)) as Figures;
}

function rssMiB(): number {
  return process.memoryUsage().rss / 2 ** 20;
}

function raw(root: string): Figures {
  const start = performance.now();
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const listed = performance.now();
  let size = 0;
  for (const path of paths) size += statSync(path).size;
  const stated = performance.now();
  let parsed = 0;
  for (const path of paths) {
    if (path.endsWith(".json") && path.includes("/state/"))
      parsed += JSON.parse(readFileSync(path, "utf8")) ? 1 : 0;
  }
  return {
    "list ms": listed - start,
    "stat ms": stated - listed,
    "read+parse ms": performance.now() - stated,
    files: parsed,
    MiB: size / 2 ** 20,
  };
}

/** Opens the workspace, and drives it when asked to. */
async function measure(root: string): Promise<Figures> {
  const saved = new Emitter<readonly string[]>();
  const before = rssMiB();
  const start = performance.now();
  const cpu = process.cpuUsage();
  const files = { ...nodeFiles(root), onDidChange: saved.event };
  const clock = { now: () => new Date(largeNowMs + performance.now() - start) };
  const backend = await openLocalBackend({ files, log: silentLogger, autonomy: { isOn: true }, clock });
  const openMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const openRss = rssMiB();
  const [tree] = backend.snapshot.projects;
  assert.equal(tree?.name, largeProject);
  await delay(300);
  globalThis.gc?.();
  const opened = {
    "open ms": openMs,
    "of CPU ms": (user + system) / 1000,
    "RSS before MiB": before,
    "RSS MiB": openRss,
    "RSS after GC MiB": rssMiB(),
    stages: tree.stages.length,
    freight: tree.freight.length,
    promotions: tree.promotions.length,
  };
  const driven: Figures = mode === "open" ? {} : await drive(root, backend, (path) => saved.fire([path]));
  backend.dispose();
  return { ...opened, ...driven };
}

async function drive(root: string, backend: Backend, tellSaved: (path: string) => void): Promise<Figures> {
  const { signal } = new AbortController();
  const refreshes = await times(async () => {
    const name = stageName("service-001", 1);
    await backend.refreshStage({ kind: "Stage", namespace: largeProject, name }, { signal });
  });
  const onEvent = () => {};
  const [allMs = 0] = await times(() => backend.run({ untilIdle: true, signal, onEvent }), 1);
  const run = new AbortController();
  const running = backend.run({ untilIdle: false, signal: run.signal, onEvent });
  await delay(allMs * 1.5 + 500); // every Stage is passed once at the beginning
  const saves = await savedStages(root, backend, tellSaved);
  const finishes = await changedPromotions(root, backend);
  run.abort();
  await running;
  const endRss = rssMiB();
  globalThis.gc?.();
  return {
    "refreshStage ms": median(refreshes),
    "every Stage passed ms": allMs,
    "one of them ms": allMs / (backend.snapshot.projects[0]?.stages.length ?? 1),
    "saved Stage reconciled ms": median(saves),
    "at least": Math.min(...saves),
    "Promotion of another process shown ms": median(finishes),
    "RSS at the end MiB": endRss,
    "at the end after GC MiB": rssMiB(),
  };
}

/** From the saved file to the status that has observed it, as the snapshot shows it. */
async function savedStages(
  root: string,
  backend: Backend,
  tellSaved: (path: string) => void,
): Promise<number[]> {
  const path = join(root, "pipelines/service-002.yaml");
  const edited = stageName("service-002", 3);
  const stage = () => backend.snapshot.projects[0]?.stages.find((s) => s.metadata.name === edited);
  return times(async () => {
    const generation = stage()?.metadata.generation ?? 0;
    const text = readFileSync(path, "utf8").replace(
      new RegExp(`(name: ${edited}\\n[^]*?)(?:shard: .*\\n {2})?requestedFreight`),
      `$1shard: s${performance.now()}\n  requestedFreight`,
    );
    writeFileSync(path, text);
    const isObserved = () => (stage()?.status?.observedGeneration ?? 0) > generation;
    const shown = until(backend, isObserved);
    tellSaved(path);
    await shown;
  });
}

function until(backend: Backend, isThere: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const subscription = backend.onDidChange(() => {
      if (!isThere()) return;
      subscription.dispose();
      resolve();
    });
  });
}

async function times(act: () => Promise<unknown>, count = 15): Promise<number[]> {
  const taken: number[] = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    await act();
    taken.push(performance.now() - start);
  }
  return taken;
}

/** Writes as another process does, beside the run, until the snapshot shows it. */
async function changedPromotions(root: string, backend: Backend): Promise<number[]> {
  const workspace = new Workspace(nodeFiles(root), silentLogger);
  const store = new LocalStore(workspace, new StateFiles(root), { now: () => new Date() }, silentLogger);
  const stage = stageName("service-003", 4);
  const [newest] = await store.list("Promotion", { namespace: largeProject, stage });
  assert.ok(newest);
  const ref = { kind: "Promotion", namespace: largeProject, name: newest.metadata.name } as const;
  const taken = await times(async () => {
    const message = `ended at ${performance.now()}`;
    const shown = until(backend, () => {
      const { promotions = [] } = backend.snapshot.projects[0] ?? {};
      const found = promotionsOf(promotions, stage).find(({ metadata }) => metadata.name === ref.name);
      return found?.status?.message === message;
    });
    await store.update(ref, (current) => ({ ...current, status: { ...current.status, message } }));
    await shown;
  });
  store.dispose();
  workspace.dispose();
  return taken;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
