// Rows for Go's strict RFC 3339.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rfc3339Nanos } from "../../../src/base/time";

const rows: readonly [text: string, nanos: bigint | undefined][] = [
  ["1970-01-01T00:00:00Z", 0n],
  ["1970-01-01T00:00:00.000000001Z", 1n],
  ["1970-01-01T00:00:01.5Z", 1_500_000_000n],
  ["1970-01-01T00:00:01,5Z", 1_500_000_000n],
  ["1970-01-01T01:00:00+01:00", 0n],
  ["0001-01-01T00:00:00Z", -62_135_596_800_000_000_000n],
  ["2024-02-29T00:00:00Z", 1_709_164_800_000_000_000n],
  ["2023-02-29T00:00:00Z", undefined],
  ["2024-01-01T24:00:00Z", undefined],
  ["2024-01-01t00:00:00Z", undefined],
  ["2024-01-01T00:00:00z", undefined],
  ["2024-01-01 00:00:00Z", undefined],
  ["2024-01-01T00:00:00", undefined],
  ["2024-01-01T00:00:00+0100", undefined],
  ["2024-01-01", undefined],
  ["", undefined],
];
for (const [text, nanos] of rows) {
  test(`RFC 3339: ${JSON.stringify(text)}`, () => assert.equal(rfc3339Nanos(text), nanos));
}
