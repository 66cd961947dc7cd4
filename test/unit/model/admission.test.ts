import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AdmissionContext,
  admissionProblems,
  admissionText,
  changedFreightProblems,
  defaultWarehouse,
  documentProblems,
  fieldPath,
  freightDeletionProblems,
  namespaceProblem,
  newFreightProblems,
  webhookProblems,
  withAliasLabel,
  withShardLabel,
} from "../../../src/model/admission";
import type { Freight, Stage, Warehouse } from "../../../src/model/resources";

const apiVersion = "kargo.akuity.io/v1alpha1";
const metadata = { name: "a", namespace: "p" };
const origin = { kind: "Warehouse", name: "w" } as const;
const stage = (requestedFreight: unknown, steps?: unknown) => ({
  apiVersion,
  kind: "Stage",
  metadata,
  spec: { requestedFreight, ...(steps === undefined ? {} : { promotionTemplate: { spec: { steps } } }) },
});
const direct = [{ origin, sources: { direct: true } }];
const warehouse = (...subscriptions: unknown[]) => ({
  apiVersion,
  kind: "Warehouse",
  metadata,
  spec: { subscriptions },
});
const projectConfig = (spec: object, name = "p") => ({
  apiVersion,
  kind: "ProjectConfig",
  metadata: { name, namespace: "p" },
  spec,
});
const policies = (...promotionPolicies: unknown[]) => projectConfig({ promotionPolicies });
const named = (name: string) => ({ stageSelector: { name } });
const receivers = (...webhookReceivers: unknown[]) => projectConfig({ webhookReceivers });
const secretRef = { name: "s" };
const sub = "spec.subscriptions[0]";

const refused: readonly [
  name: string,
  resource: unknown,
  expected: readonly string[],
  context?: AdmissionContext,
][] = [
  ["a Stage", stage(direct, [{ uses: "fail", config: {} }]), []],
  [
    "an alias twice and a reserved one",
    stage(direct, [
      { uses: "a", as: "x" },
      { uses: "b", as: " x " },
      { uses: "c", as: "x" },
      { uses: "d", as: "step-1" },
      { uses: "e", as: "task-02" },
      { uses: "f", as: "step-1x" },
      { uses: "g", as: "" },
      { uses: "h", as: " " },
    ]),
    [
      'spec.promotionTemplate.spec.steps[1].as: Invalid value: "x": step alias duplicates that of spec.promotionTemplate.spec.steps[0]',
      'spec.promotionTemplate.spec.steps[2].as: Invalid value: "x": step alias duplicates that of spec.promotionTemplate.spec.steps[0]',
      'spec.promotionTemplate.spec.steps[3].as: Invalid value: "step-1": step alias is reserved',
      'spec.promotionTemplate.spec.steps[4].as: Invalid value: "task-02": step alias is reserved',
    ],
  ],
  [
    "an alias that is both",
    {
      apiVersion,
      kind: "PromotionTask",
      metadata,
      spec: {
        steps: [
          { uses: "a", as: "task-1" },
          { uses: "b", as: "task-1" },
        ],
      },
    },
    [
      'spec.steps[0].as: Invalid value: "task-1": step alias is reserved',
      'spec.steps[1].as: Invalid value: "task-1": step alias duplicates that of spec.steps[0]',
      'spec.steps[1].as: Invalid value: "task-1": step alias is reserved',
    ],
  ],
  [
    "a cluster task",
    {
      apiVersion,
      kind: "ClusterPromotionTask",
      metadata: { name: "a" },
      spec: { steps: [{ uses: "a", as: "step-9" }] },
    },
    ['spec.steps[0].as: Invalid value: "step-9": step alias is reserved'],
  ],
  [
    "a task step with condition and configuration",
    stage(direct, [
      { task: { name: "t" }, if: "${{ true }}", config: {} },
      { task: { name: "t" }, if: "" },
    ]),
    [
      "spec.promotionTemplate.spec.steps[0].if: Forbidden: PromotionTemplate step referencing a task cannot have an 'if' condition",
      "spec.promotionTemplate.spec.steps[0].config: Forbidden: PromotionTemplate step referencing a task cannot have a config",
    ],
  ],
  [
    "an origin three times is told once",
    stage([...direct, ...direct, ...direct]),
    [
      "spec.requestedFreight: Invalid value: freight with origin Warehouse/w requested multiple times in spec.requestedFreight",
    ],
  ],
  [
    "MatchUpstream straight from the Warehouse",
    stage([
      { origin, sources: { direct: true, autoPromotionOptions: { selectionPolicy: "MatchUpstream" } } },
    ]),
    [
      "spec.requestedFreight[0].sources.autoPromotionOptions.selectionPolicy: Invalid value: \"MatchUpstream\": selection policy 'MatchUpstream' cannot be used when accepting Freight directly from its origin",
      "spec.requestedFreight[0].sources.autoPromotionOptions.selectionPolicy: Invalid value: \"MatchUpstream\": selection policy 'MatchUpstream' requires exactly one upstream Stage to be specified",
    ],
  ],
  [
    "MatchUpstream of one Stage",
    stage([
      { origin, sources: { stages: ["t"], autoPromotionOptions: { selectionPolicy: "MatchUpstream" } } },
    ]),
    [],
  ],
  ["no source at all", stage([{ origin, sources: {} }]), []],
  [
    "unknown steps and configurations",
    stage(direct, [
      { uses: "nobody-knows", config: 1 },
      { uses: "copy" },
      { uses: "fail", if: "no template" },
    ]),
    [],
  ],
  ["unknown keys", { ...stage(direct), unheardOf: 1 }, []],
  [
    "a fault of the schema keeps the webhooks from looking",
    stage([...direct, ...direct], [{ as: "step-1" }]),
    [
      "spec.promotionTemplate.spec.steps[0]: Invalid value: PromotionTemplate step must have exactly one of uses or task set",
    ],
  ],
  [
    "something required",
    { apiVersion, kind: "Stage", metadata, spec: {} },
    ["spec.requestedFreight: Required value: `requestedFreight` is missing."],
  ],
  [
    "no word of the enum",
    {
      ...warehouse({ git: { repoURL: "https://h/a" } }),
      spec: { subscriptions: [{ git: { repoURL: "https://h/a" } }], freightCreationPolicy: "x" },
    },
    [
      "spec.freightCreationPolicy: Unsupported value: `freightCreationPolicy` must be one of `Automatic`, `Manual`.",
    ],
  ],
  [
    "all kinds of subscriptions",
    warehouse(
      { git: { repoURL: "https://h/a", branch: "", commitSelectionStrategy: "", discoveryLimit: 0 } },
      { image: { repoURL: "nginx", imageSelectionStrategy: "", constraint: "" } },
      { chart: { repoURL: "oci://ghcr.io/a" } },
    ),
    [],
  ],
  [
    "a subscription of two types",
    warehouse({ git: { repoURL: "https://h/a" }, image: { repoURL: "nginx" } }),
    [
      `${sub}: Invalid value: subscription at index 0 must be an object with exactly one top-level field, but has 2 fields`,
    ],
  ],
  [
    "a type nobody knows",
    warehouse({ s3: { name: "a" } }),
    [`${sub}.s3: Invalid value: "": subscriber registry lookup failed: no matching registration found`],
  ],
  [
    "git, all wrong",
    warehouse({
      git: {
        repoURL: "",
        branch: "-x",
        commitSelectionStrategy: "Newest",
        semverConstraint: "bogus",
        discoveryLimit: 101,
      },
    }),
    [
      `${sub}.git.repoURL: Invalid value: "": must have a minimum length of 1`,
      `${sub}.git.repoURL: Invalid value: "": must be a valid Git repository URL`,
      `${sub}.git.branch: Invalid value: "-x": must be a valid branch name`,
      `${sub}.git.commitSelectionStrategy: Unsupported value: "Newest": supported values: "Lexical", "NewestFromBranch", "NewestTag", "SemVer"`,
      `${sub}.git.semverConstraint: Invalid value: "bogus": "bogus" is not a version constraint`,
      `${sub}.git.discoveryLimit: Invalid value: 101: must be <= 100`,
    ],
  ],
  [
    "a branch of 256 bytes",
    warehouse({ git: { repoURL: "https://h/a", branch: "a".repeat(256) } }),
    [`${sub}.git.branch: Invalid value: "${"a".repeat(256)}": must have a maximum length of 255`],
  ],
  [
    "a negative limit",
    warehouse({ git: { repoURL: "https://h/a", discoveryLimit: -1 } }),
    [`${sub}.git.discoveryLimit: Invalid value: -1: must be >= 1`],
  ],
  [
    "an image, all wrong",
    warehouse({
      image: { repoURL: "https://ghcr.io/a", imageSelectionStrategy: "Digest", platform: "linux" },
    }),
    [
      `${sub}.image.repoURL: Invalid value: "https://ghcr.io/a": must be a valid image repository URL`,
      `${sub}.image.constraint: Invalid value: "": must be set when imageSelectionStrategy is Digest`,
      `${sub}.image.platform: Invalid value: "linux": must be in format <os>/<arch>`,
    ],
  ],
  [
    "a constraint that is a tag, for versions",
    warehouse({ image: { repoURL: "nginx", constraint: "latest" } }),
    [`${sub}.image.constraint: Invalid value: "latest": "latest" is not a version constraint`],
  ],
  [
    "a constraint that is a tag, for a digest",
    warehouse({ image: { repoURL: "nginx", constraint: "latest", imageSelectionStrategy: "Digest" } }),
    [],
  ],
  [
    "images where caching is required",
    warehouse(
      { image: { repoURL: "nginx" } },
      { image: { repoURL: "redis", cacheByTag: true } },
      { image: { repoURL: "app", constraint: "latest", imageSelectionStrategy: "Digest" } },
    ),
    [
      `${sub}.image.cacheByTag: Invalid value: false: caching image metadata by tag is required by controller configuration; enable with caution as this feature is safe only for subscriptions not involving "mutable" tags`,
    ],
    { requiresCacheByTag: true },
  ],
  [
    "charts with and without names",
    warehouse(
      { chart: { repoURL: "oci://ghcr.io/a", name: "b" } },
      { chart: { repoURL: "https://h" } },
      { chart: { repoURL: "ftp://h", name: "c" } },
    ),
    [
      `${sub}.chart.name: Invalid value: "b": must be empty if repoURL starts with oci://`,
      'spec.subscriptions[1].chart.name: Invalid value: "": must be non-empty if repoURL starts with http:// or https://',
      'spec.subscriptions[2].chart.repoURL: Invalid value: "ftp://h": must be a valid Helm repository URL',
    ],
  ],
  [
    "the same repository twice",
    warehouse({ git: { repoURL: "https://h/a" } }, { git: { repoURL: "https://h/a" } }),
    [],
  ],
  [
    "a ProjectConfig of another name",
    projectConfig({}, "q"),
    ['metadata.name: Invalid value: "q": name "q" must match project name "p"'],
  ],
  [
    "policies for one Stage",
    policies(
      named("a"),
      { stage: "a" },
      named("b"),
      named("a"),
      named("glob:a"),
      named("glob:a"),
      named(""),
      {},
    ),
    [
      'spec.promotionPolicies[1]: Invalid value: "a": stage name already defined at spec.promotionPolicies[0]',
      'spec.promotionPolicies[3]: Invalid value: "a": stage name already defined at spec.promotionPolicies[0]',
    ],
  ],
  [
    "patterns",
    policies(named("glob:[a"), named("regexp:("), named("prefix:a"), named("regex:^a")),
    [
      'spec.promotionPolicies[0].stageSelector.name: Invalid value: "glob:[a": syntax error in pattern',
      'spec.promotionPolicies[1].stageSelector.name: Invalid value: "regexp:(": missing closing )',
      'spec.promotionPolicies[2].stageSelector.name: Invalid value: "prefix:a": invalid pattern identifier "prefix": must be "regex", "regexp" or "glob"',
    ],
    { regexProblem: (pattern) => (pattern === "(" ? "missing closing )" : undefined) },
  ],
  [
    "receivers",
    receivers(
      { name: "a", github: { secretRef }, gitlab: { secretRef } },
      { name: "a", harbor: { secretRef }, quay: { secretRef } },
      { name: "b" },
    ),
    [
      'spec.webhookReceivers[1].name: Invalid value: "a": webhook receiver name already defined at spec.webhookReceivers[0]',
      "spec.webhookReceivers[0]: Forbidden: cannot define a receiver that is of more than one type, found 2: [GitHub GitLab]",
    ],
  ],
  [
    "a target that selects nothing",
    receivers({
      name: "a",
      generic: {
        secretRef,
        actions: [
          {
            action: "Refresh",
            targetSelectionCriteria: [
              { kind: "Warehouse", name: "x" },
              { kind: "Warehouse", labelSelector: { matchLabels: {} } },
            ],
          },
        ],
      },
    }),
    [
      "spec.webhookReceivers[0].generic.actions[0].targetSelectionCriteria[1]: Invalid value: at least one of name, labelSelector, or indexSelector must be specified for target",
    ],
  ],
  [
    "a ClusterConfig of another name",
    { apiVersion, kind: "ClusterConfig", metadata: { name: "main" } },
    ['metadata.name: Invalid value: "main": name "main" must be "cluster"'],
  ],
  ["a kind that is not Kargo's", { apiVersion: "v1", kind: "Service", metadata }, []],
];
for (const [name, resource, expected, context] of refused) {
  test(`admission: ${name}`, () => {
    const problems = admissionProblems(resource, context);
    // policies without stage and selector are the CRD's to refuse; here the webhook is asked
    const asked = name === "policies for one Stage" ? webhookProblems(resource, context) : problems;
    assert.deepEqual(asked.map(admissionText), expected);
  });
}

test("a resource of any shape is judged without a fall", () => {
  for (const kind of [
    "Stage",
    "Warehouse",
    "PromotionTask",
    "ProjectConfig",
    "ClusterConfig",
    "Freight",
    "Nothing",
  ]) {
    for (const spec of [
      undefined,
      null,
      "x",
      [],
      {
        requestedFreight: [null, 1],
        subscriptions: [null, []],
        steps: [null],
        promotionTemplate: null,
        promotionPolicies: [1],
        webhookReceivers: [null],
      },
    ]) {
      assert.ok(Array.isArray(webhookProblems({ kind, spec, metadata: null })), kind);
      assert.ok(Array.isArray(documentProblems({ kind, spec })), kind);
    }
  }
  assert.deepEqual(webhookProblems(undefined), []);
});

const told: readonly [name: string, resource: unknown, expected: readonly string[]][] = [
  [
    "one fault, one problem: a URL",
    warehouse({ git: { repoURL: "nope" } }),
    ["spec.subscriptions.0.git.repoURL pattern"],
  ],
  ["one fault, one problem: no URL", warehouse({ git: {} }), ["spec.subscriptions.0.git required"]],
  [
    "one fault, one problem: an empty URL",
    warehouse({ git: { repoURL: "" } }),
    ["spec.subscriptions.0.git.repoURL length"],
  ],
  [
    "one fault, one problem: a strategy",
    warehouse({ git: { repoURL: "https://h/a", commitSelectionStrategy: "x" } }),
    ["spec.subscriptions.0.git.commitSelectionStrategy enum"],
  ],
  [
    "one fault, one problem: a limit",
    warehouse({ git: { repoURL: "https://h/a", discoveryLimit: 101 } }),
    ["spec.subscriptions.0.git.discoveryLimit range"],
  ],
  [
    "one fault, one problem: two types",
    warehouse({ git: { repoURL: "https://h/a" }, image: { repoURL: "nginx" } }),
    ["spec.subscriptions.0 rule"],
  ],
  [
    "one fault, one problem: a chart's name",
    warehouse({ chart: { repoURL: "oci://ghcr.io/a", name: "b" } }, { chart: { repoURL: "https://h" } }),
    ["spec.subscriptions.0.chart.name rule", "spec.subscriptions.1.chart rule"],
  ],
  [
    "what only the webhook knows",
    warehouse({ git: { repoURL: "https://h/a", semverConstraint: "bogus" } }),
    ["spec.subscriptions.0.git.semverConstraint admission"],
  ],
  ["a wrong type says it all", stage("x"), ["spec.requestedFreight type"]],
  [
    "an origin twice is told at the second",
    stage([...direct, ...direct]),
    ["spec.requestedFreight.1.origin admission"],
  ],
  [
    "aliases beside another fault",
    stage(direct, [{ as: "step-1" }]),
    ["spec.promotionTemplate.spec.steps.0 rule", "spec.promotionTemplate.spec.steps.0.as admission"],
  ],
  [
    "a way that does not exist",
    stage([{ origin, sources: {} }]),
    ["spec.requestedFreight.0.sources admission"],
  ],
  [
    "a repository twice",
    warehouse(
      { git: { repoURL: "https://h/A.git" } },
      { git: { repoURL: "https://h/a" } },
      { image: { repoURL: "nginx" } },
    ),
    ["spec.subscriptions.1 admission"],
  ],
];
for (const [name, resource, expected] of told) {
  test(`document: ${name}`, () => {
    assert.deepEqual(
      documentProblems(resource).map(({ path, code }) => `${path.join(".")} ${code}`),
      expected,
    );
  });
}

test("a type nobody knows is told plainly", () => {
  assert.equal(
    documentProblems(warehouse({ s3: { name: "a" } }))[0]?.message,
    "Open-source Kargo knows no subscriptions of type `s3`.",
  );
});

test("namespaces", () => {
  assert.equal(namespaceProblem("p", "project"), undefined);
  assert.equal(namespaceProblem("p", "missing")?.type, "NotFound");
  assert.equal(namespaceProblem("p", "unlabelled")?.type, "Invalid");
});

test("paths are printed as Kubernetes prints them", () => {
  assert.equal(fieldPath(["metadata", "labels", "a.b/c"]), "metadata.labels[a.b/c]");
  assert.equal(fieldPath([]), "");
});

const w: Warehouse = {
  apiVersion,
  kind: "Warehouse",
  metadata: { name: "w", namespace: "p" },
  spec: {
    subscriptions: [
      { git: { repoURL: "https://github.com/Example/App.git" } },
      { image: { repoURL: "Docker.io/app" } },
      { chart: { repoURL: "https://charts.example.com", name: "app" } },
      { s3: { name: "x" } },
    ],
  },
};
const full: Freight = {
  apiVersion,
  kind: "Freight",
  metadata: { name: "f", namespace: "p" },
  alias: "wise-otter",
  origin,
  commits: [{ repoURL: "https://u@github.com/example/app", id: "1" }],
  images: [{ repoURL: "Docker.io/app", tag: "1" }],
  charts: [{ repoURL: "https://charts.example.com", name: "app", version: "1" }],
};
const other = (alias: string, namespace = "p"): Freight => ({
  ...full,
  metadata: { name: "other", namespace, labels: { "kargo.akuity.io/alias": alias } },
});

const freights: readonly [
  name: string,
  freight: Freight,
  warehouse: Warehouse | undefined,
  others: Freight[],
  expected: string[],
][] = [
  ["complete", full, w, [other("else"), other("wise-otter", "q")], []],
  [
    "empty",
    { ...full, commits: [], images: [], charts: [] },
    { ...w, spec: { subscriptions: [] } },
    [],
    ["Invalid value: freight must contain at least one commit, image, or chart"],
  ],
  [
    "a taken alias",
    full,
    w,
    [other("wise-otter")],
    ['alias: Invalid value: "wise-otter": alias already used by another piece of Freight in namespace "p"'],
  ],
  ["no Warehouse", full, undefined, [], ['warehouse: Invalid value: "w": warehouse does not exist']],
  [
    "an image by another spelling",
    { ...full, images: [{ repoURL: "docker.io/app", tag: "1" }] },
    w,
    [],
    [
      'images: Invalid value: no subscription found for image repository in Warehouse "w"',
      'images: Invalid value: no artifact found for subscription "Docker.io/app" of Warehouse "w"',
    ],
  ],
  [
    "two commits, no chart",
    {
      ...full,
      commits: [...(full.commits ?? []), { repoURL: "https://github.com/example/app", id: "2" }],
      charts: [],
    },
    w,
    [],
    [
      'commits: Invalid value: multiple artifacts found for subscription "https://github.com/example/app" of Warehouse "w"',
      'charts: Invalid value: no artifact found for subscription "https:/charts.example.com/app" of Warehouse "w"',
    ],
  ],
  [
    "artifacts of other types are not looked at",
    { ...full, artifacts: [{ artifactType: "t", subscriptionName: "nobody", version: "1" }] },
    w,
    [],
    [],
  ],
];
for (const [name, freight, origin, others, expected] of freights) {
  test(`new Freight: ${name}`, () => {
    assert.deepEqual(newFreightProblems(freight, { warehouse: origin, others }).map(admissionText), expected);
  });
}

const changes: readonly [name: string, after: Freight, others: Freight[], expected: string[]][] = [
  ["nothing", { ...full, commits: [{ ...full.commits?.[0], branch: "" }] }, [], []],
  [
    "alias and time",
    { ...full, alias: "new", discoveredAt: "2026-01-01T00:00:00Z" },
    [other("wise-otter")],
    [],
  ],
  [
    "a taken alias",
    full,
    [other("wise-otter")],
    [
      'alias: Conflict: "wise-otter": alias "wise-otter" already used by another piece of Freight in namespace "p"',
    ],
  ],
  [
    "origin",
    { ...full, origin: { ...origin, name: "v" } },
    [],
    ["origin: Invalid value: Freight is immutable"],
  ],
  [
    "a commit's message",
    { ...full, commits: [{ ...full.commits?.[0], message: "m" }] },
    [],
    ["commits[0]: Invalid value: Freight is immutable"],
  ],
  [
    "an annotation",
    { ...full, images: [{ ...full.images?.[0], annotations: { a: "b" } }] },
    [],
    ["images[0]: Invalid value: Freight is immutable"],
  ],
  ["one chart less", { ...full, charts: [] }, [], ["charts: Invalid value: Freight is immutable"]],
  [
    "one artifact more",
    { ...full, artifacts: [{ artifactType: "t", subscriptionName: "s", version: "1" }] },
    [],
    ["artifacts: Invalid value: Freight is immutable"],
  ],
];
for (const [name, after, others, expected] of changes) {
  test(`changed Freight: ${name}`, () =>
    assert.deepEqual(changedFreightProblems(full, after, others).map(admissionText), expected));
}

test("Freight in use stays", () => {
  const running = (name: string, freight: string, namespace = "p"): Stage => ({
    apiVersion,
    kind: "Stage",
    metadata: { name, namespace },
    spec: { requestedFreight: [] },
    status: {
      freightHistory: [
        { id: "1", items: { "Warehouse/w": { name: freight, origin } } },
        { id: "2", items: { "Warehouse/w": { name: "old", origin } } },
      ],
    },
  });
  const stages = [running("test", "f"), running("uat", "f"), running("prod", "g"), running("far", "f", "q")];
  assert.deepEqual(freightDeletionProblems(full, stages).map(admissionText), [
    'Forbidden: freight is in-use by stages ("test", "uat")',
  ]);
  assert.deepEqual(
    freightDeletionProblems({ ...full, metadata: { name: "old", namespace: "p" } }, stages),
    [],
  );
});

test("defaults of a Warehouse", () => {
  const { spec, metadata: meta } = defaultWarehouse({
    ...w,
    spec: {
      shard: "eu",
      subscriptions: [
        ...w.spec.subscriptions,
        {
          image: { repoURL: "x", strictSemvers: false, discoveryLimit: 5, imageSelectionStrategy: "Lexical" },
        },
      ],
    },
  });
  assert.deepEqual(meta.labels, { "kargo.akuity.io/shard": "eu" });
  assert.deepEqual(spec, {
    shard: "eu",
    interval: "5m0s",
    freightCreationPolicy: "Automatic",
    subscriptions: [
      {
        git: {
          repoURL: "https://github.com/Example/App.git",
          commitSelectionStrategy: "NewestFromBranch",
          strictSemvers: true,
          discoveryLimit: 20,
        },
      },
      {
        image: {
          repoURL: "Docker.io/app",
          imageSelectionStrategy: "SemVer",
          strictSemvers: true,
          discoveryLimit: 20,
        },
      },
      { chart: { repoURL: "https://charts.example.com", name: "app", discoveryLimit: 20 } },
      { s3: { name: "x" } },
      { image: { repoURL: "x", strictSemvers: false, discoveryLimit: 5, imageSelectionStrategy: "Lexical" } },
    ],
  });
});

test("labels that mirror fields", () => {
  const label = "kargo.akuity.io/alias";
  assert.deepEqual(withAliasLabel({ ...full, alias: "a" }, "fresh").metadata.labels, { [label]: "a" });
  const fresh = withAliasLabel({ ...other("label-alone"), alias: undefined }, "fresh");
  assert.deepEqual([fresh.alias, fresh.metadata.labels], ["fresh", { [label]: "fresh" }]);
  const bare = withAliasLabel({ ...other("label-alone"), alias: "" });
  assert.deepEqual([bare.alias, bare.metadata.labels], ["", {}]);
  assert.deepEqual(withShardLabel({ labels: { "kargo.akuity.io/shard": "x", a: "b" } }, ""), {
    labels: { a: "b" },
  });
  assert.deepEqual(withShardLabel({}, undefined), {});
});
