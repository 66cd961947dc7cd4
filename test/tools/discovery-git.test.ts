// Git discovery against real repositories: every strategy, filter and edge, over file and with mirrors kept.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../src/base/log";
import { discoverGit, type GitDiscoveryOptions } from "../../src/engine/discovery/git";
import type { DiscoveredCommit, GitDiscoveryResult, GitSubscription } from "../../src/model/resources";
import { type CommitPlan, importCommits, initBareRepo } from "../support/fast-import";
import { startGitServer } from "../support/git-http-server";
import { git, missingGit } from "../support/git-repos";
import { missingSshd, startSshServer } from "../support/ssh-server";
import { tempDir } from "../support/temp";

/** A repository on disk, and discovery of it into mirrors of its own. */
interface Place {
  readonly repo: string;
  readonly mirrors: string;
  readonly messages: string[];
  discover(
    subscription?: Partial<GitSubscription>,
    options?: Partial<GitDiscoveryOptions>,
  ): Promise<GitDiscoveryResult>;
  add(...plans: readonly CommitPlan[]): void;
}

function place(t: TestContext, plans: Iterable<CommitPlan>, ...initOptions: readonly string[]): Place {
  const root = tempDir(t);
  const repo = join(root, "origin.git");
  const mirrors = join(root, "mirrors");
  const messages: string[] = [];
  initBareRepo(repo, ...initOptions);
  importCommits(repo, plans);
  const log = { ...silentLogger, debug: (message: string) => void messages.push(message) };
  return {
    repo,
    mirrors,
    messages,
    discover: (subscription = {}, options = {}) =>
      discoverGit(
        { repoURL: `file://${repo}`, ...subscription },
        {
          project: "demo",
          credentials: { find: async () => undefined },
          mirrorDir: mirrors,
          tools: {},
          log,
          signal: new AbortController().signal,
          ...options,
        },
      ),
    add: (...more) => importCommits(repo, more),
  };
}

/** Which commands reached out to the remote, by their first word. */
function remoteCommands(messages: readonly string[]): readonly string[] {
  return messages.flatMap((message) => / (ls-remote|fetch) /.exec(message)?.[1] ?? []);
}

const subjects = (result: GitDiscoveryResult) => (result.commits ?? []).map((commit) => commit.subject);
const tags = (result: GitDiscoveryResult) => (result.commits ?? []).map((commit) => commit.tag);

test("NewestFromBranch lists a branch along first parents, newest first", {
  skip: missingGit(),
}, async (t) => {
  const { repo, discover } = place(t, [
    { message: "one", files: { "a.txt": "1" }, at: 1_600_000_000, zone: "+0200" },
    { message: "side", branch: "side", files: { "s.txt": "1" } },
    { message: "two\nwith a second line\n\nand a body", files: { "b.txt": "1" }, at: 1_600_000_100 },
    { message: "merge side", merge: "side", files: { "s.txt": "1" }, at: 1_600_000_200 },
  ]);
  const head = git(repo, "rev-parse", "main");
  const result = await discover({ branch: "main" });
  assert.deepEqual(subjects(result), ["merge side", "two with a second line", "one"]);
  assert.deepEqual(result.observedRefs, { branchHead: head });
  assert.equal(result.repoURL, `file://${repo}`);
  assert.deepEqual(result.commits?.[0], {
    id: head,
    branch: "main",
    subject: "merge side",
    author: "Ann Author <ann@example.com>",
    committer: "Carl Committer <carl@example.com>",
    creatorDate: "2020-09-13T12:30:00Z",
  } satisfies DiscoveredCommit);
  assert.equal(result.commits?.[2]?.creatorDate, "2020-09-13T12:26:40Z");
});

test("without a branch the remote's default branch counts, and is not named", {
  skip: missingGit(),
}, async (t) => {
  const { repo, discover } = place(t, [{ message: "on main" }, { message: "on trunk", branch: "trunk" }]);
  git(repo, "symbolic-ref", "HEAD", "refs/heads/trunk");
  const result = await discover();
  assert.deepEqual(subjects(result), ["on trunk", "on main"]);
  assert.equal(result.commits?.[0]?.branch, undefined);
});

/** Ten commits on main; commit 3 and 7 change `apps/`, commit 5 renames, commit 8 merges. */
const pathPlans: readonly CommitPlan[] = [
  { message: "c1", files: { "README.md": "1" }, tags: [{ name: "t1" }] },
  { message: "s1", branch: "side", files: { "apps/side.yaml": "1" } },
  { message: "c2", files: { "docs/a.md": "1" }, tags: [{ name: "t2" }] },
  { message: "c3", files: { "apps/web/x.yaml": "1" }, tags: [{ name: "t3" }] },
  { message: "c4", files: { "lib/old name.txt": "1", "lib/é.txt": "2" }, tags: [{ name: "t4" }] },
  {
    message: "c5",
    files: { "lib/old name.txt": undefined, "apps/new name.txt": "1" },
    tags: [{ name: "t5" }],
  },
  { message: "c6", files: { "charts/c..d/x": "1" }, tags: [{ name: "t6" }] },
  { message: "c7", files: { "apps/api/y.yaml": "1", "docs/a.md": "2" }, tags: [{ name: "t7" }] },
  { message: "c8", merge: "side", files: { "apps/side.yaml": "1" }, tags: [{ name: "t8" }] },
  { message: "c9", tags: [{ name: "t9" }] },
];
const pathRows: readonly [name: string, rules: Partial<GitSubscription>, commits: string][] = [
  ["a base directory", { includePaths: ["apps"] }, "c8 c7 c5 c3"],
  ["a base directory spelled otherwise", { includePaths: ["./apps/"] }, "c8 c7 c5 c3"],
  ["two selectors", { includePaths: ["docs", "glob:README.*"] }, "c7 c2 c1"],
  [
    "exclusion alone keeps commits that change anything else",
    { excludePaths: ["apps"] },
    "c7 c6 c5 c4 c2 c1",
  ],
  ["one path is enough", { includePaths: ["apps"], excludePaths: ["apps/web"] }, "c8 c7 c5"],
  ["both sides of a rename count", { includePaths: ["lib"] }, "c5 c4"],
  ["the root commit lists every file", { includePaths: ["README.md"] }, "c1"],
  ["a name outside ASCII", { includePaths: ["lib/é.txt"] }, "c4"],
  ["a blank in a name", { includePaths: ["glob:apps/* name.txt"] }, "c5"],
  ["a regular expression matches anywhere", { includePaths: ["regex:eb/x"] }, "c3"],
  ["the longer name of a regular expression", { includePaths: ["regexp:^apps/[^/]+/y"] }, "c7"],
  ["a file is its own base directory", { includePaths: ["docs/a.md"] }, "c7 c2"],
  ["a base directory is whole segments, in this case", { includePaths: ["app", "Apps"] }, ""],
  ["nothing is above the repository's root", { includePaths: ["/apps", "../apps"] }, ""],
  ["exclusion by a glob", { includePaths: ["apps"], excludePaths: ["glob:**/*.yaml"] }, "c5"],
  ["two dots within a name never match", { includePaths: ["charts"] }, ""],
  ["a commit without changes never matches", { includePaths: ["."], discoveryLimit: 1 }, "c8"],
  ["the limit counts matches", { includePaths: ["apps"], discoveryLimit: 2 }, "c8 c7"],
];
for (const [name, rules, commits] of pathRows) {
  test(`paths: ${name}`, { skip: missingGit() }, async (t) => {
    const { discover } = place(t, pathPlans);
    assert.equal(subjects(await discover(rules)).join(" "), commits);
    const lexical = await discover({ ...rules, commitSelectionStrategy: "Lexical" });
    assert.equal(tags(lexical).join(" "), commits.replaceAll("c", "t"));
  });
}

const tagPlans: readonly CommitPlan[] = [
  { message: "r1", at: 1_600_000_100, tags: [{ name: "v1.0.0" }, { name: "1.0.0" }, { name: "v1.0" }] },
  {
    message: "r2",
    at: 1_600_000_200,
    tags: [{ name: "v1.2.0-rc.1", message: "candidate", at: 1_600_000_900 }],
  },
  { message: "r3", at: 1_600_000_300, tags: [{ name: "v1.10.0", message: "ten", at: 1_600_000_300 }] },
  { message: "r4", at: 1_600_000_400, tags: [{ name: "v1.9.0" }, { name: "release/9" }] },
  {
    message: "r5",
    at: 1_600_000_500,
    tags: [{ name: "nightly" }, { name: "v2.0.0+b" }, { name: "v2.0.0+a" }],
  },
];
const tagRows: readonly [name: string, rules: Partial<GitSubscription>, tags: string][] = [
  [
    "NewestTag: by the tag's own date, equal dates by name",
    { commitSelectionStrategy: "NewestTag" },
    "v1.2.0-rc.1 nightly v2.0.0+a v2.0.0+b release/9 v1.9.0 v1.10.0 1.0.0 v1.0 v1.0.0",
  ],
  ["NewestTag: limit", { commitSelectionStrategy: "NewestTag", discoveryLimit: 2 }, "v1.2.0-rc.1 nightly"],
  [
    "Lexical: by bytes, descending",
    { commitSelectionStrategy: "Lexical" },
    "v2.0.0+b v2.0.0+a v1.9.0 v1.2.0-rc.1 v1.10.0 v1.0.0 v1.0 release/9 nightly 1.0.0",
  ],
  [
    "Lexical: allowed and ignored names",
    {
      commitSelectionStrategy: "Lexical",
      allowTagsRegexes: ["^v1", "night"],
      ignoreTagsRegexes: ["rc", "\\.9\\."],
    },
    "v1.10.0 v1.0.0 v1.0 nightly",
  ],
  [
    "SemVer: strict by default, ties by text",
    { commitSelectionStrategy: "SemVer" },
    "v2.0.0+b v2.0.0+a v1.10.0 v1.9.0 v1.2.0-rc.1 v1.0.0 1.0.0",
  ],
  [
    "SemVer: lenient",
    { commitSelectionStrategy: "SemVer", strictSemvers: false, semverConstraint: "<1.1" },
    "v1.0.0 v1.0 1.0.0",
  ],
  [
    "SemVer: a constraint keeps pre-releases out",
    { commitSelectionStrategy: "SemVer", semverConstraint: "^1.0.0" },
    "v1.10.0 v1.9.0 v1.0.0 1.0.0",
  ],
  [
    "SemVer: a constraint with a pre-release lets them in",
    { commitSelectionStrategy: "SemVer", semverConstraint: ">=1.1.0-0 <2" },
    "v1.10.0 v1.9.0 v1.2.0-rc.1",
  ],
  [
    "SemVer: names too",
    { commitSelectionStrategy: "SemVer", ignoreTagsRegexes: ["^v2"], allowTagsRegexes: ["^v"] },
    "v1.10.0 v1.9.0 v1.2.0-rc.1 v1.0.0",
  ],
  [
    "SemVer: limit, after the order is made",
    { commitSelectionStrategy: "SemVer", discoveryLimit: 3 },
    "v2.0.0+b v2.0.0+a v1.10.0",
  ],
  [
    "SemVer: filtered by an expression",
    { commitSelectionStrategy: "SemVer", expressionFilter: 'tag startsWith "v1.1"' },
    "v1.10.0",
  ],
  [
    "NewestTag: names",
    { commitSelectionStrategy: "NewestTag", allowTagsRegexes: ["^v1"], ignoreTagsRegexes: ["0$"] },
    "v1.2.0-rc.1",
  ],
  ["nothing matches", { commitSelectionStrategy: "Lexical", allowTagsRegexes: ["none"] }, ""],
];
for (const [name, rules, wanted] of tagRows) {
  test(`tags: ${name}`, { skip: missingGit() }, async (t) => {
    assert.equal(tags(await place(t, tagPlans).discover(rules)).join(" "), wanted);
  });
}

test("a tag's record: commit, dates and people", { skip: missingGit() }, async (t) => {
  const { repo, discover } = place(t, tagPlans);
  const result = await discover({ commitSelectionStrategy: "NewestTag", allowTagsRegexes: ["rc", "^v1.9"] });
  assert.deepEqual(result.commits, [
    {
      id: git(repo, "rev-parse", "v1.2.0-rc.1^{commit}"),
      tag: "v1.2.0-rc.1",
      subject: "r2",
      author: "Ann Author <ann@example.com>",
      committer: "Carl Committer <carl@example.com>",
      creatorDate: "2020-09-13T12:41:40Z",
    },
    {
      id: git(repo, "rev-parse", "v1.9.0"),
      tag: "v1.9.0",
      subject: "r4",
      author: "Ann Author <ann@example.com>",
      committer: "Carl Committer <carl@example.com>",
      creatorDate: "2020-09-13T12:33:20Z",
    },
  ]);
  assert.deepEqual(result.observedRefs, {
    tags: [
      { name: "v1.2.0-rc.1", id: git(repo, "rev-parse", "v1.2.0-rc.1") },
      { name: "v1.9.0", id: git(repo, "rev-parse", "v1.9.0") },
    ],
  });
});

test("a tag named like the default branch is abbreviated as git does it", {
  skip: missingGit(),
}, async (t) => {
  const { discover } = place(t, [{ message: "one", tags: [{ name: "main" }, { name: "a" }] }]);
  assert.deepEqual(tags(await discover({ commitSelectionStrategy: "Lexical" })), ["tags/main", "a"]);
});

test("since leaves older commits out", { skip: missingGit() }, async (t) => {
  const { discover } = place(
    t,
    [1, 2, 3, 4].map((n) => ({ message: `c${n}`, at: 1_600_000_000 + n * 3600, files: { a: String(n) } })),
  );
  const since = new Date((1_600_000_000 + 2 * 3600) * 1000).toISOString();
  assert.deepEqual(subjects(await discover({ since })), ["c4", "c3", "c2"]);
  assert.deepEqual(subjects(await discover({ since, includePaths: ["a"] })), ["c4", "c3", "c2"]);
});

test("a long subject is cut at eighty bytes, never inside a character", { skip: missingGit() }, async (t) => {
  const { discover } = place(t, [
    { message: "x".repeat(80) },
    { message: "x".repeat(81) },
    { message: `${"x".repeat(76)}éé and more` },
  ]);
  assert.deepEqual(subjects(await discover()), [
    `${"x".repeat(76)}...`,
    `${"x".repeat(77)}...`,
    "x".repeat(80),
  ]);
});

test("an unchanged branch is asked for once and fetched never", { skip: missingGit() }, async (t) => {
  const { discover, messages, add } = place(t, [{ message: "one" }]);
  const first = await discover();
  assert.deepEqual(remoteCommands(messages.splice(0)), ["ls-remote", "fetch"]);
  const second = await discover({}, { previous: first });
  assert.deepEqual(remoteCommands(messages.splice(0)), ["ls-remote"]);
  assert.deepEqual(second, first);
  // Without a comparable result the mirror itself tells that nothing moved.
  assert.deepEqual(await discover(), first);
  assert.deepEqual(remoteCommands(messages.splice(0)), ["ls-remote"]);
  add({ message: "two" });
  assert.deepEqual(subjects(await discover({}, { previous: second })), ["two", "one"]);
  assert.deepEqual(remoteCommands(messages.splice(0)), ["ls-remote", "fetch"]);
});

test("unchanged tags are asked for once; a moved, a new and a deleted one are noticed", {
  skip: missingGit(),
}, async (t) => {
  const rules = { commitSelectionStrategy: "Lexical" } as const;
  const { repo, discover, messages, add } = place(t, [
    { message: "one", tags: [{ name: "a" }, { name: "b", message: "annotated" }, { name: "dir" }] },
  ]);
  const first = await discover(rules);
  assert.deepEqual(remoteCommands(messages.splice(0)), ["ls-remote", "fetch"]);
  assert.deepEqual(await discover(rules, { previous: first }), first);
  assert.deepEqual(await discover(rules), first);
  assert.deepEqual(remoteCommands(messages.splice(0)), ["ls-remote", "ls-remote"]);
  add({ message: "two", tags: [{ name: "c" }] });
  git(repo, "tag", "--force", "a", "main");
  git(repo, "tag", "--delete", "dir");
  git(repo, "tag", "dir/below", "main");
  const second = await discover(rules, { previous: first });
  assert.deepEqual(
    second.commits?.map((commit) => `${commit.tag}=${commit.subject}`),
    ["dir/below=two", "c=two", "b=one", "a=two"],
  );
  git(repo, "tag", "--delete", "c");
  messages.splice(0);
  assert.deepEqual(tags(await discover(rules, { previous: second })), ["dir/below", "b", "a"]);
  assert.deepEqual(remoteCommands(messages), ["ls-remote"]);
});

test("another repository's result is never taken for one's own", { skip: missingGit() }, async (t) => {
  const { discover } = place(t, [{ message: "one" }]);
  const first = await discover();
  const previous = { ...first, repoURL: "file:///elsewhere", commits: [] };
  assert.deepEqual(await discover({}, { previous }), first);
});

test("a rewritten branch is followed", { skip: missingGit() }, async (t) => {
  const { repo, discover, add } = place(t, [{ message: "one" }, { message: "two" }]);
  const previous = await discover();
  git(repo, "update-ref", "refs/heads/main", "main~1");
  add({ message: "other two" });
  assert.deepEqual(subjects(await discover({}, { previous })), ["other two", "one"]);
});

test("branches that are files and directories to each other do not collide", {
  skip: missingGit(),
}, async (t) => {
  const { repo, discover } = place(t, [{ message: "one" }, { message: "on a", branch: "a" }]);
  assert.deepEqual(subjects(await discover({ branch: "a" })), ["on a", "one"]);
  git(repo, "branch", "-m", "a", "a/b");
  assert.deepEqual(subjects(await discover({ branch: "a/b" })), ["on a", "one"]);
});

test("a branch name may be a tag's, as git clone has it", { skip: missingGit() }, async (t) => {
  const { discover } = place(t, [
    { message: "one", tags: [{ name: "v1", message: "annotated" }] },
    { message: "two" },
  ]);
  const result = await discover({ branch: "v1" });
  assert.deepEqual(subjects(result), ["one"]);
  assert.equal(result.observedRefs, undefined);
});

const brokenRows: readonly [name: string, rules: Partial<GitSubscription>, code: string, message: RegExp][] =
  [
    ["missing branch", { branch: "none" }, "remote", /none/],
    [
      "malformed tag expression",
      { commitSelectionStrategy: "Lexical", allowTagsRegexes: ["("] },
      "subscription",
      /\(/,
    ],
    ["malformed path selector", { includePaths: ["glob:[a"] }, "subscription", /glob/],
    [
      "malformed constraint",
      { commitSelectionStrategy: "SemVer", semverConstraint: "x.y" },
      "subscription",
      /error parsing semver constraint "x\.y": improper constraint: x\.y$/,
    ],
    [
      "removed field",
      { commitSelectionStrategy: "SemVer", allowTags: "^v" },
      "subscription",
      /: error building tag based selector: AllowTags is deprecated .*; use AllowTagsRegexes instead$/,
    ],
    [
      "removed list",
      { commitSelectionStrategy: "Lexical", ignoreTags: ["x"] },
      "subscription",
      /: error building tag based selector: IgnoreTags is deprecated .*; use IgnoreTagsRegexes instead$/,
    ],
    ["not a date", { since: "yesterday" }, "subscription", /yesterday/],
    ["no repository", { repoURL: "file:///nonexistent/x.git" }, "remote", /nonexistent\/x\.git/],
  ];
for (const [name, rules, code, message] of brokenRows) {
  test(`refused: ${name}`, { skip: missingGit() }, async (t) => {
    await assert.rejects(place(t, [{ message: "one" }]).discover(rules), {
      name: "DiscoveryError",
      code,
      message,
    });
  });
}

test("tags that name no commit", { skip: missingGit() }, async (t) => {
  const rules = { commitSelectionStrategy: "Lexical" } as const;
  const { repo, discover } = place(t, [{ message: "one", files: { a: "1" }, tags: [{ name: "v1" }] }]);
  const blob = git(repo, "rev-parse", "main:a");
  git(repo, "tag", "--annotate", "--message", "a key", "key", blob);
  const result = await discover(rules);
  assert.deepEqual(
    result.commits?.map(({ tag, id, subject, author }) => [tag, id, subject, author]),
    [
      ["v1", git(repo, "rev-parse", "v1"), "one", "Ann Author <ann@example.com>"],
      ["key", blob, "", " "],
    ],
  );
  await assert.rejects(discover({ ...rules, includePaths: ["b"] }), {
    code: "content",
    message: /filtering tags by paths: error getting diff paths for tag "key"/,
  });
  git(repo, "tag", "bare", blob);
  await assert.rejects(discover(rules), {
    code: "content",
    message: /tag "bare" cannot be used: it names no commit/,
  });
});

test("an empty repository has no tags, and no branch either", { skip: missingGit() }, async (t) => {
  const { discover } = place(t, []);
  assert.deepEqual((await discover({ commitSelectionStrategy: "Lexical" })).commits, []);
  await assert.rejects(discover(), { code: "content", message: /no default branch/ });
});

test("a repository of SHA-256 objects", { skip: missingGit() }, async (t) => {
  const { repo, discover } = place(t, [{ message: "one", tags: [{ name: "v1" }] }], "--object-format=sha256");
  assert.deepEqual((await discover()).commits?.[0]?.id, git(repo, "rev-parse", "main"));
  assert.deepEqual(tags(await discover({ commitSelectionStrategy: "SemVer", strictSemvers: false })), ["v1"]);
});

test("a damaged mirror is made anew", { skip: missingGit() }, async (t) => {
  const { mirrors, discover, add } = place(t, [{ message: "one", files: { a: "1" } }]);
  const first = await discover({ includePaths: ["a"] });
  const mirror = join(mirrors, readdirSync(mirrors).find((name) => name.endsWith(".git")) ?? "");
  for (const name of readdirSync(join(mirror, "objects"))) {
    rmSync(join(mirror, "objects", name), { recursive: true, force: true });
  }
  assert.deepEqual(await discover({ includePaths: ["a"] }), first);
  writeFileSync(join(mirror, "packed-refs.lock"), "");
  writeFileSync(join(mirror, "kargo-tags.json"), "{");
  add({ message: "two", files: { a: "2" }, tags: [{ name: "v1" }] });
  assert.deepEqual(tags(await discover({ commitSelectionStrategy: "Lexical" })), ["v1"]);
  assert.deepEqual(subjects(await discover({ includePaths: ["a"] })), ["two", "one"]);
});

test("several subscriptions may read one repository at once", { skip: missingGit() }, async (t) => {
  const { mirrors, discover } = place(t, tagPlans);
  const [branch, lexical, again] = await Promise.all([
    discover(),
    discover({ commitSelectionStrategy: "Lexical" }),
    discover({ commitSelectionStrategy: "Lexical" }),
  ]);
  assert.equal(subjects(branch ?? { repoURL: "" }).length, 5);
  assert.deepEqual(lexical, again);
  // One mirror, and nothing of a private home is left behind.
  assert.equal(readdirSync(mirrors).length, 1);
});

test("the mirror holds no file contents where the remote can leave them out", {
  skip: missingGit(),
}, async (t) => {
  const { repo, mirrors, discover } = place(t, pathPlans);
  git(repo, "config", "uploadpack.allowFilter", "true");
  assert.equal(subjects(await discover({ includePaths: ["apps"] })).join(" "), "c8 c7 c5 c3");
  const mirror = join(mirrors, readdirSync(mirrors)[0] ?? "");
  const types = git(mirror, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split("\n");
  assert.ok(types.includes("tree"));
  assert.ok(!types.includes("blob"));
});

test("aborting ends discovery with the signal's own error", { skip: missingGit() }, async (t) => {
  const { discover } = place(t, [{ message: "one" }]);
  const controller = new AbortController();
  const running = discover({}, { signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(running, { name: "AbortError" });
  await assert.rejects(discover({}, { signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("a failing look-up of credentials fails discovery before git runs", {
  skip: missingGit(),
}, async (t) => {
  const { mirrors, discover } = place(t, [{ message: "one" }]);
  const credentials = { find: () => Promise.reject(new Error("the keychain is locked")) };
  await assert.rejects(discover({}, { credentials }), {
    code: "credentials",
    message: /the keychain is locked/,
  });
  assert.equal(existsSync(mirrors), false);
});

test("ten thousand commits and ten thousand tags", { skip: missingGit() }, async (t) => {
  const count = 10_000;
  const plans = function* (): Generator<CommitPlan> {
    for (let n = 1; n <= count; n++) {
      const file = n === 3 ? "apps/rare.txt" : `lib/${n % 50}.txt`;
      const annotation = n % 2 === 0 ? { message: `release ${n}`, at: 1_600_000_000 + n } : {};
      yield {
        message: `change ${n}`,
        at: 1_600_000_000 + n,
        files: { [file]: String(n) },
        tags: [{ name: `v1.${n % 7}.${n}`, ...annotation }],
      };
    }
  };
  const { discover, messages } = place(t, plans());
  const newest = await discover({ commitSelectionStrategy: "NewestTag", discoveryLimit: 3 });
  assert.deepEqual(subjects(newest), ["change 10000", "change 9999", "change 9998"]);
  assert.equal(newest.observedRefs, undefined, "more tags than a status holds");
  const semver = { commitSelectionStrategy: "SemVer", semverConstraint: "~1.3", discoveryLimit: 2 } as const;
  messages.splice(0);
  assert.deepEqual(tags(await discover(semver)), ["v1.3.9999", "v1.3.9992"]);
  assert.deepEqual(remoteCommands(messages), ["ls-remote"], "records of tags are kept");
  assert.deepEqual(subjects(await discover({ includePaths: ["apps"] })), ["change 3"]);
  assert.deepEqual(tags(await discover({ ...semver, semverConstraint: "<2", includePaths: ["apps"] })), [
    "v1.3.3",
  ]);
});

test("over HTTP with a user name and password", { skip: missingGit() }, async (t) => {
  const { repo, mirrors, messages, discover } = place(t, tagPlans);
  const server = await startGitServer(join(repo, ".."), { user: { name: "ann", password: "s3cret!" } });
  t.after(() => server.close());
  const repoURL = `${server.url}/origin.git`;
  const credentials = { find: async () => ({ username: "ann", password: "s3cret!" }) };
  const rules = { repoURL, commitSelectionStrategy: "SemVer", semverConstraint: "^1" } as const;
  const result = await discover(rules, { credentials });
  assert.equal(result.commits?.[0]?.tag, "v1.10.0");
  assert.ok(server.signIns.includes("ann:s3cret!"));
  const requests = server.requests.length;
  assert.deepEqual(await discover(rules, { credentials, previous: result }), result);
  assert.ok(server.requests.slice(requests).every((request) => !request.includes("upload-pack HTTP")));
  await assert.rejects(discover(rules), (error: Error & { code: string }) => {
    assert.equal(error.code, "remote");
    assert.ok(!error.message.includes("s3cret!"));
    return true;
  });
  const wrong = { find: async () => ({ username: "ann", password: "wr0ng" }) };
  await assert.rejects(
    discover(rules, { credentials: wrong }),
    (error: Error) => !error.message.includes("wr0ng"),
  );
  const files = readdirSync(mirrors, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const holdingIt = files.filter((entry) =>
    readFileSync(join(entry.parentPath, entry.name)).includes("s3cret!"),
  );
  assert.deepEqual(holdingIt, []);
  assert.ok(!messages.join("\n").includes("s3cret!"));
});

test("over SSH with a key, which rests nowhere afterwards", {
  skip: missingGit() || missingSshd(),
}, async (t) => {
  const { repo, mirrors, discover, add } = place(t, [{ message: "one", tags: [{ name: "v1.0.0" }] }]);
  const server = await startSshServer(t, join(repo, ".."));
  const wanted = { repoURL: server.url + repo };
  const credentials = { find: async () => ({ sshPrivateKey: server.privateKey }) };
  assert.deepEqual(subjects(await discover(wanted, { credentials })), ["one"]);
  add({ message: "two", tags: [{ name: "v1.1.0" }] });
  assert.deepEqual(subjects(await discover(wanted, { credentials })), ["two", "one"]);
  const semver = await discover({ ...wanted, commitSelectionStrategy: "SemVer" }, { credentials });
  assert.deepEqual(tags(semver), ["v1.1.0", "v1.0.0"]);
  const files = readdirSync(mirrors, { recursive: true, encoding: "utf8" });
  const hasKey = (name: string) =>
    statSync(join(mirrors, name)).isFile() &&
    readFileSync(join(mirrors, name), "utf8").includes("PRIVATE KEY");
  assert.deepEqual(files.filter(hasKey), []);
  const wrong = { find: async () => ({ sshPrivateKey: "no key at all\n" }) };
  await assert.rejects(discover(wanted, { credentials: wrong }), { name: "DiscoveryError", code: "remote" });
});

test("a remote that never answers is left when the signal says so", { skip: missingGit() }, async (t) => {
  const { repo, discover } = place(t, [{ message: "one" }]);
  const server = await startGitServer(join(repo, ".."), { hangOn: /info\/refs/ });
  t.after(() => server.close());
  const controller = new AbortController();
  const running = discover({ repoURL: `${server.url}/origin.git` }, { signal: controller.signal });
  await server.hanging;
  controller.abort();
  await assert.rejects(running, { name: "AbortError" });
});

const filterRows: readonly [name: string, rules: Partial<GitSubscription>, subjects: string][] = [
  ["by author", { expressionFilter: 'not (author startsWith "Bot")' }, "r4 r2"],
  ["by date, in the committer's own zone", { expressionFilter: "commitDate.Hour() == 14" }, "r4 r1"],
  ["with paths", { expressionFilter: 'subject != "r4"', includePaths: ["a"] }, "r3 r1"],
  ["by the whole subject", { expressionFilter: "len(subject) > 2" }, ""],
  [
    "a result that is no boolean, read as one",
    { expressionFilter: 'author startsWith "Bot" ? 1 : "F"' },
    "r3 r1",
  ],
  ["by the committer", { expressionFilter: 'committer startsWith "Carl" && subject in ["r2", "r5"]' }, "r2"],
  [
    "tags: by tagger and annotation",
    {
      commitSelectionStrategy: "Lexical",
      expressionFilter: 'tagger contains "Tim" && annotation == "release"',
    },
    "r3",
  ],
  [
    "tags: by creation",
    { commitSelectionStrategy: "NewestTag", expressionFilter: "creatorDate.Year() == 2030" },
    "r2",
  ],
];
for (const [name, rules, wanted] of filterRows) {
  test(`filter: ${name}`, { skip: missingGit() }, async (t) => {
    const bot = "Bot <bot@example.com>";
    const day = 1_600_000_000;
    const { discover } = place(t, [
      { message: "r1", author: bot, files: { a: "1" }, at: day, zone: "+0200", tags: [{ name: "t1" }] },
      {
        message: "r2",
        files: { b: "1" },
        at: day,
        zone: "+0000",
        tags: [{ name: "t2", message: "x", at: 1_900_000_000 }],
      },
      {
        message: "r3",
        author: bot,
        files: { a: "2" },
        at: day,
        tags: [{ name: "t3", message: "release", at: day }],
      },
      { message: "r4", files: { a: "3" }, at: day, zone: "+0200" },
    ]);
    assert.equal(subjects(await discover(rules)).join(" "), wanted);
  });
}

test("a filter that fails for one candidate fails the discovery, but not beyond the limit", {
  skip: missingGit(),
}, async (t) => {
  const { discover } = place(t, [{ message: "old" }, { message: "new" }]);
  const rules = { expressionFilter: 'subject == "old" ? nil : true' };
  await assert.rejects(discover(rules), {
    code: "subscription",
    message: /relevant commits from branch: error evaluating filter expression: strconv\.ParseBool/,
  });
  assert.deepEqual(subjects(await discover({ ...rules, discoveryLimit: 1 })), ["new"]);
  const unknown = {
    commitSelectionStrategy: "NewestTag",
    expressionFilter: "commitDate.Year() > 1",
  } as const;
  assert.deepEqual((await discover(unknown)).commits, []);
  await assert.rejects(discover({ expressionFilter: "(" }), {
    code: "subscription",
    message: /: error building base selector: error compiling filter expression: unexpected token EOF/,
  });
});
