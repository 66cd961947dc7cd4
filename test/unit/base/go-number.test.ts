// Rows for numbers and booleans that Go reads; the expected ones come from Go 1.26.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGoBool, parseGoFloat, parseGoInt, parseGoPrefixedInt } from "../../../src/base/go-number";

test("floats", () => {
  const rows: readonly (readonly [text: string, want: number | undefined])[] = [
    ["1", 1],
    ["+1.50", 1.5],
    ["-.5", -0.5],
    ["5.", 5],
    ["1e5", 1e5],
    ["1E-5", 1e-5],
    ["007", 7],
    ["1_000", 1000],
    ["1__0", undefined],
    ["_1", undefined],
    ["1_", undefined],
    ["1_.5", undefined],
    ["1_e5", undefined],
    ["0x1p4", 16],
    ["-0x1.8p1", -3],
    ["0x_1p0", 1],
    ["0x1", undefined],
    ["0xp1", undefined],
    ["inf", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["NAN", Number.NaN],
    ["+nan", undefined],
    ["1e400", undefined],
    ["1e-400", 0],
    ["", undefined],
    [".", undefined],
    ["e5", undefined],
    ["1e", undefined],
    [" 1", undefined],
    ["1.2.3", undefined],
  ];
  for (const [text, want] of rows) assert.deepEqual(parseGoFloat(text), want, text);
});

test("booleans", () => {
  for (const text of ["1", "t", "T", "true", "TRUE", "True"]) assert.equal(parseGoBool(text), true, text);
  for (const text of ["0", "f", "F", "false", "FALSE", "False"]) assert.equal(parseGoBool(text), false, text);
  for (const text of ["", "yes", "tRUE", "2"]) assert.equal(parseGoBool(text), undefined, text);
});

test("ints", () => {
  const decimal: readonly (readonly [text: string, want: bigint | undefined])[] = [
    ["0", 0n],
    ["+007", 7n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["9223372036854775808", undefined],
    ["1_0", undefined],
    ["0x1", undefined],
    ["", undefined],
  ];
  for (const [text, want] of decimal) assert.equal(parseGoInt(text), want, text);
  const prefixed: readonly (readonly [text: string, want: bigint | undefined])[] = [
    ["0", 0n],
    ["017", 15n],
    ["08", undefined],
    ["0x1F", 31n],
    ["-0b101", -5n],
    ["0O17", 15n],
    ["0x", undefined],
    ["18446744073709551615", 2n ** 64n - 1n],
    ["+18446744073709551615", undefined],
    ["18446744073709551616", undefined],
    ["-9223372036854775808", -(2n ** 63n)],
    ["1.5", undefined],
  ];
  for (const [text, want] of prefixed) assert.equal(parseGoPrefixedInt(text), want, text);
});
