// Commits and tags signed by real keys, and what signatures mean for a rebase.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { PushIntegrationPolicy } from "../../src/engine/tools/git-push";
import { commitSignature } from "../../src/engine/tools/git-signature";
import { Worktree } from "../../src/engine/tools/git-worktree";
import { tempFolderPrefix } from "../../src/engine/tools/temp-folders";
import { commitTo, git, makeRemote, missingGit, processesThatStay, writeFiles } from "../support/git-repos";
import { GitWork, type GitWorkOptions } from "../support/git-steps";
import { makeGpgKey, missingGpg } from "../support/gpg-key";

const skip = missingGit() || missingGpg();
const signal = new AbortController().signal;

async function signedClone(t: TestContext, options: GitWorkOptions = {}) {
  const key = makeGpgKey(t, "Bot", "bot@example.com");
  const user = { name: "Bot", email: "bot@example.com", signingKey: key.privateKey };
  const work = new GitWork(t, { user, ...options });
  const remote = makeRemote(join(work.root, "r.git"), { a: "1", b: "1" });
  await work.succeed("git-clone", {
    repoURL: remote,
    checkout: [
      { branch: "main", path: "src" },
      { branch: "new", path: "new", create: true },
    ],
  });
  return { key, user, work, remote, tree: join(work.dir, "src") };
}

test("signing: everything the clone's identity makes is signed: commits, tags, rebased commits, new branches", {
  skip,
}, async (t) => {
  const { key, work, remote, tree } = await signedClone(t);
  assert.equal(key.verify(remote, "commit", "new"), 0);
  writeFiles(tree, { a: "2" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  assert.equal(key.verify(tree, "commit", "HEAD"), 0);
  await work.succeed("git-tag", { path: "src", tag: "v1", message: "one" });
  assert.equal(key.verify(tree, "tag", "v1"), 0);
  commitTo(remote, "main", { b: "theirs" }, "theirs");
  await work.succeed("git-push", { path: "src" });
  assert.equal(git(remote, "log", "-2", "--format=%s", "main"), "m\ntheirs");
  assert.equal(key.verify(remote, "commit", "main"), 0);
  assert.notEqual(key.verify(remote, "commit", "main~1"), 0);
  assert.deepEqual(await processesThatStay(work.dir), [], "no key agent is left");
});

test("signing: an author of the step's own signs with its own key, or not at all", { skip }, async (t) => {
  const { key, work, tree } = await signedClone(t);
  const other = makeGpgKey(t, "Ada", "ada@example.com");
  const ada = { name: "Ada", email: "ada@example.com" };
  writeFiles(tree, { a: "2" });
  await work.succeed("git-commit", {
    path: "src",
    message: "m",
    author: { ...ada, signingKey: other.privateKey },
  });
  assert.equal(other.verify(tree, "commit", "HEAD"), 0);
  assert.notEqual(key.verify(tree, "commit", "HEAD"), 0);
  writeFiles(tree, { a: "3" });
  await work.succeed("git-commit", { path: "src", message: "m", author: ada });
  assert.equal(git(tree, "cat-file", "-p", "HEAD").includes("gpgsig"), false);
  writeFiles(tree, { a: "4" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  assert.equal(key.verify(tree, "commit", "HEAD"), 0);
  assert.deepEqual(await processesThatStay(work.dir), []);
});

test("signing: an author of the clone's own makes all its commits: with its own key, or unsigned where the system signs", {
  skip,
}, async (t) => {
  const { key, work, remote, tree } = await signedClone(t);
  const ada = { name: "Ada", email: "ada@example.com" };
  const other = makeGpgKey(t, ada.name, ada.email);
  for (const [branch, author] of [
    ["plain", ada],
    ["signed", { ...ada, signingKey: other.privateKey }],
  ] as const) {
    const checkout = [{ branch, path: branch, create: true }];
    await work.succeed("git-clone", { repoURL: remote, author, checkout });
    writeFiles(join(work.dir, branch), { a: "1" });
    await work.succeed("git-commit", { path: branch, message: "m" });
    await work.succeed("git-push", { path: branch });
    const commits = git(remote, "log", "--format=%cn %H", branch).split("\n");
    assert.equal(commits.length, 2);
    for (const commit of commits) {
      const [name, id = ""] = commit.split(" ");
      assert.equal(name, "Ada");
      assert.equal(git(remote, "cat-file", "-p", id).includes("gpgsig"), branch === "signed");
      if (branch === "signed") assert.equal(other.verify(remote, "commit", id), 0);
    }
  }
  assert.equal(key.verify(tree, "commit", "HEAD"), 1, "the first commit is somebody's");
});

test("signing: what a dead key agent left behind is removed before a step works", { skip }, async (t) => {
  const { key, work, tree } = await signedClone(t);
  const keys = join(git(tree, "config", "kargo.repoHomeDir"), ".gnupg");
  const left = ["pubring.kbx.lock", ".#lk0x1.host.1", "deep/x.lock"];
  mkdirSync(join(keys, "deep"));
  for (const name of left) writeFileSync(join(keys, name), "1\n");
  const socket = createServer().listen(join(keys, "S.left"));
  await once(socket, "listening");
  t.after(() => socket.close());
  writeFiles(tree, { a: "2" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  assert.equal(key.verify(tree, "commit", "HEAD"), 0);
  for (const name of [...left, "S.left"]) assert.equal(existsSync(join(keys, name)), false, name);
});

test("signing: signing works where the work directory's path is too long for sockets", {
  skip,
}, async (t) => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith(basename(tempFolderPrefix())));
  const { key, work, tree } = await signedClone(t, { workDir: `${"deep/".repeat(20)}work` });
  writeFiles(tree, { a: "2" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  assert.equal(key.verify(tree, "commit", "HEAD"), 0);
  assert.deepEqual(await processesThatStay(work.dir), []);
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith(basename(tempFolderPrefix()))),
    before,
  );
});

test("signing: keys that are no keys, or want a passphrase, fail with a sentence and ask nobody", {
  skip,
}, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const checkout = [{ branch: "main", path: "src" }];
  const ada = { name: "Ada", email: "ada@example.com" };
  const garbage = await work.run("git-clone", {
    repoURL: remote,
    checkout,
    author: { ...ada, signingKey: "no key" },
  });
  assert.equal(garbage.status, "Errored");
  assert.match(
    garbage.error ?? "",
    /^error cloning .*: error configuring the author: error importing gpg key: error executing cmd .*no valid OpenPGP data found/s,
  );
  const locked = makeGpgKey(t, "Ada", "ada@example.com", "a passphrase");
  const author = { ...ada, signingKey: locked.privateKey };
  await work.succeed("git-clone", { repoURL: remote, checkout, author });
  writeFiles(join(work.dir, "src"), { a: "2" });
  const end = await work.run("git-commit", { path: "src", message: "m" });
  assert.equal(end.status, "Errored");
  assert.match(end.error ?? "", /gpg failed to sign the data/);
  assert.deepEqual(await processesThatStay(work.dir), []);
});

test("signing: an identity that has no key with its address cannot sign", { skip }, async (t) => {
  const key = makeGpgKey(t, "Bot", "bot@example.com");
  const user = { name: "Someone", email: "else@example.com", signingKey: key.privateKey };
  const work = new GitWork(t, { user });
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ branch: "main", path: "src" }] });
  writeFiles(join(work.dir, "src"), { a: "2" });
  const end = await work.run("git-commit", { path: "src", message: "m" });
  assert.match(end.error ?? "", /gpg failed to sign the data/);
});

interface SafetyRow {
  readonly name: string;
  /** Who signs the commit that is to be replayed. */
  readonly commit: "trusted" | "untrusted" | "unsigned";
  readonly signing: boolean;
  readonly safe: boolean;
}

const safety: readonly SafetyRow[] = [
  { name: "ours, and we sign", commit: "trusted", signing: true, safe: true },
  { name: "unsigned, and we sign", commit: "unsigned", signing: true, safe: false },
  { name: "somebody's, and we sign", commit: "untrusted", signing: true, safe: false },
  { name: "somebody's, and we do not sign", commit: "untrusted", signing: false, safe: false },
  { name: "unsigned, and we do not sign", commit: "unsigned", signing: false, safe: true },
];

for (const { name, commit, signing, safe } of safety) {
  for (const pushPolicy of ["RebaseOrMerge", "RebaseOrFail"] satisfies PushIntegrationPolicy[]) {
    test(`git-push, ${pushPolicy}: a commit ${name}`, { skip }, async (t) => {
      const bot = { name: "Bot", email: "bot@example.com" };
      const key = makeGpgKey(t, bot.name, bot.email);
      const user = signing ? { ...bot, signingKey: key.privateKey } : bot;
      const work = new GitWork(t, { user, pushPolicy });
      const remote = makeRemote(join(work.root, "r.git"), { a: "1", b: "1" });
      await work.succeed("git-clone", { repoURL: remote, checkout: [{ branch: "main", path: "src" }] });
      writeFiles(join(work.dir, "src"), { a: "2" });
      const ada = { name: "Ada", email: "ada@example.com" };
      const signed = () => ({ ...ada, signingKey: makeGpgKey(t, ada.name, ada.email).privateKey });
      const author = { trusted: undefined, untrusted: signed, unsigned: () => ada }[commit]?.();
      await work.succeed("git-commit", { path: "src", message: "ours", ...(author && { author }) });
      const theirs = commitTo(remote, "main", { b: "2" }, "theirs");
      const end = await work.run("git-push", { path: "src" });
      if (!safe && pushPolicy === "RebaseOrFail") {
        const error = "rebase is unsafe and policy prohibits merge fallback";
        assert.deepEqual(end, { status: "Failed", error, terminal: true, warnings: [] });
        return;
      }
      assert.equal(end.error, undefined);
      const parents = git(remote, "log", "-1", "--format=%P", "main").split(" ");
      assert.equal(parents.length, safe ? 1 : 2);
      assert.equal(parents.at(-1), theirs);
    });
  }
}

test("git-push, RebaseOrMerge: a merge in place of an unsafe rebase that conflicts fails at once", {
  skip,
}, async (t) => {
  const { work, remote, tree } = await signedClone(t, { pushPolicy: "RebaseOrMerge" });
  writeFiles(tree, { a: "ours" });
  const author = { name: "Ada", email: "ada@example.com" };
  await work.succeed("git-commit", { path: "src", message: "ours", author });
  commitTo(remote, "main", { a: "theirs" }, "theirs");
  const end = await work.run("git-push", { path: "src" });
  assert.deepEqual(end, { status: "Failed", error: "merge conflict", terminal: true, warnings: [] });
});

test("signing: who signed a commit", { skip }, async (t) => {
  const { work, tree } = await signedClone(t);
  writeFiles(tree, { a: "2" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  const loaded = await Worktree.load({ path: tree, workDir: work.dir, programs: {}, signal });
  const run = loaded.run(signal);
  assert.deepEqual(await commitSignature(loaded.client, "HEAD", run), {
    trusted: true,
    signerName: "Bot",
    signerEmail: "bot@example.com",
  });
  assert.deepEqual(await commitSignature(loaded.client, "HEAD~1", run), {
    trusted: false,
    signerName: "",
    signerEmail: "",
  });
  await loaded.close();
});
