// A Warehouse's subscriptions as choices: what each is about, what discovery found for it, what a person may type instead.
// Discovers nothing; the lists are those of the Warehouse's status, best first, as Kargo keeps them.
import { isObject } from "../base/json";
import { findCondition } from "./conditions";
import type { Artifacts, RepoSubscription, Warehouse } from "./resources";

/** Types of subscription Kargo has built in; any other key is a generic one. */
export type SubscriptionType = "git" | "image" | "chart" | "generic";

/** One artifact that may be taken for a subscription: exactly one list of `artifacts` has exactly one entry. */
export interface ArtifactChoice {
  /** Stable within its subscription. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly artifacts: Artifacts;
}

/** One subscription of a Warehouse and what was found for it. */
export interface SubscriptionView {
  readonly index: number;
  readonly type: SubscriptionType;
  /** Short name of the repository, or the subscription's own name. */
  readonly label: string;
  /** The repository's URL; the kind's key for a generic subscription. */
  readonly repository: string;
  /** What of the repository is watched: `main`, `^1.0.0` … ; empty when everything. */
  readonly selection: string;
  readonly found: readonly ArtifactChoice[];
  /** Why the last discovery has nothing of it. */
  readonly problem?: string;
  /** Not looked at, because discovery failed at one before it. */
  readonly isPassedOver?: true;
}

/** Every subscription of a Warehouse in written order. */
export function subscriptionViews(warehouse: Warehouse): SubscriptionView[] {
  const views = foundViews(warehouse);
  const healthy = findCondition(warehouse.status?.conditions, "Healthy");
  if (healthy?.status !== "False") return views;
  if (healthy.reason !== "DiscoveryFailed") {
    const isGap = gapReasons.has(healthy.reason ?? "");
    return views.map((view) =>
      isGap && view.found.length === 0 ? { ...view, problem: "Nothing of it fits the subscription." } : view,
    );
  }
  const failure = failedSubscription(views, healthy.message);
  if (failure === undefined) return views;
  return views.map((view) => {
    if (view.index === failure.index) return { ...view, problem: failure.reason };
    return view.index > failure.index ? { ...view, isPassedOver: true } : view;
  });
}

/** Reasons of a Warehouse whose subscriptions could all be read, and found nothing (pkg/controller/warehouses). */
const gapReasons = new Set([
  "NoCommitsDiscovered",
  "NoImageReferencesDiscovered",
  "NoChartVersionsDiscovered",
]);

/**
 * Which subscription a failed discovery is about, and why. The condition has only its message for that; it quotes the
 * repository that was asked last and ends with the reason (pkg/subscription).
 */
function failedSubscription(
  views: readonly SubscriptionView[],
  message: string,
): { readonly index: number; readonly reason: string } | undefined {
  const named = views.filter(
    ({ type, repository }) => type !== "generic" && message.includes(`"${repository}"`),
  );
  // Charts of one repository are told apart by their names.
  const told = named.length > 1 ? named.filter(({ label }) => message.includes(`"${label}"`)) : named;
  const [view] = told;
  if (view === undefined || told.length > 1) return undefined;
  const quoted = `"${view.repository}"`;
  const reason = message.slice(message.lastIndexOf(quoted) + quoted.length).replace(/^[\s:]+/, "");
  return { index: view.index, reason: reason || message };
}

function foundViews(warehouse: Warehouse): SubscriptionView[] {
  return warehouse.spec.subscriptions.map((subscription, index) => {
    const { git, image, chart } = subscription;
    if (isObject(git)) return gitView(warehouse, git, index);
    if (isObject(image)) return imageView(warehouse, image, index);
    if (isObject(chart)) return chartView(warehouse, chart, index);
    return genericView(warehouse, subscription, index);
  });
}

/** The artifact a typed text stands for, or a sentence that says what is wrong with it. */
export function typedArtifact(view: SubscriptionView, text: string): Artifacts | string {
  const value = text.trim();
  if (value === "") return "A value is needed.";
  if (/\s/.test(value)) return "The value must not contain spaces.";
  if (view.type === "git") {
    if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(value))
      return "A full commit ID is needed: 40 hexadecimal digits.";
    return { commits: [{ repoURL: view.repository, id: value.toLowerCase() }] };
  }
  if (view.type === "image") return typedImage(view, value);
  if (view.type === "chart") return { charts: [chartOf(view.repository, chartName(view), value)] };
  return { artifacts: [{ artifactType: view.repository, subscriptionName: view.label, version: value }] };
}

/** What `typedArtifact` reads for this subscription, as a hint for the person who types. */
export function typedArtifactHint(view: SubscriptionView): string {
  if (view.type === "git") return "Full commit ID, e.g. 3f2ab1c0…";
  if (view.type === "image") return "Tag, or tag@sha256:digest, e.g. 1.27.3";
  return "Version, e.g. 1.4.0";
}

/** Last part of a repository URL without `.git`: what people call the repository. */
export function repositoryName(url: string): string {
  const path = url.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const last = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf(":")) + 1);
  return last.replace(/\.git$/, "") || url;
}

/** One phrase for each artifact: `app@3f2ab1c`, `nginx:1.27`, `chart 1.2.3`. */
export function artifactLabels(artifacts: Artifacts): string[] {
  return [
    ...(artifacts.commits ?? []).map(
      (c) => `${repositoryName(c.repoURL ?? "")}@${c.tag || shortId(c.id ?? "")}`,
    ),
    ...(artifacts.images ?? []).map((i) => imageLabel(repositoryName(i.repoURL ?? ""), i.tag, i.digest)),
    ...(artifacts.charts ?? []).map((c) => `${c.name || repositoryName(c.repoURL ?? "")} ${c.version ?? ""}`),
    ...(artifacts.artifacts ?? []).map((a) => `${a.subscriptionName} ${a.version}`),
  ];
}

/** The first seven characters of a commit ID or of Freight's name. */
export function shortId(id: string): string {
  return id.slice(0, 7);
}

/** `sha256:` and the first twelve digits of a digest. */
export function shortDigest(digest: string): string {
  const colon = digest.indexOf(":");
  return digest.slice(0, colon + 1 + 12);
}

type GitSpec = NonNullable<RepoSubscription["git"]>;
type ImageSpec = NonNullable<RepoSubscription["image"]>;
type ChartSpec = NonNullable<RepoSubscription["chart"]>;

function gitView(warehouse: Warehouse, spec: GitSpec, index: number): SubscriptionView {
  const repository = text(spec.repoURL);
  const results = warehouse.status?.discoveredArtifacts?.git ?? [];
  const result = results[ordinal(warehouse, "git", index)];
  const commits = result?.repoURL === repository ? (result.commits ?? []) : [];
  return {
    index,
    type: "git",
    label: repositoryName(repository),
    repository,
    selection: text(spec.branch) || text(spec.semverConstraint) || text(spec.commitSelectionStrategy),
    found: commits.map(({ id, branch, tag, subject, author, committer }) => ({
      id,
      label: tag || shortId(id),
      description: [tag ? shortId(id) : "", subject ?? ""].filter(Boolean).join(" "),
      artifacts: { commits: [{ repoURL: repository, id, branch, tag, message: subject, author, committer }] },
    })),
  };
}

function imageView(warehouse: Warehouse, spec: ImageSpec, index: number): SubscriptionView {
  const repository = text(spec.repoURL);
  const results = warehouse.status?.discoveredArtifacts?.images ?? [];
  const result = results[ordinal(warehouse, "image", index)];
  const references = result?.repoURL === repository ? (result.references ?? []) : [];
  return {
    index,
    type: "image",
    label: repositoryName(repository),
    repository,
    selection: text(spec.constraint) || text(spec.imageSelectionStrategy),
    found: references.map(({ tag, digest, annotations }) => ({
      id: `${tag}@${digest}`,
      label: tag,
      description: shortDigest(digest),
      artifacts: { images: [{ repoURL: repository, tag, digest, annotations }] },
    })),
  };
}

function chartView(warehouse: Warehouse, spec: ChartSpec, index: number): SubscriptionView {
  const repository = text(spec.repoURL);
  const name = text(spec.name);
  const results = warehouse.status?.discoveredArtifacts?.charts ?? [];
  const result = results[ordinal(warehouse, "chart", index)];
  const versions = result?.repoURL === repository ? (result.versions ?? []) : [];
  return {
    index,
    type: "chart",
    label: name || repositoryName(repository),
    repository,
    selection: text(spec.semverConstraint),
    found: versions.map((version) => ({
      id: version,
      label: version,
      description: "",
      artifacts: { charts: [chartOf(repository, name, version)] },
    })),
  };
}

function genericView(warehouse: Warehouse, subscription: RepoSubscription, index: number): SubscriptionView {
  const [type = "", value] = Object.entries(subscription)[0] ?? [];
  const name = isObject(value) ? text(value.name) : "";
  const results = warehouse.status?.discoveredArtifacts?.results ?? [];
  const references = results.find((result) => result.name === name)?.artifactReferences ?? [];
  return {
    index,
    type: "generic",
    label: name || type,
    repository: type,
    selection: "",
    found: references.map((reference) => ({
      id: reference.version,
      label: reference.version,
      description: reference.artifactType,
      artifacts: { artifacts: [reference] },
    })),
  };
}

function typedImage(view: SubscriptionView, value: string): Artifacts | string {
  const [, tag = "", digest = ""] = /^([^@]*)(?:@(.*))?$/.exec(value) ?? [];
  if (digest !== "" && !/^sha256:[0-9a-f]{64}$/.test(digest))
    return "A digest is sha256: and 64 hexadecimal digits.";
  if (tag === "" && digest === "") return "A tag or a digest is needed.";
  if (tag !== "" && !/^\w[\w.-]{0,127}$/.test(tag)) return "This is not a tag an image can have.";
  const part = { ...(tag === "" ? {} : { tag }), ...(digest === "" ? {} : { digest }) };
  return { images: [{ repoURL: view.repository, ...part }] };
}

/** The name of a chart in an HTTP repository; charts in OCI registries have none. */
function chartName(view: SubscriptionView): string {
  return view.repository.startsWith("oci://") ? "" : view.label;
}

function chartOf(repoURL: string, name: string, version: string) {
  return name === "" ? { repoURL, version } : { repoURL, name, version };
}

function imageLabel(name: string, tag: string | undefined, digest: string | undefined): string {
  return tag ? `${name}:${tag}` : `${name}@${shortDigest(digest ?? "")}`;
}

/** How many subscriptions of the same type stand before this one: results are listed by type, in written order. */
function ordinal(warehouse: Warehouse, type: "git" | "image" | "chart", index: number): number {
  return warehouse.spec.subscriptions.slice(0, index).filter((s) => isObject(s[type])).length;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
