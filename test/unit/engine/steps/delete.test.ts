// What golden cases of `delete` cannot hold: links that lead out of the work directory, where ours goes no further.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { deleteFiles } from "../../../../src/engine/steps/delete";
import { removeInside } from "../../../../src/engine/tools/files";
import { makeWork, stepContext } from "../../../support/step-cases";

function workWithLinkOut(t: TestContext): { readonly work: string; readonly outside: string } {
  const work = makeWork();
  t.after(() => removeInside("/", dirname(work)));
  const outside = join(dirname(work), "outside");
  mkdirSync(join(outside, "sub"), { recursive: true });
  writeFileSync(join(outside, "x.txt"), "mine");
  mkdirSync(join(work, "dir"));
  writeFileSync(join(work, "dir/x.txt"), "x");
  symlinkSync("../../outside", join(work, "dir/out"));
  return { work, outside };
}

test("globs do not look behind links that lead outside, and tell", async (t) => {
  const { work, outside } = workWithLinkOut(t);
  const run = (paths: readonly string[]) =>
    deleteFiles.run(stepContext({}, work), { paths, pathsAreGlobs: true });
  const result = await run(["**/*.txt"]);
  assert.equal(result.status, "Succeeded");
  assert.deepEqual(result.warnings, [
    "The link dir/out leads out of the work directory and was not followed; Kargo would look there.",
  ]);
  assert.deepEqual(readdirSync(join(work, "dir")), ["out"]);
  assert.deepEqual(readdirSync(outside), ["sub", "x.txt"]);
  await run(["dir/out/**", "dir/out/*"]);
  assert.deepEqual(readdirSync(outside), ["sub", "x.txt"]);
  await run(["dir/o*"]);
  assert.deepEqual(readdirSync(join(work, "dir")), []);
  assert.deepEqual(readdirSync(outside), ["sub", "x.txt"]);
});

test("a path through a link that leads outside is refused", async (t) => {
  const { work, outside } = workWithLinkOut(t);
  const run = deleteFiles.run(stepContext({}, work), { path: "dir/out/x.txt" });
  await assert.rejects(run, {
    status: "Errored",
    message:
      'could not resolve path "dir/out/x.txt": path attempts to traverse outside the working directory',
  });
  assert.ok(existsSync(join(outside, "x.txt")));
});
