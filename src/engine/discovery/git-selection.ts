// What a Git subscription asks for, as tests and orders over commits and tags (pkg/controller/git/commit of Kargo).
// Runs no git; git.ts feeds it.
import { goQuote } from "../../base/go-text";
import { compareBytewise } from "../../base/text";
import type { DiscoveredCommit, GitSubscription } from "../../model/resources";
import { compareNewestFirst } from "../../model/semver";
import { type Matcher, parsePathPattern } from "../patterns";
import { DiscoveryError, within } from "./discovery-error";
import { commitTime, expressionFilter } from "./expression-filter";
import type { CommitRecord, TagRecord } from "./git-output";
import { tagNameFilter, versionFilter } from "./tag-names";

/** Largest number of tags that a status records; above it, changes are not told by comparing statuses. */
export const maxObservedTags = 1000;

const maxSubjectBytes = 80;

interface BaseSelection {
  readonly limit: number;
  /** Whether a commit with these changed paths is wanted; absent when paths do not matter. */
  readonly matchesPaths?: (paths: readonly string[]) => boolean;
}

/** Wants the newest commits of one branch. */
export interface BranchSelection extends BaseSelection {
  readonly kind: "branch";
  /** Empty for the remote's default branch. */
  readonly branch: string;
  readonly since?: Date;
  /** The expression filter; absent when there is none. */
  readonly passes?: (commit: CommitRecord) => boolean;
}

/** Wants commits that tags point to. */
export interface TagSelection extends BaseSelection {
  readonly kind: "tags";
  readonly matchesName: Matcher;
  readonly passes?: (tag: TagRecord) => boolean;
  /** Brings tags into the order of the strategy, best first. They come newest first. */
  order(tags: readonly TagRecord[]): readonly TagRecord[];
}

const branchFilterFaults = {
  run: "error selecting relevant commits from branch: error evaluating filter expression",
};
const tagFilterFaults = {
  run: "error filtering tags by expression: error evaluating tag filter expression",
  result: "error filtering tags by expression: error parsing expression result",
};

/** Reads a subscription; throws DiscoveryError when a pattern, constraint or expression in it is malformed. */
export function toGitSelection(subscription: GitSubscription): BranchSelection | TagSelection {
  const strategy = subscription.commitSelectionStrategy || "NewestFromBranch";
  if (strategy === "NewestFromBranch") return toSelection(strategy, subscription);
  return within("error building tag based selector", () => toSelection(strategy, subscription));
}

function toSelection(
  strategy: NonNullable<GitSubscription["commitSelectionStrategy"]>,
  subscription: GitSubscription,
): BranchSelection | TagSelection {
  const faults = strategy === "NewestFromBranch" ? branchFilterFaults : tagFilterFaults;
  const { filter, ...base } = within("error building base selector", () => ({
    limit: subscription.discoveryLimit || 20,
    filter: expressionFilter(subscription.expressionFilter, faults),
    ...pathFilter(subscription.includePaths, subscription.excludePaths),
  }));
  if (strategy === "NewestFromBranch") {
    const passes = filter && ((commit: CommitRecord) => filter(commitVariables(commit)));
    const since = subscription.since ? { since: toDate(subscription.since) } : {};
    return {
      kind: "branch",
      branch: subscription.branch ?? "",
      ...base,
      ...since,
      ...(passes && { passes }),
    };
  }
  const passes = filter && ((tag: TagRecord) => filter(tagVariables(tag)));
  return { kind: "tags", ...base, ...(passes && { passes }), ...tagStrategy(strategy, subscription) };
}

/** Sorts as git does by creation: newest first, equal dates by name. */
export function newestFirst(tags: readonly TagRecord[]): readonly TagRecord[] {
  const seconds = new Map(tags.map((tag) => [tag, Math.floor(Date.parse(tag.date) / 1000)]));
  return [...tags].sort(
    (a, b) => (seconds.get(b) ?? 0) - (seconds.get(a) ?? 0) || compareBytewise(a.tag, b.tag),
  );
}

/** A commit of a branch as a Warehouse's status holds it. */
export function toDiscoveredCommit(commit: CommitRecord, branch: string): DiscoveredCommit {
  const { id, subject, author, committer, date } = commit;
  return {
    id,
    ...(branch && { branch }),
    subject: shorten(subject),
    author,
    committer,
    creatorDate: toTimestamp(date),
  };
}

/** A tag as a Warehouse's status holds it. */
export function toDiscoveredTag({ id, tag, subject, author, committer, date }: TagRecord): DiscoveredCommit {
  return { id, tag, subject: shorten(subject), author, committer, creatorDate: toTimestamp(date) };
}

function tagStrategy(
  strategy: "Lexical" | "NewestTag" | "SemVer",
  subscription: GitSubscription,
): Pick<TagSelection, "matchesName" | "order"> {
  const isAllowed = tagNameFilter(subscription);
  if (strategy === "NewestTag") return { matchesName: isAllowed, order: (tags) => tags };
  if (strategy === "Lexical") {
    return {
      matchesName: isAllowed,
      order: (tags) => [...tags].sort((a, b) => compareBytewise(b.tag, a.tag)),
    };
  }
  const { semverConstraint, strictSemvers } = subscription;
  const versionOf = versionFilter({
    ...(semverConstraint !== undefined && { constraint: semverConstraint }),
    ...(strictSemvers !== undefined && { strictSemvers }),
  });
  return {
    matchesName: (tag) => isAllowed(tag) && versionOf(tag) !== undefined,
    order: (tags) =>
      tags
        .flatMap((tag) => {
          const version = versionOf(tag.tag);
          return version ? [{ tag, version }] : [];
        })
        .sort((a, b) => compareNewestFirst(a.version, b.version))
        .map(({ tag }) => tag),
  };
}

/** One changed path that is included (or nothing is named for inclusion) and not excluded is enough. */
function pathFilter(
  includePaths: readonly string[] | undefined,
  excludePaths: readonly string[] | undefined,
): Pick<BaseSelection, "matchesPaths"> {
  const include = within("error parsing include path selectors", () =>
    (includePaths ?? []).map(toPathMatcher),
  );
  const exclude = within("error parsing exclude path selectors", () =>
    (excludePaths ?? []).map(toPathMatcher),
  );
  if (include.length === 0 && exclude.length === 0) return {};
  const isWanted = (path: string) =>
    (include.length === 0 || include.some((matches) => matches(path))) &&
    !exclude.some((matches) => matches(path));
  return { matchesPaths: (paths) => paths.some(isWanted) };
}

function toPathMatcher(selector: string): Matcher {
  const { matches, reason = "" } = parsePathPattern(selector);
  if (matches === undefined) {
    throw new DiscoveryError("subscription", `parse error path selector ${goQuote(selector)}: ${reason}`);
  }
  return matches;
}

/** At most 80 bytes; a cut ends in three dots and never splits a character. */
function shorten(subject: string): string {
  const bytes = Buffer.from(subject, "utf8");
  if (bytes.length <= maxSubjectBytes) return subject;
  let end = maxSubjectBytes - 3;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString("utf8", 0, end)}...`;
}

function toDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new DiscoveryError("subscription", `"${text}" is not a point in time.`);
  return date;
}

/** UTC in whole seconds, as Kubernetes writes times. */
function toTimestamp(date: string): string {
  return `${new Date(date).toISOString().slice(0, 19)}Z`;
}

function commitVariables({ id, date, author, committer, subject }: CommitRecord): Record<string, unknown> {
  return { id, commitDate: commitTime(date), author, committer, subject };
}

function tagVariables(record: TagRecord): Record<string, unknown> {
  const { tag, id, date, author, committer, subject, tagger, annotation } = record;
  return { tag, id, creatorDate: commitTime(date), author, committer, subject, tagger, annotation };
}
