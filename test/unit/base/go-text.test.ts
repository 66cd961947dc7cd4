// Rows for texts that Go writes; the expected ones come from Go 1.26.
import assert from "node:assert/strict";
import { test } from "node:test";
import { goFloat, goQuote, goQuoteBytes, goValue } from "../../../src/base/go-text";

test("texts are quoted with Go's escapes", () => {
  const rows: readonly (readonly [text: string, want: string])[] = [
    ["", '""'],
    ['a "b" \\', '"a \\"b\\" \\\\"'],
    ["\x00\x07\b\t\n\v\f\r\x1b\x7f", '"\\x00\\a\\b\\t\\n\\v\\f\\r\\x1b\\x7f"'],
    ["é — 漢 😀", '"é — 漢 😀"'],
    ["\u00a0\u00ad\u2028\ufeff\u{e000}\u{10ffff}", '"\\u00a0\\u00ad\\u2028\\ufeff\\ue000\\U0010ffff"'],
  ];
  for (const [text, want] of rows) assert.equal(goQuote(text), want);
});

test("numbers are written as %v does", () => {
  const rows: readonly (readonly [value: number, want: string])[] = [
    [0, "0"],
    [-0, "-0"],
    [1.5, "1.5"],
    [-2, "-2"],
    [123456, "123456"],
    [999999.5, "999999.5"],
    [1000000, "1e+06"],
    [1234567, "1.234567e+06"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [0.1 + 0.2, "0.30000000000000004"],
    [1e100, "1e+100"],
    [5e-324, "5e-324"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NaN, "NaN"],
  ];
  for (const [value, want] of rows) assert.equal(goFloat(value), want);
});

test("values are written as %v does", () => {
  const rows: readonly (readonly [value: unknown, want: string])[] = [
    [null, "<nil>"],
    ["a b", "a b"],
    [true, "true"],
    [[1, "x", [null]], "[1 x [<nil>]]"],
    [{ b: 1e6, a: { "": [] } }, "map[a:map[:[]] b:1e+06]"],
    [12n, "12"],
  ];
  for (const [value, want] of rows) assert.equal(goValue(value), want);
});

test("bytes that are no text are quoted by their value", () => {
  const rows: readonly (readonly [text: string, want: string])[] = [
    ["", '""'],
    ['a"\n', '"a\\"\\n"'],
    ["a\udcffb\udc80", '"a\\xffb\\x80"'],
    ["é\u{10ffff}", '"é\\U0010ffff"'],
  ];
  for (const [text, want] of rows) assert.equal(goQuoteBytes(text), want);
});
