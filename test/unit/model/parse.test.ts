import assert from "node:assert/strict";
import { test } from "node:test";
import { splitDocuments } from "../../../src/model/documents";
import { parseResources, problemsAt } from "../../../src/model/parse";

const stage = (name: string, extra = "") => `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: ${name}, namespace: demo}
spec:
  requestedFreight: []
${extra}`;

const names = (text: string) => parseResources("f.yaml", text).resources.map((r) => r.resource.metadata.name);

test("a broken document is a problem at its place, and the others are still read", () => {
  const text = `${stage("one")}---\n${stage("two", "  bad: [unclosed\n")}---\n${stage("three")}`;
  const { resources, problems } = parseResources("f.yaml", text);
  assert.deepEqual(
    resources.map((r) => [r.resource.metadata.name, r.location.line]),
    [
      ["one", 1],
      ["two", 7],
      ["three", 14],
    ],
  );
  assert.ok(problems.length > 0);
  assert.ok(problems.every((p) => p.location.line >= 7 && p.location.line <= 14));
});

const silent: Record<string, string> = {
  "another kind of Kubernetes object": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n",
  "a Helm template": "kind: {{ .Values.kind }}\nfoo: {{- range }}\n",
  "broken YAML that is not Kargo's": "a: [\nb: }\n",
  "an empty file": "",
  "only comments": "# kargo.akuity.io\n",
  "a scalar": "kargo.akuity.io/v1alpha1",
};
for (const [name, text] of Object.entries(silent)) {
  test(`${name} is passed over in silence`, () => {
    assert.deepEqual(parseResources("f.yaml", text), { resources: [], problems: [] });
  });
}

const told: Record<string, [string, RegExp]> = {
  "an unknown kind": [
    "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stag\nmetadata: {name: x}\n",
    /no kind "Stag"/,
  ],
  "no name": ["apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nmetadata: {}\n", /name is missing/],
  "no metadata": ["apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\n", /metadata/],
  "a name that is no text": [
    "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nmetadata: {name: 5}\n",
    /not text/,
  ],
};
for (const [name, [text, message]] of Object.entries(told)) {
  test(`${name} is told`, () => {
    const { resources, problems } = parseResources("f.yaml", text);
    assert.deepEqual(resources, []);
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.message ?? "", message);
  });
}

test("lists, CRLF, document ends, anchors and merge keys are read", () => {
  assert.deepEqual(names(stage("crlf").replaceAll("\n", "\r\n")), ["crlf"]);
  assert.deepEqual(names(`---\n${stage("a")}...\n---\n${stage("b")}`), ["a", "b"]);
  const list = `apiVersion: v1\nkind: List\nitems:\n${stage("x").replace(/^/gm, "    ").replace("    ", "  - ")}`;
  assert.deepEqual(names(list), ["x"]);
  const merged = `x: &m {namespace: demo}\napiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata: {<<: *m, name: p}\n`;
  assert.deepEqual(names(merged), ["p"]);
});

test("a Stage of the wrong shape is still a Stage that can be shown", () => {
  const text =
    "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nmetadata: {name: odd, namespace: demo}\nspec: 7\n";
  const [odd] = parseResources("f.yaml", text).resources;
  assert.deepEqual(odd?.resource.kind === "Stage" && odd.resource.spec.requestedFreight, []);
});

test("documents are split at markers in the first column only", () => {
  const text = "a: |\n  ---\n  x\n--- # two\nb: 1\n...\nc: 1\n";
  assert.deepEqual(
    splitDocuments(text).map((d) => [text.slice(d.start, d.end), d.startLine]),
    [
      ["a: |\n  ---\n  x\n", 0],
      ["--- # two\nb: 1\n...\n", 3],
      ["c: 1\n", 6],
    ],
  );
  assert.equal(splitDocuments("").length, 1);
});

test("a problem belongs to the resource of its own document, to no other", () => {
  const text = `${stage("one")}---\n${stage("two", "  bad: [unclosed\n")}---\nkind: Stage\napiVersion: kargo.akuity.io/v1alpha1\nspec: [\n`;
  const { resources, problems } = parseResources("f.yaml", text);
  const counts = resources.map((r) => [
    r.resource.metadata.name,
    problemsAt(r.location, problems).length > 0,
  ]);
  assert.deepEqual(counts, [
    ["one", false],
    ["two", true],
  ]);
  assert.ok(
    problems.some((problem) => problem.location.line > 14),
    "the third document has a problem of its own",
  );
  assert.deepEqual(problemsAt({ file: "other.yaml", offset: 0, line: 1, column: 1 }, problems), []);
  assert.deepEqual(problemsAt(undefined, problems), []);
});
