import assert from "node:assert/strict";
import { test } from "node:test";
import { StepError } from "../../../../src/engine/promotion/step";
import { addressOf, omittedReason, pollIntervalMs } from "../../../../src/engine/steps/pull-request-step";
import { PullRequestError } from "../../../../src/engine/tools/pull-requests/provider";
import { stepConfigError } from "../../../../src/model/schema/step-config-error";
import type { StepKind } from "../../../../src/model/schema/step-kinds";

const repoURL = "https://github.com/acme/deploy";
const numbered = { repoURL, prNumber: 1 };
const opening = { repoURL, sourceBranch: "a", targetBranch: "b" };

/** The problems of a configuration, without the sentence they begin with; none when it is in order. */
const configs: readonly (readonly [StepKind, string, unknown, readonly string[]])[] = [
  ...(["git-wait-for-pr", "git-merge-pr"] as const).flatMap(
    (kind) =>
      [
        [kind, "the least", numbered, []],
        [kind, "nothing", null, ["(root): Invalid type. Expected: object, given: null"]],
        [kind, "no URL", { prNumber: 1 }, ["(root): repoURL is required"]],
        [kind, "no number", { repoURL }, ["(root): prNumber is required"]],
        [kind, "an unknown key", { ...numbered, x: 1 }, ["(root): Additional property x is not allowed"]],
        [kind, "SCP form", { ...numbered, repoURL: "git@h:a/b" }, ["repoURL: Does not match format 'uri'"]],
        [kind, "number 0", { ...numbered, prNumber: 0 }, ["prNumber: Must be greater than or equal to 1"]],
        [
          kind,
          "a number as text",
          { ...numbered, prNumber: "1" },
          ["prNumber: Invalid type. Expected: integer, given: string"],
        ],
        [
          kind,
          "an unknown service",
          { ...numbered, provider: "sourcehut" },
          [
            'provider: provider must be one of the following: "azure", "bitbucket", "gitea", "github", "gitlab"',
          ],
        ],
        [
          kind,
          "no duration",
          { ...numbered, pollInterval: "soon" },
          ["pollInterval: Does not match pattern '(?:\\d+(ns|us|µs|ms|s|m|h))+'"],
        ],
      ] as const,
  ),
  [
    "git-wait-for-pr",
    "a key of git-merge-pr",
    { ...numbered, wait: true },
    ["(root): Additional property wait is not allowed"],
  ],
  [
    "git-merge-pr",
    "everything",
    {
      ...numbered,
      provider: "gitea",
      wait: true,
      pollInterval: "1m",
      mergeMethod: "x",
      insecureSkipTLSVerify: true,
    },
    [],
  ],
  [
    "git-merge-pr",
    "an empty method",
    { ...numbered, mergeMethod: "" },
    ["mergeMethod: String length must be greater than or equal to 1"],
  ],
  ["git-open-pr", "the least", opening, []],
  [
    "git-open-pr",
    "everything",
    { ...opening, createTargetBranch: true, provider: "azure", title: "t", description: "d", labels: ["l"] },
    [],
  ],
  [
    "git-open-pr",
    "nothing but the URL",
    { repoURL },
    ["(root): sourceBranch is required", "(root): targetBranch is required"],
  ],
  [
    "git-open-pr",
    "an empty title",
    { ...opening, title: "" },
    ["title: String length must be greater than or equal to 1"],
  ],
  [
    "git-open-pr",
    "an empty label",
    { ...opening, labels: [""] },
    ["labels.0: String length must be greater than or equal to 1"],
  ],
  [
    "git-open-pr",
    "labels in one text",
    { ...opening, labels: "a" },
    ["labels: Invalid type. Expected: array, given: string"],
  ],
  ["github-push", "the least", { path: "src" }, []],
  ["github-push", "no path", {}, ["(root): path is required"]],
  ["github-push", "a branch by force", { path: "src", targetBranch: "b", force: true, maxAttempts: 3 }, []],
  [
    "github-push",
    "a branch and a generated one",
    { path: "src", targetBranch: "b", generateTargetBranch: true },
    ["(root): Must validate one and only one schema (oneOf)"],
  ],
  ["github-push", "a tag", { path: "src", tag: "v1" }, ["(root): Additional property tag is not allowed"]],
  [
    "github-push",
    "no attempt",
    { path: "src", maxAttempts: 0 },
    ["maxAttempts: Must be greater than or equal to 1"],
  ],
];

for (const [kind, name, config, problems] of configs) {
  test(`configuration of ${kind}: ${name}`, () => {
    const told = stepConfigError(kind, config);
    if (problems.length === 0) assert.equal(told, undefined);
    for (const problem of problems) assert.ok(told?.split(/config: |\n/).includes(problem), told);
  });
}

const addresses: readonly (readonly [string, string, string, string])[] = [
  ["https://GitHub.com/Acme/Deploy.git/", "https", "github.com", "/acme/deploy"],
  ["http://h:8080/a/b", "http", "h:8080", "/a/b"],
  ["ssh://git@h/a/b.git", "https", "h", "/a/b"],
  ["git@h:a/b.git", "https", "h", "/a/b"],
  ["https://u:secret@h/a/b", "https", "h", "/a/b"],
  ["https://h/a%20b/c", "https", "h", "/a b/c"],
];

for (const [url, scheme, host, path] of addresses) {
  test(`${url.replace("secret", "…")} as an address`, () => {
    const { shown = "", ...address } = addressOf(url) ?? {};
    assert.deepEqual(address, { scheme, host, path });
    assert.ok(!shown.includes("secret"));
  });
}

const intervals: readonly (readonly [string | undefined, number | RegExp])[] = [
  [undefined, 42],
  ["", 42],
  ["1m30s", 90_000],
  ["1500us", 1.5],
  ["abc5sxyz", /^error parsing pollInterval: time: invalid duration "abc5sxyz"$/],
  ["5s xyz", /^error parsing pollInterval: time: unknown unit "s xyz" in duration "5s xyz"$/],
];

for (const [text, expected] of intervals) {
  test(`poll interval ${text ?? "left out"}`, () => {
    if (typeof expected === "number") assert.equal(pollIntervalMs(text, 42), expected);
    else {
      assert.throws(
        () => pollIntervalMs(text, 42),
        (error) => error instanceof StepError && error.status === "Errored" && expected.test(error.message),
      );
    }
  });
}

test("what a service said is told only where the sentence leaves it out", () => {
  const make = (message: string, reason: string) => new PullRequestError("status", message, { reason });
  assert.deepEqual(omittedReason(make("409", "conflict")), ["The service says: conflict"]);
  assert.deepEqual(omittedReason(make("409 conflict", "conflict")), []);
  assert.deepEqual(omittedReason(make("409", "")), []);
  assert.deepEqual(omittedReason(new Error("409")), []);
});
