// Whole passes over Warehouses: a real Git repository in, Freight and a status out.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../src/base/log";
import { reconcileWarehouse, retryDelayMs, type WarehousePorts } from "../../src/engine/discovery/warehouse";
import type { Freight, Warehouse } from "../../src/model/resources";
import { type CommitPlan, importCommits, initBareRepo } from "../support/fast-import";
import { missingGit } from "../support/git-repos";
import { startProxy } from "../support/http-proxy";
import { MemoryStore, TestClock } from "../support/memory-store";
import { missingRegistry, startRegistry } from "../support/registry";
import { tempDir } from "../support/temp";

const noHealth = "Health status cannot be determined until";

/** A Project with one Warehouse `w`, a repository it subscribes to, and passes over it. */
class Scene {
  readonly clock = new TestClock("2026-01-02T03:04:05Z");
  readonly store: MemoryStore;
  readonly repo: string;
  readonly ports: WarehousePorts;

  constructor(
    t: TestContext,
    spec: (repoURL: string) => Partial<Warehouse["spec"]>,
    plans: readonly CommitPlan[],
  ) {
    const root = tempDir(t);
    this.repo = join(root, "origin.git");
    initBareRepo(this.repo);
    importCommits(this.repo, plans);
    const apiVersion = "kargo.akuity.io/v1alpha1";
    this.store = new MemoryStore(this.clock, [
      { apiVersion, kind: "Project", metadata: { name: "demo" } },
      {
        apiVersion,
        kind: "Warehouse",
        metadata: { name: "w", namespace: "demo" },
        spec: {
          subscriptions: [{ git: { repoURL: `file://${this.repo}` } }],
          ...spec(`file://${this.repo}`),
        },
      },
    ]);
    this.ports = {
      store: this.store,
      clock: this.clock,
      credentials: { find: async () => undefined },
      tools: {},
      log: silentLogger,
      cacheRoot: join(root, "cache"),
    };
  }

  pass(refreshToken?: string) {
    const { signal } = new AbortController();
    const options = { signal, ...(refreshToken !== undefined && { refreshToken }) };
    return reconcileWarehouse({ namespace: "demo", name: "w" }, this.ports, options);
  }

  async warehouse(): Promise<Warehouse> {
    const found = await this.store.get("Warehouse", { namespace: "demo", name: "w" });
    assert.ok(found);
    return found;
  }

  freight(): Promise<readonly Freight[]> {
    return this.store.list("Freight");
  }

  /** `Type=Status/Reason` of every condition, in order. */
  async conditions(): Promise<string> {
    const { status } = await this.warehouse();
    return (status?.conditions ?? []).map((c) => `${c.type}=${c.status}/${c.reason}`).join(" ");
  }

  /** What every condition says, by its type. */
  async messages(): Promise<Record<string, string>> {
    const { status } = await this.warehouse();
    return Object.fromEntries((status?.conditions ?? []).map(({ type, message }) => [type, message]));
  }
}

const healthy = "Ready=True/ArtifactsDiscovered Healthy=True/ReconciliationSucceeded";

test("a new Warehouse discovers and makes Freight", { skip: missingGit() }, async (t) => {
  const scene = new Scene(t, () => ({}), [{ message: "one" }]);
  const pass = await scene.pass();
  const [freight, ...more] = await scene.freight();
  assert.equal(more.length, 0);
  assert.ok(freight);
  assert.deepEqual(pass?.created, freight);
  assert.deepEqual(freight.origin, { kind: "Warehouse", name: "w" });
  assert.match(freight.metadata.name, /^[0-9a-f]{40}$/);
  assert.match(freight.alias ?? "", /^[a-z]+-[a-z]+$/);
  assert.equal(freight.metadata.labels?.["kargo.akuity.io/alias"], freight.alias);
  assert.equal(freight.discoveredAt, "2026-01-02T03:04:05Z");
  const { status } = await scene.warehouse();
  const commit = status?.discoveredArtifacts?.git?.[0]?.commits?.[0];
  assert.deepEqual(freight.commits, [
    {
      repoURL: `file://${scene.repo}`,
      id: commit?.id,
      message: "one",
      author: commit?.author,
      committer: commit?.committer,
    },
  ]);
  assert.equal(status?.lastFreightID, freight.metadata.name);
  assert.equal(status?.observedGeneration, 1);
  assert.equal(status?.discoveredArtifacts?.discoveredAt, "2026-01-02T03:04:05Z");
  assert.equal(
    await scene.conditions(),
    `${healthy} FreightCreationCriteriaSatisfied=True/CriteriaSatisfied FreightCreated=True/NewFreight`,
  );
  assert.deepEqual(await scene.messages(), {
    Ready: "Successfully discovered artifacts from 1 subscriptions",
    Healthy: "",
    FreightCreationCriteriaSatisfied: "Freight creation criteria satisfied",
    FreightCreated: "No Freight composed of the newest artifacts already existed",
  });
  assert.equal(pass?.nextAtMs, Date.parse("2026-01-02T03:09:05Z"));
});

test("until the interval has passed nothing is discovered, then new commits are", {
  skip: missingGit(),
}, async (t) => {
  const scene = new Scene(t, () => ({ interval: "2m" }), [{ message: "one" }]);
  await scene.pass();
  importCommits(scene.repo, [{ message: "two" }]);
  scene.clock.advance(120_000);
  const early = await scene.pass();
  assert.equal(early?.created, undefined);
  assert.equal(early?.nextAtMs, scene.clock.now().getTime() + 100);
  assert.match(await scene.conditions(), /FreightCreated=False\/AlreadyExists/);
  scene.clock.advance(1000);
  const late = await scene.pass();
  assert.equal(late?.created?.commits?.[0]?.message, "two");
  assert.equal((await scene.freight()).length, 2);
});

test("a refresh discovers at once and is remembered", { skip: missingGit() }, async (t) => {
  const scene = new Scene(t, () => ({}), [{ message: "one" }]);
  await scene.pass();
  importCommits(scene.repo, [{ message: "two" }]);
  assert.equal((await scene.pass("r1"))?.created?.commits?.[0]?.message, "two");
  assert.equal((await scene.warehouse()).status?.lastHandledRefresh, "r1");
  importCommits(scene.repo, [{ message: "three" }]);
  assert.equal((await scene.pass("r1"))?.created, undefined);
  assert.equal((await scene.pass())?.created, undefined);
});

test("a changed spec is discovered anew", { skip: missingGit() }, async (t) => {
  const scene = new Scene(t, () => ({}), [{ message: "one", tags: [{ name: "v1.0.0" }] }]);
  await scene.pass();
  const { metadata, ...rest } = await scene.warehouse();
  const git = { repoURL: `file://${scene.repo}`, commitSelectionStrategy: "SemVer" as const };
  scene.store.put({ ...rest, metadata: { ...metadata, generation: 2 }, spec: { subscriptions: [{ git }] } });
  assert.equal((await scene.pass())?.created?.commits?.[0]?.tag, "v1.0.0");
  assert.equal((await scene.warehouse()).status?.observedGeneration, 2);
});

test("a failure is told, keeps what was known, and stays due until a discovery succeeds", {
  skip: missingGit(),
}, async (t) => {
  const scene = new Scene(t, () => ({}), [{ message: "one" }]);
  await scene.pass();
  const before = (await scene.warehouse()).status?.discoveredArtifacts;
  const { find } = scene.ports.credentials;
  const broken = { find: () => Promise.reject(new Error("the keychain is locked")) };
  Object.assign(scene.ports, { credentials: broken });
  await assert.rejects(scene.pass("r1"), {
    name: "DiscoveryError",
    code: "credentials",
    message: /keychain/,
  });
  const { status } = await scene.warehouse();
  assert.deepEqual(status?.discoveredArtifacts, before);
  assert.equal(status?.lastHandledRefresh, "r1");
  assert.equal(
    await scene.conditions(),
    "Ready=False/DiscoveryFailure Healthy=False/DiscoveryFailed Reconciling=True/ScheduledDiscovery",
  );
  const cause = `error discovering artifacts: error obtaining credentials for git repo "file://${scene.repo}": the keychain is locked`;
  assert.deepEqual(await scene.messages(), {
    Ready: `Artifact discovery failed: ${cause}`,
    Healthy: `Unable to discover artifacts: ${cause}`,
    Reconciling: "Discovering artifacts for 1 subscriptions",
  });
  await assert.rejects(scene.pass("r1"), { code: "credentials" });
  Object.assign(scene.ports, { credentials: { find } });
  await scene.pass("r1");
  assert.match(await scene.conditions(), new RegExp(healthy));
});

test("policy Manual discovers and makes nothing", { skip: missingGit() }, async (t) => {
  const scene = new Scene(t, () => ({ freightCreationPolicy: "Manual" }), [{ message: "one" }]);
  await scene.pass();
  assert.deepEqual(await scene.freight(), []);
  assert.equal(await scene.conditions(), healthy);
});

test("deleted newest Freight comes back with the next pass", { skip: missingGit() }, async (t) => {
  const scene = new Scene(t, () => ({}), [{ message: "one" }]);
  const first = await scene.pass();
  const name = first?.created?.metadata.name ?? "";
  await scene.store.delete({ kind: "Freight", namespace: "demo", name });
  assert.equal((await scene.pass())?.created?.metadata.name, name);
  assert.equal((await scene.pass())?.created, undefined);
  assert.equal(
    (await scene.messages()).FreightCreated,
    "Freight composed of the newest artifacts already exists",
  );
});

test("subscriptions that select nothing are no failure", { skip: missingGit() }, async (t) => {
  const nothing = (repoURL: string) => ({
    subscriptions: [
      { git: { repoURL } },
      { git: { repoURL, commitSelectionStrategy: "Lexical" as const, allowTagsRegexes: ["none"] } },
    ],
  });
  const scene = new Scene(t, nothing, [{ message: "one" }]);
  assert.notEqual(await scene.pass(), undefined);
  assert.equal(await scene.conditions(), "Ready=False/MissingCommits Healthy=False/NoCommitsDiscovered");
  const message = `No commits discovered for Git repository "file://${scene.repo}"`;
  assert.deepEqual(await scene.messages(), { Ready: message, Healthy: message });
  assert.deepEqual(await scene.freight(), []);
});

test("the first failing subscription ends the pass and is named", { skip: missingGit() }, async (t) => {
  const broken = (repoURL: string) => ({
    subscriptions: [{ git: { repoURL } }, { git: { repoURL: "file:///nonexistent.git" } }],
  });
  const scene = new Scene(t, broken, [{ message: "one" }]);
  await assert.rejects(scene.pass(), {
    code: "remote",
    message:
      /^error discovering artifacts: error discovering commits from git repo "file:\/\/\/nonexistent\.git": error cloning git repo "file:\/\/\/nonexistent\.git": /,
  });
  assert.equal((await scene.warehouse()).status?.discoveredArtifacts, undefined);
  assert.equal((await scene.warehouse()).status?.observedGeneration, undefined);
});

test("an aborted pass says nothing about success or failure", { skip: missingGit() }, async (t) => {
  const scene = new Scene(t, () => ({}), [{ message: "one" }]);
  const controller = new AbortController();
  const pass = reconcileWarehouse({ namespace: "demo", name: "w" }, scene.ports, {
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(), 10);
  await assert.rejects(pass, { name: "AbortError" });
  assert.equal(
    await scene.conditions(),
    "Reconciling=True/ScheduledDiscovery Ready=False/DiscoveryInProgress Healthy=Unknown/Pending",
  );
  assert.deepEqual(await scene.messages(), {
    Reconciling: "Discovering artifacts for 1 subscriptions",
    Ready: "Waiting for discovery to complete",
    Healthy: `${noHealth} artifact discovery is finished`,
  });
});

test("a Warehouse that is not there is no error", { skip: missingGit() }, async (t) => {
  const scene = new Scene(t, () => ({}), []);
  await scene.store.delete({ kind: "Warehouse", namespace: "demo", name: "w" });
  assert.equal(await scene.pass(), undefined);
});

test("criteria decide about Freight, and their failure is no failure of the pass", {
  skip: missingGit(),
}, async (t) => {
  const criteria = (test: string) => (repoURL: string) => ({
    freightCreationCriteria: { expression: `commitFrom("${repoURL}").Subject ${test}` },
  });
  const held = new Scene(t, criteria('== "one"'), [{ message: "one" }]);
  await held.pass();
  assert.equal((await held.freight()).length, 1);
  const unmet = new Scene(t, criteria('== "two"'), [{ message: "one" }]);
  await unmet.pass();
  assert.equal((await unmet.freight()).length, 0);
  assert.equal(
    await unmet.conditions(),
    `${healthy} FreightCreationCriteriaSatisfied=False/CriteriaNotSatisfied`,
  );
  assert.equal(
    (await unmet.messages()).FreightCreationCriteriaSatisfied,
    "Freight creation criteria were not satisfied",
  );
  const broken = new Scene(t, criteria(".x"), [{ message: "one" }]);
  assert.notEqual(await broken.pass(), undefined);
  assert.equal(
    await broken.conditions(),
    "Ready=False/CriteriaEvaluationFailed Healthy=False/CriteriaEvaluationFailed",
  );
  const failed = /^Evaluation of Freight creation criteria failed: error compiling expression: /;
  assert.match((await broken.messages()).Ready ?? "", failed);
});

test("a type nobody discovers is refused by name", { skip: missingGit() }, async (t) => {
  const generic = { subscriptions: [{ helm: { name: "x" } }] };
  const scene = new Scene(t, () => generic, [{ message: "one" }]);
  await assert.rejects(scene.pass(), {
    code: "subscription",
    message: /^error finding subscriber for subscription: no matching registration found \(type "helm"\)$/,
  });
});

test("Freight that cannot be stored is told apart from a failed discovery", {
  skip: missingGit(),
}, async (t) => {
  const scene = new Scene(t, () => ({}), [{ message: "one" }]);
  scene.store.beforeWrite = ({ kind }) => {
    if (kind === "Freight") throw new Error("the disk is full");
  };
  await assert.rejects(scene.pass(), /the disk is full/);
  assert.equal(
    await scene.conditions(),
    "Reconciling=True/FreightCreationInProgress Ready=False/FreightCreationFailure Healthy=False/FreightBuildFailure " +
      "FreightCreationCriteriaSatisfied=True/CriteriaSatisfied",
  );
  const { status } = await scene.warehouse();
  assert.equal(status?.observedGeneration, 1);
  assert.equal(status?.discoveredArtifacts?.git?.[0]?.commits?.length, 1);
  scene.store.beforeWrite = () => {};
  assert.equal((await scene.pass())?.created?.commits?.[0]?.message, "one");
});

test("pauses between failing passes double up to a quarter of an hour", () => {
  assert.deepEqual([1, 2, 3, 10].map(retryDelayMs), [5, 10, 20, 2560]);
  assert.equal(retryDelayMs(1000), 1_000_000);
});

test("commits, images and charts together make one Freight", {
  skip: missingGit() || missingRegistry(),
}, async (t) => {
  const registry = await startRegistry(tempDir(t));
  t.after(() => registry.stop());
  const digest = await registry.push("team/app", { annotations: { a: "b" } }, "1.2.3");
  await registry.push("charts/app", {}, "0.1.0");
  const index = await startProxy(undefined, (_request, response) => {
    response.end("entries:\n  web:\n  - version: 7.0.0\n");
    return true;
  });
  t.after(() => index.close());
  const image = { repoURL: `${registry.host}/team/app` };
  const oci = { repoURL: `oci://${registry.host}/charts/app` };
  const classic = { repoURL: `http://${index.host}`, name: "web" };
  const subscriptions = [{ chart: oci }, { image }, { chart: classic }];
  const all = (repoURL: string) => ({ subscriptions: [...subscriptions, { git: { repoURL } }] });
  const scene = new Scene(t, all, [{ message: "one" }]);
  const created = (await scene.pass())?.created;
  assert.deepEqual(created?.images, [{ ...image, tag: "1.2.3", digest, annotations: { a: "b" } }]);
  assert.deepEqual(created?.charts, [
    { ...oci, version: "0.1.0" },
    { ...classic, version: "7.0.0" },
  ]);
  assert.equal(created?.commits?.[0]?.message, "one");
});

test("a password written into a URL is shown in no condition and no error", {
  skip: missingGit(),
}, async (t) => {
  const secret = { subscriptions: [{ git: { repoURL: "http://ann:s3cret!@127.0.0.1:1/x.git" } }] };
  const scene = new Scene(t, () => secret, []);
  await assert.rejects(scene.pass(), (error: Error) => !error.message.includes("s3cret!"));
  assert.ok(!JSON.stringify((await scene.warehouse()).status).includes("s3cret!"));
});
