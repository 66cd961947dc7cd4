// git-push and its remote: credentials, a line that breaks, an abort, and where the commit can be seen.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startGitServer } from "../support/git-http-server";
import { git, makeRemote, missingGit, processesThatMention, writeFiles } from "../support/git-repos";
import { committed, GitWork } from "../support/git-steps";

const skip = missingGit();

test("git-push: an abort in the middle of a push ends git, and the remote has nothing half", {
  skip,
}, async (t) => {
  const stopping = new AbortController();
  const work = new GitWork(t, { signal: stopping.signal });
  const remote = makeRemote(join(work.root, "r.git"), { a: "base" });
  const before = git(remote, "rev-parse", "main");
  const server = await startGitServer(work.root, { hangOn: /git-receive-pack$/ });
  t.after(() => server.close());
  await work.succeed("git-clone", {
    repoURL: `${server.url}/r.git`,
    checkout: [{ branch: "main", path: "src" }],
  });
  writeFiles(join(work.dir, "src"), { a: "ours" });
  await work.succeed("git-commit", { path: "src", message: "ours" });
  const pushing = work.run("git-push", { path: "src" });
  await server.hanging;
  stopping.abort(new Error("stopped"));
  await assert.rejects(pushing, { message: "stopped" });
  assert.deepEqual(processesThatMention(work.dir), []);
  assert.equal(git(remote, "rev-parse", "main"), before);
});

test("git-push: a remote that asks for credentials: none, wrong, right", { skip }, async (t) => {
  const password = "push-secret-value";
  const work = new GitWork(t, { credentials: { username: "ada", password } });
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const server = await startGitServer(work.root, { user: { name: "ada", password } });
  t.after(() => server.close());
  const tree = join(work.dir, "src");
  const repoURL = `${server.url}/r.git`;
  await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  writeFiles(tree, { a: "2" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  const none = await new GitWork(t, {}, work.root).run("git-push", { path: "src" });
  assert.match(none.error ?? "", /could not read Password for 'http:\/\/ada@127/);
  const wrong = { credentials: { username: "ada", password: "wrong-value" } };
  const refused = await work.with(t, wrong).run("git-push", { path: "src" });
  assert.match(refused.error ?? "", /Authentication failed/);
  assert.equal(refused.error?.includes("wrong-value"), false);
  await work.succeed("git-push", { path: "src" });
  assert.equal(git(remote, "log", "-1", "--format=%s", "main"), "m");
  assert.equal(work.log.join("\n").includes(password), false);
});

test("git-push: a password in the URL pushes too, and stays out of every text", { skip }, async (t) => {
  const password = "p@ss/word";
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const server = await startGitServer(work.root, { user: { name: "ada", password } });
  t.after(() => server.close());
  const written = encodeURIComponent(password);
  const repoURL = `${server.url.replace("://", `://ada:${written}@`)}/r.git`;
  await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  const tree = join(work.dir, "src");
  assert.equal(git(tree, "config", "remote.origin.url"), `${server.url.replace("://", "://ada@")}/r.git`);
  writeFiles(tree, { a: "2" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  await work.succeed("git-push", { path: "src", targetBranch: "uat" });
  assert.equal(git(remote, "log", "-1", "--format=%s", "uat"), "m");
  server.behaviour.refuseWith = 500;
  const end = await work.run("git-push", { path: "src" });
  for (const text of [end.error, JSON.stringify(work.effects), work.log.join("\n")]) {
    assert.equal(text?.includes(password), false);
    assert.equal(text?.includes(written), false, text);
  }
});

test("git-push: the commit's URL, by the provider of the configuration", { skip }, async (t) => {
  const work = new GitWork(t);
  makeRemote(join(work.root, "acme/Repo.git"), { a: "1" });
  const server = await startGitServer(work.root);
  t.after(() => server.close());
  const repoURL = `${server.url}/acme/Repo.git`;
  await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  const head = git(join(work.dir, "src"), "rev-parse", "HEAD");
  const base = `https://${server.url.slice("http://".length)}/acme/repo`;
  const rows = [
    [undefined, undefined],
    ["github", `${base}/commit/${head}`],
    ["gitlab", `${base}/-/commit/${head}`],
    ["bitbucket", `${base}/commits/${head}`],
    ["azure", undefined],
    ["gitea", undefined],
  ] as const;
  for (const [provider, expected] of rows) {
    const output = await work.succeed("git-push", { path: "src", ...(provider && { provider }) });
    assert.equal(output.commitURL, expected, provider);
    assert.equal("commitURL" in output, expected !== undefined);
  }
  const versions = [
    ["1.21.4", true],
    ["v1.12", true],
    ["2", true],
    ["1.10.6", false],
    ["1.11.0-rc1", false],
    ["main", false],
  ] as const;
  for (const [version, isServed] of versions) {
    server.behaviour.giteaVersion = version;
    const { commitURL } = await work.succeed("git-push", { path: "src", provider: "gitea" });
    assert.equal(commitURL, isServed ? `${base}/commit/${head}` : undefined, version);
  }
});

const hosts: readonly (readonly [string, string | undefined])[] = [
  ["github.example.test/acme/r", "https://github.example.test/acme/r/commit/"],
  ["acme.ghe.com/acme/r", "https://acme.ghe.com/acme/r/commit/"],
  ["gitlab.example.test/acme/r", "https://gitlab.example.test/acme/r/-/commit/"],
  ["bitbucket.org/acme/r", "https://bitbucket.org/acme/r/commits/"],
  ["bitbucket.example.test/acme/r", undefined],
  ["dev.azure.com/acme/r", undefined],
  ["git.example.test/acme/r", undefined],
];

for (const [place, expected] of hosts) {
  test(`git-push: the commit's URL at ${place}: ${expected ?? "none"}`, { skip }, async (t) => {
    const work = new GitWork(t);
    makeRemote(join(work.root, "acme/r"), { a: "1" });
    const server = await startGitServer(work.root);
    t.after(() => server.close());
    const before = process.env.http_proxy;
    process.env.http_proxy = server.url; // the host exists nowhere; git reaches the server through it
    t.after(() => {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    });
    const repoURL = `http://${place}`;
    await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
    const { commit, commitURL } = await work.succeed("git-push", { path: "src" });
    assert.equal(commitURL, expected && `${expected}${commit}`);
  });
}

test("git-push: credentials that cannot be looked up", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  const sealed = work.with(t, { lookupFault: new Error("the vault is sealed") });
  const end = await sealed.run("git-push", { path: "src" });
  assert.deepEqual(
    [end.status, end.terminal, end.error],
    ["Errored", false, `error getting credentials for ${remote}: the vault is sealed`],
  );
});

/** A remote that answers so many requests of the push, and what is told then. */
const silences: readonly (readonly [string, number, RegExp])[] = [
  [
    "before it tells its branches",
    0,
    /^error pushing commits to remote: error checking for existence of branch "main" in remote repo "http:.*": error executing cmd \[.*git ls-remote --heads --exit-code http:/,
  ],
  [
    "before it gives its branch",
    2,
    /^error pushing commits to remote: error checking rebase safety: error determining commits to replay: error fetching remote branch "main": error fetching from repo "http:.*": error executing cmd \[.*git fetch origin \+refs\/heads\/main:refs\/remotes\/origin\/main]/,
  ],
];

for (const [name, answers, error] of silences) {
  test(`git-push: a remote that breaks off ${name} is not asked again`, { skip }, async (t) => {
    const work = new GitWork(t, { pushPolicy: "RebaseOrMerge" });
    makeRemote(join(work.root, "r.git"), { a: "1" });
    const server = await startGitServer(work.root);
    t.after(() => server.close());
    const checkout = [{ branch: "main", path: "src" }];
    await work.succeed("git-clone", { repoURL: `${server.url}/r.git`, checkout });
    server.behaviour.answersFirst = server.requests.length + answers;
    const end = await work.run("git-push", { path: "src" });
    assert.deepEqual([end.status, end.terminal], ["Errored", false]);
    assert.match(end.error ?? "", error);
    assert.deepEqual(work.waits, []);
  });
}
