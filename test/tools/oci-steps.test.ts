// oci-download and oci-push against a real registry. Digests of annotated manifests are those Kargo v1.11.2 pushed for
// the same images.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import type { CredentialSource, Credentials, Effect } from "../../src/engine/promotion/step";
import { ociDownload } from "../../src/engine/steps/oci-download";
import { ociPush } from "../../src/engine/steps/oci-push";
import { RegistryClient } from "../../src/engine/tools/registry";
import { missingRegistry, registryUser, startRegistry, type TestRegistry } from "../support/registry";
import { faultOf, runStepIn } from "../support/step-context";
import { makeTempDir, tempDir } from "../support/temp";

const skip = missingRegistry();
const image = { created: "2024-01-01T00:00:00Z", annotations: { kept: "yes", changed: "old" } };
const index = {
  annotations: { of: "index" },
  platforms: [
    { os: "linux", arch: "arm64", variant: "v8", labels: { is: "arm" }, entryAnnotations: { e: "<1>" } },
    { os: "linux", arch: "amd64", labels: { is: "amd" } },
  ],
};
let registry: TestRegistry;
let imageDigest: string;
let indexDigest: string;
const folder = makeTempDir();

before(async () => {
  if (skip) return;
  registry = await startRegistry(join(folder.path, "open"));
  imageDigest = await registry.push("team/app", image, "v1");
  indexDigest = await registry.push("team/multi", index, "v1");
});
after(async () => {
  await registry?.stop();
  folder.remove();
});

function workOf(t: TestContext): string {
  const work = join(tempDir(t), "work");
  mkdirSync(work);
  return work;
}

function asking(answer?: Credentials) {
  const asked: string[] = [];
  const credentials: CredentialSource = {
    find: async ({ type, repoURL }) => {
      asked.push(`${type} ${repoURL}`);
      return answer;
    },
  };
  return { asked, credentials };
}

async function digestOf(repository: string, tag: string): Promise<string> {
  const signal = new AbortController().signal;
  const client = new RegistryClient({ host: registry.host, manners: "image", signal });
  try {
    return (await client.manifest(repository, tag)).digest;
  } finally {
    await client.close();
  }
}

test("a tag is added without a byte changing", { skip }, async (t) => {
  const { asked, credentials } = asking();
  const effects: Effect[] = [];
  const config = { srcRef: `${registry.host}/team/app:v1`, destRef: `oci://${registry.host}/team/app:prod` };
  const result = await runStepIn(ociPush, workOf(t), config, {
    credentials,
    effects: {
      perform: async (effect, act) => {
        effects.push(effect);
        return await act();
      },
    },
  });
  assert.deepEqual(result, {
    status: "Succeeded",
    output: { image: `${registry.host}/team/app:prod`, digest: imageDigest, tag: "prod" },
  });
  assert.equal(await digestOf("team/app", "prod"), imageDigest);
  assert.deepEqual(asked, [`image ${registry.host}/team/app`, `helm oci://${registry.host}/team/app`]);
  assert.deepEqual(
    effects.map(({ kind, target }) => [kind, target]),
    [["registry.write", `${registry.host}/team/app:prod`]],
  );
});

const pushes: readonly {
  readonly name: string;
  readonly from: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly digest: () => string;
}[] = [
  { name: "an image by tag", from: "team/app:v1", digest: () => imageDigest },
  { name: "an index", from: "team/multi:v1", digest: () => indexDigest },
  {
    name: "an image with annotations of which some are for an index",
    from: "team/app:v1",
    annotations: { changed: "new", "manifest:z": "<&>\u2028", "index:a": "dropped" },
    digest: () => "sha256:f7e51976e5f61e59a394b723d6335facf21b382d98c42bce9b7d9f7d492c80c2",
  },
  {
    name: "an index with annotations of its own",
    from: "team/multi:v1",
    annotations: { "index:a": "b" },
    digest: () => "sha256:3b32da4dd70c2ab7fe81dbedf040644790ec36d7d0e35fd854ba4852e158f1fe",
  },
  {
    name: "an index whose images get annotations",
    from: "team/multi:v1",
    annotations: { "index:a": "b", c: "d" },
    digest: () => "sha256:816251517ab0b5c8e95cf5fc0ed4a8aa44dbb5bae45cf2c816a50d37b50d8eed",
  },
];

for (const [at, { name, from, annotations, digest }] of pushes.entries()) {
  test(`to another repository: ${name}`, { skip }, async (t) => {
    const destRef = `${registry.host}/copies/number-${at}:v2`;
    const config = { srcRef: `${registry.host}/${from}`, destRef, ...(annotations && { annotations }) };
    const { output } = await runStepIn(ociPush, workOf(t), config, { credentials: asking().credentials });
    assert.deepEqual(output, { image: destRef, digest: digest(), tag: "v2" });
    assert.equal(await digestOf(`copies/number-${at}`, "v2"), digest());
  });
}

test("an image is pushed by digest", { skip }, async (t) => {
  const srcRef = `${registry.host}/team/app@${imageDigest}`;
  const config = { srcRef, destRef: `${registry.host}/by/digest:one` };
  const { output } = await runStepIn(ociPush, workOf(t), config, { credentials: asking().credentials });
  assert.equal(output?.digest, imageDigest);
});

test("a held push writes nothing", { skip }, async (t) => {
  const config = { srcRef: `${registry.host}/team/app:v1`, destRef: `${registry.host}/held/app:v1` };
  const effects = { perform: () => Promise.reject(new Error("held")) };
  await faultOf(runStepIn(ociPush, workOf(t), config, { credentials: asking().credentials, effects }));
  await assert.rejects(digestOf("held/app", "v1"), { code: "notFound" });
});

test("both registries are signed in to", { skip }, async (t) => {
  const closed = await startRegistry(join(tempDir(t), "basic"), "basic");
  t.after(() => closed.stop());
  const config = { srcRef: `${registry.host}/team/app:v1`, destRef: `${closed.host}/app:v1` };
  const refused = await faultOf(runStepIn(ociPush, workOf(t), config, { credentials: asking().credentials }));
  assert.deepEqual([refused.status, refused.terminal], ["Errored", false]);
  const find: CredentialSource["find"] = async ({ repoURL }) =>
    repoURL.startsWith(closed.host) ? registryUser : undefined;
  const { output } = await runStepIn(ociPush, workOf(t), config, { credentials: { find } });
  assert.equal(output?.digest, imageDigest);

  const work = workOf(t);
  const download = { imageRef: `${closed.host}/app:v1`, outPath: "layer" };
  await runStepIn(ociDownload, work, download, { credentials: { find } });
  assert.equal(statSync(join(work, "layer")).size, 1024);
});

test("what cannot be parsed is Failed, what is missing is Errored", { skip }, async (t) => {
  const good = `${registry.host}/team/app:v1`;
  const credentials = asking().credentials;
  const run = (srcRef: string, destRef: string) =>
    faultOf(runStepIn(ociPush, workOf(t), { srcRef, destRef }, { credentials }));
  const source = await run("Upper/Case:v1", good);
  assert.deepEqual([source.status, source.terminal], ["Failed", true]);
  assert.equal(
    source.message,
    'failed to parse source reference "Upper/Case:v1": invalid image reference "Upper/Case:v1": could not parse reference: Upper/Case:v1',
  );
  assert.match((await run(good, "oci://Upper:v1")).message, /^failed to parse destination reference "oci:/);
  const missing = await run(`${registry.host}/team/app:gone`, good);
  assert.deepEqual([missing.status, missing.terminal], ["Errored", false]);
  assert.match(missing.message, /^failed to get source artifact ".*gone": /);
});

test("a layer is saved as it lies in the registry", { skip }, async (t) => {
  const work = workOf(t);
  const { asked, credentials } = asking();
  const run = (config: object) => runStepIn(ociDownload, work, config, { credentials });
  await run({ imageRef: `${registry.host}/team/app:v1`, outPath: "deep/er/layer.tar" });
  assert.deepEqual(readFileSync(join(work, "deep/er/layer.tar")), Buffer.alloc(1024));
  assert.equal(statSync(join(work, "deep/er/layer.tar")).mode & 0o777, 0o600);
  assert.equal(statSync(join(work, "deep")).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(join(work, "deep/er")), ["layer.tar"]);
  assert.deepEqual(asked, [`image ${registry.host}/team/app`]);

  const mediaType = "application/vnd.oci.image.layer.v1.tar";
  await run({ imageRef: `oci://${registry.host}/team/multi:v1`, outPath: "../by-type", mediaType });
  assert.equal(statSync(join(work, "by-type")).size, 1024);
  assert.equal(asked[1], `helm oci://${registry.host}/team/multi`);
});

test("a file is replaced only when that is allowed, and no registry is asked before", { skip }, async (t) => {
  const work = workOf(t);
  writeFileSync(join(work, "here"), "old");
  const { asked, credentials } = asking();
  const config = { imageRef: `${registry.host}/team/app:v1`, outPath: "here" };
  const fault = await faultOf(runStepIn(ociDownload, work, config, { credentials }));
  assert.deepEqual([fault.status, fault.terminal], ["Errored", true]);
  assert.equal(fault.message, "file already exists at here and overwrite is not allowed");
  assert.deepEqual(asked, []);
  await runStepIn(ociDownload, work, { ...config, allowOverwrite: true }, { credentials });
  assert.equal(readFileSync(join(work, "here")).length, 1024);
});

const refusals: readonly {
  readonly name: string;
  readonly config: () => object;
  readonly message: RegExp;
}[] = [
  {
    name: "no such tag",
    config: () => ({ imageRef: `${registry.host}/team/app:gone` }),
    message: /^failed to resolve image ".*gone": /,
  },
  {
    name: "no such layer",
    config: () => ({ imageRef: `${registry.host}/team/app:v1`, mediaType: "text/plain" }),
    message: /^failed to find target layer: no layer found with media type "text\/plain"$/,
  },
  {
    name: "no registry",
    config: () => ({ imageRef: "127.0.0.1:1/team/app:v1" }),
    message: /^failed to resolve image "127\.0\.0\.1:1\/team\/app:v1": .*gave no answer/,
  },
  {
    name: "an unreadable reference",
    config: () => ({ imageRef: "a:b:c" }),
    message: /^failed to parse image reference "a:b:c": invalid image reference "a:b:c": /,
  },
];
for (const { name, config, message } of refusals) {
  test(`download refused: ${name}`, { skip }, async (t) => {
    const work = workOf(t);
    const whole = { outPath: "out", ...config() };
    const fault = await faultOf(runStepIn(ociDownload, work, whole, { credentials: asking().credentials }));
    assert.deepEqual([fault.status, fault.terminal], ["Errored", false]);
    assert.match(fault.message, message);
    assert.deepEqual(readdirSync(work), []);
  });
}

/** A registry that holds one image with one layer, and gives that layer as `layer` says. */
async function oddRegistry(
  t: TestContext,
  size: number,
  layer: (response: ServerResponse) => void,
): Promise<string> {
  const content = Buffer.alloc(10);
  const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const descriptor = (bytes: number) => ({ mediaType: "a/b", size: bytes, digest });
  const manifest = { schemaVersion: 2, mediaType, config: descriptor(10), layers: [descriptor(size)] };
  return bareRegistry(t, mediaType, manifest, layer);
}

test("a layer that says it is too large is not fetched", async (t) => {
  const host = await oddRegistry(t, 100 * 1024 * 1024 + 1, () => assert.fail("asked for the layer"));
  const config = { imageRef: `${host}/app:v1`, outPath: "out" };
  const fault = await faultOf(
    runStepIn(ociDownload, workOf(t), config, { credentials: asking().credentials }),
  );
  assert.equal(fault.terminal, true);
  assert.equal(fault.message, "layer size 104857601 exceeds maximum allowed size of 104857600 bytes");
});

test("a layer of other content, or cut short, leaves no file", async (t) => {
  for (const layer of [
    (response: ServerResponse) => void response.end("other text"),
    (response: ServerResponse) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("12345", () => response.destroy());
    },
  ]) {
    const work = workOf(t);
    const config = { imageRef: `${await oddRegistry(t, 10, layer)}/app:v1`, outPath: "out" };
    const fault = await faultOf(runStepIn(ociDownload, work, config, { credentials: asking().credentials }));
    assert.match(fault.message, /^failed to copy layer content: /);
    assert.deepEqual(readdirSync(work), []);
  }
});

test("stopping in the middle of a layer leaves no file", async (t) => {
  const stop = new AbortController();
  const host = await oddRegistry(t, 10, (response) => {
    response.writeHead(200, { "content-length": "10" });
    response.write("12345", () => stop.abort());
  });
  const work = workOf(t);
  const config = { imageRef: `${host}/app:v1`, outPath: "out" };
  const options = { credentials: asking().credentials, signal: stop.signal };
  await assert.rejects(runStepIn(ociDownload, work, config, options), { name: "AbortError" });
  assert.equal(existsSync(join(work, "out")), false);
  assert.deepEqual(readdirSync(work), []);
});

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const hello = {
  mediaType: "a/b",
  size: 5,
  digest: `sha256:${createHash("sha256").update("hello").digest("hex")}`,
  data: Buffer.from("hello").toString("base64"),
};
const gone = { mediaType: "a/b", size: 3, digest: `sha256:${"a".repeat(64)}` };

/** A registry that has one manifest under every tag, and no blobs where `blob` does not answer. */
async function bareRegistry(
  t: TestContext,
  type: string,
  manifest: object,
  blob: (response: ServerResponse) => void = (response) => void response.writeHead(404).end(),
): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url?.includes("/blobs/")) return blob(response);
    response.setHeader("content-type", type);
    response.end(request.url === "/v2/" ? "{}" : JSON.stringify(manifest));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

// Each end as Kargo v1.11.2's own runner gave it for the same answers.
const odd: readonly {
  readonly name: string;
  readonly type: string;
  readonly manifest: object;
  readonly fault?: string;
}[] = [
  {
    name: "a layer that the manifest carries",
    type: manifestType,
    manifest: { config: gone, layers: [hello] },
  },
  {
    name: "no layers and no configuration",
    type: manifestType,
    manifest: { schemaVersion: 2 },
    fault: "failed to find target layer: image has no layers",
  },
  {
    name: "a text that says it is something else",
    type: "text/plain",
    manifest: { schemaVersion: 2 },
    fault: "failed to find target layer: image has no layers",
  },
  {
    name: "a manifest of Docker's first kind",
    type: "application/vnd.docker.distribution.manifest.v1+prettyjws",
    manifest: { schemaVersion: 1 },
    fault:
      'failed to resolve image "HOST/team/app:v1": unsupported MediaType: "application/vnd.docker.distribution.manifest.v1+prettyjws", see https://github.com/google/go-containerregistry/issues/377',
  },
];
for (const { name, type, manifest, fault } of odd) {
  test(`download of ${name}`, async (t) => {
    const host = await bareRegistry(t, type, manifest);
    const work = workOf(t);
    const config = { imageRef: `${host}/team/app:v1`, outPath: "out" };
    const run = runStepIn(ociDownload, work, config, { credentials: asking().credentials });
    if (fault === undefined) {
      assert.deepEqual(await run, { status: "Succeeded" });
      assert.equal(readFileSync(join(work, "out"), "utf8"), "hello");
      return;
    }
    const { status, terminal, message } = await faultOf(run);
    assert.deepEqual([status, terminal, message], ["Errored", false, fault.replace("HOST", host)]);
    assert.deepEqual(readdirSync(work), []);
  });
}

test("content that the manifest carries wrongly is not saved", async (t) => {
  const wrong = { ...hello, data: Buffer.from("jello").toString("base64") };
  const host = await bareRegistry(t, manifestType, { config: gone, layers: [wrong] });
  const work = workOf(t);
  const config = { imageRef: `${host}/team/app:v1`, outPath: "out" };
  const fault = await faultOf(runStepIn(ociDownload, work, config, { credentials: asking().credentials }));
  assert.match(
    fault.message,
    /^failed to get layer content: the manifest carries other content than sha256:/,
  );
  assert.deepEqual(readdirSync(work), []);
});

test("a file in the place of a folder is told of as Kargo does", async (t) => {
  const work = workOf(t);
  writeFileSync(join(work, "file"), "");
  const config = { imageRef: "127.0.0.1:1/team/app:v1", outPath: "file/out" };
  const fault = await faultOf(runStepIn(ociDownload, work, config, { credentials: asking().credentials }));
  assert.equal(fault.message, `error checking destination file: stat ${work}/file/out: not a directory`);
});

test("a push that cannot read names the registry it reads from", { skip }, async (t) => {
  const host = await bareRegistry(t, manifestType, { schemaVersion: 2, config: gone, layers: [] });
  const config = { srcRef: `${host}/team/app:v1`, destRef: `${registry.host}/never/app:v1` };
  const fault = await faultOf(runStepIn(ociPush, workOf(t), config, { credentials: asking().credentials }));
  assert.deepEqual([fault.status, fault.terminal], ["Errored", false]);
  const blob = `The blob team/app@${gone.digest} on ${host} was answered with HTTP 404`;
  assert.equal(fault.message, `failed to push image to "${config.destRef}": ${blob}`);
});
