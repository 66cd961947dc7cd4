// What golden cases of `copy` cannot hold: a directory copied into itself, and a run that is stopped.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { StepError } from "../../../../src/engine/promotion/step";
import { copy } from "../../../../src/engine/steps/copy";
import { removeInside } from "../../../../src/engine/tools/files";
import { makeWork, stepContext } from "../../../support/step-cases";
import { tempDir } from "../../../support/temp";

test("a directory copied into itself ends when its path is too long, with a warning", async (t) => {
  const work = makeWork();
  t.after(() => removeInside("/", dirname(work)));
  writeFileSync(join(work, "a"), "a");
  await assert.rejects(
    copy.run(stepContext({}, work), { inPath: ".", outPath: "out".repeat(20) }),
    (error) => {
      assert.ok(error instanceof StepError);
      assert.equal(error.status, "Errored");
      assert.equal(error.terminal, false);
      assert.match(error.message, /^failed to copy "\." to "(out){20}": \w+ (out){20}: file name too long$/);
      assert.equal(error.warnings.length, 1);
      return true;
    },
  );
});

test("a stopped copy is no fault of the step", async (t) => {
  const work = tempDir(t);
  mkdirSync(join(work, "in"));
  const stop = new AbortController();
  stop.abort();
  const run = copy.run(stepContext({}, work, stop.signal), { inPath: "in", outPath: "out" });
  await assert.rejects(run, { name: "AbortError" });
  assert.ok(!existsSync(join(work, "out")));
});
