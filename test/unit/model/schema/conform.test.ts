import assert from "node:assert/strict";
import { test } from "node:test";
import { conform, kindSchema, type Schema } from "../../../../src/model/schema/schema";

const schema = (kind: string): Schema => (kindSchema(kind) as { schema: Schema }).schema;
const head = { apiVersion: "kargo.akuity.io/v1alpha1", metadata: { name: "a", namespace: "p" } };
const origin = { kind: "Warehouse", name: "w" };

const rows: readonly [name: string, kind: string, value: object, expected: object][] = [
  [
    "what is right stays, unknown keys included",
    "Warehouse",
    { spec: { subscriptions: [{ git: { repoURL: "x", more: 1 } }], extra: [1] }, other: true },
    { spec: { subscriptions: [{ git: { repoURL: "x", more: 1 } }], extra: [1] }, other: true },
  ],
  ["no spec", "Stage", {}, { spec: { requestedFreight: [] } }],
  ["a spec that is text", "Stage", { spec: "x" }, { spec: { requestedFreight: [] } }],
  [
    "a list that is an object",
    "Warehouse",
    { spec: { subscriptions: {}, interval: 5 } },
    { spec: { subscriptions: [] } },
  ],
  [
    "requests without origin are dropped, sources are filled in",
    "Stage",
    {
      spec: {
        requestedFreight: [
          { origin },
          { sources: {} },
          null,
          { origin: { kind: "Warehouse" } },
          { origin: { ...origin, kind: "X" } },
        ],
      },
    },
    { spec: { requestedFreight: [{ origin, sources: {} }] } },
  ],
  [
    "wrong members of a step are dropped, the step stays",
    "Stage",
    {
      spec: {
        requestedFreight: [],
        promotionTemplate: {
          spec: {
            steps: [
              { uses: 1, as: "x", retry: [], config: "any", vars: [{ name: "n", value: 1 }, { value: "x" }] },
            ],
          },
        },
      },
    },
    {
      spec: {
        requestedFreight: [],
        promotionTemplate: { spec: { steps: [{ as: "x", config: "any", vars: [{ name: "n" }] }] } },
      },
    },
  ],
  [
    "a template without spec",
    "Stage",
    { spec: { requestedFreight: [], promotionTemplate: {} } },
    { spec: { requestedFreight: [], promotionTemplate: { spec: {} } } },
  ],
  ["a required text is empty text", "Promotion", { spec: { freight: null } }, { spec: { stage: "" } }],
  [
    "a word that is none of the words",
    "Warehouse",
    { spec: { subscriptions: [], freightCreationPolicy: "Sometimes" } },
    { spec: { subscriptions: [], freightCreationPolicy: undefined } },
  ],
  [
    "states are read as they are",
    "Freight",
    { origin, status: { verifiedIn: { test: { longestSoak: "1h" }, uat: "x" }, metadata: { a: [1] } } },
    { origin, status: { verifiedIn: { test: { longestSoak: "1h" } }, metadata: { a: [1] } } },
  ],
  [
    "an item of a collection keeps its place",
    "Promotion",
    {
      spec: { stage: "s" },
      status: { freightCollection: { id: "i", items: { "Warehouse/w": { name: "f", origin } } } },
    },
    {
      spec: { stage: "s" },
      status: { freightCollection: { id: "i", items: { "Warehouse/w": { name: "f", origin } } } },
    },
  ],
  [
    "a known label may hold any text",
    "Secret",
    {
      apiVersion: "v1",
      metadata: { name: "a", labels: { "kargo.akuity.io/cred-type": "other", n: 1 } },
      data: { a: "x", b: 1 },
    },
    {
      apiVersion: "v1",
      metadata: { name: "a", labels: { "kargo.akuity.io/cred-type": "other" } },
      data: { a: "x" },
    },
  ],
];
for (const [name, kind, value, expected] of rows) {
  test(`${kind}: ${name}`, () => {
    const whole = { ...head, kind };
    const fitted = JSON.parse(JSON.stringify(conform({ ...whole, ...value }, schema(kind))));
    assert.deepEqual(fitted, JSON.parse(JSON.stringify({ ...whole, ...expected })));
  });
}

test("nothing at all becomes an empty resource", () => {
  assert.deepEqual(conform(undefined, schema("PromotionTask")), {
    apiVersion: "kargo.akuity.io/v1alpha1",
    kind: "PromotionTask",
    metadata: {},
    spec: { steps: [] },
  });
});

test("a key named __proto__ is only a key", () => {
  const value = JSON.parse('{"a": "x", "__proto__": "y"}');
  const fitted = conform(
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: value },
    schema("ConfigMap"),
  );
  assert.deepEqual(Object.keys((fitted as { data: object }).data), ["a", "__proto__"]);
  assert.equal(Object.getPrototypeOf((fitted as { data: object }).data), Object.prototype);
});

test("the value given is left alone", () => {
  const value = Object.freeze({
    ...head,
    kind: "Stage",
    spec: Object.freeze({ requestedFreight: Object.freeze([1]) }),
  });
  conform(value, schema("Stage"));
  assert.deepEqual(value.spec.requestedFreight, [1]);
});
