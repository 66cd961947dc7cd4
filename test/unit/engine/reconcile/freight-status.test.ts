import assert from "node:assert/strict";
import { test } from "node:test";
import {
  withCurrentStage,
  withoutCurrentStage,
  withVerifiedStage,
} from "../../../../src/engine/reconcile/freight-status";

const now = new Date("2026-01-02T03:04:05Z");

test("coming into a Stage notes since when, once", () => {
  const first = withCurrentStage(undefined, "test", now);
  assert.deepEqual(first, { currentlyIn: { test: { since: "2026-01-02T03:04:05Z" } } });
  assert.equal(withCurrentStage(first, "test", new Date()), first);
});

test("leaving a Stage it was not verified in only removes it", () => {
  const status = { currentlyIn: { test: { since: "2026-01-01T00:00:00Z" }, prod: {} } };
  assert.deepEqual(withoutCurrentStage(status, "test", now), { currentlyIn: { prod: {} } });
  assert.deepEqual(withoutCurrentStage({ currentlyIn: { test: {} } }, "test", now), {});
  assert.equal(withoutCurrentStage(status, "other", now), status);
});

for (const [name, longestSoak, expected] of [
  ["the first stay counts", undefined, "1h4m5s"],
  ["a longer stay replaces a shorter one", "1h0m0s", "1h4m5s"],
  ["a shorter one does not", "2h0m0s", "2h0m0s"],
] as const) {
  test(`leaving a Stage it was verified in: ${name}`, () => {
    const verified = { verifiedAt: "2026-01-02T03:00:00Z", ...(longestSoak && { longestSoak }) };
    const status = {
      currentlyIn: { test: { since: "2026-01-02T02:00:00Z" } },
      verifiedIn: { test: verified },
    };
    assert.deepEqual(withoutCurrentStage(status, "test", now), {
      verifiedIn: { test: { verifiedAt: "2026-01-02T03:00:00Z", longestSoak: expected } },
    });
  });
}

test("verification keeps its first time", () => {
  const first = withVerifiedStage({ currentlyIn: { test: {} } }, "test", "2026-01-01T00:00:00Z");
  assert.deepEqual(first, {
    currentlyIn: { test: {} },
    verifiedIn: { test: { verifiedAt: "2026-01-01T00:00:00Z" } },
  });
  assert.equal(withVerifiedStage(first, "test", "2026-02-02T00:00:00Z"), first);
});
