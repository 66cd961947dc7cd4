import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Ajv from "ajv";
import { parseAllDocuments, parseDocument } from "yaml";
import { documentSchema } from "../../../../src/model/schema/schema";
import { yamlOptions } from "../../../../src/model/yaml-options";
import { stage, task } from "../../../support/cursor";

const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: true });
const fits = ajv.compile(documentSchema());
const folder = join(process.cwd(), "test", "fixtures", "language", "valid");

function faults(text: string): string[] {
  fits(parseDocument(text, yamlOptions).toJS());
  const kept = (fits.errors ?? []).filter(({ keyword }) => !["if", "anyOf"].includes(keyword));
  return [
    ...new Set(
      kept.map(({ instancePath, keyword, params }) =>
        [instancePath, keyword, params.additionalProperty ?? params.missingProperty ?? ""].join(" ").trim(),
      ),
    ),
  ];
}

test("what is valid fits", () => {
  let judged = 0;
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), "utf8");
    // Patches are parts of resources, and what only a template engine reads is no resource yet.
    if (/patch/.test(name)) continue;
    for (const document of parseAllDocuments(text, yamlOptions)) {
      if (document.errors.length > 0) continue;
      const value: unknown = document.toJS();
      judged++;
      assert.ok(fits(value), `${name}: ${JSON.stringify(fits.errors?.slice(0, 4), undefined, 1)}`);
    }
  }
  assert.ok(judged > 60, `${judged}`);
});

const stageWith = (steps: string) => stage("test", { steps });
for (const [name, text, expected] of [
  [
    "a key nobody knows",
    stage("test").replace("spec:", "spec:\n  shrd: x"),
    ["/spec additionalProperties shrd"],
  ],
  ["a wrong type", stage("test").replace("spec:", "spec:\n  shard: 5"), ["/spec/shard type"]],
  [
    "a configuration of another step",
    stageWith("- uses: git-clear\n  config:\n    path: ./a\n    outPath: ./b"),
    ["/spec/promotionTemplate/spec/steps/0/config additionalProperties outPath"],
  ],
  [
    "a configuration that is missing",
    stageWith("- uses: git-clear"),
    ["/spec/promotionTemplate/spec/steps/0 required config"],
  ],
  [
    "a text that stands for no number",
    stageWith("- uses: git-push\n  config: {path: ./a, maxAttempts: many}"),
    ["/spec/promotionTemplate/spec/steps/0/config/maxAttempts pattern"],
  ],
  [
    "a fault in a List",
    `apiVersion: v1\nkind: List\nitems:\n- apiVersion: kargo.akuity.io/v1alpha1\n  kind: Project\n  metadata: {name: 5}`,
    ["/items/0/metadata/name type"],
  ],
  [
    "an expression in the place of a number",
    stageWith("- uses: git-push\n  config: {path: ./a, maxAttempts: '${{ vars.n }}'}"),
    [],
  ],
  ["a step nobody knows", stageWith("- uses: deploy\n  config: {anything: 1}"), []],
  ["a field without a value", stage("test").replace("spec:", "spec:\n  shard:"), []],
  ["a resource of somebody else", "apiVersion: v1\nkind: Pod\nspec: {shrd: 1}", []],
  ["a kind of the same name", "apiVersion: example.com/v1\nkind: Stage\nspec: {shrd: 1}", []],
  ["a Secret of somebody else", "apiVersion: v1\nkind: Secret\nshrd: 1", []],
  [
    "a Secret that Kargo reads",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  labels: {kargo.akuity.io/cred-type: git}\nshrd: 1",
    [" additionalProperties shrd".trim()],
  ],
  ["no object", "just text", []],
  ["a task", task("t", "- uses: git-clear\n  config: {path: ./a}").replace("---", ""), []],
] as const) {
  test(`the schema says of ${name}: ${expected.join() || "nothing"}`, () => {
    assert.deepEqual(faults(text.replace(/^---\n/, "").split("\n---\n")[0] ?? ""), expected);
  });
}

test("the table is written down completely", () => {
  const { definitions } = documentSchema() as { definitions: Record<string, unknown> };
  assert.ok(Object.keys(definitions).length > 60);
});
