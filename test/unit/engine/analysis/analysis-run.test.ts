// Whole AnalysisRuns against the controller of Argo Rollouts 1.9.1: the same script of measurements, the same status after
// every pass at the same moment (test/fixtures/analysis/runs.json; recorded once by running its code).
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../../src/base/log";
import { formatTime } from "../../../../src/base/time";
import { type AnalysisPorts, passAnalysisRun } from "../../../../src/engine/analysis/analysis-run";
import type { Measured } from "../../../../src/engine/analysis/metric-assessment";
import {
  type AnalysisPhase,
  type AnalysisRunSpec,
  type AnalysisRunStatus,
  argoApiVersion,
  isCompletedPhase,
} from "../../../../src/model/analysis";
import type { AnalysisRun, AnyResource } from "../../../../src/model/resources";
import { jsonFixture } from "../../../support/fixtures";
import { MemoryStore, TestClock } from "../../../support/memory-store";

const namespace = "shop";
const ref = { kind: "AnalysisRun", namespace, name: "run" } as const;

function run(spec: AnalysisRunSpec, status?: AnalysisRunStatus): AnalysisRun {
  const metadata = { name: "run", namespace };
  return { apiVersion: argoApiVersion, kind: "AnalysisRun", metadata, spec, ...(status && { status }) };
}

class Scene {
  readonly clock = new TestClock();
  readonly store: MemoryStore;
  readonly ports: AnalysisPorts;
  readonly taken: string[] = [];

  constructor(
    spec: AnalysisRunSpec,
    script: Readonly<Record<string, readonly string[]>>,
    more: readonly AnyResource[] = [],
  ) {
    this.store = new MemoryStore(this.clock, [run(spec), ...more]);
    const measure = async ({ name }: { readonly name: string }): Promise<Measured> => {
      this.taken.push(name);
      const count = this.taken.filter((other) => other === name).length;
      const phases = script[name] ?? ["Successful"];
      const phase = (phases[count - 1] ?? phases.at(-1)) as AnalysisPhase;
      const time = formatTime(this.clock.now());
      const what = phase === "Error" ? { message: `error ${count}` } : { value: String(count) };
      return { measurement: { phase, ...what, startedAt: time, finishedAt: time } };
    };
    const effects = { perform: <T>(_effect: unknown, act: () => Promise<T>) => act() };
    this.ports = { store: this.store, clock: this.clock, log: silentLogger, effects, measure };
  }

  pass(signal = new AbortController().signal) {
    return passAnalysisRun(this.ports, ref, signal);
  }

  async status(): Promise<AnalysisRunStatus> {
    return (await this.store.get("AnalysisRun", ref))?.status ?? {};
  }
}

interface RunRow {
  readonly name: string;
  readonly spec: AnalysisRunSpec;
  readonly script: Readonly<Record<string, readonly string[]>>;
  readonly terminate: number;
  readonly want: readonly { readonly at: number; readonly status?: AnalysisRunStatus }[];
}

test("runs go as under Argo Rollouts", async (t) => {
  for (const row of jsonFixture<RunRow[]>("analysis", "runs.json")) {
    await t.test(row.name, () => checkRun(row));
  }
});

async function checkRun({ spec, script, terminate, want }: RunRow): Promise<void> {
  const scene = new Scene(spec, script);
  const begin = scene.clock.now().getTime();
  for (const [i, pass] of want.entries()) {
    if (terminate === i + 1) {
      await scene.store.update<"AnalysisRun">(ref, (old) => ({
        ...old,
        spec: { ...old.spec, terminate: true },
      }));
    }
    assert.equal((scene.clock.now().getTime() - begin) / 1000, pass.at, `time of pass ${i + 1}`);
    const { nextAtMs } = await scene.pass();
    const status = await scene.status();
    if (pass.status !== undefined)
      assert.deepEqual(comparable(status), comparable(pass.status), `pass ${i + 1}`);
    if (nextAtMs !== undefined) scene.clock.advance(nextAtMs - scene.clock.now().getTime());
    else if (i + 1 < want.length) assert.ok(terminate > i + 1, `nothing follows pass ${i + 1}`);
  }
  const last = want.at(-1)?.status;
  assert.equal(isCompletedPhase((await scene.status()).phase), isCompletedPhase(last?.phase));
}

/** Metrics are measured at the same time, so the order of their results is free; Go leaves out zeros and empty lists. */
function comparable(status: AnalysisRunStatus): unknown {
  const { metricResults = [], runSummary = {}, dryRunSummary = {}, ...rest } = status;
  const compact = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_key, member) => (member === 0 || member === "" ? undefined : member));
  const byName = [...metricResults].sort((a, b) => (a.name < b.name ? -1 : 1));
  return compact({ ...rest, metricResults: byName, runSummary, dryRunSummary });
}

const secret = (stringData: Readonly<Record<string, string>>): AnyResource => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "api", namespace },
  stringData,
});
const fromSecret: AnalysisRunSpec = {
  metrics: [{ name: "m", provider: { web: { url: "http://x/{{args.token}}" } } }],
  args: [{ name: "token", valueFrom: { secretKeyRef: { name: "api", key: "token" } } }],
};

const secretFaults: readonly (readonly [string, readonly AnyResource[], string])[] = [
  ["no Secret", [], 'Unable to resolve metric arguments: secrets "api" not found'],
  [
    "no such key",
    [secret({ other: "x" })],
    "Unable to resolve metric arguments: key 'token' does not exist in secret 'api'",
  ],
];

test("a secret that is not there ends the run", async (t) => {
  for (const [name, more, message] of secretFaults) {
    await t.test(name, async () => {
      const scene = new Scene(fromSecret, {}, more);
      assert.deepEqual(await scene.pass(), { changed: true });
      assert.deepEqual(await scene.status(), { phase: "Error", message });
      assert.deepEqual(scene.taken, []);
    });
  }
});

test("secrets of arguments are measured with and never written", async () => {
  const scene = new Scene(fromSecret, {}, [secret({ token: "t0p-s3cret" })]);
  let url = "";
  const measure: AnalysisPorts["measure"] = async ({ provider }) => {
    url = provider.web?.url ?? "";
    const message = `no answer from ${url}`;
    return { measurement: { phase: "Error", message, value: url }, metadata: { query: url } };
  };
  await passAnalysisRun({ ...scene.ports, measure }, ref, new AbortController().signal);
  assert.equal(url, "http://x/t0p-s3cret");
  const [result] = (await scene.status()).metricResults ?? [];
  assert.deepEqual(
    [result?.measurements?.[0]?.message, result?.measurements?.[0]?.value, result?.metadata],
    ["no answer from http://x/***", "http://x/***", { query: "http://x/***" }],
  );
});

test("a run that is deleted while it is measured is let go", async () => {
  const scene = new Scene({ metrics: [{ name: "m", provider: { web: { url: "u" } } }] }, {});
  const measure: AnalysisPorts["measure"] = async () => {
    await scene.store.delete(ref);
    return { measurement: { phase: "Successful" } };
  };
  const pass = passAnalysisRun({ ...scene.ports, measure }, ref, new AbortController().signal);
  assert.deepEqual(await pass, { changed: false });
});

test("what cannot be measured here is inconclusive whatever the limits allow", async () => {
  const metric = {
    name: "m",
    count: 2,
    interval: "1s",
    inconclusiveLimit: 2,
    provider: { job: { spec: {} } },
  };
  const scene = new Scene({ metrics: [metric] }, {});
  await passAnalysisRun({ ...scene.ports, measure: undefined }, ref, new AbortController().signal);
  const { phase, message, completedAt } = await scene.status();
  assert.equal(phase, "Inconclusive");
  assert.match(message ?? "", /^Metric "m" assessed Inconclusive: .*connected cluster/);
  assert.equal(completedAt, formatTime(scene.clock.now()));
});
