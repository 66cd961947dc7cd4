// Mapping many items, a few at a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { mapConcurrently } from "../../../src/base/concurrency";

test("results keep the order of the items and no more than the limit run", async () => {
  let running = 0;
  let most = 0;
  const results = await mapConcurrently([5, 1, 3, 2, 4], 2, async (item, index) => {
    most = Math.max(most, ++running);
    await delay(item);
    running--;
    return `${index}:${item}`;
  });
  assert.deepEqual(results, ["0:5", "1:1", "2:3", "3:2", "4:4"]);
  assert.equal(most, 2);
  assert.deepEqual(await mapConcurrently([], 2, async () => 1), []);
});

test("the first failure stops further calls and waits for those under way", async () => {
  const called: number[] = [];
  let finished = 0;
  const mapped = mapConcurrently([1, 2, 3, 4], 2, async (item) => {
    called.push(item);
    if (item === 2) throw new Error("two");
    await delay(5);
    finished++;
  });
  await assert.rejects(mapped, /two/);
  assert.deepEqual(called, [1, 2]);
  assert.equal(finished, 1);
});
