// git-clone and its remote: branches made there, submodules, credentials, certificates, and what goes wrong on the way.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { selfSignedCertificate } from "../support/certificates";
import { startGitServer } from "../support/git-http-server";
import { commitTo, filesAt, git, makeRemote, missingGit, processesThatMention } from "../support/git-repos";
import { GitWork } from "../support/git-steps";

const skip = missingGit();

test("git-clone: a missing branch is created at the remote with one empty commit", { skip }, async (t) => {
  const work = new GitWork(t, { user: { name: "Bot", email: "bot@example.com" } });
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const checkout = [
    { branch: "main", path: "src" },
    { branch: "stage/test", path: "out", create: true },
  ];
  const { commits } = await work.succeed("git-clone", { repoURL: remote, checkout });
  const made = git(remote, "rev-parse", "stage/test");
  assert.equal((commits as Record<string, string>).out, made);
  assert.equal(
    git(remote, "log", "--format=%an <%ae>|%cn <%ce>|%P|%B", "stage/test"),
    "Bot <bot@example.com>|Bot <bot@example.com>||Initial commit",
  );
  assert.deepEqual(filesAt(remote, "stage/test"), {});
  assert.deepEqual(readdirSync(join(work.dir, "out")), [".git"]);
  assert.equal(git(join(work.dir, "out"), "branch", "--show-current"), "stage/test");
  assert.deepEqual(
    work.effects.map(({ kind, target }) => [kind, target]),
    [["git.push", `${remote} stage/test`]],
  );
});

test("git-clone: a branch that exists is taken as it is, create or not", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const head = git(remote, "rev-parse", "main");
  const checkout = [{ branch: "main", path: "src", create: true }];
  assert.deepEqual(await work.succeed("git-clone", { repoURL: remote, checkout }), {
    commits: { src: head },
  });
  assert.deepEqual(work.effects, []);
});

test("git-clone: a created branch stays at the remote though the step fails after it", {
  skip,
}, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const checkout = [
    { branch: "new", path: "out", create: true },
    { tag: "nope", path: "src" },
  ];
  assert.equal((await work.run("git-clone", { repoURL: remote, checkout })).status, "Errored");
  assert.equal(git(remote, "log", "--format=%s", "new"), "Initial commit");
});

test("git-clone: a remote that does not take the created branch", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  writeFileSync(join(remote, "hooks/pre-receive"), "#!/bin/sh\necho no new branches >&2\nexit 1\n", {
    mode: 0o755,
  });
  const checkout = [{ branch: "new", path: "out", create: true }];
  const end = await work.run("git-clone", { repoURL: remote, checkout });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  const start =
    "error ensuring existence of remote branch new: error pushing initial commit to new branch " +
    `"new" to repo ${remote}: error pushing branch: error executing cmd [`;
  assert.ok(end.error?.startsWith(start), end.error);
  assert.match(end.error ?? "", /git push origin HEAD:new]: .*remote: no new branches/s);
  assert.equal(existsSync(join(work.dir, "out")), false);
});

test("git-clone: a remote that stops answering after the clone", { skip }, async (t) => {
  const work = new GitWork(t);
  makeRemote(join(work.root, "r.git"), { a: "1" });
  // A clone asks three times: what the remote can, what it has, and for that.
  const server = await startGitServer(work.root, { answersFirst: 3 });
  t.after(() => server.close());
  const repoURL = `${server.url}/r.git`;
  const end = await work.run("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  const start =
    "error ensuring existence of remote branch main: error checking if remote branch " +
    `"main" of repo ${repoURL} exists: error checking for existence of branch "main" in remote repo ` +
    `"${repoURL}": error executing cmd [`;
  assert.ok(end.error?.startsWith(start), end.error);
});

test("git-clone: a branch that somebody else creates at the same moment is taken as it is", {
  skip,
}, async (t) => {
  let remote = "";
  let theirs = "";
  const work = new GitWork(t, {
    effects: {
      perform: (_effect, act) => {
        theirs ||= commitTo(remote, "stage/test", { b: "1" }, "theirs");
        return act();
      },
    },
  });
  remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const checkout = [{ branch: "stage/test", path: "out", create: true }];
  const { commits } = await work.succeed("git-clone", { repoURL: remote, checkout });
  assert.deepEqual(commits, { out: theirs });
  assert.equal(git(remote, "rev-parse", "stage/test"), theirs);
  assert.equal(existsSync(join(work.dir, "out/b")), true);
});

test("git-clone: a remote without any commit gets its first branch", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"));
  await work.succeed("git-clone", {
    repoURL: remote,
    checkout: [{ branch: "main", path: "src", create: true }],
  });
  assert.equal(git(remote, "rev-list", "--count", "main"), "1");
});
test("git-clone: submodules stay empty unless they are asked for, and then get the same credentials", {
  skip,
}, async (t) => {
  const credentials = { username: "ada", password: "sub-secret" };
  const work = new GitWork(t, { credentials });
  makeRemoteWithModule(work, "../lib.git");
  const server = await startGitServer(work.root, { user: { name: "ada", password: "sub-secret" } });
  t.after(() => server.close());
  const repoURL = `${server.url}/r.git`;
  await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "plain" }] });
  assert.deepEqual(readdirSync(join(work.dir, "plain/lib")), []);
  const checkout = [{ branch: "main", path: "full" }];
  await work.succeed("git-clone", { repoURL, recurseSubmodules: true, checkout });
  assert.equal(readFileSync(join(work.dir, "full/lib/lib.txt"), "utf8"), "lib");
});

test("git-clone: a submodule that cannot be fetched", { skip }, async (t) => {
  const work = new GitWork(t);
  makeRemoteWithModule(work, "../gone.git");
  const server = await startGitServer(work.root);
  t.after(() => server.close());
  const end = await work.run("git-clone", {
    repoURL: `${server.url}/r.git`,
    recurseSubmodules: true,
    checkout: [{ branch: "main", path: "src" }],
  });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  assert.match(
    end.error ?? "",
    /^error updating submodules for worktree at <work>\/src: error updating submodules: error executing cmd \[.*git submodule update --init --recursive]: /,
  );
});

test("git-clone: credentials sign in, and rest nowhere in the work directory", { skip }, async (t) => {
  const password = "very-secret-value";
  const work = new GitWork(t, { credentials: { username: "ada", password } });
  makeRemote(join(work.root, "r.git"), { a: "1" });
  const server = await startGitServer(work.root, { user: { name: "ada", password } });
  t.after(() => server.close());
  const repoURL = `${server.url}/r.git`;
  await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  assert.equal(git(join(work.dir, "src"), "config", "remote.origin.url"), repoURL.replace("://", "://ada@"));
  assert.equal(git(join(work.dir, "src"), "config", "kargo.repoOriginalURL"), repoURL);
  for (const name of readdirSync(work.dir, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const content = readFileSync(join(name.parentPath, name.name), "latin1");
    assert.equal(content.includes(password), false, name.name);
  }
  assert.equal(work.log.join("\n").includes(password), false);
});

test("git-clone: credentials are looked up by the URL as it is written", { skip }, async (t) => {
  const work = new GitWork(t);
  makeRemote(join(work.root, "Acme/R.git"), { a: "1" });
  const server = await startGitServer(work.root);
  t.after(() => server.close());
  const repoURL = `${server.url}/Acme/R.git`;
  await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  await work.succeed("git-push", { path: "src" });
  assert.deepEqual(work.lookups, [`git ${repoURL}`, `git ${repoURL}`]);
});

test("git-clone: no repository where the URL says", { skip }, async (t) => {
  const work = new GitWork(t);
  const server = await startGitServer(work.root);
  t.after(() => server.close());
  const repoURL = `${server.url}/none.git`;
  const end = await work.run("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  assert.ok(end.error?.startsWith(`error cloning ${repoURL}: error cloning repo "${repoURL}" into "<work>/`));
});

test("git-clone: credentials that are wrong, missing, or cannot be looked up", { skip }, async (t) => {
  const work = new GitWork(t, { credentials: { username: "ada", password: "wrong-value" } });
  makeRemote(join(work.root, "r.git"), { a: "1" });
  const server = await startGitServer(work.root, { user: { name: "ada", password: "right-value" } });
  t.after(() => server.close());
  const config = { repoURL: `${server.url}/r.git`, checkout: [{ branch: "main", path: "src" }] };
  const wrong = await work.run("git-clone", config);
  assert.equal(wrong.status, "Errored");
  assert.match(
    wrong.error ?? "",
    /^error cloning http:.*: error cloning repo "http:.*" into "<work>\/repo-.*\/repo": .*Authentication failed/s,
  );
  assert.equal(wrong.error?.includes("wrong-value"), false);
  const lookup = { lookupFault: new Error("the vault is sealed") };
  const sealed = await work.with(t, lookup).run("git-clone", config);
  assert.equal(sealed.status, "Errored");
  assert.equal(sealed.error, `error getting credentials for ${config.repoURL}: the vault is sealed`);
  const missing = await new GitWork(t, {}, work.root).run("git-clone", config);
  assert.match(missing.error ?? "", /could not read Username for 'http:/);
});

test("git-clone: an abort in the middle of a clone ends everything and keeps the reason", {
  skip,
}, async (t) => {
  const stopping = new AbortController();
  const work = new GitWork(t, { signal: stopping.signal });
  makeRemote(join(work.root, "r.git"), { a: "1" });
  const server = await startGitServer(work.root, { hangOn: /git-upload-pack$/ });
  t.after(() => server.close());
  const cloning = work.run("git-clone", {
    repoURL: `${server.url}/r.git`,
    checkout: [{ branch: "main", path: "s" }],
  });
  await server.hanging;
  stopping.abort(new Error("stopped"));
  await assert.rejects(cloning, { message: "stopped" });
  assert.deepEqual(processesThatMention(work.dir), []);
});

test("git-clone: a held creation of a branch leaves the remote alone, and the checkout is there", {
  skip,
}, async (t) => {
  const work = new GitWork(t, { effects: { perform: async () => undefined as never } });
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const checkout = [{ branch: "new", path: "src", create: true }];
  await work.succeed("git-clone", { repoURL: remote, checkout });
  assert.equal(git(remote, "branch", "--list", "new"), "");
  assert.equal(git(join(work.dir, "src"), "branch", "--show-current"), "new");
});

const skipTls = skip || (spawnSync("openssl", ["version"]).error ? "openssl is missing" : false);

test("git-clone: a certificate nobody vouches for: refused, or accepted for the clone's life", {
  skip: skipTls,
}, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const server = await startGitServer(work.root, { tls: selfSignedCertificate(work.root) });
  t.after(() => server.close());
  const config = { repoURL: `${server.url}/r.git`, checkout: [{ branch: "main", path: "src" }] };
  const refused = await work.run("git-clone", config);
  assert.match(refused.error ?? "", /server certificate verification failed|SSL certificate problem/);
  await work.succeed("git-clone", { ...config, insecureSkipTLSVerify: true });
  writeFileSync(join(work.dir, "src/a"), "2");
  await work.succeed("git-commit", { path: "src", message: "m" });
  await work.succeed("git-push", { path: "src" });
  assert.equal(git(remote, "log", "-1", "--format=%s", "main"), "m");
});

/** `r.git`, with a submodule of `lib.git` that its .gitmodules finds at `url`. */
function makeRemoteWithModule(work: GitWork, url: string): void {
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const library = makeRemote(join(work.root, "lib.git"), { "lib.txt": "lib" });
  const other = join(work.root, "with-module");
  git(work.root, "clone", "--quiet", remote, other);
  git(other, "submodule", "--quiet", "add", library, "lib");
  git(other, "config", "--file", ".gitmodules", "submodule.lib.url", url);
  git(other, "commit", "--quiet", "-am", "module");
  git(other, "push", "--quiet", "origin", "HEAD:main");
}
