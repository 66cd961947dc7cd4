// Reads what git keeps in plain files: where a working tree belongs, what is checked out, settings. A process costs as
// much as all of these together. Whatever is not in its plainest form is answered with undefined: then git is asked.
import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";

/** Where the repository of a linked working tree keeps its files. Both paths are absolute. */
export interface WorktreeFiles {
  /** What belongs to the tree alone, as HEAD. */
  readonly gitDir: string;
  /** What all trees share: refs and settings. */
  readonly commonDir: string;
}

/** What HEAD says. */
export interface Head {
  /** Empty when detached. */
  readonly branch: string;
  readonly commit: string;
}

/** Finds the linked working tree that `dir` lies in; the search ends below `ceiling`. */
export async function findWorktreeFiles(dir: string, ceiling: string): Promise<WorktreeFiles | undefined> {
  if (!(await isDirectory(dir))) return undefined;
  for (let at = dir; ; at = dirname(at)) {
    const pointer = await readText(join(at, ".git"));
    if (pointer !== undefined) return parsePointer(pointer);
    // A folder that is itself a repository ends git's own search.
    if ((await exists(join(at, "HEAD"))) || (await exists(join(at, ".git")))) return undefined;
    if (at === ceiling || dirname(at) === ceiling || dirname(at) === at) return undefined;
  }
}

/** What is checked out. */
export async function readHead({ gitDir, commonDir }: WorktreeFiles): Promise<Head | undefined> {
  const head = (await readText(join(gitDir, "HEAD")))?.trimEnd();
  if (head === undefined) return undefined;
  if (isObjectId(head)) return { branch: "", commit: head };
  const ref = /^ref: (refs\/heads\/(.+))$/.exec(head);
  if (ref === null) return undefined;
  const [, name = "", branch = ""] = ref;
  const commit = (await readLooseRef(commonDir, name)) ?? (await readPackedRef(commonDir, name));
  return commit === undefined ? undefined : { branch, commit };
}

/** True in the middle of a merge. */
export async function isMerging({ gitDir }: WorktreeFiles): Promise<boolean> {
  return exists(join(gitDir, "MERGE_HEAD"));
}

/** Settings of the repository by their lower-case keys (`section.key`, `section.name.key`). */
export async function readSettings(commonDir: string): Promise<ReadonlyMap<string, string> | undefined> {
  const text = await readText(join(commonDir, "config"));
  if (text === undefined) return undefined;
  const settings = new Map<string, string>();
  let section = "";
  for (const line of text.split("\n")) {
    const header = /^\[(\w+)(?: "([\w./-]+)")?]$/.exec(line);
    const entry = /^\t(\w+) = ([^"\\;#\r]*[^"\\;#\s])$/.exec(line) ?? /^\t(\w+) = "([^"\\\r]*)"$/.exec(line);
    if (header !== null) section = [header[1]?.toLowerCase(), header[2]].filter(Boolean).join(".");
    else if (entry !== null) settings.set(`${section}.${entry[1]?.toLowerCase()}`, entry[2] ?? "");
    else if (line !== "") return undefined;
    if (section.startsWith("include")) return undefined;
  }
  return settings;
}

function parsePointer(text: string): WorktreeFiles | undefined {
  const gitDir = /^gitdir: (.+?)\n?$/.exec(text)?.[1] ?? "";
  const commonDir = /^(.+)[\\/]worktrees[\\/][^\\/]+$/.exec(gitDir)?.[1];
  return commonDir === undefined || !isAbsolute(gitDir) ? undefined : { gitDir, commonDir };
}

async function readLooseRef(commonDir: string, name: string): Promise<string | undefined> {
  const id = (await readText(join(commonDir, name)))?.trimEnd();
  return id !== undefined && isObjectId(id) ? id : undefined;
}

async function readPackedRef(commonDir: string, name: string): Promise<string | undefined> {
  // A loose ref that is not readable as one hides the packed one.
  if (await exists(join(commonDir, name))) return undefined;
  const packed = await readText(join(commonDir, "packed-refs"));
  const line = packed?.split("\n").find((entry) => entry.endsWith(` ${name}`));
  const id = line?.slice(0, -name.length - 1);
  return id !== undefined && isObjectId(id) ? id : undefined;
}

function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
