// A Warehouse's subscriptions as choices, and the short names artifacts go by.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kargoApiVersion, type Warehouse } from "../../../src/model/resources";
import {
  artifactLabels,
  repositoryName,
  type SubscriptionView,
  subscriptionViews,
  typedArtifact,
} from "../../../src/model/subscriptions";
import { required } from "../../support/promotion-world";

const app = "https://example.com/team/app.git";
const env = "git@example.com:team/env.git";
const nginx = "docker.io/library/nginx";
const digest = `sha256:${"ab".repeat(32)}`;
const commit = "3f2ab1c0".repeat(5);

const warehouse: Warehouse = {
  apiVersion: kargoApiVersion,
  kind: "Warehouse",
  metadata: { name: "main", namespace: "shop" },
  spec: {
    subscriptions: [
      { git: { repoURL: app, branch: "main" } },
      { image: { repoURL: nginx, constraint: "^1.27.0" } },
      { git: { repoURL: env } },
      { chart: { repoURL: "https://charts.example.com", name: "web", semverConstraint: "1.x" } },
      { chart: { repoURL: "oci://registry.example.com/charts/api" } },
      { sbom: { name: "bill" } },
    ],
  },
  status: {
    discoveredArtifacts: {
      git: [
        { repoURL: app, commits: [{ id: commit, branch: "main", subject: "Say hello", author: "A <a@b>" }] },
        { repoURL: env, commits: [{ id: "1".repeat(40), tag: "v1.0.0" }] },
      ],
      images: [{ repoURL: nginx, references: [{ tag: "1.27.3", digest }] }],
      charts: [
        { repoURL: "https://charts.example.com", name: "web", versions: ["1.2.0", "1.1.0"] },
        { repoURL: "oci://registry.example.com/charts/api", versions: ["4.0.0"] },
      ],
      results: [
        {
          name: "bill",
          artifactReferences: [{ artifactType: "sbom", subscriptionName: "bill", version: "7" }],
        },
      ],
    },
  },
};

function view(index: number): SubscriptionView {
  return required(subscriptionViews(warehouse)[index]);
}

/** The Warehouse after a discovery that failed like this. */
function failed(reason: string, message: string): readonly SubscriptionView[] {
  const condition = { type: "Healthy", status: "False", reason, message, lastTransitionTime: "" } as const;
  return subscriptionViews({ ...warehouse, status: { ...warehouse.status, conditions: [condition] } });
}

interface Failure {
  readonly reason: string;
  readonly message: string;
  readonly problems: Readonly<Record<number, string>>;
  readonly passedOver: readonly number[];
}

const charts = "https://charts.example.com";
const discovering = "Unable to discover artifacts: error discovering artifacts:";
const failures: Readonly<Record<string, Failure>> = {
  "a Git repository": {
    reason: "DiscoveryFailed",
    message: `${discovering} error discovering commits from git repo "${env}": error cloning git repo "${env}": no answer`,
    problems: { 2: "no answer" },
    passedOver: [3, 4, 5],
  },
  "an image": {
    reason: "DiscoveryFailed",
    message: `${discovering} error discovering newest applicable images "${nginx}": error listing tags: denied`,
    problems: { 1: "error listing tags: denied" },
    passedOver: [2, 3, 4, 5],
  },
  "a chart": {
    reason: "DiscoveryFailed",
    message: `${discovering} error discovering latest chart versions in chart repository "${charts}"`,
    problems: { 3: `${discovering} error discovering latest chart versions in chart repository "${charts}"` },
    passedOver: [4, 5],
  },
  "a URL that only begins alike": {
    reason: "DiscoveryFailed",
    message: `${discovering} error in "${charts}/more": gone`,
    problems: {},
    passedOver: [],
  },
  "named by nobody": { reason: "DiscoveryFailed", message: "context canceled", problems: {}, passedOver: [] },
  "about something that is not a subscription": {
    reason: "CriteriaEvaluationFailed",
    message: `error in "${nginx}"`,
    problems: {},
    passedOver: [],
  },
};

describe("which subscription failed", () => {
  for (const [name, { reason, message, problems, passedOver }] of Object.entries(failures)) {
    test(name, () => {
      const views = failed(reason, message);
      const told = views.flatMap(({ index, problem }) => (problem === undefined ? [] : [[index, problem]]));
      assert.deepEqual(Object.fromEntries(told), problems);
      assert.deepEqual(
        views.filter(({ isPassedOver }) => isPassedOver).map(({ index }) => index),
        passedOver,
      );
    });
  }

  test("found nothing that fits", () => {
    const message = `No image of ${nginx} fits the subscription`;
    const condition = {
      type: "Healthy",
      status: "False",
      reason: "NoImageReferencesDiscovered",
      message,
      lastTransitionTime: "",
    } as const;
    const { discoveredArtifacts } = warehouse.status ?? {};
    const images = [{ repoURL: nginx, references: [] }];
    const views = subscriptionViews({
      ...warehouse,
      status: { conditions: [condition], discoveredArtifacts: { ...discoveredArtifacts, images } },
    });
    assert.deepEqual(
      views.map(({ problem }) => problem !== undefined),
      [false, true, false, false, false, false],
    );
  });

  test("nothing is told of a Warehouse that is well", () => {
    assert.ok(subscriptionViews(warehouse).every(({ problem, isPassedOver }) => !problem && !isPassedOver));
  });
});

describe("subscriptionViews", () => {
  test("keeps the written order and names each", () => {
    const named = subscriptionViews(warehouse).map(
      ({ type, label, selection }) => `${type} ${label} ${selection}`,
    );
    assert.deepEqual(named, [
      "git app main",
      "image nginx ^1.27.0",
      "git env ",
      "chart web 1.x",
      "chart api ",
      "generic bill ",
    ]);
  });

  test("finds the results of its own kind and place", () => {
    const labels = subscriptionViews(warehouse).map(({ found }) => found.map((choice) => choice.label));
    assert.deepEqual(labels, [["3f2ab1c"], ["1.27.3"], ["v1.0.0"], ["1.2.0", "1.1.0"], ["4.0.0"], ["7"]]);
  });

  test("takes a discovered commit over as Freight carries it", () => {
    assert.deepEqual(view(0).found[0]?.artifacts, {
      commits: [
        {
          repoURL: app,
          id: commit,
          branch: "main",
          tag: undefined,
          message: "Say hello",
          author: "A <a@b>",
          committer: undefined,
        },
      ],
    });
  });

  test("leaves the name out of a chart from an OCI registry", () => {
    assert.deepEqual(view(4).found[0]?.artifacts, {
      charts: [{ repoURL: "oci://registry.example.com/charts/api", version: "4.0.0" }],
    });
  });

  test("offers nothing found before the subscription was changed", () => {
    const changed = {
      ...warehouse,
      spec: { subscriptions: [{ git: { repoURL: "https://example.com/other.git" } }] },
    };
    assert.deepEqual(subscriptionViews(changed)[0]?.found, []);
  });

  test("shows a subscription that is not filled in yet", () => {
    const empty = { ...warehouse, spec: { subscriptions: [{ git: {} }, {}] as never } };
    assert.deepEqual(
      subscriptionViews(empty).map(({ type, label }) => [type, label]),
      [
        ["git", ""],
        ["generic", ""],
      ],
    );
  });
});

describe("typedArtifact", () => {
  const rows: readonly { name: string; index: number; text: string; expected: unknown }[] = [
    {
      name: "a commit",
      index: 0,
      text: ` ${commit.toUpperCase()} `,
      expected: { commits: [{ repoURL: app, id: commit }] },
    },
    { name: "a short commit", index: 0, text: "3f2ab1c", expected: /full commit ID/ },
    { name: "nothing", index: 0, text: "  ", expected: /value is needed/ },
    { name: "two words", index: 1, text: "a b", expected: /spaces/ },
    { name: "a tag", index: 1, text: "1.27", expected: { images: [{ repoURL: nginx, tag: "1.27" }] } },
    {
      name: "a tag with digest",
      index: 1,
      text: `1.27@${digest}`,
      expected: { images: [{ repoURL: nginx, tag: "1.27", digest }] },
    },
    {
      name: "a digest alone",
      index: 1,
      text: `@${digest}`,
      expected: { images: [{ repoURL: nginx, digest }] },
    },
    { name: "half a digest", index: 1, text: "1.27@sha256:ab", expected: /64 hexadecimal digits/ },
    { name: "no tag at all", index: 1, text: "@", expected: /tag or a digest/ },
    { name: "a tag no image can have", index: 1, text: "-x", expected: /not a tag/ },
    {
      name: "a chart version",
      index: 3,
      text: "1.2.0",
      expected: { charts: [{ repoURL: "https://charts.example.com", name: "web", version: "1.2.0" }] },
    },
    {
      name: "an OCI chart version",
      index: 4,
      text: "4.0.0",
      expected: { charts: [{ repoURL: "oci://registry.example.com/charts/api", version: "4.0.0" }] },
    },
    {
      name: "a generic version",
      index: 5,
      text: "7",
      expected: { artifacts: [{ artifactType: "sbom", subscriptionName: "bill", version: "7" }] },
    },
  ];
  for (const { name, index, text, expected } of rows) {
    test(name, () => {
      const artifact = typedArtifact(view(index), text);
      if (expected instanceof RegExp) assert.match(String(artifact), expected);
      else assert.deepEqual(artifact, expected);
    });
  }
});

describe("repositoryName", () => {
  const rows: readonly (readonly [url: string, name: string])[] = [
    ["https://example.com/team/app.git", "app"],
    ["https://example.com/team/app/", "app"],
    ["git@example.com:app.git", "app"],
    ["file:///tmp/kargo-sample/repository.git", "repository"],
    ["https://example.com/app.git?ref=x#y", "app"],
    ["nginx", "nginx"],
    ["", ""],
  ];
  for (const [url, name] of rows) test(`${url} is ${name}`, () => assert.equal(repositoryName(url), name));
});

test("artifactLabels names each artifact shortly", () => {
  const labels = artifactLabels({
    commits: [
      { repoURL: app, id: commit },
      { repoURL: env, id: commit, tag: "v1" },
    ],
    images: [
      { repoURL: nginx, tag: "1.27.3", digest },
      { repoURL: nginx, digest },
    ],
    charts: [{ repoURL: "https://charts.example.com", name: "web", version: "1.2.0" }],
    artifacts: [{ artifactType: "sbom", subscriptionName: "bill", version: "7" }],
  });
  assert.deepEqual(labels, [
    "app@3f2ab1c",
    "env@v1",
    "nginx:1.27.3",
    "nginx@sha256:abababababab",
    "web 1.2.0",
    "bill 7",
  ]);
});
