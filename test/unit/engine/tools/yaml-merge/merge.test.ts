// Merges as kyaml 0.20.1 makes them (test/fixtures/yaml-merge/merges.json): the same text, or the same fault.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { emitYaml } from "../../../../../src/engine/tools/go-yaml/emitter";
import type { YamlNode } from "../../../../../src/engine/tools/go-yaml/node";
import { parseYamlDocument } from "../../../../../src/engine/tools/go-yaml/parser";
import { mergeYaml } from "../../../../../src/engine/tools/yaml-merge/merge";

interface Row {
  readonly base: string;
  readonly overlay: string;
  /** Null when nothing is left. */
  readonly out?: string | null;
  readonly error?: string;
}

const rows: readonly Row[] = JSON.parse(readFileSync("test/fixtures/yaml-merge/merges.json", "utf8"));

function documentOf(text: string): YamlNode {
  const document = parseYamlDocument(text);
  assert.ok(document);
  return document;
}

for (const { base, overlay, out, error } of rows) {
  test(`merge: ${JSON.stringify(overlay)} over ${JSON.stringify(base)}`, () => {
    const merge = (): string | null => {
      const { document } = mergeYaml(documentOf(base), documentOf(overlay));
      return document === undefined ? null : emitYaml(document);
    };
    if (error !== undefined) assert.throws(merge, { message: error });
    else assert.equal(merge(), out);
  });
}

test("the fixture does not shrink", () => assert.ok(rows.length >= 35));

test("what kyaml drops is told", () => {
  const { dropped } = mergeYaml(documentOf("a: &x 1\nb: *x\nc:\n"), documentOf("d: 1\n"));
  assert.deepEqual(dropped, ["b", "c"]);
});
