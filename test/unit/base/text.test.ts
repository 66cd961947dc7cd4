// Rows for comparing text by UTF-8 bytes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBytewise } from "../../../src/base/text";

test("text is ordered by its UTF-8 bytes", () => {
  const samples = [
    "",
    "A",
    "B",
    "a",
    "ab",
    "b",
    "é",
    "z",
    "\u{ff5e}",
    "\u{1f600}",
    "\u{e000}",
    "v1.10",
    "v1.9",
  ];
  for (const a of samples) {
    for (const b of samples) {
      const want = Buffer.compare(Buffer.from(a), Buffer.from(b));
      assert.equal(
        Math.sign(compareBytewise(a, b)),
        want,
        `${JSON.stringify(a)} against ${JSON.stringify(b)}`,
      );
    }
  }
});
