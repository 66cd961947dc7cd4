// Stages with AnalysisTemplates: when a verification begins, what is taken over, what a user's requests do, and what the
// Stage and its Freight say afterwards (pkg/controller/stages verifyStageFreight).
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { formatTime } from "../../../../src/base/time";
import type { Measured } from "../../../../src/engine/analysis/metric-assessment";
import { deleteFreight, requestVerification } from "../../../../src/engine/user-acts";
import {
  type AnalysisPhase,
  type AnalysisTemplateSpec,
  argoApiVersion,
} from "../../../../src/model/analysis";
import type { AnalysisRun, AnyResource, Stage, VerificationInfo } from "../../../../src/model/resources";
import { freight, namespace, required, stage, World } from "../../../support/promotion-world";

const web = { web: { url: "http://127.0.0.1/{{args.host}}" } };
const oneArg: AnalysisTemplateSpec = {
  metrics: [{ name: "m", provider: web }],
  args: [{ name: "host", value: "default" }],
};

function template(name: string, spec: AnalysisTemplateSpec = oneArg): AnyResource {
  return { apiVersion: argoApiVersion, kind: "AnalysisTemplate", metadata: { name, namespace }, spec };
}

function clusterTemplate(name: string, spec: AnalysisTemplateSpec): AnyResource {
  return { apiVersion: argoApiVersion, kind: "ClusterAnalysisTemplate", metadata: { name }, spec };
}

type Verification = NonNullable<Stage["spec"]["verification"]>;

/** A Stage `test` with Freight `f1`, promoted and driven; measurements end in the given phases, one after the other. */
async function scene(
  t: TestContext,
  options: {
    readonly verification?: Verification;
    readonly templates?: readonly AnyResource[];
    readonly phases?: readonly AnalysisPhase[];
    readonly more?: readonly AnyResource[];
    readonly spec?: Partial<Stage["spec"]>;
    readonly onMeasure?: (signal: AbortSignal) => Promise<void>;
  },
) {
  const phases = [...(options.phases ?? [])];
  const verification = options.verification ?? { analysisTemplates: [{ name: "check" }] };
  const world: World = new World(
    [
      stage("test", { spec: { verification, ...options.spec } }),
      freight("f1"),
      freight("f2"),
      ...(options.templates ?? [template("check")]),
      ...(options.more ?? []),
    ],
    {},
    async (_metric, _ports, signal): Promise<Measured> => {
      await options.onMeasure?.(signal);
      const time = formatTime(world.clock.now());
      const phase = phases.shift() ?? "Successful";
      return { measurement: { phase, value: "1", startedAt: time, finishedAt: time } };
    },
  );
  t.after(() => world.dispose());
  const runs = () => world.store.list("AnalysisRun", { namespace });
  const history = async (): Promise<readonly VerificationInfo[]> =>
    (await world.stage("test")).status?.freightHistory?.[0]?.verificationHistory ?? [];
  const promoted = async (name: string) => {
    await world.promote("test", name);
    return world.drive("test");
  };
  return { world, runs, history, promoted };
}

const verified = (s: Stage) => s.status?.conditions?.find(({ type }) => type === "Verified");
const only = <T>(list: readonly T[]): T => {
  assert.equal(list.length, 1);
  return required(list[0]);
};

test("a verification runs the templates and lets Freight go on", async (t) => {
  const { world, runs, history, promoted } = await scene(t, {
    verification: {
      analysisTemplates: [{ name: "check" }],
      analysisRunMetadata: { labels: { team: "a" }, annotations: { note: "n" } },
      args: [
        { name: "host", value: `\${{ vars.base }}-\${{ ctx.stage }}-\${{ imageFrom("repo").Tag }}` },
        { name: "unknown", value: "x" },
      ],
    },
    spec: { vars: [{ name: "base", value: `\${{ ctx.project }}` }] },
    more: [
      {
        apiVersion: "kargo.akuity.io/v1alpha1",
        kind: "Warehouse",
        metadata: { name: "main", namespace },
        spec: { subscriptions: [{ image: { repoURL: "repo" } }] },
      },
    ],
  });
  await promoted("f1");
  const run = only(await runs());
  const collection = required((await world.stage("test")).status?.freightHistory?.[0]);
  assert.match(run.metadata.name, new RegExp(`^test\\.[0-9a-z]{26}\\.${collection.id.slice(0, 7)}$`));
  assert.deepEqual(run.metadata.labels, {
    team: "a",
    "kargo.akuity.io/stage": "test",
    "kargo.akuity.io/freight-collection": collection.id,
  });
  const promotion = (await world.stage("test")).status?.lastPromotion?.name;
  assert.deepEqual(run.metadata.annotations, { note: "n", "kargo.akuity.io/promotion": promotion });
  const owner = only(run.metadata.ownerReferences ?? []);
  assert.deepEqual([owner.kind, owner.name, owner.blockOwnerDeletion], ["Freight", "f1", false]);
  assert.deepEqual(run.spec.args, [{ name: "host", value: "shop-test-1.0.0" }]);
  assert.equal(run.status?.phase, "Successful");
  const info = only(await history());
  assert.deepEqual(
    [info.phase, info.actor, info.analysisRun, info.finishTime],
    [
      "Successful",
      undefined,
      { namespace, name: run.metadata.name, phase: "Successful" },
      run.status?.completedAt,
    ],
  );
  assert.equal(verified(await world.stage("test"))?.status, "True");
  assert.ok((await world.freight("f1")).status?.verifiedIn?.test);
});

test("a failing metric leaves Freight unverified and says why", async (t) => {
  const { world, history, promoted } = await scene(t, { phases: ["Failed"] });
  await promoted("f1");
  const info = only(await history());
  const message = 'Metric "m" assessed Failed due to failed (1) > failureLimit (0)';
  assert.deepEqual([info.phase, info.message], ["Failed", message]);
  const condition = verified(await world.stage("test"));
  assert.deepEqual(
    [condition?.status, condition?.reason, condition?.message],
    ["False", "VerificationFailed", message],
  );
  assert.equal((await world.freight("f1")).status?.verifiedIn, undefined);
});

test("a run with an interval is taken up again when it is due, and only then", async (t) => {
  const metric = { name: "m", interval: "1m", count: 3, provider: { web: { url: "u" } } };
  let taken = 0;
  const { world, history, promoted } = await scene(t, {
    templates: [template("check", { metrics: [metric] })],
    onMeasure: async () => void taken++,
  });
  const begin = world.clock.now().getTime();
  const first = await promoted("f1");
  assert.deepEqual([taken, (first.nextAtMs - begin) / 1000], [1, 60]);
  assert.equal(only(await history()).phase, "Running");
  assert.equal(verified(await world.stage("test"))?.reason, "VerificationRunning");
  world.clock.advance(30_000);
  const early = await world.drive("test");
  assert.deepEqual([taken, (early.nextAtMs - begin) / 1000], [1, 60]);
  world.clock.advance(30_000);
  await world.drive("test");
  world.clock.advance(60_000);
  await world.drive("test");
  assert.deepEqual([taken, only(await history()).phase], [3, "Successful"]);
});

test("Freight that comes back inherits its verdict, unless someone asks to verify it again", async (t) => {
  const { world, runs, history, promoted } = await scene(t, { phases: ["Failed"] });
  await promoted("f1");
  await promoted("f2");
  await promoted("f1");
  assert.equal((await runs()).length, 2);
  const inherited = only(await history());
  assert.deepEqual([inherited.phase, inherited.message], ["Failed", undefined]);
  const ref = { kind: "Stage", namespace, name: "test" } as const;
  await requestVerification(world.ports, ref, { act: "reverify", actor: "email:a@b" });
  await world.drive("test");
  assert.equal((await runs()).length, 3);
  const [again] = await history();
  assert.deepEqual([again?.phase, again?.actor], ["Successful", "email:a@b"]);
  // A request that was answered stays on the Stage and keeps verdicts from being inherited ever after.
  await promoted("f2");
  assert.equal((await runs()).length, 4);
});

test("promoting the Freight that a Stage has verifies it anew, though a verdict is there", async (t) => {
  const { runs, history, promoted } = await scene(t, { phases: ["Failed", "Successful"] });
  await promoted("f1");
  await promoted("f1");
  assert.equal((await runs()).length, 2);
  assert.equal(only(await history()).phase, "Successful");
});

test("an abort interrupts the measurement; the verification fails and the run ends", async (t) => {
  let interrupted = false;
  const { world, runs, history, promoted } = await scene(t, {
    onMeasure: async (signal) => {
      await requestVerification(
        world.ports,
        { kind: "Stage", namespace, name: "test" },
        { act: "abort", actor: "email:a@b" },
      );
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve());
      });
      interrupted = true;
      signal.throwIfAborted();
    },
  });
  await promoted("f1");
  assert.ok(interrupted);
  const info = only(await history());
  assert.deepEqual(
    [info.phase, info.message, info.actor],
    ["Failed", "Verification aborted by user", "email:a@b"],
  );
  const run = only(await runs());
  assert.deepEqual(
    [run.spec.terminate, run.status?.phase, run.status?.message],
    [true, "Successful", "Run Terminated"],
  );
  assert.equal(verified(await world.stage("test"))?.reason, "VerificationFailed");
});

test("a shutdown leaves no trace of a measurement in flight, and the next process takes it again", async (t) => {
  const shutdown = new AbortController();
  let taken = 0;
  const { world, runs, history } = await scene(t, {
    onMeasure: async (signal) => {
      taken++;
      if (taken > 1) return;
      shutdown.abort();
      signal.throwIfAborted();
    },
  });
  await world.promote("test", "f1");
  await world.drive("test", shutdown.signal);
  assert.equal(only(await history()).phase, "Pending");
  assert.equal(only(await runs()).status?.metricResults, undefined);
  await world.drive("test");
  assert.deepEqual([taken, only(await history()).phase], [2, "Successful"]);
});

const errors: readonly (readonly [string, Parameters<typeof scene>[1], RegExp])[] = [
  [
    "no such template",
    { templates: [] },
    /get AnalysisRun "check" in namespace "shop": .*"check" not found$/,
  ],
  [
    "no such cluster template",
    { verification: { analysisTemplates: [{ name: "c", kind: "ClusterAnalysisTemplate" }] } },
    /get ClusterAnalysisRun "c": .*"c" not found$/,
  ],
  [
    "two metrics of one name",
    {
      verification: {
        analysisTemplates: [{ name: "check" }, { name: "all", kind: "ClusterAnalysisTemplate" }],
      },
      more: [clusterTemplate("all", oneArg)],
    },
    /build spec: flatten templates: flatten metrics: duplicate metric name: "m"$/,
  ],
  [
    "two values of one argument",
    {
      verification: { analysisTemplates: [{ name: "check" }, { name: "b" }] },
      templates: [
        template("check"),
        template("b", { metrics: [], args: [{ name: "host", value: "other" }] }),
      ],
    },
    /flatten arguments: conflicting values for argument "host": "default" and "other"$/,
  ],
  [
    "an argument without a value",
    { templates: [template("check", { ...oneArg, args: [{ name: "host" }] })] },
    /merge arguments: validate merged arguments: unresolved argument "host": neither Value nor ValueFrom is set$/,
  ],
  [
    "an argument that is no text",
    {
      verification: { analysisTemplates: [{ name: "check" }], args: [{ name: "host", value: `\${{ 42 }}` }] },
    },
    /evaluated argument "host" value is not a string but float64$/,
  ],
  [
    "an expression that cannot be evaluated",
    {
      verification: { analysisTemplates: [{ name: "check" }], args: [{ name: "x", value: `\${{ nope( }}` }] },
    },
    /build arguments: evaluate argument "x": /,
  ],
];

test("what cannot be built is an Error", async (t) => {
  for (const [name, options, message] of errors) {
    await t.test(name, async (inner) => {
      const { world, runs, history, promoted } = await scene(inner, options);
      await promoted("f1");
      const info = only(await history());
      assert.equal(info.phase, "Error");
      assert.match(info.message ?? "", message);
      assert.match(
        info.message ?? "",
        /^error building AnalysisRun for Stage "test" and Freight collection "[0-9a-f]{40}" in namespace "shop": /,
      );
      assert.deepEqual(await runs(), []);
      assert.equal(verified(await world.stage("test"))?.reason, "VerificationError");
    });
  }
});

test("runs go with the last of their Freight", async (t) => {
  const { world, runs, promoted } = await scene(t, {});
  await promoted("f1");
  await promoted("f2");
  assert.equal((await runs()).length, 2);
  await deleteFreight(world.ports, { kind: "Freight", namespace, name: "f1" });
  const left = only(await runs());
  assert.equal(only(left.metadata.ownerReferences ?? []).name, "f2");
});

test("a run that was deleted is an Error and fails the pass", async (t) => {
  const metric = { name: "m", interval: "1m", provider: { web: { url: "u" } } };
  const { world, runs, history, promoted } = await scene(t, {
    templates: [template("check", { metrics: [metric] })],
  });
  await promoted("f1");
  const run: AnalysisRun = only(await runs());
  await world.store.delete({ kind: "AnalysisRun", namespace, name: run.metadata.name });
  await world.drive("test");
  const info = only(await history());
  assert.equal(info.phase, "Error");
  assert.match(info.message ?? "", /^error getting AnalysisRun ".*" in namespace "shop": .* not found$/);
  const ready = (await world.stage("test")).status?.conditions?.find(({ type }) => type === "Ready");
  assert.match(ready?.message ?? "", /failed to verify Stage Freight/);
});
