// argocd-update, argocd-wait and the health check of argocd-update: what Kargo v1.11.2 did with the same Applications
// (argocd-steps.json), and what a real cluster adds: unknown fields, conflicts, effects that are held.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonValue } from "../../../../src/base/json";
import { type ArgoCdPort, type Effect, StepError } from "../../../../src/engine/promotion/step";
import { argocdHealth } from "../../../../src/engine/reconcile/argocd-health";
import { mergePatch, overlay } from "../../../../src/engine/steps/argocd-patch";
import { argocdUpdate } from "../../../../src/engine/steps/argocd-update";
import { argocdWait } from "../../../../src/engine/steps/argocd-wait";
import { type TestApplication, TestArgoCd } from "../../../support/argo-cd";
import { faultOf, runStepIn } from "../../../support/step-context";

interface Case {
  readonly name: string;
  readonly kind?: "argocd-update" | "argocd-wait";
  readonly config?: unknown;
  readonly health?: unknown;
  readonly apps: readonly TestApplication[];
  readonly state?: Readonly<Record<string, unknown>>;
  readonly actor?: string;
  readonly expect: Readonly<Record<string, unknown>>;
}

const cases: readonly Case[] = JSON.parse(readFileSync("test/fixtures/argocd-steps.json", "utf8"));

for (const { name, kind, config, health, apps, state, actor, expect } of cases) {
  test(name, async () => {
    const argocd = new TestArgoCd(apps);
    const options = { argocd: withClient(argocd), ...(state && { state }), ...(actor && { actor }) };
    const report =
      health === undefined
        ? await reportOf(kind === "argocd-wait" ? argocdWait : argocdUpdate, config, options)
        : { result: await healthOf(argocd, health) };
    const { events } = argocd;
    assert.deepEqual(
      { ...report, apps: argocd.all().map(seen), ...(events.length > 0 && { events }) },
      expect,
    );
  });
}

function withClient(client: ArgoCdPort) {
  return { client, whenMissing: "skip" } as const;
}

async function reportOf(
  runner: typeof argocdUpdate | typeof argocdWait,
  config: unknown,
  options: object,
): Promise<Record<string, unknown>> {
  try {
    const { status, output, healthCheck } = await runStepIn(runner, "/work", config, options);
    const check = healthCheck && { Kind: healthCheck.uses, Input: healthCheck.config };
    return { status, ...(output && { output }), ...(check && { healthCheck: check }) };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const { status, message, terminal, output } = error;
    return { status, error: message, terminal, ...(output && { output }) };
  }
}

async function healthOf(argocd: ArgoCdPort | undefined, config: unknown): Promise<unknown> {
  const signal = new AbortController().signal;
  const place = { project: "demo", stage: "test", signal };
  const { status, issues, output } = await argocdHealth(argocd)(
    { uses: "argocd-update", config: config as JsonValue },
    place,
  );
  return { Status: status, Issues: issues, ...(output !== undefined && { Output: output }) };
}

/** What a case says of an Application afterwards. */
function seen({ metadata, spec, operation, status }: TestApplication): unknown {
  const { operationState } = (status ?? {}) as { operationState?: unknown };
  return {
    name: `${metadata.namespace}/${metadata.name}`,
    annotations: metadata.annotations ?? {},
    spec,
    ...(operation !== undefined && { operation }),
    ...(operationState !== undefined && { operationState }),
  };
}

const repoURL = "https://git.example.com/app.git";

function web(spec: Record<string, unknown>): TestApplication {
  const annotations = { "kargo.akuity.io/authorized-stage": "demo:test" };
  return {
    metadata: { name: "web", namespace: "argocd", annotations },
    spec,
    status: {
      health: { status: "Healthy" },
      resources: [{ kind: "Pod" }],
      operationState: { phase: "Failed" },
    },
  };
}

test("what Kargo's types do not know stays as it was", async () => {
  const source = {
    repoURL,
    path: "apps/web",
    targetRevision: "main",
    helm: { valueFiles: ["v.yaml"], parameters: [{ name: "a", value: "1", forceString: true }] },
  };
  const argocd = new TestArgoCd([web({ project: "default", destination: { name: "here" }, source })]);
  const change = {
    repoURL,
    desiredRevision: "abc",
    updateTargetRevision: true,
    helm: { images: [{ key: "a", value: "2" }] },
  };
  await runStepIn(
    argocdUpdate,
    "/work",
    { apps: [{ name: "web", sources: [change] }] },
    {
      argocd: withClient(argocd),
    },
  );
  const [app] = argocd.all();
  assert.deepEqual(app?.spec, {
    project: "default",
    destination: { name: "here" },
    source: {
      repoURL,
      path: "apps/web",
      targetRevision: "abc",
      helm: { valueFiles: ["v.yaml"], parameters: [{ name: "a", value: "2", forceString: true }] },
    },
  });
  assert.deepEqual(app?.status, { health: { status: "Healthy" }, resources: [{ kind: "Pod" }] });
});

test("a change by somebody else in between is kept, and the sync is asked for again", async () => {
  const argocd = new TestArgoCd([web({ source: { repoURL, targetRevision: "main" } })]);
  let tries = 0;
  argocd.beforePatch = () => {
    if (++tries === 1) argocd.put({ ...web({ source: { repoURL, path: "new", targetRevision: "main" } }) });
  };
  const { status } = await runStepIn(
    argocdUpdate,
    "/work",
    { apps: [{ name: "web" }] },
    {
      argocd: withClient(argocd),
    },
  );
  assert.deepEqual([status, tries], ["Running", 2]);
  const [app] = argocd.all();
  assert.deepEqual(app?.spec, { source: { repoURL, path: "new", targetRevision: "main" } });
  assert.ok(app?.operation);
});

test("conflicts without end are told", async () => {
  const app = web({ source: { repoURL, targetRevision: "main" } });
  const argocd = new TestArgoCd([app]);
  argocd.beforePatch = () => argocd.put(app);
  const fault = await faultOf(
    runStepIn(argocdUpdate, "/work", { apps: [{ name: "web" }] }, { argocd: withClient(argocd) }),
  );
  assert.deepEqual([fault.status, fault.terminal], ["Errored", false]);
  assert.match(fault.message, /^error syncing Argo CD Application "web" .*failed to patch the object: /);
});

test("a held sync changes nothing and tells no Event", async () => {
  const argocd = new TestArgoCd([web({ source: { repoURL, targetRevision: "main" } })]);
  const before = argocd.all();
  const held: Effect[] = [];
  const effects = {
    perform: (effect: Effect) => {
      held.push(effect);
      return Promise.reject(new Error("held"));
    },
  };
  await faultOf(
    runStepIn(argocdUpdate, "/work", { apps: [{ name: "web" }] }, { argocd: withClient(argocd), effects }),
  );
  assert.deepEqual(argocd.all(), before);
  assert.deepEqual(argocd.events, []);
  assert.deepEqual(
    held.map(({ kind, target }) => [kind, target]),
    [["argocd.sync", "argocd/web"]],
  );
});

test("more observed than desired revisions break the step down, as in Kargo", async () => {
  const app = web({ source: { repoURL, targetRevision: "main" } });
  const info = [{ name: "kargo.akuity.io/promotion", value: "promo" }];
  const syncResult = { revisions: ["", "b"] };
  app.status = { operationState: { operation: { info }, phase: "Succeeded", syncResult } };
  const fault = await faultOf(
    runStepIn(
      argocdUpdate,
      "/work",
      { apps: [{ name: "web" }] },
      {
        argocd: withClient(new TestArgoCd([app])),
      },
    ),
  );
  assert.deepEqual([fault.status, fault.terminal], ["Errored", true]);
  assert.match(fault.message, /^step panicked: runtime error: index out of range \[\d\] with length 1$/);
});

test("an unreachable Argo CD is told, a refresh that fails is not", async () => {
  const failing = (argocd: TestArgoCd, names: readonly (keyof ArgoCdPort)[]) =>
    withClient(
      new Proxy(argocd, {
        get: (target, name) => {
          if (names.includes(name as never)) return () => Promise.reject(new Error("no route"));
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
    );
  const stale = web({});
  stale.status = { health: { status: "Healthy" }, operationState: { finishedAt: "2024-01-01T00:00:00Z" } };
  const apps = [{ name: "web" }];
  const gone = await faultOf(
    runStepIn(argocdWait, "/work", { apps }, { argocd: failing(new TestArgoCd([stale]), ["get"]) }),
  );
  assert.equal(
    gone.message,
    'error finding Argo CD Application "web" in namespace "argocd": error getting Argo CD Application "web" in namespace "argocd": no route',
  );
  const waiting = await runStepIn(
    argocdWait,
    "/work",
    { apps },
    {
      argocd: failing(new TestArgoCd([stale]), ["patch"]),
    },
  );
  assert.equal(waiting.status, "Running");
});

test("without Argo CD the steps are skipped or fail, as the setting says, and health is unknown", async () => {
  const config = { apps: [{ name: "web" }] };
  for (const [step, act] of [
    [argocdUpdate, "update"],
    [argocdWait, "wait for"],
  ] as const) {
    const missing = (whenMissing: "skip" | "require") => ({ argocd: { client: undefined, whenMissing } });
    const skipped = await runStepIn(step, "/work", config, missing("skip"));
    assert.equal(skipped.status, "Skipped");
    assert.match(skipped.message ?? "", /^Argo CD is not connected, so no .*kargo\.embedded\.argocd/);
    const fault = await faultOf(runStepIn(step, "/work", config, missing("require")));
    assert.equal(
      fault.message,
      `Argo CD integration is disabled on this controller; cannot ${act} Argo CD Application resources`,
    );
    assert.equal(fault.terminal, false);
  }
  const { Status: status } = (await healthOf(undefined, config)) as { Status: string };
  assert.equal(status, "Unknown");
});

const overlays: readonly (readonly [name: string, above: unknown, below: unknown, result: unknown])[] = [
  ["mappings", { a: 1, b: { c: 2 } }, { b: { d: 3 }, e: 4 }, { a: 1, b: { c: 2, d: 3 }, e: 4 }],
  ["a longer list", [{ a: 1 }, { b: 2 }], [{ c: 3 }], [{ a: 1, c: 3 }, { b: 2 }]],
  ["a shorter list", [1], [2, 3], [1]],
  ["other types", { a: [1] }, { a: { b: 1 } }, { a: [1] }],
  ["nothing below", { a: 1 }, undefined, { a: 1 }],
];
for (const [name, above, below, result] of overlays) {
  test(`overlay: ${name}`, () => assert.deepEqual(overlay(above, below), result));
}

test("a merge patch holds differences alone", () => {
  const before = { same: [1], gone: 1, lost: 2, deep: { a: 1, b: 2 }, list: [1, 2], kind: { a: 1 } };
  const after = { same: [1], gone: undefined, deep: { a: 1, b: 3, c: 4 }, list: [1], kind: "x", fresh: {} };
  assert.deepEqual(mergePatch(before, after), {
    gone: null,
    lost: null,
    deep: { b: 3, c: 4 },
    list: [1],
    kind: "x",
    fresh: {},
  });
});
