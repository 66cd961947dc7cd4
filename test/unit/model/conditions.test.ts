import assert from "node:assert/strict";
import { test } from "node:test";
import { deleteCondition, findCondition, setCondition } from "../../../src/model/conditions";
import type { Condition } from "../../../src/model/resources";

const earlier = "2026-01-01T00:00:00Z";
const now = new Date("2026-06-01T10:20:30.900Z");

function ready(more: Partial<Condition> = {}): Condition {
  return {
    type: "Ready",
    status: "True",
    reason: "Verified",
    message: "",
    observedGeneration: 2,
    lastTransitionTime: earlier,
    ...more,
  };
}

test("a new condition is appended with the time of now, in whole seconds", () => {
  const { lastTransitionTime: _, ...added } = ready();
  assert.deepEqual(setCondition([ready({ type: "Healthy" })], added, now), [
    ready({ type: "Healthy" }),
    ready({ lastTransitionTime: "2026-06-01T10:20:30Z" }),
  ]);
});

test("an existing condition keeps its place and its time, even when its status changes", () => {
  const before = [ready(), ready({ type: "Healthy" })];
  const changed = setCondition(before, { ...ready(), status: "False", reason: "X" }, now);
  assert.deepEqual(changed, [ready({ status: "False", reason: "X" }), ready({ type: "Healthy" })]);
});

test("only deleting a condition in between renews its time", () => {
  const without = deleteCondition([ready()], "Ready");
  assert.equal(setCondition(without, ready(), now)[0]?.lastTransitionTime, "2026-06-01T10:20:30Z");
});

for (const [name, change, isWritten] of [
  ["the same is not written", {}, false],
  ["an older generation is not written", { observedGeneration: 1 }, false],
  ["a newer generation is written", { observedGeneration: 3 }, true],
  ["another message is written", { message: "m" }, true],
  ["another reason is written", { reason: "r" }, true],
] as const) {
  test(`setting a condition: ${name}`, () => {
    const before = [ready()];
    assert.equal(setCondition(before, { ...ready(), ...change }, now) !== before, isWritten);
  });
}

test("a message longer than Kubernetes allows is cut between characters", () => {
  const [condition] = setCondition(undefined, { ...ready(), message: "é".repeat(20000) }, now);
  const message = condition?.message ?? "";
  assert.ok(Buffer.byteLength(message) <= 32768);
  assert.match(message, /^é+ \.\.\. \(truncated\)$/);
  const [short] = setCondition(undefined, { ...ready(), message: "x".repeat(32768) }, now);
  assert.equal(short?.message.length, 32768);
});

test("deleting what is not there returns the same list", () => {
  const list = [ready()];
  assert.equal(deleteCondition(list, "Healthy"), list);
  assert.deepEqual(deleteCondition(list, "Ready"), []);
  assert.equal(findCondition(list, "Ready"), list[0]);
  assert.equal(findCondition(undefined, "Ready"), undefined);
});
