// Documents that go-yaml v3.0.4 has read and written: each must give the same tree, the same text, the same fault.
// Rows of test/fixtures/go-yaml/documents.json come from the Go library set up as kustomize does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { emitYaml } from "../../../../../src/engine/tools/go-yaml/emitter";
import type { YamlNode } from "../../../../../src/engine/tools/go-yaml/node";
import { parseYamlDocument } from "../../../../../src/engine/tools/go-yaml/parser";

interface Row {
  readonly in: string;
  /** Absent when the text cannot be read; null when there is no document in it. */
  readonly out?: string | null;
  readonly error?: string;
  readonly node?: unknown;
}

const rows: readonly Row[] = JSON.parse(readFileSync("test/fixtures/go-yaml/documents.json", "utf8"));

const kinds = { document: "doc", mapping: "map", sequence: "seq", scalar: "scalar", alias: "alias" } as const;

/** A node in the short form of the fixture; what is empty is left out. */
function shortForm(node: YamlNode): unknown {
  return {
    k: kinds[node.kind],
    ...(node.style !== 0 && { s: node.style }),
    ...(node.tag !== "" && { t: node.tag }),
    ...(node.value !== "" && { v: node.value }),
    ...(node.anchor !== "" && { a: node.anchor }),
    ...(node.headComment !== "" && { h: node.headComment }),
    ...(node.lineComment !== "" && { l: node.lineComment }),
    ...(node.footComment !== "" && { f: node.footComment }),
    L: node.line,
    C: node.column,
    ...(node.content.length > 0 && { c: node.content.map(shortForm) }),
  };
}

test("documents are read and written as go-yaml does", () => {
  for (const row of rows) {
    const name = JSON.stringify(row.in);
    if (row.error !== undefined) {
      assert.throws(() => parseYamlDocument(row.in), { name: "YamlError", message: row.error }, name);
      continue;
    }
    const document = parseYamlDocument(row.in);
    if (row.out === null || document === undefined) {
      assert.equal(document, undefined, name);
      assert.equal(row.out, null, name);
      continue;
    }
    if (row.node !== undefined) assert.deepEqual(shortForm(document), row.node, name);
    assert.equal(emitYaml(document), row.out, name);
  }
  assert.ok(rows.length > 150, "the fixture must not shrink");
});

test("bytes that are no text are refused once they are needed", () => {
  const rows: readonly (readonly [bytes: Uint8Array, want: string])[] = [
    [Uint8Array.of(0x61, 0x01), "yaml: control characters are not allowed"],
    [Uint8Array.of(0xff), "yaml: invalid leading UTF-8 octet"],
    [Uint8Array.of(0xc3), "yaml: incomplete UTF-8 octet sequence"],
    [Uint8Array.of(0xc3, 0x41), "yaml: invalid trailing UTF-8 octet"],
    [Uint8Array.of(0xc0, 0x80), "yaml: invalid length of a UTF-8 sequence"],
    [Uint8Array.of(0xed, 0xa0, 0x80), "yaml: invalid Unicode character"],
    [Uint8Array.of(0xff, 0xfe, 0x61), "yaml: incomplete UTF-16 character"],
  ];
  for (const [bytes, message] of rows) assert.throws(() => parseYamlDocument(bytes), { message });
  const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from("a: é😀", "utf16le")]);
  assert.equal(parseYamlDocument(utf16)?.content[0]?.content[1]?.value, "é😀");
  // go-yaml decodes 512 bytes at a time: a later portion does not matter to the first document.
  const later = Buffer.concat([Buffer.from(`a: 1\n---\n# ${"x".repeat(600)}\nb: 2\nc: 3\n`), Buffer.of(1)]);
  assert.throws(() => parseYamlDocument(Buffer.concat([Buffer.from("a: 1\n---\nb: 2\n"), Buffer.of(1)])));
  assert.throws(() => parseYamlDocument(later));
  const far = Buffer.concat([Buffer.from(`a: 1\n---\nb: 2\nc: 3\n# ${"x".repeat(600)}\n`), Buffer.of(1)]);
  assert.ok(parseYamlDocument(far));
});

test("nesting has an end", () => {
  assert.throws(() => parseYamlDocument("[".repeat(5000)), { message: /nested more than 1000 levels deep/ });
  const deep = `${"[".repeat(900)}${"]".repeat(900)}`;
  const document = parseYamlDocument(deep);
  assert.ok(document);
  assert.equal(emitYaml(document), `${deep}\n`);
});
