// Rows for dotted keys; the expected ones come from Kargo's pkg/sjson.
import assert from "node:assert/strict";
import { test } from "node:test";
import { splitKey } from "../../../../src/engine/tools/key-path";

test("keys are parted at dots", () => {
  const rows: readonly (readonly [key: string, want: readonly string[]])[] = [
    ["a", ["a"]],
    [" a.b ", ["a", "b"]],
    ["a\\.b.c", ["a.b", "c"]],
    ["a\\:b", ["a:b"]],
    [":0.:x", ["0", "x"]],
    ["::a", ["a"]],
    ["a b.é", ["a b", "é"]],
    ["a\\", ["a"]],
  ];
  for (const [key, want] of rows) assert.deepEqual(splitKey(key), want, key);
});

test("malformed keys are refused", () => {
  const rows: readonly (readonly [key: string, want: string])[] = [
    ["", "empty key"],
    ["  ", "empty key"],
    [".a", 'empty key part in key ".a"'],
    ["a..b", 'empty key part in key "a..b"'],
    ["a.", 'empty key part in key "a."'],
    [":", 'empty key part in key ":"'],
    ["a:b", 'unexpected colon in key "a:b"'],
    ["a\\b", 'invalid escape sequence in key "a\\\\b"'],
    ["a\\\\b", 'invalid escape sequence in key "a\\\\\\\\b"'],
  ];
  for (const [key, message] of rows) assert.throws(() => splitKey(key), { message }, key);
});
