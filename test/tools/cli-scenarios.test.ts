// Scenario checks of the control plane that need steps of their own, through the terminal and with real Git: what follows a
// failure, lost work directories, tags that look like numbers, discovery and aborts without a user's hand.
import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import type { Freight, Promotion, Stage } from "../../src/model/resources";
import { git, runCli, startCli } from "../support/cli";
import { commitTo, filesAt } from "../support/git-repos";
import { missingRegistry, startRegistry } from "../support/registry";
import { fails, listed, projectYaml, sampleWithFreight, succeeds } from "../support/sample-cli";
import { tempDir } from "../support/temp";

/** The sample with one more Stage, `odd`, that runs these steps, written as JSON, which is YAML. */
async function sampleWithSteps(
  t: TestContext,
  steps: (url: string) => readonly object[],
  warehouse = "hello",
) {
  const { root, repository } = await sampleWithFreight(t);
  const url = `file://${repository}`;
  const stage = {
    apiVersion: "kargo.akuity.io/v1alpha1",
    kind: "Stage",
    metadata: { name: "odd", namespace: "hello" },
    spec: {
      requestedFreight: [{ origin: { kind: "Warehouse", name: warehouse }, sources: { direct: true } }],
      promotionTemplate: { spec: { steps: steps(url) } },
    },
  };
  writeFileSync(join(root, "kargo", "project.yaml"), projectYaml("odd"));
  writeFileSync(join(root, "kargo", "odd.yaml"), JSON.stringify(stage));
  return { root, repository, url };
}

async function onlyPromotion(root: string): Promise<Promotion> {
  const promotions = await listed<Promotion>(root, "promotions");
  assert.equal(promotions.length, 1);
  return promotions[0] as Promotion;
}

const untilIdle = (root: string) => ["run", "--until-idle", "-w", root];

/** Writes what ran into files of the branch `notes`, which show it to everybody. */
function noteSteps(url: string, second: object): readonly object[] {
  const note = (name: string) => ({ inPath: "./src/base/kustomization.yaml", outPath: `./out/${name}` });
  return [
    {
      uses: "git-clone",
      config: {
        repoURL: url,
        checkout: [
          { branch: "main", path: "./src" },
          { branch: "notes", create: true, path: "./out" },
        ],
      },
    },
    second,
    { uses: "copy", if: "${{ failure() }}", config: note("on-failure") },
    { uses: "copy", config: note("plain") },
    { uses: "copy", if: "${{ always() }}", config: note("always") },
    { uses: "git-commit", if: "${{ always() }}", config: { path: "./out", message: "Notes" } },
    { uses: "git-push", if: "${{ always() }}", config: { path: "./out" } },
  ];
}

const failing: readonly [phase: "Failed" | "Errored", step: object, message: RegExp][] = [
  ["Failed", { uses: "fail", config: { message: "refused" } }, /"step-2": failed: refused/],
  [
    "Errored",
    { uses: "yaml-update", config: { path: "./src/none.yaml", updates: [{ key: "a", value: 1 }] } },
    /"step-2".*no such file/s,
  ],
];
for (const [phase, step, message] of failing) {
  test(`scenario 3: after a step that is ${phase}, the conditions of later steps decide what runs`, async (t) => {
    const { root, repository } = await sampleWithSteps(t, (url) => noteSteps(url, step));
    await fails(untilIdle(root), 1, message);
    const { status } = await onlyPromotion(root);
    assert.deepEqual(
      status?.stepExecutionMetadata?.map((record) => record.status),
      ["Succeeded", phase, "Succeeded", "Skipped", "Succeeded", "Succeeded", "Succeeded"],
    );
    assert.equal(status?.phase, phase);
    assert.match(status?.message ?? "", message);
    assert.deepEqual(Object.keys(filesAt(repository, "notes")), ["always", "on-failure"]);
  });

  test(`scenario 4: the same with continueOnError, ${phase}: the others go on and the Promotion succeeds`, async (t) => {
    const { root, repository } = await sampleWithSteps(t, (url) =>
      noteSteps(url, { ...step, continueOnError: true }),
    );
    await succeeds(untilIdle(root));
    const { status } = await onlyPromotion(root);
    assert.deepEqual(
      status?.stepExecutionMetadata?.map((record) => record.status),
      ["Succeeded", phase, "Skipped", "Succeeded", "Succeeded", "Succeeded", "Succeeded"],
    );
    assert.equal(status?.phase, "Succeeded");
    assert.deepEqual(Object.keys(filesAt(repository, "notes")), ["always", "plain"]);
  });
}

test("scenario 8: with a lost work directory all steps run again, and earlier outputs are there", async (t) => {
  let isReady = false;
  let asked = () => {};
  const firstRequest = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ ready: isReady }));
    asked();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  const ready = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { root, repository } = await sampleWithSteps(t, (url) => [
    {
      uses: "compose-output",
      as: "life",
      config: { number: "${{ outputs.life == nil ? 1 : outputs.life.number + 1 }}" },
    },
    ...noteSteps(url, { uses: "compose-output", config: { a: 1 } }).slice(0, 1),
    {
      uses: "http",
      config: {
        url: ready,
        successExpression: "response.body.ready == true",
        failureExpression: "response.status != 200",
      },
    },
    { uses: "copy", config: { inPath: "./src/base", outPath: "./out/base" } },
    { uses: "git-commit", config: { path: "./out", message: "Life ${{ outputs.life.number }}" } },
    { uses: "git-push", config: { path: "./out" } },
  ]);
  const temp = tempDir(t);
  const env = { TMPDIR: temp };
  const first = startCli(untilIdle(root), { env });
  await firstRequest;
  const waiting = await untilWaiting(root);
  assert.equal(waiting.status?.currentStep, 2);
  first.process.kill("SIGINT");
  await first.ended;
  const [directory] = readdirSync(temp).filter((name) => name.startsWith("promotion-"));
  assert.ok(directory);
  rmSync(join(temp, directory), { recursive: true });
  isReady = true;
  const { code, stderr } = await startCli(untilIdle(root), { env }).ended;
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(git(repository, "log", "-1", "--format=%s", "notes"), "Life 2");
  assert.equal((await onlyPromotion(root)).status?.phase, "Succeeded");
  assert.deepEqual(
    readdirSync(temp).filter((name) => name.startsWith("promotion-")),
    [],
  );
});

/** The Promotion once it is recorded that its http step waits. */
async function untilWaiting(root: string): Promise<Promotion> {
  for (let tries = 0; tries < 100; tries++) {
    const promotion = await onlyPromotion(root);
    const [, , http] = promotion.status?.stepExecutionMetadata ?? [];
    if (http?.status === "Running") return promotion;
  }
  throw new Error("the step does not wait");
}

test("scenario 10: a tag that looks like a number is one, unless it is quoted", {
  skip: missingRegistry(),
}, async (t) => {
  const registry = await startRegistry(tempDir(t));
  t.after(() => registry.stop());
  await registry.push("shop/web", {}, "1.10");
  const image = `${registry.host}/shop/web`;
  const { root, repository } = await sampleWithSteps(
    t,
    (url) => [
      noteSteps(url, {})[0] as object,
      { uses: "copy", config: { inPath: "./src/values.yaml", outPath: "./out/values.yaml" } },
      {
        uses: "yaml-update",
        config: {
          path: "./out/values.yaml",
          updates: [
            { key: "bare", value: `\${{ imageFrom('${image}').Tag }}` },
            { key: "quoted", value: `\${{ quote(imageFrom('${image}').Tag) }}` },
          ],
        },
      },
      { uses: "git-commit", config: { path: "./out", message: "Tag" } },
      { uses: "git-push", config: { path: "./out" } },
    ],
    "web",
  );
  commitTo(repository, "main", { "values.yaml": 'bare: ""\nquoted: ""\n' }, "Values");
  const warehouse = {
    apiVersion: "kargo.akuity.io/v1alpha1",
    kind: "Warehouse",
    metadata: { name: "web", namespace: "hello" },
    spec: { subscriptions: [{ image: { repoURL: image, strictSemvers: false } }] },
  };
  writeFileSync(join(root, "kargo", "web.yaml"), JSON.stringify(warehouse));
  await succeeds(untilIdle(root));
  const values = parse(filesAt(repository, "notes")["values.yaml"] ?? "");
  assert.deepEqual(values, { bare: 1.1, quoted: "1.10" });
});

test("scenario 1: from a repository nobody has looked at to production, without a user's act", async (t) => {
  const root = join(tempDir(t), "sample");
  await succeeds(["sample", root]);
  writeFileSync(join(root, "kargo", "project.yaml"), projectYaml("glob:*"));
  await succeeds(untilIdle(root));
  const [freight] = await listed<Freight>(root, "freight");
  assert.deepEqual(Object.keys(freight?.status?.verifiedIn ?? {}).sort(), ["prod", "test", "uat"]);
  const promotions = await listed<Promotion>(root, "promotions");
  assert.deepEqual(
    promotions.map(({ status }) => status?.phase),
    ["Succeeded", "Succeeded", "Succeeded"],
  );
  const stages = await listed<Stage>(root, "stages");
  for (const { status } of stages) {
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([ready?.status, ready?.reason], ["True", "Verified"]);
  }
});

test("scenario 2: after a failed Promotion the next queued one starts though nothing is verified", async (t) => {
  const { root } = await sampleWithSteps(t, () => [{ uses: "fail", config: { message: "refused" } }]);
  writeFileSync(join(root, "kargo", "project.yaml"), projectYaml("none"));
  const queue = ["promote", "--stage", "odd", "--warehouse", "hello", "--no-wait", "-w", root];
  await succeeds(queue);
  await succeeds(queue);
  assert.equal((await runCli(untilIdle(root))).code, 1);
  const promotions = await listed<Promotion>(root, "promotions");
  assert.deepEqual(
    promotions.map(({ status }) => status?.phase),
    ["Failed", "Failed"],
  );
});

test("scenario 5: an older Freight that is aborted while queued leaves no hold", async (t) => {
  const { root, repository } = await sampleWithSteps(t, () => [{ uses: "compose-output", config: { a: 1 } }]);
  await succeeds(untilIdle(root));
  const [first] = await listed<Freight>(root, "freight");
  await new Promise((resolve) => setTimeout(resolve, 1100)); // discovery times have whole seconds
  commitTo(repository, "main", { note: "2" }, "Second");
  await succeeds(["refresh", "warehouse", "hello", "-w", root]);
  await succeeds(untilIdle(root));
  const older = [
    "promote",
    "--stage",
    "odd",
    "--freight",
    first?.metadata.name ?? "",
    "--no-wait",
    "-w",
    root,
  ];
  await succeeds(older);
  const [queued] = await listed<Promotion>(root, "promotions");
  await succeeds(["promote", "--abort", "--name", queued?.metadata.name ?? "", "-w", root]);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const third = commitTo(repository, "main", { note: "3" }, "Third");
  await succeeds(["refresh", "warehouse", "hello", "-w", root]);
  await succeeds(untilIdle(root));
  const stage = JSON.parse(await succeeds(["get", "stages", "odd", "-o", "json", "-w", root])) as Stage;
  assert.equal(stage.status?.autoPromotionHolds, undefined);
  const current = stage.status?.freightHistory?.[0]?.items["Warehouse/hello"];
  assert.equal(current?.commits?.[0]?.id, third);
});
