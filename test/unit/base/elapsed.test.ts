// Lengths of time as people read them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { agoText, lengthText } from "../../../src/base/elapsed";

const lengths: readonly (readonly [ms: number, text: string])[] = [
  [-5, "<1 s"],
  [0, "<1 s"],
  [999, "<1 s"],
  [1000, "1 s"],
  [9999, "9 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [125_000, "2 min 5 s"],
  [3_600_000, "1 h"],
  [3_780_000, "1 h 3 min"],
  [187_200_000, "2 d 4 h"],
];
for (const [ms, text] of lengths) test(`${ms} ms reads ${text}`, () => assert.equal(lengthText(ms), text));

const ages: readonly (readonly [ms: number, text: string])[] = [
  [-1000, "just now"],
  [59_999, "just now"],
  [60_000, "1 min ago"],
  [3_599_999, "59 min ago"],
  [3_600_000, "1 h ago"],
  [47 * 3_600_000, "47 h ago"],
  [49 * 3_600_000, "2 d ago"],
];
for (const [ms, text] of ages) test(`${ms} ms back reads ${text}`, () => assert.equal(agoText(ms), text));
