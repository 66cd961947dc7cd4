// A pipeline of ten Stages with real pushes, and what is to be compared of two workspaces that ran it: one left in peace
// and one whose process was killed again and again. Kills nothing itself.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Freight, Promotion, Stage } from "../../src/model/resources";
import { commitTo, git, makeRemote } from "./git-repos";
import { listed, projectYaml } from "./sample-cli";

/** Every Stage with the Stages it takes Freight from; a Stage without any takes it from the Warehouse. */
const flow: Readonly<Record<string, readonly string[]>> = {
  "test-a": [],
  "test-b": [],
  "uat-a": ["test-a"],
  "uat-b": ["test-b"],
  gate: ["uat-a", "uat-b"],
  "eu-1": ["gate"],
  "eu-2": ["gate"],
  "us-1": ["gate"],
  canary: ["eu-1", "eu-2", "us-1"],
  prod: ["canary"],
};
/** These push to folders of one branch and get in each other's way. */
const sharing = new Set(["eu-1", "eu-2", "us-1"]);

/** A workspace with its repository. */
export interface CrashPipeline {
  readonly root: string;
  readonly repository: string;
}

/** Makes both below `folder`. The repository logs every ref that anybody pushes. */
export function makeCrashPipeline(folder: string): CrashPipeline {
  const repository = makeRemote(join(folder, "repository.git"), { "app.yaml": content(0) });
  git(repository, "config", "core.logAllRefUpdates", "true");
  const hook = join(repository, "hooks", "post-receive");
  writeFileSync(hook, "#!/bin/sh\ncat >> pushes.log\n");
  chmodSync(hook, 0o755);
  const root = join(folder, "workspace");
  mkdirSync(root, { recursive: true });
  const url = `file://${repository}`;
  writeFileSync(join(root, "pipeline.yaml"), [head(url), ...Object.keys(flow).map(stageYaml)].join("---\n"));
  return { root, repository };
}

/** A new commit on main, and so a new artifact: the very same one for all of them. */
export function newVersion(pipelines: readonly CrashPipeline[], version: number): void {
  const [first, ...others] = pipelines.map(({ repository }) => repository);
  if (first === undefined) return;
  commitTo(first, "main", { "app.yaml": content(version) }, `Version ${version}`);
  for (const other of others) git(other, "fetch", "--quiet", first, "+refs/heads/main:refs/heads/main");
}

function content(version: number): string {
  return `version: ${version}\nstage: ""\ncommit: ""\n`;
}

/** Names of the state's files that hold no object. Call while no process writes. */
export function unreadableObjects({ root }: CrashPipeline): readonly string[] {
  const state = join(root, ".kargo", "state");
  if (!existsSync(state)) return []; // killed before it wrote anything
  const files = readdirSync(state, { recursive: true, encoding: "utf8" }).filter((n) => n.endsWith(".json"));
  return files.filter((name) => {
    try {
      return typeof JSON.parse(readFileSync(join(state, name), "utf8")).metadata.name !== "string";
    } catch {
      return true;
    }
  });
}

/** What stands in the end, line by line, without names and times that differ from run to run. */
export async function finalState({ root, repository }: CrashPipeline): Promise<readonly string[]> {
  const freight = await listed<Freight>(root, "freight");
  const versions = new Map(
    freight.map(({ metadata, commits }) => [metadata.name, commits?.[0]?.message ?? ""]),
  );
  const versionOf = (name: string | undefined) => versions.get(name ?? "") ?? "none";
  const promotions = await listed<Promotion>(root, "promotions");
  const stages = await listed<Stage>(root, "stages");
  const keys = (map: object | undefined) =>
    Object.keys(map ?? {})
      .sort()
      .join(" ");
  const ofFreight = freight.map(({ metadata, status }) => {
    const { currentlyIn, verifiedIn, approvedFor } = status ?? {};
    const where = `in ${keys(currentlyIn)}; verified in ${keys(verifiedIn)}; approved for ${keys(approvedFor)}`;
    return `Freight ${versionOf(metadata.name)}: ${where}`;
  });
  const ofStages = stages.flatMap(({ metadata, status }) => {
    const { freightHistory = [], lastPromotion, currentPromotion, health, conditions = [] } = status ?? {};
    const history = freightHistory.map(({ items, verificationHistory = [] }) => {
      const names = Object.values(items).map(({ name }) => versionOf(name));
      return `${names} ${verificationHistory.map(({ phase }) => phase)}`;
    });
    const last = `${versionOf(lastPromotion?.freight?.name)} ${lastPromotion?.status?.phase}`;
    return [
      `Stage ${metadata.name}: last ${last}; current ${currentPromotion?.name}; health ${health?.status}`,
      `Stage ${metadata.name}: ${history.join(", ")}`,
      ...conditions.map(({ type, status: is, reason }) => `Stage ${metadata.name}: ${type} ${is} ${reason}`),
    ];
  });
  const ofPromotions = promotions.map(
    ({ spec, status }) => `Promotion ${spec.stage} ${versionOf(spec.freight)} ${status?.phase}`,
  );
  const trees = git(repository, "for-each-ref", "--format=%(refname) %(tree)", "refs/heads").split("\n");
  return [...ofFreight, ...ofStages, ...ofPromotions, ...trees].sort();
}

/** Pushes that went backwards or that gave one version of the application two contents, as sentences. */
export function contradictoryPushes({ repository }: CrashPipeline): readonly string[] {
  const faults: string[] = [];
  const contents = new Map<string, string>();
  const newest = new Map<string, number>();
  const log = readFileSync(join(repository, "pushes.log"), "utf8").trim().split("\n");
  for (const [, id, ref] of log.map((line) => line.split(" "))) {
    if (id === undefined || ref === undefined || ref === "refs/heads/main") continue;
    for (const file of git(repository, "ls-tree", "-r", "--name-only", id).split("\n")) {
      if (!file.endsWith("app.yaml")) continue;
      const text = git(repository, "show", `${id}:${file}`);
      const version = Number(/^version: (\d+)$/m.exec(text)?.[1]);
      const place = `${ref} ${file}`;
      const key = `${place} ${version}`;
      if (contents.has(key) && contents.get(key) !== text) faults.push(`${key} has two contents`);
      if (version < (newest.get(place) ?? 0)) faults.push(`${key} came after ${newest.get(place)}`);
      contents.set(key, text);
      newest.set(place, version);
    }
  }
  return faults;
}

function head(url: string): string {
  return `${projectYaml("glob:*", "crash")}---
apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: app, namespace: crash}
spec:
  interval: 1s
  subscriptions: [{git: {repoURL: "${url}", branch: main}}]
---
apiVersion: kargo.akuity.io/v1alpha1
kind: PromotionTask
metadata: {name: deploy, namespace: crash}
spec:
  vars:
    - {name: repoURL, value: "${url}"}
    - {name: branch}
    - {name: folder}
  steps:
    - uses: git-clone
      config:
        repoURL: \${{ vars.repoURL }}
        checkout:
          - {commit: "\${{ quote(commitFrom(vars.repoURL).ID) }}", path: ./src}
          - {branch: "\${{ vars.branch }}", create: true, path: ./out}
    - uses: copy
      config: {inPath: ./src/app.yaml, outPath: "./out/\${{ vars.folder }}/app.yaml"}
    - uses: yaml-update
      config:
        path: ./out/\${{ vars.folder }}/app.yaml
        updates:
          - {key: stage, value: "\${{ ctx.stage }}"}
          - {key: commit, value: "\${{ quote(commitFrom(vars.repoURL).ID) }}"}
    - uses: git-commit
      config: {path: ./out, message: "\${{ ctx.stage }} gets \${{ commitFrom(vars.repoURL).ID[:7] }}"}
    - uses: git-push
      config: {path: ./out}
`;
}

function stageYaml(name: string): string {
  const upstream = flow[name] ?? [];
  const sources =
    upstream.length === 0
      ? "{direct: true}"
      : `{stages: [${upstream.join(", ")}], availabilityStrategy: ${upstream.length > 1 ? "All" : "OneOf"}}`;
  const isSharing = sharing.has(name);
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: ${name}, namespace: crash}
spec:
  requestedFreight: [{origin: {kind: Warehouse, name: app}, sources: ${sources}}]
  promotionTemplate:
    spec:
      steps:
        - task: {name: deploy}
          as: deploy
          vars:
            - {name: branch, value: ${isSharing ? "regions" : `stage/${name}`}}
            - {name: folder, value: ${isSharing ? name : "."}}
`;
}
