import assert from "node:assert/strict";
import { test } from "node:test";
import { fitsSchema, type Told, withoutOffered, withoutTold } from "../../../src/ui/editor/doubles";

const told = (line: number, from: number, to: number, code: string, message = "x"): Told => ({
  range: { start: { line, character: from }, end: { line, character: to } },
  code,
  message,
  source: "kargo",
});
const theirs = (
  line: number,
  from: number,
  to: number,
  message = "y",
  source = "yaml-schema: file:///k",
): Told => ({
  range: { start: { line, character: from }, end: { line, character: to } },
  code: 0,
  message,
  source,
});

const rows: Record<string, readonly [ours: Told, theirs: Told | undefined, isShown: boolean]> = {
  "nobody else": [told(1, 2, 5, "type"), undefined, true],
  "the same place": [told(1, 2, 5, "type"), theirs(1, 2, 5), false],
  "a place around it": [told(1, 2, 5, "enum"), theirs(1, 0, 9), false],
  "another line": [told(1, 2, 5, "type"), theirs(2, 2, 5), true],
  "another word of the line": [told(1, 2, 5, "type"), theirs(1, 7, 9), true],
  "a rule no schema has": [told(1, 2, 5, "unknown-name"), theirs(1, 2, 5), true],
  "another extension": [told(1, 2, 5, "type"), theirs(1, 2, 5, "y", "spell"), true],
  "our own": [told(1, 2, 5, "type"), told(1, 2, 5, "type"), true],
  "the same key missing, told of the next line": [
    told(1, 2, 5, "required", "`repoURL` is missing."),
    theirs(2, 4, 9, 'Missing property "repoURL".'),
    false,
  ],
  "another key missing": [
    told(1, 2, 5, "required", "`repoURL` is missing."),
    theirs(2, 4, 9, 'Missing property "name".'),
    true,
  ],
};
for (const [name, [ours, other, isShown]] of Object.entries(rows)) {
  test(`a diagnostic beside those of others: ${name}`, () => {
    assert.equal(withoutTold([ours], other === undefined ? [] : [other]).length, isShown ? 1 : 0);
  });
}

test("what others offer is not offered again", () => {
  const others = [{ label: "spec" }, { label: { label: "uses" } }];
  assert.deepEqual(withoutOffered([{ label: "spec" }, { label: "uses" }, { label: "vars" }], others), [
    { label: "vars" },
  ]);
});

for (const [name, text, expected] of [
  ["a Stage", "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage", true],
  ["a Stage in a List", "kind: List\nitems:\n- apiVersion: 'kargo.akuity.io/v1alpha1'", true],
  ["a Stage with expressions", "apiVersion: kargo.akuity.io/v1alpha1\nif: ${{ a }} ${% b %}", true],
  ["a Pod", "apiVersion: v1\nkind: Pod", false],
  ["a comment", "# apiVersion: kargo.akuity.io/v1alpha1\nkind: Pod", false],
  ["a template of Helm", "apiVersion: kargo.akuity.io/v1alpha1\nname: {{ .Values.a }}", false],
  ["a template of Jinja", "apiVersion: kargo.akuity.io/v1alpha1\n{% if a %}", false],
] as const) {
  test(`the schema ${expected ? "can" : "can not"} judge ${name}`, () => {
    assert.equal(fitsSchema(text), expected);
  });
}
