import assert from "node:assert/strict";
import { test } from "node:test";
import {
  kindSchema,
  type ObjectSchema,
  offeredFields,
  type Schema,
  schemaAt,
  stepConfigSchema,
} from "../../../../src/model/schema/schema";

const root = (kind: string): Schema => (kindSchema(kind) as { schema: Schema }).schema;
const stage = {
  spec: {
    promotionTemplate: {
      spec: {
        steps: [
          { uses: "git-clone", config: { repoURL: "x", checkout: [{ path: "a" }] } },
          { uses: "nobody-knows", config: { a: { b: 1 } } },
          { task: { name: "t" } },
        ],
      },
    },
  },
};
const steps = ["spec", "promotionTemplate", "spec", "steps"] as const;

const rows: readonly [
  kind: string,
  path: readonly (string | number)[],
  value: unknown,
  doc: string | undefined,
][] = [
  ["Stage", [], stage, "A place Freight is promoted to, with the steps that bring it there."],
  ["Stage", ["spec", "vars", 3, "name"], stage, "Name of the variable, as in `vars.name`."],
  ["Stage", [...steps, 0, "config", "checkout", 0, "branch"], stage, "Branch to check out."],
  ["Stage", [...steps, 0, "config"], stage, "The repository and what to check out of it."],
  ["Stage", [...steps, 1, "config"], stage, "Configuration of the step; every value may be a template."],
  ["Stage", [...steps, 1, "config", "a"], stage, undefined],
  ["Stage", [...steps, 9, "config", "a"], stage, undefined],
  ["Stage", [...steps, 2, "task", "kind"], stage, "Kind of the task."],
  ["Stage", ["spec", "nothing"], stage, undefined],
  ["Stage", ["spec", "constructor"], stage, undefined],
  ["Stage", ["metadata", "labels", "any"], stage, "Value of the label."],
  [
    "Stage",
    ["metadata", "annotations", "kargo.akuity.io/refresh"],
    stage,
    "Any new value makes Kargo look at the resource again at once.",
  ],
  ["Stage", ["metadata", "name", "x"], stage, undefined],
  [
    "Warehouse",
    ["spec", "subscriptions", 0, "image", "platform"],
    {},
    "Platform the image must have, as os/arch or os/arch/variant.",
  ],
  ["Warehouse", ["spec", "subscriptions", 0, "s3", "name"], {}, "Name of the subscription."],
  [
    "AnalysisTemplate",
    ["spec", "metrics", 0, "count"],
    { spec: { metrics: [{ count: 3 }] } },
    "Number of measurements.",
  ],
];
for (const [kind, path, value, doc] of rows) {
  test(`${kind} at ${path.join(".") || "the root"}`, () =>
    assert.equal(schemaAt(root(kind), path, value)?.schema.doc, doc));
}

test("inside the configuration of a step values may be templates", () => {
  const inside = schemaAt(root("Stage"), [...steps, 0, "config", "repoURL"], stage);
  assert.equal(inside?.templates, true);
  assert.equal(inside?.step, "git-clone");
  assert.equal(inside?.parent, stepConfigSchema("git-clone"));
  const outside = schemaAt(root("Stage"), [...steps, 0, "as"], stage);
  assert.equal(outside?.templates, false);
  assert.equal(outside?.step, undefined);
});

test("a union is the branch the value has", () => {
  const at = (count: unknown) =>
    schemaAt(root("AnalysisTemplate"), ["spec", "metrics", 0, "count"], { spec: { metrics: [{ count }] } })
      ?.schema.type;
  assert.deepEqual([at(1), at("{{args.n}}"), at(undefined)], ["integer", "string", "union"]);
});

const offered = (kind: string, value: unknown) =>
  offeredFields(stepConfigSchema(kind) as ObjectSchema, value).map(({ name, required }) =>
    required ? `${name}!` : name,
  );

test("offered are fields that are neither there nor excluded", () => {
  assert.deepEqual(offered("copy", { inPath: "a" }), ["outPath!", "ignore"]);
  assert.deepEqual(offered("copy", undefined), ["inPath!", "outPath!", "ignore"]);
  assert.deepEqual(offered("delete", { path: "a" }), ["pathsAreGlobs", "strict"]);
  assert.ok(offered("git-push", { tag: "" }).includes("targetBranch"));
  assert.ok(!offered("git-push", { tag: "v1" }).includes("targetBranch"));
});

test("what only Kargo writes is not offered", () => {
  const names = offeredFields(root("Stage") as ObjectSchema, {}).map((field) => field.name);
  assert.ok(names.includes("spec") && !names.includes("status"));
});
