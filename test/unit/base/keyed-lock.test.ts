import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedLock } from "../../../src/base/keyed-lock";

const never = new AbortController().signal;

/** Work that ends when told to. */
function held(name: string, events: string[]) {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    events.push(`${name} starts`);
    await done;
    events.push(`${name} ends`);
    return name;
  };
  return { work, end };
}

test("work of one key runs in order, other keys do not wait", async () => {
  const lock = new KeyedLock();
  const events: string[] = [];
  const [a, b, c] = [held("a", events), held("b", events), held("c", events)];
  const all = [lock.run("x", never, a.work), lock.run("x", never, b.work), lock.run("y", never, c.work)];
  c.end();
  await all[2];
  b.end();
  a.end();
  assert.deepEqual(await Promise.all(all), ["a", "b", "c"]);
  assert.deepEqual(events, ["a starts", "c starts", "c ends", "a ends", "b starts", "b ends"]);
});

test("work that fails lets the next one in", async () => {
  const lock = new KeyedLock();
  const failing = lock.run("x", never, () => Promise.reject(new Error("no")));
  const next = lock.run("x", never, async () => "yes");
  await assert.rejects(failing, { message: "no" });
  assert.equal(await next, "yes");
});

test("who gives up waiting neither runs nor lets others overtake", async () => {
  const lock = new KeyedLock();
  const events: string[] = [];
  const a = held("a", events);
  const b = held("b", events);
  const first = lock.run("x", never, a.work);
  const stopping = new AbortController();
  const second = lock.run("x", stopping.signal, async () => events.push("never"));
  const third = lock.run("x", never, b.work);
  stopping.abort(new Error("stopped"));
  await assert.rejects(second, { message: "stopped" });
  assert.deepEqual(events, ["a starts"]);
  a.end();
  b.end();
  await Promise.all([first, third]);
  assert.deepEqual(events, ["a starts", "a ends", "b starts", "b ends"]);
});
