// Builds real Git repositories from a description in one `git fast-import`, so that ten thousand commits take seconds.
// Knows nothing of the code under test; git-repos.ts has the everyday helpers.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { git } from "./git-repos";

/** One commit of a branch; files map paths to content, undefined deletes. */
export interface CommitPlan {
  readonly message: string;
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly branch?: string;
  /** Seconds since the epoch of the committer. */
  readonly at?: number;
  /** Offset of the committer's zone, as `+0200`. */
  readonly zone?: string;
  readonly author?: string;
  readonly committer?: string;
  /** Branch that is merged in as second parent. */
  readonly merge?: string;
  readonly tags?: readonly TagPlan[];
}

/** A tag on the commit it stands with; with a message it is an annotated one. */
export interface TagPlan {
  readonly name: string;
  readonly message?: string;
  readonly at?: number;
  readonly tagger?: string;
}

/** Makes a bare repository at `path` whose default branch is `main`. */
export function initBareRepo(path: string, ...options: readonly string[]): void {
  mkdirSync(path, { recursive: true });
  git(path, "init", "--quiet", "--bare", "--initial-branch=main", ...options, ".");
}

/** Adds commits and tags to a bare repository, in order. */
export function importCommits(path: string, plans: Iterable<CommitPlan>): void {
  const heads = git(path, "for-each-ref", "--format=%(refname)", "refs/heads").split("\n");
  const branches: Branches = { stored: new Set(heads), touched: new Set() };
  const out: string[] = [];
  for (const plan of plans) out.push(...commitCommands(plan, branches), ...tagCommands(plan));
  if (out.length === 0) return;
  execFileSync("git", ["fast-import", "--quiet", "--force"], {
    cwd: path,
    env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" },
    input: `${out.join("\n")}\n`,
    stdio: ["pipe", "ignore", "inherit"],
  });
}

/** Which branches exist on disk, and which this import has moved already. */
interface Branches {
  readonly stored: ReadonlySet<string>;
  readonly touched: Set<string>;
}

function commitCommands(plan: CommitPlan, branches: Branches): readonly string[] {
  const { message, files = {}, branch = "main", at = 1_700_000_000, zone = "+0000", merge } = plan;
  const { author = "Ann Author <ann@example.com>", committer = "Carl Committer <carl@example.com>" } = plan;
  const lines = [
    `commit refs/heads/${branch}`,
    `author ${author} ${at} ${zone}`,
    `committer ${committer} ${at} ${zone}`,
    data(message),
    ...parentCommands(branch, branches),
    ...(merge === undefined ? [] : [`merge ${tip(merge, branches)}`]),
    ...Object.entries(files).flatMap(([file, content]) =>
      content === undefined ? [`D ${quote(file)}`] : [`M 100644 inline ${quote(file)}`, data(content)],
    ),
    "",
  ];
  branches.touched.add(`refs/heads/${branch}`);
  return lines;
}

function parentCommands(branch: string, branches: Branches): readonly string[] {
  const ref = `refs/heads/${branch}`;
  if (branches.touched.has(ref)) return [];
  if (branches.stored.has(ref)) return [`from ${ref}^0`];
  return branch === "main" ? [] : [`from ${tip("main", branches)}`];
}

/** fast-import reads a branch it has moved from memory, any other from disk. */
function tip(branch: string, { touched }: Branches): string {
  const ref = `refs/heads/${branch}`;
  return touched.has(ref) ? ref : `${ref}^0`;
}

function tagCommands({ tags = [], branch = "main" }: CommitPlan): readonly string[] {
  return tags.flatMap(({ name, message, at = 1_700_000_000, tagger = "Tim Tagger <tim@example.com>" }) =>
    message === undefined
      ? [`reset refs/tags/${name}`, `from refs/heads/${branch}`, ""]
      : [`tag ${name}`, `from refs/heads/${branch}`, `tagger ${tagger} ${at} +0000`, data(message)],
  );
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function quote(path: string): string {
  return /^[\w./ -]+$/.test(path) && !path.startsWith('"') ? path : JSON.stringify(path);
}
