import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { factsOf } from "../../../src/language/check-unit";
import { LanguageService } from "../../../src/language/language-service";
import { SourceFile } from "../../../src/language/source-file";
import { Unit } from "../../../src/language/unit";
import { sketchOf } from "../../../src/language/unit-sketch";

const folder = join(process.cwd(), "test", "fixtures", "language", "valid");
const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));

/** The sketch says what parsing says, or leaves it to parsing. Gives whether it said anything. */
function compare(text: string): boolean {
  const unit = new Unit(text);
  const sketch = sketchOf(unit);
  if (sketch === undefined) return false;
  const { document, templated } = unit.tree;
  if (document.errors.length > 0) return true;
  assert.equal(templated, false, text);
  const found = factsOf(unit).resources.map(({ kind, name, namespace, nameSpan }) => ({
    kind,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(nameSpan === undefined ? {} : { nameSpan }),
  }));
  assert.deepEqual(sketch === null ? [] : [sketch], found, text);
  return true;
}

test("a sketch says what parsing says", () => {
  let sketched = 0;
  let all = 0;
  for (const text of texts) {
    for (const { unit } of SourceFile.of(text).units) {
      all++;
      if (compare(unit.text)) sketched++;
    }
  }
  assert.ok(sketched > all / 2, `${sketched} of ${all}`);
});

test("a sketch says what parsing says when lines are missing, moved in or doubled", () => {
  for (const text of texts) {
    for (const { unit } of SourceFile.of(text).units) {
      const lines = unit.text.split("\n");
      for (let at = 0; at < Math.min(lines.length, 14); at++) {
        const [before, line = "", after] = [lines.slice(0, at), lines[at], lines.slice(at + 1)];
        for (const changed of [[], [`  ${line}`], [line.trimStart()], [line, line]]) {
          const file = SourceFile.of([...before, ...changed, ...after].join("\n"));
          for (const one of file.units) compare(one.unit.text);
        }
      }
    }
  }
});

const head = "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\n";
const rows: Record<string, string> = {
  plain: `${head}metadata:\n  name: a\n  namespace: b\n`,
  "name in quotes": `${head}metadata:\n  name: "a-b" # c\n`,
  "name in single quotes, windows line ends": `${head}metadata:\n  name: 'a'\n`.replaceAll("\n", "\r\n"),
  "a number for a name": `${head}metadata:\n  name: 110\n`,
  "a boolean for a name": `${head}metadata:\n  name: on\n`,
  "a name on the next line": `${head}metadata:\n  name:\n    a\n`,
  "a name over two lines": `${head}metadata:\n  name: a\n    b\n`,
  "a name after labels": `${head}metadata:\n  labels:\n    name: x\n    kind: y\n  name: a\n`,
  "a name in a block text": `${head}metadata:\n  annotations:\n    a: |\n      name: z\n  name: a\n`,
  "metadata in braces": `${head}metadata: {name: a}\n`,
  "no name": `${head}metadata:\n  labels:\n    name: x\n`,
  "metadata last": `spec:\n  x: |\n    metadata:\n      name: z\n${head}metadata:\n    name: a\n`,
  "a comment in the first column": `${head}metadata:\n# kind: Warehouse\n  name: a\n`,
  "an anchor": `${head}metadata: &m\n  name: a\n`,
  "a merge": `${head}x: &x\n  name: a\nmetadata:\n  <<: *x\n`,
  "a tag": `${head}metadata:\n  name: !!str a\n`,
  "a List": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: kargo.akuity.io/v1alpha1\n  kind: Stage\n",
  "a Secret of somebody": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: kargo.akuity.io\n",
  "another kind that mentions us": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kargo.akuity.io\n",
  "an unknown kind of Kargo": "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stge\nmetadata:\n  name: a\n",
  "text behind the marker": `--- {kind: Stage, apiVersion: kargo.akuity.io/v1alpha1}\n`,
  "a document end": `${head}metadata:\n  name: a\n...\nkind: Warehouse\n`,
  "a list below metadata": `${head}metadata:\n- name: a\n`,
  "keys in quotes": `${head}"metadata":\n  "name": a\n`,
  "a template": `${head}metadata:\n  name: a\n{{ if .x }}\n`,
};

for (const [name, text] of Object.entries(rows)) {
  test(`sketch: ${name}`, () => {
    compare(text);
  });
}

test("a workspace whose names are read first says what one that is read as a whole says", () => {
  const broken = (text: string) => text.replaceAll("name: app", "name: ap").replace("stages:", "stgs:");
  for (const change of [(text: string) => text, broken]) {
    const [whole, late] = [new LanguageService(), new LanguageService()];
    late.reading = true;
    for (const [index, text] of texts.entries()) {
      whole.setText(`${index}`, change(text));
      late.indexText(`${index}`, change(text));
    }
    assert.deepEqual(names(late), names(whole));
    late.reading = false;
    for (const file of whole.files) assert.deepEqual(late.diagnostics(file), whole.diagnostics(file));
    // Files that are read again, edited and removed count as they would have.
    late.edit("3", { line: 0, character: 0 }, { line: 0, character: 0 }, "# x\n");
    whole.edit("3", { line: 0, character: 0 }, { line: 0, character: 0 }, "# x\n");
    late.remove("5");
    whole.remove("5");
    for (const file of whole.files) assert.deepEqual(late.diagnostics(file), whole.diagnostics(file));
  }
});

function names(service: LanguageService): string[] {
  return service.symbols("").map(({ kind, name, file, start }) => `${kind} ${name} ${file}:${start}`);
}
