// Rows for criteria and filters. Expected outcomes were observed on expr-lang v1.17.8 with Go types of the same shape:
// a verdict, or the phase that fails (`compile`, `run`), or `result` when the value is no boolean.
import assert from "node:assert/strict";
import { test } from "node:test";
import { areCriteriaSatisfied } from "../../../../src/engine/discovery/criteria";
import { commitTime, expressionFilter } from "../../../../src/engine/discovery/expression-filter";
import type { DiscoveredArtifacts } from "../../../../src/model/resources";

type Outcome = "true" | "false" | "compile" | "run" | "result";

const at = "2024-01-02T03:04:05Z";
const commit = {
  id: "abc",
  tag: "v1.2.3",
  subject: "feat: x",
  author: "A <a@b>",
  committer: "C <c@d>",
  creatorDate: at,
};
const image = { tag: "1.2.3", digest: "sha256:aa", annotations: { k: "v" }, createdAt: at };
const reference = { artifactType: "t", subscriptionName: "sub", version: "9", metadata: { a: { b: 1 } } };
const artifacts: DiscoveredArtifacts = {
  git: [
    { repoURL: "https://g/one", commits: [commit] },
    { repoURL: "https://g/two", commits: [{ id: "def", branch: "main" }] },
  ],
  images: [
    { repoURL: "r.io/one", references: [image] },
    { repoURL: "r.io/two", references: [{ tag: "2", digest: "sha256:bb" }] },
  ],
  charts: [
    { repoURL: "https://c", name: "n", versions: ["1.0.0"] },
    { repoURL: "oci://c.io/x", versions: ["2.0.0"] },
  ],
  results: [{ name: "sub", artifactReferences: [reference] }],
};
const variables = {
  id: "abc",
  commitDate: commitTime("2024-05-06T01:02:03+02:00"),
  author: "Ann <ann@x>",
  committer: "Carl <c@y>",
  subject: "feat: thing",
};

const run = "error evaluating filter expression";

function outcome(work: () => boolean): Outcome {
  try {
    return work() ? "true" : "false";
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.equal(error.name, "DiscoveryError");
    if (/^error compiling (filter )?expression: /.test(error.message)) return "compile";
    return error.message.includes("strconv.ParseBool: parsing ") ? "result" : "run";
  }
}

const criteriaRows: readonly [expression: string, wanted: Outcome][] = [
  ["true", "true"],
  ["false", "false"],
  ["1", "true"],
  ["0", "false"],
  ["2", "result"],
  ['"true"', "true"],
  ['"T"', "true"],
  ['"yes"', "result"],
  ["nil", "result"],
  ["1.0", "true"],
  ["foo", "run"],
  ["foo ?? true", "run"],
  ["foo?.bar ?? true", "run"],
  ['commitFrom("https://g/one").Tag == "v1.2.3"', "true"],
  ['commitFrom("https://g/one").tag == "v1.2.3"', "compile"],
  ['commitFrom("https://g/one").ID matches "^a"', "true"],
  ['commitFrom("https://g/none") == nil', "true"],
  ['commitFrom("https://g/none").Tag == ""', "run"],
  ['commitFrom("https://g/none")?.Tag == "x"', "run"],
  ['commitFrom("https://g/none")?.Tag == nil', "true"],
  ['commitFrom("https://g/none") != nil && commitFrom("https://g/none").Tag == "x"', "false"],
  ['commitFrom("https://g/one").CreatorDate.Year() == 2024', "true"],
  ['commitFrom("https://g/one").CreatorDate.Time.Year() == 2024', "true"],
  ['commitFrom("https://g/one").CreatorDate.After(date("2024-01-01"))', "true"],
  ['commitFrom("https://g/one").CreatorDate > date("2024-01-01")', "compile"],
  ['commitFrom("https://g/one").CreatorDate.Time > date("2024-01-01")', "true"],
  ['commitFrom("https://g/one").CreatorDate.Unix() > 1700000000', "true"],
  ['commitFrom("https://g/two").CreatorDate == nil', "true"],
  ['commitFrom("https://g/two").CreatorDate.IsZero()', "true"],
  ['commitFrom("https://g/two").CreatorDate.Year() == 1', "run"],
  ['commitFrom("https://g/one").CreatorDate.IsZero()', "false"],
  ['commitFrom("https://g/one").CreatorDate.Before(imageFrom("r.io/one").CreatedAt)', "false"],
  ['commitFrom("https://g/one").CreatorDate.Equal(imageFrom("r.io/one").CreatedAt)', "true"],
  ['commitFrom("https://g/two").CreatorDate.Before(imageFrom("r.io/one").CreatedAt)', "false"],
  ['commitFrom("https://g/two").CreatorDate.Equal(imageFrom("r.io/two").CreatedAt)', "true"],
  ['commitFrom("https://g/one").CreatorDate.Format("2006") == "2024"', "true"],
  ['commitFrom("https://g/one").CreatorDate.Time.Sub(date("2024-01-01")).Hours() > 20', "true"],
  ['commitFrom("https://g/one").CreatorDate.Rfc3339Copy().Year() == 2024', "true"],
  ['commitFrom("https://g/one").CreatorDate.String() == "x"', "false"],
  ['commitFrom("https://g/one").CreatorDate == imageFrom("r.io/one").CreatedAt', "true"],
  ['imageFrom("r.io/one").Annotations["k"] == "v"', "true"],
  ['imageFrom("r.io/one").Annotations.k == "v"', "true"],
  ['imageFrom("r.io/two").Annotations["k"] == "v"', "false"],
  ['imageFrom("r.io/two").Annotations["k"] == ""', "true"],
  ['"k" in imageFrom("r.io/one").Annotations', "true"],
  ['len(imageFrom("r.io/two").Annotations) == 0', "true"],
  ['imageFrom("r.io/one").Tag == commitFrom("https://g/one").Tag', "false"],
  ['"v" + imageFrom("r.io/one").Tag == commitFrom("https://g/one").Tag', "true"],
  ['imageFrom("r.io/one").RepoURL == ""', "compile"],
  ['imageFrom("r.io/one").Tag == 1', "compile"],
  ['imageFrom(1).Tag == ""', "compile"],
  ["imageFrom() == nil", "compile"],
  ['imageFrom("a", "b") == nil', "compile"],
  ['chartFrom("https://c").Version == "1.0.0"', "true"],
  ['chartFrom("https://c", "n").Name == "n"', "true"],
  ['chartFrom("https://c", "m") == nil', "true"],
  ['chartFrom("oci://c.io/x").RepoURL == "c.io/x"', "true"],
  ['chartFrom("https://c", "n", "x") == nil', "compile"],
  ['chartFrom("https://c", 1) == nil', "compile"],
  ['artifactFrom("sub").Metadata.a.b == 1', "true"],
  ['artifactFrom("sub").Metadata["a"]["b"] > 0', "true"],
  ['artifactFrom("none") == nil', "true"],
  ['artifactFrom("sub").Version == "9"', "true"],
  ['artifactFrom("none")?.Version ?? "x" == "x"', "compile"],
  ['semverParse("1.0.0").Major() == 1', "run"],
  ['ctx.project == ""', "run"],
  ["vars.x", "run"],
  ['quote("x") == ""', "run"],
  ['let c = commitFrom("https://g/one"); c.Tag startsWith "v" and not (c.Subject contains "wip")', "true"],
  ['commitFrom("https://g/one").Tag', "result"],
  ['commitFrom("https://g/one").CreatorDate.Month() == 1', "compile"],
  ['commitFrom("https://g/one").CreatorDate.Month().String() == "January"', "true"],
  ["(", "compile"],
  ['now() > commitFrom("https://g/one").CreatorDate.Time', "true"],
  ['duration("1h") < now() - commitFrom("https://g/one").CreatorDate.Time', "true"],
  ['any([commitFrom("https://g/one").Tag, imageFrom("r.io/one").Tag], # == "1.2.3")', "true"],
  ['{"a": 1}', "result"],
  ["[true]", "result"],
  ['int("1")', "true"],
  ["string(true)", "true"],
  ["!true", "false"],
];
for (const [expression, wanted] of criteriaRows) {
  test(`criteria ${expression}: ${wanted}`, () => {
    assert.equal(
      outcome(() => areCriteriaSatisfied({ expression }, artifacts)),
      wanted,
    );
  });
}

test("criteria that are blank hold, and so do all while nothing of a built-in type was discovered", () => {
  assert.equal(areCriteriaSatisfied(undefined, artifacts), true);
  assert.equal(areCriteriaSatisfied({ expression: " \n" }, artifacts), true);
  assert.equal(areCriteriaSatisfied({ expression: "false" }, { results: [{ name: "x" }] }), true);
});

test("criteria find artifacts by normalised URL, and the last of several generic results", () => {
  const other = { ...reference, version: "10" };
  const more = {
    ...artifacts,
    results: [...(artifacts.results ?? []), { name: "sub", artifactReferences: [other] }],
  };
  const holds = (expression: string) => areCriteriaSatisfied({ expression }, more);
  assert.equal(holds('commitFrom("https://user@G/One.git/").ID == "abc"'), true);
  assert.equal(holds('imageFrom("R.io/one:latest").Tag == "1.2.3"'), true);
  assert.equal(holds('chartFrom("oci://C.io/x").RepoURL == "c.io/x"'), true);
  assert.equal(holds('artifactFrom("sub").Version == "10"'), true);
});

const filterRows: readonly [expression: string, wanted: Outcome][] = [
  ["true", "true"],
  ['subject startsWith "feat"', "true"],
  ['author contains "ann@"', "true"],
  ["commitDate.Year() == 2024", "true"],
  ["commitDate.Hour() == 1", "true"],
  ["commitDate.UTC().Hour() == 23", "true"],
  ['commitDate > date("2024-05-05")', "true"],
  ['commitDate - date("2024-05-05") > duration("12h")', "true"],
  ["tag == nil", "true"],
  ['tag == "x"', "false"],
  ["tagger", "result"],
  ["creatorDate.Year() == 1", "run"],
  ["undefined ?? true", "true"],
  ["subject", "result"],
  ['id == "abc" && !(author endsWith "bot>")', "true"],
  ['commitDate.Format("-0700") == "+0200"', "true"],
  ['commitFrom("x") == nil', "run"],
  ["len(subject) > 3", "true"],
  ['"1"', "true"],
  ["1 == 1.0", "true"],
  ['commitDate.Weekday().String() == "Monday"', "true"],
  ['commitDate.Before(date("2025-01-01"))', "true"],
  ['subject matches "^(feat|fix)(\\\\(.+\\\\))?:"', "true"],
  ['Subject == "x"', "false"],
  ["$env.subject == subject", "true"],
  ['split(author, " ")[0] == "Ann"', "true"],
  ["commitDate.Zone()", "result"],
  ['string(commitDate) == "2024-05-06 01:02:03 +0200 +0200"', "true"],
  ['commitDate.String() == "2024-05-06 01:02:03 +0200 +0200"', "true"],
  ['commitDate.Location().String() == ""', "true"],
];
for (const [expression, wanted] of filterRows) {
  test(`filter ${expression}: ${wanted}`, () => {
    assert.equal(
      outcome(() => expressionFilter(expression, { run })?.(variables) ?? false),
      wanted,
    );
  });
}

test("no filter is none", () => {
  assert.equal(expressionFilter(undefined, { run }), undefined);
  assert.equal(expressionFilter("", { run }), undefined);
});
