import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startGitServer } from "../support/git-http-server";
import { commitTo, git, makeRemote, missingGit } from "../support/git-repos";
import { GitWork } from "../support/git-steps";

const skip = missingGit();

test("git-clone: a branch is checked out with its head attached, and later steps find the way back", {
  skip,
}, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { "a/b.txt": "1\n" });
  const output = await work.succeed("git-clone", {
    repoURL: remote,
    checkout: [{ branch: "main", path: "./src" }],
  });
  const tree = join(work.dir, "src");
  assert.deepEqual(output, { commits: { "./src": git(remote, "rev-parse", "main") } });
  assert.equal(readFileSync(join(tree, "a/b.txt"), "utf8"), "1\n");
  assert.equal(lstatSync(join(tree, ".git")).isFile(), true);
  assert.equal(git(tree, "symbolic-ref", "HEAD"), "refs/heads/main");
  const home = join(work.dir, readdirSync(work.dir).find((name) => name.startsWith("repo-")) ?? "");
  assert.equal(git(tree, "config", "kargo.repoDir"), join(home, "repo"));
  assert.equal(git(tree, "config", "kargo.repoHomeDir"), home);
  assert.equal(git(tree, "config", "kargo.repoOriginalURL"), remote);
  assert.equal(git(tree, "config", "remote.origin.url"), remote);
  assert.equal(git(join(home, "repo"), "for-each-ref", "refs/remotes"), "");
});

test("git-clone: several checkouts: branch, tag and abbreviated commit, each under its own key", {
  skip,
}, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const first = git(remote, "rev-parse", "main");
  git(remote, "tag", "v1", "main");
  const second = commitTo(remote, "main", { a: "2" }, "second");
  const output = await work.succeed("git-clone", {
    repoURL: remote,
    checkout: [
      { branch: "main", path: "src", as: "source", tag: "" },
      { tag: "v1", path: "out" },
      { commit: first.slice(0, 8), path: "deep/er/old" },
    ],
  });
  assert.deepEqual(output, { commits: { source: second, out: first, "deep/er/old": first } });
  assert.equal(readFileSync(join(work.dir, "out/a"), "utf8"), "1");
  assert.equal(git(join(work.dir, "out"), "branch", "--show-current"), "");
});

test("git-clone: a tag that is named as a branch checks out the branch", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  git(remote, "tag", "main", "main");
  const second = commitTo(remote, "main", { a: "2" }, "second");
  const { commits } = await work.succeed("git-clone", {
    repoURL: remote,
    checkout: [{ tag: "main", path: "src" }],
  });
  assert.deepEqual(commits, { src: second });
  assert.equal(git(join(work.dir, "src"), "branch", "--show-current"), "main");
});

test("git-clone: a commit that is named as a branch checks out the branch", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ commit: "main", path: "src" }] });
  assert.equal(git(join(work.dir, "src"), "branch", "--show-current"), "main");
});

test("git-clone: an annotated tag is told by the commit it names", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  git(remote, "tag", "-a", "v1", "-m", "one", "main");
  const output = await work.succeed("git-clone", {
    repoURL: remote,
    checkout: [{ tag: "v1", path: "src" }],
  });
  assert.deepEqual(output, { commits: { src: git(remote, "rev-parse", "main") } });
});

test("git-clone: of two checkouts with one key, the last is told", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  git(remote, "tag", "v1", "main");
  const second = commitTo(remote, "main", { a: "2" }, "second");
  const output = await work.succeed("git-clone", {
    repoURL: remote,
    checkout: [
      { tag: "v1", path: "old", as: "src" },
      { branch: "main", path: "src" },
    ],
  });
  assert.deepEqual(output, { commits: { src: second } });
});

test("git-clone: a commit that no branch and no tag reaches was not fetched", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const lost = commitTo(remote, "gone", { a: "2" }, "lost");
  git(remote, "update-ref", "-d", "refs/heads/gone");
  const server = await startGitServer(work.root);
  t.after(() => server.close());
  const end = await work.run("git-clone", {
    repoURL: `${server.url}/r.git`,
    checkout: [{ commit: lost, path: "src" }],
  });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  assert.match(end.error ?? "", /^error adding work tree src to repo .*: fatal: /s);
});

interface Refusal {
  readonly name: string;
  readonly checkout: readonly object[];
  readonly status?: string;
  readonly error: RegExp;
  readonly warnings?: number;
}

function escaped(text: string): string {
  return text.replace(/[*?[\]/]/g, "\\$&");
}

const refusals: readonly Refusal[] = [
  {
    name: "aliases that repeat",
    checkout: [
      { branch: "main", path: "a", as: "x" },
      { branch: "main", path: "b", as: "" },
      { branch: "main", path: "c", as: "x" },
    ],
    status: "Failed",
    error: /^duplicate checkout alias "x" at checkout\[2]$/,
  },
  {
    name: "nothing to check out",
    checkout: [{ path: "src" }],
    error:
      /^error adding work tree src to repo <root>\/r\.git: error adding working tree at "<work>\/src": error executing cmd \[.*git worktree add <work>\/src ]: fatal: invalid reference: \n$/,
    warnings: 1,
  },
  {
    name: "a missing branch",
    checkout: [{ branch: "nope", path: "src" }],
    error:
      /^error ensuring existence of remote branch nope: remote branch "nope" of repo <root>\/r\.git does not exist; set create=true if you'd like a non-existent remote branch to be automatically created at checkout$/,
  },
  {
    name: "a missing tag",
    checkout: [{ tag: "nope", path: "src" }],
    error: /fatal: invalid reference: nope/,
  },
  {
    name: "a missing commit",
    checkout: [{ commit: "1234567", path: "src" }],
    error: /invalid reference: 1234567/,
  },
  {
    name: "a tag like an option",
    checkout: [{ tag: "--lock", path: "src" }],
    error: /invalid reference: --lock/,
  },
  {
    name: "the same branch twice",
    checkout: [
      { branch: "main", path: "a" },
      { branch: "main", path: "b" },
    ],
    error:
      /error adding work tree b to repo [\s\S]*fatal: 'main' is already (?:checked out|used by worktree) at '<work>\/a'/,
  },
  {
    name: "the same path twice",
    checkout: [
      { branch: "main", path: "a" },
      { tag: "v1", path: "./x/../a" },
    ],
    error: /: working tree already exists at "<work>\/a"$/,
  },
  {
    name: "a path that is not empty",
    checkout: [{ branch: "main", path: "full" }],
    error: /fatal: '<work>\/full' already exists\n$/,
  },
  {
    name: "the work directory itself",
    checkout: [{ branch: "main", path: "." }],
    error: /fatal: '<work>' already exists\n$/,
  },
  {
    name: "a new branch with a bad name",
    checkout: [{ branch: "a..b", path: "src", create: true }],
    error:
      /^error ensuring existence of remote branch a\.\.b: error creating orphaned branch "a\.\.b" for repo/,
  },
  {
    name: "a new branch like an option",
    checkout: [{ branch: "--force", path: "src", create: true }],
    error: /fatal: '--force' is not a valid branch name/,
  },
  {
    name: "a new branch below one that exists",
    checkout: [{ branch: "main/x", path: "src", create: true }],
    error: /cannot lock ref 'refs\/heads\/main\/x'/,
  },
  {
    name: "a sparse folder that is absolute",
    checkout: [{ branch: "main", path: "src", sparse: ["/etc"] }],
    error:
      /^error adding work tree src to repo .*: error configuring sparse checkout for "<work>\/src": sparse checkout pattern must be relative: \/etc$/,
  },
  {
    name: "a sparse folder that climbs out",
    checkout: [{ branch: "main", path: "src", sparse: ["../x"] }],
    error: /: sparse checkout pattern cannot escape repository: \.\.\/x$/,
  },
  ...["a*", "a/b?", "[ab]"].map((folder) => ({
    name: `a sparse folder with a glob: ${folder}`,
    checkout: [{ branch: "main", path: "src", sparse: ["ok", folder] }],
    error: new RegExp(
      `: sparse checkout pattern cannot contain glob characters \\(\\*, \\?, \\[\\): ${escaped(folder)}; ` +
        "use directory paths like 'src/app' instead$",
    ),
  })),
  {
    name: "a file on the way to the path",
    checkout: [{ branch: "main", path: "full/x/src" }],
    error: /^error (?:joining path full\/x\/src|adding work tree full\/x\/src to repo) .*/,
  },
];

for (const { name, checkout, status = "Errored", error, warnings = 0 } of refusals) {
  test(`git-clone: refused: ${name}`, { skip }, async (t) => {
    const work = new GitWork(t);
    const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
    git(remote, "tag", "v1", "main");
    mkdirSync(join(work.dir, "full"));
    writeFileSync(join(work.dir, "full/x"), "");
    const before = git(remote, "for-each-ref");
    const end = await work.run("git-clone", { repoURL: remote, checkout });
    assert.equal(end.status, status);
    assert.equal(end.terminal, status === "Failed");
    assert.match((end.error ?? "").replaceAll(work.root, "<root>"), error);
    assert.equal(end.warnings.length, warnings);
    assert.equal(git(remote, "for-each-ref"), before);
    if (checkout.some((entry) => "sparse" in entry)) assert.equal(existsSync(join(work.dir, "src")), false);
  });
}

test("git-clone: odd branch names", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const names = [
    "feat/ünï-☃",
    "a.b",
    "x@y",
    "$HOME",
    "quo'te",
    'dou"ble',
    "semi;colon",
    "a&b",
    "-dash",
    "%41",
    "HEAD2",
  ];
  for (const name of names) git(remote, "update-ref", `refs/heads/${name}`, "main");
  const checkout = names.map((branch, index) => ({ branch, path: `t${index}`, as: branch }));
  await work.succeed("git-clone", { repoURL: remote, checkout });
  names.forEach((name, index) => {
    const head = name === "-dash" ? "" : name; // git takes a leading dash for a commit and detaches
    assert.equal(git(join(work.dir, `t${index}`), "branch", "--show-current"), head);
  });
});

test("git-clone: sparse: the folders, and what lies in the folders above them", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), {
    root: "",
    "a/x": "",
    "a/b/y": "",
    "c/z": "",
    "-d/w": "",
  });
  const checkout = [{ branch: "main", path: "src", sparse: ["a/b", "-d"] }];
  await work.succeed("git-clone", { repoURL: remote, checkout });
  const seen = readdirSync(join(work.dir, "src"), { recursive: true }).sort();
  assert.deepEqual(seen, ["-d", "-d/w", ".git", "a", "a/b", "a/b/y", "a/x", "root"]);
});

test("git-clone: blobless: what is not checked out is not fetched", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "old" });
  commitTo(remote, "main", { a: "new" }, "second");
  const server = await startGitServer(work.root);
  t.after(() => server.close());
  const checkout = [{ branch: "main", path: "src" }];
  await work.succeed("git-clone", { repoURL: `${server.url}/r.git`, blobless: true, checkout });
  const tree = join(work.dir, "src");
  assert.equal(readFileSync(join(tree, "a"), "utf8"), "new");
  assert.match(git(tree, "rev-list", "--objects", "--missing=print", "HEAD"), /^\?[0-9a-f]{40}$/m);
});

test("git-clone: LFS pointers stay pointers", { skip }, async (t) => {
  const work = new GitWork(t);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 3\n`;
  const files = { ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "x.bin": pointer };
  const remote = makeRemote(join(work.root, "r.git"), files);
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ branch: "main", path: "src" }] });
  assert.equal(readFileSync(join(work.dir, "src/x.bin"), "utf8"), pointer);
  const end = await work.run("git-commit", { path: "src", message: "nothing" });
  assert.equal(end.status, "Skipped");
});

const paths: readonly (readonly [string, string])[] = [
  ["..", "work"],
  ["../../outside/x", "outside/x"],
  ["/abs/olute", "abs/olute"],
  ["link/x", "away/x"],
  ["link-up/x", "x"],
];

for (const [path, expected] of paths) {
  test(`git-clone: a path cannot leave the work directory: ${path}`, { skip }, async (t) => {
    const work = new GitWork(t);
    const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
    const outside = join(work.root, "outside");
    mkdirSync(outside);
    symlinkSync("/away", join(work.dir, "link"));
    symlinkSync("../../../..", join(work.dir, "link-up"));
    const end = await work.run("git-clone", { repoURL: remote, checkout: [{ branch: "main", path }] });
    if (path === "..") assert.match(end.error ?? "", /fatal: '<work>' already exists/);
    else assert.equal(existsSync(join(work.dir, expected, "a")), true);
    assert.deepEqual(readdirSync(outside), []);
    assert.equal(existsSync("/abs"), false);
    assert.equal(existsSync("/away"), false);
  });
}

test("git-clone: a link to the outside that leads through a checkout is taken inside too", {
  skip,
}, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const outside = join(work.root, "outside");
  mkdirSync(outside);
  const other = join(work.root, "with-link");
  git(work.root, "clone", "--quiet", remote, other);
  symlinkSync(outside, join(other, "evil"));
  git(other, "add", ".");
  git(other, "commit", "--quiet", "-m", "link");
  git(other, "push", "--quiet", "origin", "HEAD:main");
  git(remote, "tag", "v1", "main");
  const checkout = [
    { branch: "main", path: "src" },
    { tag: "v1", path: "src/evil/in" },
  ];
  await work.succeed("git-clone", { repoURL: remote, checkout });
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(existsSync(join(work.dir, outside, "in/a")), true);
});

test("git-clone: an author of the step commits with that name", { skip }, async (t) => {
  const work = new GitWork(t, { user: { name: "System", email: "system@example.com" } });
  const remote = makeRemote(join(work.root, "r.git"));
  const author = { name: 'Ada "the" Bot', email: "Bot <bot@example.com>" };
  const checkout = [{ branch: "main", path: "src", create: true }];
  await work.succeed("git-clone", { repoURL: remote, author, checkout });
  assert.equal(git(remote, "log", "--format=%an|%ae", "main"), 'Ada "the" Bot|Bot bot@example.com');
});

test("git-clone: a second run in the same work directory meets what the first one left", {
  skip,
}, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const config = { repoURL: remote, checkout: [{ branch: "main", path: "src" }] };
  await work.succeed("git-clone", config);
  const again = await work.run("git-clone", config);
  assert.match(again.error ?? "", /fatal: '<work>\/src' already exists/);
});
