// What a user does to Freight and Stages in the terminal, on the sample with real Git.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Freight, Promotion, Stage } from "../../src/model/resources";
import { git } from "../support/cli";
import { fails, listed, sampleWithFreight, succeeds } from "../support/sample-cli";

test("approved Freight goes to a Stage its upstream has not verified it for", async (t) => {
  const { root } = await sampleWithFreight(t);
  const [freight] = await listed<Freight>(root, "freight");
  const name = freight?.metadata.name ?? "";
  const promote = ["promote", "--stage", "uat", "--freight", name, "-w", root];
  await fails(promote, 1, /is not available to this Stage/);
  await fails(["approve", "--freight", name, "--stage", "nope", "-w", root], 1, /Stage "nope" not found/);
  await fails(["approve", "--stage", "uat", "-w", root], 2, /Exactly one of --freight/);
  const out = await succeeds([
    "approve",
    "--freight-alias",
    freight?.alias ?? "",
    "--stage",
    "uat",
    "-w",
    root,
  ]);
  assert.equal(out, `freight.kargo.akuity.io/${name} approved for uat\n`);
  const again = JSON.parse(
    await succeeds(["approve", "--freight", name, "--stage", "uat", "-o", "json", "-w", root]),
  );
  const [stored] = await listed<Freight>(root, "freight");
  assert.deepEqual(again.status.approvedFor, stored?.status?.approvedFor);
  assert.ok(stored?.status?.approvedFor?.uat?.approvedAt);
  await succeeds(promote);
});

test("an alias belongs to one piece of Freight, and Freight in use is not deleted", async (t) => {
  const { root, repository } = await sampleWithFreight(t);
  await succeeds(["promote", "--stage", "test", "--warehouse", "hello", "-w", root]);
  const oldName = (await listed<Freight>(root, "freight"))[0]?.metadata.name ?? "";
  const tree = git(repository, "rev-parse", "main^{tree}");
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const head = git(repository, ...identity, "commit-tree", tree, "-p", "main", "-m", "Say more");
  git(repository, "update-ref", "refs/heads/main", head);
  await succeeds(["refresh", "warehouse", "hello", "-w", root]);
  const newer = (await listed<Freight>(root, "freight")).find(({ metadata }) => metadata.name !== oldName);
  const newName = newer?.metadata.name ?? "";
  await succeeds(["update", "freight", "--name", newName, "--new-alias", "shiny", "-w", root]);
  const clash = ["update", "freight", "--name", oldName, "--new-alias", "shiny", "-w", root];
  await fails(clash, 1, /already used/);
  await fails(
    ["update", "freight", "--name", oldName, "--new-alias", "not ok", "-w", root],
    1,
    /cannot be an alias/,
  );
  await succeeds(["update", "freight", "--old-alias", "shiny", "--new-alias", "shinier", "-w", root]);
  const renamed = (await listed<Freight>(root, "freight")).find(({ metadata }) => metadata.name === newName);
  assert.equal(renamed?.alias, "shinier");
  assert.equal(renamed?.metadata.labels?.["kargo.akuity.io/alias"], "shinier");
  await fails(["delete", "freight", "--name", oldName, "-w", root], 1, /in-use by stages \("test"\)/);
  await fails(["delete", "freight", "-w", root], 2, /--name or --alias/);
  await succeeds(["delete", "freight", "--alias", "shinier", "-w", root]);
  assert.deepEqual(
    (await listed<Freight>(root, "freight")).map(({ metadata }) => metadata.name),
    [oldName],
  );
  const url = newer?.commits?.[0]?.repoURL ?? "";
  const create = ["create", "freight", "--warehouse", "hello", "-w", root];
  await fails(create, 2, /Either --newest or at least one/);
  await fails([...create, "--commit", url], 2, /takes URL=VERSION/);
  await fails([...create, "--commit", `file:///elsewhere=${head}`], 1, /no subscription found/);
  const made = JSON.parse(
    await succeeds([...create, "--commit", `${url}=${head.slice(0, 9)}`, "--alias", "by-hand", "-o", "json"]),
  ) as Freight;
  assert.equal(made.metadata.name, newName, "named by hand it is the Freight the Warehouse made");
  assert.equal(made.alias, "by-hand");
  assert.deepEqual(made.commits, newer?.commits);
  await fails([...create, "--newest"], 1, /exists already/);
});

test("Freight is promoted to every Stage right behind one, or to none", async (t) => {
  const { root } = await sampleWithFreight(t);
  writeFileSync(join(root, "kargo", "twin.yaml"), twin);
  const [freight] = await listed<Freight>(root, "freight");
  const name = freight?.metadata.name ?? "";
  const behind = (stage: string) => ["promote", "--downstream-from", stage, "--freight", name, "-w", root];
  await fails(behind("test"), 1, /is not available to downstream Stage/);
  await fails(behind("prod"), 1, /Stage "prod" has no downstream Stages/);
  await fails(
    ["promote", "--downstream-from", "test", "--warehouse", "hello", "-w", root],
    2,
    /not --warehouse/,
  );
  assert.deepEqual(await listed<Promotion>(root, "promotions"), []);
  await succeeds(["promote", "--stage", "test", "--freight", name, "-w", root]);
  const { items } = JSON.parse(await succeeds([...behind("test"), "-o", "json"]));
  assert.deepEqual(
    items.map((promotion: Promotion) => [promotion.spec.stage, promotion.status?.phase]).sort(),
    [
      ["twin", "Succeeded"],
      ["uat", "Succeeded"],
    ],
  );
});

const twin = `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: twin, namespace: hello}
spec:
  requestedFreight:
    - origin: {kind: Warehouse, name: hello}
      sources: {stages: [test]}
  promotionTemplate: {spec: {steps: [{uses: compose-output, config: {answer: yes}}]}}
`;

test("refreshing a Stage passes over it and tells when that fails", async (t) => {
  const { root } = await sampleWithFreight(t);
  assert.equal(
    await succeeds(["refresh", "stage", "test", "-w", root]),
    "stage.kargo.akuity.io/test refreshed\n",
  );
  const stage = JSON.parse(await succeeds(["refresh", "stage", "test", "-o", "json", "-w", root])) as Stage;
  assert.equal(stage.status?.lastHandledRefresh, stage.metadata.annotations?.["kargo.akuity.io/refresh"]);
  await fails(["refresh", "stage", "nope", "-w", root], 1, /Stage "nope" not found/);
});

test("the verification of current Freight is run again on request, in a Stage that has one", async (t) => {
  const { root } = await sampleWithFreight(t);
  const verify = ["verify", "stage", "test", "-w", root];
  await fails(verify, 1, /Stage "test" has no current Freight/);
  await succeeds(["promote", "--stage", "test", "--warehouse", "hello", "-w", root]);
  assert.equal(await succeeds(verify), "stage.kargo.akuity.io/test verification: Successful\n");
  const stage = JSON.parse(await succeeds([...verify, "--abort", "-o", "json"])) as Stage;
  const history = stage.status?.freightHistory?.[0]?.verificationHistory ?? [];
  assert.deepEqual(
    history.map(({ phase }) => phase),
    ["Successful", "Successful"],
    "stopping what has ended changes nothing",
  );
  const request = JSON.parse(stage.metadata.annotations?.["kargo.akuity.io/reverify"] ?? "{}");
  assert.equal(request.id, history[1]?.id);
});

test("garbage is collected on demand, but for what a Stage runs on", async (t) => {
  const { root } = await sampleWithFreight(t);
  const promote = ["promote", "--stage", "test", "--warehouse", "hello", "-w", root];
  for (let i = 0; i < 3; i++) await succeeds(promote);
  assert.equal(await succeeds(["gc", "-w", root]), "");
  await fails(["gc", "--max-retained-freight", "few", "-w", root], 2, /takes a whole number/);
  const all = await listed<Promotion>(root, "promotions");
  const none = ["--max-retained-promotions", "1", "--max-retained-freight", "0"];
  const young = ["--min-promotion-deletion-age", "0s", "--min-freight-deletion-age", "0s"];
  const result = JSON.parse(await succeeds(["gc", ...none, ...young, "-o", "json", "-w", root]));
  assert.equal(result.promotions.length, 2);
  assert.deepEqual(result.freight, []);
  assert.deepEqual(
    (await listed<Promotion>(root, "promotions")).map(({ metadata }) => metadata.name),
    all.map(({ metadata }) => metadata.name).filter((name) => !result.promotions.includes(name)),
  );
});
