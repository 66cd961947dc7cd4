// A bare, blob-less copy of a remote repository that is kept between discoveries and brought up to date in place.
// Fetches and lists; what is wanted of the lists is git-selection.ts's matter.
import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../../base/json";
import {
  type CommitRecord,
  commitFormat,
  parseCommits,
  parseTags,
  type RemoteListing,
  type RemoteRef,
  type TagRecord,
  tagFormat,
} from "./git-output";
import { loadJson, saveJson } from "./json-file";

/** A remote repository as git reaches it: credentials, TLS settings and cancellation are bound to it. */
export interface GitRemote {
  /** The URL to hand to git; may hold a user name, never a password. */
  readonly url: string;
  /** Runs git in a directory, never in a repository around it, and answers its standard output; throws GitError. */
  run(args: readonly string[], directory: string): Promise<string>;
}

/** Which commits of a branch to list. */
export interface CommitRange {
  /** A ref of the mirror or a commit id. */
  readonly from: string;
  readonly count: number;
  readonly since?: Date;
  readonly withPaths: boolean;
}

const headRef = "refs/kargo/head";
/** Command lines stay well below what any system allows. */
const idsPerCommand = 400;
const listPaths = ["--name-only", "--no-renames", "--diff-merges=first-parent"];
const cacheVersion = 1;
/** No process may outlive the call. */
const maintenanceInForeground = ["-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false"];

/** Where the mirror of a repository lives below the directory of all mirrors. */
export function mirrorPath(mirrorDir: string, repoURL: string): string {
  const name = /([\w.-]{1,40}?)(?:\.git)?\/*$/.exec(repoURL)?.[1] ?? "repository";
  return join(mirrorDir, `${name}-${createHash("sha256").update(repoURL).digest("hex").slice(0, 16)}.git`);
}

/** One mirror. Calls must not overlap; git.ts holds a lock over a whole discovery. */
export class GitMirror {
  /** Where it lives; the caller may keep files of its own there. */
  readonly path: string;
  readonly #remote: GitRemote;

  constructor(path: string, remote: GitRemote) {
    this.path = path;
    this.#remote = remote;
  }

  /** Asks the remote for the refs that match the patterns, and for the name of its default branch; see parseRemoteRefs. */
  async askRemote(patterns: readonly string[]): Promise<string> {
    await mkdir(this.path, { recursive: true });
    return this.#git(["ls-remote", "--symref", "--", this.#remote.url, ...patterns]);
  }

  /**
   * Makes sure that the commits of a branch (empty: the default one) are here and answers the local ref. When `listing`
   * says that the branch points to what is here already, nothing is fetched. A name that is no branch may be a tag.
   */
  async fetchBranch(branch: string, listing: RemoteListing | undefined): Promise<string> {
    const tip = listing?.refs[0]?.id;
    const ref = branch === "" ? headRef : `refs/kargo/heads/${shortHash(branch)}`;
    await this.#prepare(tip);
    if (tip !== undefined && (await this.#resolve(ref)) === tip) return ref;
    const isMissing = listing !== undefined && tip === undefined;
    const source = branch === "" ? "HEAD" : `${isMissing ? "refs/tags" : "refs/heads"}/${branch}`;
    await this.#fetch([`+${source}:${ref}`]);
    return ref;
  }

  /**
   * Makes sure that all tags are here and answers their records, in no order. `refs` is what the remote said it has;
   * tags whose records are known by object id cost nothing.
   */
  async fetchTags(refs: readonly RemoteRef[] | undefined): Promise<readonly TagRecord[]> {
    const known = await this.#readCache();
    const wanted = refs?.map(({ name, id }) => ({ tag: name.replace(/^refs\/tags\//, ""), id }));
    const cached = wanted?.flatMap(({ tag, id }) => known.get(`${id} ${tag}`) ?? []);
    if (wanted !== undefined && cached?.length === wanted.length) return cached;
    await this.#prepare(refs?.[0]?.id);
    await this.#fetch(["+refs/tags/*:refs/tags/*"]);
    const listed = parseTags(await this.#git(["for-each-ref", `--format=${tagFormat}`, "refs/tags"]));
    await this.#writeCache(listed);
    return listed;
  }

  /** Commits along first parents, newest first. */
  async commits({ from, count, since, withPaths }: CommitRange): Promise<readonly CommitRecord[]> {
    return parseCommits(
      await this.#git([
        "log",
        "-z",
        "--first-parent",
        `--format=${commitFormat}`,
        `--max-count=${count}`,
        ...(since ? [`--since=${since.toISOString().slice(0, 19)}Z`] : []),
        ...(withPaths ? listPaths : []),
        from,
        "--",
      ]),
    );
  }

  /** Paths that each of the commits changed against its first parent. Ids that name no commit are absent. */
  async changedPaths(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const paths = new Map<string, readonly string[]>();
    for (let i = 0; i < ids.length; i += idsPerCommand) {
      const some = ids.slice(i, i + idsPerCommand);
      const output = await this.#git([
        "log",
        "-z",
        "--no-walk=unsorted",
        `--format=${commitFormat}`,
        ...listPaths,
        ...some,
        "--",
      ]);
      for (const commit of parseCommits(output)) paths.set(commit.id, commit.paths);
    }
    return paths;
  }

  /** Deletes the mirror; the next fetch starts anew. */
  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  async #prepare(anyId: string | undefined): Promise<void> {
    await mkdir(this.path, { recursive: true });
    const isReady = await this.#git(["rev-parse", "--git-dir"]).then(
      (output) => output.trim() === ".",
      () => false,
    );
    if (isReady) return;
    const objects = anyId?.length === 64 ? ["--object-format=sha256"] : [];
    await this.#git(["init", "--quiet", "--bare", ...objects, "."]);
  }

  async #resolve(ref: string): Promise<string | undefined> {
    const output = await this.#git(["for-each-ref", "--format=%(objectname)", ref]);
    return output.trim() || undefined;
  }

  /** Fetches without file contents where the remote can do that, and whole where it cannot. */
  async #fetch(refspecs: readonly string[]): Promise<void> {
    const fetch = ["fetch", "--quiet", "--no-tags", "--prune", "--no-write-fetch-head", "--filter=blob:none"];
    await this.#git([...maintenanceInForeground, ...fetch, "origin", ...refspecs]);
  }

  #git(args: readonly string[]): Promise<string> {
    return this.#remote.run(["-c", `remote.origin.url=${this.#remote.url}`, ...args], this.path);
  }

  #cachePath(): string {
    return join(this.path, "kargo-tags.json");
  }

  /** Records by object id and name; empty when nothing usable is there. */
  async #readCache(): Promise<ReadonlyMap<string, TagRecord>> {
    const records = toRecords(await loadJson(this.#cachePath()));
    return new Map(records.map((record) => [`${record.refId} ${record.tag}`, record]));
  }

  async #writeCache(records: readonly TagRecord[]): Promise<void> {
    await saveJson(this.#cachePath(), { version: cacheVersion, records });
  }
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** The records of a cache file; none when it is of another version or damaged. */
function toRecords(value: unknown): readonly TagRecord[] {
  if (!isObject(value) || value.version !== cacheVersion || !Array.isArray(value.records)) return [];
  return value.records.filter(isTagRecord);
}

function isTagRecord(value: unknown): value is TagRecord {
  return isObject(value) && typeof value.tag === "string" && typeof value.refId === "string";
}
