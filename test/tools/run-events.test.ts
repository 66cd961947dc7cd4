// What wakes a run that goes on for as long as it is let: timers, other processes, saved files. And what an idle one costs.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Freight, Stage } from "../../src/model/resources";
import { type CliRun, startCli } from "../support/cli";
import { commitTo } from "../support/git-repos";
import { listed, projectYaml, sampleWithFreight, succeeds } from "../support/sample-cli";

/** The sample with a run that drives it; Stages named by the pattern promote by themselves. */
async function driven(t: TestContext, auto: string, more = "") {
  const { root, repository } = await sampleWithFreight(t);
  writeFileSync(join(root, "kargo", "project.yaml"), projectYaml(auto));
  if (more !== "") writeFileSync(join(root, "kargo", "more.yaml"), more);
  const run = startCli(["run", "-w", root]);
  t.after(() => void run.process.kill("SIGKILL"));
  return { root, repository, run };
}

async function endWell({ process, ended }: CliRun): Promise<void> {
  process.kill("SIGINT");
  const { code, stderr } = await ended;
  assert.deepEqual([code, stderr], [0, ""]);
}

test("a Warehouse's interval finds the new commit, and its Freight goes on", async (t) => {
  const { root, repository, run } = await driven(t, "test");
  const path = join(root, "kargo", "warehouse.yaml");
  const yaml = readFileSync(path, "utf8");
  await run.printed(/FreightVerificationSucceeded .* test/);
  writeFileSync(path, yaml.replace("subscriptions:", "interval: 2s\n  subscriptions:"));
  const commit = commitTo(repository, "main", { "note.txt": "second" }, "Second");
  await run.printed(/FreightCreated/);
  await run.printed(/(PromotionSucceeded +test\..*){2}/s);
  const [newest] = (await listed<Freight>(root, "freight")).filter(
    ({ commits }) => commits?.[0]?.id === commit,
  );
  assert.ok(newest?.status?.currentlyIn?.test);
  await endWell(run);
});

test("a Promotion that another process ran wakes the Stages behind it", async (t) => {
  const { root, run } = await driven(t, "uat");
  await succeeds(["promote", "--stage", "test", "--warehouse", "hello", "-w", root]);
  await run.printed(/PromotionSucceeded +uat\./);
  await endWell(run);
});

test("a refresh that another process asks for is handled while the run goes on", async (t) => {
  const { root, run } = await driven(t, "test");
  await run.printed(/FreightVerificationSucceeded .* test/);
  await succeeds(["refresh", "stage", "uat", "-w", root]);
  const stage = JSON.parse(await succeeds(["get", "stages", "uat", "-o", "json", "-w", root])) as Stage;
  assert.equal(stage.status?.lastHandledRefresh, stage.metadata.annotations?.["kargo.akuity.io/refresh"]);
  await endWell(run);
});

const idleMs = 5000;
/** The lock that says who drives is refreshed once a second, in a few switches; looking at a Stage takes many. */
const switchesPerSecond = 60;

test("an idle run over fifty Stages does nothing but say that it lives", {
  skip: process.platform === "linux" ? false : "wakeups are counted in /proc",
}, async (t) => {
  const stages = Array.from({ length: 50 }, (_, i) => stageYaml(`idle-${i}`)).join("---\n");
  const { run } = await driven(t, "none", stages);
  const pid = run.process.pid ?? 0;
  await untilQuiet(pid);
  const [before, cpuBefore] = [switchesOf(pid), cpuMsOf(pid)];
  await delay(idleMs);
  const switches = switchesOf(pid) - before;
  t.diagnostic(`${switches} wakeups and ${cpuMsOf(pid) - cpuBefore} ms of CPU in ${idleMs / 1000} s`);
  assert.ok(switches < (switchesPerSecond * idleMs) / 1000, `${switches} wakeups`);
  await endWell(run);
});

function stageYaml(name: string): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: ${name}, namespace: hello}
spec:
  requestedFreight: [{origin: {kind: Warehouse, name: hello}, sources: {direct: true}}]
  promotionTemplate: {spec: {steps: [{uses: compose-output, config: {a: 1}}]}}
`;
}

/** Until a second has passed in which it was woken no more than an idle process is. */
async function untilQuiet(pid: number): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const before = switchesOf(pid);
    await delay(1000);
    if (tries > 1 && switchesOf(pid) - before < switchesPerSecond) return;
  }
  throw new Error("the run does not come to rest");
}

/** How often the threads of a process went to sleep of themselves, and so were woken. */
function switchesOf(pid: number): number {
  const counts = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

function cpuMsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
