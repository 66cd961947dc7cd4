import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { acquireFileLock, isFileLocked } from "../../../../src/engine/tools/file-lock";
import { tempDir } from "../../../support/temp";

const never = new AbortController().signal;
const options = { signal: never, pollMs: 5, staleMs: 5000 };

/** The text of a lock that this process would hold, with other members. */
async function holderText(path: string, changes: object): Promise<string> {
  const lock = await acquireFileLock(path, options);
  const own = JSON.parse(readFileSync(`${path}.lock`, "utf8"));
  await lock.release();
  return JSON.stringify({ ...own, ...changes });
}

test("the second one waits for the first, and is told so once", async (t) => {
  const path = join(tempDir(t), "x");
  const first = await acquireFileLock(path, options);
  let waits = 0;
  const order: string[] = [];
  const second = acquireFileLock(path, { ...options, onWait: () => waits++ }).then((lock) => {
    order.push("second");
    return lock;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await isFileLocked(path, options), true);
  order.push("release");
  await first.release();
  await (await second).release();
  assert.deepEqual(order, ["release", "second"]);
  assert.equal(waits, 1);
  assert.equal(existsSync(`${path}.lock`), false);
  assert.equal(await isFileLocked(path, options), false);
});

const rows: readonly [name: string, changes: object, isFree: boolean][] = [
  ["of a process that is no more is free", { pid: 2 ** 22 + 5, since: "1" }, true],
  ["of a process whose number was given anew is free", { since: "1" }, process.platform === "linux"],
  ["of another machine is held", { pid: 2 ** 22 + 5, since: "1", machine: "elsewhere" }, false],
  ["of this process is held", {}, false],
];
for (const [name, changes, isFree] of rows) {
  test(`a lock ${name}`, async (t) => {
    const path = join(tempDir(t), "x");
    writeFileSync(`${path}.lock`, await holderText(path, changes));
    assert.equal(await isFileLocked(path, options), !isFree);
    const signal = AbortSignal.timeout(200);
    const taken = acquireFileLock(path, { ...options, signal });
    if (isFree) await (await taken).release();
    else await assert.rejects(taken);
  });
}

test("another machine's lock is held while its heart beats, however wrong its clock, and taken when it stops", async (t) => {
  const path = join(tempDir(t), "x");
  const text = await holderText(path, { pid: 4711, since: "1", machine: "alpha boot ns" });
  writeFileSync(`${path}.lock`, text);
  // Its clock is an hour behind; by that alone it would have been stale from the beginning.
  let beat = Date.now() / 1000 - 3600;
  const heart = setInterval(() => utimesSync(`${path}.lock`, ++beat, beat), 20);
  const holders: unknown[] = [];
  const limits = { ...options, staleMs: 1, foreignStaleMs: 400 };
  const taken = acquireFileLock(path, { ...limits, onWait: (holder) => holders.push(holder) });
  const first = await Promise.race([
    taken.then(() => "taken"),
    new Promise((resolve) => setTimeout(resolve, 1200, "held")),
  ]);
  assert.equal(first, "held");
  clearInterval(heart);
  await (await taken).release();
  assert.deepEqual(holders, [{ pid: 4711, host: "alpha", isHere: false }]);
});

test("a lock that says nothing, or an earlier version's folder, is taken once it is stale", async (t) => {
  for (const make of [(path: string) => writeFileSync(path, ""), (path: string) => mkdirSync(path)]) {
    const path = join(tempDir(t), "x");
    make(`${path}.lock`);
    await assert.rejects(acquireFileLock(path, { ...options, signal: AbortSignal.timeout(100) }));
    utimesSync(`${path}.lock`, new Date(0), new Date(0));
    await (await acquireFileLock(path, options)).release();
  }
});

test("a process that was killed while it took a dead holder's lock over holds nobody up", async (t) => {
  const path = join(tempDir(t), "x");
  const dead = await holderText(path, { since: "1" });
  for (const file of [`${path}.lock`, `${path}.lock.takeover`]) writeFileSync(file, dead);
  let waits = 0;
  const signal = AbortSignal.timeout(4000);
  const lock = await acquireFileLock(path, { ...options, signal, onWait: () => waits++ });
  await lock.release();
  assert.equal(waits, 0, "nobody is told to wait for the dead");
  assert.equal(existsSync(`${path}.lock.takeover`), false);
});

test("of many that find a dead holder's lock, one at a time gets it", async (t) => {
  const path = join(tempDir(t), "x");
  const dead = await holderText(path, { pid: 2 ** 22 + 5, since: "1" });
  for (let round = 0; round < 20; round++) {
    writeFileSync(`${path}.lock`, dead);
    let inside = 0;
    const enter = async () => {
      const lock = await acquireFileLock(path, { ...options, pollMs: 1 });
      assert.equal(++inside, 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inside--;
      await lock.release();
    };
    await Promise.all([enter(), enter(), enter(), enter()]);
  }
});
