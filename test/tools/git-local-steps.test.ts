// git-clear, git-commit and git-tag: what happens in a working tree without its remote.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { commitTo, type Files, git, gitRaw, makeRemote, missingGit, writeFiles } from "../support/git-repos";
import { type GitStepKind, GitWork, type GitWorkOptions } from "../support/git-steps";
import { portrait } from "../support/path-safety";

const skip = missingGit();

/** A work directory with a clone of `files` at `src`. */
async function cloned(t: TestContext, files: Files, options: GitWorkOptions = {}) {
  const work = new GitWork(t, options);
  const remote = makeRemote(join(work.root, "r.git"), files);
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ branch: "main", path: "src" }] });
  return { work, remote, tree: join(work.dir, "src") };
}

const everyStep: readonly (readonly [GitStepKind, object])[] = [
  ["git-clear", {}],
  ["git-commit", { message: "m" }],
  ["git-push", {}],
  ["git-tag", { tag: "v1", message: "m" }],
];

for (const [kind, rest] of everyStep) {
  test(`${kind}: a path that is no working tree of ours`, { skip }, async (t) => {
    const { work } = await cloned(t, { a: "1" });
    mkdirSync(join(work.dir, "plain"));
    git(work.dir, "init", "--quiet", "own");
    const outside = join(work.root, "outside");
    git(work.root, "clone", "--quiet", join(work.root, "r.git"), outside);
    writeFileSync(join(outside, "a"), "changed");
    symlinkSync(outside, join(work.dir, "link"));
    const config = "error reading repo dir from config: error executing cmd [";
    const rows = [
      ["nowhere", /: chdir <work>\/nowhere: no such file or directory$/],
      ["plain", /git config kargo\.repoDir]: $/],
      ["own", /git config kargo\.repoDir]: $/],
      [".", /git config kargo\.repoDir]: $/],
      ["src/a", /git config kargo\.repoDir]: : fork\/exec .*git: not a directory$/],
      ["src/a/b", /: chdir <work>\/src\/a\/b: not a directory$/],
      ["../outside", /: chdir <work>\/outside: no such file or directory$/],
      ["link", /: chdir <work>\/.*outside: no such file or directory$/],
    ] as const;
    for (const [path, expected] of rows) {
      const end = await work.run(kind, { path, ...rest });
      assert.equal(end.status, "Errored", path);
      assert.equal(end.terminal, false);
      assert.ok(end.error?.startsWith(`error loading working tree from ${path}: ${config}`), end.error);
      assert.match(end.error ?? "", expected);
    }
    assert.equal(git(outside, "status", "-s"), "M a");
    assert.equal(git(outside, "tag"), "");
  });

  test(`${kind}: a repository whose files or whose own place lie elsewhere is refused`, {
    skip,
  }, async (t) => {
    const { work } = await cloned(t, { a: "1" });
    const home = join(work.dir, readdirSync(work.dir).find((name) => name.startsWith("repo-")) ?? "");
    const outside = join(work.root, "outside");
    git(work.root, "clone", "--quiet", "--no-hardlinks", join(work.root, "r.git"), outside);
    writeFileSync(join(outside, "a"), "changed");
    const records = ["kargo.repoDir", "kargo.repoHomeDir", "kargo.repoOriginalURL"];
    for (const key of records) git(outside, "config", key, key.endsWith("URL") ? work.root : home);
    // What an archive might bring: a `.git` that says where its files are, and one that only points elsewhere.
    git(work.dir, "clone", "--quiet", "--no-hardlinks", outside, "elsewhere");
    const own = join(work.dir, "elsewhere");
    for (const key of records) git(own, "config", key, key.endsWith("URL") ? work.root : home);
    git(own, "config", "core.worktree", outside);
    git(outside, "worktree", "add", "--quiet", "--detach", join(work.dir, "pointer"));
    const before = portrait(outside);
    for (const path of ["elsewhere", "pointer"]) {
      const end = await work.run(kind, { path, ...rest });
      assert.equal(end.status, "Errored");
      assert.match(end.error ?? "", /the repository was not cloned by a step of this Promotion$/);
    }
    assert.equal(portrait(outside), before);
  });

  test(`${kind}: a repository that names a home elsewhere is refused`, { skip }, async (t) => {
    const { work } = await cloned(t, { a: "1" });
    const victim = join(work.root, "victim");
    mkdirSync(victim);
    git(work.dir, "init", "--quiet", "crafted");
    const crafted = join(work.dir, "crafted");
    git(crafted, "config", "kargo.repoDir", join(crafted, ".git"));
    git(crafted, "config", "kargo.repoHomeDir", victim);
    git(crafted, "config", "kargo.repoOriginalURL", "ssh://git@localhost/x");
    git(crafted, "config", "remote.origin.url", "ssh://git@localhost/x");
    const key = { credentials: { sshPrivateKey: "KEY" } };
    const end = await work.with(t, key).run(kind, { path: "crafted", ...rest });
    assert.match(end.error ?? "", /: the repository was not cloned by a step of this Promotion$/);
    assert.deepEqual(readdirSync(victim), []);
  });
}

const incomplete: readonly (readonly [string, readonly string[], string])[] = [
  [
    "the home",
    ["kargo.repoDir"],
    "error reading repo home dir from config: error reading repo home dir from config: " +
      "error executing cmd [<git> config kargo.repoHomeDir]: ",
  ],
  [
    "the URL as the user wrote it",
    ["kargo.repoDir", "kargo.repoHomeDir"],
    'error reading URL of remote "origin" from config: error getting original URL of remote "origin": ' +
      "error executing cmd [<git> config kargo.repoOriginalURL]: ",
  ],
  [
    "the URL of its remote",
    ["kargo.repoDir", "kargo.repoHomeDir", "kargo.repoOriginalURL"],
    'error reading URL of remote "origin" from config: error getting URL of remote "origin": ' +
      "error executing cmd [<git> config remote.origin.url]: ",
  ],
];

for (const [name, keys, error] of incomplete) {
  test(`git-clear: a repository that lacks ${name} among what git-clone records`, { skip }, async (t) => {
    const work = new GitWork(t);
    git(work.dir, "init", "--quiet", "own");
    for (const key of keys) git(join(work.dir, "own"), "config", key, work.dir);
    const end = await work.run("git-clear", { path: "own" });
    assert.deepEqual([end.status, end.terminal], ["Errored", false]);
    const told = end.error?.replace(/\[\S*git /, "[<git> ");
    assert.equal(told, `error loading working tree from own: ${error}`);
  });
}

test("git-commit: everything below the path, as the clone's identity", { skip }, async (t) => {
  const user = { name: "Bot", email: "bot@example.com" };
  const { work, tree } = await cloned(t, { a: "1", b: "1", "c/d": "1" }, { user });
  const parent = git(tree, "rev-parse", "HEAD");
  writeFiles(tree, { a: "2", "new/file": "1" });
  git(tree, "rm", "--quiet", "b");
  const end = await work.run("git-commit", { path: "src", message: "Update\n\nbody" });
  const commit = git(tree, "rev-parse", "HEAD");
  assert.deepEqual(end, { status: "Succeeded", output: { commit }, warnings: [] });
  assert.equal(
    git(tree, "log", "-1", "--format=%P|%an|%ae|%cn|%ce|%B"),
    `${parent}|Bot|bot@example.com|Bot|bot@example.com|Update\n\nbody`,
  );
  assert.equal(
    git(tree, "show", "--format=", "--name-status", "--no-renames", "HEAD"),
    "M\ta\nD\tb\nA\tnew/file",
  );
});

test("git-commit: nothing to commit is skipped and tells the head", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  const end = await work.run("git-commit", { path: "src", message: "m" });
  assert.deepEqual(end, {
    status: "Skipped",
    output: { commit: git(tree, "rev-parse", "HEAD") },
    warnings: [],
  });
});

const messages: readonly (readonly [string, string, string])[] = [
  [
    "blanks at the ends and between go, comments stay",
    "\n\nT  \n\n\n\n# no comment\nb  \n\n",
    "T\n\n# no comment\nb\n",
  ],
  ["one that looks like an option", "--amend", "--amend\n"],
  ["one that looks like a dangerous option", "--template=/etc/passwd", "--template=/etc/passwd\n"],
  ["quotes, dollars, backquotes", "a'b\"c $HOME `id` \\ é ☃", "a'b\"c $HOME `id` \\ é ☃\n"],
];

for (const [name, message, expected] of messages) {
  test(`git-commit: message: ${name}`, { skip }, async (t) => {
    const { work, tree } = await cloned(t, { a: "1" });
    writeFiles(tree, { a: "2" });
    await work.succeed("git-commit", { path: "src", message });
    assert.equal(gitRaw(tree, "log", "-1", "--format=%B"), `${expected}\n`);
  });
}

test("git-commit: a message of nothing but blanks fails", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  writeFiles(tree, { a: "2" });
  const end = await work.run("git-commit", { path: "src", message: " \n " });
  assert.equal(end.status, "Errored");
  assert.match(
    end.error ?? "",
    /^error committing to working tree: error committing changes: error executing cmd \[.*git commit -m {2}\n ]: Aborting commit due to empty commit message\.\n$/,
  );
});

test("git-commit: an author of the step's own commits too, and leaves no home behind", {
  skip,
}, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  writeFiles(tree, { a: "2" });
  const author = { name: "Ada", email: "ada@example.com" };
  await work.succeed("git-commit", { path: "src", message: "m", author });
  assert.equal(git(tree, "log", "-1", "--format=%an %ae %cn %ce"), "Ada ada@example.com Ada ada@example.com");
  const home = git(tree, "config", "kargo.repoHomeDir");
  assert.deepEqual(readdirSync(home).sort(), [".gitconfig", "askpass.sh", "repo"]);
});

test("git-commit: a folder commits itself alone", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { "a/x": "1", "b/y": "1" });
  writeFiles(tree, { "a/x": "2", "b/y": "2" });
  await work.succeed("git-commit", { path: "src/a", message: "m" });
  assert.equal(git(tree, "show", "--format=", "--name-only", "HEAD"), "a/x");
});

test("git-commit: changes outside the folder alone make git refuse", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { "a/x": "1", "b/y": "1" });
  writeFiles(tree, { "b/y": "2" });
  const end = await work.run("git-commit", { path: "src/a", message: "m" });
  assert.equal(end.status, "Errored");
  assert.match(end.error ?? "", /no changes added to commit/);
});

test("git-commit: a lock that somebody left is told and nothing is lost", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  writeFiles(tree, { a: "2" });
  const lock = join(git(tree, "rev-parse", "--absolute-git-dir"), "index.lock");
  writeFileSync(lock, "");
  const end = await work.run("git-commit", { path: "src", message: "m" });
  assert.match(end.error ?? "", /^error adding all changes to working tree: .*index\.lock': File exists/s);
  assert.equal(readFileSync(join(tree, "a"), "utf8"), "2");
});

test("git-clear: tracked and new files go, emptied folders too, nothing is committed", {
  skip,
}, async (t) => {
  const { work, tree } = await cloned(t, { a: "1", "b/c": "1" });
  writeFiles(tree, { new: "1", "d/e": "1" });
  const end = await work.run("git-clear", { path: "src" });
  assert.deepEqual(end, { status: "Succeeded", warnings: [] });
  assert.deepEqual(readdirSync(tree), [".git"]);
  assert.equal(git(tree, "status", "-s"), "D  a\nD  b/c");
});

test("git-clear: what ignore rules hide stays, and is told", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1", ".gitignore": "*.log\n" });
  writeFiles(tree, { "x.log": "1" });
  const end = await work.run("git-clear", { path: "src" });
  assert.equal(end.status, "Succeeded");
  assert.match(end.warnings[0] ?? "", /left x\.log in src/);
  assert.deepEqual(readdirSync(tree).sort(), [".git", "x.log"]);
});

test("git-clear: what ignore rules hid is committed by the next git-commit, unless they come back", {
  skip,
}, async (t) => {
  for (const [comesBack, expected] of [
    [false, "D\t.gitignore\nA\tx.log"],
    [true, "A\tb"],
  ] as const) {
    const { work, tree } = await cloned(t, { ".gitignore": "*.log\n" });
    writeFiles(tree, { "x.log": "1" });
    await work.succeed("git-clear", { path: "src" });
    if (comesBack) writeFiles(tree, { ".gitignore": "*.log\n", b: "1" });
    await work.succeed("git-commit", { path: "src", message: "m" });
    assert.equal(git(tree, "show", "--format=", "--name-status", "--no-renames", "HEAD"), expected);
  }
});

test("git-clear: a lock that somebody left makes staging fail, and nothing goes", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  writeFileSync(join(git(tree, "rev-parse", "--absolute-git-dir"), "index.lock"), "");
  const end = await work.run("git-clear", { path: "src" });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  assert.match(
    end.error ?? "",
    /^error adding all files to working tree at src: error staging changes for commit: error executing cmd \[.*git add \.]: .*index\.lock': File exists/s,
  );
  assert.deepEqual(readdirSync(tree).sort(), [".git", "a"]);
});

test("git-clear: a repository inside the tree is none of its submodules, and git refuses to remove it", {
  skip,
}, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  git(tree, "init", "--quiet", "inner");
  writeFiles(join(tree, "inner"), { x: "1" });
  git(join(tree, "inner"), "add", ".");
  git(join(tree, "inner"), "commit", "--quiet", "-m", "x");
  const end = await work.run("git-clear", { path: "src" });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  assert.match(
    end.error ?? "",
    /^error clearing working tree at src: error clearing worktree: error executing cmd \[.*git rm -rf --ignore-unmatch \.]: fatal: /,
  );
});

test("git-clear: a folder clears itself alone and stays", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { "a/x": "1", "b/y": "1" });
  writeFiles(tree, { "a/new": "1", "b/new": "1" });
  await work.succeed("git-clear", { path: "src/a" });
  assert.deepEqual(readdirSync(join(tree, "a")), []);
  assert.deepEqual(readdirSync(join(tree, "b")).sort(), ["new", "y"]);
});

test("git-clear: an empty tree is no fault", { skip }, async (t) => {
  const { work } = await cloned(t, {});
  assert.equal((await work.run("git-clear", { path: "src" })).status, "Succeeded");
  assert.equal((await work.run("git-clear", { path: "src" })).status, "Succeeded");
});

test("git-tag: annotated, on the head, without comments and superfluous blanks", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  const head = git(tree, "rev-parse", "HEAD");
  const end = await work.run("git-tag", {
    path: "src",
    tag: "v1.0",
    message: "\n# gone\nOne  \n\n\n\nTwo\n",
  });
  assert.deepEqual(end, { status: "Succeeded", output: { commit: head }, warnings: [] });
  assert.equal(git(tree, "rev-parse", "v1.0^{commit}"), head);
  assert.equal(git(tree, "tag", "-l", "--format=%(contents)", "v1.0"), "One\n\nTwo");
});

test("git-tag: the clone's identity is the tagger, and without a key nothing is signed", {
  skip,
}, async (t) => {
  const user = { name: "Bot", email: "bot@example.com" };
  const { work, tree } = await cloned(t, { "a/b": "1" }, { user });
  await work.succeed("git-tag", { path: "src/a", tag: "v1", message: "one" });
  assert.equal(git(tree, "cat-file", "-t", "v1"), "tag");
  assert.equal(
    git(tree, "tag", "-l", "--format=%(taggername) %(taggeremail)", "v1"),
    "Bot <bot@example.com>",
  );
  assert.equal(git(tree, "cat-file", "-p", "v1").includes("SIGNATURE"), false);
});

test("git-tag: a message of nothing but comments is an empty annotation", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  await work.succeed("git-tag", { path: "src", tag: "v1", message: "# one\n\n# two\n" });
  assert.equal(git(tree, "tag", "-l", "--format=%(objecttype)|%(contents)", "v1"), "tag|");
});

test("git-tag: a commit that is checked out without a branch", { skip }, async (t) => {
  const { work, remote } = await cloned(t, { a: "1" });
  const first = git(remote, "rev-parse", "main");
  commitTo(remote, "main", { a: "2" }, "second");
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ commit: first, path: "old" }] });
  const output = await work.succeed("git-tag", { path: "old", tag: "v1", message: "one" });
  assert.deepEqual(output, { commit: first });
  assert.equal(git(join(work.dir, "old"), "rev-parse", "v1^{commit}"), first);
});

test("git-tag: a name that exists needs force", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  await work.succeed("git-tag", { path: "src", tag: "v1", message: "first" });
  const end = await work.run("git-tag", { path: "src", tag: "v1", message: "second" });
  assert.equal(end.status, "Errored");
  assert.match(
    end.error ?? "",
    /^error creating tag v1: error creating annotated tag "v1": error executing cmd \[.*git tag -a v1 -m second]: fatal: tag 'v1' already exists\n$/,
  );
  await work.succeed("git-tag", { path: "src", tag: "v1", message: "--template=x", force: true });
  assert.equal(git(tree, "tag", "-l", "--format=%(contents)", "v1"), "--template=x");
});

for (const tag of ["a b", "-d", "--list", "a..b", "x.lock", "HEAD^", "~"]) {
  test(`git-tag: no tag name: ${tag}`, { skip }, async (t) => {
    const { work, tree } = await cloned(t, { a: "1" });
    const end = await work.run("git-tag", { path: "src", tag, message: "m" });
    assert.equal(end.status, "Errored");
    assert.match(end.error ?? "", /is not a valid tag name/);
    assert.equal(git(tree, "tag"), "");
  });
}

test("git-commit: hooks and background work of the user's machine are not in play", { skip }, async (t) => {
  const { work, tree } = await cloned(t, { a: "1" });
  const hooks = join(git(tree, "rev-parse", "--git-common-dir"), "hooks");
  mkdirSync(hooks, { recursive: true });
  writeFileSync(join(hooks, "pre-commit"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  writeFiles(tree, { a: "2" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  assert.equal(existsSync(join(hooks, "pre-commit")), true);
});
