import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { firstSignal } from "../../../src/base/first-signal";

test("it aborts with the first source and its reason, and leaves nothing behind", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const { signal } = firstSignal([a.signal, b.signal]);
  assert.equal(signal.aborted, false);
  b.abort("enough");
  a.abort("later");
  assert.equal(signal.reason, "enough");
  for (const source of [a, b]) assert.equal(getEventListeners(source.signal, "abort").length, 0);
});

test("a source that has aborted already counts at once", () => {
  const open = new AbortController();
  const { signal } = firstSignal([open.signal, AbortSignal.abort("before")]);
  assert.equal(signal.reason, "before");
  assert.equal(getEventListeners(open.signal, "abort").length, 0);
});

test("once let go of, it follows nobody", () => {
  const source = new AbortController();
  const { signal, letGo } = firstSignal([source.signal]);
  letGo();
  source.abort();
  assert.equal(signal.aborted, false);
  assert.equal(getEventListeners(source.signal, "abort").length, 0);
});
