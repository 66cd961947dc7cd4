import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { ReportedProblem } from "../../../src/cli/problem";
import { runProgram } from "../../../src/cli/program";
import { rules } from "../../../src/language/language-service";
import { project, serviceOf, stage } from "../../support/cursor";
import { tempDir } from "../../support/temp";

async function validate(cwd: string, ...args: readonly string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runProgram(["validate", ...args], {
    cwd,
    stdout,
    stderr,
    stdin: Readable.from([""]),
    env: {},
    signal: new AbortController().signal,
  });
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = tempDir(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const right = project(stage("test"), stage("uat", { from: ["test"] }));
const wrongType = `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: other, namespace: demo}
spec:
  interval: 5
  subscriptions:
  - image: {repoURL: a/b, strictSemvers: true}
`;
const typeLine = '5:13: error type `interval` must be text, not a number; put it in quotes: "5".';

test("says nothing on stdout about files that are right", async (t) => {
  const root = folder(t, { "a.yaml": right, "other.yaml": "a: [1\n", "notes.txt": "kind: [" });
  assert.deepEqual(await validate(root), { code: 0, out: "", err: "No problems in 2 files.\n" });
});

test("prints one line for each problem and exits with 1 on errors", async (t) => {
  const root = folder(t, { "a.yaml": right, "deep/er/b.yaml": wrongType });
  const { code, out, err } = await validate(root);
  assert.equal(out, `deep/er/b.yaml:${typeLine}\n`);
  assert.equal(err, "error: 1 error found.\n");
  assert.equal(code, 1);
});

test("exits with 0 when there are only warnings", async (t) => {
  const root = folder(t, { "a.yaml": project(stage("test", { from: ["tset"] })) });
  const { code, out } = await validate(root);
  assert.match(out, /^a\.yaml:\d+:\d+: warning unresolved-reference /m);
  assert.doesNotMatch(out, /: error /);
  assert.equal(code, 0);
});

test("knows the whole workspace when only one file is named", async (t) => {
  const files = { "a.yaml": project(stage("test")), "uat.yaml": stage("uat", { from: ["test"] }) };
  const root = folder(t, { ...files, "bad.yaml": stage("bad", { from: ["tset"] }) });
  assert.equal((await validate(root, "uat.yaml")).out, "");
  assert.match((await validate(root, "bad.yaml")).out, /^bad\.yaml:.*unresolved-reference/);
});

test("takes folders, files of other names, and files of other folders", async (t) => {
  const root = folder(t, { "in/a.yaml": wrongType, "in/b.txt": wrongType, "c.yaml": wrongType });
  const files = async (...args: string[]) =>
    (await validate(join(root, "in"), ...args)).out
      .trim()
      .split("\n")
      .map((line) => line.replace(/:.*/, ""));
  assert.deepEqual(await files(), ["a.yaml"]);
  assert.deepEqual(await files(".", "a.yaml", "b.txt"), ["a.yaml", "b.txt"]);
  assert.deepEqual(await files("../c.yaml"), [join(root, "c.yaml")]);
});

for (const name of [".git", "node_modules", ".kargo"]) {
  test(`looks into no ${name}`, async (t) => {
    const root = folder(t, { [`x/${name}/a.yaml`]: wrongType });
    assert.deepEqual(await validate(root), { code: 0, out: "", err: "No problems in 0 files.\n" });
  });
}

const misuse: Record<string, readonly string[]> = {
  "a path where nothing is": ["nope.yaml"],
  "a format it does not know": ["-o", "xml"],
  "a workspace that is none": ["--workspace", "nope"],
  "an option it does not know": ["--strict"],
};
for (const [name, args] of Object.entries(misuse)) {
  test(`exits with 2 for ${name}`, async (t) => {
    const { code, out, err } = await validate(folder(t, { "a.yaml": wrongType }), ...args);
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.equal(err.trim().split("\n").length, 1, err);
  });
}

test("gives the same as JSON, counting from one", async (t) => {
  const root = folder(t, { "a b.yaml": wrongType, "c.yaml": "" });
  const { code, out } = await validate(root, "-o", "json");
  assert.equal(code, 1);
  const expected: ReportedProblem = {
    file: "a b.yaml",
    line: 5,
    column: 13,
    endLine: 5,
    endColumn: 14,
    severity: "error",
    rule: "type",
    message: '`interval` must be text, not a number; put it in quotes: "5".',
  };
  assert.deepEqual(JSON.parse(out), [expected]);
  assert.equal((await validate(root, "-o", "json", "c.yaml")).out, "[]\n");
});

test("counts columns as editors do behind a byte order mark and with CRLF", async (t) => {
  const root = folder(t, { "a.yaml": `\ufeff${wrongType.replaceAll("\n", "\r\n")}` });
  assert.equal((await validate(root)).out, `a.yaml:${typeLine}\n`);
  const first = folder(t, { "a.yaml": "\ufeff{apiVersion: kargo.akuity.io/v1alpha1, kind: Stagee}\n" });
  assert.match((await validate(first)).out, /^a\.yaml:1:46: error unknown-kind /);
});

interface SarifRun {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
  readonly results: readonly {
    readonly ruleId: string;
    readonly ruleIndex: number;
    readonly level: string;
    readonly locations: readonly { readonly physicalLocation: unknown }[];
  }[];
}

test("gives SARIF that names every rule and every place", async (t) => {
  const root = folder(t, { "a b.yaml": wrongType, "c.yaml": project(stage("x", { from: ["z"] })) });
  const { code, out } = await validate(root, "-o", "sarif");
  assert.equal(code, 1);
  const log = JSON.parse(out) as { version: string; runs: readonly SarifRun[] };
  assert.equal(log.version, "2.1.0");
  const run = log.runs[0];
  assert.ok(run !== undefined && log.runs.length === 1);
  assert.deepEqual(
    run.tool.driver.rules.map(({ id }) => id),
    Object.keys(rules),
  );
  assert.deepEqual(
    run.results.map(({ level, ruleId }) => `${level} ${ruleId}`),
    ["error type", "warning unresolved-reference"],
  );
  for (const { ruleIndex, ruleId } of run.results) assert.equal(run.tool.driver.rules[ruleIndex]?.id, ruleId);
  assert.deepEqual(run.results[0]?.locations[0]?.physicalLocation, {
    artifactLocation: { uri: "a%20b.yaml", uriBaseId: "%SRCROOT%" },
    region: { startLine: 5, startColumn: 13, endLine: 5, endColumn: 14 },
  });
});

test("finds nothing wrong with the sample", async (t) => {
  const root = tempDir(t);
  cpSync("media/sample/kargo", root, { recursive: true });
  for (const name of readdirSync(root)) {
    const text = readFileSync(join(root, name), "utf8");
    writeFileSync(
      join(root, name),
      text.replaceAll("__REPOSITORY__", pathToFileURL(join(root, "r.git")).href),
    );
  }
  const { code, out } = await validate(root);
  assert.doesNotMatch(out, /: (?:error|warning) /);
  assert.equal(code, 0);
});

test("says what the language service says", async (t) => {
  const text = project(stage("x", { from: ["y"] }), wrongType);
  const { out } = await validate(folder(t, { "a.yaml": text }), "-o", "json");
  const printed = (JSON.parse(out) as ReportedProblem[]).map(({ rule, message }) => ({ rule, message }));
  const seen = serviceOf(text)
    .diagnostics("file:///w/a.yaml")
    .map(({ rule, message }) => ({ rule, message }));
  assert.deepEqual(printed, seen);
  assert.ok(printed.length > 1);
});

test("takes rule severities and names of custom steps as the editor's settings do", async (t) => {
  const own = stage("own", { steps: "- uses: my-step\n  config: {}\n" });
  const root = folder(t, { "a.yaml": project(own), "b.yaml": wrongType });
  const both = await validate(root);
  assert.match(both.out, /unknown-step/);
  const settings = ["--rule", "type=warning", "--custom-step", "my-step"];
  const eased = await validate(root, ...settings);
  assert.equal(eased.code, 0);
  assert.match(eased.out, /b\.yaml:5:13: warning type/);
  assert.doesNotMatch(eased.out, /unknown-step/);
  assert.deepEqual((await validate(root, "--rule", "type=off", "--rule", "unknown-step=off")).out, "");
  for (const wrong of ["nope=off", "type=loud", "type"])
    assert.equal((await validate(root, "--rule", wrong)).code, 2);
});

test("takes the schema of a custom step", async (t) => {
  const root = folder(t, {
    "a.yaml": project(stage("a", { steps: "- uses: my-step\n  config:\n    target: 5" })),
    "my-step.json": JSON.stringify({ properties: { target: { type: "string" } } }),
    "wrong.json": JSON.stringify({ type: "obect" }),
  });
  const checked = await validate(root, "--custom-step", "my-step=my-step.json");
  assert.equal(checked.code, 1);
  assert.match(checked.out, /^a\.yaml:\d+:\d+: error type `target` must be text\.$/m);
  const refused = await validate(root, "--custom-step", "my-step=wrong.json");
  assert.equal(refused.code, 2);
  assert.match(refused.err, /my-step.*wrong\.json.*#\/type is "obect"/);
});
