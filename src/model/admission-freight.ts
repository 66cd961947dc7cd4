// Admission rules for Freight: what it may hold, that it never changes, when it may go
// (pkg/webhook/kubernetes/freight/webhook.go). Lists nothing itself: neighbours are passed in.
import { type AdmissionProblem, invalid } from "./admission-problem";
import {
  type ArtifactReference,
  type Chart,
  type Freight,
  type GitCommit,
  type Image,
  originKey,
  type Stage,
  type Warehouse,
} from "./resources";
import { chartKey, normGit } from "./urls";

/** Label that mirrors the alias of Freight. */
export const aliasLabel = "kargo.akuity.io/alias";

/** What new Freight is compared with. */
export interface FreightNeighbours {
  /** The Warehouse its origin names; undefined when there is none. */
  readonly warehouse: Warehouse | undefined;
  /** Other Freight of the Project. */
  readonly others: Iterable<Freight>;
}

/** Rules for new Freight. */
export function newFreightProblems(freight: Freight, neighbours: FreightNeighbours): AdmissionProblem[] {
  const { commits = [], images = [], charts = [], artifacts = [], alias = "" } = freight;
  const problems: AdmissionProblem[] = [];
  if (commits.length + images.length + charts.length + artifacts.length === 0) {
    problems.push(invalid([], undefined, "freight must contain at least one commit, image, or chart"));
  }
  if (isAliasTaken(alias, freight, neighbours.others)) {
    const message = `alias already used by another piece of Freight in namespace "${freight.metadata.namespace}"`;
    problems.push(invalid(["alias"], alias, message));
  }
  if (neighbours.warehouse !== undefined) {
    return [...problems, ...artifactProblems(freight, neighbours.warehouse)];
  }
  const missing = invalid(["warehouse"], freight.origin.name, "warehouse does not exist", ["origin", "name"]);
  return [...problems, missing];
}

/** True when other Freight of the Project carries the alias; the label counts, as for Kargo's look-ups. */
export function isAliasTaken(alias: string, freight: Freight, others: Iterable<Freight>): boolean {
  if (alias === "") return false;
  for (const other of others) {
    const isOther = other.metadata.name !== freight.metadata.name;
    const isNear = other.metadata.namespace === freight.metadata.namespace;
    if (isOther && isNear && (other.metadata.labels?.[aliasLabel] ?? other.alias) === alias) return true;
  }
  return false;
}

type ArtifactList = "commits" | "images" | "charts";
const nouns = { commits: "Git repository", images: "image repository", charts: "Helm chart" } as const;

/**
 * Exactly one artifact for each git, image and chart subscription, and none without subscription. Commits are compared
 * by normalised URL, images by the URL as written, charts by normalised URL and name; other artifacts are not compared.
 */
export function artifactProblems(freight: Freight, warehouse: Warehouse): AdmissionProblem[] {
  const { name } = warehouse.metadata;
  const wanted = subscribedKeys(warehouse);
  const counts = new Map<string, number>();
  const unwanted = artifactKeys(freight).flatMap(({ list, key, artifact, index }) => {
    if (wanted.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
    const message = `no subscription found for ${nouns[list]} in Warehouse "${name}"`;
    return wanted.has(key) ? [] : [invalid([list], artifact, message, [list, index])];
  });
  const uneven = [...wanted].flatMap(([key, { list, url }]) => {
    const count = counts.get(key) ?? 0;
    if (count === 1) return [];
    const what = count === 0 ? "no artifact" : "multiple artifacts";
    return [invalid([list], undefined, `${what} found for subscription "${url}" of Warehouse "${name}"`)];
  });
  return [...unwanted, ...uneven];
}

function artifactKeys({ commits = [], images = [], charts = [] }: Freight) {
  const key = (list: ArtifactList, url: string, artifact: unknown, index: number) => ({
    list,
    key: `${list} ${url}`,
    artifact,
    index,
  });
  return [
    ...commits.map((commit, index) => key("commits", normGit(commit.repoURL ?? ""), commit, index)),
    ...images.map((image, index) => key("images", image.repoURL ?? "", image, index)),
    ...charts.map((chart, index) => key("charts", chartKey(chart.repoURL, chart.name), chart, index)),
  ];
}

function subscribedKeys(
  warehouse: Warehouse,
): Map<string, { readonly list: ArtifactList; readonly url: string }> {
  const keys = new Map<string, { list: ArtifactList; url: string }>();
  const add = (list: ArtifactList, url: string) => keys.set(`${list} ${url}`, { list, url });
  for (const { git, image, chart } of warehouse.spec.subscriptions) {
    if (git !== undefined) add("commits", normGit(git.repoURL));
    if (image !== undefined) add("images", image.repoURL);
    if (chart !== undefined) add("charts", chartKey(chart.repoURL, chart.name));
  }
  return keys;
}

/** What is wrong with an alias given by hand, which has to do as the value of a label; undefined when nothing is. */
export function aliasProblem(alias: string): string | undefined {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(alias)) return undefined;
  const rule =
    "at most 63 letters, digits, dashes, dots and underscores, with a letter or digit at both ends";
  return `"${alias}" cannot be an alias: it must be ${rule}`;
}

/** Rules for a change of Freight: a taken alias is a conflict, and the first artifact that differs is named. */
export function changedFreightProblems(
  before: Freight,
  after: Freight,
  others: Iterable<Freight>,
): AdmissionProblem[] {
  const { alias = "" } = after;
  if (isAliasTaken(alias, after, others)) {
    const message = `alias "${alias}" already used by another piece of Freight in namespace "${after.metadata.namespace}"`;
    return [{ path: ["alias"], type: "Conflict", message, value: alias }];
  }
  const changed = changedContent(before, after);
  return changed === undefined ? [] : [invalid(changed.path, changed.value, "Freight is immutable")];
}

function changedContent(before: Freight, after: Freight) {
  if (originKey(before.origin) !== originKey(after.origin)) return { path: ["origin"], value: after.origin };
  return (
    changedEntry("commits", before.commits, after.commits, commitText) ??
    changedEntry("images", before.images, after.images, imageText) ??
    changedEntry("charts", before.charts, after.charts, chartText) ??
    changedEntry("artifacts", before.artifacts, after.artifacts, artifactText)
  );
}

/** The first place at which two lists differ; lists of different length differ as a whole. */
function changedEntry<T>(
  name: string,
  before: readonly T[] = [],
  after: readonly T[] = [],
  text: (entry: T) => string,
): { readonly path: readonly (string | number)[]; readonly value: unknown } | undefined {
  if (before.length !== after.length) return { path: [name], value: after };
  const index = after.findIndex((entry, at) => text(entry) !== text(before[at] as T));
  return index < 0 ? undefined : { path: [name, index], value: after[index] };
}

/** Absent and empty are the same in Go. */
function commitText({ repoURL, id, branch, tag, message, author, committer }: GitCommit): string {
  return JSON.stringify([repoURL, id, branch, tag, message, author, committer].map((field) => field ?? ""));
}

function imageText({ repoURL, tag, digest, annotations }: Image): string {
  return JSON.stringify([repoURL ?? "", tag ?? "", digest ?? "", Object.entries(annotations ?? {}).sort()]);
}

function chartText({ repoURL, name, version }: Chart): string {
  return JSON.stringify([repoURL ?? "", name ?? "", version ?? ""]);
}

function artifactText({ artifactType, subscriptionName, version, metadata }: ArtifactReference): string {
  return JSON.stringify([artifactType, subscriptionName, version, metadata ?? null]);
}

/** Why Freight may not be deleted: Stages run on it. */
export function freightDeletionProblems(freight: Freight, stages: Iterable<Stage>): AdmissionProblem[] {
  const { name, namespace } = freight.metadata;
  const users = [...stages]
    .filter((stage) => stage.metadata.namespace === namespace)
    .filter((stage) =>
      Object.values(stage.status?.freightHistory?.[0]?.items ?? {}).some((item) => item.name === name),
    )
    .map((stage) => `"${stage.metadata.name}"`);
  if (users.length === 0) return [];
  return [{ path: [], type: "Forbidden", message: `freight is in-use by stages (${users.join(", ")})` }];
}

/**
 * The Freight with its alias mirrored in its label, as Kargo leaves it: a new one without alias gets `freshAlias`, an
 * existing one without alias loses the label, and a label alone never counts.
 */
export function withAliasLabel(freight: Freight, freshAlias?: string): Freight {
  const alias = freight.alias || freshAlias || "";
  const { [aliasLabel]: _, ...labels } = freight.metadata.labels ?? {};
  const metadata = {
    ...freight.metadata,
    labels: alias === "" ? labels : { ...labels, [aliasLabel]: alias },
  };
  return alias === "" ? { ...freight, metadata } : { ...freight, alias, metadata };
}
