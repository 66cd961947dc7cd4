import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { thisProcess } from "../../../../src/engine/tools/process-identity";
import { removeAbandonedTempFolders, tempFolderPrefix } from "../../../../src/engine/tools/temp-folders";
import { tempDir } from "../../../support/temp";

test("folders of killed processes go; ours, other machines' and other programs' stay", async (t) => {
  const temp = tempDir(t);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = temp;
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  const own = basename(mkdtempSync(tempFolderPrefix()));
  const [, , hash = ""] = own.split("-");
  const { pid, since } = thisProcess();
  const dead = `kargo-workbench-${hash}-${2 ** 22 + 5}-1-abcdef`;
  const stay = [own, `kargo-workbench-00000000-${pid}-${since}-abcdef`, "kargo-workbench-sample", "other"];
  for (const name of [dead, ...stay.slice(1)]) mkdirSync(join(temp, name, "inner"), { recursive: true });
  await removeAbandonedTempFolders();
  assert.deepEqual(readdirSync(temp).sort(), [...stay].sort());
});
