import assert from "node:assert/strict";
import { test } from "node:test";
import { pipelineOrder } from "../../../src/model/pipeline";
import { ProjectTrees } from "../../../src/model/project-trees";
import type { AnyResource, Freight, Promotion, Stage } from "../../../src/model/resources";

const apiVersion = "kargo.akuity.io/v1alpha1";
const origin = { kind: "Warehouse", name: "w" } as const;

function stage(name: string, from: readonly string[] = []): Stage {
  const sources = from.length === 0 ? { direct: true } : { stages: from };
  return {
    apiVersion,
    kind: "Stage",
    metadata: { name, namespace: "demo" },
    spec: { requestedFreight: [{ origin, sources }] },
  };
}

function promotion(name: string, creationTimestamp: string): Promotion {
  return {
    apiVersion,
    kind: "Promotion",
    metadata: { name, namespace: "demo", creationTimestamp },
    spec: { stage: "s" },
  };
}

function freight(name: string, discoveredAt: string): Freight {
  return { apiVersion, kind: "Freight", metadata: { name, namespace: "demo" }, origin, discoveredAt };
}

const names = (resources: readonly AnyResource[]) => resources.map((r) => r.metadata.name);

const orders: Record<string, [Stage[], string[]]> = {
  "a line": [
    [stage("prod", ["uat"]), stage("uat", ["test"]), stage("test")],
    ["test", "uat", "prod"],
  ],
  "a fan-out, by name among equals": [
    [stage("b", ["a"]), stage("c", ["a"]), stage("a")],
    ["a", "b", "c"],
  ],
  "a fan-in after its longest way": [
    [stage("z", ["a", "y"]), stage("y", ["x"]), stage("x"), stage("a")],
    ["a", "x", "y", "z"],
  ],
  "an upstream that is not there": [
    [stage("b", ["gone"]), stage("a", ["b"])],
    ["b", "a"],
  ],
  "a cycle": [
    [stage("a", ["b"]), stage("b", ["a"])],
    ["a", "b"],
  ],
  itself: [[stage("a", ["a"])], ["a"]],
};
for (const [name, [stages, expected]] of Object.entries(orders)) {
  test(`Stages in pipeline order: ${name}`, () => assert.deepEqual(names(pipelineOrder(stages)), expected));
}

test("Promotions of all Stages are together, newest first, also within one second", () => {
  const [tree] = ProjectTrees.of([
    promotion("test.01a.f", "2026-01-01T00:00:01Z"),
    promotion("uat.01c.f", "2026-01-01T00:00:02Z"),
    promotion("prod.01b.f", "2026-01-01T00:00:02Z"),
    promotion("by-hand", "2026-01-01T00:00:03Z"),
  ]).trees;
  assert.deepEqual(names(tree?.promotions ?? []), ["by-hand", "uat.01c.f", "prod.01b.f", "test.01a.f"]);
});

test("Freight is newest first, and a namespace counts as a Project without one", () => {
  const trees = ProjectTrees.of([
    freight("f1", "2026-01-01T00:00:00Z"),
    freight("f2", "2026-01-02T00:00:00Z"),
  ]).trees;
  assert.deepEqual(
    trees.map((tree) => [tree.name, tree.project]),
    [["demo", undefined]],
  );
  assert.deepEqual(names(trees[0]?.freight ?? []), ["f2", "f1"]);
});
