import assert from "node:assert/strict";
import { test } from "node:test";
import { SecretMask } from "../../../../src/engine/promotion/secret-mask";

function mask(...secrets: readonly string[]): SecretMask {
  const made = new SecretMask();
  for (const secret of secrets) made.add(secret);
  return made;
}

const rows: readonly [string, readonly string[], string, string][] = [
  ["nothing known", [], "s3cr3t", "s3cr3t"],
  ["the value alone", ["s3cr3t"], "s3cr3t", "***"],
  ["inside other text, every time", ["s3cr3t"], "a s3cr3t and s3cr3ts", "a *** and ***s"],
  ["the longer of two first", ["abc", "abcdef"], "abcdef abc", "*** ***"],
  ["in a URL", ["p@ss word"], "https://u:p%40ss%20word@host", "https://u:***@host"],
  ["in JSON text", ['a"b\\c'], '{"x":"a\\"b\\\\c"}', '{"x":"***"}'],
  ["without the newline a file ends with", ["token-1\n"], "got token-1.", "got ***."],
  ["a line of a key", ["-----BEGIN-----\nMIIEabcdef\n-----END-----"], "bad line MIIEabcdef", "bad line ***"],
  ["a short value only where it stands alone", ["ab"], "ab", "***"],
  ["and not inside words", ["ab"], "cab", "cab"],
  ["an empty value is none", [""], "text", "text"],
];

for (const [name, secrets, text, expected] of rows) {
  test(`masking text: ${name}`, () => assert.equal(mask(...secrets).text(text), expected));
}

test("values are masked wherever JSON can hold them, in a copy", () => {
  const value = { a: ["x s3cr3t", { s3cr3t: "ok" }], n: 54321, m: 1, b: true, nothing: null };
  const masked = mask("s3cr3t", "54321", "1").value(value);
  assert.deepEqual(masked, { a: ["x ***", { "***": "ok" }], n: "***", m: 1, b: true, nothing: null });
  assert.equal(value.n, 54321);
});

test("a log line is masked", () => {
  const lines: string[] = [];
  const keep = (line: string) => void lines.push(line);
  const log = mask("s3cr3t").log({ debug: keep, info: keep, warn: keep, error: keep });
  for (const level of ["debug", "info", "warn", "error"] as const) log[level](`${level} s3cr3t`);
  assert.deepEqual(lines, ["debug ***", "info ***", "warn ***", "error ***"]);
});
