import assert from "node:assert/strict";
import { test } from "node:test";
import {
  freightReferences,
  targetCollection,
  withFreight,
} from "../../../../src/engine/promotion/freight-collection";
import type { FreightReference, Stage } from "../../../../src/model/resources";
import { stage } from "../../../support/promotion-world";

function reference(name: string, warehouse: string): FreightReference {
  return { name, origin: { kind: "Warehouse", name: warehouse } };
}

function requesting(warehouses: readonly string[], last: readonly FreightReference[] | undefined): Stage {
  const collection = last?.reduce(
    (all: ReturnType<typeof withFreight> | undefined, freight) => withFreight(all, freight),
    undefined,
  );
  return stage("test", {
    spec: {
      requestedFreight: warehouses.map((name) => ({ origin: { kind: "Warehouse", name } })),
    },
    status: { lastPromotion: { name: "p", status: { phase: "Failed", freightCollection: collection } } },
  });
}

test("golden: the ID is the SHA-1 of the sorted names", () => {
  const collection = withFreight(withFreight(undefined, reference("bbb", "x")), reference("aaa", "y"));
  assert.equal(collection.id, "b0696a9485397a32e74fc7d20eb458c2420b2ddc");
});

test("references come in the order of their origins", () => {
  const collection = withFreight(withFreight(undefined, reference("a", "y")), reference("b", "x"));
  assert.deepEqual(
    freightReferences(collection).map(({ name }) => name),
    ["b", "a"],
  );
  assert.deepEqual(freightReferences(undefined), []);
});

const rows: readonly [
  string,
  readonly string[],
  readonly FreightReference[] | undefined,
  readonly string[],
][] = [
  ["one origin inherits nothing", ["a"], [reference("a1", "a"), reference("b1", "b")], ["a2"]],
  [
    "several origins inherit from the last recorded Promotion of any outcome",
    ["a", "b"],
    [reference("a1", "a"), reference("b1", "b")],
    ["a2", "b1"],
  ],
  [
    "an origin that is no longer requested is dropped",
    ["a", "c"],
    [reference("a1", "a"), reference("b1", "b")],
    ["a2"],
  ],
  ["a last Promotion without collection gives nothing", ["a", "b"], undefined, ["a2"]],
];

for (const [name, warehouses, last, expected] of rows) {
  test(`target collection: ${name}`, () => {
    const collection = targetCollection(requesting(warehouses, last), reference("a2", "a"));
    assert.deepEqual(
      freightReferences(collection).map((freight) => freight.name),
      expected,
    );
    assert.equal(collection.verificationHistory, undefined);
  });
}
