import assert from "node:assert/strict";
import { test } from "node:test";
import { project, serviceOf, stage, task, theFile } from "../../support/cursor";
import { applied } from "../../support/edits";

/** The text after the refactoring whose title matches, for the selection between two `«»` marks; undefined when there is none. */
function refactored(marked: string, title: RegExp): string | undefined {
  const start = marked.indexOf("«");
  const end = marked.indexOf("»") - 1;
  const text = marked.replace(/[«»]/g, "");
  const service = serviceOf(text);
  const action = service.actions(theFile, { start, end }).find((one) => title.test(one.title));
  return action === undefined ? undefined : applied(service, action.edits)[theFile];
}

const clone = "- uses: git-clone\n  config:\n    repoURL: https://a.b/c\n    checkout:\n    - path: ./src";
const commit =
  "- uses: git-commit # all of it\n  as: commit\n  config:\n    path: ./src\n    message: ${{ vars.message }}";
const push = "- uses: git-push\n  as: push\n  config:\n    path: ./src";
const wait =
  "- uses: git-wait-for-pr\n  as: wait\n  config:\n    repoURL: https://a.b/c\n    prNumber: ${{ 1 }}";
const clear = (expression: string) => `- uses: git-clear\n  config:\n    path: ${expression}`;

test("extracts the selected steps, comments kept", () => {
  const before = stage("test", { steps: `${clone}\n«${commit}\n${push}»\n${wait}` });
  const inTask = task("test-steps", `${commit}\n${push}`).replace(/^ {2}- [\s\S]*/m, (list) =>
    list.replace(/^(?=.)/gm, "  "),
  );
  assert.equal(
    refactored(before, /^Extract 2 steps/),
    `${stage("test", { steps: `${clone}\n- task:\n    name: test-steps\n  as: test-steps\n${wait}` })}---\n${inTask}`,
  );
});

test("extracts all steps from their key", () => {
  const before = stage("test", { steps: `${clone}\n${push}` }).replace("      steps:", "      «»steps:");
  const result = refactored(before, /^Extract 2 steps/) ?? "";
  assert.match(result, /steps:\n {6}- task:\n {10}name: test-steps\n {8}as: test-steps\n---/);
});

test("outputs of extracted steps are read in and out of the task as Kargo names them", () => {
  const before = stage("test", {
    steps: `${clone}\n«${push}\n${clear("${{ outputs.push.branch }}")}»\n${clear("${{ outputs.push.commit + outputs['push'].branch }}")}`,
  });
  const result = refactored(before, /^Extract 2 steps/) ?? "";
  assert.match(result, /\n {8}path: \$\{\{ task\.outputs\.push\.branch }}\n/);
  assert.match(
    result,
    /path: \$\{\{ outputs\['test-steps::push'\]\.commit \+ outputs\['test-steps::push'\]\.branch }}/,
  );
});

test("outputs of earlier steps stay what they are in the task", () => {
  const before = stage("test", { steps: `${push}\n«${clear("${{ outputs.push.branch }}")}»` });
  const result = refactored(before, /^Extract the step/) ?? "";
  assert.match(result, /path: \$\{\{ outputs\.push\.branch }}/);
});

test("the task gets a name that is free", () => {
  const before = project(task("test-steps", push), stage("test", { steps: `«${clone}»` }));
  assert.match(
    refactored(before, /^Extract/) ?? "",
    /kind: PromotionTask\nmetadata:\n {2}name: test-steps-2\n/,
  );
});

const notExtracted: Record<string, string> = {
  "a step that stands for a task": `«- task: {name: t}»`,
  "status() across the border": `${push}\n«${clear("${{ status('push') }}")}»`,
  "aliases by position": `${clone}\n«${push}»\n${clear("${{ outputs['step-1'].x }}")}`,
  anchors: `«- uses: git-clear\n  config: &c {path: x}»\n- uses: git-clear\n  config: *c`,
  "the state of other steps": `${push}\n«${clear("${{ stepMetas.push.status }}")}»`,
};
for (const [name, steps] of Object.entries(notExtracted)) {
  test(`does not extract ${name}`, () =>
    assert.equal(refactored(stage("test", { steps }), /^Extract/), undefined));
}

test("extracts nothing without a selection", () => {
  assert.equal(refactored(stage("test", { steps: push.replace("uses", "«»uses") }), /^Extract/), undefined);
});

const use = (more = "") => `${clone}\n- «»task: {name: t}\n  as: go${more}\n${wait}`;

test("puts the steps of a task in its place", () => {
  const taskSteps = `${push}\n${clear("${{ task.outputs.push.branch }}")}`;
  const before = project(stage("test", { steps: use() }), task("t", taskSteps));
  const expected = project(
    stage("test", { steps: `${clone}\n${push}\n${clear("${{ outputs.push.branch }}")}\n${wait}` }),
    task("t", taskSteps),
  );
  assert.equal(refactored(before, /^Replace the task/), expected);
});

test("outputs of its steps are read by their own alias", () => {
  const reading = `${use()}\n${clear("${{ outputs['go::push'].branch }}")}`;
  const before = project(stage("test", { steps: reading }), task("t", push));
  assert.match(refactored(before, /^Replace/) ?? "", /path: \$\{\{ outputs\['push'\]\.branch }}/);
});

test("variables go with the steps that read them", () => {
  const before = project(
    stage("test", { steps: use("\n  vars:\n  - name: message\n    value: by hand") }),
    task("t", `${commit}\n${push}`, "- name: message\n- name: other\n  value: x"),
  );
  const result = refactored(before, /^Replace/) ?? "";
  const inlined = `${commit}\n  vars:\n  - name: other\n    value: x\n  - name: message\n    value: "by hand"\n${push}`;
  assert.equal(
    result,
    before
      .replace(/[«»]/g, "")
      .replace(/ {6}- task:[\s\S]*?value: by hand\n/, `${inlined.replace(/^/gm, "      ")}\n`),
  );
});

test("a Stage's own variable counts more than the task's", () => {
  const before = project(
    stage("test", { vars: "- name: message\n  value: mine", steps: use() }),
    task("t", commit, "- name: message\n  value: the task's"),
  );
  assert.doesNotMatch(
    (refactored(before, /^Replace/) ?? "the task's").split("kind: PromotionTask")[0] ?? "",
    /the task's/,
  );
});

const notInlined: Record<string, string> = {
  "a task that is not there": project(stage("test", { steps: use() })),
  "an alias that both have": project(stage("test", { steps: `${use()}\n${push}` }), task("t", push)),
  "outputs the task composes": project(
    stage("test", { steps: `${use()}\n${clear("${{ outputs.go.x }}")}` }),
    task("t", push),
  ),
};
for (const [name, text] of Object.entries(notInlined)) {
  test(`does not inline ${name}`, () => assert.equal(refactored(text, /^Replace/), undefined));
}

test("extracting and inlining come back to the same steps", () => {
  const steps = `${clone}\n«${push}\n${clear("${{ outputs.push.branch }}")}»\n${clear("${{ outputs['push'].commit }}")}`;
  const before = stage("test", { steps });
  const extracted = refactored(before, /^Extract/) ?? "";
  const back = refactored(extracted.replace("- task:", "- «»task:"), /^Replace/) ?? "";
  assert.equal(back.split("---\n")[0], before.replace(/[«»]/g, ""));
});
