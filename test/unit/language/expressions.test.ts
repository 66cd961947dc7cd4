import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnosticRows, indent, project, serviceOf, stage, task, theFile } from "../../support/cursor";

/** Rows: an expression in the config of a step, after the steps `clone` and `commit`, and what is found. */
const inConfig: Record<string, readonly [expression: string, ...rows: string[]]> = {
  "everything in scope": [
    "${{ ctx.project + ctx.stage + ctx.promotion + ctx.targetFreight.origin.name + ctx.meta.step.alias }}",
  ],
  "an output": ["${{ outputs.commit.commit }}"],
  "an output in brackets": ["${{ outputs['open-pr'].pr.id }}"],
  "a variable": ["${{ vars.repo }}"],
  "builtins of expr-lang": ["${{ join(map([1, 2], string(#)), ',') | upper() }}"],
  let: ["${{ let x = vars.repo; x + 'y' }}"],
  "guarded by ??": ["${{ vars.missing ?? 'x' }}"],
  "guarded by ?.": ["${{ vars?.missing?.deep }}"],
  "compared with nil": ["${{ outputs.missing == nil ? 'a' : 'b' }}"],
  "a method of a version": ["${{ semverParse('1.2.3').Major() > 1 ? 'x' : 'y' }}"],
  "the % delimiters": ["${% ctx.stage %}"],
  "an unknown variable": ["${{ vars.rpo }}", "unknown-variable: rpo"],
  "an unknown alias": ["${{ outputs.comit.commit }}", "unknown-alias: comit"],
  "an output inside a task": ["${{ outputs['argo::inner'].x }}"],
  "an unknown output": ["${{ outputs.commit.comit }}", "unknown-output: comit"],
  "a step without outputs": ["${{ outputs.clear.x }}", "unknown-output: x"],
  "a later step": ["${{ outputs.late.branch }}", "used-before-set: late"],
  "its own outputs, as after a retry": ["${{ outputs.argo?.x }}"],
  "a hyphen": ["${{ outputs.open-pr.pr.id }}", "unknown-alias: outputs.open-pr"],
  "task outside of a task": ["${{ task.outputs.commit }}", "out-of-scope: task"],
  "an unknown function": ["${{ imgFrom('x') }}", "unknown-function: imgFrom"],
  "a bare name": ["${{ stage }}", "unknown-name: stage"],
  "too many arguments": ["${{ quote(1, 2) }}", "expression-type: quote(1, 2)"],
  "wrong type of argument": ["${{ status(1) }}", "expression-type: 1"],
  "a field in the wrong case": ["${{ imageFrom('ghcr.io/example/app').tag }}", "expression-type: tag"],
  "a syntax error": ["${{ ctx.stage + }}", "expression-syntax: +"],
  "not closed": ["${{ ctx.stage", "expression-syntax: ${{"],
  blank: ["${{ }}", "expression-syntax: ${{"],
  "two types that cannot be added": ["${{ 'a' + 1 }}", "expression-type: 'a' + 1"],
  "the second of two": ["${{ ctx.stage }}-${{ ctx.stge }}", "unknown-name: stge"],
  "an image nobody subscribes to": [
    "${{ imageFrom('ghcr.io/example/ap').Tag }}",
    "unknown-repository: ghcr.io/example/ap",
  ],
  "an image by a variable": ["${{ imageFrom(vars.wrong).Tag }}", "unknown-repository: vars.wrong"],
  "a chart of a chart repository without its name": [
    "${{ chartFrom('https://charts.example.com').Version }}",
    "unknown-repository: https://charts.example.com",
  ],
  "git URLs are compared in their normal form": ["${{ commitFrom('https://GITHUB.com/example/app').ID }}"],
  "a Warehouse that is not there": [
    "${{ imageFrom('ghcr.io/example/app', warehouse('ap')).Tag }}",
    "unresolved-reference: ap",
  ],
  "foreign braces": ["${{ '{{' }} {{ .Values.x }}"],
};
for (const [name, [expression, ...rows]] of Object.entries(inConfig)) {
  test(`in a step's configuration: ${name}`, () => {
    const text = project(stage("test", { steps: stepsWith(expression), vars }));
    assert.deepEqual(diagnosticRows(serviceOf(text)), rows);
  });
}

const vars = `
- name: repo
  value: https://github.com/example/deploy.git
- name: wrong
  value: ghcr.io/other/app
`;

function stepsWith(expression: string): string {
  return `
- uses: git-clone
  as: clone
  config:
    repoURL: \${{ vars.repo }}
    checkout:
    - branch: main
      path: ./src
- uses: git-clear
  as: clear
  config: {path: ./src}
- uses: git-commit
  as: commit
  config: {path: ./src, message: x}
- uses: git-open-pr
  as: open-pr
  config: {repoURL: "\${{ vars.repo }}", sourceBranch: a, targetBranch: b}
- uses: argocd-update
  as: argo
  config:
    apps:
    - name: |-
        ${expression}
- uses: git-push
  as: late
  config: {path: ./src}
`;
}

const lossy: Record<string, readonly [value: string, field: string, ...rows: string[]]> = {
  "a version in a text field": ["1.10", "targetBranch", "lossy-conversion: vars.v"],
  "a true in a text field": ["true", "targetBranch", "lossy-conversion: vars.v"],
  "a letter that Go takes for true": ["t", "targetBranch", "lossy-conversion: vars.v"],
  "a word": ["main", "targetBranch"],
  "a full version": ["1.10.0", "targetBranch"],
  "a number in a number field": ["3", "maxAttempts"],
};
for (const [name, [value, field, ...rows]] of Object.entries(lossy)) {
  test(`what a template becomes: ${name}`, () => {
    const steps = `- uses: git-push\n  config:\n    path: ./src\n    ${field}: \${{ vars.v }}`;
    const text = project(stage("test", { steps, vars: `- name: v\n  value: "${value}"` }));
    assert.deepEqual(diagnosticRows(serviceOf(text)), rows);
  });
}

/** A subscription, a step with the tag in one of its fields, and what the warning says of a tag, where there is one. */
const tags: Record<string, readonly [subscription: string, step: string, said?: RegExp]> = {
  "whole semantic versions": ["constraint: ^1.0.0", yamlUpdate("Tag")],
  "loose versions": ["strictSemvers: false", yamlUpdate("Tag"), /`1\.10` would come out as 1\.1,/],
  "any tag": ["imageSelectionStrategy: NewestBuild", yamlUpdate("Tag"), /`1\.10`/],
  "tags that are quoted": ["imageSelectionStrategy: NewestBuild", yamlUpdate("Tag", "quote")],
  "tags with a word before them": [newest("^build-\\d+$"), yamlUpdate("Tag")],
  "versions of three parts": [newest("^\\d+\\.\\d+\\.\\d+$"), yamlUpdate("Tag")],
  "numbers of builds, which yaml-update prints with an exponent": [
    newest("^[0-9]+$"),
    yamlUpdate("Tag"),
    /`20240131` would come out as 2\.0240131e\+07,/,
  ],
  "short numbers": [newest("^[0-9]{1,4}$"), yamlUpdate("Tag")],
  "numbers of builds, which json-update keeps": [
    newest("^[0-9]+$"),
    yamlUpdate("Tag").replace("yaml", "json"),
  ],
  "names of commits": [newest("^[0-9a-f]{7}$"), yamlUpdate("Tag").replace("yaml", "json"), /`12345e6`/],
  "numbers that are ignored": [`${newest("^[0-9]+$")}\n      ignoreTagsRegexes: ['^20']`, yamlUpdate("Tag")],
  "numbers where only text is taken": [
    newest("^[0-9]+$"),
    "- uses: git-push\n  config: {path: ./src, targetBranch: \"${{ imageFrom('ghcr.io/example/app').Tag }}\"}",
    /`20240131` would come out as 20240131, which is no text/,
  ],
  "a digest": ["imageSelectionStrategy: NewestBuild", yamlUpdate("Digest")],
  "the tag of a digest subscription": [
    "imageSelectionStrategy: Digest\n      constraint: latest",
    yamlUpdate("Tag"),
  ],
};
function newest(pattern: string): string {
  return `imageSelectionStrategy: NewestBuild\n      allowTagsRegexes: ['${pattern}']`;
}
function yamlUpdate(member: string, call = ""): string {
  const tag = `imageFrom('ghcr.io/example/app').${member}`;
  const value = `\${{ ${call === "" ? tag : `${call}(${tag})`} }}`;
  return `- uses: yaml-update\n  config:\n    path: ./values.yaml\n    updates:\n    - {key: image.tag, value: "${value}"}`;
}
for (const [name, [subscription, steps, said]] of Object.entries(tags)) {
  test(`tags that become numbers: ${name}`, () => {
    const text = project(stage("test", { steps })).replace("strictSemvers: true", () => subscription);
    const shown = serviceOf(text)
      .diagnostics(theFile)
      .map(({ rule, severity, message }) => `${severity} ${rule} ${message}`);
    assert.equal(shown.length, said === undefined ? 0 : 1, shown.join("\n"));
    if (said !== undefined) {
      assert.match(shown[0] ?? "", /^information lossy-conversion /);
      assert.match(shown[0] ?? "", said);
    }
  });
}

test("quote() keeps what would be converted", () => {
  const steps = "- uses: git-push\n  config:\n    path: ./src\n    targetBranch: ${{ quote(vars.v) }}";
  const text = project(stage("test", { steps, vars: "- name: v\n  value: '1.10'" }));
  assert.deepEqual(diagnosticRows(serviceOf(text)), []);
});

const conditions: Record<string, readonly [condition: string, ...rows: string[]]> = {
  "a comparison": ["${{ ctx.stage == 'test' }}"],
  "status functions": ["${{ success() && !failure() || always() }}"],
  "a number": ["${{ 1 + 2 }}", "expression-type: 1 + 2"],
  "two expressions": ["${{ true }} && ${{ false }}", "expression-type: ${{ true }} && ${{ false }}"],
  "plain text": ["true == true", "template: true == true"],
};
for (const [name, [condition, ...rows]] of Object.entries(conditions)) {
  test(`the condition of a step: ${name}`, () => {
    const steps = `- uses: git-clear\n  if: ${condition}\n  config: {path: ./src}`;
    assert.deepEqual(diagnosticRows(serviceOf(project(stage("test", { steps })))), rows);
  });
}

test("variables see the ones before them, and no steps", () => {
  const steps = "- uses: git-clear\n  config: {path: ./src}";
  const value =
    "- name: a\n  value: ${{ vars.b }}\n- name: b\n  value: ${{ vars.a + outputs.x.y + status('x') }}";
  assert.deepEqual(diagnosticRows(serviceOf(project(stage("test", { steps, vars: value })))), [
    "used-before-set: b",
    "out-of-scope: outputs",
    "out-of-scope: status",
  ]);
});

test("inside a task, its own outputs are in task.outputs, and Stages may set variables", () => {
  const steps = `
- uses: git-commit
  as: commit
  config:
    path: ./src
    message: \${{ vars.own }} \${{ vars.fromStage }} \${{ vars.nobody }}
- uses: git-push
  config:
    path: ./src
    targetBranch: \${{ task.outputs.commit.commit }}\${{ outputs.commit.commit }}\${{ outputs.other.x }}
`;
  const text = project(
    stage("test", { steps: "- task: {name: push}", vars: "- name: fromStage\n  value: x" }),
    task("push", steps, "- name: own\n  value: x"),
  );
  assert.deepEqual(diagnosticRows(serviceOf(text)), ["unknown-variable: nobody", "unknown-alias: commit"]);
});

const bare: Record<string, readonly [document: string, ...rows: string[]]> = {
  "criteria of Freight": [
    "freightCreationCriteria:\n  expression: imageFrom('ghcr.io/example/app').Tag == commitFrom('x').Tag && quote(1) == stage",
    "out-of-scope: quote",
    "unknown-name: stage",
  ],
  "the filter of commits": [
    "subscriptions:\n- git:\n    repoURL: https://example.com/a.git\n    expressionFilter: author contains 'Ada' && sbject != ''",
    "unknown-name: sbject",
  ],
};
for (const [name, [spec, ...rows]] of Object.entries(bare)) {
  test(`without delimiters: ${name}`, () => {
    const more = spec.includes("subscriptions")
      ? ""
      : "\n  subscriptions:\n  - image: {repoURL: ghcr.io/example/app}";
    const head = "apiVersion: kargo.akuity.io/v1alpha1\nkind: Warehouse\nmetadata:\n  name: a\nspec:\n";
    assert.deepEqual(diagnosticRows(serviceOf(`${head}${indent(spec, 2)}${more}\n`)), rows);
  });
}

test("arguments of a verification must be text, and see less", () => {
  const args =
    "  verification:\n    args:\n    - name: a\n      value: ${{ 42 }}\n    - name: b\n      value: ${{ ctx.promotion }}\n    - name: c\n      value: ${{ outputs.x }}\n";
  assert.deepEqual(diagnosticRows(serviceOf(project(`${stage("test")}${args}`))), [
    "expression-type: 42",
    "unknown-name: promotion",
    "unknown-name: outputs",
  ]);
});

const styles: Record<string, string> = {
  "double quotes with escapes": 'name: "a\\t\\"${{ ctx.stge }}"',
  "single quotes": "name: 'it''s ${{ ctx.stge }}'",
  "a literal block": "name: |\n    first\n    ${{ ctx.stge }}",
  "a folded block": "name: >-\n    first\n    second\n\n    ${{ ctx.stge }}",
  "a plain text over lines": "name: first\n    second ${{ ctx.stge }}",
  "quoted text over lines": 'name: "first\n    second\n\n    ${{ ctx.stge }}"',
  "a quoted key": "'name': \"${{ ctx.stge }}\"",
};
for (const [name, field] of Object.entries(styles)) {
  for (const newline of ["\n", "\r\n"]) {
    test(`the place in ${name}${newline === "\n" ? "" : ", CRLF"}`, () => {
      const steps = `- uses: argocd-update\n  config:\n    apps:\n    - ${field.replaceAll("\n", "\n    ")}`;
      const text = project(stage("test", { steps })).replaceAll("\n", newline);
      assert.deepEqual(diagnosticRows(serviceOf(text)), ["unknown-name: stge"]);
    });
  }
}
