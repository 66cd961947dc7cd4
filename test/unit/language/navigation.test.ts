import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutlineSymbol } from "../../../src/language/language-service";
import { cursor, project, serviceOf, stage, task, theFile } from "../../support/cursor";

const steps = `
- uses: git-clone
  as: clone
  config:
    repoURL: \${{ vars.repo }}
    checkout:
    - path: ./src
      branch: main
- uses: git-push
  as: push
  if: \${{ status('clone') == 'Succeeded' }}
  config:
    path: ./src
    message: \${{ imageFrom('ghcr.io/example/app').Tag + outputs.clone.commits.src }}
- task:
    name: tell
  vars:
  - name: channel
    value: x
`;
const whole = project(
  stage("test", { steps, vars: "- name: repo\n  value: https://x" }),
  stage("uat", { from: ["test"] }),
  task("tell", "- uses: http\n  config:\n    url: ${{ vars.channel }}${{ vars.repo }}", "- name: channel"),
);

/** The text with the cursor inside the n-th occurrence of `needle`, at its end. */
function at(needle: string, n = 1, text = whole): string {
  let from = -1;
  for (let i = 0; i < n; i++) from = text.indexOf(needle, from + 1);
  if (from === -1) throw new Error(`no ${needle}`);
  return `${text.slice(0, from + needle.length)}|${text.slice(from + needle.length)}`;
}

const hovers: Record<string, readonly [marked: string, ...has: string[]]> = {
  "a key": [at("repoURL", 3), "**repoURL**", "URL of the repository", "required"],
  "the key of an enumeration": [at("sources"), "**sources**"],
  "a kind": [at("kind: Stage"), "**Stage**"],
  "a kind of step": [at("uses: git-clone"), "**git-clone**: Clones", "`commits`"],
  "a variable": [at("vars.repo"), "`repo`: string", "Value: `https://x`"],
  "a function": [at("imageFrom"), "imageFrom(repoURL string, origin FreightOrigin) Image or nil", "Example"],
  "a field of a result": [at(".Tag"), "`Tag`: string"],
  "an alias where it is given": [at("as: clone"), "`clone`: alias of the step `git-clone`", "`commits`"],
  "an alias in outputs": [at("outputs.clone"), "`clone`: object", "git-clone"],
  "an upstream Stage": [at("stages: [test"), "**Stage** `test`", "Freight of `app`"],
  "a Warehouse": [at("name: app", 2), "**Warehouse** `app`", "ghcr.io/example/app"],
  "a task": [at("name: tell"), "**PromotionTask** `tell`", "channel"],
};
for (const [name, [marked, ...has]] of Object.entries(hovers)) {
  if (name === "ctx and its like") continue;
  test(`hovers over ${name}`, () => {
    const { text, offset } = cursor(marked);
    const hover = serviceOf(text).hover(theFile, offset);
    for (const part of has) assert.ok(hover?.doc.includes(part), `${part} in ${hover?.doc}`);
  });
}

test("hovers over nothing in other documents and between words", () => {
  const { text, offset } = cursor("apiVersion: v1\nkind: Po|d\n");
  assert.equal(serviceOf(text).hover(theFile, offset), undefined);
});

/** Lines (from 1) of all occurrences; definitions are marked. */
function linesOf(marked: string): string[] {
  const { text, offset } = cursor(marked);
  const service = serviceOf(text);
  return service.references(theFile, offset).map(({ range, role, start, end }) => {
    const mark = role === "definition" ? "!" : "";
    return `${mark}${range.start.line + 1}:${text.slice(start, end)}`;
  });
}

const lineOf = (needle: string, n = 1): number => {
  const { text, offset } = cursor(at(needle, n));
  return text.slice(0, offset).split("\n").length;
};

const names: Record<string, readonly [marked: string, ...places: string[]]> = {
  "a Stage from where it is named": [
    at("stages: [test"),
    `!${lineOf("name: test")}:test`,
    `${lineOf("stages: [test")}:test`,
  ],
  "a Stage from its own name": [
    at("name: test"),
    `!${lineOf("name: test")}:test`,
    `${lineOf("stages: [test")}:test`,
  ],
  "a Warehouse": [
    at("name: app", 2),
    `!${lineOf("name: app")}:app`,
    `${lineOf("name: app", 2)}:app`,
    `${lineOf("name: app", 3)}:app`,
  ],
  "a variable, also in tasks that see it": [
    at("vars.repo"),
    `!${lineOf("name: repo")}:repo`,
    `${lineOf("vars.repo")}:repo`,
    `${lineOf("vars.repo", 2)}:repo`,
  ],
  "a variable of a task, also where Stages set it": [
    at("vars.channel"),
    `!${lineOf("name: channel", 2)}:channel`,
    `${lineOf("vars.channel")}:channel`,
    `${lineOf("name: channel")}:channel`,
  ],
  "an alias": [
    at("outputs.clone"),
    `!${lineOf("as: clone")}:clone`,
    `${lineOf("status('clone')")}:clone`,
    `${lineOf("outputs.clone")}:clone`,
  ],
  "an alias in status()": [
    at("status('clo"),
    `!${lineOf("as: clone")}:clone`,
    `${lineOf("status('clone')")}:clone`,
    `${lineOf("outputs.clone")}:clone`,
  ],
  "an image": [at("imageFrom('ghcr"), `!${lineOf("repoURL: ghcr")}:ghcr.io/example/app`],
  "a task": [at("name: tell"), `!${lineOf("name: tell", 2)}:tell`, `${lineOf("name: tell")}:tell`],
};
for (const [name, [marked, ...places]] of Object.entries(names)) {
  test(`finds ${name}`, () => assert.deepEqual(linesOf(marked).sort(), [...places].sort()));
}

test("definitions are found in other files", () => {
  const { text, offset } = cursor(stage("uat", { from: ["test"] }).replace("[test]", "[te|st]"));
  const service = serviceOf({
    "file:///w/uat.yaml": text,
    "file:///w/test.yaml": `# first\n${stage("test")}`,
  });
  assert.deepEqual(
    service.definitions("file:///w/uat.yaml", offset).map(({ file, range }) => [file, range.start]),
    [["file:///w/test.yaml", { line: 4, character: 8 }]],
  );
});

test("the outline names kinds, variables, sources and steps", () => {
  const shown = (symbols: readonly OutlineSymbol[], depth = 0): string[] =>
    symbols.flatMap(({ name, kind, children }) => [
      `${"  ".repeat(depth)}${kind} ${name}`,
      ...shown(children, depth + 1),
    ]);
  assert.deepEqual(shown(serviceOf(whole).outline(theFile)), [
    "resource Project demo",
    "resource Warehouse app",
    "  subscription ghcr.io/example/app",
    "  subscription https://github.com/example/app.git",
    "resource Stage test",
    "  variable repo",
    "  request app",
    "  step clone",
    "  step push",
    "  step task-3",
    "resource Stage uat",
    "  request app",
    "resource PromotionTask tell",
    "  variable channel",
    "  step step-1",
  ]);
});

test("what is selected lies within its symbol", () => {
  const check = (symbols: readonly OutlineSymbol[]): void => {
    for (const { start, end, selection, children } of symbols) {
      assert.ok(start <= selection.start && selection.end <= end);
      check(children);
    }
  };
  check(serviceOf(whole).outline(theFile));
});

test("resources are found by kind and name", () => {
  const found = (query: string) =>
    serviceOf(whole)
      .symbols(query)
      .map(({ kind, name }) => `${kind} ${name}`);
  assert.deepEqual(found("test")[0], "Stage test");
  assert.deepEqual(found("stageuat"), ["Stage uat"]);
  assert.deepEqual(found("zz"), []);
});

test("values of variables stand beside their names, defaults beside steps", () => {
  const service = serviceOf(whole, { inlayHints: { values: true, defaults: true } });
  const labels = service.hints(theFile).map(({ label }) => label);
  assert.ok(labels.includes(" = https://x"));
  assert.ok(labels.some((label) => label.includes("maxAttempts: 10")));
  service.configure({ inlayHints: { values: false, defaults: false } });
  assert.deepEqual(service.hints(theFile), []);
});

test("Stages can be promoted, Warehouses refreshed", () => {
  assert.deepEqual(
    serviceOf(whole)
      .lenses(theFile)
      .map(({ title, resource }) => [title, resource.name, resource.namespace]),
    [
      ["Refresh", "app", "demo"],
      ["Promote…", "test", "demo"],
      ["Promote…", "uat", "demo"],
    ],
  );
});

test("expressions and kinds of steps have colours", () => {
  const service = serviceOf(
    project(
      stage("test", {
        steps: "- uses: git-clear\n  if: ${{ len(vars.x) > 1 && always() }}\n  config: {path: x}",
      }),
    ),
  );
  const text = service.text(theFile) ?? "";
  assert.deepEqual(
    service.tokens(theFile).map(({ start, end, type }) => `${type} ${text.slice(start, end)}`),
    [
      "type git-clear",
      "function len",
      "variable vars",
      "property x",
      "operator >",
      "number 1",
      "operator &&",
      "function always",
    ],
  );
});

test("documents, blocks and comments fold", () => {
  const text = "# one\n# two\na:\n  b: 1\n  c:\n  - d: 1\n    e: 2\n---\nf:\n- g\n- h\n";
  assert.deepEqual(
    serviceOf(text)
      .folds(theFile)
      .map(({ start, end, kind }) => `${kind} ${start}-${end}`)
      .sort(),
    ["block 2-6", "block 4-6", "block 5-6", "block 8-10", "comment 0-1", "document 2-6", "document 7-10"],
  );
});
