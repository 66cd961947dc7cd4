// YAML as JSON values, row by row as sigs.k8s.io/yaml 1.6.0 gave them (test/fixtures/go-yaml/to-json.json).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  isTextInYaml11,
  YamlConversionError,
  yamlToJson,
} from "../../../../../src/engine/tools/go-yaml/to-json";

interface Row {
  readonly in: string;
  readonly out?: unknown;
  readonly error?: string;
}

const rows: readonly Row[] = JSON.parse(readFileSync("test/fixtures/go-yaml/to-json.json", "utf8"));

for (const row of rows) {
  test(`to JSON: ${JSON.stringify(row.in)}`, () => {
    const convert = (): unknown => yamlToJson(Buffer.from(row.in));
    if (row.error === undefined) {
      assert.deepEqual(JSON.parse(JSON.stringify(convert())), row.out);
      return;
    }
    assert.throws(convert, (error) => {
      assert.ok(error instanceof YamlConversionError);
      assert.equal(error.message, row.error);
      return true;
    });
  });
}

test("the fixture does not shrink", () => assert.ok(rows.length >= 46));

test("lines that YAML 1.1 takes for something else than text", () => {
  const rows: readonly (readonly [line: string, isText: boolean])[] = [
    ["", true],
    ["plain words", true],
    ["yes", false],
    ["on", false],
    ["~", false],
    ["1", false],
    ["0x1f", false],
    ["1e3", false],
    [".inf", false],
    ["a: b", false],
    ["'1'", true],
    ["a\nb", true],
    ["[", true],
  ];
  for (const [line, isText] of rows) assert.equal(isTextInYaml11(line), isText, line);
});
