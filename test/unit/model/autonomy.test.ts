// What pipelines do by themselves, in words.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  actingStages,
  nextDiscoveryText,
  type RunSituation,
  runTexts,
  soakingTexts,
  stageAutonomy,
} from "../../../src/model/autonomy";
import { ProjectTrees } from "../../../src/model/project-trees";
import {
  type AnyResource,
  type Freight,
  kargoApiVersion,
  refKey,
  type Stage,
  type StageStatus,
  toRef,
  type Warehouse,
} from "../../../src/model/resources";
import { canVerifyAgain, isVerifying, stagesBehind } from "../../../src/model/stage-acts";

const nowMs = Date.parse("2026-05-01T12:00:00Z");
const origin = { kind: "Warehouse", name: "app" } as const;
const step = { uses: "copy" };

interface StageParts {
  readonly from?: readonly string[];
  readonly soak?: string;
  readonly controlFlow?: true;
  readonly status?: StageStatus;
  readonly all?: true;
}

function stage(name: string, { from, soak, controlFlow, status, all }: StageParts = {}): Stage {
  return {
    apiVersion: kargoApiVersion,
    kind: "Stage",
    metadata: { name, namespace: "demo" },
    spec: {
      requestedFreight: [
        {
          origin,
          sources: {
            ...(from === undefined ? { direct: true } : { stages: from }),
            ...(soak === undefined ? {} : { requiredSoakTime: soak }),
            ...(all === undefined ? {} : { availabilityStrategy: "All" as const }),
          },
        },
      ],
      ...(controlFlow === undefined && { promotionTemplate: { spec: { steps: [step] } } }),
    },
    ...(status === undefined ? {} : { status }),
  };
}

function freight(status: Freight["status"]): Freight {
  return {
    apiVersion: kargoApiVersion,
    kind: "Freight",
    metadata: { name: "f1", namespace: "demo" },
    alias: "fast-fox",
    origin,
    ...(status === undefined ? {} : { status }),
  };
}

function treeOf(...resources: AnyResource[]) {
  const [tree] = ProjectTrees.of(resources).trees;
  assert.ok(tree);
  return tree;
}

describe("the status bar", () => {
  const base: RunSituation = {
    phase: "off",
    stages: ["demo: test, prod"],
    count: 2,
    failingWarehouses: [],
    discovers: true,
  };
  const rows: [name: string, RunSituation, label: string, said: RegExp, unsaid?: RegExp][] = [
    ["off", base, "off", /unless you ask.*2 Stages will act \(demo: test, prod\).*intervals.*switch on/s],
    ["off, without discovery", { ...base, discovers: false }, "off", /only when you refresh/, /intervals/],
    ["off, nobody could act", { ...base, stages: [], count: 0 }, "off", /No Stage acts.*unless you ask/s],
    ["on", { ...base, phase: "driving" }, "running", /2 Stages promote.*This window.*switch off/s, /unless/],
    ["on, one Stage", { ...base, phase: "driving", count: 1 }, "running", /1 Stage promotes/],
    [
      "on, nobody acts",
      { ...base, phase: "driving", stages: [], count: 0 },
      "running",
      /No Stage acts/,
      /unless/,
    ],
    [
      "another process drives",
      { ...base, phase: "waiting" },
      "driven elsewhere",
      /takes over.*off here; the other one goes on/s,
    ],
    ["it fails", { ...base, phase: "failed", failure: "no room" }, "not running", /no room.*keeps trying/s],
    ["being stopped", { ...base, phase: "stopping" }, "stopping", /being finished.*switch on/s],
    [
      "a Warehouse fails",
      { ...base, phase: "driving", failingWarehouses: ["app", "web"] },
      "running",
      /Discovery fails for Warehouses app, web\./,
    ],
  ];
  for (const [name, situation, label, said, unsaid] of rows) {
    test(name, () => {
      const texts = runTexts(situation);
      const all = texts.lines.join("\n");
      assert.equal(texts.label, label);
      assert.match(all, said);
      if (unsaid !== undefined) assert.doesNotMatch(all, unsaid);
      const isOff = label === "off" || label === "stopping";
      assert.equal(texts.heading, `Pipelines ${isOff ? "do not run" : "run"} by themselves`);
    });
  }
});

test("Stages that act by themselves are told by Project, in the order of the pipeline, without control flow", () => {
  const stages = [
    stage("a-prod", { from: ["gate"] }),
    stage("gate", { from: ["test"], controlFlow: true }),
    stage("test"),
    stage("other"),
  ];
  const acting = new Set(
    stages.filter(({ metadata }) => metadata.name !== "other").map((s) => refKey(toRef(s))),
  );
  assert.deepEqual(actingStages([treeOf(...stages)], acting), [
    { project: "demo", stages: ["test", "a-prod"] },
  ]);
  assert.deepEqual(actingStages([treeOf(...stages)], new Set()), []);
});

describe("a Stage", () => {
  const hold = { freightName: "f1", origin, promotionName: "p", actor: "vscode:me" };
  const held: StageStatus = { effectiveAutoPromotionHolds: { "Warehouse/app": hold } };
  const rows: [name: string, Stage, allowed: boolean, running: boolean, label: string, text: RegExp][] = [
    ["not allowed", stage("test"), false, true, "", /^$/],
    ["control flow", stage("gate", { controlFlow: true }), true, true, "", /^$/],
    ["allowed and on", stage("test"), true, true, "auto", /^acts by itself$/],
    ["allowed and off", stage("test"), true, false, "", /pipelines do not run/],
    ["held", stage("test", { status: held }), true, true, "held", /^held at fast-fox of app by vscode:me$/],
    ["held and off", stage("test", { status: held }), true, false, "held", /^held at fast-fox/],
    [
      "recorded hold that a newer Promotion has ended",
      stage("test", {
        status: { autoPromotionHolds: { "Warehouse/app": hold }, effectiveAutoPromotionHolds: {} },
      }),
      true,
      true,
      "auto",
      /^acts by itself$/,
    ],
  ];
  for (const [name, subject, allowed, running, label, text] of rows) {
    test(`by itself: ${name}`, () => {
      const found = stageAutonomy(subject, { allowed, running, tree: treeOf(subject, freight({})) });
      assert.equal(found.label, label);
      assert.match(found.text, text);
    });
  }

  const verified = (phase: "Running" | "Successful" | undefined, id = "v1"): StageStatus => ({
    freightHistory: [{ id: "c", items: {}, ...(phase && { verificationHistory: [{ id, phase }] }) }],
  });
  const acts: [name: string, StageStatus | undefined, again: boolean, verifying: boolean][] = [
    ["without Freight", undefined, false, false],
    ["never verified", verified(undefined), false, false],
    ["verifying", verified("Running"), false, true],
    ["verified", verified("Successful"), true, false],
    ["verified by nothing", verified("Successful", ""), false, false],
  ];
  for (const [name, status, again, verifying] of acts) {
    test(`verification: ${name}`, () => {
      const subject = stage("test", status === undefined ? {} : { status });
      assert.equal(canVerifyAgain(subject), again);
      assert.equal(isVerifying(subject), verifying);
    });
  }

  test("has behind it what takes Freight through it and has steps", () => {
    const stages = [
      stage("test"),
      stage("gate", { from: ["test"], controlFlow: true }),
      stage("uat", { from: ["test"] }),
    ];
    const names = stagesBehind(stages, stages[0] as Stage).map(({ metadata }) => metadata.name);
    assert.deepEqual(names, ["uat"]);
  });
});

describe("soaking", () => {
  const since = "2026-05-01T11:50:00Z"; // ten minutes ago
  const inTest: Freight["status"] = {
    currentlyIn: { test: { since } },
    verifiedIn: { test: { verifiedAt: since } },
  };
  const prod = stage("prod", { from: ["test"], soak: "30m" });
  const rows: [name: string, Freight["status"], stages: readonly Stage[], expected: string[]][] = [
    ["is told with what is left", inTest, [prod], ["prod: 20 min"]],
    ["is over", inTest, [stage("prod", { from: ["test"], soak: "5m" })], []],
    ["has not begun", {}, [prod], []],
    ["does not matter to an approved Stage", { ...inTest, approvedFor: { prod: {} } }, [prod], []],
    ["does not matter where it runs", { ...inTest, currentlyIn: { test: { since }, prod: {} } }, [prod], []],
    [
      "of one of two waits for the sooner",
      inTest,
      [stage("prod", { from: ["test", "qa"], soak: "30m" })],
      ["prod: 20 min"],
    ],
    [
      "of all is not all that is missing",
      inTest,
      [stage("prod", { from: ["test", "qa"], soak: "30m", all: true })],
      [],
    ],
  ];
  for (const [name, status, stages, expected] of rows)
    test(name, () => assert.deepEqual(soakingTexts(freight(status), stages, nowMs), expected));
});

describe("the next discovery", () => {
  const warehouse = (discoveredAt: string | undefined, interval?: string, reason?: string): Warehouse => ({
    apiVersion: kargoApiVersion,
    kind: "Warehouse",
    metadata: { name: "app", namespace: "demo" },
    spec: { subscriptions: [], ...(interval === undefined ? {} : { interval }) },
    status: {
      ...(discoveredAt === undefined ? {} : { discoveredArtifacts: { discoveredAt } }),
      ...(reason === undefined
        ? {}
        : {
            conditions: [{ type: "Healthy", status: "False", reason, message: "", lastTransitionTime: "" }],
          }),
    },
  });
  const rows: [name: string, Warehouse, expected: string][] = [
    ["at Kargo's interval", warehouse("2026-05-01T11:58:00Z"), "in 3 min"],
    ["at its own", warehouse("2026-05-01T11:58:00Z", "1h"), "in 58 min"],
    ["overdue", warehouse("2026-05-01T11:00:00Z"), "now"],
    ["for the first time", warehouse(undefined), "soon"],
    ["after a failure", warehouse("2026-05-01T11:58:00Z", "1h", "DiscoveryFailed"), "soon"],
  ];
  for (const [name, subject, expected] of rows)
    test(name, () => assert.equal(nextDiscoveryText(subject, nowMs), expected));
});
