// The sample in the terminal: what issue "walking skeleton" promises, with real Git and real processes.
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Promotion, Stage } from "../../src/model/resources";
import { git, runCli, startCli } from "../support/cli";
import { tempDir } from "../support/temp";

/** A sample with its first Freight discovered. */
async function sampleWithFreight(t: TestContext): Promise<{ root: string; repository: string }> {
  const root = join(tempDir(t), "sample");
  await succeeds(["sample", root]);
  await succeeds(["refresh", "warehouse", "hello", "--project", "hello", "--workspace", root]);
  return { root, repository: join(root, "repository.git") };
}

async function succeeds(args: readonly string[]): Promise<string> {
  const result = await runCli(args);
  assert.equal(result.code, 0, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
  assert.equal(result.stderr, "");
  return result.stdout;
}

async function fails(args: readonly string[], code: number, message: RegExp): Promise<void> {
  const result = await runCli(args);
  assert.equal(result.code, code, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
  assert.match(result.stderr, message);
  assert.equal(result.stderr.trim().split("\n").length, 1, `one line, not: ${result.stderr}`);
}

const promote = (root: string, stage: string) => [
  "promote",
  "--project",
  "hello",
  "--stage",
  stage,
  "--warehouse",
  "hello",
  "-w",
  root,
];

async function list<R>(root: string, noun: string): Promise<R[]> {
  return JSON.parse(await succeeds(["get", noun, "--project", "hello", "-o", "json", "--workspace", root]))
    .items;
}

/** A hook that runs `script` for pushes to a branch that exists; git-clone may still create the Stage's branch. */
function onPush(repository: string, script: string): void {
  const hook = join(repository, "hooks", "pre-receive");
  writeFileSync(
    hook,
    `#!/bin/sh\nread old new ref\ncase "$old" in *[1-9a-f]*) ;; *) exit 0 ;; esac\n${script}\n`,
  );
  chmodSync(hook, 0o755);
}

/** Makes a push hang until the returned function is called. */
function holdPushes(repository: string): () => void {
  const gate = join(repository, "open");
  onPush(
    repository,
    `touch "${repository}/reached"\nfor i in $(seq 600); do [ -e "${gate}" ] && exit 0; sleep 0.1; done\nexit 1`,
  );
  return () => writeFileSync(gate, "");
}

async function reached(repository: string): Promise<void> {
  for (let i = 0; i < 300 && !existsSync(join(repository, "reached")); i++) await delay(100);
  assert.ok(existsSync(join(repository, "reached")), "the push never started");
}

test("Freight flows through test, uat and prod, and each Stage's branch holds what was promoted", async (t) => {
  const { root, repository } = await sampleWithFreight(t);
  const head = git(repository, "rev-parse", "main");
  await fails([...promote(root, "uat")], 1, /uat/);
  for (const stage of ["test", "uat", "prod"]) {
    const out = await succeeds(promote(root, stage));
    assert.match(out, /Succeeded deploy::push +git-push/);
    const kustomization = git(repository, "show", `stage/${stage}:stage/kustomization.yaml`);
    assert.match(kustomization, new RegExp(`newTag: "?${head.slice(0, 7)}"?`));
    assert.match(
      git(repository, "show", `stage/${stage}:stage/settings.yaml`),
      new RegExp(`commit: "?${head}`),
    );
    assert.match(git(repository, "log", "-1", "--format=%s", `stage/${stage}`), new RegExp(`to ${stage}$`));
  }
  const stages = await list<Stage>(root, "stages");
  assert.deepEqual(
    stages.map((s) => s.metadata.name),
    ["test", "uat", "prod"],
  );
  for (const stage of stages) assert.equal(stage.status?.lastPromotion?.status?.phase, "Succeeded");
  const promotions = await list<Promotion>(root, "promotions");
  assert.equal(promotions.length, 3);
  assert.ok(promotions.every((p) => p.status?.stepExecutionMetadata?.every((m) => m.status === "Succeeded")));
});

test("a remote that refuses fails the push step and says why", async (t) => {
  const { root, repository } = await sampleWithFreight(t);
  onPush(repository, "echo 'the repository is read-only' >&2\nexit 1");
  await fails(promote(root, "test"), 1, /at step "deploy::push" \(git-push\): .*the repository is read-only/);
  assert.equal(git(repository, "log", "--format=%s", "stage/test"), "Initial commit");
});

test("kill -9 in the middle of a promotion loses nothing; the next command takes it up and finishes it", async (t) => {
  const { root, repository } = await sampleWithFreight(t);
  const release = holdPushes(repository);
  const run = startCli(promote(root, "test"));
  await reached(repository);
  run.process.kill("SIGKILL");
  await run.ended;
  const [interrupted, ...others] = await list<Promotion>(root, "promotions");
  assert.deepEqual(others, []);
  assert.equal(interrupted?.status?.phase, "Running");
  assert.ok((interrupted?.status?.currentStep ?? 0) > 0, "the step it had reached is recorded");
  release();
  const out = await succeeds(promote(root, "test"));
  assert.match(out, /Succeeded\.$/m);
  const promotions = await list<Promotion>(root, "promotions");
  assert.deepEqual(
    promotions.map((p) => p.status?.phase),
    ["Succeeded", "Succeeded"],
  );
  assert.equal(promotions[1]?.metadata.name, interrupted?.metadata.name);
  assert.deepEqual(unreadable(join(root, ".kargo/state")), []);
});

test("two programs promote two Stages of one workspace at once, and both are recorded", async (t) => {
  const { root, repository } = await sampleWithFreight(t);
  await succeeds(promote(root, "test"));
  const results = await Promise.all([runCli(promote(root, "test")), runCli(promote(root, "uat"))]);
  for (const result of results) assert.equal(result.code, 0, result.stdout + result.stderr);
  const promotions = await list<Promotion>(root, "promotions");
  assert.deepEqual(promotions.map((p) => [p.spec.stage, p.status?.phase]).sort(), [
    ["test", "Succeeded"],
    ["test", "Succeeded"],
    ["uat", "Succeeded"],
  ]);
  assert.notEqual(git(repository, "rev-parse", "stage/uat"), "");
});

test("an interrupt aborts the Promotion, ends its git and leaves the Stage usable", async (t) => {
  const { root, repository } = await sampleWithFreight(t);
  const release = holdPushes(repository);
  const run = startCli(promote(root, "test"));
  await reached(repository);
  run.process.kill("SIGINT");
  const result = await run.ended;
  assert.equal(result.code, 1);
  assert.match(result.stderr, /Aborted/);
  release();
  rmSync(join(repository, "hooks", "pre-receive"));
  const [aborted] = await list<Promotion>(root, "promotions");
  assert.equal(aborted?.status?.phase, "Aborted");
  await succeeds(promote(root, "test"));
});

/** Files of the state that are no whole JSON, temporary ones aside. */
function unreadable(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (e) => e.isFile() && e.name.endsWith(".json"),
  );
  return files
    .map((e) => join(e.parentPath, e.name))
    .filter((path) => {
      try {
        JSON.parse(readFileSync(path, "utf8"));
        return false;
      } catch {
        return true;
      }
    });
}

/** A workspace with one Stage that runs the given steps on the sample's repository. */
async function workspaceWithSteps(
  t: TestContext,
  steps: string,
): Promise<{ root: string; repository: string }> {
  const sample = await sampleWithFreight(t);
  const url = `file://${sample.repository}`;
  writeFileSync(
    join(sample.root, "kargo", "odd.yaml"),
    `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: odd, namespace: hello}
spec:
  requestedFreight:
    - origin: {kind: Warehouse, name: hello}
      sources: {direct: true}
  promotionTemplate:
    spec:
      steps:
${steps.replaceAll("REPOSITORY", url).replace(/^/gm, "        ")}
`,
  );
  return sample;
}

const climbing: Record<string, string> = {
  "climbs out":
    "- uses: copy\n  as: leave\n  config: {inPath: ./src/README.md, outPath: ../../../escaped.md}",
  "is absolute":
    "- uses: copy\n  as: leave\n  config: {inPath: ./src/README.md, outPath: /tmp/kargo-workbench-escaped.md}",
};
for (const [what, step] of Object.entries(climbing)) {
  test(`a path that ${what} stays within the work directory`, async (t) => {
    const clone =
      "- uses: git-clone\n  config: {repoURL: REPOSITORY, checkout: [{branch: main, path: ./src}]}\n";
    const { root } = await workspaceWithSteps(t, clone + step);
    await runCli(promote(root, "odd"));
    assert.equal(existsSync("/tmp/kargo-workbench-escaped.md"), false);
    assert.equal(existsSync(join(root, "..", "escaped.md")), false);
    assert.equal(existsSync("/tmp/escaped.md"), false);
  });
}

test("a symlink in the repository does not lead a step outside the work directory", async (t) => {
  const outside = tempDir(t);
  writeFileSync(join(outside, "secret.txt"), "secret");
  const steps = `- uses: git-clone
  config: {repoURL: REPOSITORY, checkout: [{branch: evil, path: ./src}]}
- uses: copy
  as: leave
  config: {inPath: ./src/link/secret.txt, outPath: ./stolen.txt}`;
  const { root, repository } = await workspaceWithSteps(t, steps);
  const work = join(tempDir(t), "work");
  git(root, "clone", "-q", repository, work);
  symlinkSync(outside, join(work, "link"));
  git(work, "checkout", "-q", "-b", "evil");
  git(work, "add", "link");
  git(work, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "link");
  git(work, "push", "-q", "origin", "evil");
  await fails(promote(root, "odd"), 1, /step "leave" \(copy\)/);
});

test("bad input is a clear sentence and the right exit code", async (t) => {
  const { root } = await sampleWithFreight(t);
  const on = ["--project", "hello", "-w", root];
  await fails(["promote", ...on, "--stage", "test", "--freight", "0123456789"], 1, /Freight.*0123456789/);
  await fails(
    ["promote", ...on, "--stage", "nope", "--warehouse", "hello"],
    1,
    /Stage "nope" not found.*test, uat, prod/,
  );
  await fails(["promote", ...on, "--stage", "test"], 2, /Exactly one of --freight/);
  await fails(["get", "stages", "--project", "other", "-w", root], 1, /Project "other" not found/);
  await fails(["get", "stages", "-o", "xml", "-w", root], 2, /table, json or yaml/);
  await fails(["get", "stages", "-w", join(root, "nowhere")], 1, /no folder/);
  await fails(["refresh", "warehouse", "nope", ...on], 1, /Warehouse "nope" not found/);
  await fails(["sample", root], 1, /not empty/);
  const unknown = await runCli(["fly"]);
  assert.equal(unknown.code, 2);
});

test("a Stage that names a missing Warehouse, and a file that does not parse, leave the rest usable", async (t) => {
  const { root } = await sampleWithFreight(t);
  writeFileSync(
    join(root, "kargo", "broken.yaml"),
    "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nmetadata: {name: [\n",
  );
  writeFileSync(
    join(root, "kargo", "lonely.yaml"),
    "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nmetadata: {name: lonely, namespace: hello}\nspec:\n  requestedFreight:\n    - origin: {kind: Warehouse, name: gone}\n      sources: {direct: true}\n  promotionTemplate: {spec: {steps: [{uses: fail, config: {}}]}}\n",
  );
  await fails(
    promote(root, "lonely").map((a) => (a === "--warehouse" ? "--warehouse" : a)),
    1,
    /./,
  );
  await succeeds(promote(root, "test"));
});

test("a Git remote that is not there fails the refresh with its name", async (t) => {
  const { root, repository } = await sampleWithFreight(t);
  rmSync(repository, { recursive: true });
  const result = await runCli(["refresh", "warehouse", "hello", "--project", "hello", "-w", root]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /repository\.git/);
  mkdirSync(repository);
});
