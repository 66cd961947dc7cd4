// Rows for reading manifests and configurations: what is an image, when it was made, what is malformed.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compareTimes,
  creationTime,
  newestTime,
  readManifest,
} from "../../../../src/engine/discovery/image-metadata";
import { manifestTypes } from "../../../../src/engine/tools/registry";

const config = { digest: "sha256:c" };
const linux = { digest: "sha256:l", platform: { os: "linux", architecture: "amd64" } };
const { ociIndex, ociManifest, dockerList, dockerManifest } = manifestTypes;

function read(mediaType: string, content: unknown) {
  return readManifest({ mediaType, digest: "sha256:m", body: Buffer.from(JSON.stringify(content)) });
}

test("manifests and indexes of both families", () => {
  for (const type of [ociManifest, dockerManifest]) {
    assert.deepEqual(read(type, { config, annotations: { a: "b" } }), {
      kind: "image",
      config,
      annotations: { a: "b" },
    });
  }
  for (const type of [ociIndex, dockerList]) {
    const platforms = [{ os: "linux", arch: "amd64", variant: "", digest: "sha256:l" }];
    assert.deepEqual(read(type, { manifests: [linux] }), { kind: "index", platforms });
  }
});

test("entries of an index without a platform drop out", () => {
  const index = read(ociIndex, {
    manifests: [
      linux,
      { digest: "sha256:a" },
      { digest: "sha256:b", platform: { os: "unknown", architecture: "unknown" } },
      { digest: "sha256:c", platform: { os: "linux", architecture: "" } },
      {
        digest: "sha256:d",
        platform: { os: "linux", architecture: "arm", variant: "v7" },
        annotations: { x: "y" },
      },
    ],
  });
  assert.deepEqual(index.kind === "index" && index.platforms.map(({ digest }) => digest), [
    "sha256:l",
    "sha256:d",
  ]);
});

const refusals: readonly [name: string, mediaType: string, content: unknown][] = [
  ["another media type", "application/vnd.example+json", {}],
  ["a media type with a parameter", `${ociManifest}; charset=utf-8`, { config }],
  ["the first schema of Docker", "application/vnd.docker.distribution.manifest.v1+json", {}],
  ["no configuration", ociManifest, {}],
  ["no object", ociManifest, []],
  ["an index of nothing", ociIndex, { manifests: [] }],
  ["an index of attestations only", ociIndex, { manifests: [{ digest: "sha256:a" }] }],
  ["annotations that are no texts", ociManifest, { config, annotations: { a: 1 } }],
];
for (const [name, mediaType, content] of refusals) {
  test(`refused: ${name}`, () => {
    assert.throws(() => read(mediaType, content), { name: "DiscoveryError", code: "content" });
  });
}

const created = "org.opencontainers.image.created";
const buildDate = "org.label-schema.build-date";
const [t1, t2, t3] = ["2024-01-01T00:00:01Z", "2024-01-01T00:00:02.5+01:00", "2024-01-01T00:00:03Z"];
const timeRows: readonly [
  name: string,
  annotations: Record<string, string> | undefined,
  config: unknown,
  time: string | undefined,
][] = [
  ["annotation", { [created]: t1 }, { created: t3 }, t1],
  ["the better annotation", { [buildDate]: t1, [created]: t2 }, {}, t2],
  ["annotation before label", { [buildDate]: t1 }, { config: { Labels: { [created]: t2 } } }, t1],
  ["label", undefined, { config: { Labels: { [buildDate]: t2 } }, created: t3 }, t2],
  [
    "what is no time is passed over",
    { [created]: "today" },
    { config: { Labels: { [created]: "1.1.2024" } }, created: t3 },
    t3,
  ],
  ["the configuration's own, in any case", undefined, { Created: t3 }, t3],
  ["none", undefined, { created: null, config: null }, undefined],
  ["a configuration of something else", undefined, { name: "chart", version: "1.0.0" }, undefined],
];
for (const [name, annotations, content, time] of timeRows) {
  test(`creation time: ${name}`, () => {
    assert.equal(creationTime(annotations, Buffer.from(JSON.stringify(content)), "sha256:m"), time);
  });
}

test("a configuration that cannot be one", () => {
  for (const content of [
    "[]",
    "x",
    "",
    '{"created":"today"}',
    '{"created":1}',
    '{"config":{"Labels":{"a":1}}}',
  ]) {
    assert.throws(
      () => creationTime(undefined, Buffer.from(content), "sha256:m"),
      { code: "content" },
      content,
    );
  }
});

test("times are compared to the nanosecond; none is older than all", () => {
  const fine = "2024-01-01T00:00:01.000000001Z";
  assert.ok(compareTimes(t1, fine) < 0);
  assert.equal(compareTimes("2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00"), 0);
  assert.ok(compareTimes(undefined, "0001-01-02T00:00:00Z") < 0);
  assert.equal(newestTime([t1, undefined, fine]), fine);
  assert.equal(newestTime([undefined]), undefined);
});
