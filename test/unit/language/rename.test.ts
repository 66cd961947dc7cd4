import assert from "node:assert/strict";
import { test } from "node:test";
import { cursor, project, serviceOf, stage, task, theFile } from "../../support/cursor";
import { applied } from "../../support/edits";

const other = "file:///w/b.yaml";

/** A file with a cursor in it, and maybe another one. */
type Files = readonly [marked: string, other?: string];

function renamed([marked, second]: Files, name: string): Record<string, string> | string {
  const { text, offset } = cursor(marked);
  const service = serviceOf({ [theFile]: text, ...(second === undefined ? {} : { [other]: second }) });
  const result = service.rename(theFile, offset, name);
  if ("refused" in result) return result.refused;
  const target = service.prepareRename(theFile, offset);
  assert.ok(!("refused" in target), "what can be renamed can be prepared");
  assert.ok(target.start <= offset && offset <= target.end);
  assert.equal(text.slice(target.start, target.end), target.name);
  return applied(service, result);
}

const push = "- uses: git-push\n  as: push\n  config: {path: x}";
const read = (expression: string) => `- uses: git-clear\n  config:\n    path: ${expression}`;

/** The steps of a Stage before and after; `|` is the cursor. */
const inSteps: Record<string, readonly [before: string, name: string, after: string]> = {
  "an alias, with a member": [
    `${push.replace("push\n  config", "pu|sh\n  config")}\n${read("${{ outputs.push.branch }}")}`,
    "sent",
    `- uses: git-push\n  as: sent\n  config: {path: x}\n${read("${{ outputs.sent.branch }}")}`,
  ],
  "an alias from where it is read": [
    `${push}\n${read("${{ outputs.pu|sh.branch }}")}`,
    "sent",
    `- uses: git-push\n  as: sent\n  config: {path: x}\n${read("${{ outputs.sent.branch }}")}`,
  ],
  "an alias in brackets, in status() and in stepMetas": [
    `${push.replace("as: push", "as: pu|sh")}\n${read("${{ outputs['push'].branch + status(\"push\") + stepMetas.push.status }}")}`,
    "sent",
    `- uses: git-push\n  as: sent\n  config: {path: x}\n${read("${{ outputs['sent'].branch + status(\"sent\") + stepMetas.sent.status }}")}`,
  ],
  "an alias to one that needs brackets": [
    `${push.replace("as: push", "as: pu|sh")}\n${read("${{ outputs.push.branch ?? outputs?.push }}")}`,
    "push-it",
    `- uses: git-push\n  as: push-it\n  config: {path: x}\n${read("${{ outputs['push-it'].branch ?? outputs?.['push-it'] }}")}`,
  ],
  "an alias to one that needs brackets, within single quotes": [
    `${push.replace("as: push", "as: pu|sh")}\n${read("'${{ outputs.push.branch }}'")}`,
    "push-it",
    `- uses: git-push\n  as: push-it\n  config: {path: x}\n${read("'${{ outputs[\"push-it\"].branch }}'")}`,
  ],
  "an alias in quotes, to a word YAML would read otherwise": [
    `${push.replace("as: push", 'as: "pu|sh"')}\n${push.replace("as: push", "as: q")}`,
    "yes",
    `- uses: git-push\n  as: "yes"\n  config: {path: x}\n${push.replace("as: push", "as: q")}`,
  ],
  "an alias that gets quotes": [
    push.replace("as: push", "as: pu|sh"),
    "on",
    push.replace("as: push", 'as: "on"'),
  ],
  "a variable of a step, where only the step sees it": [
    `- uses: git-clear\n  vars:\n  - name: a|bc\n    value: x\n  config:\n    path: \${{ vars.abc }}`,
    "def",
    `- uses: git-clear\n  vars:\n  - name: def\n    value: x\n  config:\n    path: \${{ vars.def }}`,
  ],
  "an alias in a block text": [
    `${push.replace("as: push", "as: pu|sh")}\n${read("|\n      a ${{ outputs.push.branch }}\n      b ${{ outputs.push.commit }}")}`,
    "sent",
    `- uses: git-push\n  as: sent\n  config: {path: x}\n${read("|\n      a ${{ outputs.sent.branch }}\n      b ${{ outputs.sent.commit }}")}`,
  ],
};
for (const [name, [before, newName, expected]] of Object.entries(inSteps)) {
  test(`renames ${name}`, () => {
    const result = renamed([stage("a", { steps: before })], newName);
    assert.deepEqual(result, { [theFile]: stage("a", { steps: expected }) });
  });
}

test("renames a Stage in all files, also in selectors and in quotes", () => {
  const policies = (name: string) =>
    `apiVersion: kargo.akuity.io/v1alpha1\nkind: ProjectConfig\nmetadata: {name: demo, namespace: demo}\nspec:\n  promotionPolicies:\n  - stageSelector: {name: ${name}}\n    autoPromotionEnabled: true\n`;
  const result = renamed(
    [
      project(stage("te|st"), stage("uat", { from: ["'test'", "testing"] })),
      `${policies("test")}---\n${stage("prod", { from: ["test"] })}`,
    ],
    "dev",
  );
  assert.deepEqual(result, {
    [theFile]: project(stage("dev"), stage("uat", { from: ["'dev'", "testing"] })),
    [other]: `${policies("dev")}---\n${stage("prod", { from: ["dev"] })}`,
  });
});

test("leaves resources of the same name in other namespaces and of other kinds alone", () => {
  const elsewhere = stage("uat", { from: ["app"] }).replace("namespace: demo", "namespace: other");
  const result = renamed(
    [project(stage("app")).replace("name: app\n  namespace", "name: a|pp\n  namespace"), elsewhere],
    "web",
  );
  const expected = project(stage("app"))
    .replaceAll("name: app\n", "name: web\n")
    .replace("kind: Stage\nmetadata:\n  name: web", "kind: Stage\nmetadata:\n  name: app");
  assert.deepEqual(result, { [theFile]: expected });
});

test("renames a Warehouse inside expressions", () => {
  const steps = (name: string) =>
    read(`\${{ commitFrom('https://github.com/example/app.git', warehouse('${name}')).ID }}`);
  const result = renamed(
    [
      project(stage("a")).replace("name: app\n  namespace", "name: ap|p\n  namespace"),
      stage("b", { steps: steps("app") }),
    ],
    "web",
  );
  assert.ok(typeof result !== "string");
  assert.equal(result[other], stage("b", { steps: steps("web") }).replace("name: app", "name: web"));
});

test("renames a task where it is used, and not a Stage of its name", () => {
  const use = (name: string) => stage("push", { steps: `- task: {name: ${name}}\n  as: p` });
  const result = renamed([project(task("pu|sh", push)), use("push")], "send");
  assert.deepEqual(result, { [theFile]: project(task("send", push)), [other]: use("send") });
});

test("renames a variable of a Stage in the tasks that see it", () => {
  const using = (name: string) => task("t", read(`\${{ vars.${name} }}`));
  const setting = (name: string) =>
    stage("a", { vars: `- name: ${name}\n  value: x`, steps: "- task: {name: t}" });
  const result = renamed([project(setting("ab|c")), using("abc")], "def");
  assert.deepEqual(result, { [theFile]: project(setting("def")), [other]: using("def") });
});

test("renames a variable of a task where Stages give it its value", () => {
  const taskOf = (name: string, mark = name) => task("t", read(`\${{ vars.${name} }}`), `- name: ${mark}`);
  const use = (name: string) =>
    stage("a", { steps: `- task: {name: t}\n  vars:\n  - name: ${name}\n    value: x` });
  const result = renamed([project(taskOf("abc", "ab|c")), use("abc")], "def");
  assert.deepEqual(result, { [theFile]: project(taskOf("def")), [other]: use("def") });
});

test("renames the alias of a task's step in `task.outputs` and in Stages", () => {
  const taskOf = (name: string, mark = name) =>
    task("t", `${push.replace("as: push", `as: ${mark}`)}\n${read(`\${{ task.outputs.${name}.branch }}`)}`);
  const use = (name: string) =>
    stage("a", { steps: `- task: {name: t}\n  as: go\n${read(`\${{ outputs['go::${name}'].branch }}`)}` });
  const result = renamed([project(taskOf("push", "pu|sh")), use("push")], "sent");
  assert.deepEqual(result, { [theFile]: project(taskOf("sent")), [other]: use("sent") });
});

test("renames the alias of a task's step with what is read of its steps", () => {
  const use = (name: string, mark = name) =>
    stage("a", {
      steps: `- task: {name: t}\n  as: ${mark}\n${read(`\${{ outputs['${name}::push'].branch + outputs.${name}.x }}`)}`,
    });
  const result = renamed([project(task("t", push), use("go", "g|o"))], "run");
  assert.deepEqual(result, { [theFile]: project(task("t", push), use("run")) });
});

const twice = `${push.replace("as: push", "as: pu|sh")}\n${push}`;
const refusals: Record<string, readonly [files: Files, name: string, sentence: RegExp]> = {
  "a name that is taken": [
    [project(stage("te|st"), stage("uat"))],
    "uat",
    /There is a Stage `uat` in the Project `demo` already/,
  ],
  "a name that is none": [[project(stage("te|st"))], "Test Stage", /no name for a resource/],
  "a Project": [
    [project(stage("a")).replace("name: demo", "name: de|mo")],
    "x",
    /Project owns the namespace/,
  ],
  "a Stage that is not there": [
    [project(stage("uat", { from: ["te|st"] }))],
    "x",
    /There is no Stage `test`/,
  ],
  "a Secret": [
    [project(stage("a", { steps: read("${{ secret('ap|i').x }}") }))],
    "x",
    /Secret is used by more than Kargo/,
  ],
  "an alias of Kargo's own": [
    [stage("a", { steps: push.replace("as: push", "as: pu|sh") })],
    "step-3",
    /keeps `step-3`/,
  ],
  "an alias with colons": [
    [stage("a", { steps: push.replace("as: push", "as: pu|sh") })],
    "a::b",
    /`::` in an alias/,
  ],
  "an empty alias": [[stage("a", { steps: push.replace("as: push", "as: pu|sh") })], " ", /without blanks/],
  "an alias that is taken": [
    [stage("a", { steps: `${push.replace("as: push", "as: pu|sh")}\n${push.replace("as: push", "as: q")}` })],
    "q",
    /Another step has the alias `q`/,
  ],
  "an alias two steps have": [[stage("a", { steps: twice })], "q", /2 steps have the alias/],
  "an alias nobody gave": [
    [
      stage("a", {
        steps: `- uses: git-push\n  config: {path: x}\n${read("${{ outputs['ste|p-1'].branch }}")}`,
      }),
    ],
    "q",
    /give it one with `as`/,
  ],
  "a variable that is set already": [
    [stage("a", { vars: "- name: a|b\n  value: x\n- name: cd\n  value: y" })],
    "cd",
    /`cd` is set here already/,
  ],
  "a variable's name that is none": [
    [stage("a", { vars: "- name: a|b\n  value: x" })],
    "a b",
    /begins with a letter/,
  ],
  "what is no name": [[stage("a").replace("direct", "di|rect")], "x", /there is none of them here/],
};
for (const [name, [files, newName, sentence]] of Object.entries(refusals)) {
  test(`refuses ${name} in one sentence`, () => assert.match(String(renamed(files, newName)), sentence));
}

test("a rename leaves nothing unresolved", () => {
  const { text, offset } = cursor(
    project(stage("te|st"), stage("uat", { from: ["test"] }), stage("prod", { from: ["uat"] })),
  );
  const service = serviceOf(text);
  const edits = service.rename(theFile, offset, "dev");
  assert.ok(!("refused" in edits));
  assert.deepEqual(serviceOf(applied(service, edits)[theFile] ?? "").diagnostics(theFile), []);
});
