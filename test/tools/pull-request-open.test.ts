// git-open-pr against every hosting service, on loopback with real repositories: opening, taking over, skipping.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { type TestContext, test } from "node:test";
import { type GitProvider, gitProviders } from "../../src/model/git-hosting";
import type { HostedPullRequest, HostingBehaviour } from "../support/git-hosting-server";
import { commitTo, git, missingGit } from "../support/git-repos";
import { type PullRequestStepEnd, PullRequestWork } from "../support/pull-request-work";

const skip = missingGit();
const branches = { sourceBranch: "change", targetBranch: "main" };

async function start(t: TestContext, kind: GitProvider, behaviour: HostingBehaviour = {}) {
  const work = await PullRequestWork.start(t, kind, behaviour);
  if (kind === "azure") {
    const before = process.env.http_proxy;
    process.env.http_proxy = work.hosting.url;
    t.after(() => {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    });
  }
  return work;
}

const pages: Readonly<Record<GitProvider, (work: PullRequestWork) => string>> = {
  azure: ({ hosting, repo }) => `${hosting.url}/${repo}/pullrequest/1`,
  bitbucket: ({ hosting, repo }) => `${hosting.url}/${repo}/pull-requests/1`,
  gitea: ({ hosting, repo }) => `${hosting.url}/${repo}/pulls/1`,
  github: ({ hosting, repo }) => `${hosting.url}/${repo}/pull/1`,
  gitlab: ({ hosting, repo }) => `${hosting.url}/${repo}/-/merge_requests/1`,
};

for (const kind of gitProviders) {
  test(`git-open-pr, ${kind}: opens a pull request for the newest commit`, { skip }, async (t) => {
    const work = await start(t, kind, { token: "t0ken" });
    const end = await work.run("git-open-pr", branches);
    assert.deepEqual(end, {
      status: "Succeeded",
      output: { pr: { id: 1, url: pages[kind](work) } },
    });
    const { title, body, source, target, state } = work.hosting.pullRequests[0] as HostedPullRequest;
    assert.deepEqual(
      { title, body, source, target, state },
      { title: "Set a", body: "\nBecause of b.\n", source: "change", target: "main", state: "open" },
    );
    assert.deepEqual(
      work.effects.map(({ kind: effect, target: where }) => [effect, where]),
      [["pull-request.open", `${work.repoURL} change → main`]],
    );
  });

  test(`git-open-pr, ${kind}: the same files in both branches open nothing`, { skip }, async (t) => {
    const work = await start(t, kind);
    commitTo(work.hosting.directory(work.repo), "main", { a: "2" }, "the same");
    assert.deepEqual(await work.run("git-open-pr", branches), { status: "Skipped" });
    assert.deepEqual(work.hosting.pullRequests, []);
    assert.deepEqual(work.effects, []);
  });

  test(`git-open-pr, ${kind}: a second run`, { skip }, async (t) => {
    const work = await start(t, kind);
    await work.run("git-open-pr", branches);
    const again = await work.run("git-open-pr", branches);
    // Bitbucket abbreviates commits, so that nothing is recognised there.
    const count = kind === "bitbucket" ? 2 : 1;
    assert.equal(again.status, "Succeeded");
    assert.equal(idOf(again), count);
    assert.equal(work.hosting.pullRequests.length, count);
    assert.equal(work.effects.length, count);
  });
}

/** Which pull request is taken over; undefined when a new one is opened or refused. */
const adoptions: readonly {
  readonly name: string;
  readonly existing: readonly Partial<HostedPullRequest>[];
  readonly takes: Readonly<Record<GitProvider, number | undefined>>;
}[] = [
  {
    name: "the newest of several",
    existing: [{}, {}],
    takes: { github: 2, gitlab: 2, gitea: 2, bitbucket: undefined, azure: 1 },
  },
  {
    name: "one that was closed",
    existing: [{ state: "closed" }],
    takes: { github: undefined, gitlab: undefined, gitea: undefined, bitbucket: undefined, azure: undefined },
  },
  {
    name: "one that was merged",
    existing: [{ state: "merged", mergeCommit: "a".repeat(40) }],
    takes: { github: undefined, gitlab: undefined, gitea: undefined, bitbucket: undefined, azure: undefined },
  },
  {
    name: "one into another branch",
    existing: [{ target: "other" }],
    takes: { github: undefined, gitlab: undefined, gitea: 1, bitbucket: undefined, azure: undefined },
  },
  {
    name: "one from another branch at the same commit",
    existing: [{ source: "twin" }],
    takes: { github: 1, gitlab: undefined, gitea: 1, bitbucket: undefined, azure: undefined },
  },
  {
    name: "one from the branch at an earlier commit",
    existing: [{ endedAt: "b".repeat(40), target: "main" }],
    takes: { github: undefined, gitlab: undefined, gitea: undefined, bitbucket: undefined, azure: 1 },
  },
];

for (const { name, existing, takes } of adoptions) {
  for (const kind of gitProviders) {
    test(`git-open-pr, ${kind}: ${name} is ${takes[kind] === undefined ? "not " : ""}taken over`, {
      skip,
    }, async (t) => {
      const work = await start(t, kind, { pageSize: 10 });
      const dir = work.hosting.directory(work.repo);
      git(dir, "branch", "twin", "change");
      git(dir, "branch", "other", "main");
      for (const more of existing) work.opened(more);
      const end = await work.run("git-open-pr", branches);
      const id = idOf(end);
      if (takes[kind] === undefined) {
        assert.notEqual(end.status, "Skipped");
        assert.ok(id === undefined || Number(id) > existing.length, `took over ${id}`);
        assert.equal(work.effects.length, 1);
      } else {
        assert.equal(end.status, "Succeeded");
        assert.equal(id, takes[kind]);
        assert.deepEqual(work.effects, []);
      }
    });
  }
}

const listQueries: Readonly<Record<GitProvider, string>> = {
  github: "base=main&head=change&per_page=100&state=open",
  gitlab: "per_page=100&source_branch=change&target_branch=main",
  gitea: "limit=0&page=1&state=open",
  bitbucket: "state=OPEN",
  azure: "searchCriteria.sourceRefName=change&searchCriteria.status=active&searchCriteria.targetRefName=main",
};

for (const kind of gitProviders) {
  test(`git-open-pr, ${kind}: what it is asked for existing ones`, { skip }, async (t) => {
    const work = await start(t, kind);
    await work.run("git-open-pr", branches);
    const listed = work.hosting.requests.find(({ method, query }) => method === "GET" && query.size > 0);
    assert.equal(listed?.query.toString(), listQueries[kind]);
  });
}

const pagings: readonly (readonly [GitProvider, boolean])[] = [
  ["github", true],
  ["gitlab", true],
  ["gitea", true],
  ["bitbucket", false],
];

for (const [kind, reads] of pagings) {
  test(`git-open-pr, ${kind}: one on the third page is ${reads ? "" : "not "}found`, { skip }, async (t) => {
    const work = await start(t, kind, { pageSize: 2 });
    for (let i = 0; i < 4; i++) work.opened({ endedAt: "c".repeat(40) });
    work.opened();
    const end = await work.run("git-open-pr", branches);
    assert.equal(idOf(end), reads ? 5 : 6);
  });
}

const labelled: readonly (readonly [GitProvider, readonly string[]])[] = [
  ["github", ["one", "two"]],
  ["gitlab", ["one", "two"]],
  ["gitea", ["one", "two"]],
  ["bitbucket", []],
  ["azure", ["one", "two"]],
];

for (const [kind, labels] of labelled) {
  test(`git-open-pr, ${kind}: labels`, { skip }, async (t) => {
    const work = await start(t, kind, { pageSize: 1, labels: { two: 7, one: 4, other: 5 } });
    const end = await work.run("git-open-pr", { ...branches, labels: ["one", "two", "one"] });
    assert.equal(end.status, "Succeeded");
    assert.deepEqual([...new Set(work.hosting.pullRequests[0]?.labels)].sort(), labels);
  });
}

/** The request that opens, as each service gets it. */
const requests: readonly (readonly [GitProvider, object, object])[] = [
  ["github", {}, { title: "T", body: "", head: "change", base: "main", maintainer_can_modify: false }],
  ["gitlab", {}, { title: "T", description: "", source_branch: "change", target_branch: "main", labels: "" }],
  ["gitea", {}, { title: "T", body: "", head: "change", base: "main", labels: [] }],
  [
    "bitbucket",
    {},
    {
      type: "pullrequest",
      title: "T",
      source: { branch: { name: "change" } },
      destination: { branch: { name: "main" } },
    },
  ],
  [
    "azure",
    {},
    {
      title: "T",
      description: "",
      labels: [],
      sourceRefName: "refs/heads/change",
      targetRefName: "refs/heads/main",
    },
  ],
  [
    "bitbucket",
    { description: "D", labels: ["one"] },
    {
      type: "pullrequest",
      title: "T",
      description: "D",
      source: { branch: { name: "change" } },
      destination: { branch: { name: "main" } },
    },
  ],
];

for (const [kind, config, expected] of requests) {
  test(`git-open-pr, ${kind}: what it is sent to open one${"description" in config ? ", with a description" : ""}`, {
    skip,
  }, async (t) => {
    const work = await start(t, kind);
    commitTo(work.hosting.directory(work.repo), "change", { a: "3" }, "T");
    await work.run("git-open-pr", { ...branches, ...config });
    const sent = work.hosting.requests.find(({ method }) => method === "POST");
    assert.deepEqual(sent?.body, expected);
  });
}

for (const kind of gitProviders) {
  test(`git-open-pr, ${kind}: a list that is refused opens nothing`, { skip }, async (t) => {
    const isList = /(pulls|merge_requests|pullrequests)$/;
    const work = await start(t, kind, {
      fault: ({ method, path }) =>
        method === "GET" && isList.test(path) ? { status: 403, body: { message: "No." } } : undefined,
    });
    const end = await work.run("git-open-pr", branches);
    assert.deepEqual([end.status, end.terminal], ["Errored", false]);
    const sentence = "error determining if pull request already exists: error listing pull requests: ";
    assert.ok(end.error?.startsWith(sentence), end.error);
    assert.notEqual(end.error, sentence);
    assert.deepEqual(work.hosting.pullRequests, []);
  });
}

const openRefusals: readonly (readonly [GitProvider, string])[] = [
  ["github", "POST <url>/api/v3/repos/acme/deploy/pulls: 400 No. []"],
  ["gitlab", "POST <url>/api/v4/projects/acme%2Fshop%2Fdeploy/merge_requests: 400 {message: No.}"],
  ["gitea", "No."],
  ["bitbucket", "unexpected response 400 creating pull request"],
  ["azure", 'error creating pull request from "change" to "main": No.'],
];

for (const [kind, told] of openRefusals) {
  test(`git-open-pr, ${kind}: an opening that is refused`, { skip }, async (t) => {
    const work = await start(t, kind, {
      fault: ({ method }) => (method === "POST" ? { status: 400, body: { message: "No." } } : undefined),
    });
    const end = await work.run("git-open-pr", branches);
    assert.deepEqual([end.status, end.terminal], ["Errored", false]);
    assert.equal(end.error, `error creating pull request: ${told}`);
  });
}

test("git-open-pr, azure: a repository that is not found when one is to be opened", { skip }, async (t) => {
  const work = await start(t, "azure", {
    fault: ({ path }) =>
      path.endsWith("/repositories/deploy") ? { status: 404, body: { message: "TF401019" } } : undefined,
  });
  const end = await work.run("git-open-pr", branches);
  assert.equal(end.error, 'error creating pull request: error getting repository "deploy": TF401019');
});

test("git-open-pr, gitea: labels that cannot be listed open nothing", { skip }, async (t) => {
  const work = await start(t, "gitea", {
    fault: ({ path }) => (path.endsWith("/labels") ? { status: 403, body: { message: "No." } } : undefined),
  });
  const end = await work.run("git-open-pr", { ...branches, labels: ["one"] });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  assert.equal(end.error, "error creating pull request: error listing repository labels: No.");
  assert.deepEqual(work.hosting.pullRequests, []);
});

test("git-open-pr, bitbucket: a list without values holds none", { skip }, async (t) => {
  const work = await start(t, "bitbucket", {
    fault: ({ method, path }) =>
      method === "GET" && path.endsWith("/pullrequests") ? { status: 200, body: {} } : undefined,
  });
  assert.equal((await work.run("git-open-pr", branches)).status, "Succeeded");
  assert.equal(work.hosting.pullRequests.length, 1);
});

test("git-open-pr, gitea: a label that does not exist opens nothing", { skip }, async (t) => {
  const work = await start(t, "gitea", { labels: { one: 4 } });
  const end = await work.run("git-open-pr", { ...branches, labels: ["one", "nine", "ten"] });
  assert.deepEqual(end, {
    status: "Errored",
    terminal: false,
    error: "error creating pull request: labels not found in repository acme/deploy: nine, ten",
  });
  assert.deepEqual(work.hosting.pullRequests, []);
});

test("git-open-pr, github: labels that fail fail the step though the pull request stands", {
  skip,
}, async (t) => {
  const work = await start(t, "github", {
    fault: ({ path }) => (path.endsWith("/labels") ? { status: 403, body: { message: "No." } } : undefined),
  });
  const end = await work.run("git-open-pr", { ...branches, labels: ["one"] });
  assert.equal(end.status, "Errored");
  assert.equal(
    end.error,
    "error creating pull request: POST <url>/api/v3/repos/acme/deploy/issues/1/labels: 403 No. []",
  );
  assert.equal(work.hosting.pullRequests.length, 1);
});

const texts: readonly (readonly [string, object, string, string])[] = [
  ["neither given", {}, "Set a", "\nBecause of b.\n"],
  ["a title", { title: "Mine" }, "Mine", "Set a\n\nBecause of b.\n"],
  ["a description", { description: "Ours" }, "Set a", "Ours"],
  ["both", { title: "Mine", description: "Ours" }, "Mine", "Ours"],
];

for (const [name, config, title, body] of texts) {
  for (const uiBaseUrl of ["", "https://kargo.example"]) {
    test(`git-open-pr: title and description: ${name}${uiBaseUrl && ", with a link"}`, {
      skip,
    }, async (t) => {
      const work = await start(t, "github");
      await work.run("git-open-pr", { ...branches, ...config }, { uiBaseUrl });
      const link = uiBaseUrl && `\n\n[View in Kargo UI](${uiBaseUrl}/project/demo/stage/test)`;
      const [made] = work.hosting.pullRequests;
      assert.deepEqual([made?.title, made?.body], [title, body + link]);
    });
  }
}

test("git-open-pr: a message of one line", { skip }, async (t) => {
  const work = await start(t, "github");
  commitTo(work.hosting.directory(work.repo), "change", { a: "3" }, "Only this");
  await work.run("git-open-pr", branches);
  const [made] = work.hosting.pullRequests;
  assert.deepEqual([made?.title, made?.body], ["Only this", ""]);
});

const states: readonly (readonly [string, unknown, object])[] = [
  [
    "a number",
    { pr: { id: 7, url: "u" }, more: 1 },
    { status: "Succeeded", output: { pr: { id: 7, url: "u" }, more: 1 } },
  ],
  [
    "a text",
    { pr: { id: "7" } },
    {
      status: "Errored",
      terminal: false,
      error:
        'error getting PR number from shared state: PR ID in output from step with alias "step-1" is not an int64',
    },
  ],
  [
    "null",
    null,
    {
      status: "Errored",
      terminal: false,
      error:
        'error getting PR number from shared state: output from step with alias "step-1" is not a map[string]any',
    },
  ],
];

for (const [name, output, expected] of states) {
  test(`git-open-pr: an earlier output with ${name} for the id: nobody is asked`, { skip }, async (t) => {
    const work = await start(t, "github");
    assert.deepEqual(await work.run("git-open-pr", branches, { state: { "step-1": output } }), expected);
    assert.deepEqual(work.hosting.calls, []);
  });
}

test("git-open-pr: an earlier output that is only a pull request without a number counts for nothing", {
  skip,
}, async (t) => {
  const work = await start(t, "github");
  const end = await work.run("git-open-pr", branches, { state: { "step-1": { pr: { url: "u" } } } });
  assert.equal(end.status, "Succeeded");
  assert.equal(work.hosting.pullRequests.length, 1);
});

test("git-open-pr, git-wait-for-pr, git-merge-pr: credentials are looked up by the URL as it is written, and their password is the token", {
  skip,
}, async (t) => {
  const work = await start(t, "github", { token: "t0ken" });
  work.opened();
  for (const kind of ["git-open-pr", "git-wait-for-pr", "git-merge-pr"] as const) {
    await work.run(kind, { ...branches, prNumber: 1 });
  }
  assert.deepEqual(work.lookups, Array(3).fill(`demo git ${work.repoURL}`));
});

test("git-open-pr: an earlier output without a pull request counts for nothing", { skip }, async (t) => {
  const work = await start(t, "github");
  const end = await work.run("git-open-pr", branches, { state: { "step-1": { pr: "?" } } });
  assert.equal(end.status, "Succeeded");
  assert.equal(work.hosting.pullRequests.length, 1);
});

const faults: readonly (readonly [string, object, RegExp])[] = [
  [
    "no such source",
    { sourceBranch: "none" },
    /^error cloning <url>\/acme\/deploy: error cloning repo .*none/s,
  ],
  ["no such target", { targetBranch: "none" }, /^target branch "none" does not exist$/],
  [
    "no such target, which createTargetBranch does not change",
    { targetBranch: "none", createTargetBranch: true },
    /^target branch "none" does not exist$/,
  ],
  [
    "an unknown service",
    { provider: undefined },
    /^error creating git provider service: no registered providers for <url>\/acme\/deploy$/,
  ],
];

for (const [name, config, error] of faults) {
  test(`git-open-pr: ${name}, and no clone is left behind`, { skip }, async (t) => {
    const work = await start(t, "github");
    const before = clones();
    const end = await work.run("git-open-pr", { ...branches, ...config });
    assert.equal(end.status, "Errored");
    assert.equal(end.terminal, false);
    assert.match(end.error ?? "", error);
    assert.deepEqual(
      clones().filter((one) => !before.includes(one)),
      [],
    );
  });
}

test("git-open-pr: a refusal names the reason", { skip }, async (t) => {
  const work = await start(t, "github");
  work.opened({ endedAt: "d".repeat(40) });
  const end = await work.run("git-open-pr", branches);
  assert.equal(
    end.error,
    "error creating pull request: POST <url>/api/v3/repos/acme/deploy/pulls: 422 Validation Failed " +
      "[{Resource:PullRequest Field: Code:custom Message:A pull request already exists for acme:change.}]",
  );
});

test("git-open-pr: whoever holds effects holds the opening, and only that", { skip }, async (t) => {
  const work = await start(t, "github");
  const held = new Error("held");
  const effects = {
    perform: async () => {
      throw held;
    },
  };
  const end = await work.run("git-open-pr", branches, { effects });
  assert.equal(end.error, "error creating pull request: held");
  assert.deepEqual(work.hosting.calls, ["GET repos/acme/deploy/pulls"]);
});

function idOf({ output }: PullRequestStepEnd): unknown {
  return (output?.pr as { id?: unknown } | undefined)?.id;
}

function clones(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("repo-"));
}
