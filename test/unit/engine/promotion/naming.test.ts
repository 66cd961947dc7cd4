import assert from "node:assert/strict";
import { test } from "node:test";
import { labelValue, promotionName } from "../../../../src/engine/promotion/naming";

const now = new Date("2026-01-02T03:04:05.678Z");

test("a name is the Stage, a ULID and the first seven characters of the Freight, in lower case", () => {
  assert.match(promotionName("Test-1", "ABCDEF0123456789", now), /^test-1\.[0-9a-hjkmnp-tv-z]{26}\.abcdef0$/);
});

test("a long Stage name is cut so that the whole stays within 253 characters", () => {
  const name = promotionName("s".repeat(253), "f".repeat(40), now);
  assert.equal(name.length, 253);
  assert.equal(name.split(".")[0]?.length, 218);
});

test("ten thousand names of one millisecond sort in the order they were made, across Stages' calls", () => {
  const ulids = Array.from({ length: 10_000 }, () => promotionName("s", "f", now).split(".")[1] ?? "");
  assert.deepEqual([...ulids].sort(), ulids);
  assert.equal(new Set(ulids).size, ulids.length);
});

test("names keep their order when the clock steps back", () => {
  const before = promotionName("s", "f", new Date("2030-01-01T00:00:00Z"));
  const after = promotionName("s", "f", new Date("2029-01-01T00:00:00Z"));
  assert.ok(before < after);
});

test("label values: short ones stay, long ones end in eight digits of their SHA-256", () => {
  assert.equal(labelValue("a".repeat(63)), "a".repeat(63));
  assert.equal(labelValue("a".repeat(70)), `${"a".repeat(54)}-6bd5e503`);
  const dashed = labelValue(`${"a".repeat(50)}${"-".repeat(30)}`);
  assert.match(dashed, /^a{50}-[0-9a-f]{8}$/);
});
