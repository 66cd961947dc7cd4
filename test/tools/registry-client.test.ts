// The registry client's other half, sending, against Debian's docker-registry; what was sent is fetched back.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { manifestTypes, RegistryClient, type RegistryOptions, sha256 } from "../../src/engine/tools/registry";
import { startProxy } from "../support/http-proxy";
import { missingRegistry, registryUser, startRegistry } from "../support/registry";
import { tempDir } from "../support/temp";

const skip = missingRegistry();
if (skip) console.error(`SKIPPED the registry client: ${skip}`);

function client(t: TestContext, host: string, options: Partial<RegistryOptions> = {}): RegistryClient {
  const opened = new RegistryClient({
    host,
    manners: "image",
    signal: new AbortController().signal,
    ...options,
  });
  t.after(() => opened.close());
  return opened;
}

const content = Buffer.from("x".repeat(300_000));
const config = Buffer.from("{}");

/** Sends a small artifact of one layer and answers its digest. */
async function send(to: RegistryClient, repository: string, tag: string): Promise<string> {
  const blob = (bytes: Buffer) => ({ digest: sha256(bytes), size: bytes.length });
  await to.putBlob(repository, { ...blob(content), open: () => Readable.from([content]) });
  await to.putBlob(repository, { ...blob(config), open: () => config });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestTypes.ociManifest,
      config: { mediaType: "application/vnd.oci.empty.v1+json", ...blob(config) },
      layers: [{ mediaType: "application/octet-stream", ...blob(content) }],
    }),
  );
  return to.putManifest(repository, tag, manifestTypes.ociManifest, manifest);
}

for (const auth of ["none", "basic", "token"] as const) {
  test(`sends and fetches, signing in: ${auth}`, { skip }, async (t) => {
    const registry = await startRegistry(tempDir(t), auth);
    t.after(() => registry.stop());
    const registryClient = client(t, registry.host, { credentials: registryUser });
    const digest = await send(registryClient, "team/artifact", "1.0.0");
    const fetched = await registryClient.manifest("team/artifact", "1.0.0");
    assert.equal(fetched.digest, digest);
    assert.equal(fetched.mediaType, manifestTypes.ociManifest);
    assert.equal((await registryClient.manifest("team/artifact", digest)).digest, digest);
    assert.equal(await registryClient.tagDigest("team/artifact", "1.0.0"), digest);
    assert.equal(await registryClient.tagDigest("team/artifact", "none"), undefined);
    assert.equal(
      await text(await registryClient.blobStream("team/artifact", sha256(content))),
      content.toString(),
    );
    assert.deepEqual(await registryClient.blob("team/artifact", sha256(config), 10), config);
    assert.equal(await registryClient.hasBlob("team/artifact", sha256(Buffer.from("none"))), false);
    if (auth !== "none") {
      await assert.rejects(send(client(t, registry.host), "team/artifact", "2.0.0"), { code: "auth" });
    }
  });
}

test("content that is there already is not sent again", { skip }, async (t) => {
  const registry = await startRegistry(tempDir(t));
  t.after(() => registry.stop());
  const proxy = await startProxy(registry.host);
  t.after(() => proxy.close());
  const registryClient = client(t, proxy.host);
  await send(registryClient, "team/artifact", "1.0.0");
  const uploads = () => proxy.requests.filter((line) => line.includes("/blobs/uploads/")).length;
  assert.equal(uploads(), 4);
  await send(registryClient, "team/artifact", "1.1.0");
  assert.equal(uploads(), 4);
});

test("an upload is tried again with its content opened anew", { skip }, async (t) => {
  const registry = await startRegistry(tempDir(t));
  t.after(() => registry.stop());
  let failures = 1;
  const proxy = await startProxy(registry.host, (request, response) => {
    if (request.method !== "PUT" || failures-- <= 0) return false;
    request.resume();
    response.writeHead(503).end();
    return true;
  });
  t.after(() => proxy.close());
  const registryClient = client(t, proxy.host, { retry: { delaysMs: [1], maxRetryAfterMs: 0 } });
  await send(registryClient, "team/artifact", "1.0.0");
  assert.equal(
    await text(await registryClient.blobStream("team/artifact", sha256(content))),
    content.toString(),
  );
});

test("a stream whose content is not what its digest says fails at its end", { skip }, async (t) => {
  const proxy = await startProxy(undefined, (request, response) => {
    response.writeHead(200).end(request.url === "/v2/" ? "" : "other");
    return true;
  });
  t.after(() => proxy.close());
  const stream = await client(t, proxy.host).blobStream("a/b", sha256(content));
  await assert.rejects(text(stream), { code: "corrupt" });
});

test("an answer longer than allowed is refused", { skip }, async (t) => {
  const proxy = await startProxy(undefined, (_request, response) => {
    response.writeHead(200).end("x".repeat(100));
    return true;
  });
  t.after(() => proxy.close());
  await assert.rejects(client(t, proxy.host).blob("a/b", sha256(content), 10), { code: "protocol" });
});
