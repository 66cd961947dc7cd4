// Opening and driving a large workspace at a quarter, half and full size, in fresh processes, beside the raw work on the
// same files. Prints figures; asserts nothing but that everything was seen.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openLocalBackend } from "../../src/backend/local/local";
import { nodeFiles } from "../../src/backend/local/node-files";
import { Emitter } from "../../src/base/events";
import { silentLogger } from "../../src/base/log";
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

async function measure(root: string): Promise<Figures> {
  const saved = new Emitter<readonly string[]>();
  const before = rssMiB();
  const start = performance.now();
  const cpu = process.cpuUsage();
  const files = { ...nodeFiles(root), onDidChange: saved.event };
  const clock = { now: () => new Date(largeNowMs + performance.now() - start) };
  const backend = await openLocalBackend({
    files,
    log: process.env.SCALE_LOG
      ? { ...silentLogger, info: console.error, warn: console.error, error: console.error }
      : silentLogger,
    autonomy: { isOn: true },
    clock,
  });
  const openMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const openRss = rssMiB();
  const { projects } = backend.snapshot;
  const [tree] = projects;
  assert.equal(projects.length, 1);
  assert.equal(tree?.name, largeProject);
  await new Promise((resolve) => setTimeout(resolve, 300));
  globalThis.gc?.();
  const counts = {
    stages: tree?.stages.length ?? 0,
    freight: tree?.freight.length ?? 0,
    promotions: tree?.promotions.length ?? 0,
  };
  const opened = {
    "open ms": openMs,
    "of CPU ms": (user + system) / 1000,
    "RSS before MiB": before,
    "RSS MiB": openRss,
    "RSS after GC MiB": rssMiB(),
    "heap MiB": process.memoryUsage().heapUsed / 2 ** 20,
    ...counts,
  };
  if (mode === "open") {
    backend.dispose();
    return opened;
  }
  const changed = async (act: () => unknown, isThere: () => boolean) => {
    const began = performance.now();
    const seen = new Promise<void>((resolve) => {
      const subscription = backend.onDidChange(() => {
        if (!isThere()) return;
        subscription.dispose();
        resolve();
      });
    });
    await act();
    await seen;
    return performance.now() - began;
  };
  const refreshes: number[] = [];
  const stage = stageName("service-001", 1);
  for (let n = 0; n < 9; n++) {
    const began = performance.now();
    await backend.refreshStage(
      { kind: "Stage", namespace: largeProject, name: stage },
      { signal: new AbortController().signal },
    );
    refreshes.push(performance.now() - began);
  }
  const run = new AbortController();
  const running = backend.run({
    untilIdle: false,
    signal: run.signal,
    onEvent: (e) => process.env.SCALE_LOG && console.error(e.reason, e.message),
  });
  const settled = performance.now();
  for (let last = -1; last !== backend.snapshot.revision; ) {
    last = backend.snapshot.revision;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const settleMs = performance.now() - settled - 1000;
  const say = (...texts: unknown[]) => process.env.SCALE_LOG && console.error(...texts);
  say("settled", settleMs, refreshes);
  const saves: number[] = [];
  const path = join(root, "pipelines/service-002.yaml");
  const edited = stageName("service-002", 3);
  const observed = () => backend.snapshot.projects[0]?.stages.find((s) => s.metadata.name === edited);
  for (let n = 0; n < 9; n++) {
    const generation = observed()?.metadata.generation ?? 0;
    const text = readFileSync(path, "utf8").replace(
      new RegExp(`(name: ${edited}\\n[^]*?)(?:shard: .*\\n {2})?requestedFreight`),
      `$1shard: s${Date.now()}\n  requestedFreight`,
    );
    writeFileSync(path, text);
    say("saved", n, generation, text.match(/shard: .*/g));
    saves.push(
      await changed(
        () => saved.fire([path]),
        () => (observed()?.status?.observedGeneration ?? 0) > generation,
      ),
    );
  }
  const finishes: number[] = [];
  run.abort();
  await running;
  const rss = rssMiB();
  globalThis.gc?.();
  backend.dispose();
  return {
    ...opened,
    "refreshStage ms": median(refreshes),
    "run settled ms": settleMs,
    "saved Stage reconciled ms": median(saves),
    "first saved ms": saves[0] ?? 0,
    finishes: finishes.length,
    "RSS at the end MiB": rss,
    "after GC MiB": rssMiB(),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
