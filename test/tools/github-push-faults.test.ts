// github-push where something is missing or refuses: credentials, a head without a branch, GitHub's own answers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { selfSignedCertificate } from "../support/certificates";
import { GitHosting, type HostedAnswer, type HostedRequest } from "../support/git-hosting-server";
import { git, missingGit } from "../support/git-repos";
import { GitWork, type GitWorkOptions } from "../support/git-steps";
import { checkNoStaging, commit, committed, credentials, repo, step } from "../support/github-push-work";

const skip = missingGit();

for (const [name, config] of [
  ["a target that exists nowhere", { targetBranch: "new" }],
  ["no target", {}],
] as const) {
  test(`github-push: a detached head and ${name}: nothing to start from`, { skip }, async (t) => {
    const { work, hosting, remote, repoURL } = await committed(t);
    const first = git(remote, "rev-parse", "main");
    await work.succeed("git-clone", { repoURL, checkout: [{ commit: first, path: "old" }] });
    const end = await work.run("github-push", { path: "old", ...config });
    assert.deepEqual([end.status, end.terminal], ["Errored", false]);
    assert.match(
      end.error ?? "",
      /^error pushing commits to remote: error getting ref heads\/: GET .*\/git\/ref\/heads\/: 404 /,
    );
    assert.equal(hosting.calls.filter((call) => call.startsWith("POST")).length, 0);
    checkNoStaging(remote);
  });
}

interface Fault {
  readonly name: string;
  readonly on: (request: HostedRequest) => boolean;
  readonly answer: HostedAnswer;
  readonly config?: object;
  /** After "error pushing commits to remote: ". */
  readonly error: RegExp;
  readonly terminal?: boolean;
}

const refusal: HostedAnswer = { status: 403, body: { message: "No." } };
const commitOf = (tree: object | undefined) => ({ sha: "5".repeat(40), commit: { message: "m", tree } });
const comparison = (more: object) => ({
  status: 200,
  body: { merge_base_commit: { sha: "a".repeat(40) }, commits: [], ...more },
});
const isCompare = ({ path }: HostedRequest) => path.includes("/compare/");

const faults: readonly Fault[] = [
  {
    name: "a comparison that is refused",
    on: isCompare,
    answer: refusal,
    error: /^error comparing commits \w{40}\.\.\w{40}: GET .*\/compare\/\S+: 403 No\. \[]$/,
  },
  {
    name: "a comparison nobody knows",
    on: isCompare,
    answer: comparison({ status: "sideways" }),
    error: /^unexpected comparison status "sideways" for \w{40}\.\.\w{40}$/,
    terminal: true,
  },
  {
    name: "a commit without a tree",
    on: isCompare,
    answer: comparison({ status: "ahead", commits: [commitOf(undefined)] }),
    error: /^error replaying commits via GitHub API: commit 0 in range has missing tree information$/,
  },
  {
    name: "a commit that is not made",
    on: ({ path }) => path.endsWith("/git/commits"),
    answer: refusal,
    error:
      /^error replaying commits via GitHub API: error creating commit 1\/1 \(original: \w{40}\): POST .*\/git\/commits: 403 No\. \[]$/,
  },
  {
    name: "a branch that is not made",
    on: ({ method, path }) => method === "POST" && path.endsWith("/git/refs"),
    answer: refusal,
    config: { targetBranch: "new" },
    error:
      /^error updating target ref: error creating ref heads\/new at \w{40}: POST .*\/git\/refs: 403 No\. \[]$/,
  },
  {
    name: "a branch that may not be moved",
    on: ({ method }) => method === "PATCH",
    answer: refusal,
    error:
      /^error updating target ref: error updating ref heads\/main to \w{40}: PATCH .*\/git\/refs\/heads\/main: 403 No\. \[]$/,
  },
];

for (const { name, on, answer, config = {}, error, terminal = false } of faults) {
  test(`github-push: ${name}: Errored at once, and no staging ref stays`, { skip }, async (t) => {
    const fault = (request: HostedRequest) => (on(request) ? answer : undefined);
    const { work, remote } = await committed(t, {}, { fault });
    const end = await work.run("github-push", { ...step, ...config });
    assert.deepEqual([end.status, end.terminal], ["Errored", terminal]);
    const sentence = "error pushing commits to remote: ";
    assert.ok(end.error?.startsWith(sentence), end.error);
    assert.match((end.error ?? "").slice(sentence.length), error);
    assert.deepEqual(work.waits, []);
    assert.equal(git(remote, "log", "--format=%s", "main"), "first");
    checkNoStaging(remote);
  });
}

test("github-push: a branch that others move every time: 422 is tried as often as maxAttempts says", {
  skip,
}, async (t) => {
  const answer = { status: 422, body: { message: "Update is not a fast forward" } };
  const fault = ({ method }: HostedRequest) => (method === "PATCH" ? answer : undefined);
  const { work } = await committed(t, {}, { fault });
  const end = await work.run("github-push", { ...step, maxAttempts: 3 });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  assert.match(
    end.error ?? "",
    /^error pushing commits to remote: error updating target ref: error updating ref heads\/main to \w{40} \(not a fast forward\): PATCH .*: 422 Update is not a fast forward \[]$/,
  );
  assert.equal(work.waits.length, 2);
});

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

test("github-push: credentials that cannot be looked up", { skip }, async (t) => {
  const { work, repoURL } = await committed(t);
  const sealed = work.with(t, { lookupFault: new Error("the vault is sealed") });
  const end = await sealed.run("github-push", step);
  assert.deepEqual(
    [end.status, end.terminal, end.error],
    ["Errored", false, `error getting credentials for ${repoURL}: the vault is sealed`],
  );
  assert.deepEqual(sealed.lookups, [`git ${repoURL}`]);
});

const skipTls = skip || (spawnSync("openssl", ["version"]).error ? "openssl is missing" : false);

test("github-push: insecureSkipTLSVerify is for the API, git has its own from the clone", {
  skip: skipTls,
}, async (t) => {
  const work = new GitWork(t, { credentials });
  const tls = selfSignedCertificate(work.root);
  const hosting = await GitHosting.start("github", join(work.root, "hosting"), { token: "t0ken", tls });
  t.after(() => hosting.close());
  const remote = hosting.makeRepository(repo, { a: "base" });
  await work.succeed("git-clone", {
    repoURL: `${hosting.url}/${repo}`,
    insecureSkipTLSVerify: true,
    checkout: [{ branch: "main", path: "src" }],
  });
  await commit(work, { a: "ours" }, "ours");
  const end = await work.run("github-push", step);
  assert.equal(end.status, "Errored");
  assert.match(
    end.error ?? "",
    /^error pushing commits to remote: error getting ref heads\/main: .*self-signed certificate/,
  );
  await work.succeed("github-push", { ...step, insecureSkipTLSVerify: true });
  assert.equal(git(remote, "log", "-1", "--format=%s", "main"), "ours");
});

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
