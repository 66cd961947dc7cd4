import assert from "node:assert/strict";
import { test } from "node:test";
import {
  kindSchema,
  knownKinds,
  type ProblemCode,
  type Schema,
  type SchemaProblem,
  stepConfigSchema,
  validate,
} from "../../../../src/model/schema/schema";
import { stepKinds } from "../../../../src/model/schema/step-kinds";

const metadata = { name: "a", namespace: "p" };
const origin = { kind: "Warehouse", name: "w" };

function kargo(kind: string, rest: object): unknown {
  return { apiVersion: "kargo.akuity.io/v1alpha1", kind, metadata, ...rest };
}
const stage = (spec: object) =>
  kargo("Stage", { spec: { requestedFreight: [{ origin, sources: { direct: true } }], ...spec } });
const withSteps = (...steps: unknown[]) => stage({ promotionTemplate: { spec: { steps } } });
const steps = "spec.promotionTemplate.spec.steps";
const warehouse = (subscription: unknown) => kargo("Warehouse", { spec: { subscriptions: [subscription] } });
const git = (fields: object) => warehouse({ git: { repoURL: "https://github.com/a/b", ...fields } });

/** Severity mark, code, path and the sentence; `*` marks a warning. */
function told(problems: readonly SchemaProblem[]): string[] {
  return problems.map(
    ({ severity, code, path, at, message }) =>
      `${severity === "warning" ? "*" : ""}${code} ${at} ${path.join(".")}: ${message}`,
  );
}

function of(kind: string): Schema {
  const known = kindSchema(kind);
  assert.ok(known, kind);
  return known.schema;
}

const documents: readonly [name: string, kind: string, value: unknown, expected: readonly string[]][] = [
  [
    "a Project",
    "Project",
    { apiVersion: "kargo.akuity.io/v1alpha1", kind: "Project", metadata: { name: "p" } },
    [],
  ],
  ["not an object", "Project", [], ["type value : The document must be an object, not a list."]],
  [
    "a Project with a spec",
    "Project",
    kargo("Project", { spec: {} }),
    [
      "unknown-key key spec: `spec` does not exist in this version of Kargo. A Project has no spec any more; promotion policies belong into a ProjectConfig.",
    ],
  ],
  [
    "no metadata",
    "Project",
    { apiVersion: "kargo.akuity.io/v1alpha1", kind: "Project" },
    ["required key : `metadata` is missing."],
  ],
  [
    "no name",
    "Stage",
    { ...(stage({}) as object), metadata: { namespace: "p" } },
    ["choice key metadata: One of `name` and `generateName` must be set."],
  ],
  [
    "a name in capitals",
    "Project",
    { apiVersion: "kargo.akuity.io/v1alpha1", kind: "Project", metadata: { name: "My_Project" } },
    [
      "pattern value metadata.name: `name` must be lower-case letters, digits and `-`, beginning and ending with a letter or digit.",
    ],
  ],
  [
    "a wrong API version",
    "Stage",
    { ...(stage({}) as object), apiVersion: "kargo.akuity.io/v1" },
    ["enum value apiVersion: `apiVersion` must be `kargo.akuity.io/v1alpha1`."],
  ],
  [
    "labels that are no text",
    "Stage",
    { ...(stage({}) as object), metadata: { ...metadata, labels: { a: true, b: "x y" } } },
    [
      'type value metadata.labels.a: `a` must be text, not true or false; put it in quotes: "true".',
      "pattern value metadata.labels.b: `b` must be letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit.",
    ],
  ],
  [
    "a misspelt key",
    "Stage",
    stage({ promotionTemplat: {} }),
    [
      "unknown-key key spec.promotionTemplat: `promotionTemplat` is not a known field here. Did you mean `promotionTemplate`?",
    ],
  ],
  [
    "a key nothing is near to",
    "Stage",
    stage({ xyz: 1 }),
    ["unknown-key key spec.xyz: `xyz` is not a known field here."],
  ],
  [
    "keys one level too high",
    "Stage",
    stage({
      requestedFreight: [{ origin, sources: { direct: true }, requiredSoakTime: "1h" }],
      promotionTemplate: { spec: {}, steps: [] },
    }),
    [
      "unknown-key key spec.requestedFreight.0.requiredSoakTime: `requiredSoakTime` belongs under `sources`.",
      "unknown-key key spec.promotionTemplate.steps: `steps` belongs under `spec`.",
    ],
  ],
  [
    "empty labels",
    "Stage",
    { ...(stage({}) as object), metadata: { ...metadata, labels: null, annotations: null } },
    [],
  ],
  [
    "swapped letters",
    "Stage",
    stage({ vasr: [] }),
    ["unknown-key key spec.vasr: `vasr` is not a known field here. Did you mean `vars`?"],
  ],
  [
    "nothing requested",
    "Stage",
    kargo("Stage", { spec: { requestedFreight: [] } }),
    ["items value spec.requestedFreight: `requestedFreight` must not be empty."],
  ],
  [
    "an origin without name",
    "Stage",
    kargo("Stage", { spec: { requestedFreight: [{ origin: { kind: "Warehouse" }, sources: {} }] } }),
    ["required key spec.requestedFreight.0.origin: `name` is missing."],
  ],
  [
    "a request that is text",
    "Stage",
    kargo("Stage", { spec: { requestedFreight: ["w"] } }),
    ["type value spec.requestedFreight.0: Entry 1 of `requestedFreight` must be an object, not text."],
  ],
  [
    "fields without a value, which the API server drops",
    "Stage",
    stage({ vars: null, shard: null, promotionTemplate: { spec: { vars: null, steps: null } } }),
    [],
  ],
  [
    "a required field without a value",
    "Stage",
    kargo("Stage", { spec: { requestedFreight: null } }),
    ["type value spec.requestedFreight: `requestedFreight` has no value; it must be a list."],
  ],
  [
    "an entry without a value, which stays",
    "Stage",
    stage({ vars: [null] }),
    ["type value spec.vars.0: Entry 1 of `vars` has no value; it must be an object."],
  ],
  [
    "a choice one of which has no value",
    "Stage",
    stage({ promotionTemplate: { spec: { steps: [{ uses: "fail", task: null, config: {} }] } } }),
    [],
  ],
  [
    "a field of a step without a value, which stays",
    "Stage",
    stage({
      promotionTemplate: { spec: { steps: [{ uses: "copy", config: { inPath: null, outPath: "a" } }] } },
    }),
    ["type value spec.promotionTemplate.spec.steps.0.config.inPath: `inPath` has no value; it must be text."],
  ],
  [
    "a strategy of no such name",
    "Stage",
    kargo("Stage", {
      spec: { requestedFreight: [{ origin, sources: { stages: ["a"], availabilityStrategy: "all" } }] },
    }),
    [
      "enum value spec.requestedFreight.0.sources.availabilityStrategy: `availabilityStrategy` must be one of `All`, `OneOf`.",
    ],
  ],
  [
    "soak in days",
    "Stage",
    kargo("Stage", { spec: { requestedFreight: [{ origin, sources: { requiredSoakTime: "1d" } }] } }),
    [
      "pattern value spec.requestedFreight.0.sources.requiredSoakTime: `requiredSoakTime` must be a duration of hours, minutes and seconds, such as `1h30m`.",
    ],
  ],
  [
    "a variable with a number",
    "Stage",
    stage({ vars: [{ name: "a-b", value: 1 }] }),
    [
      "pattern value spec.vars.0.name: `name` must be letters, digits and `_`, not beginning with a digit.",
      'type value spec.vars.0.value: `value` must be text, not a number; put it in quotes: "1".',
    ],
  ],
  [
    "a step without uses",
    "Stage",
    withSteps({ as: "x" }),
    [`rule value ${steps}.0: PromotionTemplate step must have exactly one of uses or task set`],
  ],
  [
    "uses and task",
    "Stage",
    withSteps({ uses: "fail", config: {}, task: { name: "t" } }),
    [`rule value ${steps}.0: PromotionTemplate step must have exactly one of uses or task set`],
  ],
  [
    "a task with what tasks must not have",
    "Stage",
    withSteps({ task: { name: "t" }, continueOnError: false, retry: {} }),
    [
      `rule key ${steps}.0.continueOnError: PromotionTemplate step referencing a task cannot set continueOnError`,
      `rule key ${steps}.0.retry: PromotionTemplate step referencing a task cannot set retry`,
    ],
  ],
  [
    "an unknown step",
    "Stage",
    withSteps({ uses: "git-clome", config: { anything: 1 } }),
    [
      `*unknown-step value ${steps}.0.uses: Kargo 1.11 has no step \`git-clome\`. Did you mean \`git-clone\`?`,
    ],
  ],
  [
    "a removed step",
    "Stage",
    withSteps({ uses: "helm-update-image" }),
    [
      `*unknown-step value ${steps}.0.uses: The step \`helm-update-image\` was removed in Kargo 1.3; use \`yaml-update\`.`,
    ],
  ],
  [
    "a step without config",
    "Stage",
    withSteps({ uses: "copy" }, { uses: "fail" }, { uses: "gh-create-issue" }),
    [
      `required key ${steps}.0: The step \`copy\` needs \`config\` with \`inPath\` and \`outPath\`.`,
      `required key ${steps}.1: The step \`fail\` needs \`config\`.`,
      `required key ${steps}.2: The step \`gh-create-issue\` needs \`config\` with \`repoURL\` and \`title\`.`,
    ],
  ],
  [
    "faults of a commercial step are warnings",
    "Stage",
    withSteps({ uses: "gh-create-issue", config: { repoURL: 1 } }),
    [
      `*required key ${steps}.0.config: \`title\` is missing.`,
      `*type value ${steps}.0.config.repoURL: \`repoURL\` must be text, not a number; put it in quotes: "1".`,
    ],
  ],
  [
    "a condition without template",
    "Stage",
    withSteps({ uses: "fail", if: "true", config: {} }),
    [
      `template value ${steps}.0.if: \`if\` must be a template such as \`\${{ … }}\` that comes out true or false; plain text never does.`,
    ],
  ],
  [
    "a retry nobody can read",
    "Stage",
    withSteps({ uses: "fail", config: {}, retry: { timeout: "5", errorThreshold: 1.5 } }),
    [
      `format value ${steps}.0.retry.timeout: \`timeout\` is no duration; write it like \`30s\` or \`1h30m\`.`,
      `type value ${steps}.0.retry.errorThreshold: \`errorThreshold\` must be a whole number, not a number.`,
    ],
  ],
  [
    "config in a step's own schema",
    "Stage",
    withSteps({ uses: "git-push", config: { path: "./out", tag: "v1", force: true, targetBranch: "x" } }),
    [
      `choice key ${steps}.0.config.tag: Only one of \`generateTargetBranch\`, \`targetBranch\` and \`tag\` can be set.`,
      `rule key ${steps}.0.config.force: A tag cannot be pushed with \`force\`.`,
    ],
  ],
  [
    "a task of tasks",
    "PromotionTask",
    kargo("PromotionTask", { spec: { steps: [{ task: { name: "t" } }] } }),
    ["rule value spec.steps.0: PromotionTask step must have uses set and must not reference another task"],
  ],
  [
    "a Promotion as people write it",
    "Promotion",
    kargo("Promotion", { spec: { stage: "uat", freight: "abc" } }),
    [],
  ],
  [
    "a Promotion of nothing",
    "Promotion",
    kargo("Promotion", { spec: { stage: "uat" } }),
    ["rule value spec: exactly one of freight or origin must be set"],
  ],
  [
    "a subscription of two types",
    "Warehouse",
    warehouse({ git: { repoURL: "https://a/b" }, image: { repoURL: "nginx" } }),
    ["rule value spec.subscriptions.0: A subscription has exactly one key: git, image or chart."],
  ],
  [
    "a subscription that says nothing",
    "Warehouse",
    warehouse({}),
    ["rule value spec.subscriptions.0: A subscription has exactly one key: git, image or chart."],
  ],
  [
    "git by SSH",
    "Warehouse",
    git({ repoURL: "git@github.com:a/b.git" }),
    [
      "*deprecated value spec.subscriptions.0.git.repoURL: SSH URLs of repositories are deprecated since Kargo 1.10 and will be removed in 1.13. Use an https URL.",
    ],
  ],
  [
    "git by no URL",
    "Warehouse",
    git({ repoURL: "github.com/a/b" }),
    [
      "pattern value spec.subscriptions.0.git.repoURL: `repoURL` must be the http(s) or SSH URL of a git repository.",
    ],
  ],
  [
    "a limit out of range",
    "Warehouse",
    git({ discoveryLimit: 101 }),
    ["range value spec.subscriptions.0.git.discoveryLimit: `discoveryLimit` must be between 0 and 100."],
  ],
  [
    "tags the old way",
    "Warehouse",
    git({ allowTags: "^v" }),
    [
      "*deprecated key spec.subscriptions.0.git.allowTags: `allowTags` is deprecated since Kargo 1.7 and will be removed in 1.13. Use `allowTagsRegexes`; discovery fails while this is set.",
    ],
  ],
  [
    "an image the old way",
    "Warehouse",
    warehouse({ image: { repoURL: "nginx", semverConstraint: "^1" } }),
    [
      "unknown-key key spec.subscriptions.0.image.semverConstraint: `semverConstraint` does not exist in this version of Kargo. Use `constraint`.",
    ],
  ],
  [
    "an OCI chart with a name",
    "Warehouse",
    warehouse({ chart: { repoURL: "oci://ghcr.io/a", name: "b" } }),
    ["rule key spec.subscriptions.0.chart.name: must be empty if repoURL starts with oci://"],
  ],
  [
    "an HTTP chart without name",
    "Warehouse",
    warehouse({ chart: { repoURL: "https://charts.example.com" } }),
    ["rule value spec.subscriptions.0.chart: must be non-empty if repoURL starts with http:// or https://"],
  ],
  [
    "a policy for nobody",
    "ProjectConfig",
    kargo("ProjectConfig", { spec: { promotionPolicies: [{ autoPromotionEnabled: true }] } }),
    [
      "rule value spec.promotionPolicies.0: PromotionPolicy must have exactly one of stage or stageSelector set",
    ],
  ],
  [
    "a policy the old way",
    "ProjectConfig",
    kargo("ProjectConfig", { spec: { promotionPolicies: [{ stage: "test" }] } }),
    ["*deprecated key spec.promotionPolicies.0.stage: `stage` is deprecated. Use `stageSelector`."],
  ],
  [
    "rollback twice for one end",
    "ProjectConfig",
    kargo("ProjectConfig", {
      spec: {
        promotionPolicies: [
          { stageSelector: {}, autoRollback: { onPromotion: ["Failed", "Failed", "Errored"] } },
        ],
      },
    }),
    [
      "items value spec.promotionPolicies.0.autoRollback.onPromotion: `onPromotion` has 3 entries; 2 are allowed.",
      'unique value spec.promotionPolicies.0.autoRollback.onPromotion.1: `onPromotion` has "Failed" twice.',
    ],
  ],
  [
    "an alias that fits no label",
    "Freight",
    kargo("Freight", { origin, alias: "wise otter" }),
    [
      "pattern value alias: `alias` must be letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit.",
    ],
  ],
  [
    "a time that is none",
    "Freight",
    kargo("Freight", { origin, discoveredAt: "2026-02-30T00:00:00Z" }),
    ["format value discoveredAt: `discoveredAt` is no time; write it like `2026-01-31T12:00:00Z`."],
  ],
  [
    "an address that is none",
    "ClusterConfig",
    {
      apiVersion: "kargo.akuity.io/v1alpha1",
      kind: "ClusterConfig",
      metadata: { name: "cluster" },
      spec: { gitClient: { name: "K", email: "nope" } },
    },
    ["format value spec.gitClient.email: `email` is no e-mail address."],
  ],
  [
    "an int-or-string",
    "AnalysisTemplate",
    {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "AnalysisTemplate",
      metadata,
      spec: {
        metrics: [{ name: "a", count: "{{args.n}}", failureLimit: true, provider: { job: { spec: {} } } }],
      },
    },
    [
      "type value spec.metrics.0.failureLimit: `failureLimit` must be a whole number or text, not true or false.",
    ],
  ],
  [
    "a metric from two providers",
    "AnalysisTemplate",
    {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "AnalysisTemplate",
      metadata,
      spec: {
        metrics: [
          { name: "a", provider: { job: { spec: {} }, web: { url: "x" } } },
          { name: "b", provider: {} },
        ],
      },
    },
    [
      "choice key spec.metrics.0.provider.web: Only one of `job`, `prometheus`, `web`, `cloudWatch`, `datadog`, `graphite`, `influxdb`, `kayenta`, `newRelic`, `plugin`, `skywalking` and `wavefront` can be set.",
      "choice key spec.metrics.1.provider: One of `job`, `prometheus`, `web`, `cloudWatch`, `datadog`, `graphite`, `influxdb`, `kayenta`, `newRelic`, `plugin`, `skywalking` and `wavefront` must be set.",
    ],
  ],
  [
    "a Secret with numbers",
    "Secret",
    { apiVersion: "v1", kind: "Secret", metadata, stringData: { username: 1, other: "x" } },
    ['type value stringData.username: `username` must be text, not a number; put it in quotes: "1".'],
  ],
];
for (const [name, kind, value, expected] of documents) {
  test(`${kind}: ${name}`, () => assert.deepEqual(told(validate(value, of(kind))), expected));
}

const configs: readonly [name: string, kind: string, config: unknown, expected: readonly string[]][] = [
  [
    "a template for a number",
    "git-wait-for-pr",
    { repoURL: "${{ vars.repo }}", prNumber: "${{ outputs.pr.id }}" },
    [],
  ],
  [
    "a template for a list",
    "git-open-pr",
    { repoURL: "https://h/a", sourceBranch: "a", targetBranch: "b", labels: "${% vars.labels %}" },
    [],
  ],
  [
    "a template for a flag and a word",
    "helm-template",
    { path: "a", outPath: "b", releaseName: "c", skipTests: "${{ true }}", outLayout: "${{ x }}" },
    [],
  ],
  [
    "a template in part",
    "http",
    { url: "https://${{ vars.host }}/", timeout: "${{ vars.t }}s", method: "${{ vars.m }}" },
    [],
  ],
  [
    "a number in quotes",
    "git-wait-for-pr",
    { repoURL: "https://h/a", prNumber: "42" },
    ["type value prNumber: `prNumber` must be a whole number, not text."],
  ],
  [
    "a number without quotes",
    "file-write",
    { path: "a", contents: 1.1 },
    ['type value contents: `contents` must be text, not a number; put it in quotes: "1.1".'],
  ],
  [
    "choices that may turn out empty",
    "kustomize-set-image",
    { path: "a", images: [{ image: "x", tag: "${{ a }}", digest: "${{ b }}" }] },
    [],
  ],
  [
    "a choice not made",
    "kustomize-set-image",
    { path: "a", images: [{ image: "x" }] },
    ["choice key images.0: One of `tag` and `digest` must be set."],
  ],
  [
    "a choice made of nothing",
    "kustomize-set-image",
    { path: "a", images: [{ image: "x", tag: "" }] },
    ["choice key images.0: One of `tag` and `digest` must be set."],
  ],
  [
    "a choice made twice",
    "git-clone",
    { repoURL: "https://h/a", checkout: [{ path: "a", branch: "x", tag: "y" }] },
    ["choice key checkout.0.tag: Only one of `branch`, `commit` and `tag` can be set."],
  ],
  [
    "a choice by presence",
    "delete",
    { path: "", paths: ["a"] },
    [
      "choice key paths: Only one of `path` and `paths` can be set.",
      "length value path: `path` must not be empty.",
    ],
  ],
  [
    "a revision that is missing",
    "argocd-update",
    { apps: [{ name: "a", sources: [{ repoURL: "x", updateTargetRevision: true }] }] },
    ["rule key apps.0.sources.0.updateTargetRevision: `updateTargetRevision` needs `desiredRevision`."],
  ],
  [
    "an author on the commit",
    "git-commit",
    { path: "a", message: "b", author: { name: "A", email: "a@b" } },
    [
      "*deprecated key author: `author` is deprecated since Kargo 1.10 and will be removed in 1.12. Set `author` on the `git-clone` step.",
    ],
  ],
  [
    "a field of old",
    "git-wait-for-pr",
    { repoURL: "https://h/a", prNumber: 1, prNumberFromStep: "x" },
    [
      "unknown-key key prNumberFromStep: `prNumberFromStep` does not exist in this version of Kargo. Use `prNumber: ${{ outputs.x.pr.id }}`.",
    ],
  ],
  [
    "fields of old in a checkout",
    "git-clone",
    {
      repoURL: "https://h/a",
      checkout: [{ path: "a", fromFreight: true, fromOrigin: { kind: "Warehouse", name: "w" } }],
    },
    [
      "unknown-key key checkout.0.fromFreight: `fromFreight` does not exist in this version of Kargo. Use `commit: ${{ commitFrom(vars.repoURL).ID }}`.",
      "unknown-key key checkout.0.fromOrigin: `fromOrigin` does not exist in this version of Kargo. Name the Warehouse in the expression, such as `imageFrom(url, warehouse('app'))`.",
    ],
  ],
  [
    "messages of other steps",
    "git-commit",
    { path: "a", message: "b", messageFromSteps: ["x"] },
    [
      "unknown-key key messageFromSteps: `messageFromSteps` does not exist in this version of Kargo. Use `message: ${{ outputs.x.commitMessage }}`.",
    ],
  ],
  [
    "a commit of another step",
    "argocd-update",
    { apps: [{ name: "a", sources: [{ repoURL: "https://h/a", desiredCommitFromStep: "commit" }] }] },
    [
      "unknown-key key apps.0.sources.0.desiredCommitFromStep: `desiredCommitFromStep` does not exist in this version of Kargo. Use `desiredRevision: ${{ outputs.x.commit }}`.",
    ],
  ],
  [
    "an image's digest the old way",
    "kustomize-set-image",
    { path: "a", images: [{ image: "nginx", tag: "1", useDigest: true }] },
    [
      "unknown-key key images.0.useDigest: `useDigest` does not exist in this version of Kargo. Set `digest: ${{ imageFrom(url).Digest }}`.",
    ],
  ],
  [
    "an object where a list belongs",
    "yaml-update",
    { path: "a", updates: { key: "a", value: 1 } },
    ["type value updates: `updates` must be a list, not an object."],
  ],
  ["free output", "compose-output", { a: 1, b: [null] }, []],
  ["no output", "compose-output", {}, ["items value : The document must not be empty."]],
  ["what git-tag ignores", "git-tag", { path: "a", tag: "b", message: "c", x: 1 }, []],
  [
    "a duration Go cannot read",
    "http",
    { url: "x", timeout: "abc5sxyz" },
    ["format value timeout: `timeout` is no duration; write it like `30s` or `1h30m`."],
  ],
  [
    "no duration at all, told once",
    "http",
    { url: "x", timeout: "soon" },
    ["pattern value timeout: `timeout` must be a duration such as `30s` or `1h30m`."],
  ],
];
for (const [name, kind, config, expected] of configs) {
  test(`${kind}: ${name}`, () => {
    const schema = stepConfigSchema(kind);
    assert.ok(schema);
    assert.deepEqual(told(validate(config, schema)), expected);
  });
}

test("unknown steps are as bad as the caller says", () => {
  const of = (unknownSteps: "error" | "ignore") =>
    validate(withSteps({ uses: "my-step" }), (kindSchema("Stage") as { schema: Schema }).schema, {
      unknownSteps,
    });
  assert.deepEqual(of("ignore"), []);
  assert.equal(of("error")[0]?.severity, "error");
});

/** A value of another type than the schema wants, as it could stand in YAML. */
function otherType(schema: Schema): unknown {
  return schema.type === "string" || schema.type === "array" ? { a: 1 } : ["a"];
}

/** Values a field must not have, each with the one fault it makes. */
function* faultyValues(field: Schema): Generator<readonly [ProblemCode, unknown]> {
  if (field.type !== "any") yield ["type", otherType(field)];
  if (field.type === "string") {
    if (field.enum !== undefined) yield ["enum", "no such word"];
    if (field.pattern !== undefined) yield ["pattern", "!"];
    if (field.minLength !== undefined) yield ["length", ""];
    if (field.maxLength !== undefined && field.pattern !== undefined) {
      yield ["length", "a".repeat(field.maxLength + 1)];
    }
    if (field.format === "date-time" || field.format === "email") yield ["format", "nope"];
  }
  if (field.type === "integer" && field.minimum !== undefined) yield ["range", field.minimum - 1];
  if (field.type === "integer" && field.maximum !== undefined) yield ["range", field.maximum + 1];
  if (field.type === "array" && field.minItems !== undefined) yield ["items", []];
  if (field.type === "object" && field.minFields !== undefined) yield ["items", {}];
}

/** Checks every field below a schema by itself; returns how many faults were tried. */
function tryFaults(schema: Schema, path: string): number {
  if (schema.type === "array") return tryFaults(schema.items, `${path}[]`);
  if (schema.type !== "object") return 0;
  let tried = 0;
  const expectOne = (code: ProblemCode, value: unknown, place: string) => {
    const found = validate(value, schema).filter(
      (problem) => problem.severity === "error" && (problem.code === code || problem.path[0] === place),
    );
    const where = `${path} ${code} ${JSON.stringify(value)}`;
    assert.deepEqual(
      found.map((problem) => [problem.code, ...problem.path]),
      [[code, place]],
      where,
    );
    tried++;
  };
  if (schema.additional === undefined) expectOne("unknown-key", { unheardOf: 1 }, "unheardOf");
  const missing = validate({}, schema).filter((problem) => problem.code === "required");
  assert.deepEqual(
    missing.map((problem) => problem.missing),
    [...schema.required],
    path,
  );
  for (const [name, field] of Object.entries(schema.fields)) {
    for (const [code, value] of faultyValues(field)) expectOne(code, { [name]: value }, name);
    tried += tryFaults(field, `${path}.${name}`);
  }
  if (schema.additional !== undefined) tried += tryFaults(schema.additional, `${path}.*`);
  return tried;
}

for (const kind of stepKinds) {
  test(`every field of ${kind}: each fault is told once, at its place`, () => {
    assert.ok(tryFaults(stepConfigSchema(kind) as Schema, kind) > 0 || kind === "compose-output");
  });
}
for (const { kind, schema } of knownKinds) {
  test(`every field of ${kind}: each fault is told once, at its place`, () => {
    assert.ok(tryFaults(schema, kind) > 20);
  });
}
