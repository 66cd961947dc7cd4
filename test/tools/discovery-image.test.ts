// Image discovery against Debian's docker-registry: strategies, platforms, annotations, signing in, paging, patience.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { discoverImage, type ImageDiscoveryOptions } from "../../src/engine/discovery/image";
import type { ImageDiscoveryResult, ImageSubscription } from "../../src/model/resources";
import { pageTags, startProxy } from "../support/http-proxy";
import type { PlatformPlan } from "../support/oci-images";
import { missingRegistry, registryUser, startRegistry, type TestRegistry } from "../support/registry";
import { makeTempDir, tempDir } from "../support/temp";

const skip = missingRegistry();
if (skip) console.error(`SKIPPED image discovery: ${skip}`);

function discover(
  t: TestContext,
  subscription: ImageSubscription,
  options: Partial<ImageDiscoveryOptions> = {},
): Promise<ImageDiscoveryResult> {
  return discoverImage(subscription, {
    project: "demo",
    credentials: { find: async () => undefined },
    cacheDir: join(tempDir(t), "images"),
    signal: new AbortController().signal,
    ...options,
  });
}

const tags = (result: ImageDiscoveryResult) => (result.references ?? []).map(({ tag }) => tag).join(" ");
const at = (n: number) => `2024-01-01T00:00:${String(n).padStart(2, "0")}Z`;

describe("images of a registry", { skip }, () => {
  let registry: TestRegistry;
  let release: () => void;
  const digests = new Map<string, string>();
  before(async () => {
    const root = makeTempDir();
    release = root.remove;
    registry = await startRegistry(root.path);
    const versions: readonly [tag: string, made: number][] = [
      ["v1.0.0", 50],
      ["1.0.0", 10],
      ["v1.10.0", 20],
      ["v1.9.0", 40],
      ["v2.0.0-rc.1", 30],
      ["latest", 50],
      ["1.0", 5],
    ];
    for (const [tag, made] of versions) {
      digests.set(tag, await registry.push("team/app", { created: at(made), labels: { tag } }, tag));
    }
  });
  after(async () => {
    await registry?.stop();
    release?.();
  });

  const rows: readonly [name: string, rules: Partial<ImageSubscription>, wanted: string][] = [
    ["SemVer, strict by default", {}, "v2.0.0-rc.1 v1.10.0 v1.9.0 v1.0.0 1.0.0"],
    ["SemVer, lenient", { strictSemvers: false, constraint: "<1.1" }, "v1.0.0 1.0.0 1.0"],
    ["SemVer with a constraint", { constraint: "^1.0.0", discoveryLimit: 2 }, "v1.10.0 v1.9.0"],
    ["SemVer with names", { allowTagsRegexes: ["^v"], ignoreTagsRegexes: ["rc"] }, "v1.10.0 v1.9.0 v1.0.0"],
    ["Lexical", { imageSelectionStrategy: "Lexical" }, "v2.0.0-rc.1 v1.9.0 v1.10.0 v1.0.0 latest 1.0.0 1.0"],
    [
      "NewestBuild, equal times by tag descending",
      { imageSelectionStrategy: "NewestBuild", discoveryLimit: 4 },
      "v1.0.0 latest v1.9.0 v2.0.0-rc.1",
    ],
    ["Digest", { imageSelectionStrategy: "Digest", constraint: "latest" }, "latest"],
    ["Digest of a tag that is not there", { imageSelectionStrategy: "Digest", constraint: "none" }, ""],
    [
      "Digest ignores names",
      { imageSelectionStrategy: "Digest", constraint: "1.0", allowTagsRegexes: ["^v"] },
      "1.0",
    ],
    [
      "Lexical with names and a limit",
      { imageSelectionStrategy: "Lexical", allowTagsRegexes: ["^v1", "1.0$"], discoveryLimit: 3 },
      "v1.9.0 v1.10.0 v1.0.0",
    ],
    [
      "NewestBuild with names",
      { imageSelectionStrategy: "NewestBuild", ignoreTagsRegexes: ["^v", "latest"] },
      "1.0.0 1.0",
    ],
    [
      "Lexical ignores the constraint",
      { imageSelectionStrategy: "Lexical", constraint: "^9", discoveryLimit: 1 },
      "v2.0.0-rc.1",
    ],
    ["SemVer with pre-releases let in", { constraint: ">=1.10.0-0" }, "v2.0.0-rc.1 v1.10.0"],
    ["nothing matches", { imageSelectionStrategy: "Lexical", allowTagsRegexes: ["none"] }, ""],
    ["a single image has no platform", { platform: "linux/amd64" }, ""],
  ];
  for (const [name, rules, wanted] of rows) {
    test(name, async (t) => {
      assert.equal(tags(await discover(t, { repoURL: `${registry.host}/team/app`, ...rules })), wanted);
    });
  }

  const refusedRows: readonly [name: string, rules: Partial<ImageSubscription>, message: RegExp][] = [
    [
      "a removed field",
      { allowTags: "^v" },
      /AllowTags is deprecated and unsupported as of v1\.11\.0; use AllowTagsRegexes instead$/,
    ],
    [
      "a removed list",
      { ignoreTags: ["latest"] },
      /IgnoreTags is deprecated and unsupported as of v1\.11\.0; use IgnoreTagsRegexes instead$/,
    ],
    ["a malformed name pattern", { imageSelectionStrategy: "Lexical", allowTagsRegexes: ["(?=v)"] }, /\(\?=/],
    [
      "a malformed constraint",
      { constraint: "x.y" },
      /error parsing semver constraint "x\.y": improper constraint: x\.y$/,
    ],
    ["half a platform", { platform: "linux" }, /linux/],
  ];
  for (const [name, rules, message] of refusedRows) {
    test(`refused: ${name}`, async (t) => {
      const subscription = { repoURL: `${registry.host}/team/app`, ...rules };
      await assert.rejects(discover(t, subscription), { code: "subscription", message });
    });
  }

  test("a reference: tag, digest of the manifest, creation time", async (t) => {
    const repoURL = `${registry.host}/team/app`;
    const result = await discover(t, { repoURL, constraint: "1.9.0" });
    assert.deepEqual(result, {
      repoURL,
      references: [{ tag: "v1.9.0", digest: digests.get("v1.9.0"), createdAt: at(40) }],
    });
  });

  test("a repository that is not there is an error, and named", async (t) => {
    const missing = { repoURL: `${registry.host}/team/none` };
    await assert.rejects(discover(t, missing), {
      name: "DiscoveryError",
      code: "remote",
      message: /team\/none.*404/,
    });
    await assert.rejects(discover(t, { repoURL: "127.0.0.1:1/x/y" }), {
      code: "remote",
      message: /127\.0\.0\.1:1/,
    });
  });

  test("creation: annotations before labels before the configuration; none is the oldest", async (t) => {
    const made = (key: string, n: number) => ({ [key]: at(n) });
    await registry.push(
      "made/app",
      { created: at(59), annotations: made("org.opencontainers.image.created", 10) },
      "a",
    );
    await registry.push(
      "made/app",
      { created: at(59), annotations: made("org.label-schema.build-date", 20) },
      "b",
    );
    await registry.push(
      "made/app",
      { created: at(59), labels: made("org.opencontainers.image.created", 30) },
      "c",
    );
    const notOne = { annotations: { "org.opencontainers.image.created": "yesterday" } };
    await registry.push("made/app", { created: "2024-01-01T00:00:40.123456789Z", ...notOne }, "d");
    await registry.push("made/app", {}, "e");
    const repoURL = `${registry.host}/made/app`;
    const result = await discover(t, { repoURL, imageSelectionStrategy: "NewestBuild" });
    assert.deepEqual(
      result.references?.map(({ tag, createdAt, annotations }) => [tag, createdAt, annotations]),
      [
        ["d", at(40), notOne.annotations],
        ["c", at(30), undefined],
        ["b", at(20), made("org.label-schema.build-date", 20)],
        ["a", at(10), made("org.opencontainers.image.created", 10)],
        ["e", undefined, undefined],
      ],
    );
  });

  describe("an index of several platforms", () => {
    const platforms: readonly PlatformPlan[] = [
      { os: "linux", arch: "amd64", created: at(10), entryAnnotations: { who: "amd64", both: "entry" } },
      { os: "linux", arch: "arm64", variant: "v8", created: at(30) },
      { os: "unknown", arch: "unknown", created: at(50) },
    ];
    let digest: string;
    before(async () => {
      const annotations = { what: "index", both: "index" };
      digest = await registry.push("multi/app", { platforms, annotations }, "v1.0.0");
      await registry.push("multi/app", { platforms: platforms.slice(0, 1) }, "v0.9.0");
      await registry.push("multi/app", { created: at(1) }, "v2.0.0");
    });
    const platformRows: readonly [platform: string | undefined, wanted: string][] = [
      [undefined, "v2.0.0 v1.0.0 v0.9.0"],
      ["linux/amd64", "v1.0.0 v0.9.0"],
      ["linux/arm64/v8", "v1.0.0"],
      ["linux/arm64", ""],
      ["linux/amd64/v2", ""],
      ["windows/amd64", ""],
    ];
    for (const [platform, wanted] of platformRows) {
      test(`platform ${platform ?? "not asked for"}`, async (t) => {
        const result = await discover(t, {
          repoURL: `${registry.host}/multi/app`,
          ...(platform && { platform }),
        });
        assert.equal(tags(result), wanted);
        assert.equal(result.platform, platform);
      });
    }

    const strategyRows: readonly [name: string, rules: Partial<ImageSubscription>, wanted: string][] = [
      [
        "Digest",
        { imageSelectionStrategy: "Digest", constraint: "v1.0.0", platform: "linux/amd64" },
        "v1.0.0",
      ],
      [
        "Digest of another",
        { imageSelectionStrategy: "Digest", constraint: "v1.0.0", platform: "linux/arm" },
        "",
      ],
      ["Lexical", { imageSelectionStrategy: "Lexical", platform: "linux/amd64" }, "v1.0.0 v0.9.0"],
      ["NewestBuild", { imageSelectionStrategy: "NewestBuild", platform: "linux/amd64" }, "v1.0.0 v0.9.0"],
      ["NewestBuild, all", { imageSelectionStrategy: "NewestBuild" }, "v1.0.0 v0.9.0 v2.0.0"],
    ];
    for (const [name, rules, wanted] of strategyRows) {
      test(`a platform and ${name}`, async (t) => {
        assert.equal(tags(await discover(t, { repoURL: `${registry.host}/multi/app`, ...rules })), wanted);
      });
    }

    test("its digest, the time of its newest image, annotations of index and entry", async (t) => {
      const repoURL = `${registry.host}/multi/app`;
      const unfiltered = await discover(t, { repoURL, constraint: "1.0.0" });
      const annotations = { what: "index", both: "index" };
      assert.deepEqual(unfiltered.references, [{ tag: "v1.0.0", digest, annotations, createdAt: at(30) }]);
      const filtered = await discover(t, { repoURL, constraint: "1.0.0", platform: "linux/amd64" });
      assert.deepEqual(filtered.references?.[0]?.annotations, { what: "index", both: "entry", who: "amd64" });
    });

    test("images without the platform do not count towards the limit", async (t) => {
      const rules = { repoURL: `${registry.host}/multi/app`, platform: "linux/amd64", discoveryLimit: 1 };
      assert.equal(tags(await discover(t, rules)), "v1.0.0");
    });
  });

  test("what is known by digest is not read again, moved tags are", async (t) => {
    const proxy = await startProxy(registry.host);
    t.after(() => proxy.close());
    const rules = { repoURL: `${proxy.host}/moving/app` };
    const cacheDir = join(tempDir(t), "images");
    await registry.push("moving/app", { created: at(1) }, "1.0.0", "1.1.0");
    const first = await discover(t, rules, { cacheDir });
    proxy.requests.splice(0);
    assert.deepEqual(await discover(t, rules, { cacheDir }), first);
    assert.deepEqual([...new Set(proxy.requests.map((line) => line.split(" ")[0]))].sort(), ["GET", "HEAD"]);
    assert.ok(!proxy.requests.some((line) => /GET .*(manifests|blobs)/.test(line)));
    const moved = await registry.push("moving/app", { created: at(2) }, "1.0.0");
    const second = await discover(t, rules, { cacheDir });
    assert.deepEqual(
      second.references?.map(({ tag, digest }) => [tag, digest]),
      [
        ["1.1.0", first.references?.[0]?.digest],
        ["1.0.0", moved],
      ],
    );
    // A tag that is declared immutable is not even asked about.
    proxy.requests.splice(0);
    const trusting = await discover(t, { ...rules, cacheByTag: true }, { cacheDir });
    assert.deepEqual(trusting, second);
    assert.ok(!proxy.requests.some((line) => line.includes("manifests")));
  });

  test("a long list of tags is read page by page", async (t) => {
    const digest = await registry.push("many/app", { created: at(1) }, "0.0.1");
    registry.tagMany(
      "many/app",
      digest,
      Array.from({ length: 10_000 }, (_, n) => `1.${n % 10}.${n}`),
    );
    const proxy = await startProxy(registry.host, pageTags);
    t.after(() => proxy.close());
    const result = await discover(t, {
      repoURL: `${proxy.host}/many/app`,
      constraint: "~1.3",
      discoveryLimit: 2,
    });
    assert.equal(tags(result), "1.3.9993 1.3.9983");
    assert.equal(proxy.requests.filter((line) => line.includes("tags/list")).length, 11);
  });

  test("a list of tags that leads in a circle is an error", async (t) => {
    const proxy = await startProxy(registry.host, (request, response) => {
      if (!request.url?.includes("tags/list")) return false;
      response.writeHead(200, { link: `<${request.url}>` }).end('{"tags":["1.0.0"]}');
      return true;
    });
    t.after(() => proxy.close());
    await assert.rejects(discover(t, { repoURL: `${proxy.host}/team/app` }), { message: /no end/ });
  });

  test("429 is waited out as Retry-After says", async (t) => {
    let refusals = 3;
    const proxy = await startProxy(registry.host, (_request, response) => {
      if (refusals-- <= 0) return false;
      response.writeHead(429, { "retry-after": "0" }).end();
      return true;
    });
    t.after(() => proxy.close());
    const result = await discover(t, { repoURL: `${proxy.host}/team/app`, constraint: "1.9.0" });
    assert.equal(tags(result), "v1.9.0");
  });

  test("a Retry-After beyond patience is an error at once", async (t) => {
    const proxy = await startProxy(registry.host, (_request, response) => {
      response.writeHead(429, { "retry-after": "3600" }).end();
      return true;
    });
    t.after(() => proxy.close());
    await assert.rejects(discover(t, { repoURL: `${proxy.host}/team/app` }), {
      code: "remote",
      message: /429/,
    });
  });

  test("one bad manifest fails the discovery and is named", async (t) => {
    const proxy = await startProxy(registry.host, (request, response) => {
      if (!request.url?.endsWith("/manifests/v1.9.0")) return false;
      response.writeHead(200, { "content-type": "application/vnd.example+json; charset=utf-8" }).end("{}");
      return true;
    });
    t.after(() => proxy.close());
    const failed = discover(t, { repoURL: `${proxy.host}/team/app` });
    await assert.rejects(failed, { code: "content", message: /v1\.9\.0.*application\/vnd\.example\+json/ });
  });

  test("content that is not what its digest says is refused", async (t) => {
    const proxy = await startProxy(registry.host, (request, response) => {
      if (!request.url?.includes("/blobs/")) return false;
      response.writeHead(200).end("{}");
      return true;
    });
    t.after(() => proxy.close());
    await assert.rejects(discover(t, { repoURL: `${proxy.host}/team/app` }), {
      code: "remote",
      message: /other content/,
    });
  });

  test("aborting ends it with the signal's own error", async (t) => {
    const proxy = await startProxy(undefined, () => true);
    t.after(() => proxy.close());
    const controller = new AbortController();
    const running = discover(t, { repoURL: `${proxy.host}/team/app` }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(running, { name: "AbortError" });
  });
});

for (const auth of ["basic", "token"] as const) {
  test(`signing in: ${auth}`, { skip }, async (t) => {
    const registry = await startRegistry(tempDir(t), auth);
    t.after(() => registry.stop());
    await registry.push("public/app", { created: at(1) }, "1.0.0");
    await registry.push("private/app", { created: at(1) }, "1.0.0");
    const credentials = { find: async () => registryUser };
    const wanted = { repoURL: `${registry.host}/private/app` };
    assert.equal(tags(await discover(t, wanted, { credentials })), "1.0.0");
    await assert.rejects(discover(t, wanted), { code: "credentials" });
    const wrong = { find: async () => ({ ...registryUser, password: "wr0ng" }) };
    await assert.rejects(discover(t, wanted, { credentials: wrong }), (error: Error & { code: string }) => {
      assert.equal(error.code, "credentials");
      return !error.message.includes("wr0ng");
    });
    const half = { find: async () => ({ username: "ann" }) };
    await assert.rejects(discover(t, wanted, { credentials: half }), { code: "credentials" });
    if (auth === "token") {
      assert.equal(tags(await discover(t, { repoURL: `${registry.host}/public/app` })), "1.0.0");
      assert.ok(registry.tokens.includes("user repository:private/app:pull"));
      assert.ok(registry.tokens.includes("anonymous repository:public/app:pull"));
    }
  });
}
