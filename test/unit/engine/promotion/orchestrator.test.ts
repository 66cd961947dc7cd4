import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../../src/base/log";
import { StepEvaluator } from "../../../../src/engine/promotion/evaluator";
import { StepData } from "../../../../src/engine/promotion/expression-data";
import {
  finalPhase,
  type LoopProgress,
  type LoopResult,
  runSteps,
  unknownKindMessage,
} from "../../../../src/engine/promotion/orchestrator";
import { SecretMask } from "../../../../src/engine/promotion/secret-mask";
import { StepError, type StepResult } from "../../../../src/engine/promotion/step";
import { PassPanic, type PromotionState } from "../../../../src/engine/promotion/step-state";
import {
  durationOf,
  ListValue,
  Scalar,
  TypedNil,
  timeOf,
  types,
} from "../../../../src/expression/expression";
import type { PromotionStep, StepExecutionMetadata, StepStatus } from "../../../../src/model/resources";
import { commercialStepKinds } from "../../../../src/model/schema/schema";
import type { StepKind } from "../../../../src/model/schema/step-kinds";
import { MemoryStore, TestClock } from "../../../support/memory-store";

const time = "2026-01-02T03:04:05Z";

interface Run {
  readonly steps: readonly PromotionStep[];
  /** What the step of an alias does; others succeed with nothing. */
  readonly does?: Readonly<Record<string, (clock: TestClock, signal: AbortSignal) => unknown>>;
  readonly startFrom?: number;
  readonly metadata?: readonly StepExecutionMetadata[];
  readonly state?: PromotionState;
  readonly configError?: (kind: string, config: unknown) => string | undefined;
  readonly beforeRun?: (progress: LoopProgress) => Promise<void>;
  readonly aborted?: AbortSignal;
  readonly shutdown?: AbortSignal;
}

const noData = new StepData({ store: new MemoryStore(new TestClock()) }, "shop", new SecretMask());
const never = new AbortController().signal;

async function run(options: Run): Promise<{ result: LoopResult; ran: string[]; states: PromotionState[] }> {
  const clock = new TestClock(time);
  const ran: string[] = [];
  const states: PromotionState[] = [];
  const runner = (kind: string, more: object = {}) => ({
    kind: kind as StepKind,
    needs: [],
    ...more,
    run: async (context: {
      alias: string;
      state: PromotionState;
      signal: AbortSignal;
    }): Promise<StepResult> => {
      ran.push(context.alias);
      states.push(structuredClone(context.state));
      const act = options.does?.[context.alias];
      return (act === undefined ? { status: "Succeeded" } : await act(clock, context.signal)) as StepResult;
    },
  });
  const result = await runSteps(
    {
      context: {
        uiBaseUrl: "",
        workDir: "/work",
        project: "shop",
        stage: "test",
        promotion: "p",
        actor: "",
        rollback: false,
        freightRequests: [],
        freight: { id: "", items: {} },
        targetFreight: { name: "f", origin: { kind: "Warehouse", name: "main" } },
        targetFreightAlias: "",
        vars: [],
      },
      steps: options.steps,
      startFrom: options.startFrom ?? 0,
      metadata: options.metadata ?? [],
      state: options.state ?? {},
    },
    {
      runners: {
        copy: runner("copy"),
        "compose-output": runner("compose-output", { propagatesTaskOutput: true }),
        "argocd-wait": runner("argocd-wait", { defaultTimeoutMs: 300_000 }),
      },
      configError: options.configError ?? (() => undefined),
      grant: async () => ({}),
      newEvaluation: () => new StepEvaluator(noData),
      clock,
      log: silentLogger,
      beforeRun: options.beforeRun ?? (async () => {}),
      aborted: options.aborted ?? never,
      shutdown: options.shutdown ?? never,
    },
  );
  return { result, ran, states };
}

function records(result: LoopResult): string[] {
  const metadata = result.outcome === "shutdown" ? [] : result.metadata;
  return metadata.map(({ alias, status }) => `${alias} ${status}`);
}

function record(result: LoopResult, index = 0): StepExecutionMetadata {
  assert.notEqual(result.outcome, "shutdown");
  return (result as LoopProgress).metadata[index] ?? {};
}

function fails(terminal: boolean, status: "Failed" | "Errored" = "Errored"): () => never {
  return () => {
    throw new StepError(status, "no good", { terminal });
  };
}

const copy = (as: string, more: Partial<PromotionStep> = {}): PromotionStep => ({
  uses: "copy",
  as,
  ...more,
});

// What one run of one step comes to. `outcome`: the loop's; the record's status, message and errorCount; the phase.
interface Row {
  readonly name: string;
  readonly does: (clock: TestClock) => unknown;
  readonly step?: Partial<PromotionStep>;
  readonly status: StepStatus;
  readonly message?: string;
  readonly errorCount?: number;
  readonly finished: boolean;
}

const rows: readonly Row[] = [
  { name: "success", does: () => ({ status: "Succeeded" }), status: "Succeeded", finished: true },
  {
    name: "success with message",
    does: () => ({ status: "Succeeded", message: "did it" }),
    status: "Succeeded",
    message: "did it",
    finished: true,
  },
  {
    name: "skips itself",
    does: () => ({ status: "Skipped", message: "no need" }),
    status: "Skipped",
    message: "no need",
    finished: true,
  },
  {
    name: "waits",
    does: () => ({ status: "Running", message: "soon" }),
    status: "Running",
    message: "soon",
    finished: false,
  },
  {
    name: "Failed without error polls like Running",
    does: () => ({ status: "Failed", message: "hm" }),
    status: "Failed",
    message: "hm",
    finished: false,
  },
  {
    name: "terminal failure",
    does: fails(true, "Failed"),
    status: "Failed",
    message: 'step "a": no good',
    finished: true,
  },
  {
    name: "terminal error",
    does: fails(true),
    status: "Errored",
    message: 'an unrecoverable error occurred: error running step "a": no good',
    finished: true,
  },
  {
    name: "error at the default threshold of one",
    does: fails(false),
    status: "Errored",
    message: 'step "a" met error threshold of 1: error running step "a": no good',
    errorCount: 1,
    finished: true,
  },
  {
    name: "a threshold of zero is the default",
    does: fails(false),
    step: { retry: { errorThreshold: 0 } },
    status: "Errored",
    message: 'step "a" met error threshold of 1: error running step "a": no good',
    errorCount: 1,
    finished: true,
  },
  {
    name: "failure at the threshold keeps its kind",
    does: fails(false, "Failed"),
    status: "Failed",
    message: 'step "a" met error threshold of 1: step "a": no good',
    errorCount: 1,
    finished: true,
  },
  {
    name: "error below the threshold",
    does: fails(false),
    step: { retry: { errorThreshold: 2 } },
    status: "Errored",
    message: 'error running step "a": no good; step will be retried',
    errorCount: 1,
    finished: false,
  },
  {
    name: "Errored without error, with a message",
    does: () => ({ status: "Errored", message: "odd" }),
    status: "Errored",
    message: 'step "a" met error threshold of 1: odd',
    errorCount: 1,
    finished: true,
  },
  {
    name: "Errored without error or message, retried",
    does: () => ({ status: "Errored" }),
    step: { retry: { errorThreshold: 2 } },
    status: "Errored",
    message: "; step will be retried",
    errorCount: 1,
    finished: false,
  },
  {
    name: "a timeout is looked at after the run",
    does: (clock) => {
      clock.advance(60_001);
      return { status: "Running" };
    },
    step: { retry: { timeout: "1m" } },
    status: "Errored",
    message: 'step "a" timed out after 1m0s',
    finished: true,
  },
  {
    name: "exactly at the timeout is in time",
    does: (clock) => {
      clock.advance(60_000);
      return { status: "Running" };
    },
    step: { retry: { timeout: "1m" } },
    status: "Running",
    finished: false,
  },
  {
    name: "a success after the timeout is a success",
    does: (clock) => {
      clock.advance(3_600_000);
      return { status: "Succeeded" };
    },
    step: { retry: { timeout: "1m" } },
    status: "Succeeded",
    finished: true,
  },
  {
    name: "a kind's own timeout",
    does: (clock) => {
      clock.advance(300_001);
      return { status: "Running" };
    },
    step: { uses: "argocd-wait" },
    status: "Errored",
    message: 'step "a" timed out after 5m0s',
    finished: true,
  },
  {
    name: "an explicit zero turns the kind's timeout off",
    does: (clock) => {
      clock.advance(3_600_000);
      return { status: "Running" };
    },
    step: { uses: "argocd-wait", retry: { timeout: "0" } },
    status: "Running",
    finished: false,
  },
  {
    name: "an error below the threshold still times out",
    does: (clock) => {
      clock.advance(60_001);
      return fails(false)();
    },
    step: { retry: { timeout: "1m", errorThreshold: 5 } },
    status: "Errored",
    message: 'step "a" timed out after 1m0s',
    errorCount: 1,
    finished: true,
  },
  {
    name: "a status nobody knows",
    does: () => ({ status: "Fine" }),
    status: "Errored",
    message: 'step "a" returned an invalid status: Fine',
    finished: true,
  },
  {
    name: "no status",
    does: () => ({}),
    status: "Errored",
    message: 'step "a" returned an invalid status: ',
    finished: true,
  },
  {
    name: "no result at all",
    does: () => undefined,
    status: "Errored",
    message: 'step "a" returned an invalid status: ',
    finished: true,
  },
];

for (const row of rows) {
  test(`one step: ${row.name}`, async () => {
    const { result } = await run({ steps: [copy("a", row.step)], does: { a: row.does } });
    const { status, message, errorCount, startedAt, finishedAt } = record(result);
    assert.deepEqual([status, message, errorCount], [row.status, row.message, row.errorCount]);
    assert.equal(startedAt, time);
    assert.equal(finishedAt !== undefined, row.finished);
    assert.equal(result.outcome, row.finished ? "finished" : "running");
  });
}

const thrown: readonly [string, unknown, string][] = [
  ["an Error", new Error("boom"), "boom"],
  ["text", "boom", "boom"],
  ["a number", 42, "42"],
  ["nothing", undefined, "undefined"],
  ["null", null, "null"],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["an object that refuses to become text", Object.create(null), "a value that cannot be shown"],
  [
    "an error whose message throws",
    {
      toString: () => {
        throw new Error("again");
      },
    },
    "a value that cannot be shown",
  ],
];

for (const [name, value, text] of thrown) {
  test(`a step that throws ${name} ends as Errored at once, whatever the threshold`, async () => {
    const { result, ran } = await run({
      steps: [copy("a", { retry: { errorThreshold: 9 } }), copy("b", { continueOnError: true })],
      does: {
        a: () => {
          throw value;
        },
      },
    });
    assert.equal(
      record(result).message,
      `an unrecoverable error occurred: error running step "a": step panicked: ${text}`,
    );
    assert.deepEqual([records(result), ran], [["a Errored", "b Skipped"], ["a"]]);
  });
}

test("counting errors is cumulative: a poll in between does not reset it", async () => {
  const step = copy("a", { retry: { errorThreshold: 2 } });
  const first = await run({ steps: [step], does: { a: fails(false) } });
  assert.equal(record(first.result).errorCount, 1);
  const again = (metadata: StepExecutionMetadata, does: () => unknown) =>
    run({ steps: [step], metadata: [metadata], does: { a: does } });
  const second = await again(record(first.result), () => ({ status: "Running" }));
  assert.equal(record(second.result).errorCount, 1);
  const third = await again(record(second.result), fails(false));
  assert.equal(record(third.result).status, "Errored");
  assert.match(record(third.result).message ?? "", /met error threshold of 2/);
});

test("a suggested delay and the error are handed on", async () => {
  const waits = await run({
    steps: [copy("a")],
    does: { a: () => ({ status: "Running", retryAfterMs: 7 }) },
  });
  assert.deepEqual(waits.result.outcome === "running" && [waits.result.retryAfterMs, waits.result.error], [
    7,
    undefined,
  ]);
  const retries = await run({
    steps: [copy("a", { retry: { errorThreshold: 3 } })],
    does: { a: fails(false) },
  });
  assert.equal(
    retries.result.outcome === "running" && retries.result.error,
    'error running step "a": no good',
  );
});

test("a failure does not stop the loop: later steps are skipped one by one", async () => {
  const { result, ran } = await run({
    steps: [copy("a"), copy("b"), copy("c")],
    does: { a: fails(true) },
  });
  assert.deepEqual(records(result), ["a Errored", "b Skipped", "c Skipped"]);
  assert.deepEqual(ran, ["a"]);
  assert.deepEqual([record(result, 1).startedAt, record(result, 1).message], [undefined, undefined]);
  assert.equal(result.outcome === "finished" && result.phase, "Errored");
});

test("scenario 4: with continueOnError the failure counts for nothing", async () => {
  const { result } = await run({
    steps: [copy("a"), copy("b", { continueOnError: true }), copy("c")],
    does: { b: fails(true, "Failed") },
  });
  assert.deepEqual(records(result), ["a Succeeded", "b Failed", "c Succeeded"]);
  assert.equal(record(result, 1).continueOnError, true);
  assert.deepEqual(result.outcome === "finished" && [result.phase, result.message], ["Succeeded", ""]);
});

test("a step that started before is run again without being asked whether to", async () => {
  const metadata: StepExecutionMetadata[] = [{ alias: "a", status: "Failed", startedAt: time }];
  const { result, ran } = await run({ steps: [copy("a", { if: "not a boolean" })], metadata });
  assert.deepEqual([ran, records(result)], [["a"], ["a Succeeded"]]);
});

for (const [kind, ends] of [
  ["nope", "you may need to enable the promotion controller"],
  ["constructor", "you may need to enable the promotion controller"],
  ["jira", "this step runs on the commercial Akuity Platform only"],
  ["tf-plan", "this step runs on the commercial Akuity Platform only"],
] as const) {
  test(`no runner for ${kind}: Errored without having started, and the loop goes on`, async () => {
    const { result } = await run({ steps: [{ uses: kind, as: "a", continueOnError: true }, copy("b")] });
    const { status, startedAt, message } = record(result);
    assert.deepEqual([status, startedAt], ["Errored", undefined]);
    assert.ok(message?.startsWith(`step kind "${kind}" is not registered; verify the kind is correct`));
    assert.ok(message?.endsWith(ends));
    assert.equal(records(result)[1], "b Succeeded");
  });
}

test("every step of the commercial platform is told from a step that nobody knows", () => {
  const isTold = (kind: string): boolean => unknownKindMessage(kind).includes("commercial Akuity Platform");
  assert.equal(commercialStepKinds.length, 21);
  assert.deepEqual(
    commercialStepKinds.filter((kind) => !isTold(kind)),
    [],
  );
  assert.deepEqual(["my-own-step", "jira-like", "copy", "tf-planner"].filter(isTold), []);
});

test("an `if` that is no boolean: Errored, never started", async () => {
  const { result, ran } = await run({ steps: [copy("a", { if: "true" })] });
  assert.deepEqual(record(result), {
    alias: "a",
    status: "Errored",
    message:
      'error checking if step "a" should be skipped: expression must evaluate to a boolean, got string',
  });
  assert.deepEqual(ran, []);
});

test("a configuration its schema refuses fails the step before it runs", async () => {
  const seen: unknown[] = [];
  const { result, ran } = await run({
    steps: [copy("a", { config: { x: 1 } }), copy("b", { continueOnError: true })],
    configError: (kind, config) => {
      seen.push([kind, config]);
      return "invalid copy config: (root): inPath is required";
    },
  });
  assert.deepEqual(record(result).message, 'step "a": invalid copy config: (root): inPath is required');
  assert.deepEqual([record(result).status, ran, seen], ["Failed", [], [["copy", { x: 1 }]]]);
});

test("no configuration is checked as null", async () => {
  const seen: unknown[] = [];
  await run({ steps: [copy("a")], configError: (_kind, config) => void seen.push(config) });
  assert.deepEqual(seen, [null]);
});

test("outputs become state, whatever the step came to", async () => {
  const { result } = await run({
    steps: [copy("a"), copy("b", { continueOnError: true }), copy("c", { continueOnError: true })],
    does: {
      a: () => ({ status: "Succeeded", output: { n: 1 } }),
      b: () => {
        throw new StepError("Failed", "no", { terminal: true, output: { partial: true } });
      },
    },
  });
  assert.deepEqual((result as LoopProgress).state, { a: { n: 1 }, b: { partial: true }, c: null });
});

test("only compose-output shares its output with its task, key by key", async () => {
  const { result } = await run({
    steps: [copy("t::a"), { uses: "compose-output", as: "t::b" }, { uses: "compose-output", as: "t::c" }],
    does: {
      "t::a": () => ({ status: "Succeeded", output: { x: 0 } }),
      "t::b": () => ({ status: "Succeeded", output: { x: 1, y: 1 } }),
      "t::c": () => ({ status: "Succeeded", output: { y: 2 } }),
    },
  });
  assert.deepEqual((result as LoopProgress).state, {
    "t::a": { x: 0 },
    "t::b": { x: 1, y: 1 },
    "t::c": { y: 2 },
    t: { x: 1, y: 2 },
  });
});

test("outside a task, and with more than one separator, compose-output shares nothing", async () => {
  const output = () => ({ status: "Succeeded", output: { x: 1 } });
  const { result } = await run({
    steps: [
      { uses: "compose-output", as: "a" },
      { uses: "compose-output", as: "a::b::c" },
    ],
    does: { a: output, "a::b::c": output },
  });
  assert.deepEqual(Object.keys((result as LoopProgress).state), ["a", "a::b::c"]);
});

test("sharing with a task whose name is the alias of a step without output panics, as upstream", async () => {
  await assert.rejects(
    run({
      steps: [copy("t"), { uses: "compose-output", as: "t::b" }],
      does: { "t::b": () => ({ status: "Succeeded", output: { x: 1 } }) },
    }),
    (error: unknown) => error instanceof PassPanic && error.message === "assignment to entry in nil map",
  );
});

for (const [name, value] of [
  ["an int", 1n],
  ["an int in a list", [1n]],
  ["an int in an object", { deep: { n: 1n } }],
] as const) {
  test(`upstream defect: ${name} in an output panics as soon as another step runs in the same pass`, async () => {
    const does = { a: () => ({ status: "Succeeded", output: { n: value } }) };
    await assert.rejects(
      run({ steps: [copy("a"), copy("b")], does }),
      (error: unknown) => error instanceof PassPanic && error.message === "cannot deep copy int",
    );
    const alone = await run({ steps: [copy("a")], does });
    assert.equal(alone.result.outcome, "finished");
  });
}

for (const [name, value, seen] of [
  ["an int64", new Scalar(types.int64, 200n), 200],
  ["a nil map", new TypedNil(types.anyMap), null],
  ["a nil list", new TypedNil(types.anyList), null],
] as const) {
  test(`${name} in an output is fine, and plain to the next step`, async () => {
    const { states } = await run({
      steps: [copy("a"), copy("b")],
      does: { a: () => ({ status: "Succeeded", output: { value } }) },
    });
    assert.deepEqual(states[1], { a: { value: seen } });
  });
}

for (const [type, value] of [
  ["[]string", new ListValue(types.stringList, ["a"])],
  ["time.Time", timeOf(new Date(0))],
  ["time.Duration", durationOf(1n)],
  ["[]uint8", new Uint8Array([1])],
] as const) {
  test(`upstream defect: a ${type} in an output panics as an int does`, async () => {
    await assert.rejects(
      run({
        steps: [copy("a"), copy("b")],
        does: { a: () => ({ status: "Succeeded", output: { value } }) },
      }),
      (error: unknown) => error instanceof PassPanic && error.message === `cannot deep copy ${type}`,
    );
  });
}

test("each step is given the outputs so far, as a copy of its own", async () => {
  const { states } = await run({
    steps: [copy("a"), copy("b")],
    state: { before: { x: [1] } },
    does: { a: () => ({ status: "Succeeded", output: { n: 1 } }) },
  });
  assert.deepEqual(states, [{ before: { x: [1] } }, { before: { x: [1] }, a: { n: 1 } }]);
});

test("health checks are kept of steps that succeeded", async () => {
  const check = { uses: "argocd-update", config: { apps: [] } };
  const { result } = await run({
    steps: [copy("a"), copy("b")],
    does: {
      a: () => ({ status: "Succeeded", healthCheck: check }),
      b: () => ({ status: "Skipped", healthCheck: check }),
    },
  });
  assert.deepEqual((result as LoopProgress).healthChecks, [check]);
});

test("progress is told before every run, with the step that is about to run", async () => {
  const told: string[][] = [];
  await run({
    steps: [copy("a"), copy("b")],
    does: { a: () => ({ status: "Succeeded", output: { n: 1 } }) },
    beforeRun: async ({ currentStep, metadata, state }) => {
      told.push([
        String(currentStep),
        ...metadata.map(({ alias, status }) => `${alias} ${status}`),
        ...Object.keys(state),
      ]);
    },
  });
  assert.deepEqual(told, [
    ["0", "a Running"],
    ["1", "a Succeeded", "b Running", "a"],
  ]);
});

test("when progress cannot be written, nothing runs", async () => {
  const attempt = run({ steps: [copy("a")], beforeRun: () => Promise.reject(new Error("disk full")) });
  await assert.rejects(attempt, /disk full/);
});

test("abort before a step: the loop ends there", async () => {
  const { result, ran } = await run({ steps: [copy("a")], aborted: AbortSignal.abort() });
  assert.deepEqual([result.outcome, ran], ["aborted", []]);
});

test("abort within a step interrupts it and records it as Aborted", async () => {
  const abort = new AbortController();
  const { result, ran } = await run({
    steps: [copy("a"), copy("b")],
    aborted: abort.signal,
    does: {
      a: (_clock, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          abort.abort();
        }),
    },
  });
  assert.equal(result.outcome, "aborted");
  assert.deepEqual(record(result), { alias: "a", status: "Aborted", startedAt: time, finishedAt: time });
  assert.deepEqual(ran, ["a"]);
});

test("a step that does not stop when it is told to is left behind after a while", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const abort = new AbortController();
  const running = run({
    steps: [copy("a"), copy("b")],
    aborted: abort.signal,
    does: { a: () => new Promise(() => abort.abort()) },
  });
  for (let i = 0; i < 50; i++) await Promise.resolve();
  t.mock.timers.tick(20_000);
  const { result, ran } = await running;
  assert.deepEqual([result.outcome, record(result).status, ran], ["aborted", "Aborted", ["a"]]);
});

test("a step that ends well although it was told to stop keeps its result", async () => {
  const abort = new AbortController();
  const { result } = await run({
    steps: [copy("a"), copy("b")],
    aborted: abort.signal,
    does: {
      a: () => {
        abort.abort();
        return { status: "Succeeded", output: { done: true } };
      },
    },
  });
  assert.equal(result.outcome, "aborted");
  assert.deepEqual(records(result), ["a Succeeded"]);
});

test("shutdown within a step: nothing is told of it", async () => {
  const shutdown = new AbortController();
  const { result } = await run({
    steps: [copy("a")],
    shutdown: shutdown.signal,
    does: {
      a: () => {
        shutdown.abort();
        throw new Error("interrupted");
      },
    },
  });
  assert.deepEqual(result, { outcome: "shutdown" });
});

const phases: readonly [readonly StepStatus[], readonly boolean[], string, string][] = [
  [["Succeeded", "Succeeded"], [], "Succeeded", ""],
  [["Succeeded", "Skipped"], [], "Succeeded", "m1"],
  [["Failed", "Skipped"], [], "Failed", "m0"],
  [["Failed", "Errored"], [], "Errored", "m1"],
  [["Failed", "Failed"], [], "Failed", "m0"],
  [["Aborted", "Succeeded"], [], "Aborted", "m0"],
  [["Running", "Succeeded"], [], "Errored", "m0"],
  [["Errored", "Succeeded"], [true], "Succeeded", ""],
  [["Errored", "Failed"], [true], "Failed", "m1"],
  [[], [], "Succeeded", ""],
];

for (const [statuses, mayFail, phase, message] of phases) {
  test(`final phase of ${statuses.join(", ") || "nothing"}${mayFail.length > 0 ? ", the first may fail" : ""}: ${phase}`, () => {
    const steps = statuses.map((_, i) => copy(`s${i}`, { continueOnError: mayFail[i] }));
    const metadata = statuses.map((status, i) => ({ alias: `s${i}`, status, message: `m${i}` }));
    assert.deepEqual(finalPhase(steps, metadata), { phase, message });
  });
}
