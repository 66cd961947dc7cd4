import assert from "node:assert/strict";
import { test } from "node:test";
import { DisposableStore, toDisposable } from "../../../src/base/disposable";
import { Emitter } from "../../../src/base/events";

test("a store releases in reverse order, once, and late arrivals at once", () => {
  const released: string[] = [];
  const store = new DisposableStore();
  store.add(toDisposable(() => released.push("first")));
  store.add(toDisposable(() => released.push("second")));
  store.dispose();
  store.dispose();
  store.add(toDisposable(() => released.push("late")));
  assert.deepEqual(released, ["second", "first", "late"]);
  assert.equal(store.disposed, true);
});

test("a listener that throws does not keep the others from hearing", () => {
  const errors: unknown[] = [];
  const heard: number[] = [];
  const emitter = new Emitter<number>((error) => errors.push(error));
  emitter.event(() => {
    throw new Error("bad listener");
  });
  const subscription = emitter.event((value) => heard.push(value));
  emitter.fire(1);
  subscription.dispose();
  emitter.fire(2);
  assert.deepEqual(heard, [1]);
  assert.equal(errors.length, 2);
});
