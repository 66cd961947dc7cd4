// What test/bench/scale.test.ts measures, in a process of its own: opening a large workspace and driving it, or the raw
// work on the same files. usage: ROOT raw|open|look|drive
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
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
import { largeNowMs, largeProject, stageName } from "../support/large-workspace";
import { type Figures, median, peakMiB, rssMiB, tellFigures } from "./figures";

const [, , workspaceRoot = "", mode = "open"] = process.argv;

void (async () => {
  tellFigures(mode === "raw" ? raw(workspaceRoot) : await measure(workspaceRoot));
  process.exit(0);
})();

function raw(root: string): Figures {
  const start = performance.now();
  const cpu = process.cpuUsage();
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
    "all ms": performance.now() - start,
    "of CPU ms": cpuMsSince(cpu),
    files: parsed,
    MiB: size / 2 ** 20,
  };
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Opens the workspace, and drives it when asked to. */
async function measure(root: string): Promise<Figures> {
  const saved = new Emitter<readonly string[]>();
  const before = rssMiB();
  const blocked = monitorEventLoopDelay({ resolution: 1 });
  blocked.enable();
  const start = performance.now();
  const cpu = process.cpuUsage();
  const files = { ...nodeFiles(root), onDidChange: saved.event };
  const clock = { now: () => new Date(largeNowMs + performance.now() - start) };
  const backend = await openLocalBackend({
    files,
    log: silentLogger,
    autonomy: { isOn: true },
    clock,
    opensWith: mode === "look" ? "first look" : "everything",
  });
  const openMs = performance.now() - start;
  const opened: Figures = {
    "open ms": openMs,
    "RSS MiB": rssMiB(),
    stages: backend.snapshot.projects[0]?.stages.length ?? 0,
  };
  await until(backend, () => backend.snapshot.isPartial !== true);
  const wholeMs = performance.now() - start;
  const cpuMs = cpuMsSince(cpu);
  blocked.disable();
  const [tree] = backend.snapshot.projects;
  assert.equal(tree?.name, largeProject);
  const whole: Figures = {
    "whole ms": wholeMs,
    "of CPU ms": cpuMs,
    "longest block ms": blocked.max / 1e6,
    "RSS before MiB": before,
    "RSS whole MiB": rssMiB(),
    "peak MiB": peakMiB(),
    freight: tree.freight.length,
    promotions: tree.promotions.length,
  };
  await delay(300);
  const driven = mode === "drive" ? await drive(root, backend, (path) => saved.fire([path])) : {};
  backend.dispose();
  return { ...opened, ...whole, ...driven };
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
    "peak at the end MiB": peakMiB(),
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
    if (isThere()) return resolve();
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
