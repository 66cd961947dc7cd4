import assert from "node:assert/strict";
import { test } from "node:test";
import { listParts } from "../../../src/language/list-items";
import { SourceFile } from "../../../src/language/source-file";
import { diagnosticRows, serviceOf, stage, theFile } from "../../support/cursor";

const indented = (text: string, by: string) => text.trimEnd().replaceAll("\n", `\n${by}  `);
/** A List of Stages, as `kubectl get -o yaml` writes it or with its items further in. */
function listOf(
  count: number,
  options: { readonly by?: string; readonly tail?: string; readonly eol?: string } = {},
) {
  const { by = "", tail = "", eol = "\n" } = options;
  const steps =
    "- uses: git-clear\n  config:\n    path: |-\n      - a\n- uses: copy\n  config: {inPath: a, outPath: b}";
  const items = Array.from({ length: count }, (_, n) => {
    const text = stage(`s${n}`, { steps, from: n === 0 ? [] : [`s${n - 1}`] });
    return `${by}- ${indented(text, by)}\n`;
  });
  const head = tail === "" ? "apiVersion: v1\nkind: List\nitems:\n" : "apiVersion: v1\nitems:\n";
  return `${head}${items.join("")}${tail}`.replaceAll("\n", eol);
}
const exported = 'kind: List\nmetadata:\n  resourceVersion: ""\n';

const lists: Record<string, readonly [text: string, parts: number]> = {
  "items in the first column": [listOf(60), 61],
  "items further in": [listOf(60, { by: "  " }), 61],
  "as it is exported": [listOf(60, { tail: exported }), 62],
  "with Windows line ends": [listOf(60, { tail: exported, eol: "\r\n" }), 62],
  "with comments above items": [listOf(60).replaceAll("\n- ", "\n# about it\n- "), 61],
  "a small one stays whole": [listOf(5), 1],
  "one with an anchor stays whole": [listOf(60).replace("name: app", "name: &app app"), 1],
  "one of a template stays whole": [listOf(60).replace("name: s9\n", "name: {{ .x }}\n"), 1],
  "another kind stays whole": [listOf(60).replace("kind: List", "kind: StageList"), 1],
};
for (const [name, [text, count]] of Object.entries(lists)) {
  test(`a List is cut into its items: ${name}`, () => {
    const { units } = SourceFile.of(text);
    assert.equal(units.length, count);
    assert.equal(units.map(({ unit }) => unit.text).join(""), text);
    for (const { unit } of units) assert.equal(unit.part === "item" ? unit.tree.resources.length : 1, 1);
  });
}

test("a cut List says what a whole one says", () => {
  const wrong = (text: string) =>
    text.replace("name: s30", "nme: s30").replace("outPath: b", "outPth: b").replace("[s49]", "[s94]");
  for (const options of [{}, { by: "  " }, { tail: exported }]) {
    const text = wrong(listOf(60, options));
    // An anchor that nobody uses keeps the List in one piece.
    const whole = text.replace("metadata:", "metadata: &m ");
    const rows = (one: string) =>
      serviceOf(one)
        .diagnostics(theFile)
        .map(({ rule, message, range }) => [rule, message, range.start.line]);
    assert.equal(listParts(whole), undefined);
    assert.ok(listParts(text) !== undefined);
    assert.ok(rows(text).length >= 3);
    assert.deepEqual(rows(text), rows(whole));
  }
});

test("edits of a List leave it as if it had been read anew", () => {
  const text = listOf(60, { tail: exported });
  const middle = text.indexOf("name: s30");
  const edits: Record<string, readonly [at: number, remove: number, insert: string]> = {
    "a word": [middle + 6, 3, "x"],
    "a new item": [text.indexOf("- apiVersion", middle), 0, "- apiVersion: v1\n  kind: Pod\n"],
    "a document's end": [text.indexOf("- apiVersion", middle), 0, "---\n"],
    "the kind of the List": [text.lastIndexOf("List"), 4, "Lost"],
    "the key of the items": [text.indexOf("items:"), 6, "itms:"],
    "an anchor": [middle + 6, 0, "&x "],
    "the rest of the file": [middle, text.length - middle, ""],
    "something in front": [0, 0, "a: b\n---\n"],
  };
  for (const [name, [at, remove, insert]] of Object.entries(edits)) {
    const edited = SourceFile.of(text).edit(at, at + remove, insert);
    const fresh = SourceFile.of(edited.text);
    const shape = ({ units }: SourceFile) =>
      units.map(({ unit, start, startLine }) => [unit.part, unit.text, start, startLine]);
    assert.deepEqual(shape(edited), shape(fresh), name);
    const back = edited.edit(at, at + insert.length, text.slice(at, at + remove));
    assert.deepEqual(shape(back), shape(SourceFile.of(text)), `${name}, undone`);
  }
});

test("an edit makes one item anew", () => {
  const before = SourceFile.of(listOf(60));
  const at = before.text.indexOf("name: s30");
  const after = before.edit(at + 6, at + 9, "other");
  const kept = new Set(before.units.map(({ unit }) => unit));
  assert.equal(after.units.filter(({ unit }) => !kept.has(unit)).length, 1);
});

test("completes, explains and goes to names in a cut List", () => {
  const text = listOf(60);
  const service = serviceOf(text);
  assert.deepEqual(diagnosticRows(service), []);
  const reference = text.indexOf("[s30]") + 2;
  assert.match(service.hover(theFile, reference)?.doc ?? "", /\*\*Stage\*\* `s30`/);
  const [definition] = service.definitions(theFile, reference);
  assert.equal(service.text(theFile)?.slice(definition?.start, definition?.end), "s30");
  assert.equal(definition?.start, text.indexOf("name: s30") + 6);
  const spec = text.indexOf("promotionTemplate:", reference);
  service.setText(theFile, `${text.slice(0, spec)}sh\n    ${text.slice(spec)}`);
  const labels = service.complete(theFile, spec + 2).map(({ label }) => label);
  assert.ok(labels.includes("shard"), String(labels));
});
