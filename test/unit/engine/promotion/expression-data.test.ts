import assert from "node:assert/strict";
import { test } from "node:test";
import { StepData } from "../../../../src/engine/promotion/expression-data";
import { SecretMask } from "../../../../src/engine/promotion/secret-mask";
import type { AnyResource } from "../../../../src/model/resources";
import { MemoryStore, TestClock } from "../../../support/memory-store";
import { namespace, stage, warehouse } from "../../../support/promotion-world";

function configMap(name: string, data: Record<string, string> | undefined, where = namespace): AnyResource {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: where }, data };
}

function secret(
  name: string,
  stringData: Record<string, string>,
  more: { where?: string; type?: string } = {},
): AnyResource {
  const labels = more.type === undefined ? undefined : { "kargo.akuity.io/cred-type": more.type };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: more.where ?? namespace, labels },
    stringData,
  };
}

function data(...resources: readonly AnyResource[]) {
  const store = new MemoryStore(new TestClock(), resources);
  const mask = new SecretMask();
  const reads: string[] = [];
  const get = store.get.bind(store);
  store.get = (kind, ref) => {
    reads.push(`${kind}/${ref.name}`);
    return get(kind, ref);
  };
  return { store, mask, reads, step: new StepData({ store }, namespace, mask) };
}

const shared = "kargo-shared-resources";

test("an evaluation is begun again for everything it asks for, and each is read once", async () => {
  const { step, reads } = data(configMap("a", { k: "1" }), configMap("b", { k: "2" }), warehouse("w"));
  let runs = 0;
  const value = await step.withData((read) => {
    runs++;
    const first = read.configMap("a", "project")?.k;
    const again = read.configMap("a", "project")?.k;
    return [first, again, read.configMap("b", "project")?.k, read.warehouse("w")?.metadata.name];
  });
  assert.deepEqual(value, ["1", "1", "2", "w"]);
  assert.deepEqual([runs, reads], [4, ["ConfigMap/a", "ConfigMap/b", "Warehouse/w"]]);
});

test("what was found stays the same for the step; what was not is looked for again", async () => {
  const { step, store, reads } = data(
    configMap("a", { k: "1" }),
    stage("s", { status: { metadata: { m: 1 } } }),
  );
  const ask = () =>
    step.withData((read) => [
      read.configMap("a", "project")?.k,
      read.configMap("later", "project")?.k,
      read.metadata("Stage", "s")?.m,
    ]);
  assert.deepEqual(await ask(), ["1", undefined, 1]);
  store.put(configMap("a", { k: "changed" }));
  store.put(configMap("later", { k: "there" }));
  store.put(stage("s", { status: { metadata: { m: 2 } } }));
  assert.deepEqual(await ask(), ["1", "there", 2]);
  assert.equal(reads.filter((name) => name === "ConfigMap/a").length, 1);
});

test("a question inside an error that the evaluation wrapped is found", async () => {
  const { step } = data(configMap("a", { k: "1" }));
  const value = await step.withData((read) => {
    try {
      return read.configMap("a", "project")?.k;
    } catch (cause) {
      throw new Error("wrapped", { cause: new Error("twice", { cause }) });
    }
  });
  assert.equal(value, "1");
});

test("other errors pass, and a store that fails is told in words", async () => {
  const { step, store } = data();
  await assert.rejects(
    step.withData(() => {
      throw new Error("wrong");
    }),
    /^Error: wrong$/,
  );
  store.get = () => Promise.reject(new Error("disk gone"));
  const words: readonly [string, Parameters<typeof step.withData>[0]][] = [
    ['error getting Warehouse "w" in namespace "shop": disk gone', (read) => read.warehouse("w")],
    ["failed to get secret s: disk gone", (read) => read.secret("s", "project")],
    ["failed to get configmap c: disk gone", (read) => read.configMap("c", "project")],
    ["failed to get freight f: disk gone", (read) => read.metadata("Freight", "f")],
  ];
  for (const [message, ask] of words) await assert.rejects(step.withData(ask), { message });
});

test("an evaluation that asks without end is stopped", async () => {
  const { step } = data();
  let n = 0;
  await assert.rejects(step.withData((read) => read.metadata("Stage", `s${n++}`)));
  assert.ok(n < 20_000);
});

test("secrets are decoded, and everything they hold is masked from then on", async () => {
  const encoded: AnyResource = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace },
    data: { user: Buffer.from("someone").toString("base64") },
    stringData: { password: "hunter22" },
  };
  const { step, mask } = data(encoded);
  assert.deepEqual(await step.withData((read) => read.secret("s", "project")), {
    user: "someone",
    password: "hunter22",
  });
  assert.equal(mask.text("someone uses hunter22"), "*** uses ***");
});

const visibility: readonly [string, string | undefined, "project" | "shared", boolean][] = [
  ["a Project's own, of any type", "git", "project", true],
  ["a shared generic one", "generic", "shared", true],
  ["a shared repository credential", "git", "shared", false],
  ["a shared one without label", undefined, "shared", false],
];

for (const [name, type, scope, isVisible] of visibility) {
  test(`secrets: ${name} is ${isVisible ? "shown" : "not shown"}`, async () => {
    const where = scope === "shared" ? shared : namespace;
    const { step, mask } = data(secret("s", { k: "hunter22" }, { where, type }));
    const found = await step.withData((read) => read.secret("s", scope));
    assert.deepEqual(found, isVisible ? { k: "hunter22" } : null);
    assert.equal(mask.text("hunter22"), isVisible ? "***" : "hunter22");
  });
}

test("what the workspace does not hold is asked of the editor's store, for the Project only", async () => {
  const asked: string[] = [];
  const mask = new SecretMask();
  const secrets = {
    names: async () => [],
    secret: async (where: string, name: string) => {
      asked.push(`${where}/${name}`);
      return name === "s" ? { k: "from-editor" } : undefined;
    },
  };
  const store = new MemoryStore(new TestClock(), [secret("w", { k: "workspace" })]);
  const step = new StepData({ store, secrets }, namespace, mask);
  const value = await step.withData((read) => [
    read.secret("w", "project")?.k,
    read.secret("s", "project")?.k,
    read.secret("absent", "project"),
    read.secret("s", "shared"),
  ]);
  assert.deepEqual(value, ["workspace", "from-editor", null, null]);
  assert.deepEqual(asked, ["shop/s", "shop/absent"]);
  assert.equal(mask.text("from-editor"), "***");
});

test("a ConfigMap without data is found, and has nothing", async () => {
  const { step } = data(configMap("a", undefined), configMap("b", { k: "v" }, shared));
  const value = await step.withData((read) => [
    read.configMap("a", "project"),
    read.configMap("absent", "project"),
    read.configMap("b", "shared"),
    read.configMap("b", "project"),
  ]);
  assert.deepEqual(value, [undefined, null, { k: "v" }, null]);
});

test("metadata is null where there is none", async () => {
  const { step } = data(stage("s"));
  const value = await step.withData((read) => [read.metadata("Stage", "s"), read.metadata("Freight", "f")]);
  assert.deepEqual(value, [null, null]);
});
