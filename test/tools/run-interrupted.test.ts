// What becomes of a push under way when the process that started it ends: by a kill, or asked to.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Promotion } from "../../src/model/resources";
import { startCli } from "../support/cli";
import { processesThatMention, processesThatStay } from "../support/git-repos";
import { listed, sampleWithFreight } from "../support/sample-cli";

/** The sample, whose repository lets the first push of content wait for ever. */
async function slowSample(t: TestContext) {
  const { root, repository } = await sampleWithFreight(t);
  const policy = `apiVersion: kargo.akuity.io/v1alpha1
kind: ProjectConfig
metadata: {name: hello, namespace: hello}
spec:
  promotionPolicies: [{stageSelector: {name: test}, autoPromotionEnabled: true}]
`;
  const project = "apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata: {name: hello}\n";
  writeFileSync(join(root, "kargo", "project.yaml"), `${project}---\n${policy}`);
  const wait = "touch entered; while true; do sleep 0.1; done";
  const isContent = '! git ls-tree "$new" --name-only | grep -q .';
  const lines = ["#!/bin/sh", "read old new ref", `if [ -e entered ] || ${isContent}; then exit 0; fi`, wait];
  hook(repository, "pre-receive", lines);
  hook(repository, "post-receive", ["#!/bin/sh", "cat >> pushes.log"]);
  const env = { TMPDIR: join(root, "tmp") };
  mkdirSync(env.TMPDIR);
  const start = () => startCli(["run", "--until-idle", "-w", root], { env });
  const entered = async () => {
    while (!existsSync(join(repository, "entered"))) await delay(20);
  };
  return { root, repository, start, entered };
}

function hook(repository: string, name: string, lines: readonly string[]): void {
  const path = join(repository, "hooks", name);
  mkdirSync(join(repository, "hooks"), { recursive: true });
  writeFileSync(path, `${lines.join("\n")}\n`);
  chmodSync(path, 0o755);
}

function pushesWithContent(repository: string): number {
  return readFileSync(join(repository, "pushes.log"), "utf8").trim().split("\n").length - 1; // the branch's making
}

test("a push that outlives its killed process is ended before the Promotion goes on", async (t) => {
  const { root, repository, start, entered } = await slowSample(t);
  const first = start();
  await entered();
  first.process.kill("SIGKILL");
  await first.ended;
  assert.notDeepEqual(processesThatMention(repository), [], "git goes on by itself");
  const { code, stderr } = await start().ended;
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(await processesThatStay(repository), []);
  assert.equal(pushesWithContent(repository), 1);
  const [promotion] = await listed<Promotion>(root, "promotions");
  assert.equal(promotion?.status?.phase, "Succeeded");
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  test(`${signal} stops the push with the program, and the next run goes on`, async (t) => {
    const { root, repository, start, entered } = await slowSample(t);
    const first = start();
    await entered();
    first.process.kill(signal);
    await first.ended;
    assert.deepEqual(
      processesThatMention(repository),
      [],
      "nothing runs any more when the program has ended",
    );
    const [interrupted] = await listed<Promotion>(root, "promotions");
    assert.equal(interrupted?.status?.phase, "Running", "a shutdown records nothing");
    const { code, stderr } = await start().ended;
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(pushesWithContent(repository), 1);
  });
}
