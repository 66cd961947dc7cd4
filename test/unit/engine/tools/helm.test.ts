// What helm is called with, and how its output is taken apart.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dependencyArgs,
  type HelmTemplate,
  helmTemplateArgs,
  registryLoginArgs,
  repoUpdateArgs,
} from "../../../../src/engine/tools/helm";
import { flatFileName, isHelmHook, scalarText, splitDocuments } from "../../../../src/engine/tools/manifests";

const least: HelmTemplate = { releaseName: "-r", chartPath: "/w/c", namespace: "demo" };
const rows: readonly {
  readonly name: string;
  readonly template: Partial<HelmTemplate>;
  readonly flags: readonly string[];
}[] = [
  { name: "the least", template: {}, flags: ["--namespace=demo", "--kube-version=v1.20.0"] },
  {
    name: "values of every kind, with paths that have commas and quotes",
    template: { valuesFiles: ["/w/a.yaml", '/w/b,"c.yaml'], set: ["a=1,b=2"], setLiteral: ["a=1,b"] },
    flags: [
      "--values=/w/a.yaml",
      '--values="/w/b,""c.yaml"',
      "--set=a=1,b=2",
      "--set-literal=a=1,b",
      "--namespace=demo",
      "--kube-version=v1.20.0",
    ],
  },
  {
    name: "a cluster's version and kinds",
    template: { kubeVersion: "1.30", apiVersions: ["a/v1", "b,c"] },
    flags: ["--namespace=demo", "--kube-version=1.30", "--api-versions=a/v1", '--api-versions="b,c"'],
  },
  {
    name: "what to leave out and where to write",
    template: {
      includeCRDs: true,
      disableHooks: true,
      skipTests: true,
      outputDir: "/out",
      useReleaseName: true,
    },
    flags: [
      "--namespace=demo",
      "--kube-version=v1.20.0",
      "--include-crds",
      "--no-hooks",
      "--skip-tests",
      "--output-dir=/out",
      "--release-name",
    ],
  },
  {
    name: "the release's name counts in a directory only",
    template: { useReleaseName: true, kubeVersion: "" },
    flags: ["--namespace=demo", "--kube-version=v1.20.0"],
  },
];

for (const { name, template, flags } of rows) {
  test(`template: ${name}`, () => {
    const args = helmTemplateArgs({ ...least, ...template });
    assert.deepEqual(args, ["template", ...flags, "--", "-r", "/w/c"]);
  });
}

test("dependencies, indexes and signing in", () => {
  const plainHttp = true;
  assert.deepEqual(dependencyArgs("update", "/w", { plainHttp: false }), [
    "dependency",
    "update",
    "--skip-refresh",
    "--",
    "/w",
  ]);
  assert.deepEqual(dependencyArgs("build", "/w", { plainHttp }), [
    "dependency",
    "build",
    "--skip-refresh",
    "--plain-http",
    "--",
    "/w",
  ]);
  assert.deepEqual(repoUpdateArgs(), ["repo", "update", "--fail-on-repo-update-fail"]);
  const login = ["registry", "login", "--username=u", "--password-stdin", "--plain-http", "--", "h:1"];
  assert.deepEqual(registryLoginArgs("h:1", "u", { plainHttp }), login);
});

const texts: readonly (readonly [string, string, readonly string[]])[] = [
  ["nothing", "", []],
  ["one", "a: 1\n", ["a: 1\n"]],
  ["a leading separator stays", "---\na: 1\n---\nb: 2", ["---\na: 1\n", "b: 2"]],
  ["a comment behind a separator", "a: 1\n--- # next\nb: 2\n", ["a: 1\n", "b: 2\n"]],
  ["blank ones", "a: 1\n---\n\n---\nb: 2\n", ["a: 1\n", "\n", "b: 2\n"]],
  ["dashes inside", "a: |\n  ---\nb: 2\n", ["a: |\n  ---\nb: 2\n"]],
];
for (const [name, text, documents] of texts) {
  test(`documents: ${name}`, () => assert.deepEqual([...splitDocuments(text)], documents));
}

test("documents before a wrong separator are still given", () => {
  const documents = splitDocuments("a: 1\n---\nb: 2\n--- c\n");
  assert.equal(documents.next().value, "a: 1\n");
  assert.throws(() => documents.next(), { message: "invalid Yaml document separator: c" });
});

const names: readonly (readonly [string, string | undefined])[] = [
  ["apiVersion: a.b/v1\nkind: Kind\nmetadata: {name: Web, namespace: S}", "a_b-kind-s-web.yaml"],
  ["apiVersion: v1\nkind: Kind\nmetadata: {name: 007}", "kind-7.yaml"],
  ["kind: Kind\nmetadata: {name: off}", "kind-false.yaml"],
  ["kind: Kind\nmetadata: {name: 2024-01-01}", "kind-2024-01-01.yaml"],
  ["kind: Kind\nmetadata: {name: [a]}", undefined],
  ["kind: Kind\nmetadata: text", undefined],
  ["kind: Kind", undefined],
  ["metadata: {name: n}", undefined],
  ["a: [1", undefined],
];
for (const [document, name] of names) {
  test(`flat name of ${JSON.stringify(document)}`, () => assert.equal(flatFileName(document), name));
}

test("scalars as Go texts", () => {
  const values = [undefined, null, "a", 1.5, 1e7, 10_000_000n, true, [], {}];
  const told = ["", "", "a", "1.5", "1e+07", "10000000", "true", undefined, undefined];
  assert.deepEqual(values.map(scalarText), told);
});

test("a hook is told by its annotation alone", () => {
  const annotated = (key: string) => `metadata: {annotations: {${key}: test}}`;
  assert.equal(isHelmHook(annotated("helm.sh/hook")), true);
  assert.equal(isHelmHook(annotated("helm.sh/hook-weight")), false);
  assert.equal(isHelmHook("text"), false);
});
