// A whole Promotion through a pull request: the real loop with the real steps, and a person who merges or closes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StageDriver } from "../../src/engine/reconcile/stage-driver";
import { stepRunners } from "../../src/engine/steps/registry";
import type { PromotionStep } from "../../src/model/resources";
import { stepConfigError } from "../../src/model/schema/step-config-error";
import { GitHosting } from "../support/git-hosting-server";
import { filesAt, missingGit } from "../support/git-repos";
import { freight, namespace, stage, World } from "../support/promotion-world";
import { tempDir } from "../support/temp";

const skip = missingGit();
const repo = "acme/deploy";

function steps(repoURL: string, last: PromotionStep): readonly PromotionStep[] {
  return [
    { uses: "git-clone", config: { repoURL, checkout: [{ branch: "main", path: "src" }] } },
    { uses: "file-write", config: { path: "src/version", contents: "2", overwrite: true } },
    { uses: "git-commit", config: { path: "src", message: "Set the version" } },
    { uses: "git-push", as: "push", config: { path: "src", generateTargetBranch: true, provider: "gitea" } },
    {
      uses: "git-open-pr",
      as: "open-pr",
      config: {
        repoURL,
        provider: "gitea",
        sourceBranch: "${{ outputs.push.branch }}",
        targetBranch: "main",
      },
    },
    last,
  ];
}

async function start(t: TestContext, uses: "git-wait-for-pr" | "git-merge-pr", config: object) {
  const hosting = await GitHosting.start("gitea", join(tempDir(t), "hosting"));
  t.after(() => hosting.close());
  const remote = hosting.makeRepository(repo, { version: "1" });
  const repoURL = `${hosting.url}/${repo}`;
  const last = {
    uses,
    as: "last",
    config: { repoURL, provider: "gitea", prNumber: "${{ outputs['open-pr'].pr.id }}", ...config },
  };
  const world = new World([stage("uat", { steps: steps(repoURL, last) }), freight("f1")]);
  t.after(() => world.dispose());
  const parts = { ...world.parts, runners: stepRunners, configError: stepConfigError };
  const driver = new StageDriver(world.ports, parts);
  const { name } = (await world.promote("uat", "f1")).metadata;
  const look = async () => {
    await driver.drive(namespace, "uat", { signal: new AbortController().signal });
    const { status } = await world.promotion(name);
    return status;
  };
  return { hosting, remote, world, look };
}

test("it waits for a person, who merges", { skip }, async (t) => {
  const { hosting, remote, world, look } = await start(t, "git-wait-for-pr", { pollInterval: "20s" });
  const waiting = await look();
  assert.equal(waiting?.phase, "Running", waiting?.message);
  assert.deepEqual(waiting?.state?.["open-pr"], { pr: { id: 1, url: `${hosting.url}/${repo}/pulls/1` } });
  const [one] = hosting.pullRequests;
  assert.ok(one);
  assert.equal(one.title, "Set the version");

  world.clock.advance(21_000);
  assert.equal((await look())?.phase, "Running");
  const commit = hosting.merge(one);
  world.clock.advance(21_000);
  const ended = await look();
  assert.equal(ended?.phase, "Succeeded", ended?.message);
  assert.deepEqual(ended?.state?.last, {
    commit,
    pr: { id: 1, url: `${hosting.url}/${repo}/pulls/1`, open: false, merged: true },
  });
  assert.deepEqual(filesAt(remote, "main"), { version: "2" });
});

test("it waits for a person, who closes", { skip }, async (t) => {
  const { hosting, world, look } = await start(t, "git-wait-for-pr", {});
  await look();
  const [one] = hosting.pullRequests;
  assert.ok(one);
  hosting.closeUnmerged(one);
  world.clock.advance(31_000);
  const ended = await look();
  assert.equal(ended?.phase, "Failed");
  assert.match(ended?.message ?? "", /pull request 1 was closed without being merged/);
});

test("it merges by itself once checks have passed", { skip }, async (t) => {
  const { hosting, remote, world, look } = await start(t, "git-merge-pr", {
    wait: true,
    mergeMethod: "squash",
  });
  hosting.behaviour.fault = ({ path, method }) => {
    const [one] = hosting.pullRequests;
    if (one !== undefined && method === "GET" && path.endsWith("/pulls/1")) one.mergeability ??= "checking";
    return undefined;
  };
  assert.equal((await look())?.phase, "Running");
  const [one] = hosting.pullRequests;
  assert.ok(one);
  assert.equal(one.state, "open");
  one.mergeability = "passed";
  world.clock.advance(11_000);
  const ended = await look();
  assert.equal(ended?.phase, "Succeeded", ended?.message);
  assert.deepEqual(ended?.state?.last, { commit: hosting.head(repo, "main") });
  assert.deepEqual(filesAt(remote, "main"), { version: "2" });
});
