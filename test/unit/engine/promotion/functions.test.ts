import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyResource, FreightCollection, FreightReference } from "../../../../src/model/resources";
import { freight as freightResource, namespace, stage, warehouse } from "../../../support/promotion-world";
import { type ScopeOptions, templateValue } from "../../../support/step-scope";

const origin = (name: string) => ({ kind: "Warehouse", name }) as const;

const warehouses: readonly AnyResource[] = [
  warehouse("w1", [
    { git: { repoURL: "https://github.com/a/b.git" } },
    { image: { repoURL: "repo" } },
    { chart: { repoURL: "oci://x/y" } },
    { chart: { repoURL: "https://c.example.com", name: "nginx" } },
    { custom: { name: "sub" } },
  ]),
  warehouse("w2", [
    { git: { repoURL: "https://github.com/c/d" } },
    { image: { repoURL: "both" } },
    { custom: { name: "both" } },
    { custom: { name: "text" } },
  ]),
  warehouse("w3", [
    { image: { repoURL: "both" } },
    { image: { repoURL: "twice" } },
    { image: { repoURL: "twice" } },
    { git: { repoURL: "https://github.com/e/f" } },
    { git: { repoURL: "https://github.com/E/f.git" } },
    { custom: { name: "both" } },
  ]),
];

const first: FreightReference = {
  name: "f1",
  origin: origin("w1"),
  commits: [{ repoURL: "https://github.com/A/b", id: "abc", branch: "main", message: "m<>" }],
  images: [{ repoURL: "repo", tag: "1.10", digest: "sha256:1", annotations: { k: "v" } }],
  charts: [
    { repoURL: "oci://x/y", version: "1.0.0" },
    { repoURL: "https://c.example.com", name: "nginx", version: "2.0.0" },
  ],
  artifacts: [{ artifactType: "t", subscriptionName: "sub", version: "v", metadata: { a: { b: [1, "x"] } } }],
};
const second: FreightReference = {
  name: "f2",
  origin: origin("w2"),
  images: [{ repoURL: "both", tag: "of-w2" }],
  artifacts: [
    { artifactType: "t", subscriptionName: "both", version: "v" },
    { artifactType: "t", subscriptionName: "text", version: "v", metadata: "x" },
  ],
};
const collection: FreightCollection = { id: "", items: { "Warehouse/w1": first, "Warehouse/w2": second } };

const secret = (name: string, where: string, type?: string): AnyResource => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    name,
    namespace: where,
    ...(type === undefined ? {} : { labels: { "kargo.akuity.io/cred-type": type } }),
  },
  stringData: { k: `of-${name}`, n: "5" },
});
const configMap = (name: string, where: string, data?: Record<string, string>): AnyResource => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: where },
  ...(data === undefined ? {} : { data }),
});
const shared = "kargo-shared-resources";

const resources: readonly AnyResource[] = [
  ...warehouses,
  secret("s", namespace),
  secret("generic", shared, "generic"),
  secret("git", shared, "git"),
  configMap("m", namespace, { a: "1", b: "x y" }),
  configMap("empty", namespace),
  configMap("m", shared, { a: "of-shared" }),
  { ...freightResource("f1"), status: { metadata: { k: { a: [1, 2.5] } } } },
  freightResource("f2"),
  stage("told", { status: { metadata: { n: 1 } } }),
  stage("silent"),
];

const scope: ScopeOptions = {
  context: {
    freightRequests: ["w1", "w2", "w3"].map((name) => ({ origin: origin(name) })),
    freight: collection,
    vars: [
      { name: "num", value: "${{ 42 }}" },
      { name: "text", value: "abc" },
      { name: "origin", value: "${{ warehouse('w1') }}" },
      { name: "commit", value: "${{ commitFrom('https://github.com/a/b') }}" },
      { name: "artifact", value: "${{ artifactFrom('sub') }}" },
    ],
  },
  metadata: [
    { alias: "a", status: "Succeeded" },
    { alias: "b", status: "Failed", continueOnError: true },
    { alias: "T::x", status: "Skipped" },
    { alias: "own" },
  ],
};

const commit = { repoURL: "https://github.com/A/b", id: "abc", branch: "main", message: "m<>" };

// Expression, value. Most were answered by Kargo's own code.
const values: readonly [string, unknown][] = [
  ["commitFrom('https://github.com/a/b')", commit],
  ["commitFrom('HTTPS://GITHUB.com/A/B/').ID", "abc"],
  ["commitFrom('https://github.com/a/b').Tag", ""],
  ["quote(commitFrom('https://github.com/a/b').Tag)", ""],
  ["commitFrom('https://github.com/a/b')['ID']", "abc"],
  ["commitFrom('https://github.com/a/b', warehouse('w1')).ID", "abc"],
  ["commitFrom('https://github.com/a/b', warehouse('nobody'))", null],
  ["commitFrom('https://github.com/c/d')", null],
  ["commitFrom('https://github.com/c/d') == nil", true],
  ["commitFrom('https://github.com/c/d')?.ID ?? 'none'", "none"],
  ["commitFrom('nobody subscribes')", null],
  ["commitFrom('https://github.com/e/f', warehouse('w1'))", null],
  ["vars.commit.id", "abc"],
  ["vars.commit.ID", null],
  ["imageFrom('repo').Tag", 1.1],
  ["quote(imageFrom('repo').Tag)", "1.10"],
  ["'v' + imageFrom('repo').Tag", "v1.10"],
  ["imageFrom('repo').Annotations.k", "v"],
  ["imageFrom('repo').Annotations.absent == ''", true],
  ["imageFrom('REPO')", null],
  ["imageFrom('both', warehouse('w2')).Tag", "of-w2"],
  ["imageFrom('both', warehouse('w3'))", null],
  ["map(['repo'], imageFrom(#).Digest)", ["sha256:1"]],
  ["chartFrom('oci://x/y').Version", "1.0.0"],
  ["chartFrom('oci://x/y', '').Version", "1.0.0"],
  ["chartFrom('https://c.example.com', 'nginx').Version", "2.0.0"],
  ["chartFrom('https://c.example.com', 'nginx', warehouse('w1')).Version", "2.0.0"],
  ["chartFrom('oci://x/y', warehouse('w2'))", null],
  ["artifactFrom('sub').Metadata.a.b[1]", "x"],
  ["artifactFrom('sub').Metadata.absent", null],
  ["artifactFrom('both', warehouse('w2')).Metadata", {}],
  ["artifactFrom('nobody')", null],
  ["artifactFrom('nobody')?.Version ?? 'none'", "none"],
  ["vars.artifact.SubscriptionName", "sub"],
  ["warehouse('x')", { kind: "Warehouse", name: "x" }],
  ["warehouse('x').Name", "x"],
  [
    "asYAML(commitFrom('https://github.com/a/b'))",
    'repourl: https://github.com/A/b\nid: abc\nbranch: main\ntag: ""\nmessage: m<>\nauthor: ""\ncommitter: ""\n',
  ],
  ["asYAML(vars.commit)", "branch: main\nid: abc\nmessage: m<>\nrepoURL: https://github.com/A/b\n"],
  [
    "string(imageFrom('repo'))",
    "&Image{RepoURL:repo,Tag:1.10,Digest:sha256:1,Annotations:map[string]string{k: v,},}",
  ],
  ["configMap('m').a", 1],
  ["quote(configMap('m').a)", "1"],
  ["configMap('m')", { a: "1", b: "x y" }],
  ["quote(configMap('m').absent)", ""],
  ["configMap('m').absent ?? 'never'", ""],
  ["configMap('absent')", {}],
  ["configMap('empty')", null],
  ["quote(configMap('empty').x)", ""],
  ["sharedConfigMap('m').a", "of-shared"],
  ["sharedConfigMap('absent')", {}],
  ["secret('s').k", "of-s"],
  ["secret('absent')", {}],
  ["sharedSecret('generic').k", "of-generic"],
  ["sharedSecret('git')", {}],
  ["freightMetadata('f1').k.a[1]", 2.5],
  ["freightMetadata('f2')", null],
  ["freightMetadata('f2')?.k ?? 'none'", "none"],
  ["freightMetadata('absent')", null],
  ["stageMetadata('told').n", 1],
  ["stageMetadata('silent') == nil", true],
  ["semverDiff('1.2.3', '2.0.0')", "Major"],
  ["semverDiff('v1.2', '1.3.0')", "Minor"],
  ["semverDiff('1.2.3', '1.2.4')", "Patch"],
  ["semverDiff('1.2.3+a', '1.2.3+b')", "Metadata"],
  ["semverDiff('1.2.3-a', '1.2.3-b')", "None"],
  ["semverDiff('1.2.3', 'x')", "Incomparable"],
  ["semverParse('v1.2')", "1.2.0"],
  ["'v' + semverParse('1.2.3').IncMinor().String()", "v1.3.0"],
  ["semverParse('1.2.3').Major() + 1", 2],
  ["semverParse('1.2.3-rc.1+b').Prerelease()", "rc.1"],
  ["semverParse('v1.2.3').Original()", "v1.2.3"],
  ["semverParse('1.2.3').Compare(semverParse('1.3.0'))", -1],
  ["semverParse('1.2.3').Equal(semverParse('v1.2.3'))", true],
  ["semverParse('1.2.3') == semverParse('v1.2.3')", false],
  ["semverParse('1.2.3') == semverParse('1.2.3')", true],
  ["semverParse('1.2.3').LessThanEqual(semverParse('1.2.3'))", true],
  ["semverParse('1.2.3').SetPrerelease('rc.1').String()", "1.2.3-rc.1"],
  ["string(semverParse('1.2'))", "1.2.0"],
  ["quote(semverParse('1.2'))", '"1.2.0"'],
  ["asYAML(semverParse('1.2'))", "1.2.0\n"],
  ["sortBy(['2.0.0', '1.0.0'], semverParse(#).Major())", ["1.0.0", "2.0.0"]],
  ["always()", true],
  ["success()", true],
  ["failure()", false],
  ["status('a')", "Succeeded"],
  ["status('b')", "Failed"],
  ["quote(status('x'))", ""],
  ["quote(status('own'))", ""],
  ["quote(status('T::x'))", ""],
];

for (const [expression, expected] of values) {
  test(`function: ${expression}`, async () => {
    assert.deepStrictEqual(await templateValue(`\${% ${expression} %}`, scope, resources), expected);
  });
}

// Expression, what its error says. Compile-time mistakes come with their place.
const errors: readonly [string, string][] = [
  ["commitFrom()", "not enough arguments to call commitFrom"],
  ["commitFrom(1)", "cannot use int as argument (type string) to call commitFrom"],
  ["commitFrom('a', 'b')", "too many arguments to call commitFrom"],
  ["commitFrom('a', warehouse('w1'), 1)", "too many arguments to call commitFrom"],
  ["commitFrom(vars.num)", "first argument must be string, got float64"],
  ["commitFrom('x', vars.origin)", "second argument must be FreightOrigin, got map[string]interface {}"],
  ["commitFrom('https://github.com/c/d').ID", "reflect: call of reflect.Value.Field on zero Value"],
  ["commitFrom('https://github.com/a/b').id", "type v1alpha1.GitCommit has no field id"],
  [
    "commitFrom('https://github.com/e/f')",
    "multiple requested Freight could potentially provide a commit from repo https://github.com/e/f",
  ],
  [
    "imageFrom('both')",
    "multiple requested Freight could potentially provide a container image from repository both",
  ],
  [
    "imageFrom('twice')",
    "multiple requested Freight could potentially provide a container image from repository twice",
  ],
  ["imageFrom('repo').tag", "type v1alpha1.Image has no field tag"],
  ["chartFrom('nobody')", "chart from repo nobody not found in referenced Freight"],
  [
    "chartFrom('https://c.example.com', 'x')",
    'chart "x" from repo https://c.example.com not found in referenced Freight',
  ],
  [
    "chartFrom('https://c.example.com', '', warehouse('w1'))",
    "when using three arguments, second argument must be string, got string",
  ],
  ["chartFrom('oci://x/y', vars.num)", "second argument must be string or FreightOrigin, got float64"],
  ["chartFrom('oci://x/y', vars.text, vars.text)", "third argument must be FreightOrigin, got string"],
  [
    "artifactFrom('both')",
    'error finding artifact from subscription both: multiple requested Freight could potentially provide a "both" artifact',
  ],
  ["artifactFrom('text')", "error unmarshaling metadata for artifact from subscription text"],
  ["artifactFrom('nobody').Version", "cannot get Version from <nil>"],
  ["warehouse('')", "name must not be empty"],
  ["warehouse(vars.num)", "argument must be string, got float64"],
  ["configMap(vars.num)", "argument must be string, got float64"],
  ["secret()", "not enough arguments to call secret"],
  ["freightMetadata('')", "freight ref name must not be empty"],
  ["stageMetadata('')", "stage name must not be empty"],
  ["freightMetadata('absent').k", "cannot fetch k from <nil>"],
  ["semverDiff('1')", "not enough arguments to call semverDiff"],
  ["semverDiff(vars.num, '1')", "first argument must be string, got float64"],
  ["semverParse('x')", "invalid semantic version: invalid semantic version"],
  ["semverParse('1.2.3-01')", "invalid semantic version: version segment starts with 0"],
  ["semverParse('99999999999999999999.0.0')", 'parsing "99999999999999999999": value out of range'],
  ["semverParse('1.2.3').IncMajor().Compare(semverParse('2.0.0'))", "has no method Compare"],
  [
    "semverParse('1.2.3').Compare(semverParse('1.0.0').IncMajor())",
    "cannot use semver.Version as argument (type *semver.Version)",
  ],
  ["semverParse('1.2.3') > semverParse('1.0.0')", "invalid operation: > (mismatched types"],
  ["semverParse('1.2.3').major", "type semver.Version has no field major"],
  ["semverParse('1.2.3').SetPrerelease('a..b')", "invalid prerelease string"],
  ["always(1)", "too many arguments to call always"],
  ["status('')", "argument must not be empty"],
  ["status(vars.num)", "argument must be string, got float64"],
  ["quote({a: 0/0})", "error applying quote() function: json: unsupported value: NaN"],
];

for (const [expression, message] of errors) {
  test(`function: ${expression} is an error`, async () => {
    await assert.rejects(templateValue(`\${% ${expression} %}`, scope, resources), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
  });
}

test("a requested Warehouse that is missing fails the search, though another one provides", async () => {
  const requests = ["w1", "absent"].map((name) => ({ origin: origin(name) }));
  const context = { ...scope.context, vars: [], freightRequests: requests };
  await assert.rejects(
    templateValue("${{ imageFrom('repo').Tag }}", { ...scope, context }, resources),
    /Warehouse "absent" not found in namespace "shop"/,
  );
  const named = await templateValue(
    "${{ imageFrom('repo', warehouse('w1')).Digest }}",
    { ...scope, context },
    [],
  );
  assert.equal(named, "sha256:1", "with an origin no Warehouse is read");
});

test("within a task, status looks at the task's own steps by their short alias", async () => {
  const inside = { ...scope, alias: "T::own" };
  assert.equal(await templateValue("${{ status('x') }}", inside, resources), "Skipped");
  assert.equal(await templateValue("${{ quote(status('a')) }}", inside, resources), "");
});

test("failure() counts what may not fail, the step's own failed try included", async () => {
  const failed = {
    ...scope,
    metadata: [...(scope.metadata ?? []), { alias: "c", status: "Errored" as const }],
  };
  assert.equal(await templateValue("${{ failure() }}", failed, resources), true);
  const aborted = { ...scope, metadata: [{ alias: "c", status: "Aborted" as const }] };
  assert.equal(await templateValue("${{ failure() }}", aborted, resources), false);
});

test("scenario 10: an image tag 1.10 becomes the number 1.1 unless it is quoted", async () => {
  assert.equal(await templateValue("${{ imageFrom('repo').Tag }}", scope, resources), 1.1);
  assert.equal(await templateValue("${{ quote(imageFrom('repo').Tag) }}", scope, resources), "1.10");
});
