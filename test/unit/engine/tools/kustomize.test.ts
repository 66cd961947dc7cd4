// What kustomize is called with, and how files of its resources are named.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type KustomizeBuild, kustomizeBuildArgs } from "../../../../src/engine/tools/kustomize";
import {
  checkResourceFileName,
  isClusterScoped,
  isYamlFile,
  kargoFileName,
  kustomizeFileName,
  manifestIdentity,
} from "../../../../src/engine/tools/manifests";

const always = ["--enable-helm", "--load-restrictor=LoadRestrictionsNone", "--reorder=none"];
const builds: readonly {
  readonly name: string;
  readonly build: KustomizeBuild;
  readonly isKubectl?: boolean;
  readonly args: readonly string[];
}[] = [
  { name: "a plain build", build: { dir: "/w" }, args: ["build", ...always, "--", "/w"] },
  { name: "by kubectl", build: { dir: "/w" }, isKubectl: true, args: ["kustomize", ...always, "--", "/w"] },
  {
    name: "with helm and what charts are told of the cluster",
    build: { dir: "/w", helm: "/bin/helm", kubeVersion: "1.30", apiVersions: ["a/v1", "b,c/v2"] },
    args: [
      "build",
      ...always,
      "--helm-command=/bin/helm",
      "--helm-kube-version=1.30",
      "--helm-api-versions=a/v1",
      "--helm-api-versions=b,c/v2",
      "--",
      "/w",
    ],
  },
  {
    name: "an empty version is none",
    build: { dir: "-w", kubeVersion: "" },
    args: ["build", ...always, "--", "-w"],
  },
];

for (const { name, build, isKubectl = false, args } of builds) {
  test(`arguments: ${name}`, () => assert.deepEqual(kustomizeBuildArgs(build, isKubectl), args));
}

const named: readonly (readonly [string, string, string, string])[] = [
  [
    "in a group and a namespace",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: Web, namespace: Shop}",
    "shop-deployment-web.yaml",
    "shop_apps_v1_deployment_web.yaml",
  ],
  ["in no group", "apiVersion: v1\nkind: Node\nmetadata: {name: one}", "node-one.yaml", "v1_node_one.yaml"],
  ["of no version", "kind: Thing\nmetadata: {name: one}", "thing-one.yaml", "thing_one.yaml"],
];

for (const [name, document, kargo, kustomize] of named) {
  test(`file name: ${name}`, () => {
    const identity = manifestIdentity(document);
    assert.ok(identity);
    assert.deepEqual([kargoFileName(identity), kustomizeFileName(identity, true)], [kargo, kustomize]);
    assert.equal(kustomizeFileName(identity, false), kustomize.replace(/^shop_/, ""));
  });
}

test("what is no mapping says nothing of itself", () => {
  for (const text of ["- a", "text", "", "a: [1"]) assert.equal(manifestIdentity(text), undefined);
});

test("kinds without a namespace are those kustomize knows", () => {
  const scoped = (apiVersion: string, kind: string) =>
    isClusterScoped({ apiVersion, kind, namespace: "", name: "" });
  assert.equal(scoped("v1", "Namespace"), true);
  assert.equal(scoped("storage.k8s.io/v1", "StorageClass"), true);
  assert.equal(scoped("v1", "Secret"), false);
  assert.equal(scoped("example.com/v1", "Namespace"), false);
  assert.equal(scoped("constructor", "Namespace"), false);
});

test("names that could lead elsewhere are refused", () => {
  for (const name of ["", ".", "..", "a/b.yaml", "a\\b.yaml", "/a.yaml"]) {
    assert.throws(() => checkResourceFileName(name), /filename/, name);
  }
  checkResourceFileName("..a.yaml");
});

test("only lower-case endings make a file", () => {
  const paths = ["a.yaml", "a/b.yml", ".yaml", "a.YAML", "a.yaml/b", "yaml", "a.json"];
  assert.deepEqual(paths.map(isYamlFile), [true, true, true, false, false, false, false]);
});
