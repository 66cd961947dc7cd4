import assert from "node:assert/strict";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { git, makeRemote, missingGit, processesThatMention, writeFiles } from "../support/git-repos";
import { GitWork } from "../support/git-steps";
import { missingSshd, startSshServer } from "../support/ssh-server";

const skip = missingGit() || missingSshd();

for (const workDir of ["work", "my work (it's new)"]) {
  test(`SSH: a key clones and pushes, nothing works without, and it rests nowhere between steps: ${workDir}`, {
    skip,
  }, async (t) => {
    const work = new GitWork(t, { workDir });
    const server = await startSshServer(t, work.root);
    const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
    const withKey = work.with(t, { credentials: { sshPrivateKey: server.privateKey } });
    const repoURL = server.url + remote;
    const unknown = await work.run("git-clone", { repoURL, checkout: [{ branch: "main", path: "none" }] });
    assert.equal(unknown.status, "Errored");
    assert.match(unknown.error ?? "", /Can't open user config file .*\.ssh\/config: No such file/);
    await withKey.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
    const tree = join(work.dir, "src");
    const home = git(tree, "config", "kargo.repoHomeDir");
    assert.equal(existsSync(join(home, ".ssh")), false);
    writeFiles(tree, { a: "2" });
    await withKey.succeed("git-commit", { path: "src", message: "m" });
    await withKey.succeed("git-push", { path: "src" });
    assert.equal(git(remote, "log", "-1", "--format=%s", "main"), "m");
    assert.equal(existsSync(join(home, ".ssh")), false);
    const anonymous = await work.run("git-push", { path: "src" });
    assert.equal(anonymous.status, "Errored");
    assert.match(
      anonymous.error ?? "",
      /Can't open user config file .*\.ssh\/config: No such file or directory/,
    );
  });
}

test("SSH: a key that is not let in", { skip }, async (t) => {
  const work = new GitWork(t, { credentials: { sshPrivateKey: "no key at all\n" } });
  const server = await startSshServer(t, work.root);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const checkout = [{ branch: "main", path: "src" }];
  const end = await work.run("git-clone", { repoURL: server.url + remote, checkout });
  assert.equal(end.status, "Errored");
  assert.match(end.error ?? "", /Permission denied/);
  assert.deepEqual(processesThatMention(work.dir), []);
});

test("SSH: an abort ends ssh too", { skip }, async (t) => {
  const stopping = new AbortController();
  const work = new GitWork(t, { signal: stopping.signal });
  const server = await startSshServer(t, work.root);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  // The other side waits for its hook, so that git and ssh wait for the other side.
  writeFiles(remote, {
    "hooks/pre-receive": "#!/bin/sh\ntouch hook-runs\nwhile [ -e hook-runs ]; do sleep 0.1; done\n",
  });
  chmodSync(join(remote, "hooks/pre-receive"), 0o755);
  const withKey = work.with(t, { credentials: { sshPrivateKey: server.privateKey } });
  await withKey.succeed("git-clone", {
    repoURL: server.url + remote,
    checkout: [{ branch: "main", path: "src" }],
  });
  writeFiles(join(work.dir, "src"), { a: "2" });
  await withKey.succeed("git-commit", { path: "src", message: "m" });
  const pushing = withKey.run("git-push", { path: "src" });
  for (let i = 0; i < 500 && !existsSync(join(remote, "hook-runs")); i++) await sleep(20);
  assert.ok(processesThatMention(work.dir).some((command) => command.startsWith("ssh ")));
  stopping.abort(new Error("stopped"));
  await assert.rejects(pushing, { message: "stopped" });
  assert.deepEqual(processesThatMention(work.dir), []);
  rmSync(join(remote, "hook-runs"));
});
