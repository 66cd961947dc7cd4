import assert from "node:assert/strict";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../../../src/base/log";
import { type CacheLimits, pruneCaches } from "../../../../src/engine/discovery/cache-limits";
import { acquireFileLock } from "../../../../src/engine/tools/file-lock";
import { tempDir } from "../../../support/temp";

const now = new Date("2026-01-31T00:00:00Z");
const dayMs = 86_400_000;

/** A cache whose entries were used so many days ago and take a thousand bytes each. */
function cache(t: TestContext, daysAgo: Readonly<Record<string, number>>) {
  const root = tempDir(t);
  for (const [name, days] of Object.entries(daysAgo)) {
    const path = join(root, name);
    const isMirror = name.endsWith(".git");
    mkdirSync(isMirror ? join(path, "objects") : join(path, ".."), { recursive: true });
    writeFileSync(isMirror ? join(path, "objects", "pack") : path, "x".repeat(1000));
    const usedAt = new Date(now.getTime() - days * dayMs);
    utimesSync(path, usedAt, usedAt);
  }
  return root;
}

const rows: readonly [name: string, limits: CacheLimits, removed: readonly string[]][] = [
  ["nothing exceeds", { maxAgeMs: 60 * dayMs, maxBytes: 10_000 }, []],
  ["what was not used for long", { maxAgeMs: 25 * dayMs, maxBytes: 10_000 }, ["old.git", "older.json"]],
  [
    "the least recently used beyond the size",
    { maxAgeMs: 60 * dayMs, maxBytes: 2500 },
    ["old.git", "older.json"],
  ],
  [
    "everything but the last used",
    { maxAgeMs: 60 * dayMs, maxBytes: 1000 },
    ["chart.json", "old.git", "older.json"],
  ],
];
for (const [name, limits, removed] of rows) {
  test(`removed: ${name}`, async (t) => {
    const root = cache(t, {
      "git/new.git": 0,
      "charts/chart.json": 1,
      "git/old.git": 30,
      "images/older.json": 40,
    });
    const paths = await pruneCaches(root, { now, log: silentLogger, limits });
    assert.deepEqual(paths.map((path) => basename(path)).sort(), removed);
    for (const path of paths) assert.equal(existsSync(path), false);
    assert.deepEqual(await pruneCaches(root, { now, log: silentLogger, limits }), [], "once is enough");
  });
}

test("what is in use stays, and no cache is no error", async (t) => {
  const root = cache(t, { "git/old.git": 30 });
  const path = join(root, "git/old.git");
  const options = { signal: new AbortController().signal, pollMs: 5, staleMs: 10_000 };
  const lock = await acquireFileLock(path, options);
  const limits = { maxAgeMs: 0, maxBytes: 0 };
  assert.deepEqual(await pruneCaches(root, { now, log: silentLogger, limits }), []);
  await lock.release();
  assert.deepEqual(await pruneCaches(root, { now, log: silentLogger, limits }), [path]);
  assert.deepEqual(await pruneCaches(join(root, "none"), { now, log: silentLogger, limits }), []);
});
