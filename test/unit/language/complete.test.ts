import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinNames } from "../../../src/expression/expression";
import { documentedBuiltins } from "../../../src/language/builtin-docs";
import type { Completion } from "../../../src/language/language-service";
import { cursor, project, serviceOf, stage, task, theFile } from "../../support/cursor";

interface Expected {
  /** Labels that must be offered, in this order. */
  readonly has?: readonly string[];
  readonly hasNot?: readonly string[];
  /** The only labels. */
  readonly only?: readonly string[];
  /** The line of the cursor, or all from there on, after taking the first of `has`. */
  readonly takes?: string;
}

function complete(marked: string): {
  readonly items: readonly Completion[];
  readonly text: string;
  readonly offset: number;
} {
  const { text, offset } = cursor(marked);
  return { items: serviceOf(text).complete(theFile, offset), text, offset };
}

function check(marked: string, expected: Expected): void {
  const { items, text, offset } = complete(marked);
  const labels = items.map(({ label }) => label);
  if (expected.only !== undefined) assert.deepEqual(labels, expected.only);
  const found = (expected.has ?? []).map((label) => labels.indexOf(label));
  assert.ok(!found.includes(-1), `${JSON.stringify(expected.has)} in ${JSON.stringify(labels)}`);
  assert.deepEqual(
    found,
    [...found].sort((a, b) => a - b),
  );
  for (const label of expected.hasNot ?? []) assert.ok(!labels.includes(label), `${label} is offered`);
  if (expected.takes === undefined) return;
  const item = items[labels.indexOf(expected.has?.[0] ?? expected.only?.[0] ?? "")];
  assert.ok(item !== undefined);
  assert.ok(item.start <= offset && offset <= item.end);
  const insert = item.snippet === true ? item.insert.replace(/\\([\\$}])/g, "$1") : item.insert;
  const after = text.slice(0, item.start) + insert + text.slice(item.end);
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  assert.equal(after.slice(lineStart, lineStart + expected.takes.length), expected.takes);
}

const steps = (text: string) =>
  project(stage("test", { steps: text, vars: "- name: repo\n  value: x" }), stage("uat", { from: ["test"] }));
const config = (value: string) =>
  steps(
    `- uses: git-commit\n  as: commit\n  config: {path: ./src, message: x}\n- uses: git-open-pr\n  as: open-pr\n  config: {repoURL: x, sourceBranch: a, targetBranch: b}\n- uses: git-push\n  as: push\n  config:\n    path: ${value}\n- uses: git-clear\n  as: last\n  config: {path: x}`,
  );
const warehouse = (spec: string) =>
  project(
    `apiVersion: kargo.akuity.io/v1alpha1\nkind: Warehouse\nmetadata:\n  name: w\n  namespace: demo\nspec:\n${spec}`,
  );

const rows: Record<string, readonly [marked: string, expected: Expected]> = {
  "keys of a spec": [
    warehouse("  |\n"),
    { has: ["subscriptions", "freightCreationPolicy"], takes: "  subscriptions:\n  - $1" },
  ],
  "a key that is begun": [
    warehouse("  freight|\n"),
    { has: ["freightCreationPolicy"], takes: "  freightCreationPolicy: $1" },
  ],
  "no key that is there": [
    warehouse("  interval: 5m\n  |\n"),
    { has: ["subscriptions"], hasNot: ["interval"] },
  ],
  "no key that another excludes": [
    stage("a", { steps: "- uses: copy\n  |" }),
    { has: ["as", "config"], hasNot: ["uses"] },
  ],
  "a key whose value is there": [warehouse("  inter|: 5m\n"), { has: ["interval"], takes: "  interval: 5m" }],
  "keys of an entry": [warehouse("  subscriptions:\n  - |\n"), { has: ["git"] }],
  "entries under a list": [
    warehouse("  subscriptions:\n  |\n"),
    { has: ["- git"], takes: "  - git:\n      repoURL: $1" },
  ],
  "keys of an entry's object": [
    warehouse("  subscriptions:\n  - git:\n      |\n"),
    { has: ["repoURL", "branch"] },
  ],
  "keys in flow style": [
    warehouse("  subscriptions: [{git: {repoURL: x, |}}]\n"),
    { has: ["branch"], takes: "  subscriptions: [{git: {repoURL: x, branch: $1}}]" },
  ],
  "keys of a step's configuration": [
    steps("- uses: git-clone\n  config:\n    |"),
    { has: ["repoURL", "checkout"], takes: "          repoURL: $1" },
  ],
  "required fields as a snippet": [
    steps("- uses: git-clone\n  config:\n    repoURL: x\n    check|"),
    { has: ["checkout"], takes: "          checkout:\n          - path: $1" },
  ],
  "keys in the middle of broken YAML": [warehouse("  interval: [5\n  |\n  subscriptions: [}\n"), {}],
  "words of an enumeration": [
    warehouse("  freightCreationPolicy: |\n"),
    { only: ["Automatic", "Manual"], takes: "  freightCreationPolicy: Automatic" },
  ],
  "a word that is begun": [
    warehouse("  freightCreationPolicy: Ma|\n"),
    { has: ["Manual"], takes: "  freightCreationPolicy: Manual" },
  ],
  "true and false": [
    warehouse("  subscriptions:\n  - git:\n      strictSemvers: |\n"),
    { only: ["true", "false"] },
  ],
  "kinds of steps, with their configuration": [
    steps("- uses: |"),
    { has: ["git-push"], takes: "      - uses: git-push\n        config:\n          path: $1" },
  ],
  "a kind of step that has its configuration": [
    steps("- uses: git-cl|\n  config: {path: x}"),
    { has: ["git-clear"], takes: "      - uses: git-clear\n" },
  ],
  Warehouses: [
    stage("a").replace("name: app", "name: |").concat("---\n", project()),
    { only: ["app"], takes: "      name: app" },
  ],
  "Stages, but not itself": [
    project(stage("test"), stage("uat", { from: ["x"] }).replace("[x]", "[|]")),
    { only: ["test"] },
  ],
  "Stages as entries": [
    project(
      stage("test"),
      stage("qa"),
      stage("uat", { from: ["x"] }).replace("[x]", "\n      - test\n      - |"),
    ),
    { only: ["qa"] },
  ],
  tasks: [
    project(stage("a", { steps: "- task:\n    name: |" }), task("push", "- uses: copy")),
    { only: ["push"] },
  ],
  Projects: [project(stage("a").replace("namespace: demo", "namespace: |")), { only: ["demo"] }],
  repositories: [
    warehouse("  subscriptions:\n  - git:\n      repoURL: |\n"),
    { has: ["https://github.com/example/app.git"], hasNot: ["ghcr.io/example/app"] },
  ],
  "an expression": [config("|"), { has: ["${{ }}"] }],
  "names in an expression": [
    config("${{ | }}"),
    { has: ["ctx", "vars", "outputs", "imageFrom", "quote", "len"], hasNot: ["task"] },
  ],
  members: [config("${{ ctx.| }}"), { has: ["project", "stage", "targetFreight"] }],
  "members of members": [config("${{ ctx.targetFreight.origin.| }}"), { only: ["name"] }],
  "a member that is begun": [
    config("${{ ctx.sta| }}"),
    { has: ["stage"], takes: "          path: ${{ ctx.stage }}" },
  ],
  variables: [config("${{ vars.| }}"), { only: ["repo"] }],
  "aliases of earlier steps": [config("${{ outputs.| }}"), { has: ["commit", "open-pr"], hasNot: ["last"] }],
  "an alias with a hyphen": [
    config("${{ outputs.open| }}"),
    { has: ["open-pr"], takes: "          path: ${{ outputs['open-pr'] }}" },
  ],
  "aliases in brackets": [
    config("${{ outputs['|'] }}"),
    { has: ["open-pr"], takes: "          path: ${{ outputs['open-pr'] }}" },
  ],
  outputs: [config("${{ outputs.commit.| }}"), { only: ["commit"] }],
  "fields of a result": [
    config("${{ imageFrom('ghcr.io/example/app').| }}"),
    { has: ["RepoURL", "Tag", "Digest"], hasNot: ["ID"] },
  ],
  methods: [config("${{ semverParse('1.2.3').IncMajor().| }}"), { has: ["Major"], hasNot: ["Compare"] }],
  "texts of a function": [config("${{ imageFrom('|') }}"), { only: ["ghcr.io/example/app"] }],
  "names of Warehouses in a function": [config("${{ imageFrom('x', warehouse('|')) }}"), { only: ["app"] }],
  "aliases in status()": [config("${{ status('|') }}"), { has: ["commit", "open-pr"] }],
  "an expression that is not closed": [config("${{ ctx.|"), { has: ["project"] }],
  "an expression that is not closed in quotes": [config('"${{ ctx.|"'), { has: ["project"] }],
  "an expression in a block": [
    config("|-\n      a\n      ${{ ctx.§ }}").replace("§", "|"),
    { has: ["project"] },
  ],
  "an expression over lines": [
    config("|-\n      ${{\n        ctx.§\n      }}").replace("§", "|"),
    { has: ["project"] },
  ],
  "a name in a task": [
    project(task("t", '- uses: copy\n  as: c\n  config: {inPath: "${{ task.outputs.| }}", outPath: y}')),
    { only: ["c"] },
  ],
  "criteria, which have no delimiters": [
    warehouse("  freightCreationCriteria:\n    expression: imageFrom('ghcr.io/example/app').|\n"),
    { has: ["Tag", "CreatedAt"], hasNot: ["RepoURL"] },
  ],
  "an empty document": [`${project()}---\n|`, { has: ["Project", "PromotionTask"] }],
  "the kind of a document": [
    `${project()}---\napiVersion: kargo.akuity.io/v1alpha1\nkind: |\n`,
    { has: ["Warehouse", "Stage"], hasNot: ["Secret"] },
  ],
  "the key kind": [`${project()}---\napiVersion: kargo.akuity.io/v1alpha1\n|\n`, { only: ["kind"] }],
  "repositories as values of variables": [
    project(stage("a", { vars: "- name: repo\n  value: |" })),
    { has: ["ghcr.io/example/app", "https://github.com/example/app.git"] },
  ],
  "a repository that is begun, not what is begun": [
    project(stage("a", { steps: "- uses: git-clone\n  config:\n    repoURL: https://git|" })),
    { has: ["https://github.com/example/app.git"], hasNot: ["https://git"] },
  ],
  "nothing in a comment": [warehouse("  # inter|\n"), { only: [] }],
  "nothing in another kind": ["apiVersion: v1\nkind: Pod\nspec:\n  |\n", { only: [] }],
};
for (const [name, [marked, expected]] of Object.entries(rows)) {
  test(`completes ${name}`, () => check(marked, expected));
}

test("says nothing where nobody uses Kargo", () => check("|", { only: [] }));

test("every built-in function is described", () => {
  assert.deepEqual([...documentedBuiltins].sort(), [...builtinNames].sort());
});
