// Writes a workspace with many pipelines and a long past, in the real on-disk format: YAML files and `.kargo/state`.
// Everything is made of the same few shapes a real run leaves; nothing of it is ever promoted for real.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { specHashOf } from "../../src/backend/local/workspace";
import { freightCollectionId, freightName } from "../../src/engine/freight-name";
import { promotionName } from "../../src/engine/promotion/naming";
import { parseResources } from "../../src/model/parse";
import type {
  Condition,
  Freight,
  FreightCollection,
  FreightReference,
  Promotion,
  StageStatus,
} from "../../src/model/resources";

/** How large a workspace is to be. */
export interface LargeWorkspace {
  /** Each has its own Warehouse; all are in one Project. */
  readonly pipelines: number;
  readonly stagesPerPipeline: number;
  readonly freightPerPipeline: number;
  readonly promotionsPerStage: number;
}

/** 1,000 Stages, 10,000 Freight and 50,000 Promotions. */
export const fullSize: LargeWorkspace = {
  pipelines: 100,
  stagesPerPipeline: 10,
  freightPerPipeline: 100,
  promotionsPerStage: 50,
};

/** The Project that everything belongs to. */
export const largeProject = "shop";

const apiVersion = "kargo.akuity.io/v1alpha1";
const firstMs = Date.parse("2026-03-01T08:00:00Z");
const minuteMs = 60_000;

/** The time at which everything in it has just happened: no discovery is due. */
export const largeNowMs = firstMs + 20_010 * minuteMs;
const aliases = ["amber", "brisk", "calm", "dapper", "eager", "frosty", "golden", "hollow"];

/** Writes it below `root` and returns how many files of state that are. */
export function writeLargeWorkspace(root: string, size: LargeWorkspace): number {
  const state = join(root, ".kargo/state", largeProject);
  mkdirSync(join(root, "pipelines"), { recursive: true });
  writeFileSync(join(root, "project.yaml"), projectYaml);
  let files = 0;
  const write = (folder: string, name: string, value: unknown) => {
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(value, undefined, 2)}\n`);
    files++;
  };
  for (const kind of ["freight", "stages", "warehouses", "promotions"])
    mkdirSync(join(state, kind), { recursive: true });
  writeFileSync(join(root, ".kargo/.gitignore"), "*\n");
  for (let p = 0; p < size.pipelines; p++) {
    const warehouse = `service-${String(p).padStart(3, "0")}`;
    const yaml = pipelineYaml(warehouse, size);
    writeFileSync(join(root, "pipelines", `${warehouse}.yaml`), yaml);
    const hashes = new Map(
      parseResources("", yaml).resources.map(({ resource }) => [
        resource.metadata.name,
        specHashOf(resource),
      ]),
    );
    const freight = Array.from({ length: size.freightPerPipeline }, (_, n) => freightOf(warehouse, n, size));
    for (const one of freight) write(join(state, "freight"), one.metadata.name, one);
    write(join(state, "warehouses"), warehouse, {
      ...warehouseState(warehouse, freight),
      specHash: hashes.get(warehouse),
    });
    for (let s = 0; s < size.stagesPerPipeline; s++) {
      const stage = stageName(warehouse, s);
      const folder = join(state, "promotions", stage);
      mkdirSync(folder, { recursive: true });
      const promotions = Array.from({ length: size.promotionsPerStage }, (_, n) => {
        const piece = freight[Math.ceil(((n + 1) * freight.length) / size.promotionsPerStage) - 1] as Freight;
        return promotionOf(stage, piece, n, n % 12 === 5 ? "Failed" : "Succeeded");
      });
      for (const one of promotions) write(folder, one.metadata.name, one);
      write(join(state, "stages"), stage, { ...stageState(stage, promotions), specHash: hashes.get(stage) });
    }
  }
  return files;
}

/** The name of a pipeline's Stage. */
export function stageName(warehouse: string, index: number): string {
  return `${warehouse}-${index === 0 ? "test" : `prod-${String(index).padStart(2, "0")}`}`;
}

const projectYaml = `apiVersion: ${apiVersion}
kind: Project
metadata:
  name: ${largeProject}
---
apiVersion: ${apiVersion}
kind: ProjectConfig
metadata:
  name: ${largeProject}
  namespace: ${largeProject}
spec:
  promotionPolicies:
    - stageSelector:
        name: regex:.*-test
      autoPromotionEnabled: true
`;

function pipelineYaml(warehouse: string, size: LargeWorkspace): string {
  const stages = Array.from({ length: size.stagesPerPipeline }, (_, s) => stageYaml(warehouse, s));
  return [warehouseYaml(warehouse), ...stages].join("---\n");
}

function warehouseYaml(warehouse: string): string {
  return `apiVersion: ${apiVersion}
kind: Warehouse
metadata:
  name: ${warehouse}
  namespace: ${largeProject}
spec:
  interval: 24h0m0s
  freightCreationPolicy: Automatic
  subscriptions:
    - git:
        repoURL: https://git.example.com/shop/${warehouse}.git
        branch: main
        discoveryLimit: 10
    - image:
        repoURL: registry.example.com/shop/${warehouse}
        constraint: ^1.0.0
`;
}

/** Every Stage follows the one before. */
function stageYaml(warehouse: string, index: number): string {
  const name = stageName(warehouse, index);
  const source = index === 0 ? "direct: true" : `stages: [${stageName(warehouse, index - 1)}]`;
  return `apiVersion: ${apiVersion}
kind: Stage
metadata:
  name: ${name}
  namespace: ${largeProject}
spec:
  requestedFreight:
    - origin:
        kind: Warehouse
        name: ${warehouse}
      sources:
        ${source}
  promotionTemplate:
    spec:
      vars:
        - name: gitRepo
          value: https://git.example.com/shop/${warehouse}.git
        - name: imageRepo
          value: registry.example.com/shop/${warehouse}
      steps:
        - uses: git-clone
          as: clone
          config:
            repoURL: \${{ vars.gitRepo }}
            checkout:
              - commit: \${{ commitFrom(vars.gitRepo).ID }}
                path: ./src
              - branch: stage/${name}
                create: true
                path: ./out
        - uses: git-clear
          config:
            path: ./out
        - uses: kustomize-set-image
          as: update
          config:
            path: ./src/base
            images:
              - image: \${{ vars.imageRepo }}
                tag: \${{ imageFrom(vars.imageRepo).Tag }}
        - uses: kustomize-build
          config:
            path: ./src/stages/${name}
            outPath: ./out
        - uses: git-commit
          as: commit
          config:
            path: ./out
            message: \${{ outputs.update.commitMessage }}
        - uses: git-push
          as: push
          config:
            path: ./out
`;
}

function at(minutes: number): string {
  return new Date(firstMs + minutes * minuteMs).toISOString().replace(/\.\d+Z$/, "Z");
}

function hex(seed: string, length: number): string {
  let text = "";
  for (let n = 0, h = 2166136261; text.length < length; n++) {
    for (const c of `${seed}${n}`) h = Math.imul(h ^ c.charCodeAt(0), 16777619) >>> 0;
    text += h.toString(16).padStart(8, "0");
  }
  return text.slice(0, length);
}

function freightOf(warehouse: string, n: number, size: LargeWorkspace): Freight {
  const origin = { kind: "Warehouse", name: warehouse } as const;
  const artifacts = {
    commits: [
      {
        repoURL: `https://git.example.com/shop/${warehouse}.git`,
        id: hex(`${warehouse}/commit/${n}`, 40),
        branch: "main",
        message: `Change ${n}: tidy the handling of orders that were placed twice (#${1000 + n})`,
        author: "Robin Example <robin@example.com>",
        committer: "Robin Example <robin@example.com>",
      },
    ],
    images: [
      {
        repoURL: `registry.example.com/shop/${warehouse}`,
        tag: `1.${n}.0`,
        digest: `sha256:${hex(`${warehouse}/image/${n}`, 64)}`,
        annotations: { "org.opencontainers.image.revision": hex(`${warehouse}/commit/${n}`, 40) },
      },
    ],
  };
  const isNewest = n === size.freightPerPipeline - 1;
  const stages = Array.from({ length: size.stagesPerPipeline }, (_, s) => stageName(warehouse, s));
  return {
    apiVersion,
    kind: "Freight",
    metadata: {
      name: freightName({ origin, ...artifacts }),
      namespace: largeProject,
      labels: { "kargo.akuity.io/alias": `${aliases[n % 8]}-${warehouse}-${n}` },
      uid: `${hex(`${warehouse}/f/${n}`, 8)}-0000-4000-8000-000000000000`,
      generation: 1,
      creationTimestamp: at(n * 100),
      resourceVersion: "13",
    },
    alias: `${aliases[n % 8]}-${warehouse}-${n}`,
    origin,
    ...artifacts,
    status: {
      ...(isNewest && {
        currentlyIn: Object.fromEntries(stages.map((stage) => [stage, { since: at(n * 100 + 5) }])),
      }),
      verifiedIn: Object.fromEntries(
        stages.map((stage) => [stage, { verifiedAt: at(n * 100 + 6), longestSoak: "1h30m0s" }]),
      ),
    },
  };
}

function reference({ metadata, origin, commits, images }: Freight): FreightReference {
  return { name: metadata.name, origin, ...(commits && { commits }), ...(images && { images }) };
}

function collection(freight: FreightReference): FreightCollection {
  const items = { [`Warehouse/${freight.origin.name}`]: freight };
  return { id: freightCollectionId(items), items };
}

const stepKinds = [
  ["git-clone", "clone"],
  ["git-clear", "step-2"],
  ["kustomize-set-image", "update"],
  ["kustomize-build", "step-4"],
  ["git-commit", "commit"],
  ["git-push", "push"],
] as const;

function promotionOf(stage: string, freight: Freight, n: number, phase: "Succeeded" | "Failed"): Promotion {
  const startedAt = at(n * 200 + 3);
  const finishedAt = at(n * 200 + 4);
  const name = promotionName(stage, freight.metadata.name, new Date(firstMs + (n * 200 + 2) * minuteMs));
  const url = freight.commits?.[0]?.repoURL ?? "";
  const commit = hex(`${stage}/${n}`, 40);
  return {
    apiVersion,
    kind: "Promotion",
    metadata: {
      name,
      namespace: largeProject,
      labels: { "kargo.akuity.io/stage": stage },
      annotations: { "kargo.akuity.io/create-actor": "admin", "kargo.akuity.io/stage": stage },
      ownerReferences: [
        {
          apiVersion,
          kind: "Stage",
          name: stage,
          uid: `${hex(stage, 8)}-0000-4000-8000-000000000000`,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      uid: `${hex(name, 8)}-0000-4000-8000-000000000000`,
      generation: 1,
      creationTimestamp: at(n * 200 + 2),
      resourceVersion: "21",
    },
    spec: {
      stage,
      freight: freight.metadata.name,
      vars: [
        { name: "gitRepo", value: url },
        { name: "imageRepo", value: freight.images?.[0]?.repoURL ?? "" },
      ],
      steps: stepKinds.map(([uses, as]) => ({
        uses,
        as,
        config: {
          path: "./out",
          repoURL: `\${{ vars.gitRepo }}`,
          message: `\${{ outputs.update.commitMessage }}`,
        },
      })),
    },
    status: {
      phase,
      startedAt,
      finishedAt,
      ...(phase === "Failed" && {
        message:
          'step "push" met error threshold of 1: error running step "push": the remote refused the push',
      }),
      freight: reference(freight),
      freightCollection: collection(reference(freight)),
      currentStep: 5,
      stepExecutionMetadata: stepKinds.map(([, alias], index) => ({
        alias,
        startedAt,
        finishedAt,
        status: phase === "Failed" && index === 5 ? ("Failed" as const) : ("Succeeded" as const),
      })),
      state: {
        clone: { commits: { "./src": freight.commits?.[0]?.id ?? "", "./out": commit } },
        update: { commitMessage: `Updated ./src/base to use new image\n\n- ${url}` },
        commit: { commit },
        push: { branch: `stage/${stage}`, commit, commitURL: `${url}/commit/${commit}` },
      },
    },
  };
}

function stageState(stage: string, promotions: readonly Promotion[]) {
  const last = promotions.at(-1) as Promotion;
  const status: StageStatus = {
    conditions: conditions(
      ["Ready", "Promoting", "Healthy", "Verified"].filter((type) => type !== "Promoting"),
    ),
    freightSummary: last.spec.freight,
    freightHistory: promotions
      .slice(-10)
      .reverse()
      .map(({ metadata, status }, n) => ({
        ...(status?.freightCollection as FreightCollection),
        verificationHistory: [
          {
            id: `${hex(`${metadata.name}${n}`, 8)}-0000-4000-8000-000000000000`,
            startTime: status?.finishedAt ?? "",
            finishTime: status?.finishedAt ?? "",
            phase: "Successful" as const,
          },
        ],
      })),
    health: { status: "Healthy" },
    observedGeneration: 1,
    lastPromotion: {
      name: last.metadata.name,
      ...(last.status?.freight && { freight: last.status.freight }),
      ...(last.status && { status: last.status }),
      ...(last.status?.finishedAt && { finishedAt: last.status.finishedAt }),
    },
  };
  return stored("Stage", stage, status);
}

function warehouseState(warehouse: string, freight: readonly Freight[]) {
  const newest = freight.at(-1) as Freight;
  return stored("Warehouse", warehouse, {
    conditions: conditions(["Ready", "Healthy"]),
    lastFreightID: newest.metadata.name,
    observedGeneration: 1,
    discoveredArtifacts: {
      discoveredAt: at(20_000),
      git: [
        {
          repoURL: newest.commits?.[0]?.repoURL,
          commits: freight
            .slice(-10)
            .reverse()
            .map(({ commits }) => ({ ...commits?.[0], subject: "tidied" })),
        },
      ],
      images: [
        {
          repoURL: newest.images?.[0]?.repoURL,
          references: freight
            .slice(-20)
            .reverse()
            .map(({ images }) => ({ ...images?.[0], createdAt: at(20_000) })),
        },
      ],
    },
  });
}

/** The state of a resource whose spec is in a file. */
function stored(kind: "Stage" | "Warehouse", name: string, status: object) {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: largeProject,
      uid: `${hex(name, 8)}-0000-4000-8000-000000000000`,
      generation: 1,
      resourceVersion: "40",
      creationTimestamp: at(0),
    },
    status,
  };
}

function conditions(types: readonly string[]): Condition[] {
  return types.map((type) => ({
    type,
    status: "True",
    reason: type,
    message: "",
    observedGeneration: 1,
    lastTransitionTime: at(10_000),
  }));
}
