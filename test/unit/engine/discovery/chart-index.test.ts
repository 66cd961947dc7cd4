// Rows for reading index.yaml: texts stay texts, what counts as empty, what is malformed, whole and sliced alike.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readChartVersions } from "../../../../src/engine/discovery/chart-index";

/** Pushes an index beyond the size up to which it is parsed whole, with a neighbour on either side. */
function enlarge(entries: string): string {
  const filler = (name: string) =>
    `  ${name}:\n${Array.from({ length: 12_000 }, (_, n) => `  - version: 0.0.${n}\n    digest: ${"f".repeat(20)}\n`).join("")}`;
  return `apiVersion: v1\nentries:\n${filler("aaa")}${entries}${filler("zzz")}generated: "2024-01-01T00:00:00Z"\n`;
}

const rows: readonly [name: string, entries: string, versions: readonly string[]][] = [
  ["several versions in order", "  app:\n  - version: 1.2.3\n  - version: 1.10.0\n", ["1.2.3", "1.10.0"]],
  ["items deeper than the key", "  app:\n    - version: 1.2.3\n    - version: 2.0.0\n", ["1.2.3", "2.0.0"]],
  ["unquoted numbers stay text", "  app:\n  - version: 1.10\n  - version: 2\n", ["1.10", "2"]],
  ["quoted", `  app:\n  - version: "1.10"\n  - version: '2.0'\n`, ["1.10", "2.0"]],
  ["a quoted key", `  "app":\n  - version: 1.0.0\n`, ["1.0.0"]],
  [
    "missing and null versions",
    "  app:\n  - name: app\n  - version:\n  - version: 1.0.0\n",
    ["", "", "1.0.0"],
  ],
  [
    "other fields do not matter",
    "  app:\n  - maintainers: [{name: a, name: b}]\n    version: 1.0.0\n",
    ["1.0.0"],
  ],
  [
    "a text with lines that look like keys",
    "  app:\n  - description: |\n      app:\n      entries:\n    version: 1.0.0\n",
    ["1.0.0"],
  ],
  ["an entry without items", "  app:\n", []],
  ["an empty list", "  app: []\n", []],
  ["another chart", "  app2:\n  - version: 1.0.0\n", []],
  ["a name that begins alike", "  app-x:\n  - version: 2.0.0\n  app:\n  - version: 1.0.0\n", ["1.0.0"]],
];
for (const [name, entries, versions] of rows) {
  test(`index: ${name}`, () => {
    assert.deepEqual(readChartVersions(`apiVersion: v1\nentries:\n${entries}`, "app"), versions);
    assert.deepEqual(readChartVersions(enlarge(entries), "app"), versions);
  });
}

test("index: a null entry is none", () => {
  assert.deepEqual(readChartVersions("entries:\n  app: null\n", "app"), []);
  assert.deepEqual(readChartVersions("entries:\n", "app"), []);
  assert.deepEqual(readChartVersions("apiVersion: v1\n", "app"), []);
  assert.deepEqual(readChartVersions("", "app"), []);
});

test("index: JSON and anchors are YAML too", () => {
  assert.deepEqual(readChartVersions('{"entries": {"app": [{"version": "1.0.0"}]}}', "app"), ["1.0.0"]);
  const anchored = "entries:\n  base: &base\n  - version: 1.0.0\n  app: *base\n";
  assert.deepEqual(readChartVersions(anchored, "app"), ["1.0.0"]);
});

const malformed: readonly [name: string, index: string][] = [
  ["no map", "- a\n"],
  ["entries are no map", "entries: [a]\n"],
  ["an entry is no list", "entries:\n  app:\n    version: 1.0.0\n"],
  ["an item is no map", "entries:\n  app:\n  - 1.0.0\n"],
  ["a version is a list", "entries:\n  other:\n  - version: [1]\n  app:\n  - version: 1.0.0\n"],
  ["a chart stands there twice", "entries:\n  app: []\n  app: []\n"],
  ["a version stands there twice", "entries:\n  app:\n  - version: 1.0.0\n    version: 1.0.1\n"],
  ["broken YAML", 'entries:\n  app: "\n'],
];
for (const [name, index] of malformed) {
  test(`index: malformed, ${name}`, () => {
    assert.throws(() => readChartVersions(index, "app"), { name: "DiscoveryError", code: "content" });
  });
}
