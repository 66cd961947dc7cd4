// Discovers commits of a Git subscription as Kargo does (pkg/subscription/git.go): what the remote says decides first
// whether anything is fetched at all. Makes no Freight and writes no status.
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { Logger } from "../../base/log";
import { compareBytewise } from "../../base/text";
import type { DiscoveredCommit, GitDiscoveryResult, GitSubscription } from "../../model/resources";
import type { CredentialSource, ToolPaths } from "../promotion/step";
import { withDirectoryLock } from "../tools/directory-lock";
import { shownUrl } from "../tools/git-auth";
import { GitError } from "../tools/git-error";
import { DiscoveryError, within, wrapped } from "./discovery-error";
import { findCredentials } from "./find-credentials";
import { GitMirror, mirrorPath } from "./git-mirror";
import { parseRemoteRefs, type RemoteListing, type RemoteRef, type TagRecord } from "./git-output";
import { recall, recallKey, remember } from "./git-recall";
import { withGitRemote } from "./git-remote";
import {
  type BranchSelection,
  maxObservedTags,
  newestFirst,
  type TagSelection,
  toDiscoveredCommit,
  toDiscoveredTag,
  toGitSelection,
} from "./git-selection";
import { markUsed } from "./json-file";

/** What discovery of a Git subscription is given. */
export interface GitDiscoveryOptions {
  readonly project: string;
  readonly credentials: CredentialSource;
  /** Directory that holds one mirror per repository; absolute, created when missing. */
  readonly mirrorDir: string;
  readonly tools: ToolPaths;
  /** Result of the same subscription's last discovery, given only while the Warehouse's spec is unchanged. */
  readonly previous?: GitDiscoveryResult;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

type ObservedRefs = GitDiscoveryResult["observedRefs"];

const maxBatch = 1000;

/** Finds the commits a subscription selects, best first. Throws DiscoveryError. */
export async function discoverGit(
  subscription: GitSubscription,
  options: GitDiscoveryOptions,
): Promise<GitDiscoveryResult> {
  const { repoURL } = subscription;
  const { mirrorDir, signal } = options;
  const quoted = goQuote(shownUrl(repoURL));
  const credentials = await findCredentials(options.credentials, { ...options, type: "git", repoURL });
  const selection = within(`error obtaining selector for commits from git repo ${quoted}`, () =>
    toGitSelection(subscription),
  );
  const path = mirrorPath(mirrorDir, repoURL);
  try {
    return await withDirectoryLock(path, signal, () =>
      withGitRemote(subscription, { ...options, credentials }, async (remote) => {
        const mirror = new GitMirror(path, remote);
        await markUsed(path);
        try {
          return await discover(mirror, selection, subscription, options);
        } catch (error) {
          if (signal.aborted || !mayBeDamage(error)) throw error;
          options.log.info(`Starting the mirror of ${shownUrl(repoURL)} anew: ${gitReason(error)}`);
          await mirror.discard();
          return await discover(mirror, selection, subscription, options);
        }
      }),
    );
  } catch (error) {
    signal.throwIfAborted();
    const what = `error discovering commits from git repo ${quoted}`;
    if (error instanceof DiscoveryError) throw wrapped(what, error);
    const reason = `error cloning git repo ${quoted}: ${gitReason(error)}`;
    throw new DiscoveryError("remote", `${what}: ${reason}`, { cause: error });
  }
}

/** A failure that does not come from the remote can come from a mirror that was cut off while it was written. */
function mayBeDamage(error: unknown): boolean {
  return GitError.is(error, "other") || GitError.is(error, "conflict");
}

/** What git itself says, without the command line around it. */
function gitReason(error: unknown): string {
  if (!GitError.is(error)) return errorMessage(error);
  const lines = error.output.split("\n").filter((line) => /^(fatal|error|remote): /.test(line));
  return (
    lines.find((line) => line.startsWith("fatal: "))?.slice("fatal: ".length) ??
    lines[0] ??
    errorMessage(error)
  );
}

async function discover(
  mirror: GitMirror,
  selection: BranchSelection | TagSelection,
  subscription: GitSubscription,
  options: GitDiscoveryOptions,
): Promise<GitDiscoveryResult> {
  const { repoURL } = subscription;
  const text = await askRemote(mirror, selection, options);
  // An expression may ask for the time, so its verdict is never remembered.
  const key = text === undefined || selection.passes ? undefined : recallKey(text, subscription);
  const known = key && (await recall(mirror.path, key));
  if (known) return { repoURL, ...known };
  const listing = text === undefined ? undefined : readListing(text, selection);
  const observedRefs = listing && observe(selection, listing.refs);
  const { previous } = options;
  const isSame = previous?.repoURL === repoURL && isSameObservation(previous.observedRefs, observedRefs);
  const commits = isSame ? (previous.commits ?? []) : await select(mirror, selection, listing);
  const selected = { commits, ...(observedRefs && { observedRefs }) };
  if (key) await remember(mirror.path, key, selected);
  return { repoURL, ...selected };
}

/**
 * What the remote has, in its own words. A failure is not one of discovery yet: fetching will tell, or succeed, as
 * upstream.
 */
async function askRemote(
  mirror: GitMirror,
  selection: BranchSelection | TagSelection,
  { log, signal }: GitDiscoveryOptions,
): Promise<string | undefined> {
  try {
    return await mirror.askRemote(
      selection.kind === "tags" ? ["HEAD", "refs/tags/*"] : [remoteRef(selection)],
    );
  } catch (error) {
    signal.throwIfAborted();
    log.debug(`Could not list the remote's refs, fetching instead: ${gitReason(error)}`);
    return undefined;
  }
}

/** The refs that matter; patterns of git match more than they say. */
function readListing(text: string, selection: BranchSelection | TagSelection): RemoteListing {
  const { refs, head } = parseRemoteRefs(text);
  if (selection.kind === "tags")
    return { refs: refs.filter(({ name }) => name.startsWith("refs/tags/")), head };
  const wanted = remoteRef(selection);
  return { refs: refs.filter(({ name }) => name === wanted), head };
}

function remoteRef({ branch }: BranchSelection): string {
  return branch === "" ? "HEAD" : `refs/heads/${branch}`;
}

function select(
  mirror: GitMirror,
  selection: BranchSelection | TagSelection,
  listing: RemoteListing | undefined,
): Promise<readonly DiscoveredCommit[]> {
  return selection.kind === "branch"
    ? selectFromBranch(mirror, selection, listing)
    : selectFromTags(mirror, selection, listing);
}

/** What a status remembers of the remote. Undefined when there is nothing that could be compared later. */
function observe(selection: BranchSelection | TagSelection, refs: readonly RemoteRef[]): ObservedRefs {
  if (selection.kind === "branch") return refs[0] && { branchHead: refs[0].id };
  const tags = refs
    .map(({ name, id }) => ({ name: name.slice("refs/tags/".length), id }))
    .filter(({ name }) => selection.matchesName(name));
  if (tags.length > maxObservedTags) return undefined;
  return tags.length === 0 ? {} : { tags: tags.sort((a, b) => compareBytewise(a.name, b.name)) };
}

function isSameObservation(a: ObservedRefs, b: ObservedRefs): boolean {
  if (a === undefined || b === undefined || (a.branchHead ?? "") !== (b.branchHead ?? "")) return false;
  const [left, right] = [a.tags ?? [], b.tags ?? []];
  return (
    left.length === right.length &&
    left.every(({ name, id }, i) => name === right[i]?.name && id === right[i]?.id)
  );
}

/** Walks the branch back along first parents in growing batches until enough commits have passed. */
async function selectFromBranch(
  mirror: GitMirror,
  selection: BranchSelection,
  listing: RemoteListing | undefined,
): Promise<readonly DiscoveredCommit[]> {
  const { branch, limit, since, passes, matchesPaths } = selection;
  if (branch === "" && listing?.refs.length === 0) {
    throw new DiscoveryError("content", "the repository has no default branch with commits on it");
  }
  const found: DiscoveredCommit[] = [];
  let from = await mirror.fetchBranch(branch, listing);
  for (let count = limit; from !== ""; count = Math.min(count * 2, maxBatch)) {
    const range = { from, count, withPaths: matchesPaths !== undefined, ...(since && { since }) };
    const commits = await mirror.commits(range);
    for (const commit of commits) {
      if (passes?.(commit) === false || matchesPaths?.(commit.paths) === false) continue;
      found.push(toDiscoveredCommit(commit, branch));
      if (found.length >= limit) return found;
    }
    from = commits.at(-1)?.parent ?? "";
  }
  return found;
}

async function selectFromTags(
  mirror: GitMirror,
  selection: TagSelection,
  listing: RemoteListing | undefined,
): Promise<readonly DiscoveredCommit[]> {
  const all = await mirror.fetchTags(listing?.refs);
  const undated = all.find((tag) => Number.isNaN(Date.parse(tag.date)));
  if (undated !== undefined) {
    const reason = "it names no commit, or it was made without a date";
    throw new DiscoveryError("content", `tag ${goQuote(undated.tag)} cannot be used: ${reason}`);
  }
  const candidates = newestFirst(all.map((tag) => withShortName(tag, listing?.head)))
    .filter((tag) => selection.matchesName(tag.tag))
    .filter((tag) => selection.passes?.(tag) ?? true);
  const ordered = selection.order(candidates);
  const chosen = await filterByPaths(mirror, ordered, selection);
  return chosen.slice(0, selection.limit).map(toDiscoveredTag);
}

/** git abbreviates a tag that is named like a branch of the same clone to `tags/<name>`, and Kargo keeps that. */
function withShortName(tag: TagRecord, head: string | undefined): TagRecord {
  return head === `refs/heads/${tag.tag}` ? { ...tag, tag: `tags/${tag.tag}` } : tag;
}

/** The first tags, up to the limit, whose own commit changed a wanted path. */
async function filterByPaths(
  mirror: GitMirror,
  tags: readonly TagRecord[],
  { limit, matchesPaths }: TagSelection,
): Promise<readonly TagRecord[]> {
  if (matchesPaths === undefined) return tags;
  const found: TagRecord[] = [];
  for (let start = 0, count = limit; start < tags.length; start += count, count = maxBatch) {
    const batch = tags.slice(start, start + count);
    const changed = await mirror.changedPaths(batch.map((tag) => tag.id));
    for (const tag of batch) {
      const paths = changed.get(tag.id);
      if (paths === undefined) {
        throw new DiscoveryError(
          "content",
          `error filtering tags by paths: error getting diff paths for tag ${goQuote(tag.tag)}: it names no commit`,
        );
      }
      if (matchesPaths(paths)) found.push(tag);
      if (found.length >= limit) return found;
    }
  }
  return found;
}
