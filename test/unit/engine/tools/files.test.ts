// What may and may not be reached in a work directory, also when a link is swapped in at the worst moment.
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { copyTree } from "../../../../src/engine/tools/copy-tree";
import {
  followInside,
  listInside,
  makeDirsInside,
  readInside,
  removeInside,
  renameInside,
  statInside,
  writeInside,
} from "../../../../src/engine/tools/files";
import { bestAccess, OpenDir, openBelow } from "../../../../src/engine/tools/open-dir";
import { insideWorkDir } from "../../../../src/engine/tools/paths";
import { tempDir } from "../../../support/temp";

/** A work directory beside a folder that nobody may touch. */
function folders(t: TestContext): { readonly work: string; readonly outside: string } {
  const root = tempDir(t);
  const work = join(root, "work");
  const outside = join(root, "outside");
  mkdirSync(work);
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), "secret");
  return { work, outside };
}

/** Moves a folder of the work directory away and puts a link to the outside in its place. */
function swap(work: string, name: string, target: string): void {
  renameSync(join(work, name), join(work, `${name}-before`));
  symlinkSync(target, join(work, name));
}

function assertUntouched(outside: string): void {
  assert.deepEqual(readdirSync(outside), ["secret"]);
  assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
}

test("files are read, written, listed, moved and removed", async (t) => {
  const { work } = folders(t);
  await makeDirsInside(work, join(work, "a/b"), 0o700);
  assert.equal(statSync(join(work, "a/b")).mode & 0o777, 0o700);
  await writeInside(work, join(work, "a/b/f"), "one", 0o640);
  await writeInside(work, join(work, "a/b/f"), "2", 0o600);
  assert.equal((await readInside(work, join(work, "a/b/f"))).toString(), "2");
  assert.equal(statSync(join(work, "a/b/f")).mode & 0o777, 0o640 & ~process.umask());
  await writeInside(work, join(work, "a/b/B"), "");
  await writeInside(work, join(work, "a/b/é"), "");
  assert.deepEqual(await listInside(work, join(work, "a/b")), ["B", "f", "é"]);
  await renameInside(work, join(work, "a/b"), join(work, "c"));
  assert.equal(await statInside(work, join(work, "a/b")), undefined);
  symlinkSync("c", join(work, "link"));
  await removeInside(work, join(work, "link"));
  assert.ok(existsSync(join(work, "c/f")));
  await removeInside(work, join(work, "c"));
  await removeInside(work, join(work, "c"));
  assert.deepEqual(readdirSync(work), ["a"]);
});

test("a path outside is refused without leaving the work directory open", {
  skip: bestAccess === "descriptor" ? false : "directories are not held by handles here",
}, async (t) => {
  const { work, outside } = folders(t);
  const holding = (): number =>
    readdirSync("/proc/self/fd").filter((fd) => linkTarget(`/proc/self/fd/${fd}`) === work).length;
  for (const path of [outside, join(outside, "new/er"), join(work, "..")]) {
    await assert.rejects(makeDirsInside(work, path, 0o700), { code: "EOUTSIDE" });
    await assert.rejects(writeInside(work, path, ""), { code: "EOUTSIDE" });
    await assert.rejects(removeInside(work, path), { code: "EOUTSIDE" });
    await assert.rejects(listInside(work, path), { code: "EOUTSIDE" });
  }
  assert.equal(holding(), 0);
  assertUntouched(outside);
});

/** Where a handle leads; undefined for one that is closed by now. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

test("errors speak of the path that was asked for", async (t) => {
  const { work } = folders(t);
  writeFileSync(join(work, "file"), "");
  const rows: readonly (readonly [name: string, act: () => Promise<unknown>, want: string])[] = [
    ["missing", () => readInside(work, join(work, "x/y")), `open ${work}/x/y: no such file or directory`],
    [
      "below a file",
      () => readInside(work, join(work, "file/y/z")),
      `open ${work}/file/y/z: not a directory`,
    ],
    ["a directory", () => readInside(work, work), `read ${work}: is a directory`],
    ["write over a directory", () => writeInside(work, work, ""), `open ${work}: is a directory`],
    [
      "directory below a file",
      () => makeDirsInside(work, join(work, "file/y/z"), 0o700),
      `mkdir ${work}/file: not a directory`,
    ],
    [
      "outside",
      () => readInside(work, "/etc/passwd"),
      "open /etc/passwd: leads outside the working directory",
    ],
  ];
  for (const [name, act, message] of rows) await assert.rejects(act(), { message }, name);
});

test("a link swapped in after the join leads nowhere", async (t) => {
  const { work, outside } = folders(t);
  mkdirSync(join(work, "dir"));
  writeFileSync(join(work, "dir/secret"), "mine");
  const path = await insideWorkDir(work, "dir/secret");
  const fresh = await insideWorkDir(work, "dir/new/file");
  swap(work, "dir", outside);
  const rows: readonly (readonly [name: string, act: () => Promise<unknown>])[] = [
    ["read", () => readInside(work, path)],
    ["write", () => writeInside(work, path, "changed")],
    ["make directories", () => makeDirsInside(work, fresh, 0o700)],
    ["list", () => listInside(work, join(work, "dir"))],
    ["remove", () => removeInside(work, path)],
    ["move from", () => renameInside(work, path, join(work, "taken"))],
    ["move to", () => renameInside(work, join(work, "dir-before"), join(work, "dir/new"))],
    ["copy from", () => copyTree(work, path, join(work, "copy"))],
    ["copy to", () => copyTree(work, join(work, "dir-before"), join(work, "dir/copy"))],
  ];
  for (const [name, act] of rows) {
    await assert.rejects(act(), { name: "PathError", code: "ELOOP" }, name);
    assertUntouched(outside);
    assert.deepEqual(readdirSync(work), ["dir", "dir-before"], name);
  }
});

test("a file swapped for a link is neither read nor written", async (t) => {
  const { work, outside } = folders(t);
  const path = join(work, "f");
  symlinkSync(join(outside, "secret"), path);
  await assert.rejects(readInside(work, path), { code: "ELOOP" });
  await assert.rejects(writeInside(work, path, "x"), { code: "ELOOP" });
  assertUntouched(outside);
});

test("a directory swapped while it is copied or removed gives nothing of the outside away", async (t) => {
  const { work, outside } = folders(t);
  for (const dir of ["from/sub", "to"]) mkdirSync(join(work, dir), { recursive: true });
  writeFileSync(join(work, "from/sub/secret"), "mine");
  let swapped = false;
  await assert.rejects(
    copyTree(work, join(work, "from"), join(work, "to"), {
      skip: (names) => {
        if (names.join("/") === "sub") {
          swap(work, "from/sub", outside);
          swapped = true;
        }
        return false;
      },
    }),
    { code: "ELOOP" },
  );
  assert.ok(swapped);
  assert.deepEqual(readdirSync(join(work, "to/sub")), []);
  rmSync(join(work, "to"), { recursive: true });

  // The target tree is swapped under the copy: what was opened before stays where it was.
  mkdirSync(join(work, "to"));
  await copyTree(work, join(work, "from/sub-before"), join(work, "to"), {
    skip: () => {
      swap(work, "to", outside);
      return false;
    },
  });
  assertUntouched(outside);
  if (bestAccess === "descriptor") assert.equal(readFileSync(join(work, "to-before/secret"), "utf8"), "mine");
});

test("copying keeps modes and follows links of the target inside only", async (t) => {
  const { work, outside } = folders(t);
  for (const dir of ["from/sub", "to/sub", "elsewhere"]) mkdirSync(join(work, dir), { recursive: true });
  writeFileSync(join(work, "from/run"), "#!", { mode: 0o750 });
  writeFileSync(join(work, "from/sub/f"), "f");
  symlinkSync("run", join(work, "from/link"));
  chmodSync(join(work, "from/sub"), 0o711);
  symlinkSync("../elsewhere/run", join(work, "to/run"));
  await copyTree(work, join(work, "from"), join(work, "to"));
  assert.equal(statSync(join(work, "elsewhere/run")).mode & 0o777, 0o750);
  assert.equal(statSync(join(work, "to/sub")).mode & 0o777, 0o711);
  assert.ok(!existsSync(join(work, "to/link")));
  rmSync(join(work, "to/sub"), { recursive: true });
  symlinkSync(outside, join(work, "to/sub"));
  await assert.rejects(copyTree(work, join(work, "from"), join(work, "to")), { code: "EOUTSIDE" });
  assertUntouched(outside);
});

test("a copy stops when it is told to", async (t) => {
  const { work } = folders(t);
  mkdirSync(join(work, "from"));
  writeFileSync(join(work, "from/f"), "f");
  const stop = new AbortController();
  stop.abort();
  const copy = copyTree(work, join(work, "from"), join(work, "to"), { signal: stop.signal });
  await assert.rejects(copy, { name: "AbortError" });
  assert.ok(!existsSync(join(work, "to/f")));
});

test("where links of the system's own kind lead", async (t) => {
  const { work, outside } = folders(t);
  mkdirSync(join(work, "a/b"), { recursive: true });
  symlinkSync("b", join(work, "a/in"));
  symlinkSync(join(work, "a"), join(work, "full"));
  symlinkSync("../outside", join(work, "out"));
  symlinkSync("nothing", join(work, "dangling"));
  symlinkSync("loop", join(work, "loop"));
  const rows: readonly (readonly [path: string, want: string])[] = [
    ["a/in/x", "a/b/x"],
    ["full/in", "a/b"],
    ["dangling", "nothing"],
    ["new/x", "new/x"],
  ];
  for (const [path, want] of rows) {
    assert.equal(await followInside(work, join(work, path), "open"), join(work, want), path);
  }
  await assert.rejects(followInside(work, join(work, "out/secret"), "open"), { code: "EOUTSIDE" });
  await assert.rejects(followInside(work, join(work, "loop"), "open"), { code: "ELOOP" });
  assertUntouched(outside);
});

test("without descriptors every access is checked on both sides", async (t) => {
  const { work, outside } = folders(t);
  mkdirSync(join(work, "a/b"), { recursive: true });
  writeFileSync(join(work, "a/b/f"), "f");
  const dir = await openBelow(work, ["a", "b"], "open", "checked");
  assert.equal(await dir.act("f", "open", (path) => fs.readFile(path, "utf8")), "f");
  await assert.rejects(openBelow(work, ["a", "b", "f"], "open", "checked"), { code: "ENOTDIR" });
  swap(work, "a", outside);
  await assert.rejects(
    dir.act("secret", "open", (path) => fs.readFile(path, "utf8")),
    { code: "ENOENT" },
  );
  mkdirSync(join(outside, "b"));
  await assert.rejects(
    dir.act("f", "open", (path) => fs.writeFile(path, "x")),
    { code: "ELOOP" },
  );
  assert.deepEqual(readdirSync(join(outside, "b")), []);
  await assert.rejects(openBelow(work, ["a"], "open", "checked"), { code: "ELOOP" });
  await assert.rejects(OpenDir.root(join(work, "missing"), "checked"), { code: "ENOENT" });
});
