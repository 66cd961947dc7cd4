// Rows for joining paths to a work directory and for errors without its place.
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  containedRelativePath,
  insideWorkDir,
  isSubPath,
  PathError,
  sanitizePathError,
} from "../../../../src/engine/tools/paths";
import { tempDir } from "../../../support/temp";

test("a joined path never leaves the work directory", async (t) => {
  const work = tempDir(t);
  mkdirSync(join(work, "dir/sub"), { recursive: true });
  writeFileSync(join(work, "file"), "");
  symlinkSync("dir/sub", join(work, "relative"));
  symlinkSync("/dir", join(work, "absolute"));
  symlinkSync("../../../../etc", join(work, "out"));
  symlinkSync("out/passwd", join(work, "chain"));
  symlinkSync("missing/x", join(work, "dangling"));
  symlinkSync("../..", join(work, "dir/up"));
  const rows: readonly (readonly [path: string, want: string])[] = [
    ["", ""],
    [".", ""],
    ["/", ""],
    ["a/b", "a/b"],
    ["a//b/", "a/b"],
    ["./a/./b", "a/b"],
    ["/etc/passwd", "etc/passwd"],
    ["..", ""],
    ["../../etc/passwd", "etc/passwd"],
    ["a/../../b", "b"],
    ["missing/../dir", "dir"],
    ["file/x", "file/x"],
    ["file/../dir", "dir"],
    ["relative", "dir/sub"],
    ["relative/x", "dir/sub/x"],
    ["relative/..", "dir"],
    ["absolute/sub", "dir/sub"],
    ["out", "etc"],
    ["out/../x", "x"],
    ["chain", "etc/passwd"],
    ["dangling", "missing/x"],
    ["dir/up/dir", "dir"],
    ["a\\b", "a\\b"],
  ];
  for (const [path, want] of rows) {
    assert.equal(
      await insideWorkDir(work, path),
      want === "" ? work : join(work, want),
      JSON.stringify(path),
    );
  }
});

test("255 links are followed, the next one is an error", async (t) => {
  const work = tempDir(t);
  for (let i = 0; i < 256; i++) symlinkSync(i === 0 ? "end" : `l${i - 1}`, join(work, `l${i}`));
  assert.equal(await insideWorkDir(work, "l254"), join(work, "end"));
  await assert.rejects(insideWorkDir(work, "l255"), {
    name: "PathError",
    code: "ELOOP",
    message: `SecureJoin ${work}/l255: too many levels of symbolic links`,
  });
  symlinkSync("loop", join(work, "loop"));
  await assert.rejects(insideWorkDir(work, "loop/x"), { code: "ELOOP" });
});

test("a part that cannot be looked at is an error", async (t) => {
  const work = tempDir(t);
  const long = "x".repeat(300);
  await assert.rejects(insideWorkDir(work, long), { message: `lstat ${work}//${long}: file name too long` });
  await assert.rejects(insideWorkDir(work, "a\0b"), { message: `lstat ${work}//a\0b: invalid argument` });
  await assert.rejects(insideWorkDir(`${work}/../x`, "a"), /contains '\.\.' components/);
});

test("being below is a matter of text", () => {
  const rows: readonly (readonly [parent: string, child: string, want: boolean])[] = [
    ["/a", "/a", true],
    ["/a", "/a/b", true],
    ["/a", "/ab", false],
    ["/a", "/", false],
    ["/a", "/a/..b", true],
    ["/a/b", "/a/c", false],
  ];
  for (const [parent, child, want] of rows)
    assert.equal(isSubPath(parent, child), want, `${parent} ${child}`);
});

test("errors show paths from the work directory on, or a bare name", () => {
  const rows: readonly (readonly [path: string, want: string])[] = [
    ["/work/a/b", "a/b"],
    ["/work", "."],
    ["/other/b", "b"],
    ["a/b", "b"],
  ];
  for (const [path, want] of rows) assert.equal(containedRelativePath("/work", path), want, path);
  const error = sanitizePathError(new PathError("open", "/work/a/b", "ENOENT"), "/work");
  assert.equal((error as Error).message, "open a/b: no such file or directory");
  const other = new Error("something else");
  assert.equal(sanitizePathError(other, "/work"), other);
});
