import assert from "node:assert/strict";
import { test } from "node:test";
import { cursor, diagnosticRows, project, serviceOf, stage, theFile } from "../../support/cursor";

const labelled = (name: string, labels: string) =>
  stage(name).replace("  namespace: demo", `  namespace: demo\n  labels: {${labels}}`);
const stages = project(
  labelled("test", "env: low"),
  labelled("uat", "env: low, team: a"),
  labelled("prod-eu", "env: high"),
  labelled("prod-us", "env: high, team: a"),
);
const policies = (selector: string) =>
  `apiVersion: kargo.akuity.io/v1alpha1
kind: ProjectConfig
metadata:
  name: demo
  namespace: demo
spec:
  promotionPolicies:
  - autoPromotionEnabled: true
    stageSelector:
      ${selector.replaceAll("\n", "\n      ")}
`;

function lookup(selector: string) {
  const { text, offset } = cursor(policies(selector).replace("|-", ""));
  const service = serviceOf({ [theFile]: text, "file:///w/stages.yaml": stages });
  const names = service
    .definitions(theFile, offset)
    .map(({ file, start, end }) => service.text(file)?.slice(start, end));
  return { service, names, hover: service.hover(theFile, offset)?.doc ?? "" };
}

const rows: Record<string, readonly [selector: string, ...names: string[]]> = {
  "an exact name": ["name: te|st", "test"],
  "a glob": ["name: glob:pr|od-*", "prod-eu", "prod-us"],
  "a regular expression": ["name: regex:^(te|st|uat)$".replace("te|st|uat", "te\u0001st"), "test"],
  "labels, from the key": ["match|Labels:\n  env: low", "test", "uat"],
  "labels, from a value": ["matchLabels:\n  env: hi|gh\n  team: a", "prod-us"],
  "conditions In": ["matchExpressions:\n- {key: env, operator: |In, values: [high]}", "prod-eu", "prod-us"],
  "conditions NotIn": ["matchExpressions:\n- {key: env, operator: |NotIn, values: [high]}", "test", "uat"],
  "conditions Exists": ["matchExpressions:\n- {key: team, operator: |Exists}", "prod-us", "uat"],
  "conditions DoesNotExist": ["matchExpressions:\n- {key: team, operator: |DoesNotExist}", "prod-eu", "test"],
  "name and labels together": ["name: glob:pr|od-*\nmatchLabels:\n  team: a", "prod-us"],
};
for (const [name, [selector, ...wanted]] of Object.entries(rows)) {
  test(`goes from a selector to what it selects: ${name}`, () => {
    const { names, hover } = lookup(selector.replace("\u0001", "|"));
    assert.deepEqual(names, wanted);
    if (name !== "an exact name") assert.match(hover, new RegExp(`Selects ${wanted.length} Stages?`));
    for (const one of wanted) assert.ok(hover.includes(`\`${one}\``), hover);
  });
}

test("says when a selector selects nothing, or cannot be judged", () => {
  assert.match(lookup("name: glob:no|pe-*").hover, /Selects no Stage/);
  assert.match(lookup("name: test\nmatchEx|pressions: [{key: a, operator: Foo}]").hover, /at most 1 Stage/);
});

test("references of a Stage hold the selectors that select it, and renaming leaves them alone", () => {
  const service = serviceOf({
    [theFile]: policies("name: glob:prod-*"),
    "file:///w/stages.yaml": stages,
  });
  const at = stages.indexOf("name: prod-eu") + 8;
  const found = service.references("file:///w/stages.yaml", at).map(({ file, role }) => [file, role]);
  assert.deepEqual(found, [
    ["file:///w/stages.yaml", "definition"],
    [theFile, "reference"],
  ]);
  const edits = service.rename("file:///w/stages.yaml", at, "prod-x");
  assert.ok(edits instanceof Map && edits.size === 1);
});

test("hints tell what a selector selects", () => {
  const service = serviceOf({
    [theFile]: policies("matchLabels: {env: low}"),
    "file:///w/stages.yaml": stages,
  });
  service.configure({ inlayHints: { values: true, defaults: false } });
  assert.deepEqual(
    service.hints(theFile).map(({ label }) => label),
    [" test, uat"],
  );
});

test("an empty selector is told with conditions too", () => {
  const rowsOf = (selector: string) =>
    diagnosticRows(serviceOf({ [theFile]: policies(selector), "file:///w/stages.yaml": stages }));
  assert.deepEqual(rowsOf("matchExpressions: [{key: env, operator: In, values: [none]}]"), [
    "empty-selector: stageSelector",
  ]);
  assert.deepEqual(rowsOf("matchExpressions: [{key: env, operator: In, values: [high]}]"), []);
  assert.deepEqual(rowsOf("matchExpressions: [{key: env, operator: Foo, values: [none]}]"), []);
});

const platform = `apiVersion: ee.kargo.akuity.io/v1alpha1
kind: CustomPromotionStep
metadata:
  name: deploy
spec:
  image: example/deploy
---
apiVersion: ee.kargo.akuity.io/v1alpha1
kind: MessageChannel
metadata:
  name: releases
  namespace: demo
`;

test("names of the commercial platform's resources are known: custom steps and message channels", () => {
  const steps =
    "- uses: deploy\n  config: {}\n- uses: send-message\n  config:\n    channel: {kind: MessageChannel, name: releases}\n    message: x";
  const text = project(stage("a", { steps }));
  const service = serviceOf({ [theFile]: text, "file:///w/p.yaml": platform });
  assert.deepEqual(diagnosticRows(service), []);
  assert.deepEqual(diagnosticRows(service, "file:///w/p.yaml"), []);
  for (const name of ["deploy", "releases"]) {
    const [definition] = service.definitions(theFile, text.indexOf(name) + 1);
    assert.equal(definition?.file, "file:///w/p.yaml", name);
    assert.equal(platform.slice(definition?.start, definition?.end), name);
  }
  const offset = text.indexOf("uses: deploy") + 6;
  assert.ok(service.complete(theFile, offset).some(({ label }) => label === "deploy"));
  service.remove("file:///w/p.yaml");
  assert.deepEqual(diagnosticRows(service), ["unknown-step: deploy"]);
});
