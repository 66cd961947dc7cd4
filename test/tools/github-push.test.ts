// github-push against GitHub's endpoints on loopback, with a real repository behind them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { HostedRequest } from "../support/git-hosting-server";
import { commitTo, filesAt, git, missingGit, writeFiles } from "../support/git-repos";
import { githubUser } from "../support/github-git-data";
import { checkNoStaging, commit, committed, step } from "../support/github-push-work";
import { makeGpgKey, missingGpg } from "../support/gpg-key";

const skip = missingGit();

test("github-push: commits are made anew and the working tree follows them", { skip }, async (t) => {
  const { work, remote, tree, repoURL } = await committed(t);
  await commit(work, { b: "ours" }, "more\n\nbody");
  const before = git(tree, "rev-parse", "HEAD");
  const base = git(remote, "rev-parse", "main");
  const output = await work.succeed("github-push", step);
  const head = git(remote, "rev-parse", "main");
  assert.notEqual(head, before);
  assert.deepEqual(output, {
    commit: head,
    branch: "main",
    commitURL: `${repoURL.replace("http:", "https:")}/commit/${head}`,
  });
  assert.equal(git(tree, "rev-parse", "HEAD"), head);
  assert.equal(git(remote, "rev-parse", "main~2"), base);
  assert.deepEqual(filesAt(remote, "main"), { a: "ours", b: "ours" });
  assert.equal(
    git(remote, "log", "-2", "--format=%an %ae|%cn|%B", "main").replace(/\n+/g, "/"),
    "Kargo no-reply@kargo.io|Kargo|more/body/Kargo no-reply@kargo.io|Kargo|ours",
  );
  assert.deepEqual(work.effects, [
    {
      kind: "github.push",
      target: `${repoURL} main`,
      summary: `Push ${repoURL} main through GitHub's API`,
    },
  ]);
  checkNoStaging(remote);
});

test("github-push: a commit that a trusted key has signed is left to GitHub to sign", {
  skip: skip || missingGpg(),
}, async (t) => {
  const key = makeGpgKey(t, "Bot", "bot@example.com");
  const user = { name: "Bot", email: "bot@example.com", signingKey: key.privateKey };
  const { work, hosting, remote } = await committed(t, { user });
  await work.succeed("github-push", step);
  assert.equal(
    git(remote, "log", "-1", "--format=%an|%ae|%B", "main"),
    `${githubUser.name}|${githubUser.email}|ours`,
  );
  const made = hosting.requests.find(({ path }) => path.endsWith("/git/commits"));
  assert.deepEqual(Object.keys(made?.body ?? {}).sort(), ["message", "parents", "tree"]);
});

test("github-push: a commit of somebody else's that a rebase has signed tells its author as a co-author", {
  skip: skip || missingGpg(),
}, async (t) => {
  const key = makeGpgKey(t, "Bot", "bot@example.com");
  const user = { name: "Bot", email: "bot@example.com", signingKey: key.privateKey };
  const { work, remote } = await committed(t, { user });
  writeFiles(join(work.dir, "src"), { a: "more" });
  const author = { name: "Ada", email: "ada@example.com" };
  await work.succeed("git-commit", { path: "src", message: "Ada's", author });
  commitTo(remote, "main", { b: "theirs" }, "theirs");
  await work.succeed("github-push", step);
  assert.equal(
    git(remote, "log", "-2", "--format=%an|%B", "main").replace(/\n+/g, "/"),
    `${githubUser.name}|Ada's/Co-authored-by: Ada <ada@example.com>/${githubUser.name}|ours`,
  );
});

test("github-push: with every commit verified, the author is kept as a co-author", { skip }, async (t) => {
  const { work, remote } = await committed(t, { githubPush: { verifiesUntrustedCommits: true } });
  await work.succeed("github-push", step);
  assert.equal(
    git(remote, "log", "-1", "--format=%an|%B", "main"),
    `${githubUser.name}|ours\n\nCo-authored-by: Kargo <no-reply@kargo.io>`,
  );
});

test("github-push: a merge keeps both its parents", { skip }, async (t) => {
  const { work, remote } = await committed(t, { pushPolicy: "AlwaysMerge" });
  const theirs = commitTo(remote, "main", { b: "theirs" }, "theirs");
  await work.succeed("github-push", step);
  const parents = git(remote, "log", "-1", "--format=%P", "main").split(" ");
  assert.equal(parents.length, 2);
  assert.ok(parents.includes(theirs));
  const ours = parents.find((one) => one !== theirs) ?? "";
  assert.equal(git(remote, "log", "-1", "--format=%s %P", ours), `ours ${theirs}`);
  assert.deepEqual(filesAt(remote, "main"), { a: "ours", b: "theirs" });
});

test("github-push: a merge of a commit that is not replayed keeps that parent as it is", {
  skip,
}, async (t) => {
  const { work, remote, tree } = await committed(t, { pushPolicy: "None" });
  const first = git(remote, "rev-parse", "main");
  await work.succeed("git-push", step);
  const base = git(remote, "rev-parse", "main");
  await commit(work, { b: "ours" }, "second");
  const merge = git(tree, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-p", first, "-m", "merge");
  git(tree, "reset", "--quiet", "--hard", merge);
  await work.succeed("github-push", step);
  const [second = "", kept] = git(remote, "log", "-1", "--format=%P", "main").split(" ");
  assert.equal(kept, first);
  assert.equal(git(remote, "log", "-1", "--format=%s %P", second), `second ${base}`);
});

test("github-push: somebody else's commits come in first", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  commitTo(remote, "main", { b: "theirs" }, "theirs");
  await work.succeed("github-push", step);
  assert.equal(git(remote, "log", "--format=%s", "main"), "ours\ntheirs\nfirst");
  assert.deepEqual(work.waits, []);
});

test("github-push: somebody faster between comparison and update: tried again", { skip }, async (t) => {
  let remote = "";
  let races = 2;
  const fault = ({ method }: HostedRequest) => {
    if (method === "PATCH" && races-- > 0) commitTo(remote, "main", { [`other-${races}`]: "x" }, "theirs");
    return undefined;
  };
  const made = await committed(t, {}, { fault });
  remote = made.remote;
  await made.work.succeed("github-push", step);
  assert.equal(git(remote, "log", "--format=%s", "main"), "ours\ntheirs\ntheirs\nfirst");
  assert.equal(made.work.waits.length, 2);
  made.work.waits.forEach((ms, index) => {
    const least = 1000 * 1.5 ** index;
    assert.ok(ms >= least && ms < least * 1.5, `wait ${index}: ${ms}`);
  });
  checkNoStaging(remote);
});

test("github-push: nothing to push", { skip }, async (t) => {
  const { work, hosting, remote } = await committed(t);
  await work.succeed("git-push", step);
  const head = git(remote, "rev-parse", "main");
  const output = await work.succeed("github-push", step);
  assert.equal(output.commit, head);
  assert.ok(!hosting.calls.some((call) => /^(POST|PATCH)/.test(call)));
  checkNoStaging(remote);
});

const targets: readonly (readonly [string, object, string])[] = [
  ["a new branch", { targetBranch: "stage/uat" }, "stage/uat"],
  ["a generated branch", { generateTargetBranch: true }, "kargo/promotion/promo"],
];

for (const [name, config, branch] of targets) {
  test(`github-push: ${name} starts from the branch that is checked out`, { skip }, async (t) => {
    const { work, remote } = await committed(t);
    const base = git(remote, "rev-parse", "main");
    const output = await work.succeed("github-push", { ...step, ...config });
    assert.equal(output.branch, branch);
    assert.equal(output.commit, git(remote, "rev-parse", branch));
    assert.equal(git(remote, "rev-parse", `${branch}~1`), base);
    assert.equal(git(remote, "rev-parse", "main"), base);
  });
}

test("github-push: a new branch without commits of its own is not made", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  await work.succeed("git-push", step);
  const end = await work.run("github-push", { ...step, targetBranch: "new" });
  assert.equal(end.status, "Errored");
  assert.match(end.error ?? "", /^error syncing local branch after push: error fetching branch "new": /);
  assert.equal(git(remote, "branch", "--list", "new"), "");
});

test("github-push: force gives the other's commits up", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  commitTo(remote, "main", { b: "theirs" }, "theirs");
  await work.succeed("github-push", { ...step, force: true });
  assert.equal(git(remote, "log", "--format=%s", "main"), "ours\nfirst");
});

test("github-push: force moves a branch back", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  await work.succeed("git-push", step);
  const head = git(remote, "rev-parse", "main");
  commitTo(remote, "main", { b: "theirs" }, "theirs");
  await work.succeed("github-push", { ...step, force: true });
  assert.equal(git(remote, "rev-parse", "main"), head);
});

test("github-push: a generated branch that an earlier run left is overwritten", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  commitTo(remote, "kargo/promotion/promo", { b: "left" }, "left");
  await work.succeed("github-push", { ...step, generateTargetBranch: true });
  assert.equal(git(remote, "log", "--format=%s", "kargo/promotion/promo"), "ours\nfirst");
});

test("github-push: a head behind its branch, which is not brought in", { skip }, async (t) => {
  const { work, remote } = await committed(t, { pushPolicy: "None" });
  await work.succeed("git-push", step);
  const theirs = commitTo(remote, "main", { b: "theirs" }, "theirs");
  const end = await work.run("github-push", { ...step, maxAttempts: 2 });
  assert.deepEqual(
    [end.status, end.terminal, end.error],
    [
      "Errored",
      false,
      "error pushing commits to remote: source branch is behind target branch and force pushing is not enabled",
    ],
  );
  assert.equal(work.waits.length, 1);
  assert.equal(git(remote, "rev-parse", "main"), theirs);
});

test("github-push: commits of both sides that are not integrated: tried nine times", { skip }, async (t) => {
  const { work, remote } = await committed(t, { pushPolicy: "None" });
  commitTo(remote, "main", { b: "theirs" }, "theirs");
  const end = await work.run("github-push", step);
  assert.equal(end.status, "Errored");
  assert.equal(end.terminal, false);
  assert.equal(
    end.error,
    "error pushing commits to remote: source and target branches have diverged and force pushing is not enabled",
  );
  assert.equal(work.effects.length, 9);
  assert.equal(work.waits.length, 8);
  assert.equal(end.warnings.length, 1);
  checkNoStaging(remote);
});

test("github-push: a conflict when merging", { skip }, async (t) => {
  const { work, remote } = await committed(t, { pushPolicy: "AlwaysMerge" });
  commitTo(remote, "main", { a: "theirs" }, "theirs");
  const end = await work.run("github-push", step);
  assert.deepEqual(
    [end.status, end.terminal, end.error],
    [
      "Failed",
      true,
      'error integrating remote changes from remote branch "main" to local branch "main": merge conflict',
    ],
  );
  assert.deepEqual(work.effects, []);
});

test("github-push: a conflict when rebasing is Errored, as in git-push", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  commitTo(remote, "main", { a: "theirs" }, "theirs");
  const end = await work.run("github-push", step);
  assert.deepEqual([end.status, end.terminal, end.warnings.length], ["Errored", false, 1]);
  assert.match(
    end.error ?? "",
    /^error pushing commits to remote: error integrating remote changes from remote branch "main" to local branch "main": error pulling and rebasing branch: .*CONFLICT/s,
  );
  assert.deepEqual(work.effects, []);
});

test("github-push: a rebase that would falsify signatures, where nothing else is allowed", {
  skip: skip || missingGpg(),
}, async (t) => {
  const key = makeGpgKey(t, "Bot", "bot@example.com");
  const user = { name: "Bot", email: "bot@example.com", signingKey: key.privateKey };
  const { work, remote } = await committed(t, { user, pushPolicy: "RebaseOrFail" });
  writeFiles(join(work.dir, "src"), { a: "more" });
  const author = { name: "Ada", email: "ada@example.com" };
  await work.succeed("git-commit", { path: "src", message: "unsigned", author });
  commitTo(remote, "main", { b: "theirs" }, "theirs");
  const end = await work.run("github-push", step);
  assert.deepEqual(
    [end.status, end.terminal, end.error],
    [
      "Failed",
      true,
      'error integrating remote changes from remote branch "main" to local branch "main": ' +
        "rebase is unsafe and policy prohibits merge fallback",
    ],
  );
});

const limits: readonly (readonly [number | undefined, number, boolean])[] = [
  [undefined, 10, true],
  [undefined, 11, false],
  [2, 2, true],
  [2, 3, false],
];

for (const [maxRevisions, count, passes] of limits) {
  test(`github-push: ${count} commits where ${maxRevisions ?? "the default"} may go`, { skip }, async (t) => {
    const { work, remote } = await committed(
      t,
      maxRevisions === undefined ? {} : { githubPush: { maxRevisions } },
    );
    for (let i = 1; i < count; i++) await commit(work, { a: `${i}` }, `${i}`);
    const end = await work.run("github-push", step);
    if (passes) {
      assert.equal(end.status, "Succeeded");
      return;
    }
    assert.equal(end.status, "Errored");
    assert.equal(end.terminal, true);
    assert.match(
      end.error ?? "",
      new RegExp(
        `^error pushing commits to remote: commit range \\w+\\.\\.\\w+ contains ${count} commits, .* ${maxRevisions ?? 10}$`,
      ),
    );
    checkNoStaging(remote);
  });
}
