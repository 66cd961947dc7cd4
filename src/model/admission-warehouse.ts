// Admission rules for Warehouses and their subscriptions, and the defaults Kargo writes into them
// (pkg/webhook/kubernetes/warehouse/webhook.go, pkg/subscription). Discovers nothing.
import { isObject } from "../base/json";
import { type AdmissionProblem, invalid, notSupported, objectsOf, textOf } from "./admission-problem";
import type { RepoSubscription, Warehouse } from "./resources";
import {
  branchPattern,
  chartUrlPattern,
  gitUrlPattern,
  goPattern,
  imageUrlPattern,
  type Path,
} from "./schema/schema";
import { parseConstraint } from "./semver-constraint";
import { chartKey, normGit } from "./urls";

/** Settings of an installation that decide about subscriptions. */
export interface SubscriptionPolicy {
  /** True when images must be cached by tag (CACHE_BY_TAG_POLICY=Require). */
  readonly requiresCacheByTag?: boolean;
}

const commitStrategies = ["Lexical", "NewestFromBranch", "NewestTag", "SemVer"] as const;
const imageStrategies = ["Digest", "Lexical", "NewestBuild", "SemVer"] as const;

/** Rules for a Warehouse's spec, as it is once the defaults are filled in. */
export function warehouseProblems(spec: unknown, policy: SubscriptionPolicy = {}): AdmissionProblem[] {
  if (!isObject(spec)) return [];
  return objectsOf(spec.subscriptions).flatMap(([index, subscription]) =>
    subscriptionProblems(subscription, ["spec", "subscriptions", index], index, policy),
  );
}

function subscriptionProblems(
  subscription: Readonly<Record<string, unknown>>,
  path: Path,
  index: number,
  policy: SubscriptionPolicy,
): AdmissionProblem[] {
  const types = Object.keys(subscription);
  const [type = ""] = types;
  if (types.length !== 1) {
    const message = `subscription at index ${index} must be an object with exactly one top-level field, but has ${types.length} fields`;
    return [invalid(path, subscription, message)];
  }
  const fields = subscription[type];
  const at = [...path, type];
  if (!isObject(fields)) return [];
  switch (type) {
    case "git":
      return gitProblems(fields, at);
    case "image":
      return imageProblems(fields, at, policy);
    case "chart":
      return chartProblems(fields, at);
    default:
      return [unknownType(type, at)];
  }
}

/** Subscriptions of other types need a subscriber, and the open-source program registers none. */
function unknownType(type: string, at: Path): AdmissionProblem {
  const message = "subscriber registry lookup failed: no matching registration found";
  return {
    ...invalid(at, "", message),
    plain: `Open-source Kargo knows no subscriptions of type \`${type}\`.`,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function gitProblems(fields: Fields, at: Path): AdmissionProblem[] {
  const { commitSelectionStrategy: strategy } = fields;
  return [
    ...urlProblems(fields.repoURL, gitUrlPattern, "must be a valid Git repository URL", at),
    ...branchProblems(textOf(fields.branch), at),
    ...(isWordOf(strategy, commitStrategies)
      ? []
      : [notSupported([...at, "commitSelectionStrategy"], strategy, commitStrategies)]),
    ...constraintProblems(fields, "semverConstraint", at),
    ...limitProblems(fields.discoveryLimit, at),
  ];
}

function imageProblems(fields: Fields, at: Path, policy: SubscriptionPolicy): AdmissionProblem[] {
  const { imageSelectionStrategy: strategy, platform } = fields;
  const problems = urlProblems(fields.repoURL, imageUrlPattern, "must be a valid image repository URL", at);
  if (!isWordOf(strategy, imageStrategies)) {
    problems.push(notSupported([...at, "imageSelectionStrategy"], strategy, imageStrategies));
  }
  if (strategy === "Digest" && textOf(fields.constraint) === "") {
    problems.push(
      invalid([...at, "constraint"], "", "must be set when imageSelectionStrategy is Digest", at),
    );
  }
  if (strategy === "SemVer" || textOf(strategy) === "")
    problems.push(...constraintProblems(fields, "constraint", at));
  if (textOf(platform) !== "" && !textOf(platform).includes("/")) {
    problems.push(invalid([...at, "platform"], platform, "must be in format <os>/<arch>"));
  }
  if (policy.requiresCacheByTag === true && strategy !== "Digest" && fields.cacheByTag !== true) {
    const message =
      "caching image metadata by tag is required by controller configuration; enable with caution as this feature is " +
      'safe only for subscriptions not involving "mutable" tags';
    problems.push(invalid([...at, "cacheByTag"], false, message, at));
  }
  return [...problems, ...limitProblems(fields.discoveryLimit, at)];
}

function chartProblems(fields: Fields, at: Path): AdmissionProblem[] {
  const repoURL = textOf(fields.repoURL);
  const name = textOf(fields.name);
  const problems = urlProblems(fields.repoURL, chartUrlPattern, "must be a valid Helm repository URL", at);
  if (repoURL.startsWith("oci://") && name !== "") {
    problems.push(invalid([...at, "name"], name, "must be empty if repoURL starts with oci://"));
  }
  if (/^https?:\/\//.test(repoURL) && name === "") {
    const message = "must be non-empty if repoURL starts with http:// or https://";
    problems.push(invalid([...at, "name"], name, message, at));
  }
  return [
    ...problems,
    ...constraintProblems(fields, "semverConstraint", at),
    ...limitProblems(fields.discoveryLimit, at),
  ];
}

function urlProblems(value: unknown, pattern: string, message: string, at: Path): AdmissionProblem[] {
  const url = textOf(value);
  const path = [...at, "repoURL"];
  const missing = url === "" ? [invalid(path, url, "must have a minimum length of 1", at)] : [];
  return goPattern(pattern)?.test(url) === true ? missing : [...missing, invalid(path, url, message)];
}

function branchProblems(branch: string, at: Path): AdmissionProblem[] {
  if (branch === "") return [];
  const path = [...at, "branch"];
  const isLong = new TextEncoder().encode(branch).length > 255;
  return [
    ...(isLong ? [invalid(path, branch, "must have a maximum length of 255")] : []),
    ...(goPattern(branchPattern)?.test(branch) === true
      ? []
      : [invalid(path, branch, "must be a valid branch name")]),
  ];
}

/** Kargo says nothing but "invalid" about a bad constraint; the reason is ours. */
function constraintProblems(fields: Fields, name: string, at: Path): AdmissionProblem[] {
  const constraint = textOf(fields[name]);
  const problem = constraint === "" ? undefined : parseConstraint(constraint).problem;
  return problem === undefined ? [] : [invalid([...at, name], constraint, problem)];
}

/** Absent and 0 become the default before they are looked at. */
function limitProblems(limit: unknown, at: Path): AdmissionProblem[] {
  if (typeof limit !== "number") return [];
  const path = [...at, "discoveryLimit"];
  if (limit < 0) return [invalid(path, limit, "must be >= 1")];
  return limit > 100 ? [invalid(path, limit, "must be <= 100")] : [];
}

function isWordOf(value: unknown, words: readonly string[]): boolean {
  return textOf(value) === "" || words.includes(textOf(value));
}

/**
 * Subscriptions that are about the same artifact as an earlier one. Kargo admits them (its own check never remembers
 * what it saw) and then refuses every Freight of the Warehouse, because two artifacts answer to one subscription.
 */
export function duplicateSubscriptions(spec: unknown): { readonly path: Path; readonly earlier: number }[] {
  const seen = new Map<string, number>();
  return (isObject(spec) ? objectsOf(spec.subscriptions) : []).flatMap(([index, subscription]) => {
    const key = artifactKey(subscription);
    if (key === undefined) return [];
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, index);
    return earlier === undefined ? [] : [{ path: ["spec", "subscriptions", index], earlier }];
  });
}

function artifactKey({ git, image, chart }: Readonly<Record<string, unknown>>): string | undefined {
  if (isObject(git) && typeof git.repoURL === "string") return `git ${normGit(git.repoURL)}`;
  if (isObject(image) && typeof image.repoURL === "string") return `image ${image.repoURL}`;
  if (isObject(chart) && typeof chart.repoURL === "string") {
    return `chart ${chartKey(chart.repoURL, textOf(chart.name))}`;
  }
  return undefined;
}

/** The Warehouse with everything Kargo fills in: defaults of the CRD and of each subscription, the shard label. */
export function defaultWarehouse(warehouse: Warehouse): Warehouse {
  const { spec } = warehouse;
  return {
    ...warehouse,
    metadata: withShardLabel(warehouse.metadata, spec.shard),
    spec: {
      ...spec,
      interval: spec.interval ?? "5m0s",
      freightCreationPolicy: spec.freightCreationPolicy ?? "Automatic",
      subscriptions: spec.subscriptions.map(defaultSubscription),
    },
  };
}

function defaultSubscription(subscription: RepoSubscription): RepoSubscription {
  const { git, image, chart } = subscription;
  const discoveryLimit = (given: number | undefined) => given || 20;
  if (git !== undefined) {
    const commitSelectionStrategy = git.commitSelectionStrategy || "NewestFromBranch";
    const strictSemvers = git.strictSemvers ?? true;
    return {
      git: {
        ...git,
        commitSelectionStrategy,
        strictSemvers,
        discoveryLimit: discoveryLimit(git.discoveryLimit),
      },
    };
  }
  if (image !== undefined) {
    const imageSelectionStrategy = image.imageSelectionStrategy || "SemVer";
    const strictSemvers = image.strictSemvers ?? true;
    return {
      image: {
        ...image,
        imageSelectionStrategy,
        strictSemvers,
        discoveryLimit: discoveryLimit(image.discoveryLimit),
      },
    };
  }
  if (chart !== undefined)
    return { chart: { ...chart, discoveryLimit: discoveryLimit(chart.discoveryLimit) } };
  return subscription;
}

const shardLabel = "kargo.akuity.io/shard";

/** Metadata whose shard label says what `spec.shard` says; without a shard there is no label. */
export function withShardLabel<M extends { readonly labels?: Readonly<Record<string, string>> }>(
  metadata: M,
  shard: string | undefined,
): M {
  const { [shardLabel]: before, ...others } = metadata.labels ?? {};
  if (shard !== undefined && shard !== "") return { ...metadata, labels: { ...others, [shardLabel]: shard } };
  return before === undefined ? metadata : { ...metadata, labels: others };
}
