// Which rows of the tree are drawn again for which change: those that differ, and no other.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../../src/backend/backend";
import { ProjectTrees } from "../../../../src/model/project-trees";
import {
  type AnyResource,
  type Freight,
  kargoApiVersion,
  type Promotion,
  type Stage,
  type Warehouse,
} from "../../../../src/model/resources";
import { Rows } from "../../../../src/ui/trees/rows";
import { TreeDrawing } from "../../../support/tree-drawing";

const nowMs = Date.parse("2026-05-01T12:00:00Z");
const origin = { kind: "Warehouse", name: "app" } as const;
const meta = (name: string) => ({ name, namespace: "demo" });

const warehouse: Warehouse = {
  apiVersion: kargoApiVersion,
  kind: "Warehouse",
  metadata: meta("app"),
  spec: { subscriptions: [{ git: { repoURL: "https://git.example.com/app.git" } }] },
};

function stage(name: string, status?: Stage["status"]): Stage {
  return {
    apiVersion: kargoApiVersion,
    kind: "Stage",
    metadata: meta(name),
    spec: {
      requestedFreight: [{ origin, sources: { direct: true } }],
      promotionTemplate: { spec: { steps: [{ uses: "copy" }] } },
    },
    ...(status && { status }),
  };
}

function freight(name: string, parts: Partial<Freight> = {}): Freight {
  const created = { ...meta(name), creationTimestamp: "2026-05-01T10:00:00Z" };
  return { apiVersion: kargoApiVersion, kind: "Freight", metadata: created, origin, ...parts };
}

function promotion(stageName: string, status: Promotion["status"], number = 1): Promotion {
  return {
    apiVersion: kargoApiVersion,
    kind: "Promotion",
    metadata: {
      ...meta(`${stageName}.0000000000000000000000000${number}.f1`),
      creationTimestamp: "2026-05-01T11:00:00Z",
      annotations: { "kargo.akuity.io/create-actor": "admin" },
    },
    spec: { stage: stageName, freight: "f1", steps: [{ uses: "git-clone" }, { uses: "git-push" }] },
    status,
  };
}

const done = { phase: "Succeeded", finishedAt: "2026-05-01T11:30:10Z" } as const;
const start: readonly AnyResource[] = [
  warehouse,
  stage("test"),
  stage("uat"),
  stage("prod"),
  freight("f1", { alias: "brisk-bat" }),
  freight("f2", { alias: "calm-cat" }),
  promotion("test", done),
];

function snapshot(resources: Iterable<AnyResource>): Snapshot {
  const { trees } = ProjectTrees.of(resources);
  return { revision: 1, projects: trees, problems: [], sources: new Map(), autoPromotion: new Set() };
}

const projectId = "Project:demo";
const isIt = (a: AnyResource, b: AnyResource) => a.kind === b.kind && a.metadata.name === b.metadata.name;
/** The first resources with some of them replaced or added. */
const withThese = (...changed: readonly AnyResource[]) => [
  ...start.filter((one) => !changed.some((other) => isIt(one, other))),
  ...changed,
];
const without = (gone: AnyResource) => start.filter((one) => !isIt(one, gone));

interface Change {
  readonly to: readonly AnyResource[];
  readonly later?: number;
  readonly running?: boolean;
  /** Opened besides what starts open. */
  readonly open?: readonly string[];
  readonly drawn: readonly string[] | "everything";
}

const lastPromotion = "Promotion:test.00000000000000000000000001.f1";
const changes: Readonly<Record<string, Change>> = {
  "nothing, in another snapshot": { to: withThese(), drawn: [] },
  "the health of one Stage": {
    to: withThese(
      stage("uat", { freightHistory: [{ id: "1", items: {} }], health: { status: "Unhealthy" } }),
    ),
    drawn: [`${projectId}/Stages/Stage:uat`],
  },
  "what nobody sees of a Stage": {
    to: withThese(stage("uat", { lastHandledRefresh: "1", observedGeneration: 7 })),
    drawn: [],
  },
  "the health of two Stages": {
    to: withThese(
      stage("test", { freightHistory: [{ id: "1", items: {} }], health: { status: "Healthy" } }),
      stage("prod", { freightHistory: [{ id: "1", items: {} }], health: { status: "Healthy" } }),
    ),
    drawn: [`${projectId}/Stages/Stage:prod`, `${projectId}/Stages/Stage:test`],
  },
  "an issue of a Stage that is open": {
    to: withThese(
      stage("uat", {
        freightHistory: [{ id: "1", items: {} }],
        health: { status: "Unhealthy", issues: ["no pods"] },
      }),
    ),
    open: [`folder/${projectId}/Stages/Stage:uat`],
    drawn: [`${projectId}/Stages/Stage:uat`],
  },
  "the alias of one Freight": {
    to: withThese(freight("f2", { alias: "eager-elk" })),
    drawn: [`${projectId}/Freight/Freight:f2`],
  },
  "the alias of Freight that a Promotion names": {
    to: withThese(freight("f1", { alias: "eager-elk" })),
    drawn: [`${projectId}/Freight/Freight:f1`, `${projectId}/Promotions/${lastPromotion}`],
  },
  "an approval": {
    to: withThese(freight("f1", { alias: "brisk-bat", status: { approvedFor: { prod: {} } } })),
    drawn: [`${projectId}/Freight/Freight:f1`],
  },
  "more Freight: its list, whose number is another one": {
    to: withThese(freight("f3", { alias: "frosty-fox" })),
    drawn: [`${projectId}/Freight`],
  },
  "less Freight": { to: without(freight("f2")), drawn: [`${projectId}/Freight`] },
  "a Promotion that begins": {
    to: withThese(promotion("uat", { phase: "Running", currentStep: 0 }, 2)),
    drawn: [`${projectId}/Stages/Stage:uat`, `${projectId}/Promotions`],
  },
  "the phase of a Promotion": {
    to: withThese(promotion("test", { ...done, phase: "Errored" })),
    drawn: [`${projectId}/Stages/Stage:test`, `${projectId}/Promotions/${lastPromotion}`],
  },
  "one step of a Promotion that is open": {
    to: withThese(
      promotion("test", {
        ...done,
        stepExecutionMetadata: [{ alias: "step-1", status: "Skipped", message: "no need" }],
      }),
    ),
    open: [`folder/${projectId}/Promotions/${lastPromotion}`],
    drawn: [`${projectId}/Promotions/${lastPromotion}/step:0`],
  },
  "the Warehouse while it looks": {
    to: withThese({
      ...warehouse,
      status: {
        conditions: [
          {
            type: "Ready",
            status: "False",
            reason: "DiscoveryInProgress",
            message: "",
            lastTransitionTime: "",
          },
        ],
      },
    }),
    drawn: [`${projectId}/Warehouses/Warehouse:app`],
  },
  "nothing but the time: what tells an age": {
    to: withThese(),
    later: 60_000,
    drawn: [`${projectId}/Promotions/${lastPromotion}`],
  },
  "the first Stage of its kind of list": {
    to: [warehouse],
    drawn: [projectId],
  },
  "another Project": {
    to: [...start, { apiVersion: kargoApiVersion, kind: "Project", metadata: { name: "other" } }],
    drawn: "everything",
  },
};

describe("what is drawn again", () => {
  for (const [name, { to, later = 0, open = [], drawn }] of Object.entries(changes)) {
    test(`after a change of ${name}`, () => {
      const drawing = new TreeDrawing((id, startsOpen) => startsOpen || open.includes(id));
      drawing.draw({ snapshot: snapshot(start), nowMs });
      const after = { snapshot: snapshot(to), nowMs: nowMs + later };
      assert.deepEqual(drawing.show(after), drawn);
      assert.deepEqual(drawing.show(after), [], "drawn once, it is current");
      const anew = new TreeDrawing((id, startsOpen) => startsOpen || open.includes(id));
      anew.draw(after);
      for (const id of anew.ids) assert.ok(drawing.ids.includes(id), `${id} is not shown`);
    });
  }

  test("lists that are still being read say so, until they are whole", () => {
    const drawing = new TreeDrawing();
    const told = (list: string) =>
      drawing.rowAt(`folder/${projectId}/${list}`)?.node.item().accessibilityInformation?.label;
    const first: Snapshot = { ...snapshot(without(freight("f2"))), isPartial: true };
    drawing.draw({ snapshot: first, nowMs });
    assert.equal(told("Freight"), "Freight, 1 so far, reading earlier ones…");
    assert.equal(told("Promotions"), "Promotions, 1 so far, reading earlier ones…");
    assert.equal(told("Stages"), "Stages, 3");
    const whole = { snapshot: snapshot(start), nowMs };
    assert.deepEqual(drawing.show(whole), [`${projectId}/Freight`, `${projectId}/Promotions`]);
    assert.equal(told("Freight"), "Freight, 2");
    assert.equal(told("Promotions"), "Promotions, 1");
  });

  test("nothing is called absent while it may still be read", () => {
    const drawing = new TreeDrawing();
    drawing.draw({ snapshot: { ...snapshot([warehouse]), isPartial: true }, nowMs });
    const id = `folder/${projectId}/Freight:empty`;
    assert.equal(drawing.rowAt(id)?.node.item().description, "reading…");
    drawing.show({ snapshot: snapshot([warehouse]), nowMs });
    assert.equal(drawing.rowAt(id)?.node.item().description, "none yet");
  });

  test("a closed row is drawn once, though nobody asks for what is below it", () => {
    const id = `folder/${projectId}/Stages/Stage:uat`;
    let isOpen = true;
    const drawing = new TreeDrawing((row, startsOpen) => (row === id ? isOpen : startsOpen));
    drawing.draw({ snapshot: snapshot(start), nowMs });
    isOpen = false;
    const sick = stage("uat", { health: { status: "Unhealthy", issues: ["no pods"] } });
    const after = { snapshot: snapshot(withThese(sick)), nowMs };
    assert.deepEqual(drawing.show(after), [id.slice("folder/".length)]);
    assert.deepEqual(drawing.show(after), []);
  });

  test("what a tooltip says counts only for a row somebody has pointed at", () => {
    const running = { snapshot: snapshot(start), nowMs, running: true };
    const noticed = withThese({
      ...stage("uat", { freightHistory: [{ id: "1", items: {} }] }),
      spec: {
        ...stage("uat").spec,
        requestedFreight: [{ origin, sources: { direct: true, requiredSoakTime: "1h" } }],
      },
    });
    const before = withThese(stage("uat", { freightHistory: [{ id: "1", items: {} }] }));
    const after = { ...running, snapshot: snapshot(noticed) };
    const unseen = new TreeDrawing();
    unseen.draw({ ...running, snapshot: snapshot(before) });
    assert.deepEqual(unseen.show(after), []);
    const seen = new TreeDrawing();
    seen.draw({ ...running, snapshot: snapshot(before) });
    seen.pointAt(`folder/${projectId}/Stages/Stage:uat`);
    assert.deepEqual(seen.show(after), [`${projectId}/Stages/Stage:uat`]);
    assert.deepEqual(seen.show(after), []);
  });

  test("more of a long list draws that list alone, and keeps its rows", () => {
    const many = [
      ...start,
      ...Array.from({ length: 260 }, (_, n) => freight(`m${String(n).padStart(3, "0")}`)),
    ];
    const list = `${projectId}/Freight`;
    const drawing = new TreeDrawing();
    const drawn = { snapshot: snapshot(many), nowMs };
    drawing.draw(drawn);
    const first = drawing.ids.filter((id) => id.startsWith(`folder/${list}/`));
    assert.equal(first.length, 16); // fifteen and the one that brings more
    const held = drawing.rowAt(first[0] ?? "");
    drawing.showMore(`folder/${list}`, 100);
    assert.deepEqual(drawing.show(drawn), [list]);
    assert.equal(drawing.ids.filter((id) => id.startsWith(`folder/${list}/`)).length, 116);
    assert.equal(drawing.rowAt(first[0] ?? ""), held);
  });
});

describe("rows", () => {
  interface Plain {
    readonly id: string;
    readonly text: string;
    readonly below: readonly Plain[];
    children(): readonly Plain[];
  }
  const plain = (id: string, text = "", below: readonly Plain[] = []): Plain => ({
    id,
    text,
    below,
    children: () => below,
  });
  const looks = { row: ({ text }: Plain) => text, details: () => "" };

  test("a row stays the same object while it is listed, with the newest node", () => {
    const rows = new Rows<Plain>(looks);
    const [before] = rows.rootsOf([plain("a", "old")]);
    rows.renew([plain("a", "new")]);
    const [after] = rows.rootsOf([plain("a", "newer")]);
    assert.equal(after, before);
    assert.equal(after?.node.text, "newer");
  });

  test("rows that are gone are let go of, with all below them", () => {
    const rows = new Rows<Plain>(looks);
    const below = [plain("a/1", "", [plain("a/1/x")]), plain("a/2")];
    const [root] = rows.rootsOf([plain("a", "", below)]);
    assert.ok(root);
    const [first] = rows.childrenOf(root);
    assert.ok(first);
    rows.childrenOf(first);
    assert.equal(rows.size, 4);
    assert.deepEqual(rows.renew([plain("a", "", [plain("a/2")])]), [root]);
    rows.childrenOf(root);
    assert.equal(rows.size, 2);
    rows.rootsOf([]);
    assert.equal(rows.size, 0);
  });

  test("below a row that is drawn again no other is named", () => {
    const rows = new Rows<Plain>(looks);
    const [root] = rows.rootsOf([plain("a", "1", [plain("a/1", "1")])]);
    assert.ok(root);
    rows.drawn(root);
    const [child] = rows.childrenOf(root);
    assert.ok(child);
    rows.drawn(child);
    assert.deepEqual(rows.renew([plain("a", "2", [plain("a/1", "2")])]), [root]);
    assert.equal(child.node.text, "2");
  });

  test("nothing is told of a tree nobody has asked for", () => {
    assert.equal(new Rows<Plain>(looks).renew([plain("a")]), "everything");
  });
});
