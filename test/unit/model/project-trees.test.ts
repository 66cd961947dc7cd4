import assert from "node:assert/strict";
import { test } from "node:test";
import { promotionLookup } from "../../../src/model/list-index";
import { ProjectTrees } from "../../../src/model/project-trees";
import { type AnyResource, refKey, toRef } from "../../../src/model/resources";

const apiVersion = "kargo.akuity.io/v1alpha1";

/** The same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

function anyResource(next: (below: number) => number): AnyResource {
  const namespace = `p${next(2)}`;
  const name = `n${next(8)}`;
  const time = `2026-01-01T00:00:0${next(5)}Z`;
  const origin = { kind: "Warehouse", name: "w" } as const;
  switch (next(6)) {
    case 0:
      return { apiVersion, kind: "Project", metadata: { name: namespace } };
    case 1:
      return { apiVersion, kind: "Warehouse", metadata: { name, namespace }, spec: { subscriptions: [] } };
    case 2:
      return { apiVersion, kind: "Freight", metadata: { name, namespace }, origin, discoveredAt: time };
    case 3: {
      const sources = next(2) === 0 ? { direct: true } : { stages: [`n${next(8)}`] };
      const spec = { requestedFreight: [{ origin, sources }] };
      return { apiVersion, kind: "Stage", metadata: { name, namespace }, spec };
    }
    case 4:
      return { apiVersion, kind: "PromotionTask", metadata: { name, namespace }, spec: { steps: [] } };
    default: {
      const stage = `s${next(2)}`;
      const phase = next(2) === 0 ? "Succeeded" : "Running";
      // A Promotion never changes its Stage.
      const metadata = { name: `${stage}.0${next(4)}.${name}`, namespace, creationTimestamp: time };
      return { apiVersion, kind: "Promotion", metadata, spec: { stage }, status: { phase } };
    }
  }
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`trees kept current are those made anew (${seed})`, () => {
    const next = numbers(seed);
    const all = new Map<string, AnyResource>();
    const trees = ProjectTrees.of([]);
    for (let n = 0; n < 400; n++) {
      const resource = anyResource(next);
      const ref = toRef(resource);
      const gone = next(3) === 0;
      if (gone) all.delete(refKey(ref));
      else all.set(refKey(ref), resource);
      trees.apply(ref, gone ? undefined : resource);
      const anew = ProjectTrees.of(all.values()).trees;
      assert.deepEqual(trees.trees, anew);
      for (const [index, { promotions }] of trees.trees.entries()) {
        const expected = promotionLookup([...(anew[index]?.promotions ?? [])]);
        const { byStage, open } = promotionLookup(promotions);
        const names = (list: readonly AnyResource[]) => list.map((r) => r.metadata.name).sort();
        assert.deepEqual(names(open), names(expected.open));
        for (const stage of ["s0", "s1"])
          assert.deepEqual(byStage.get(stage) ?? [], expected.byStage.get(stage) ?? []);
      }
    }
  });
}

test("what did not change stays the same object, and an earlier tree stays as it was", () => {
  const stage = (name: string, status: string): AnyResource => ({
    apiVersion,
    kind: "Stage",
    metadata: { name, namespace: "p" },
    spec: specs,
    status: { freightSummary: status },
  });
  const specs = { requestedFreight: [] };
  const trees = ProjectTrees.of([stage("a", "1"), stage("b", "1")]);
  const [before] = trees.trees;
  trees.apply({ kind: "Stage", namespace: "p", name: "b" }, stage("b", "2"));
  const [after] = trees.trees;
  assert.deepEqual(
    before?.stages.map((s) => s.status?.freightSummary),
    ["1", "1"],
  );
  assert.deepEqual(
    after?.stages.map((s) => s.status?.freightSummary),
    ["1", "2"],
  );
  assert.equal(after?.stages[0], before?.stages[0]);
  assert.equal(after?.promotions, before?.promotions);
});
