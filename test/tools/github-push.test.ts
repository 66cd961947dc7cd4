// github-push against GitHub's endpoints on loopback, with a real repository behind them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { GitHosting, type HostedRequest, type HostingBehaviour } from "../support/git-hosting-server";
import { commitTo, filesAt, git, missingGit, writeFiles } from "../support/git-repos";
import { GitWork, type GitWorkOptions } from "../support/git-steps";
import { githubUser } from "../support/github-git-data";
import { makeGpgKey, missingGpg } from "../support/gpg-key";

const skip = missingGit();
const credentials = { username: "kargo", password: "t0ken" };
const step = { path: "src" };
const repo = "acme/deploy";

/** A clone of a hosted repository with one commit of ours that is nowhere else. */
async function committed(t: TestContext, options: GitWorkOptions = {}, behaviour: HostingBehaviour = {}) {
  const work = new GitWork(t, { credentials, ...options });
  const hosting = await GitHosting.start("github", join(work.root, "hosting"), {
    token: "t0ken",
    ...behaviour,
  });
  t.after(() => hosting.close());
  const remote = hosting.makeRepository(repo, { a: "base", b: "base" });
  const tree = join(work.dir, "src");
  const repoURL = `${hosting.url}/${repo}`;
  await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  await commit(work, { a: "ours" }, "ours");
  return { work, hosting, remote, tree, repoURL };
}

async function commit(work: GitWork, files: Readonly<Record<string, string>>, message: string) {
  writeFiles(join(work.dir, "src"), files);
  await work.succeed("git-commit", { path: "src", message });
}

/** Nothing of the detour stays at GitHub. */
function checkNoStaging(remote: string): void {
  assert.equal(git(remote, "for-each-ref", "refs/kargo"), "");
}

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

const unusable: readonly (readonly [string, GitWorkOptions["credentials"], RegExp])[] = [
  ["none", undefined, /^no credentials found for http:.*\/acme\/deploy$/],
  [
    "an SSH key",
    { sshPrivateKey: "key" },
    /^found SSH key for http:.*\/acme\/deploy; .* GitHub App instead$/,
  ],
  [
    "no password",
    { username: "kargo" },
    /^credentials for http:.*\/acme\/deploy are missing a password\/token$/,
  ],
];

for (const [name, given, error] of unusable) {
  test(`github-push: credentials: ${name}`, { skip }, async (t) => {
    const { work } = await committed(t);
    const end = await work.with(t, { credentials: given } as GitWorkOptions).run("github-push", step);
    assert.deepEqual([end.status, end.terminal], ["Failed", true]);
    assert.match(end.error ?? "", error);
  });
}

test("github-push: a URL that names no repository of GitHub", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ branch: "main", path: "other" }] });
  const end = await work.run("github-push", { path: "other" });
  assert.equal(end.status, "Errored");
  assert.match(
    end.error ?? "",
    /^error parsing repository URL: could not extract repository owner and name from URL /,
  );
});

test("github-push: a wrong token", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  const wrong = work.with(t, { credentials: { username: "kargo", password: "wr0ng" } });
  const end = await wrong.run("github-push", step);
  assert.equal(end.status, "Errored");
  assert.equal(end.terminal, false);
  assert.match(
    end.error ?? "",
    /^error pushing commits to remote: error getting ref heads\/main: GET .*: 401 Bad credentials \[\]$/,
  );
  assert.ok(!end.error?.includes("wr0ng"));
  assert.deepEqual(wrong.waits, []);
  assert.match(wrong.log.join("\n"), /refs\/kargo\/staging\/promo could not be removed/);
  assert.equal(git(remote, "log", "--format=%s", "main"), "first");
});

test("github-push: whoever holds effects holds everything GitHub would see", { skip }, async (t) => {
  const effects = {
    perform: async () => {
      throw new Error("held");
    },
  };
  const { work, hosting, remote } = await committed(t, { effects });
  const end = await work.run("github-push", step);
  assert.equal(end.error, "error pushing commits to remote: held");
  assert.deepEqual(hosting.calls, []);
  checkNoStaging(remote);
});

test("github-push: an abort while GitHub keeps silent takes the staging ref away", { skip }, async (t) => {
  const stopping = new AbortController();
  const made = await committed(
    t,
    { signal: stopping.signal },
    { fault: ({ path }) => (path.endsWith("/git/commits") ? "hang" : undefined) },
  );
  void made.hosting.hanging.then(() => stopping.abort(new Error("stopped")));
  await assert.rejects(made.work.run("github-push", step), { message: "stopped" });
  checkNoStaging(made.remote);
  assert.equal(git(made.remote, "log", "--format=%s", "main"), "first");
});
