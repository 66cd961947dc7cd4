// Kargo's documented patterns, each from a new artifact to production by itself, over HTTP and with a real registry.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { findProgram } from "../../src/engine/tools/process";
import { runCli } from "../support/cli";
import { missingGit } from "../support/git-repos";
import { Pattern, patternFolder, patternNames } from "../support/pipeline-pattern";
import { missingRegistry } from "../support/registry";
import { fails, succeeds } from "../support/sample-cli";

const skip = missingGit();
const skipImages = skip || missingRegistry();
const kustomize = await findProgram("kustomize").then(
  () => false as const,
  () => "kustomize missing",
);

/** Freight is newest by whole seconds. */
const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));

for (const name of patternNames()) {
  test(`${name}: nothing to complain about in what a user writes`, async () => {
    const { code, stdout, stderr } = await runCli(["validate", "-w", patternFolder(name)]);
    assert.deepEqual([code, stdout], [0, ""]);
    assert.match(stderr, /^No problems/);
  });
}

test("image updater: the newest tag within the constraint reaches production's overlay", {
  skip: skipImages,
}, async (t) => {
  const shop = await Pattern.open(t, "image-updater", { images: true });
  for (const tag of ["0.9.0", "1.0.0", "2.0.0", "1.1.0-rc.1", "latest"]) await shop.image("web", tag);
  await shop.run("web");
  const tagIn = (stage: string) =>
    parse(shop.file("shop", "main", `env/${stage}/kustomization.yaml`) ?? "").images[0].newTag;
  assert.deepEqual([tagIn("test"), tagIn("prod")], ["1.0.0", "1.0.0"]);
  await nextSecond();
  await shop.image("web", "1.1.0");
  await shop.run("web");
  assert.deepEqual([tagIn("test"), tagIn("prod")], ["1.1.0", "1.1.0"]);
  assert.deepEqual(await shop.verifiedIn("1.1.0"), ["prod", "test"]);
  assert.deepEqual(await shop.currentlyIn("1.0.0"), []);
  assert.equal((await shop.freight()).length, 2, "tags outside of the constraint are no Freight");
  assert.equal(shop.subjects("shop", "main").length, 5, "one commit for each Stage and tag");
  await shop.image("web", "3.0.0");
  await shop.run("web");
  assert.equal((await shop.promotions()).length, 4);
});

test("config updater: a change of the base is rendered for each Stage in turn", {
  skip: skip || kustomize,
}, async (t) => {
  const shop = await Pattern.open(t, "config-updater");
  await shop.run("config");
  const rendered = (stage: string) =>
    parse(shop.file("shop-rendered", `env/${stage}`, "manifests.yaml") ?? "");
  assert.deepEqual(rendered("prod").data, { greeting: "hello" });
  assert.equal(rendered("prod").metadata.name, "prod-settings");
  await nextSecond();
  const settings = shop.file("shop-config", "main", "base/settings.yaml") ?? "";
  const change = shop.commit(
    "shop-config",
    { "base/settings.yaml": settings.replace("hello", "welcome") },
    "Welcome",
  );
  await shop.run("config");
  for (const stage of ["test", "prod"]) assert.deepEqual(rendered(stage).data, { greeting: "welcome" });
  assert.deepEqual(await shop.verifiedIn(change), ["prod", "test"]);
  assert.equal(shop.subjects("shop-rendered", "env/prod")[0], `Render ${change.slice(0, 7)} for prod`);
  await nextSecond();
  const broken = shop.commit("shop-config", { "base/settings.yaml": "kind: [" }, "Break");
  assert.equal((await shop.tryRun("config")).code, 1);
  assert.deepEqual(await shop.verifiedIn(broken), []);
  assert.deepEqual(rendered("prod").data, { greeting: "welcome" }, "a failure in test stops there");
});

test("stage branches: image and commit travel together to a branch of each Stage", {
  skip: skipImages,
}, async (t) => {
  const shop = await Pattern.open(t, "stage-branches", { images: true });
  await shop.image("web", "build-0007");
  await shop.image("web", "nightly");
  await shop.run("shop");
  const digest = await shop.image("web", "build-0012");
  await nextSecond();
  await shop.run("shop");
  const values = (stage: string) => parse(shop.file("shop", `stage/${stage}`, "chart/values.yaml") ?? "");
  assert.deepEqual(values("prod"), { image: { tag: "build-0012", digest }, replicas: 2 });
  await nextSecond();
  const text = (shop.file("shop", "main", "chart/values.yaml") ?? "").replace("2", "3");
  const commit = shop.commit("shop", { "chart/values.yaml": text }, "More replicas");
  await shop.run("shop");
  assert.deepEqual(values("prod"), { image: { tag: "build-0012", digest }, replicas: 3 });
  assert.deepEqual(await shop.verifiedIn(commit), ["prod", "test", "uat"]);
  assert.equal(shop.subjects("shop", "main").length, 2, "Kargo writes to no branch but the Stages'");
  const history = (await shop.stage("prod")).status?.freightHistory?.map(({ items }) => {
    const [freight] = Object.values(items);
    return freight?.images?.[0]?.tag;
  });
  assert.deepEqual(history, ["build-0012", "build-0012", "build-0007"]);
});

test("stage folders: what Kargo renders into the watched branch makes no Freight", { skip }, async (t) => {
  const shop = await Pattern.open(t, "stage-folders");
  await shop.run("shop");
  await nextSecond();
  const second = shop.commit(
    "shop",
    { "app/settings.yaml": "greeting: welcome\n", "app/new.yaml": "a: 1\n" },
    "Second",
  );
  await shop.run("shop");
  for (const stage of ["test", "prod"]) {
    assert.equal(shop.file("shop", "main", `rendered/${stage}/settings.yaml`), "greeting: welcome\n");
    assert.equal(shop.file("shop", "main", `rendered/${stage}/new.yaml`), "a: 1\n");
  }
  assert.deepEqual(await shop.verifiedIn(second), ["prod", "test"]);
  await nextSecond();
  await shop.run("shop");
  await shop.run("shop");
  assert.equal((await shop.freight()).length, 2, "no feedback");
  assert.equal((await shop.promotions()).length, 4);
  assert.equal(shop.subjects("shop", "main").length, 6, "two by us and one for each Promotion");
});

test("monorepo: only what a commit touches moves, and shared libraries move all", { skip }, async (t) => {
  const shop = await Pattern.open(t, "monorepo");
  await shop.run("web", "api");
  const version = (service: string) =>
    shop.file("mono", `env/${service}-prod`, `${service}/app.yaml`)?.trim();
  assert.deepEqual([version("web"), version("api")], ["version: 1", "version: 1"]);
  await nextSecond();
  const web = shop.commit("mono", { "services/web/app.yaml": "version: 2\n" }, "Web");
  shop.commit("mono", { "services/api/README.md": "words\n", "docs/x.yaml": "a: 1\n" }, "Words");
  await shop.run("web", "api");
  assert.deepEqual([version("web"), version("api")], ["version: 2", "version: 1"]);
  assert.deepEqual(await shop.verifiedIn(web), ["web-prod", "web-test"]);
  assert.equal((await shop.freight()).filter(({ origin }) => origin.name === "api").length, 1);
  await nextSecond();
  const lib = shop.commit("mono", { "libs/common/lib.yaml": "shared: 2\n" }, "Library");
  await shop.run("web", "api");
  for (const service of ["web", "api"]) {
    assert.equal(shop.file("mono", `env/${service}-prod`, "libs/common/lib.yaml"), "shared: 2\n");
    assert.equal(
      (await shop.stage(`${service}-prod`)).status?.freightHistory?.[0]?.items[`Warehouse/${service}`]
        ?.commits?.[0]?.id,
      lib,
    );
  }
});

test("parallel pipelines: what is new for one service does not touch the other", {
  skip: skipImages,
}, async (t) => {
  const shop = await Pattern.open(t, "parallel-pipelines", { images: true });
  for (const service of ["web", "api"]) await shop.image(service, "1.0.0");
  await shop.run("web", "api");
  const tag = (stage: string) => parse(shop.file("shop", "main", `${stage}/values.yaml`) ?? "").image.tag;
  const stages = ["web-test", "web-prod", "api-test", "api-prod"];
  assert.deepEqual(stages.map(tag), ["1.0.0", "1.0.0", "1.0.0", "1.0.0"]);
  await nextSecond();
  await shop.image("web", "1.2.0");
  await shop.run("web", "api");
  assert.deepEqual(stages.map(tag), ["1.2.0", "1.2.0", "1.0.0", "1.0.0"]);
  assert.deepEqual(await shop.verifiedIn("1.2.0"), ["web-prod", "web-test"]);
  const [freight] = (await shop.freight()).filter(({ images }) => images?.[0]?.tag === "1.2.0");
  const promote = [
    "promote",
    "--stage",
    "api-test",
    "--freight",
    freight?.metadata.name ?? "",
    "-w",
    shop.root,
  ];
  await fails(promote, 1, /not available/);
});

test("multiple Warehouses: a new image keeps the configuration, and the other way round", {
  skip: skipImages,
}, async (t) => {
  const shop = await Pattern.open(t, "multiple-warehouses", { images: true });
  await shop.image("web", "1.0.0");
  await shop.run("images", "config");
  const values = (stage: string) => parse(shop.file("shop", `stage/${stage}`, "values.yaml") ?? "");
  for (const stage of ["test", "prod"])
    assert.deepEqual(values(stage), { image: { tag: "1.0.0" }, greeting: "hello" });
  await nextSecond();
  await shop.image("web", "1.1.0");
  await shop.run("images", "config");
  for (const stage of ["test", "prod"])
    assert.deepEqual(values(stage), { image: { tag: "1.1.0" }, greeting: "hello" });
  await nextSecond();
  const commit = shop.commit(
    "shop",
    { "values.yaml": "image:\n  tag: none\ngreeting: welcome\n" },
    "Welcome",
  );
  await shop.run("images", "config");
  for (const stage of ["test", "prod"])
    assert.deepEqual(values(stage), { image: { tag: "1.1.0" }, greeting: "welcome" });
  assert.deepEqual(await shop.verifiedIn(commit), ["prod", "test"]);
  const { items = {} } = (await shop.stage("prod")).status?.freightHistory?.[0] ?? {};
  assert.deepEqual(Object.keys(items).sort(), ["Warehouse/config", "Warehouse/images"]);
});

test("grouped services: no Stage ever gets one without the other", { skip: skipImages }, async (t) => {
  const shop = await Pattern.open(t, "grouped-services", { images: true });
  await shop.image("backend", "1.0.0");
  const missing = await shop.tryRun();
  assert.match(missing.stderr, /shop\/frontend/);
  assert.deepEqual(await shop.freight(), [], "half of a group is no Freight");
  await shop.image("frontend", "1.0.0");
  await shop.run("services");
  const deployed = (stage: string) => parse(shop.file("shop", "main", `${stage}.yaml`) ?? "");
  assert.deepEqual(deployed("prod"), { backend: { tag: "1.0.0" }, frontend: { tag: "1.0.0" } });
  await nextSecond();
  await shop.image("backend", "1.1.0");
  await shop.image("frontend", "2.0.0");
  await shop.run("services");
  for (const stage of ["test", "prod"]) {
    assert.deepEqual(deployed(stage), { backend: { tag: "1.1.0" }, frontend: { tag: "2.0.0" } });
  }
  assert.deepEqual(await shop.verifiedIn("2.0.0"), ["prod", "test"]);
  assert.equal((await shop.freight()).length, 2);
});

test("ordered services: the back end is everywhere before the front end", { skip: skipImages }, async (t) => {
  const shop = await Pattern.open(t, "ordered-services", { images: true });
  for (const version of ["1.0.0", "1.1.0"]) {
    for (const service of ["backend", "frontend"]) await shop.image(service, version);
    await nextSecond();
    await shop.run("services");
    for (const stage of ["test", "prod"]) {
      const deployed = parse(shop.file("shop", "main", `${stage}.yaml`) ?? "");
      assert.deepEqual(deployed, { backend: { tag: version }, frontend: { tag: version } });
    }
    assert.deepEqual(shop.subjects("shop", "main").slice(0, 4), [
      `frontend ${version} to prod`,
      `backend ${version} to prod`,
      `frontend ${version} to test`,
      `backend ${version} to test`,
    ]);
  }
  assert.deepEqual(await shop.currentlyIn("1.1.0"), [
    "prod-backend",
    "prod-frontend",
    "test-backend",
    "test-frontend",
  ]);
});

test("fan-out and fan-in: production takes only what passed both branches", { skip }, async (t) => {
  const shop = await Pattern.open(t, "fan-out-fan-in");
  await shop.run("shop");
  const [first] = await shop.freight();
  const firstId = first?.commits?.[0]?.id ?? "";
  const commitOf = (stage: string) =>
    parse(shop.file("shop", `stage/${stage}`, "settings.yaml") ?? "").commit;
  assert.equal(commitOf("prod"), firstId);
  await nextSecond();
  const second = shop.commit("shop", { "stages/uat.yaml": "stage: uat\n" }, "Break uat");
  assert.equal((await shop.tryRun("shop")).code, 1);
  assert.deepEqual(["test", "qa", "uat", "prod"].map(commitOf), [second, second, firstId, firstId]);
  assert.deepEqual(await shop.verifiedIn(second), ["qa", "test"]);
  await nextSecond();
  const third = shop.commit("shop", { "stages/uat.yaml": 'stage: uat\ncommit: ""\n' }, "Mend uat");
  await shop.run("shop");
  assert.deepEqual(["test", "qa", "uat", "prod"].map(commitOf), [third, third, third, third]);
  assert.deepEqual(await shop.verifiedIn(third), ["prod", "qa", "test", "uat"]);
  const approve = ["approve", "--freight", (await shop.freightWith(second)).metadata.name, "--stage", "prod"];
  await succeeds([...approve, "-w", shop.root]);
  await shop.run();
  assert.equal(commitOf("prod"), third, "approved, but older than what runs");
  assert.deepEqual(Object.keys((await shop.freightWith(second)).status?.approvedFor ?? {}), ["prod"]);
});

test("control-flow Stage: what passed one of the tests goes to every region, except where it is held", {
  skip,
}, async (t) => {
  const shop = await Pattern.open(t, "control-flow");
  const commitOf = (stage: string) =>
    parse(shop.file("shop", `stage/${stage}`, "settings.yaml") ?? "").commit;
  const regions = ["prod-asia", "prod-eu", "prod-us"];
  await shop.run("shop");
  await nextSecond();
  const second = shop.commit("shop", { "stages/load.yaml": "stage: load\n" }, "Break the load test");
  assert.equal((await shop.tryRun("shop")).code, 1);
  for (const region of regions) assert.equal(commitOf(region), second);
  assert.deepEqual(await shop.verifiedIn(second), ["gate", ...regions, "smoke"]);
  assert.deepEqual(
    await shop.currentlyIn(second),
    [...regions, "smoke"],
    "nothing is ever in a control-flow Stage",
  );
  const [, first] = await shop.freight();
  await succeeds(["promote", "--stage", "prod-us", "--freight", first?.metadata.name ?? "", "-w", shop.root]);
  await nextSecond();
  const third = shop.commit("shop", { "stages/load.yaml": 'stage: load\ncommit: ""\n' }, "Mend it");
  await shop.run("shop");
  assert.deepEqual(
    regions.map(commitOf),
    [third, third, first?.commits?.[0]?.id],
    "the region set back by hand is held",
  );
  const held = (await shop.stage("prod-us")).status?.autoPromotionHolds ?? {};
  assert.deepEqual(Object.keys(held), ["Warehouse/shop"]);
  assert.equal((await shop.stage("gate")).status?.freightHistory, undefined);
});
