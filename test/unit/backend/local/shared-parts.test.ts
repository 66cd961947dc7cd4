import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedParts } from "../../../../src/backend/local/shared-parts";
import type { StoredObject } from "../../../../src/backend/local/state-files";
import { isObject } from "../../../../src/base/json";

const reference = (name: string, tag: string) => ({
  name,
  origin: { kind: "Warehouse", name: "w" },
  images: [{ repoURL: "registry.example.com/app", tag }],
});

function stage(name: string, tags: readonly string[]): StoredObject {
  return {
    apiVersion: "kargo.akuity.io/v1alpha1",
    kind: "Stage",
    metadata: { name },
    status: {
      health: { status: "Healthy" },
      freightHistory: tags.map((tag, n) => ({
        id: `c${n}`,
        items: { "Warehouse/w": reference(`f${n}`, tag) },
      })),
    },
  };
}

function referencesOf(object: StoredObject): unknown[] {
  const { freightHistory } = object.status as ReturnType<typeof stage>["status"] & {
    readonly freightHistory: readonly { readonly items: Readonly<Record<string, unknown>> }[];
  };
  return freightHistory.map(({ items }) => items["Warehouse/w"]);
}

test("Stages hold the same Freight once, and say the same as before", () => {
  const parts = new SharedParts();
  const [first, second] = [stage("test", ["1", "2"]), stage("prod", ["1", "2"])].map((one) => {
    const text = JSON.stringify(one);
    const shared = parts.share(one);
    assert.equal(JSON.stringify(shared), text);
    return referencesOf(shared);
  });
  assert.equal(first?.[0], second?.[0]);
  assert.equal(first?.[1], second?.[1]);
});

test("references of one name that say different things stay apart", () => {
  const parts = new SharedParts();
  const [first, second] = [stage("test", ["1"]), stage("prod", ["9"])].map((one) =>
    referencesOf(parts.share(one)),
  );
  assert.deepEqual([first, second], [[reference("f0", "1")], [reference("f0", "9")]]);
});

test("an object in which nothing is shared, or that is no Stage, is the same object", () => {
  const parts = new SharedParts();
  const one = stage("test", ["1"]);
  assert.equal(parts.share(one), one);
  assert.equal(parts.share(one), one);
  const other: StoredObject = { ...stage("test", ["1"]), kind: "Warehouse" };
  assert.ok(isObject(other.status));
  assert.equal(parts.share(other), other);
});
