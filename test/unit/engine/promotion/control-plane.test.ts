import assert from "node:assert/strict";
import { test } from "node:test";
import { grantCapabilities } from "../../../../src/engine/promotion/capabilities";
import { controlPlane } from "../../../../src/engine/promotion/control-plane";
import { StepError } from "../../../../src/engine/promotion/step";
import { type AnyResource, kargoApiVersion } from "../../../../src/model/resources";
import { freight, namespace, stage, World } from "../../../support/promotion-world";

function world(t: { after(done: () => void): void }, ...resources: readonly AnyResource[]): World {
  const made = new World([freight("aaa"), freight("bbb"), stage("test"), ...resources]);
  t.after(() => made.dispose());
  return made;
}

test("the alias of Freight is set in field and label, and belongs to one piece only", async (t) => {
  const made = world(t);
  const plane = controlPlane(made.store, namespace);
  await plane.setFreightAlias("aaa", "shiny");
  const { alias, metadata } = await made.freight("aaa");
  assert.deepEqual([alias, metadata.labels], ["shiny", { "kargo.akuity.io/alias": "shiny" }]);
  await plane.setFreightAlias("aaa", "shiny");
  await assert.rejects(plane.setFreightAlias("bbb", "shiny"), { code: "invalid" });
  await assert.rejects(plane.setFreightAlias("absent", "other"), { code: "notFound" });
});

test("metadata is merged by key; null removes one, and null members are not kept", async (t) => {
  const made = world(t);
  const plane = controlPlane(made.store, namespace);
  await plane.setStageMetadata("test", { a: 1, b: { c: null, d: [null, { e: null }] } });
  await plane.setStageMetadata("test", { a: null, f: "x" });
  assert.deepEqual((await made.stage("test")).status?.metadata, { b: { d: [null, {}] }, f: "x" });
  await plane.setFreightMetadata("aaa", { a: 1 });
  assert.deepEqual((await made.freight("aaa")).status, { metadata: { a: 1 } });
  await assert.rejects(plane.setStageMetadata("test", { "": 1 }), { code: "invalid" });
});

test("what a step writes about its Stage outlives the passes that follow", async (t) => {
  const made: World = new World(
    [freight("aaa"), stage("test", { steps: [{ uses: "set-metadata", config: {} }] })],
    {
      "set-metadata": async () => {
        await controlPlane(made.store, namespace).setStageMetadata("test", { note: "kept" });
        return { status: "Succeeded" };
      },
    },
  );
  t.after(() => made.dispose());
  await made.promote("test", "aaa");
  await made.drive("test");
  assert.deepEqual((await made.stage("test")).status?.metadata, { note: "kept" });
});

function gitClient(signingKeySecret?: string): AnyResource {
  return {
    apiVersion: kargoApiVersion,
    kind: "ClusterConfig",
    metadata: { name: "cluster" },
    spec: {
      gitClient: {
        name: "Bot",
        email: "bot@example.com",
        ...(signingKeySecret === undefined ? {} : { signingKeySecret: { name: signingKeySecret } }),
      },
    },
  };
}

function key(stringData: Record<string, string>): AnyResource {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "key", namespace: "kargo-system-resources" },
    stringData,
  };
}

const identities: readonly [string, readonly AnyResource[], object][] = [
  ["nothing configured", [], { name: "Kargo", email: "no-reply@kargo.io" }],
  ["configured", [gitClient()], { name: "Bot", email: "bot@example.com" }],
  [
    "with a signing key",
    [gitClient("key"), key({ signingKey: "ARMOUR" })],
    { name: "Bot", email: "bot@example.com", signingKey: "ARMOUR" },
  ],
];

for (const [name, resources, expected] of identities) {
  test(`Git identity: ${name}`, async (t) => {
    const { git } = await grantCapabilities(world(t, ...resources).ports, namespace, fetch)(["git"]);
    assert.deepEqual(git?.user, expected);
  });
}

for (const [name, resources] of [
  ["its Secret is absent", [gitClient("key")]],
  ["its Secret has another key", [gitClient("key"), key({ other: "x" })]],
] as const) {
  test(`Git identity: an error, to be retried, when ${name}`, async (t) => {
    await assert.rejects(
      grantCapabilities(world(t, ...resources).ports, namespace, fetch)(["git"]),
      (error: unknown) => error instanceof StepError && !error.terminal && error.status === "Errored",
    );
  });
}

test("a step is granted what it names and nothing else", async (t) => {
  const { ports } = world(t);
  const grant = grantCapabilities(ports, namespace, fetch);
  assert.deepEqual(Object.keys(await grant([])), []);
  assert.deepEqual(Object.keys(await grant(["network", "controlPlane"])), ["network", "controlPlane"]);
});
