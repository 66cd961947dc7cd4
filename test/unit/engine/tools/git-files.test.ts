import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { findWorktreeFiles, isMerging, readHead, readSettings } from "../../../../src/engine/tools/git-files";
import { tempDir } from "../../../support/temp";

const first = "1".repeat(40);
const second = "2".repeat(64);

function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** A folder with a repository `repo` and a working tree `src`. */
function layout(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = tempDir(t);
  const gitDir = join(root, "repo/worktrees/src");
  put(root, { "src/.git": `gitdir: ${gitDir}\n`, "repo/worktrees/src/x": "", ...files });
  return { root, files: { gitDir, commonDir: join(root, "repo") } };
}

test("a working tree is found from it and from folders in it, up to the ceiling", async (t) => {
  const { root, files } = layout(t, { "src/a/b/c": "", "plain/x": "" });
  assert.deepEqual(await findWorktreeFiles(join(root, "src"), root), files);
  assert.deepEqual(await findWorktreeFiles(join(root, "src/a/b"), root), files);
  assert.equal(await findWorktreeFiles(join(root, "src/a/b"), join(root, "src")), undefined);
  assert.equal(await findWorktreeFiles(join(root, "src/a/b/c"), root), undefined);
  assert.equal(await findWorktreeFiles(join(root, "src/none"), root), undefined);
  assert.equal(await findWorktreeFiles(join(root, "plain"), root), undefined);
  assert.equal(await findWorktreeFiles(root, root), undefined);
});

test("whatever is not a linked working tree is left to git", async (t) => {
  const { root } = layout(t, {
    "own/.git/HEAD": "ref: refs/heads/main\n",
    "src/bare/HEAD": "ref: refs/heads/main\n",
    "module/.git": "gitdir: ../repo/modules/x\n",
    "relative/.git": "gitdir: repo/worktrees/src\n",
    "empty/.git": "",
  });
  for (const name of ["own", "src/bare", "module", "relative", "empty"]) {
    assert.equal(await findWorktreeFiles(join(root, name), root), undefined, name);
  }
});

const heads: readonly (readonly [string, Record<string, string>, object | undefined])[] = [
  ["a loose branch", { "repo/refs/heads/main": `${first}\n` }, { branch: "main", commit: first }],
  [
    "a packed branch",
    { "repo/packed-refs": `# pack-refs\n${second} refs/heads/main2\n${first} refs/heads/main\n^${second}\n` },
    { branch: "main", commit: first },
  ],
  [
    "a loose branch before a packed one",
    { "repo/refs/heads/main": second, "repo/packed-refs": `${first} refs/heads/main\n` },
    { branch: "main", commit: second },
  ],
  [
    "a loose branch that is damaged",
    { "repo/refs/heads/main": "x", "repo/packed-refs": `${first} refs/heads/main\n` },
    undefined,
  ],
  ["a branch without a commit", {}, undefined],
];

for (const [name, files, expected] of heads) {
  test(`head: ${name}`, async (t) => {
    const { files: where } = layout(t, { "repo/worktrees/src/HEAD": "ref: refs/heads/main\n", ...files });
    assert.deepEqual(await readHead(where), expected);
  });
}

test("head: detached, of another kind, and missing", async (t) => {
  const at = (head: string) => layout(t, { "repo/worktrees/src/HEAD": head }).files;
  assert.deepEqual(await readHead(at(`${first}\n`)), { branch: "", commit: first });
  assert.equal(await readHead(at("ref: refs/heads/.invalid\n")), undefined);
  assert.equal(await readHead(at("ref: refs/remotes/origin/main\n")), undefined);
  assert.equal(await readHead(layout(t, {}).files), undefined);
});

test("a merge that waits for its commit", async (t) => {
  assert.equal(await isMerging(layout(t, {}).files), false);
  assert.equal(await isMerging(layout(t, { "repo/worktrees/src/MERGE_HEAD": first }).files), true);
});

test("settings: sections, names in quotes, the last value", async (t) => {
  const config =
    '[core]\n\tbare = true\n[remote "origin"]\n\turl = https://a@h/r x\n[kargo]\n\trepoDir = /a\n[kargo]\n\trepoDir = "/b #1"\n';
  const { files } = layout(t, { "repo/config": config });
  assert.deepEqual(
    await readSettings(files.commonDir),
    new Map([
      ["core.bare", "true"],
      ["remote.origin.url", "https://a@h/r x"],
      ["kargo.repodir", "/b #1"],
    ]),
  );
});

for (const line of [
  '\turl = "quoted \\" quote"',
  "\turl = a # comment",
  "\turl = a\\",
  "\tbare",
  "[include]\n\tpath = x",
  '[includeIf "gitdir:x"]\n\tpath = x',
  "\turl = trailing ",
  "# comment",
]) {
  test(`settings that are left to git: ${JSON.stringify(line)}`, async (t) => {
    const { files } = layout(t, { "repo/config": `[core]\n\tbare = true\n${line}\n` });
    assert.equal(await readSettings(files.commonDir), undefined);
  });
}

test("settings that are not there", async (t) => {
  assert.equal(await readSettings(join(tempDir(t), "none")), undefined);
});
