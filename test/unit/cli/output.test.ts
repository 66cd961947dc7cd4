import assert from "node:assert/strict";
import { test } from "node:test";
import { alignColumns, humanAge, humanDuration } from "../../../src/cli/output";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const durations: [number, string][] = [
  [-5 * second, "<invalid>"],
  [0, "0s"],
  [999, "0s"],
  [119 * second, "119s"],
  [120 * second, "2m"],
  [125 * second, "2m5s"],
  [10 * minute + 5 * second, "10m"],
  [179 * minute, "179m"],
  [180 * minute, "3h"],
  [3 * hour + 5 * minute, "3h5m"],
  [8 * hour + 5 * minute, "8h"],
  [47 * hour, "47h"],
  [48 * hour, "2d"],
  [2 * day + 4 * hour, "2d4h"],
  [8 * day, "8d"],
  [729 * day, "729d"],
  [730 * day, "2y"],
  [731 * day, "2y1d"],
  [9 * 365 * day, "9y"],
];
for (const [ms, text] of durations) {
  test(`${ms} ms reads ${text}`, () => assert.equal(humanDuration(ms), text));
}

test("an age without a time is unknown", () => {
  assert.equal(humanAge(undefined, new Date()), "<unknown>");
  assert.equal(humanAge("nonsense", new Date()), "<unknown>");
});

test("columns are as wide as their widest cell, the last without trailing blanks", () => {
  assert.deepEqual(
    alignColumns([
      ["NAME", "AGE"],
      ["a", "1s"],
      ["longer", ""],
    ]),
    ["NAME     AGE", "a        1s", "longer"],
  );
});
