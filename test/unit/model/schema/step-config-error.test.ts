import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { stepConfigError } from "../../../../src/model/schema/schema";
import { type StepKind, stepKinds } from "../../../../src/model/schema/step-kinds";

/** Kargo's own answers, recorded from gojsonschema v1.2.0 with the schemas of v1.11.2; "" means that the config fits. */
const recorded: readonly { kind: StepKind; config: unknown; message: string }[] = JSON.parse(
  readFileSync("test/fixtures/step-config-errors.json", "utf8"),
);

/** Lines in any order: Kargo walks fields in random order. A text with line breaks stays in one piece. */
function faults(message: string | undefined): string[] {
  return (message ?? "")
    .replace(/^invalid \S+ config: /, "")
    .split("\n")
    .sort();
}

for (const kind of stepKinds) {
  test(`${kind} says what Kargo says`, () => {
    const rows = recorded.filter((row) => row.kind === kind);
    assert.ok(
      rows.some((row) => row.message === ""),
      "a fitting configuration is recorded",
    );
    assert.ok(rows.length > 1, "faults are recorded");
    for (const { config, message } of rows) {
      const ours = stepConfigError(kind, config);
      assert.deepEqual(faults(ours), faults(message), JSON.stringify(config));
      if (message !== "") assert.ok(ours?.startsWith(`invalid ${kind} config: `));
    }
  });
}

/** What a table must hold of every step, where its schema can be broken so; the rest is for the steps that have more. */
const breaches: readonly {
  readonly name: string;
  readonly pattern: RegExp;
  /** Steps whose schema allows it. */
  readonly except: readonly StepKind[];
}[] = [
  { name: "a missing field", pattern: / is required$/m, except: ["compose-output", "fail"] },
  { name: "a value of the wrong type", pattern: /: Invalid type\. /m, except: [] },
  {
    name: "an unknown key",
    pattern: /: Additional property \S+ is not allowed$/m,
    except: ["compose-output", "git-tag"],
  },
];

/** Steps with fields that exclude each other. */
const exclusive: readonly StepKind[] = [
  ...(["argocd-update", "argocd-wait", "delete", "git-clone", "git-push", "github-push"] as const),
  "kustomize-set-image",
];

test("the record has every way to break a configuration, for every step", () => {
  const missing: string[] = [];
  for (const kind of stepKinds) {
    const messages = recorded.filter((row) => row.kind === kind).map(({ message }) => message);
    for (const { name, pattern, except } of breaches) {
      if (!except.includes(kind) && !messages.some((message) => pattern.test(message))) {
        missing.push(`${kind}: ${name}`);
      }
    }
    const excludes = messages.some((message) =>
      /Must validate one and only one schema|must not|Must not/.test(message),
    );
    if (exclusive.includes(kind) && !excludes) missing.push(`${kind}: fields that exclude each other`);
  }
  assert.deepEqual(missing, []);
});

/** Cases whose whole text, order included, is fixed. */
const exact: readonly [string, StepKind, unknown, string | undefined][] = [
  ["no config at all", "fail", undefined, "(root): Invalid type. Expected: object, given: null"],
  ["a fitting config", "fail", {}, undefined],
  [
    "alternatives before required before unknown keys before fields",
    "git-push",
    { tag: "v1", force: true, extra: 1, provider: "svn" },
    "(root): Must validate one and only one schema (oneOf)\nforce: force must be one of the following: false, null\n" +
      "(root): path is required\n(root): Additional property extra is not allowed\n" +
      'provider: provider must be one of the following: "azure", "bitbucket", "gitea", "github", "gitlab"',
  ],
  [
    "two fitting branches give one line",
    "delete",
    { path: "a", paths: ["b"] },
    "(root): Must validate one and only one schema (oneOf)",
  ],
  [
    "the closest branch is explained",
    "kustomize-set-image",
    { path: "a", images: [{ image: "x" }] },
    "images.0: Must validate one and only one schema (oneOf)\nimages.0: tag is required",
  ],
  [
    "a whole number may be written with a fraction",
    "git-wait-for-pr",
    { repoURL: "https://x", prNumber: 2.0 },
    undefined,
  ],
  [
    "a fraction is no integer",
    "git-wait-for-pr",
    { repoURL: "https://x", prNumber: 1.5 },
    "prNumber: Invalid type. Expected: integer, given: number",
  ],
  ["a big integer counts as one", "git-wait-for-pr", { repoURL: "https://x", prNumber: 7n }, undefined],
  ["empty alternatives are allowed", "git-push", { path: "a", tag: "", targetBranch: "" }, undefined],
  [
    "null is no text",
    "copy",
    { inPath: null, outPath: "a" },
    "inPath: Invalid type. Expected: string, given: null",
  ],
  [
    "null fits two branches",
    "git-push",
    { path: "a", tag: null },
    "(root): Must validate one and only one schema (oneOf)\ntag: Invalid type. Expected: string, given: null",
  ],
  ["git-tag tolerates other keys", "git-tag", { path: "a", tag: "b", message: "c", other: 1 }, undefined],
  ["compose-output needs one key", "compose-output", {}, "(root): Must have at least 1 properties"],
  [
    "scp form is no URI",
    "git-open-pr",
    { repoURL: "git@h:a/b", sourceBranch: "a", targetBranch: "b" },
    "repoURL: Does not match format 'uri'",
  ],
  [
    "limits are printed as Go prints them",
    "github-push",
    { path: "a", maxAttempts: 2147483648 },
    "maxAttempts: Must be less than or equal to 2.147483647e+09",
  ],
  ["a pattern is searched, not anchored", "http", { url: "x", timeout: "abc5sxyz" }, undefined],
  [
    "conditions to wait for are unique",
    "argocd-wait",
    { apps: [{ name: "a", waitFor: ["sync", "health", "sync"] }] },
    "apps.0.waitFor: array items[0,2] must be unique",
  ],
  [
    "an inherited name is no key",
    "fail",
    { constructor: 1 },
    "(root): Additional property constructor is not allowed",
  ],
];
for (const [name, kind, config, message] of exact) {
  test(`${kind}: ${name}`, () => {
    assert.equal(
      stepConfigError(kind, config),
      message === undefined ? undefined : `invalid ${kind} config: ${message}`,
    );
  });
}
