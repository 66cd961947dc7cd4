// What test/bench/soak.test.ts measures, in a process of its own: pipelines that run by themselves for as many Promotions
// as a working day has, with garbage collected as every hour does. usage: ROOT PROMOTIONS BLOCKS
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../../src/backend/backend";
import { openLocalBackend } from "../../src/backend/local/local";
import { nodeFiles } from "../../src/backend/local/node-files";
import { silentLogger } from "../../src/base/log";
import { isTerminalPhase } from "../../src/model/resources";
import { largeNowMs, largeProject, writeLargeWorkspace } from "../support/large-workspace";
import { peakMiB, rssMiB, tellFigures } from "./figures";

const pipelines = 5;
const stagesPerPipeline = 4;
const { signal } = new AbortController();

void (async () => {
  const [, , root = "", promotions = "", blocks = ""] = process.argv;
  await soak(root, Number(promotions), Number(blocks));
  process.exit(0);
})();

async function soak(root: string, promotions: number, blocks: number): Promise<void> {
  writeLargeWorkspace(root, { pipelines, stagesPerPipeline, freightPerPipeline: 10, promotionsPerStage: 5 });
  withoutOutsideSteps(root);
  const start = performance.now();
  const clock = { now: () => new Date(largeNowMs + performance.now() - start) };
  const options = { files: nodeFiles(root), log: silentLogger, autonomy: { isOn: true }, clock };
  const backend = await openLocalBackend(options);
  const run = new AbortController();
  let ended = 0;
  const running = backend.run({
    untilIdle: false,
    signal: run.signal,
    onEvent: ({ reason }) => {
      if (reason === "PromotionSucceeded" || reason === "PromotionFailed") ended++;
    },
  });
  const figures: Record<string, number> = {};
  const roundsPerBlock = Math.ceil(promotions / blocks / (pipelines * stagesPerPipeline));
  let tag = 1000;
  for (let block = 0; block < blocks; block++) {
    const blockStart = performance.now();
    const before = ended;
    for (let round = 0; round < roundsPerBlock; round++) {
      await promoteThrough(backend, tag++);
      // Every Promotion is young here: the limits of a Kargo server would keep all of them.
      await backend.collectGarbage({ minPromotionDeletionAgeMs: 0, minFreightDeletionAgeMs: 0 }, { signal });
    }
    globalThis.gc?.();
    figures[`heap MiB after ${ended}`] = process.memoryUsage().heapUsed / 2 ** 20;
    figures[`RSS MiB after ${ended}`] = rssMiB();
    figures[`ms each up to ${ended}`] = (performance.now() - blockStart) / (ended - before);
  }
  run.abort();
  await running;
  tellFigures({ ...figures, "peak MiB": peakMiB(), ended });
  backend.dispose();
}

/** New Freight of every Warehouse, until its last Stage has ended promoting it. */
async function promoteThrough(backend: Backend, tag: number): Promise<void> {
  const names = new Set<string>();
  for (const { metadata, spec } of backend.snapshot.projects[0]?.warehouses ?? []) {
    const urls = spec.subscriptions?.map(({ git, image }) => (git ?? image)?.repoURL ?? "") ?? [];
    const [commits, images] = [
      [{ repoURL: urls[0] ?? "", id: String(tag).padStart(40, "0") }],
      [{ repoURL: urls[1] ?? "", tag: `1.${tag}.0` }],
    ];
    const request = { project: largeProject, warehouse: metadata.name, commits, images };
    const made = await backend.createFreight(request, { signal });
    names.add(made.metadata.name);
  }
  const isThrough = () => {
    const own = (backend.snapshot.projects[0]?.promotions ?? []).filter(({ spec }) =>
      names.has(spec.freight ?? ""),
    );
    return (
      own.filter(({ status }) => isTerminalPhase(status?.phase)).length === names.size * stagesPerPipeline
    );
  };
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!isThrough()) return;
      subscription.dispose();
      resolve();
    };
    const subscription = backend.onDidChange(look);
    look();
  });
}

/** Stages that promote by themselves, with a step that needs nothing from outside. */
function withoutOutsideSteps(root: string): void {
  const steps = `      steps:\n        - uses: compose-output\n          as: out\n          config:\n            text: \${{ ctx.stage }}\n`;
  const folder = join(root, "pipelines");
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), "utf8");
    writeFileSync(join(folder, file), text.replace(/ {6}steps:\n(?: {8}.*\n)+/g, steps));
  }
  const project = join(root, "project.yaml");
  writeFileSync(project, readFileSync(project, "utf8").replace("regex:.*-test", "regex:.*"));
}
