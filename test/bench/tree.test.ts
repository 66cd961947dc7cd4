// The sidebar's tree of a large workspace: to the first rows, and to what one changed Stage has drawn again, each beside
// a raw loop in the same run. Prints figures; asserts nothing but what was drawn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TreeItem } from "vscode";
import type { Snapshot } from "../../src/backend/backend";
import { openLocalBackend } from "../../src/backend/local/local";
import { nodeFiles } from "../../src/backend/local/node-files";
import { silentLogger } from "../../src/base/log";
import { ProjectTrees } from "../../src/model/project-trees";
import { type AnyResource, refKey, type Stage, toRef } from "../../src/model/resources";
import {
  fullSize,
  largeNowMs,
  largeProject,
  stageName,
  writeLargeWorkspace,
} from "../support/large-workspace";
import { tempDir } from "../support/temp";
import { TreeDrawing } from "../support/tree-drawing";

const rounds = 15;
const stages = `folder/Project:${largeProject}/Stages`;

test("the tree of 1,000 Stages, 10,000 Freight and 50,000 Promotions", async (t) => {
  const root = tempDir(t);
  writeLargeWorkspace(root, fullSize);
  const clock = { now: () => new Date(largeNowMs) };
  const backend = await openLocalBackend({ files: nodeFiles(root), log: silentLogger, clock });
  t.after(() => backend.dispose());
  const { snapshot } = backend;
  const all = resourcesOf(snapshot);
  console.log(`${all.length} resources`);

  const first = compare({
    raw: () => rawItems(all),
    ours: () => new TreeDrawing().draw({ snapshot: anew(snapshot), nowMs: largeNowMs }),
  });
  print(`first rows (${first.ours.rows})`, first, `a raw item for each of ${first.raw.rows} resources`);

  const known = { snapshot, nowMs: largeNowMs };
  for (const shown of [100, snapshot.projects[0]?.stages.length ?? 0]) {
    const drawing = new TreeDrawing();
    drawing.draw(known);
    if (shown > 100) {
      drawing.showMore(stages, shown - 100);
      drawing.show(known);
    }
    const whole = new TreeDrawing();
    if (shown > 100) {
      whole.draw(known);
      whole.showMore(stages, shown - 100);
    }
    const trees = ProjectTrees.of(all);
    let round = 0;
    const name = stageName("service-000", 0);
    const changed = compare({
      raw: () => whole.draw(known),
      prepare: () => {
        const stage = find(all, name);
        const health = { status: round++ % 2 === 0 ? ("Unhealthy" as const) : ("Healthy" as const) };
        trees.apply(toRef(stage), { ...stage, status: { ...stage.status, health } } as Stage);
        return { ...snapshot, projects: trees.trees };
      },
      ours: (now) => {
        const redraw = drawing.show({ snapshot: now ?? snapshot, nowMs: largeNowMs });
        assert.deepEqual(redraw, [`Project:${largeProject}/Stages/Stage:${name}`]);
        return redraw.length;
      },
    });
    print(
      `one changed Stage, ${drawing.ids.length} rows shown`,
      changed,
      `a raw loop that draws all ${changed.raw.rows} rows`,
    );
  }
});

interface Side {
  readonly ms: number;
  readonly rows: number;
}

/** Both sides in turn, so that what disturbs the machine disturbs both. */
function compare(sides: {
  readonly raw: () => number;
  readonly prepare?: () => Snapshot;
  readonly ours: (prepared?: Snapshot) => number;
}): { readonly raw: Side; readonly ours: Side } {
  const raw: number[] = [];
  const ours: number[] = [];
  let rawRows = 0;
  let ourRows = 0;
  const timed = (into: number[], run: () => number): number => {
    const start = performance.now();
    const rows = run();
    into.push(performance.now() - start);
    return rows;
  };
  for (let round = 0; round < rounds; round++) {
    const prepared = sides.prepare?.();
    rawRows = timed(raw, sides.raw);
    ourRows = timed(ours, () => sides.ours(prepared));
  }
  return { raw: { ms: median(raw), rows: rawRows }, ours: { ms: median(ours), rows: ourRows } };
}

function print(what: string, { raw, ours }: { readonly raw: Side; readonly ours: Side }, peer: string): void {
  const ratio = (ours.ms / raw.ms).toFixed(2);
  console.log(`${what}: ${ours.ms.toFixed(2)} ms; ${peer}: ${raw.ms.toFixed(2)} ms; ratio ${ratio}`);
}

/** What a tree that knows no laziness would do at least: one plain item with an id for each. */
function rawItems(resources: readonly AnyResource[]): number {
  const items = resources.map((resource) =>
    Object.assign(new TreeItem(resource.metadata.name), { id: refKey(toRef(resource)) }),
  );
  return items.length;
}

/** The same snapshot as a backend hands it over for the first time: nothing in it has been looked up yet. */
function anew(snapshot: Snapshot): Snapshot {
  const projects = snapshot.projects.map((tree) => ({
    ...tree,
    stages: [...tree.stages],
    freight: [...tree.freight],
    promotions: [...tree.promotions],
  }));
  return { ...snapshot, projects };
}

function resourcesOf({ projects }: Snapshot): AnyResource[] {
  return projects.flatMap(({ project, warehouses, stages: ofProject, freight, promotions }) => [
    ...(project === undefined ? [] : [project]),
    ...warehouses,
    ...ofProject,
    ...freight,
    ...promotions,
  ]);
}

function find(resources: readonly AnyResource[], name: string): Stage {
  const found = resources.find(({ kind, metadata }) => kind === "Stage" && metadata.name === name);
  assert.ok(found?.kind === "Stage");
  return found;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
