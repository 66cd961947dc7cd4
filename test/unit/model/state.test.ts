// How Freight, Promotions, Stages and Warehouses stand, in words.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ProjectTree } from "../../../src/model/pipeline";
import {
  type Condition,
  kargoApiVersion,
  type Promotion,
  type PromotionStatus,
  type StageStatus,
  type StepExecutionMetadata,
  type Warehouse,
} from "../../../src/model/resources";
import {
  briefReason,
  currentFreight,
  freightLabelByName,
  freightObstacle,
  freightOffers,
  freightPlaces,
  freightPlacesText,
  openPromotions,
  plainReason,
  promotionState,
  stageState,
  warehouseState,
} from "../../../src/model/state";
import { freight, namespace, stage } from "../../support/promotion-world";

const now = Date.parse("2026-03-01T12:00:00Z");
const at = (secondsBack: number) => new Date(now - secondsBack * 1000).toISOString();

function promotion(name: string, status?: PromotionStatus, steps = ["clone", "commit", "push"]): Promotion {
  return {
    apiVersion: kargoApiVersion,
    kind: "Promotion",
    metadata: { name, namespace },
    spec: {
      stage: "test",
      freight: "f1",
      steps: steps.map((as) => ({ as, uses: `git-${as.replace(/.*::/, "")}` })),
    },
    ...(status === undefined ? {} : { status }),
  };
}

function meta(
  status: StepExecutionMetadata["status"],
  more: StepExecutionMetadata = {},
): StepExecutionMetadata {
  return { status, ...more };
}

function withHistory(status: StageStatus, items: readonly string[] = ["main"]): StageStatus {
  const entries = items.map((origin) => [
    `Warehouse/${origin}`,
    { name: `f-${origin}`, origin: { kind: "Warehouse" as const, name: origin } },
  ]);
  return { freightHistory: [{ id: "c", items: Object.fromEntries(entries) }], ...status };
}

describe("promotionState", () => {
  test("of a Promotion nobody has taken up is Pending, every step waits", () => {
    const { phase, label, steps, done } = promotionState(promotion("p"), now);
    assert.deepEqual([phase, label, done], ["Pending", "Pending", 0]);
    assert.deepEqual(
      steps.map((s) => s.phase),
      ["Waiting", "Waiting", "Waiting"],
    );
  });

  test("of a running Promotion names the step and how long it runs", () => {
    const state = promotionState(
      promotion("p", {
        phase: "Running",
        startedAt: at(10),
        currentStep: 1,
        stepExecutionMetadata: [
          meta("Succeeded", { startedAt: at(10), finishedAt: at(7) }),
          meta("Running", { startedAt: at(7) }),
        ],
        state: { clone: { commits: { "./src": "3f2" } } },
      }),
      now,
    );
    assert.equal(state.label, "Running step 2 of 3");
    assert.equal(state.lengthMs, 10_000);
    assert.deepEqual(
      state.steps.map((s) => [s.label, s.phase, s.lengthMs]),
      [
        ["clone", "Succeeded", 3000],
        ["commit", "Running", 7000],
        ["push", "Waiting", undefined],
      ],
    );
    assert.deepEqual(state.steps[0]?.output, { commits: { "./src": "3f2" } });
    assert.equal(state.done, 1);
  });

  test("of a failed Promotion names the step that decided it; later ones were not run", () => {
    const state = promotionState(
      promotion("p", {
        phase: "Failed",
        message: "remote refused",
        startedAt: at(10),
        finishedAt: at(4),
        stepExecutionMetadata: [
          meta("Succeeded"),
          meta("Failed", { startedAt: at(6), message: "remote refused" }),
        ],
      }),
      now,
    );
    assert.equal(state.label, "Failed at step commit");
    assert.equal(state.culprit?.uses, "git-commit");
    assert.equal(state.steps[1]?.lengthMs, 2000, "a step without an end of its own ended with the Promotion");
    assert.equal(state.steps[2]?.phase, "NotRun");
    assert.equal(state.lengthMs, 6000);
  });

  test("does not blame a step whose failure was excused", () => {
    const state = promotionState(
      promotion("p", {
        phase: "Errored",
        stepExecutionMetadata: [
          meta("Errored", { continueOnError: true }),
          meta("Errored", { message: "boom" }),
        ],
      }),
      now,
    );
    assert.equal(state.culprit?.alias, "commit");
  });

  test("of an aborted Promotion names the step the abort hit", () => {
    const state = promotionState(
      promotion("p", { phase: "Aborted", stepExecutionMetadata: [meta("Succeeded"), meta("Aborted")] }),
      now,
    );
    assert.equal(state.label, "Aborted at step commit");
  });

  const labels: readonly { name: string; aliases: string[]; expected: string[] }[] = [
    { name: "leaves the task out", aliases: ["deploy::clone", "deploy::push"], expected: ["clone", "push"] },
    {
      name: "keeps the task where steps would look alike",
      aliases: ["one::push", "two::push", "two::note"],
      expected: ["one::push", "two::push", "note"],
    },
  ];
  for (const { name, aliases, expected } of labels) {
    test(`${name} in step labels`, () => {
      const state = promotionState(promotion("p", undefined, aliases), now);
      assert.deepEqual(
        state.steps.map((s) => s.label),
        expected,
      );
    });
  }
});

describe("plainReason", () => {
  const rows: readonly (readonly [message: string, reason: string])[] = [
    [
      'step "push" met error threshold of 1: error running step "push": error pushing branch: refused',
      "error pushing branch: refused",
    ],
    ['error running step "task::push": refused', "refused"],
    ["step was aborted", "step was aborted"],
    ["", ""],
  ];
  for (const [message, reason] of rows) test(message, () => assert.equal(plainReason(message), reason));
});

describe("briefReason", () => {
  const git = "error executing cmd [/usr/bin/git push origin HEAD:stage/test]";
  const rows: readonly (readonly [name: string, message: string, reason: string])[] = [
    ["one cause stays", "refused", "refused"],
    ["links between go", "error a: error b: error c: no", "error a: error c: no"],
    [
      "the step and the command line go",
      `step "t::p" met error threshold of 1: error running step "t::p": error pushing: ${git}: remote: closed\nTo file:///r.git\n ! [remote rejected] HEAD -> x (declined)\nerror: failed to push some refs`,
      "error pushing: remote: closed",
    ],
    [
      "a rejection without the remote's own words stays whole",
      `error pushing: ${git}: To file:///r.git\n ! [rejected] x (fetch first)`,
      "error pushing: To file:///r.git ! [rejected] x (fetch first)",
    ],
    ["a command alone", `${git}: fatal: no such repository`, "fatal: no such repository"],
  ];
  for (const [name, message, reason] of rows) test(name, () => assert.equal(briefReason(message), reason));
});

test("openPromotions are those that have not ended, oldest first", () => {
  const all = [
    promotion("c"),
    promotion("b", { phase: "Running" }),
    promotion("a", { phase: "Succeeded" }),
    { ...promotion("d"), spec: { ...promotion("d").spec, stage: "uat" } },
  ];
  assert.deepEqual(
    openPromotions(all).map((p) => p.metadata.name),
    ["b", "c", "d"],
  );
  assert.deepEqual(
    openPromotions(all, "test").map((p) => p.metadata.name),
    ["b", "c"],
  );
});

describe("stageState", () => {
  const ended = (phase: "Failed" | "Errored" | "Aborted", message?: string): StageStatus => ({
    lastPromotion: { name: "p1", status: { phase, message } },
  });
  const verified: Condition = {
    type: "Verified",
    status: "True",
    reason: "Verified",
    message: "",
    lastTransitionTime: at(0),
  };
  const rows: readonly {
    name: string;
    status?: StageStatus;
    promotions?: readonly Promotion[];
    expected: readonly [phase: string, label: string, message?: string];
  }[] = [
    { name: "nothing promoted yet", expected: ["NoFreight", "No Freight"] },
    { name: "waiting for its turn", promotions: [promotion("p")], expected: ["Queued", "Promotion queued"] },
    {
      name: "promoting",
      promotions: [promotion("q"), promotion("p", { phase: "Running", currentStep: 2 })],
      status: ended("Failed"),
      expected: ["Promoting", "Promoting, step 3 of 3, 1 queued"],
    },
    {
      name: "the last Promotion failed",
      status: withHistory(ended("Failed", "no such branch")),
      expected: ["Failed", "Promotion failed", "no such branch"],
    },
    {
      name: "the last Promotion errored",
      status: ended("Errored"),
      expected: ["Errored", "Promotion errored"],
    },
    {
      name: "a failure the Stage has not recorded yet",
      promotions: [
        promotion("p2", { phase: "Failed", message: "x" }),
        promotion("p1", { phase: "Succeeded" }),
      ],
      expected: ["Failed", "Promotion failed", "x"],
    },
    { name: "aborted", status: withHistory(ended("Aborted")), expected: ["Aborted", "Promotion aborted"] },
    {
      name: "verified",
      status: withHistory({ health: { status: "Healthy" }, conditions: [verified] }),
      expected: ["Verified", "Verified"],
    },
    {
      name: "healthy, not verified",
      status: withHistory({ health: { status: "Healthy" } }),
      expected: ["Healthy", "Healthy"],
    },
    {
      name: "unhealthy",
      status: withHistory({ health: { status: "Unhealthy", issues: ["app is degraded"] } }),
      expected: ["Unhealthy", "Unhealthy", "app is degraded"],
    },
    {
      name: "progressing",
      status: withHistory({ health: { status: "Progressing" } }),
      expected: ["Progressing", "Health progressing"],
    },
    { name: "health not known", status: withHistory({}), expected: ["HealthUnknown", "Health unknown"] },
    {
      name: "verifying",
      status: { freightHistory: [{ id: "c", items: {}, verificationHistory: [{ phase: "Running" }] }] },
      expected: ["Verifying", "Verifying"],
    },
    {
      name: "verification failed",
      status: {
        freightHistory: [
          { id: "c", items: {}, verificationHistory: [{ phase: "Error", message: "no metric" }] },
        ],
      },
      expected: ["VerificationFailed", "Verification errored", "no metric"],
    },
  ];
  for (const { name, status, promotions = [], expected } of rows) {
    test(name, () => {
      const { phase, label, message } = stageState(stage("test", { status }), promotions, now);
      assert.deepEqual(message === undefined ? [phase, label] : [phase, label, message], expected);
    });
  }

  test("a Stage without steps is control flow, whatever else it says", () => {
    const { phase } = stageState(stage("gate", { steps: [], status: ended("Failed") }), [], now);
    assert.equal(phase, "ControlFlow");
  });
});

describe("freightObstacle", () => {
  const verifiedAt = { verifiedAt: at(3600) };
  const rows: readonly {
    name: string;
    from?: readonly string[];
    sources?: object;
    status?: object;
    origin?: string;
    expected: string | undefined;
  }[] = [
    { name: "none straight from the Warehouse", expected: undefined },
    { name: "another origin", origin: "other", expected: "test takes no Freight of Warehouse other" },
    { name: "not verified upstream", from: ["dev"], expected: "not verified in dev yet" },
    { name: "verified in none of two", from: ["dev", "qa"], expected: "not verified in dev or qa yet" },
    {
      name: "verified in one of two that are both needed",
      from: ["dev", "qa"],
      sources: { availabilityStrategy: "All" },
      status: { verifiedIn: { dev: verifiedAt } },
      expected: "not verified in qa yet",
    },
    {
      name: "verified upstream",
      from: ["dev"],
      status: { verifiedIn: { dev: verifiedAt } },
      expected: undefined,
    },
    {
      name: "still soaking",
      from: ["dev"],
      sources: { requiredSoakTime: "1h0m0s" },
      status: { verifiedIn: { dev: verifiedAt }, currentlyIn: { dev: { since: at(600) } } },
      expected: "soaking in dev: 50 min of 1h0m0s left",
    },
    {
      name: "verified but gone before it had soaked",
      from: ["dev"],
      sources: { requiredSoakTime: "30m" },
      status: { verifiedIn: { dev: { verifiedAt: at(9000), longestSoak: "10m0s" } } },
      expected: "soaking in dev: 20 min of 30m0s left",
    },
    { name: "approved by hand", from: ["dev"], status: { approvedFor: { test: {} } }, expected: undefined },
    { name: "no source at all", from: [], expected: "no source is given for it" },
  ];
  for (const { name, from, sources, status, origin = "main", expected } of rows) {
    test(name, () => {
      const request = { origin: { kind: "Warehouse" as const, name: "main" } };
      const spec =
        from === undefined
          ? {}
          : { requestedFreight: [{ ...request, sources: { stages: from, ...sources } }] };
      const piece = freight("f1", { origin: { kind: "Warehouse", name: origin }, status });
      assert.equal(freightObstacle(stage("test", { spec }), piece, now), expected);
    });
  }
});

test("freightOffers puts what can be had first and leaves foreign Freight out", () => {
  const pieces = [
    freight("new"),
    freight("ok", { status: { verifiedIn: { dev: {} } } }),
    freight("foreign", { origin: { kind: "Warehouse", name: "other" } }),
    freight("now", { status: { verifiedIn: { dev: {} } } }),
  ];
  const uat = stage("uat", {
    from: ["dev"],
    status: {
      freightHistory: [
        {
          id: "c",
          items: { "Warehouse/main": { name: "now", origin: { kind: "Warehouse", name: "main" } } },
        },
      ],
    },
  });
  assert.deepEqual(
    freightOffers(uat, pieces, now).map(({ freight: { metadata }, obstacle, current }) => [
      metadata.name,
      obstacle === undefined,
      current,
    ]),
    [
      ["ok", true, false],
      ["now", true, true],
      ["new", false, false],
    ],
  );
});

test("freightPlaces follows the pipeline and tells running from verified", () => {
  const stages = [stage("test"), stage("uat"), stage("prod")];
  const piece = freight("f1", {
    status: {
      currentlyIn: { uat: {}, test: {} },
      verifiedIn: { uat: {}, test: {}, gone: {}, prod: {} },
      approvedFor: { prod: {} },
    },
  });
  const places = freightPlaces(piece, stages);
  assert.deepEqual(places, {
    currentlyIn: ["test", "uat"],
    verifiedIn: ["prod", "gone"],
    approvedFor: ["prod"],
  });
  assert.equal(freightPlacesText(places), "in test, uat · verified in prod, gone · approved for prod");
  assert.equal(freightPlacesText(freightPlaces(freight("f2"), stages)), "");
  const everywhere = { currentlyIn: ["a", "b", "c", "d"], verifiedIn: ["e", "f", "g"], approvedFor: [] };
  assert.equal(freightPlacesText(everywhere), "in 4 Stages · verified in e, f, g");
});

test("currentFreight lists one piece for each origin, in the order the Stage asks for them", () => {
  const requestedFreight = ["b", "a"].map((name) => ({ origin: { kind: "Warehouse" as const, name } }));
  const subject = stage("test", { spec: { requestedFreight }, status: withHistory({}, ["a", "old", "b"]) });
  assert.deepEqual(
    currentFreight(subject).map((reference) => reference.name),
    ["f-b", "f-a", "f-old"],
  );
});

test("freightLabelByName falls back to the start of the name", () => {
  const tree: ProjectTree = {
    name: namespace,
    warehouses: [],
    stages: [],
    freight: [freight("f1"), freight("0123456789", { alias: undefined })],
    promotions: [],
    tasks: [],
  };
  const labels = ["f1", "0123456789", "abcdef0123456"].map((name) => freightLabelByName(tree, name));
  assert.deepEqual(labels, ["alias-f1", "0123456", "abcdef0"]);
});

describe("warehouseState", () => {
  const condition = (type: string, status: Condition["status"], reason: string, message = ""): Condition => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: at(0),
  });
  const found = { discoveredArtifacts: { discoveredAt: at(60) } };
  const rows: readonly { name: string; status?: Warehouse["status"]; expected: readonly string[] }[] = [
    { name: "never refreshed", expected: ["NotDiscovered", "Not refreshed yet"] },
    {
      name: "discovering",
      status: { conditions: [condition("Ready", "False", "DiscoveryInProgress")] },
      expected: ["Discovering", "Discovering"],
    },
    {
      name: "failed",
      status: {
        ...found,
        conditions: [condition("Healthy", "False", "DiscoveryFailed", "no such repository")],
      },
      expected: ["Failed", "Discovery failed", "no such repository"],
    },
    {
      name: "criteria not met",
      status: {
        ...found,
        conditions: [
          condition("FreightCreationCriteriaSatisfied", "False", "CriteriaNotSatisfied", "tags differ"),
        ],
      },
      expected: ["Incomplete", "Freight criteria not met", "tags differ"],
    },
    { name: "up to date", status: found, expected: ["Ready", "Up to date"] },
  ];
  for (const { name, status, expected } of rows) {
    test(name, () => {
      const warehouse: Warehouse = {
        apiVersion: kargoApiVersion,
        kind: "Warehouse",
        metadata: { name: "main", namespace },
        spec: { subscriptions: [] },
        ...(status === undefined ? {} : { status }),
      };
      const { phase, label, message } = warehouseState(warehouse);
      assert.deepEqual(message === undefined ? [phase, label] : [phase, label, message], expected);
    });
  }
});
