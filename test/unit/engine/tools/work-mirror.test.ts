// The copy a program works on: what is in it, where its links lead, and what comes back.
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { WorkMirror } from "../../../../src/engine/tools/work-mirror";
import { tempDir } from "../../../support/temp";

const signal = new AbortController().signal;

async function mirrorOf(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = realpathSync(tempDir(t));
  const work = join(root, "work");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(work, name, ".."), { recursive: true });
    writeFileSync(join(work, name), content);
  }
  return { root, work, copy: await WorkMirror.make(work, join(root, "copy"), signal) };
}

test("a file comes alone, a tree with all that is in it", async (t) => {
  const { work, copy } = await mirrorOf(t, { "a/x": "1", "a/y": "2", "b/c/z": "3" });
  chmodSync(join(work, "b/c/z"), 0o755);
  assert.equal(await copy.add(join(work, "a/x")), join(work, "a/x"));
  assert.equal(await copy.addTree(join(work, "b")), join(work, "b"));
  assert.equal(await copy.add(join(work, "gone/x")), undefined);
  assert.equal(readFileSync(copy.at(join(work, "a/x")), "utf8"), "1");
  assert.equal(existsSync(copy.at(join(work, "a/y"))), false);
  assert.equal(readFileSync(copy.at(join(work, "b/c/z")), "utf8"), "3");
  assert.equal(statSync(copy.at(join(work, "b/c/z"))).mode & 0o777, 0o755);
  assert.equal(copy.told(`open ${copy.at(join(work, "a/x"))}: no`), `open ${work}/a/x: no`);
});

test("links are made anew, lead to copies, and come with what they lead to", async (t) => {
  const { work, copy } = await mirrorOf(t, { "real/x": "1", "chart/y": "2" });
  symlinkSync("../real", join(work, "chart/relative"));
  symlinkSync(join(work, "real/x"), join(work, "chart/absolute"));
  symlinkSync("chart", join(work, "way"));
  symlinkSync("nowhere", join(work, "chart/dangling"));
  assert.equal(await copy.addTree(join(work, "way")), join(work, "chart"));
  for (const name of ["way/y", "way/relative/x", "chart/absolute"]) {
    assert.ok(realpathSync(join(copy.dir, name)).startsWith(copy.dir), name);
  }
  assert.equal(existsSync(join(copy.dir, "chart/dangling")), false);
});

test("links out of the work directory are refused", async (t) => {
  const { root, work, copy } = await mirrorOf(t, { "chart/y": "2" });
  writeFileSync(join(root, "secret"), "secret");
  symlinkSync("../../secret", join(work, "chart/link"));
  await assert.rejects(copy.addTree(join(work, "chart")), { name: "PathError", code: "EOUTSIDE" });
  await assert.rejects(copy.add(join(root, "secret")), { code: "EOUTSIDE" });
  assert.equal(existsSync(copy.at(join(work, "chart/link"))), false);
});

test("what the program changed comes back, and nothing else is touched", async (t) => {
  const { work, copy } = await mirrorOf(t, { "a/same": "1", "a/changed": "2", "a/removed": "3", other: "4" });
  await copy.addTree(join(work, "a"));
  writeFileSync(join(work, "a/same"), "changed meanwhile");
  writeFileSync(copy.at(join(work, "a/changed")), "new");
  rmSync(copy.at(join(work, "a/removed")));
  mkdirSync(copy.at(join(work, "a/charts")));
  writeFileSync(copy.at(join(work, "a/charts/lib.tgz")), "packed");
  await copy.bringBack();
  const read = (name: string): string => readFileSync(join(work, name), "utf8");
  assert.equal(read("a/same"), "changed meanwhile");
  assert.equal(read("a/changed"), "new");
  assert.equal(existsSync(join(work, "a/removed")), false);
  assert.equal(read("a/charts/lib.tgz"), "packed");
  assert.equal(read("other"), "4");
});

test("what comes back is not written through a link", async (t) => {
  const { root, work, copy } = await mirrorOf(t, { "a/x": "1" });
  await copy.addTree(join(work, "a"));
  writeFileSync(copy.at(join(work, "a/x")), "new");
  writeFileSync(join(root, "victim"), "kept");
  rmSync(join(work, "a/x"));
  symlinkSync("../../victim", join(work, "a/x"));
  await assert.rejects(copy.bringBack(), { code: "ELOOP" });
  assert.equal(readFileSync(join(root, "victim"), "utf8"), "kept");
});
