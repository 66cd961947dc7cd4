// Pipelines that run by themselves in the terminal, with real Git: scenario checks of the embedded control plane.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Freight, Promotion, Stage } from "../../src/model/resources";
import { git, startCli } from "../support/cli";
import { fails, listed, projectYaml, sampleWithFreight, succeeds } from "../support/sample-cli";

const origin = "Warehouse/hello";

/** The sample with auto-promotion for the named Stages (a pattern) and more YAML. */
async function pipeline(
  t: TestContext,
  auto: string,
  more = "",
): Promise<{ root: string; repository: string }> {
  const sample = await sampleWithFreight(t);
  writeFileSync(join(sample.root, "kargo", "project.yaml"), projectYaml(auto));
  writeFileSync(join(sample.root, "kargo", "more.yaml"), more);
  return sample;
}

function stageYaml(name: string, step: string, warehouses = ["hello"]): string {
  const requests = warehouses.map(
    (warehouse) => `    - {origin: {kind: Warehouse, name: ${warehouse}}, sources: {direct: true}}`,
  );
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: ${name}, namespace: hello}
spec:
  requestedFreight:
${requests.join("\n")}
  promotionTemplate: {spec: {steps: [${step}]}}
`;
}

const works = "{uses: compose-output, config: {answer: yes}}";

/** Commits to the sample's main branch and discovers; resolves with the new Freight's name. */
async function newFreight(root: string, repository: string, warehouse = "hello"): Promise<string> {
  const before = new Set((await listed<Freight>(root, "freight")).map(({ metadata }) => metadata.name));
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const commit = ["commit-tree", "main^{tree}", "-p", "main", "-m", `Change ${before.size}`];
  git(repository, "update-ref", "refs/heads/main", git(repository, ...identity, ...commit));
  await succeeds(["refresh", "warehouse", warehouse, "-w", root]);
  const added = (await listed<Freight>(root, "freight")).filter(
    ({ metadata, origin: { name } }) => !before.has(metadata.name) && name === warehouse,
  );
  assert.equal(added.length, 1);
  return added[0]?.metadata.name ?? "";
}

async function stageNamed(root: string, name: string): Promise<Stage> {
  return JSON.parse(await succeeds(["get", "stages", name, "-o", "json", "-w", root])) as Stage;
}

const currentOf = (stage: Stage, key = origin) => stage.status?.freightHistory?.[0]?.items[key]?.name;
const untilIdle = (root: string) => ["run", "--until-idle", "-w", root];

test("new Freight flows to production by itself, and an idle pipeline does nothing", async (t) => {
  const { root, repository } = await pipeline(t, "glob:*");
  const out = await succeeds([...untilIdle(root), "-o", "json"]);
  const events = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const about = (event: (typeof events)[number]) =>
    `${event.reason} ${event.metadata.annotations["event.kargo.akuity.io/stage-name"] ?? ""}`;
  assert.deepEqual(
    events.map(about),
    ["test", "uat", "prod"].flatMap((stage) => [
      `PromotionCreated ${stage}`,
      `PromotionSucceeded ${stage}`,
      `FreightVerificationSucceeded ${stage}`,
    ]),
  );
  assert.notEqual(git(repository, "rev-parse", "stage/prod"), "");
  assert.equal(await succeeds(untilIdle(root)), "");
  assert.equal((await listed<Promotion>(root, "promotions")).length, 3);
});

test("without a policy nothing is promoted", async (t) => {
  const { root } = await pipeline(t, "none");
  assert.equal(await succeeds(untilIdle(root)), "");
  assert.deepEqual(await listed<Promotion>(root, "promotions"), []);
});

test("older Freight promoted by hand holds auto-promotion until the candidate is promoted", async (t) => {
  const { root, repository } = await pipeline(t, "test");
  await succeeds(untilIdle(root));
  const first = currentOf(await stageNamed(root, "test")) ?? "";
  await new Promise((resolve) => setTimeout(resolve, 1100)); // discovery times have whole seconds
  const second = await newFreight(root, repository);
  await succeeds(untilIdle(root));
  assert.equal(currentOf(await stageNamed(root, "test")), second);
  const queue = ["promote", "--stage", "test", "--freight", first, "-w", root];
  await succeeds(queue);
  const held = await stageNamed(root, "test");
  assert.equal(held.status?.autoPromotionHolds?.[origin]?.freightName, first);
  assert.equal(held.status?.effectiveAutoPromotionHolds?.[origin]?.freightName, first);
  await succeeds(untilIdle(root));
  assert.equal(currentOf(await stageNamed(root, "test")), first, "the newer Freight is held back");
  await succeeds(["promote", "--stage", "test", "--warehouse", "hello", "-w", root]);
  await succeeds(untilIdle(root));
  const resumed = await stageNamed(root, "test");
  assert.equal(currentOf(resumed), second);
  assert.equal(resumed.status?.autoPromotionHolds, undefined);
});

test("one Stage of two origins keeps the Freight of the other, verified together", async (t) => {
  const url = "REPOSITORY";
  const other = `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: other, namespace: hello}
spec: {subscriptions: [{git: {repoURL: "${url}", branch: main}}]}
---
${stageYaml("both", works, ["hello", "other"])}`;
  const { root, repository } = await pipeline(t, "none", other);
  const a1 = (await listed<Freight>(root, "freight"))[0]?.metadata.name ?? "";
  writeFileSync(join(root, "kargo", "more.yaml"), other.replaceAll(url, `file://${repository}`));
  await succeeds(["refresh", "warehouse", "other", "-w", root]);
  const b1 =
    (await listed<Freight>(root, "freight")).find((f) => f.origin.name === "other")?.metadata.name ?? "";
  const a2 = await newFreight(root, repository);
  for (const freight of [a1, b1, a2])
    await succeeds(["promote", "--stage", "both", "--freight", freight, "-w", root]);
  const stage = await stageNamed(root, "both");
  assert.equal(currentOf(stage), a2);
  assert.equal(currentOf(stage, "Warehouse/other"), b1);
  assert.deepEqual(
    stage.status?.freightHistory?.[0]?.verificationHistory?.map(({ phase }) => phase),
    ["Successful"],
  );
  await succeeds(["promote", "--stage", "both", "--freight", a2, "-w", root]);
  const again = await stageNamed(root, "both");
  assert.equal(again.status?.freightHistory?.length, 4, "the same Freight again is a new entry");
  assert.notEqual(
    again.status?.freightHistory?.[0]?.verificationHistory?.[0]?.id,
    stage.status?.freightHistory?.[0]?.verificationHistory?.[0]?.id,
  );
});

test("what failed is not promoted again by itself, but newer Freight is", async (t) => {
  const { root, repository } = await pipeline(
    t,
    "odd",
    stageYaml("odd", "{uses: fail, config: {message: refused}}"),
  );
  await fails(untilIdle(root), 1, /Promotion odd\..*Promotion Failed: .*refused/);
  assert.equal(await succeeds(untilIdle(root)), "", "no second try");
  await new Promise((resolve) => setTimeout(resolve, 1100)); // discovery times have whole seconds
  const second = await newFreight(root, repository);
  await fails(untilIdle(root), 1, /Promotion Failed/);
  const promotions = await listed<Promotion>(root, "promotions");
  assert.equal(promotions.length, 2);
  assert.equal(promotions[0]?.spec.freight, second);
});

test("one process drives a workspace, takes requests of others, and is taken over when killed", async (t) => {
  const { root } = await pipeline(t, "uat");
  const driver = startCli(["run", "-w", root]);
  const [freight] = await listed<Freight>(root, "freight");
  const name = freight?.metadata.name ?? "";
  await succeeds(["promote", "--stage", "test", "--freight", name, "--no-wait", "-w", root]);
  await driver.printed(/PromotionSucceeded +uat\./);
  await succeeds(["approve", "--freight", name, "--stage", "prod", "-w", root]);
  await driver.printed(/FreightApproved/);
  const second = startCli(untilIdle(root));
  driver.process.kill("SIGKILL");
  await driver.ended;
  const { code } = await second.ended;
  assert.equal(code, 0);
});

test("queued Promotions run one after the other, each once the one before is verified", async (t) => {
  const { root } = await pipeline(t, "none");
  const queue = ["promote", "--stage", "test", "--warehouse", "hello", "--no-wait", "-w", root];
  await Promise.all([succeeds(queue), succeeds(queue)]);
  await succeeds(untilIdle(root));
  const [second, first] = await listed<Promotion>(root, "promotions");
  assert.deepEqual([first?.status?.phase, second?.status?.phase], ["Succeeded", "Succeeded"]);
  const history = (await stageNamed(root, "test")).status?.freightHistory ?? [];
  assert.equal(history.length, 2);
  const verified = history[1]?.verificationHistory?.[0]?.finishTime ?? "";
  assert.ok(
    verified !== "" && verified <= (second?.status?.startedAt ?? ""),
    "verified before the next began",
  );
});

test("a policy and a Stage saved while the pipelines run take effect at once", async (t) => {
  const { root } = await pipeline(t, "none");
  const driver = startCli(["run", "-w", root]);
  await succeeds(["promote", "--stage", "test", "--warehouse", "hello", "--no-wait", "-w", root]);
  await driver.printed(/FreightVerificationSucceeded .* test/);
  const path = join(root, "kargo", "project.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replace('"none"', '"late"'));
  writeFileSync(join(root, "kargo", "more.yaml"), stageYaml("late", works));
  await driver.printed(/PromotionSucceeded +late\./);
  driver.process.kill("SIGINT");
  assert.equal((await driver.ended).code, 0);
});

test("a run that slept while another took over waits, and goes on when that one ends", async (t) => {
  const { root } = await pipeline(t, "late");
  const first = startCli(["run", "-w", root]);
  const promote = ["promote", "--stage", "test", "--warehouse", "hello", "--no-wait", "-w", root];
  await succeeds(promote);
  await first.printed(/FreightVerificationSucceeded .* test/);
  first.process.kill("SIGSTOP");
  const second = startCli(["run", "-w", root]);
  t.after(() => [first, second].forEach((run) => void run.process.kill("SIGKILL")));
  await succeeds([...promote.slice(0, 2), "uat", ...promote.slice(3)]);
  await second.printed(/PromotionSucceeded +uat\./); // once the sleeper's lock is stale
  first.process.kill("SIGCONT");
  await first.told(/slept, and another one took this workspace over/);
  second.process.kill("SIGINT");
  assert.equal((await second.ended).code, 0);
  writeFileSync(join(root, "kargo", "late.yaml"), stageYaml("late", works));
  await first.printed(/PromotionSucceeded +late\./);
  first.process.kill("SIGINT");
  const { code, stderr } = await first.ended;
  assert.equal(code, 0);
  assert.equal(stderr.split("slept").length, 2, "said once");
});
