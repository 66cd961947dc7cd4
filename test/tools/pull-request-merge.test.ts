// git-merge-pr and git-wait-for-pr against every hosting service, on loopback with real repositories.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type GitProvider, gitProviders } from "../../src/model/git-hosting";
import type { HostedAnswer, HostedPullRequest, HostingBehaviour } from "../support/git-hosting-server";
import { commitTo, filesAt, git, missingGit } from "../support/git-repos";
import { type PullRequestStepEnd, PullRequestWork } from "../support/pull-request-work";

const skip = missingGit();
const prNumber = 1;

/** What became of an attempt: merged with this many parents, not ready, or the reason of a failure. */
type Outcome = { readonly parents: number } | "not ready" | RegExp;

interface MergeRow {
  readonly name: string;
  readonly kind: GitProvider;
  readonly state?: Partial<HostedPullRequest>;
  readonly behaviour?: HostingBehaviour;
  readonly mergeMethod?: string;
  /** Somebody changed the same lines of the target. */
  readonly conflicts?: boolean;
  readonly outcome: Outcome;
  /** Whether the service was asked to merge. */
  readonly asks: boolean;
}

function row(
  kind: GitProvider,
  name: string,
  outcome: Outcome,
  asks: boolean,
  more: Omit<Partial<MergeRow>, "kind" | "name" | "outcome" | "asks"> = {},
): MergeRow {
  return { kind, name, outcome, asks, ...more };
}

function refused(reason: string): RegExp {
  return new RegExp(`^error merging pull request 1: ${reason}$`);
}

const githubMerge = "error merging pull request 1: PUT <url>/api/v3/repos/acme/deploy/pulls/1/merge: ";

const rows: readonly MergeRow[] = [
  ...gitProviders.map((kind) => row(kind, "ready", { parents: 2 }, true)),
  ...gitProviders.map((kind) => row(kind, "squashed", { parents: 1 }, true, { mergeMethod: "squash" })),
  ...gitProviders
    .filter((kind) => kind !== "azure")
    .map((kind) =>
      row(
        kind,
        "closed",
        refused(
          `pull request 1 is closed but not merged${kind === "bitbucket" ? " \\(state: DECLINED\\)" : ""}`,
        ),
        false,
        {
          state: { state: "closed" },
        },
      ),
    ),
  row("azure", "abandoned", refused("pull request 1 is abandoned"), false, { state: { state: "closed" } }),
  ...gitProviders.map((kind) => row(kind, "a draft", "not ready", false, { state: { draft: true } })),

  ...["clean", "unstable", "has_hooks", "behind", "strange", ""].map((mergeability) =>
    row("github", `state ${mergeability || "empty"}`, { parents: 2 }, true, { state: { mergeability } }),
  ),
  ...["unknown", "draft"].map((mergeability) =>
    row("github", `state ${mergeability}`, "not ready", false, { state: { mergeability } }),
  ),
  row("github", "state empty and a draft", "not ready", false, { state: { mergeability: "", draft: true } }),
  row("github", "state empty and a conflict", "not ready", false, {
    state: { mergeability: "" },
    conflicts: true,
  }),
  row("github", "a conflict", refused("pull request 1 has conflicts and cannot be merged"), false, {
    conflicts: true,
  }),
  row("github", "rules say no, and mean us", "not ready", true, { state: { mergeability: "blocked" } }),
  row("github", "a conflict that GitHub has not seen yet", "not ready", true, {
    state: { mergeability: "clean" },
    conflicts: true,
  }),
  row("github", "a base that has just moved", "not ready", true, {
    behaviour: refuseMerge(405, "Base branch was modified. Review and try the merge again."),
  }),
  row("github", "405 for a reason nobody knows", refused(`${githubMerge}405 No idea \\[\\]`), true, {
    behaviour: refuseMerge(405, "No idea"),
  }),
  row("github", "405 for a reason nobody knows, where rules block", "not ready", true, {
    behaviour: refuseMerge(405, "No idea"),
    state: { mergeability: "behind" },
  }),
  row("github", "a forbidden method", refused(`${githubMerge}405 Squash merges are not allowed .*`), true, {
    behaviour: { forbiddenMethods: ["squash"] },
    mergeMethod: "squash",
    state: { mergeability: "behind" },
  }),
  row("github", "an unknown method", refused(`${githubMerge}422 Invalid request\\. .*`), true, {
    mergeMethod: "octopus",
  }),
  row("github", "an answer without a merge", refused("merge rejected for pull request 1"), true, {
    behaviour: {
      fault: ({ method }) => (method === "PUT" ? { status: 200, body: { merged: false } } : undefined),
    },
  }),

  row("gitlab", "still being checked", "not ready", false, { state: { mergeability: "checking" } }),
  row("gitlab", "a conflict", "not ready", false, { conflicts: true }),
  row("gitlab", "locked by a merge", refused("pull request 1 is closed but not merged"), false, {
    state: { mergeability: "locked" },
  }),
  row("gitlab", "method merge", { parents: 2 }, true, { mergeMethod: "merge" }),
  row("gitlab", "an unknown method", refused('unsupported merge method "rebase"'), false, {
    mergeMethod: "rebase",
  }),
  row("gitlab", "an unknown method of a draft", "not ready", false, {
    mergeMethod: "rebase",
    state: { draft: true },
  }),
  row(
    "gitlab",
    "a refusal",
    refused(
      "error merging merge request 1: PUT <url>/api/v4/projects/acme%2Fshop%2Fdeploy/merge_requests/1/merge: " +
        "405 {message: 405 Method Not Allowed}",
    ),
    true,
    { state: { mergeability: "refused" } },
  ),

  row("gitea", "still being checked", "not ready", false, { state: { mergeability: "checking" } }),
  row("gitea", "a conflict", "not ready", false, { conflicts: true }),
  ...["merge", "rebase", "rebase-merge", "manually-merged"].map((mergeMethod) =>
    row("gitea", `method ${mergeMethod}`, { parents: 2 }, true, { mergeMethod }),
  ),
  row("gitea", "method fast-forward-only", { parents: 1 }, true, { mergeMethod: "fast-forward-only" }),
  row("gitea", "an unknown method", refused('unsupported merge method "octopus"'), false, {
    mergeMethod: "octopus",
  }),
  row(
    "gitea",
    "squashed by a server that is too old for it",
    refused("error merging pull request 1: gitea server at <url> is older than 1.11.5"),
    false,
    { behaviour: { version: "1.11.4" }, mergeMethod: "squash" },
  ),
  row("gitea", "merged by the oldest server", { parents: 2 }, true, { behaviour: { version: "1.11.0" } }),
  row("gitea", "a refusal", refused("merge rejected for pull request 1"), true, {
    state: { mergeability: "rejected" },
  }),

  ...["merge_commit", "rebase_merge", "rebase_fast_forward"].map((mergeMethod) =>
    row("bitbucket", `method ${mergeMethod}`, { parents: 2 }, true, { mergeMethod }),
  ),
  ...["fast_forward", "squash_fast_forward"].map((mergeMethod) =>
    row("bitbucket", `method ${mergeMethod}`, { parents: 1 }, true, { mergeMethod }),
  ),
  row("bitbucket", "an unknown method", refused('unsupported merge strategy "merge"'), false, {
    mergeMethod: "merge",
  }),
  row("bitbucket", "a conflict", refused("unexpected response 409 merging pull request 1"), true, {
    conflicts: true,
  }),
  row(
    "bitbucket",
    "an asynchronous merge",
    refused("pull request 1 merge was accepted asynchronously and cannot be awaited"),
    true,
    { state: { mergeability: "async" } },
  ),

  ...["queued", "conflicts", "rejectedByPolicy"].map((mergeability) =>
    row("azure", `merge status ${mergeability}`, "not ready", false, { state: { mergeability } }),
  ),
  ...["noFastForward", "rebase", "rebaseMerge"].map((mergeMethod) =>
    row("azure", `method ${mergeMethod}`, { parents: 2 }, true, { mergeMethod }),
  ),
  row("azure", "an unknown method", refused('unsupported merge method "merge"'), false, {
    mergeMethod: "merge",
  }),
  row("azure", "a status Kargo does not know", "not ready", false, {
    behaviour: {
      fault: ({ method, path }) =>
        method === "GET" && path.endsWith("/pullrequests/1")
          ? {
              status: 200,
              body: {
                pullRequestId: 1,
                status: "notSet",
                mergeStatus: "succeeded",
                lastMergeSourceCommit: { commitId: "a" },
              },
            }
          : undefined,
    },
  }),
  row("azure", "done at the tenth look", { parents: 2 }, true, { behaviour: { mergeLooks: 9 } }),
  row("azure", "not done at the tenth look", "not ready", true, { behaviour: { mergeLooks: 1000 } }),
];

function refuseMerge(status: number, message: string): HostingBehaviour {
  return { fault: ({ path }) => (path.endsWith("/merge") ? { status, body: { message } } : undefined) };
}

for (const { name, kind, state = {}, behaviour = {}, mergeMethod, conflicts, outcome, asks } of rows) {
  test(`git-merge-pr, ${kind}: ${name}`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind, { token: "t0ken", ...behaviour });
    const dir = work.hosting.directory(work.repo);
    if (conflicts) commitTo(dir, "main", { a: "theirs" }, "theirs");
    const base = work.head("main");
    work.opened(state);
    const config = { prNumber, ...(mergeMethod !== undefined && { mergeMethod }) };
    const end = await work.run("git-merge-pr", config);
    if (typeof outcome === "object" && "parents" in outcome) {
      const commit = work.head("main");
      const { warnings = [], ...result } = end;
      assert.deepEqual(result, { status: "Succeeded", output: { commit: shown(kind, commit) } });
      assert.equal(warnings.length, kind === "bitbucket" ? 1 : 0);
      assert.deepEqual(filesAt(dir, "main"), { a: "2" });
      assert.equal(git(dir, "log", "-1", "--format=%P", "main").split(" ").length, outcome.parents);
    } else {
      assert.equal(end.status, "Failed");
      assert.equal(end.terminal, true);
      const reason =
        outcome === "not ready" ? /^pull request 1 is not ready to merge and wait is disabled$/ : outcome;
      assert.match(end.error ?? "", reason);
      assert.equal(work.head("main"), base);
    }
    assert.equal(work.effects.length, asks ? 1 : 0);
    if (outcome === "not ready") await checkWaits(work, config);
  });
}

for (const kind of gitProviders) {
  test(`git-merge-pr, ${kind}: one that is merged already without a commit of its own`, {
    skip,
  }, async (t) => {
    const work = await PullRequestWork.start(t, kind, { fault: noCommit(kind) });
    work.hosting.merge(work.opened());
    const merging = await work.run("git-merge-pr", { prNumber });
    assert.deepEqual(merging, { status: "Succeeded", output: { commit: "" } });
    const waiting = await work.run("git-wait-for-pr", { prNumber });
    assert.equal(waiting.status, "Succeeded");
    assert.deepEqual(Object.keys(waiting.output ?? {}), ["pr"]);
  });

  test(`git-merge-pr, ${kind}: a merge whose line breaks is final, waiting or not`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind, {
      fault: ({ method }) => (method === "GET" ? undefined : "reset"),
    });
    work.opened();
    for (const wait of [false, true]) {
      const end = await work.run("git-merge-pr", { prNumber, wait });
      assert.deepEqual([end.status, end.terminal], ["Failed", true]);
      assert.match(
        end.error ?? "",
        /^error merging pull request 1: error merging (pull|merge) request 1: (Put|Post|Patch) "<url>\//,
      );
    }
  });
}

/** One that is merged, and no word of a merge commit. */
function noCommit(kind: GitProvider): HostingBehaviour["fault"] {
  const merged: Readonly<Record<GitProvider, object>> = {
    github: { number: 1, state: "closed", merged_at: "2026-01-01T00:00:00Z", merge_commit_sha: null },
    gitlab: { iid: 1, state: "merged", merge_commit_sha: null },
    gitea: { number: 1, state: "closed", merged: true, merge_commit_sha: null },
    bitbucket: { id: 1, state: "MERGED", merge_commit: null },
    azure: { pullRequestId: 1, status: "completed", lastMergeSourceCommit: { commitId: "a" } },
  };
  return ({ path }) =>
    /(pulls|merge_requests|pullrequests)\/1$/.test(path) ? { status: 200, body: merged[kind] } : undefined;
}

const afterwards: readonly (readonly [GitProvider, string])[] = [
  [
    "github",
    "error getting pull request 1 after merge: GET <url>/api/v3/repos/acme/deploy/pulls/1: 403 No. []",
  ],
  ["gitea", "error fetching PR 1 after merge: No."],
  ["azure", "error getting pull request 1 after merge: No."],
];

for (const [kind, told] of afterwards) {
  test(`git-merge-pr, ${kind}: a look after the merge that is refused is final, though it is merged`, {
    skip,
  }, async (t) => {
    let merged = false;
    const work = await PullRequestWork.start(t, kind, {
      fault: ({ method, path }) => {
        if (merged && method === "GET" && path.endsWith("/1"))
          return { status: 403, body: { message: "No." } };
        if (method !== "GET") merged = true;
        return undefined;
      },
    });
    work.opened();
    const end = await work.run("git-merge-pr", { prNumber, wait: true });
    assert.deepEqual(
      [end.status, end.terminal, end.error],
      ["Failed", true, `error merging pull request 1: ${told}`],
    );
  });
}

test("git-merge-pr, bitbucket: a merge that is answered by one that is open", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "bitbucket", {
    fault: ({ method }) => (method === "POST" ? { status: 200, body: { id: 1, state: "OPEN" } } : undefined),
  });
  work.opened();
  const end = await work.run("git-merge-pr", { prNumber });
  assert.deepEqual([end.status, end.terminal], ["Failed", true]);
  assert.equal(
    end.error,
    'error merging pull request 1: unexpected state "OPEN" after merging pull request 1',
  );
});

const commits: readonly (readonly [string, HostedAnswer, string])[] = [
  ["is not found", { status: 404 }, "unexpected response 404 getting commit"],
  ["has no hash", { status: 200, body: {} }, "unexpected response 200 getting commit"],
];

for (const [name, answer, told] of commits) {
  test(`git-wait-for-pr, bitbucket: a merge commit that ${name} is an error for whoever waits`, {
    skip,
  }, async (t) => {
    const work = await PullRequestWork.start(t, "bitbucket", {
      fault: ({ path }) => (path.includes("/commit/") ? answer : undefined),
    });
    work.hosting.merge(work.opened());
    const end = await work.run("git-wait-for-pr", { prNumber });
    assert.deepEqual([end.status, end.terminal], ["Errored", false]);
    assert.equal(end.error, `error getting pull request 1: ${told}`);
  });
}

test("git-wait-for-pr: a pollInterval that is no duration counts only while it is open", {
  skip,
}, async (t) => {
  const work = await PullRequestWork.start(t, "github");
  const one = work.opened();
  const config = { prNumber, pollInterval: "abc5sxyz" };
  assert.deepEqual(await work.run("git-wait-for-pr", config), {
    status: "Errored",
    terminal: false,
    error: 'error parsing pollInterval: time: invalid duration "abc5sxyz"',
  });
  work.hosting.merge(one);
  assert.equal((await work.run("git-wait-for-pr", config)).status, "Succeeded");
});

/** What merging puts out: Bitbucket's commit as it came, abbreviated. */
function shown(kind: GitProvider, commit: string): string {
  return kind === "bitbucket" ? commit.slice(0, 12) : commit;
}

/** The same once more, by somebody who waits. */
async function checkWaits(work: PullRequestWork, config: object): Promise<void> {
  const end = await work.run("git-merge-pr", { ...config, wait: true });
  assert.deepEqual(end, { status: "Running", retryAfterMs: 10_000 });
  const later = await work.run("git-merge-pr", { ...config, wait: true, pollInterval: "1m30s" });
  assert.deepEqual(later, { status: "Running", retryAfterMs: 90_000 });
  const never = await work.run("git-merge-pr", { ...config, wait: true, pollInterval: "1s x" });
  assert.equal(never.status, "Errored");
  assert.match(never.error ?? "", /^error parsing pollInterval: time: /);
}

for (const kind of gitProviders) {
  test(`git-merge-pr, ${kind}: one that is merged already is not merged again`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind);
    const commit = work.hosting.merge(work.opened());
    const { status, output } = await work.run("git-merge-pr", { prNumber });
    assert.deepEqual({ status, output }, { status: "Succeeded", output: { commit: shown(kind, commit) } });
    assert.deepEqual(work.effects, []);
  });

  test(`git-wait-for-pr, ${kind}: waiting while it is open, and after`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind);
    const one = work.opened();
    const open = await work.run("git-wait-for-pr", { prNumber });
    assert.equal(open.status, "Running");
    assert.equal(open.retryAfterMs, 30_000);
    assert.deepEqual(prOf(open), { id: 1, open: true, merged: false });
    // GitHub tells its trial merge.
    assert.equal(open.output?.commit, kind === "github" ? "7e57".repeat(10) : undefined);
    const later = await work.run("git-wait-for-pr", { prNumber, pollInterval: "5m" });
    assert.equal(later.retryAfterMs, 300_000);

    const commit = work.hosting.merge(one);
    const merged = await work.run("git-wait-for-pr", { prNumber });
    assert.equal(merged.status, "Succeeded");
    assert.deepEqual(prOf(merged), { id: 1, open: false, merged: true });
    assert.equal(merged.output?.commit, commit);
    assert.deepEqual(work.effects, []);
  });

  test(`git-wait-for-pr, ${kind}: waiting for one that was closed`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind);
    work.hosting.closeUnmerged(work.opened());
    const end = await work.run("git-wait-for-pr", { prNumber });
    assert.equal(end.status, "Failed");
    assert.equal(end.terminal, true);
    assert.equal(end.error, "pull request 1 was closed without being merged");
    assert.deepEqual(prOf(end), { id: 1, open: false, merged: false });
    assert.equal(end.output?.commit, undefined);
  });
}

function prOf({ output }: PullRequestStepEnd): object {
  const { url = "", ...rest } = (output?.pr ?? {}) as { url?: string };
  assert.match(url, /^https?:\/\/127\.0\.0\.1:\d+\/.*\/1$/);
  return rest;
}

test("git-wait-for-pr, gitlab: a locked merge request counts as open", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "gitlab");
  work.opened({ mergeability: "locked" });
  assert.equal((await work.run("git-wait-for-pr", { prNumber })).status, "Running");
});

test("git-wait-for-pr, azure: a pull request without a source commit is an error", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "azure");
  work.opened({ mergeability: "noSource" });
  const end = await work.run("git-wait-for-pr", { prNumber });
  assert.equal(
    end.error,
    "error getting pull request 1: error converting pull request 1: " +
      "no last merge source commit found for pull request 1",
  );
});

test("git-merge-pr, azure: a source that moved after the look is not merged", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "azure");
  work.opened();
  const effects = {
    perform: async <T>(_effect: unknown, act: () => Promise<T>): Promise<T> => {
      commitTo(work.hosting.directory(work.repo), "change", { a: "later" }, "later");
      return act();
    },
  };
  const end = await work.run("git-merge-pr", { prNumber }, { effects });
  assert.match(end.error ?? "", /^error merging pull request 1: error merging pull request 1: TF401192/);
});

test("git-merge-pr, gitea: what it says of a refusal is passed on beside Kargo's words", {
  skip,
}, async (t) => {
  const work = await PullRequestWork.start(t, "gitea");
  work.opened({ mergeability: "rejected" });
  const end = await work.run("git-merge-pr", { prNumber });
  assert.deepEqual(end.warnings, ["The service says: Please try again later"]);
});

test("git-merge-pr, github: a merge that is answered with no JSON is a fault", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "github", {
    fault: ({ method }) => (method === "PUT" ? { status: 200, body: "<html>" } : undefined),
  });
  work.opened();
  const end = await work.run("git-merge-pr", { prNumber });
  assert.match(
    end.error ?? "",
    /^error merging pull request 1: error merging pull request 1: PUT .*not the JSON/,
  );
});

test("git-merge-pr, bitbucket: what it says of a conflict is passed on beside Kargo's words", {
  skip,
}, async (t) => {
  const work = await PullRequestWork.start(t, "bitbucket");
  commitTo(work.hosting.directory(work.repo), "main", { a: "theirs" }, "theirs");
  work.opened();
  const end = await work.run("git-merge-pr", { prNumber });
  assert.deepEqual(end.warnings, ["The service says: There are merge conflicts."]);
});
