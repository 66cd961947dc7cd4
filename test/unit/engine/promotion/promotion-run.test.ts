import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StoreError } from "../../../../src/engine/ports";
import { type StepContext, StepError } from "../../../../src/engine/promotion/step";
import { WorkDirectory } from "../../../../src/engine/promotion/work-directory";
import { requestAbort, StageDriver } from "../../../../src/engine/reconcile/stage-driver";
import type { PromotionStatus, PromotionStep } from "../../../../src/model/resources";
import { freight, namespace, required, stage, World } from "../../../support/promotion-world";

type Behaviours = ConstructorParameters<typeof World>[1];

const steps = (...uses: readonly string[]): PromotionStep[] =>
  uses.map((kind) => ({ uses: kind, config: {} }));

function world(
  t: { after(done: () => void): void },
  list: readonly PromotionStep[],
  behaviours: Behaviours = {},
): World {
  const made = new World([freight("aaa"), freight("bbb"), stage("test", { steps: list })], behaviours);
  t.after(() => made.dispose());
  return made;
}

/** Everything a new process would not know any more is forgotten. */
function restart(old: World): StageDriver {
  return new StageDriver(old.ports, old.parts);
}

function workDirectories({ ports }: World): string[] {
  return readdirSync(ports.workRoot).sort();
}

async function status(of: World, name: string): Promise<PromotionStatus> {
  return required((await of.promotion(name)).status);
}

function outcome({ phase, message }: PromotionStatus): (string | undefined)[] {
  return [phase, message];
}

test("the work directory is the Promotion's own, private, and gone at the end", async (t) => {
  const seen: [string, number][] = [];
  const made = world(t, steps("http"), {
    http: ({ workDir }) => {
      seen.push([workDir, statSync(workDir).mode & 0o777]);
      return { status: "Succeeded" };
    },
  });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  assert.deepEqual(seen, [[join(made.ports.workRoot, `promotion-${metadata.uid}`), 0o700]]);
  assert.deepEqual(workDirectories(made), []);
});

test("scenario 2: the second waits as Pending until the first is recorded and verified", async (t) => {
  const phases: (string | undefined)[] = [];
  const made: World = world(t, steps("http"), {
    http: async ({ promotion }) => {
      for (const { metadata, status: one } of await made.store.list("Promotion")) {
        if (metadata.name !== promotion) phases.push(one?.phase);
      }
      return { status: "Succeeded" };
    },
  });
  await made.promote("test", "aaa");
  const second = await made.promote("test", "bbb");
  await made.drive("test");
  assert.deepEqual(phases, ["Pending", "Succeeded"]);
  const { status: staged } = await made.stage("test");
  assert.equal(staged?.lastPromotion?.name, second.metadata.name);
  const verified = staged?.freightHistory?.map(({ verificationHistory }) => verificationHistory?.[0]?.phase);
  assert.deepEqual(verified, ["Successful", "Successful"]);
});

test("scenario 6: of several origins, the last collection holds the newest of each", async (t) => {
  const origin = (name: string) => ({ origin: { kind: "Warehouse", name } }) as const;
  const made = new World([
    freight("a1", origin("a")),
    freight("b1", origin("b")),
    freight("a2", origin("a")),
    stage("test", {
      spec: {
        requestedFreight: ["a", "b"].map((name) => ({ ...origin(name), sources: { direct: true } })),
      },
    }),
  ]);
  t.after(() => made.dispose());
  for (const name of ["a1", "b1", "a2"]) {
    await made.promote("test", name);
    await made.drive("test");
  }
  const current = required((await made.stage("test")).status?.freightHistory?.[0]);
  assert.deepEqual(
    Object.values(current.items)
      .map(({ name }) => name)
      .sort(),
    ["a2", "b1"],
  );
  assert.equal(current.verificationHistory?.length, 1);
  assert.deepEqual(Object.keys((await made.freight("b1")).status?.verifiedIn ?? {}), ["test"]);
  assert.equal((await made.freight("a1")).status?.currentlyIn, undefined);
});

test("a step that waits is polled: at its suggestion, at least ten seconds, five minutes without one", async (t) => {
  let suggestion: number | undefined;
  const made = world(t, steps("http"), { http: () => ({ status: "Running", retryAfterMs: suggestion }) });
  await made.promote("test", "aaa");
  const delay = async () => (await made.drive("test")).nextAtMs - made.clock.now().getTime();
  assert.equal(await delay(), 300_000);
  suggestion = 1_000;
  assert.equal(await delay(), 10_000);
  suggestion = 45_000;
  assert.equal(await delay(), 45_000);
});

test("a step's timeout is not overslept", async (t) => {
  const made = world(t, [{ uses: "http", config: {}, retry: { timeout: "2m" } }], {
    http: () => ({ status: "Running" }),
  });
  const { metadata } = await made.promote("test", "aaa");
  const first = await made.drive("test");
  assert.equal(first.nextAtMs - made.clock.now().getTime(), 120_000);
  made.clock.advance(120_001);
  await made.drive("test");
  assert.deepEqual(outcome(await status(made, metadata.name)), [
    "Errored",
    'step "step-1" timed out after 2m0s',
  ]);
});

test("errors are retried with doubling delays, told by the Promotion, and forgotten after a pass without", async (t) => {
  let behaviour: "fail" | "wait" = "fail";
  const made = world(t, [{ uses: "http", config: {}, retry: { errorThreshold: 9 } }], {
    http: () => {
      if (behaviour === "wait") return { status: "Running" };
      throw new StepError("Errored", "try later", { terminal: false });
    },
  });
  const { metadata } = await made.promote("test", "aaa");
  const delays: number[] = [];
  for (let i = 0; i < 4; i++) delays.push((await made.drive("test")).nextAtMs - made.clock.now().getTime());
  assert.deepEqual(delays, [5, 10, 20, 40]);
  const failing = await status(made, metadata.name);
  assert.deepEqual(outcome(failing), ["Running", 'error running step "step-1": try later']);
  assert.equal(failing.stepExecutionMetadata?.[0]?.errorCount, 4);
  behaviour = "wait";
  await made.drive("test");
  assert.deepEqual(outcome(await status(made, metadata.name)), ["Running", undefined]);
  behaviour = "fail";
  assert.equal((await made.drive("test")).nextAtMs - made.clock.now().getTime(), 5);
});

test("a waiting Promotion resumes at its step in a new process, with its outputs and start times", async (t) => {
  let done = false;
  const ran: string[] = [];
  const made = world(t, steps("copy", "http", "copy"), {
    copy: ({ alias }) => {
      ran.push(alias);
      return { status: "Succeeded", output: { from: alias } };
    },
    http: ({ alias, state }) => {
      ran.push(`${alias} after ${Object.keys(state).join()}`);
      return { status: done ? "Succeeded" : "Running" };
    },
  });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  const waiting = await status(made, metadata.name);
  assert.deepEqual([waiting.phase, waiting.currentStep], ["Running", 1]);
  done = true;
  made.clock.advance(60_000);
  await restart(made).drive(namespace, "test", { signal: new AbortController().signal });
  assert.deepEqual(ran, ["step-1", "step-2 after step-1", "step-2 after step-1", "step-3"]);
  const ended = await status(made, metadata.name);
  assert.equal(ended.phase, "Succeeded");
  assert.equal(ended.stepExecutionMetadata?.[1]?.startedAt, "2026-01-02T03:04:05Z");
  assert.equal(ended.stepExecutionMetadata?.[1]?.finishedAt, "2026-01-02T03:05:05Z");
});

test("scenario 8: a lost work directory means all steps again, with earlier outputs still there", async (t) => {
  let isSecond = false;
  const states: string[][] = [];
  const made = world(t, steps("copy", "http"), {
    copy: ({ state }) => {
      states.push(Object.keys(state));
      return { status: "Succeeded", output: { done: true }, healthCheck: { uses: "x" } };
    },
    http: () => ({ status: isSecond ? "Succeeded" : "Running" }),
  });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  assert.equal((await status(made, metadata.name)).healthChecks?.length, 1);
  rmSync(join(made.ports.workRoot, `promotion-${metadata.uid}`), { recursive: true });
  isSecond = true;
  await made.drive("test");
  assert.deepEqual(states, [[], ["step-1"]]);
  const ended = await status(made, metadata.name);
  assert.equal(ended.phase, "Succeeded");
  assert.equal(ended.healthChecks?.length, 1, "criteria of the lost run do not count twice");
});

for (const [name, resumable, expected] of [
  ["all steps run again", false, ["copy", "http", "copy", "http"]],
  ["a resumable step runs again in place", true, ["copy", "http", "http"]],
] as const) {
  test(`a crash in the middle of a step: ${name}`, async (t) => {
    const ran: string[] = [];
    const kill = new AbortController();
    const made = world(t, steps("copy", "http"), {
      copy: ({ workDir }) => {
        ran.push("copy");
        writeFileSync(join(workDir, "file"), "");
        return { status: "Succeeded" };
      },
      http: {
        more: { resumable },
        run: ({ workDir }: StepContext) => {
          ran.push("http");
          if (ran.filter((kind) => kind === "http").length > 1) {
            assert.ok(existsSync(join(workDir, "file")));
            return { status: "Succeeded" };
          }
          kill.abort();
          throw new Error("the process is gone");
        },
      },
    });
    const { metadata } = await made.promote("test", "aaa");
    await made.drive("test", kill.signal);
    const left = await status(made, metadata.name);
    assert.deepEqual(
      [left.phase, left.currentStep],
      ["Running", 1],
      "nothing of the interrupted step is recorded",
    );
    assert.equal(left.stepExecutionMetadata?.[1]?.status, "Running");
    assert.equal(workDirectories(made).length, 2, "work directory and mark stay");
    await restart(made).drive(namespace, "test", { signal: new AbortController().signal });
    assert.deepEqual(ran, expected);
    assert.equal((await status(made, metadata.name)).phase, "Succeeded");
    assert.deepEqual(workDirectories(made), []);
  });
}

for (const resumable of [true, false]) {
  test(`a crash right after a lost work directory was made anew: all steps run, resumable ${resumable}`, async (t) => {
    let isSecond = false;
    const ran: string[] = [];
    const made = world(t, steps("copy", "http"), {
      copy: () => {
        ran.push("copy");
        return { status: "Succeeded" };
      },
      http: {
        more: { resumable },
        run: () => {
          ran.push("http");
          return { status: isSecond ? "Succeeded" : "Running" };
        },
      },
    });
    const { metadata } = await made.promote("test", "aaa");
    await made.drive("test");
    const { workRoot } = made.ports;
    const uid = metadata.uid ?? "";
    rmSync(join(workRoot, `promotion-${uid}`), { recursive: true });
    await new WorkDirectory(workRoot, uid).create();
    isSecond = true;
    await restart(made).drive(namespace, "test", { signal: new AbortController().signal });
    assert.deepEqual(ran, ["copy", "http", "copy", "http"]);
    assert.deepEqual(workDirectories(made), []);
  });
}

test("a store that refuses to write stops the pass before the step runs", async (t) => {
  let ran = 0;
  const made = world(t, steps("http"), {
    http: () => {
      ran++;
      return { status: "Succeeded" };
    },
  });
  await made.promote("test", "aaa");
  let allowed = 2;
  made.store.beforeWrite = ({ kind }) => {
    if (kind === "Promotion" && allowed-- === 0) throw new StoreError("io", "disk full");
  };
  await assert.rejects(made.drive("test"), /disk full/);
  assert.equal(ran, 0);
});

test("abort while it waits for its turn: never runs, and says by whom", async (t) => {
  const made = world(t, steps("http"), { http: () => ({ status: "Running" }) });
  await made.promote("test", "aaa");
  const second = await made.promote("test", "bbb");
  await made.drive("test");
  await requestAbort(made.ports, { namespace, name: second.metadata.name }, "email:you@example.com");
  await made.drive("test");
  const ended = await status(made, second.metadata.name);
  assert.deepEqual(outcome(ended), ["Aborted", "Promotion terminated by email:you@example.com"]);
  assert.deepEqual([ended.startedAt, ended.finishedAt], [undefined, "2026-01-02T03:04:05Z"]);
});

test("abort between polls: the waiting step is Aborted with the Promotion", async (t) => {
  const made = world(t, steps("copy", "http"), { http: () => ({ status: "Running" }) });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  await requestAbort(made.ports, { namespace, name: metadata.name }, "");
  await made.drive("test");
  const ended = await status(made, metadata.name);
  assert.deepEqual(outcome(ended), ["Aborted", "Promotion terminated by controller:promotion-controller"]);
  assert.deepEqual(
    ended.stepExecutionMetadata?.map((record) => record.status),
    ["Succeeded", "Aborted"],
  );
  assert.deepEqual(workDirectories(made), []);
  assert.equal((await made.stage("test")).status?.lastPromotion?.status?.phase, "Aborted");
});

test("abort between two tries: the step keeps what its last try came to", async (t) => {
  const made = world(t, [{ uses: "http", config: {}, retry: { errorThreshold: 5 } }], {
    http: () => {
      throw new StepError("Failed", "no", { terminal: false });
    },
  });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  await requestAbort(made.ports, { namespace, name: metadata.name }, "admin");
  await made.drive("test");
  assert.equal((await status(made, metadata.name)).stepExecutionMetadata?.[0]?.status, "Failed");
});

test("abort in the middle of a step, by whoever writes the annotation, interrupts it", async (t) => {
  const made: World = world(t, steps("http", "copy"), {
    http: ({ signal, promotion }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        void requestAbort(made.ports, { namespace, name: promotion }, "admin");
      }),
  });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  const ended = await status(made, metadata.name);
  assert.deepEqual(outcome(ended), ["Aborted", "Promotion terminated by admin"]);
  assert.deepEqual(ended.stepExecutionMetadata, [
    {
      alias: "step-1",
      startedAt: "2026-01-02T03:04:05Z",
      finishedAt: "2026-01-02T03:04:05Z",
      status: "Aborted",
    },
  ]);
  assert.deepEqual(workDirectories(made), []);
});

test("abort of what has ended changes nothing", async (t) => {
  const made = world(t, steps("copy"));
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  const before = await made.promotion(metadata.name);
  assert.deepEqual(await requestAbort(made.ports, { namespace, name: metadata.name }, "admin"), before);
});

test("a Promotion deleted while it runs is stopped and cleaned up", async (t) => {
  const made: World = world(t, steps("http"), {
    http: ({ signal, promotion }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        void made.store.delete({ kind: "Promotion", namespace, name: promotion });
      }),
  });
  await made.promote("test", "aaa");
  await made.drive("test");
  assert.deepEqual(workDirectories(made), []);
  assert.equal((await made.stage("test")).status?.currentPromotion, undefined);
});

test("Freight that has vanished or is no longer available ends the Promotion as Errored", async (t) => {
  const made = world(t, steps("copy"));
  const gone = await made.promote("test", "aaa");
  await made.store.delete({ kind: "Freight", namespace, name: "aaa" });
  await made.drive("test");
  const ended = await status(made, gone.metadata.name);
  assert.deepEqual(outcome(ended), ["Errored", 'Freight "aaa" not found in namespace "shop"']);
  assert.deepEqual([ended.freight, ended.freightCollection], [undefined, undefined]);
  const other = await made.promote("test", "bbb");
  made.store.put(stage("test", { from: ["up"], status: (await made.stage("test")).status }));
  await made.drive("test");
  assert.deepEqual(outcome(await status(made, other.metadata.name)), [
    "Errored",
    'Freight "bbb" is not available to Stage "test" in namespace "shop"',
  ]);
});

test("upstream defect: an int in an output loses everything the pass recorded", async (t) => {
  const made = world(t, steps("copy", "http", "copy"), {
    http: () => ({ status: "Succeeded", output: { n: 1n } }),
  });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  const ended = await status(made, metadata.name);
  assert.deepEqual(ended, {
    phase: "Errored",
    message: "cannot deep copy int",
    startedAt: "2026-01-02T03:04:05Z",
    finishedAt: "2026-01-02T03:04:05Z",
  });
});

test("an int in the output of the last step is stored as JSON", async (t) => {
  const made = world(t, steps("http"), {
    http: () => ({ status: "Succeeded", output: { n: 1n, gone: null } }),
  });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  assert.deepEqual((await status(made, metadata.name)).state, { "step-1": { n: 1 } });
});

test("a refresh token is recorded as handled", async (t) => {
  const made = world(t, steps("copy"));
  const { metadata } = await made.promote("test", "aaa");
  const ref = { kind: "Promotion", namespace, name: metadata.name } as const;
  await made.store.update<"Promotion">(ref, (promotion) => ({
    ...promotion,
    metadata: {
      ...promotion.metadata,
      annotations: { ...promotion.metadata.annotations, "kargo.akuity.io/refresh": "now" },
    },
  }));
  await made.drive("test");
  assert.equal((await status(made, metadata.name)).lastHandledRefresh, "now");
});

test("scenario 9: promoting what is there already asks for a new verification and gets one", async (t) => {
  const made = world(t, steps("copy"));
  await made.promote("test", "aaa");
  await made.drive("test");
  const first = required(
    (await made.stage("test")).status?.freightHistory?.[0]?.verificationHistory?.[0]?.id,
  );
  await made.promote("test", "aaa");
  await made.drive("test");
  const again = await made.stage("test");
  assert.equal(again.metadata.annotations?.["kargo.akuity.io/reverify"], JSON.stringify({ id: first }));
  assert.equal(again.status?.freightHistory?.length, 2);
  assert.notEqual(again.status?.freightHistory?.[0]?.verificationHistory?.[0]?.id, first);
});

test("a Stage whose Freight has been deleted says so and tries again", async (t) => {
  const made = world(t, steps("copy"));
  await made.promote("test", "aaa");
  await made.drive("test");
  await made.store.delete({ kind: "Freight", namespace, name: "aaa" });
  const { nextAtMs } = await made.drive("test");
  assert.equal(nextAtMs - made.clock.now().getTime(), 5);
  const ready = (await made.stage("test")).status?.conditions?.find(({ type }) => type === "Ready");
  assert.equal(ready?.reason, "ReconcileError");
  assert.match(ready?.message ?? "", /Freight "aaa" not found in namespace "shop"/);
});

test("scenario 3: after a failure, steps run by their own conditions and the failure decides the end", async (t) => {
  const made = world(
    t,
    [
      { uses: "copy", config: {} },
      { uses: "http", config: {} },
      { uses: "copy", config: {}, if: "${{ failure() }}" },
      { uses: "copy", config: {} },
      { uses: "copy", config: {}, if: "${{ always() }}" },
    ],
    {
      http: () => {
        throw new StepError("Failed", "no such page", { terminal: false });
      },
    },
  );
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  const ended = await status(made, metadata.name);
  assert.deepEqual(
    ended.stepExecutionMetadata?.map((record) => record.status),
    ["Succeeded", "Failed", "Succeeded", "Skipped", "Succeeded"],
  );
  const message = 'step "step-2" met error threshold of 1: step "step-2": no such page';
  assert.deepEqual(outcome(ended), ["Failed", message]);
});

test("scenario 4: the same with continueOnError ends well", async (t) => {
  const made = world(
    t,
    [
      { uses: "copy", config: {} },
      { uses: "http", config: {}, continueOnError: true },
      { uses: "copy", config: {}, if: "${{ failure() }}" },
      { uses: "copy", config: {} },
      { uses: "copy", config: {}, if: "${{ always() }}" },
    ],
    {
      http: () => {
        throw new StepError("Errored", "no such page", { terminal: true });
      },
    },
  );
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  const ended = await status(made, metadata.name);
  assert.deepEqual(
    ended.stepExecutionMetadata?.map((record) => record.status),
    ["Succeeded", "Errored", "Skipped", "Succeeded", "Succeeded"],
  );
  assert.deepEqual(outcome(ended), ["Succeeded", undefined]);
});

test("secrets reach steps as they are, and nothing that is written down", async (t) => {
  const seen: unknown[] = [];
  let isSecondPass = false;
  const list: PromotionStep[] = [
    { uses: "copy", as: "a", config: { token: "${{ secret('s').token }}" } },
    { uses: "http", as: "b", config: { echo: "Bearer ${{ outputs.a.token }}" } },
  ];
  const made = world(t, list, {
    copy: (_context, config) => ({ status: "Succeeded", output: config as Record<string, unknown> }),
    http: ({ log }, config) => {
      seen.push(config);
      log.warn(`calling with ${JSON.stringify(config)}`);
      if (!isSecondPass) return { status: "Running", message: `waiting for hunter22` };
      throw new StepError("Failed", "hunter22 was refused", { terminal: true });
    },
  });
  made.store.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace },
    stringData: { token: "hunter22" },
  });
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  const waiting = await status(made, metadata.name);
  assert.deepEqual(waiting.state, { a: { token: "***" } });
  assert.equal(waiting.stepExecutionMetadata?.[1]?.message, "waiting for ***");
  isSecondPass = true;
  await made.drive("test");
  assert.deepEqual(seen, [{ echo: "Bearer hunter22" }, { echo: "Bearer hunter22" }], "real in every pass");
  const everything = JSON.stringify([await made.store.list("Promotion"), await made.store.list("Stage")]);
  assert.ok(!everything.includes("hunter22"));
  assert.ok(everything.includes('step \\"b\\": *** was refused'));
  assert.ok(!made.logged.join().includes("hunter22"));
});

test("golden: a task's steps see its variables and share what they compose", async (t) => {
  const seen: unknown[] = [];
  const made = world(t, [], {
    "compose-output": {
      more: { propagatesTaskOutput: true },
      run: (_context, config) => ({ status: "Succeeded", output: config as Record<string, unknown> }),
    },
    http: (_context, config) => {
      seen.push(config);
      return { status: "Succeeded" };
    },
  });
  made.store.put({
    apiVersion: "kargo.akuity.io/v1alpha1",
    kind: "PromotionTask",
    metadata: { name: "deploy", namespace },
    spec: {
      vars: [{ name: "image" }, { name: "tag", value: "${{ ctx.targetFreight.name }}" }],
      steps: [
        { uses: "compose-output", as: "ref", config: { full: "${{ vars.image }}:${{ vars.tag }}" } },
        {
          uses: "http",
          config: { own: "${{ task.outputs.ref.full }}", alias: "${{ ctx.meta.step.alias }}" },
        },
      ],
    },
  });
  made.store.put(
    stage("test", {
      steps: [
        { task: { name: "deploy" }, as: "d", vars: [{ name: "image", value: "web" }] },
        { uses: "http", config: { shared: "${{ outputs.d.full }}", full: "${{ outputs['d::ref'].full }}" } },
      ],
    }),
  );
  const { metadata } = await made.promote("test", "aaa");
  await made.drive("test");
  assert.equal((await status(made, metadata.name)).phase, "Succeeded");
  assert.deepEqual(seen, [
    { own: "web:aaa", alias: "d::step-2" },
    { shared: "web:aaa", full: "web:aaa" },
  ]);
});
