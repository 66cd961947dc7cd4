import assert from "node:assert/strict";
import { test } from "node:test";
import { freightCollectionId, freightName } from "../../../src/engine/freight-name";
import type { FreightReference } from "../../../src/model/resources";

const warehouse = { kind: "Warehouse", name: "my-warehouse" } as const;

test("commit and image", () => {
  const freight = {
    origin: warehouse,
    commits: [{ repoURL: "https://github.com/example/repo.git", id: "abc123" }],
    images: [{ repoURL: "public.ecr.aws/nginx/nginx", tag: "1.27.0", digest: "sha256:deadbeef" }],
  };
  assert.equal(freightName(freight), "a6b7cc55ed7a8f392e42b2ccc78576d9d1192a3d");
});

test("chart of an HTTP repository", () => {
  const charts = [{ repoURL: "https://charts.example.com", name: "nginx", version: "1.2.3" }];
  assert.equal(freightName({ origin: warehouse, charts }), "40536074e49f26956c4c7048d565eed2b62aa655");
});

test("tagged commit", () => {
  const commits = [{ repoURL: "https://github.com/example/repo", tag: "v1.0.0", id: "abc123" }];
  const origin = { kind: "Warehouse", name: "w" } as const;
  assert.equal(freightName({ origin, commits }), "c1ec1cbc69c72434b57d3243c57810dd5eb19277");
});

test("collection of two", () => {
  const reference = (name: string): FreightReference => ({ name, origin: warehouse });
  const items = { "Warehouse/a": reference("bbb"), "Warehouse/b": reference("aaa") };
  assert.equal(freightCollectionId(items), "b0696a9485397a32e74fc7d20eb458c2420b2ddc");
});
