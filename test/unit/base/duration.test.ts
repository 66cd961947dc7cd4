import assert from "node:assert/strict";
import { test } from "node:test";
import {
  durationProblem,
  formatDuration,
  formatDurationMs,
  parseDuration,
  parseDurationMs,
} from "../../../src/base/duration";

/** Text, nanoseconds, and how Go prints them. */
const valid: readonly [string, bigint, string][] = [
  ["0", 0n, "0s"],
  ["5m", 300_000_000_000n, "5m0s"],
  ["1h", 3_600_000_000_000n, "1h0m0s"],
  ["1h15m30.918s", 4_530_918_000_000n, "1h15m30.918s"],
  ["90s", 90_000_000_000n, "1m30s"],
  ["-1.5h", -5_400_000_000_000n, "-1h30m0s"],
  ["+5s", 5_000_000_000n, "5s"],
  ["1.5ms", 1_500_000n, "1.5ms"],
  ["1500us", 1_500_000n, "1.5ms"],
  ["3\u00b5s", 3_000n, "3\u00b5s"],
  ["3\u03bcs", 3_000n, "3\u00b5s"],
  ["7ns", 7n, "7ns"],
  [".5s", 500_000_000n, "500ms"],
  ["5.s", 5_000_000_000n, "5s"],
  ["336h", 1_209_600_000_000_000n, "336h0m0s"],
  ["0.3333333333333333333h", 1_200_000_000_000n, "20m0s"],
  ["2562047h47m16.854775807s", 9_223_372_036_854_775_807n, "2562047h47m16.854775807s"],
  ["-2562047h47m16.854775808s", -9_223_372_036_854_775_808n, "-2562047h47m16.854775808s"],
];
for (const [text, ns, printed] of valid) {
  test(`duration ${text}`, () => {
    assert.equal(parseDuration(text), ns);
    assert.equal(formatDuration(ns), printed);
    assert.equal(durationProblem(text), undefined);
  });
}

const invalid: readonly [string, string][] = [
  ["", 'time: invalid duration ""'],
  ["-", 'time: invalid duration "-"'],
  ["3", 'time: missing unit in duration "3"'],
  [".s", 'time: invalid duration ".s"'],
  ["1d", 'time: unknown unit "d" in duration "1d"'],
  ["abc5sxyz", 'time: invalid duration "abc5sxyz"'],
  ["5s ", 'time: unknown unit "s " in duration "5s "'],
  ["1é", 'time: unknown unit "\\xc3\\xa9" in duration "1\\xc3\\xa9"'],
  ["9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'],
  ["3000000h", 'time: invalid duration "3000000h"'],
];
for (const [text, message] of invalid) {
  test(`no duration ${JSON.stringify(text)}`, () => {
    assert.equal(parseDuration(text), undefined);
    assert.equal(durationProblem(text), message);
  });
}

test("milliseconds keep fractions", () => {
  assert.equal(parseDurationMs("1m0.25ms"), 60_000.25);
  assert.equal(parseDurationMs("soon"), undefined);
  assert.equal(formatDurationMs(60_000.25), "1m0.00025s");
  assert.equal(formatDurationMs(-1500), "-1.5s");
});
