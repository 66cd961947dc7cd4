// The step `untar` on archives made by the real tar program, and on ones no tar would make.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { silentLogger } from "../../src/base/log";
import { type StepContext, StepError } from "../../src/engine/promotion/step";
import { type UntarConfig, untar } from "../../src/engine/steps/untar";
import { makeTar, type TarMember } from "../support/tar";
import { tempDir } from "../support/temp";

function workDirOf(t: TestContext): string {
  const workDir = join(tempDir(t), "outer", "work");
  mkdirSync(workDir, { recursive: true });
  return workDir;
}

async function run(
  workDir: string,
  config: Partial<UntarConfig> = {},
  signal = new AbortController().signal,
): Promise<string> {
  const context = { workDir, signal, log: silentLogger } as unknown as StepContext;
  try {
    return (await untar.run(context, { inPath: "a.tar", outPath: "out", ...config })).status;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return `${error.status}${error.terminal ? "!" : ""}: ${error.message}`;
  }
}

const tree = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(
      (e) =>
        join(e.parentPath, e.name).slice(folder.length + 1) +
        (e.isDirectory() ? "/" : e.isSymbolicLink() ? "@" : ""),
    )
    .sort();

for (const flag of ["cf", "czf"]) {
  test(`an archive by tar ${flag} comes out with modes, times and links`, async (t) => {
    const workDir = workDirOf(t);
    const source = tempDir(t);
    mkdirSync(join(source, "app", "bin"), { recursive: true });
    writeFileSync(join(source, "app", "bin", "run"), "#!/bin/sh\n");
    chmodSync(join(source, "app", "bin", "run"), 0o755);
    utimesSync(join(source, "app", "bin", "run"), 1_000_000, 1_000_000);
    symlinkSync("run", join(source, "app", "bin", "link"));
    execFileSync("tar", [flag, join(workDir, "a.tar"), "-C", source, "app"]);
    assert.equal(await run(workDir), "Succeeded");
    assert.deepEqual(tree(join(workDir, "out")), ["app/", "app/bin/", "app/bin/link@", "app/bin/run"]);
    const info = statSync(join(workDir, "out/app/bin/run"));
    assert.equal(info.mode & 0o777, 0o755);
    assert.equal(info.mtimeMs, 1_000_000_000);
    assert.equal(readlinkSync(join(workDir, "out/app/bin/link")), "run");
    assert.equal(statSync(join(workDir, "out")).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(workDir).sort(), ["a.tar", "out"]);
  });
}

const rows: Record<string, { entries: TarMember[]; config?: Partial<UntarConfig>; out: string[] }> = {
  "leading components are stripped": {
    entries: [{ name: "top/a/b.txt", text: "x" }, { name: "short" }],
    config: { stripComponents: 1 },
    out: ["a/", "a/b.txt"],
  },
  "entries below ./ are passed over": { entries: [{ name: "./a.txt" }, { name: "b.txt" }], out: ["b.txt"] },
  "…but not once that is stripped": {
    entries: [{ name: "./a.txt" }],
    config: { stripComponents: 1 },
    out: ["a.txt"],
  },
  "entries that climb, are absolute or use backslashes are passed over": {
    entries: [{ name: "../a" }, { name: "x/../../a" }, { name: "/abs" }, { name: "b\\c" }, { name: "ok" }],
    out: ["ok"],
  },
  "hard links and pipes are passed over": {
    entries: [{ name: "f" }, { name: "hard", type: "link", linkname: "f" }, { name: "pipe", type: "fifo" }],
    out: ["f"],
  },
  "links to unsafe targets are passed over": {
    entries: [
      { name: "abs", type: "symlink", linkname: "/etc/passwd" },
      { name: "up", type: "symlink", linkname: "../x" },
      { name: "dot", type: "symlink", linkname: "./x" },
      { name: "fine", type: "symlink", linkname: "x/y" },
    ],
    out: ["fine@"],
  },
  "a name equal to ignore is left out": {
    entries: [{ name: "d/.git" }, { name: "a.md" }, { name: "d/a.md" }],
    config: { ignore: " a.md \n" },
    out: ["d/", "d/.git"],
  },
  "a pattern in ignore has no effect": {
    entries: [{ name: "a.md" }],
    config: { ignore: "*.md" },
    out: ["a.md"],
  },
};
for (const [name, { entries, config, out }] of Object.entries(rows)) {
  test(`untar: ${name}`, async (t) => {
    const workDir = workDirOf(t);
    writeFileSync(join(workDir, "a.tar"), makeTar(entries));
    assert.equal(await run(workDir, config), "Succeeded");
    assert.deepEqual(tree(join(workDir, "out")), out);
  });
}

test("untar: what was in the folder is replaced", async (t) => {
  const workDir = workDirOf(t);
  mkdirSync(join(workDir, "out"));
  writeFileSync(join(workDir, "out", "old"), "x");
  writeFileSync(join(workDir, "a.tar"), gzipSync(makeTar([{ name: "new", text: "n" }])));
  assert.equal(await run(workDir), "Succeeded");
  assert.deepEqual(tree(join(workDir, "out")), ["new"]);
});

const refused: Record<string, [() => Promise<Buffer> | Buffer, RegExp]> = {
  "no archive": [
    () => Buffer.from("this is no archive, whatever its name says".repeat(40)),
    /error reading tar/,
  ],
  "an empty file": [() => Buffer.alloc(0), /failed to read file header/],
  "a broken gzip": [
    () => gzipSync(makeTar([{ name: "a", text: "x".repeat(9000) }])).subarray(0, 40),
    /failed to extract/,
  ],
  "an archive cut off in a file": [
    () => makeTar([{ name: "a", text: "x".repeat(9000) }]).subarray(0, 2000),
    /failed to extract/,
  ],
};
for (const [name, [make, message]] of Object.entries(refused)) {
  test(`untar: ${name} is Errored and leaves everything as it was`, async (t) => {
    const workDir = workDirOf(t);
    mkdirSync(join(workDir, "out"));
    writeFileSync(join(workDir, "out", "old"), "x");
    writeFileSync(join(workDir, "a.tar"), await make());
    const result = await run(workDir);
    assert.match(result, /^Errored: /);
    assert.match(result, message);
    assert.deepEqual(readdirSync(workDir).sort(), ["a.tar", "out"]);
    assert.deepEqual(tree(join(workDir, "out")), ["old"]);
  });
}

test("untar: a file over 50 MiB, and files over 100 MiB together, end it", async (t) => {
  const workDir = workDirOf(t);
  const part = "x".repeat(40 * 1024 * 1024);
  writeFileSync(
    join(workDir, "a.tar"),
    gzipSync(
      makeTar([
        { name: "a", text: part },
        { name: "b", text: part },
        { name: "c", text: part },
      ]),
    ),
  );
  assert.match(await run(workDir), /total size would exceed limit of 104857600 bytes/);
  writeFileSync(
    join(workDir, "a.tar"),
    gzipSync(makeTar([{ name: "big", text: "x".repeat(50 * 1024 * 1024 + 1) }])),
  );
  assert.match(await run(workDir), /file big exceeds size limit of 52428800 bytes/);
  assert.equal(existsSync(join(workDir, "out")), false);
});

test("untar: links within the archive do not lead a file out of the work directory", async (t) => {
  const workDir = workDirOf(t);
  const climb: TarMember[] = [
    { name: "l1", type: "symlink", linkname: ".." },
    { name: "l1/l2", type: "symlink", linkname: ".." },
    { name: "l1/l2/l3", type: "symlink", linkname: ".." },
    { name: "l1/l2/escaped.txt", text: "out" },
    { name: "l1/l2/l3/escaped.txt", text: "out" },
  ];
  writeFileSync(join(workDir, "a.tar"), makeTar(climb));
  await run(workDir);
  assert.equal(existsSync(join(workDir, "..", "escaped.txt")), false);
  assert.equal(existsSync(join(workDir, "..", "..", "escaped.txt")), false);
  assert.deepEqual(readdirSync(join(workDir, "..")), ["work"]);
});

test("untar: neither the archive nor the folder may lie behind a link that leads out", async (t) => {
  const outside = tempDir(t);
  writeFileSync(join(outside, "a.tar"), makeTar([{ name: "secret", text: "s" }]));
  const workDir = workDirOf(t);
  symlinkSync(outside, join(workDir, "link"));
  assert.match(await run(workDir, { inPath: "link/a.tar" }), /^Errored: /);
  writeFileSync(join(workDir, "a.tar"), makeTar([{ name: "f", text: "x" }]));
  await run(workDir, { outPath: "link/out" });
  await run(workDir, { outPath: "../../out" });
  assert.deepEqual(readdirSync(outside), ["a.tar"]);
  assert.equal(lstatSync(join(workDir, "link")).isSymbolicLink(), true);
  assert.equal(existsSync(join(workDir, "..", "..", "out")), false);
  assert.equal(readFileSync(join(workDir, "out", "f"), "utf8"), "x");
});
