import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  PipelineRun,
  type PipelineRunOptions,
  type PipelineRunResult,
} from "../../../src/engine/pipeline-run";
import { StepError } from "../../../src/engine/promotion/step";
import { type AnyResource, kargoApiVersion, type ResourceRef } from "../../../src/model/resources";
import { type Behaviour, freight, namespace, stage, World, warehouse } from "../../support/promotion-world";

const minuteMs = 60_000;

function policy(name: string): AnyResource {
  return {
    apiVersion: kargoApiVersion,
    kind: "ProjectConfig",
    metadata: { name: namespace, namespace },
    spec: { promotionPolicies: [{ stageSelector: { name }, autoPromotionEnabled: true }] },
  };
}

/** A control-flow Stage behind `test`. */
function gate() {
  const { spec, ...rest } = stage("gate", { from: ["test"] });
  const { promotionTemplate: _none, ...without } = spec;
  return { ...rest, spec: without };
}

interface Scene {
  readonly world: World;
  /** Names of the Stages driven since the last call, in the alphabet's order. */
  driven(): string[];
  readonly events: string[];
  readonly ended: Promise<PipelineRunResult>;
  readonly run: PipelineRun;
  readonly abort: AbortController;
  /** Lets time pass, for the clock and for timers. */
  pass(ms: number): Promise<void>;
}

/** Begins a run whose timers stand still, and lets it settle. */
async function begin(
  t: TestContext,
  resources: readonly AnyResource[],
  options: Partial<PipelineRunOptions> & { readonly copy?: Behaviour } = {},
): Promise<Scene> {
  const { copy, ...others } = options;
  const world = new World(resources, copy === undefined ? {} : { copy });
  t.after(() => world.dispose());
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let names: string[] = [];
  const drive = world.driver.drive.bind(world.driver);
  world.driver.drive = (ns, name, how) => {
    names.push(name);
    return drive(ns, name, how);
  };
  const events: string[] = [];
  const abort = new AbortController();
  const run = new PipelineRun(world.ports, world.driver, {
    untilIdle: false,
    onEvent: ({ reason }) => void events.push(reason),
    signal: abort.signal,
    ...others,
  });
  const ended = run.run();
  t.after(() => abort.abort());
  await settle(world);
  return {
    world,
    driven: () => {
      const result = names.sort();
      names = [];
      return result;
    },
    events,
    ended,
    run,
    abort,
    pass: async (ms) => {
      world.clock.advance(ms);
      t.mock.timers.tick(ms);
      await settle(world);
    },
  };
}

/** Before any test puts its own in its place. */
const realTimeout = setTimeout;
const quietMs = 60;

/** Until nothing has been written for a while; work directories are real files. */
async function settle({ store }: World): Promise<void> {
  for (let before = -1; before !== store.writes.length; ) {
    before = store.writes.length;
    await new Promise((resolve) => realTimeout(resolve, quietMs));
  }
}

test("at the beginning every Stage is driven once, then each at its interval, a control-flow Stage never", async (t) => {
  const scene = await begin(t, [stage("test"), stage("uat", { from: ["test"] }), gate()]);
  assert.deepEqual(scene.driven(), ["gate", "test", "uat"]);
  await scene.pass(5 * minuteMs - 1);
  assert.deepEqual(scene.driven(), [], "nothing is due, nothing is done");
  await scene.pass(1);
  assert.deepEqual(scene.driven(), ["test", "uat"]);
  await scene.pass(5 * minuteMs);
  assert.deepEqual(scene.driven(), ["test", "uat"]);
});

test("new Freight wakes the Stages that take it, and their success the ones behind", async (t) => {
  const other = { origin: { kind: "Warehouse" as const, name: "other" }, sources: { direct: true } };
  const foreign = stage("foreign", { spec: { requestedFreight: [other] } });
  const scene = await begin(t, [
    policy("glob:*"),
    stage("test"),
    stage("uat", { from: ["test"] }),
    stage("idle", { from: ["uat-2"] }),
    foreign,
    warehouse("other"),
  ]);
  scene.driven();
  await scene.world.store.create<"Freight">(freight("aaa"));
  await settle(scene.world);
  const woken = new Set(scene.driven());
  assert.deepEqual(
    [...woken],
    ["test", "uat"],
    "neither those of other Warehouses nor those of other Stages",
  );
  assert.deepEqual(scene.events, [
    "FreightCreated",
    ...["test", "uat"].flatMap(() => [
      "PromotionCreated",
      "PromotionSucceeded",
      "FreightVerificationSucceeded",
    ]),
  ]);
  await scene.pass(minuteMs);
  assert.deepEqual(scene.driven(), []);
});

const asked: readonly [name: string, key: string][] = [
  ["a refresh asked for by another process", "refresh"],
  ["a verification asked for by another process", "reverify"],
];
for (const [name, key] of asked) {
  test(`${name} drives that Stage and no other`, async (t) => {
    const scene = await begin(t, [stage("test"), stage("uat", { from: ["test"] })]);
    scene.driven();
    const ref: ResourceRef<"Stage"> = { kind: "Stage", namespace, name: "uat" };
    await scene.world.store.update<"Stage">(ref, (current) => ({
      ...current,
      metadata: { ...current.metadata, annotations: { [`kargo.akuity.io/${key}`]: "x" } },
    }));
    await settle(scene.world);
    assert.deepEqual([...new Set(scene.driven())], ["uat"]);
  });
}

test("a saved policy makes it look at every Stage again", async (t) => {
  const scene = await begin(t, [stage("test"), stage("uat", { from: ["test"] })]);
  scene.driven();
  scene.world.store.put(policy("none"));
  await settle(scene.world);
  assert.deepEqual(scene.driven(), ["test", "uat"]);
});

test("of one Project only, when asked to", async (t) => {
  const elsewhere = stage("other");
  const scene = await begin(
    t,
    [stage("test"), { ...elsewhere, metadata: { ...elsewhere.metadata, namespace: "elsewhere" } }],
    { project: namespace },
  );
  assert.deepEqual(scene.driven(), ["test"]);
  assert.equal(scene.run.wake({ kind: "Stage", namespace: "elsewhere", name: "other" }), false);
});

test("a wake while a Stage is driven drives it once more afterwards", async (t) => {
  let wake = () => {};
  const copy: Behaviour = () => {
    wake();
    wake = () => {};
    return { status: "Succeeded" };
  };
  const scene = await begin(t, [policy("test"), stage("test"), freight("aaa")], { copy });
  await settle(scene.world);
  scene.driven();
  wake = () => {
    for (let times = 0; times < 3; times++) scene.run.wake({ kind: "Stage", namespace, name: "test" });
  };
  await scene.world.promote("test", "aaa");
  await settle(scene.world);
  assert.equal((await scene.world.stage("test")).status?.lastPromotion?.status?.phase, "Succeeded");
  assert.ok(scene.driven().length <= 4, "three wakes in one drive are one more drive");
});

test("until idle: it waits for what is under way, and for nothing that is only due", async (t) => {
  let answers = 0;
  const copy: Behaviour = () => ({ status: ++answers < 3 ? "Running" : "Succeeded", retryAfterMs: 20_000 });
  const scene = await begin(t, [policy("test"), stage("test"), freight("aaa")], { untilIdle: true, copy });
  let isOver = false;
  void scene.ended.then(() => {
    isOver = true;
  });
  scene.run.wake({ kind: "Stage", namespace, name: "test" });
  await scene.pass(19_999);
  assert.deepEqual([answers, isOver], [1, false], "a wake of the Stage does not poll the step early");
  await scene.pass(1);
  assert.deepEqual([answers, isOver], [2, false]);
  await scene.pass(20_000);
  assert.equal(answers, 3);
  assert.deepEqual(await scene.ended, { failures: [] });
});

test("until idle: what failed is told in a sentence", async (t) => {
  const copy: Behaviour = () => {
    throw new StepError("Failed", "no such page", { terminal: true });
  };
  const scene = await begin(t, [policy("test"), stage("test"), freight("aaa")], { untilIdle: true, copy });
  const { failures } = await scene.ended;
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? "", /^Promotion test\..*: Promotion Failed: .*no such page/);
});

test("a Stage that cannot be driven is tried again after growing pauses", async (t) => {
  const scene = await begin(t, [stage("test")]);
  scene.driven();
  let tries = 0;
  scene.world.driver.drive = async () => {
    tries++;
    throw new Error("the disk is full");
  };
  scene.run.wake({ kind: "Stage", namespace, name: "test" });
  await settle(scene.world);
  for (const pauseMs of [5, 10, 20, 40]) {
    const before = tries;
    await scene.pass(pauseMs - 1);
    assert.equal(tries, before);
    await scene.pass(1);
    assert.equal(tries, before + 1);
  }
  assert.ok(scene.world.logged.some((line) => line.includes("the disk is full")));
});

test("the end of the signal ends it, with what it had planned", async (t) => {
  const scene = await begin(t, [stage("test")]);
  scene.driven();
  scene.abort.abort();
  assert.deepEqual(await scene.ended, { failures: [] });
  await scene.pass(60 * minuteMs);
  assert.deepEqual(scene.driven(), []);
  assert.equal(scene.run.wake({ kind: "Stage", namespace, name: "test" }), false);
});
