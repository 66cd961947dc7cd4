// Real repositories for tests: a bare remote with commits in it, made with the git on the PATH and no user's settings.
// Knows nothing of the code under test.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Path to content of files. */
export type Files = Readonly<Record<string, string>>;

const env = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
};

/** Runs git and returns what it printed, trimmed. Throws when its code is not 0. */
export function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync("git", ["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", ...args], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
}

/** Why these tests cannot run here, or false. */
export function missingGit(): string | false {
  return spawnSync("git", ["--version"]).status === 0 ? false : "git is missing";
}

/** Makes a bare repository at `path`, with one commit on `main` unless `files` is left out. */
export function makeRemote(path: string, files?: Files): string {
  mkdirSync(path, { recursive: true });
  git(path, "init", "--quiet", "--bare");
  git(path, "config", "http.receivepack", "true");
  git(path, "config", "uploadpack.allowFilter", "true");
  if (files !== undefined) commitTo(path, "main", files, "first");
  return path;
}

/** Commits files to a branch of a remote from outside, as another person would; returns the commit's id. */
export function commitTo(remote: string, branch: string, files: Files, message: string): string {
  const tree = `${remote}.other-${branch.replaceAll("/", "-")}-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  git(dirname(remote), "clone", "--quiet", remote, tree);
  const known = git(tree, "branch", "--remotes", "--list", `origin/${branch}`) !== "";
  git(tree, "checkout", "--quiet", ...(known ? [branch] : ["-B", branch]));
  writeFiles(tree, files);
  git(tree, "add", ".");
  git(tree, "commit", "--quiet", "--allow-empty", "-m", message);
  git(tree, "push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
  return git(tree, "rev-parse", "HEAD");
}

/** Writes files below a folder. */
export function writeFiles(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Content of every file of a commit, by path. */
export function filesAt(repo: string, ref: string): Files {
  const names = git(repo, "ls-tree", "-r", "--name-only", ref);
  return Object.fromEntries(
    names
      .split("\n")
      .flatMap((name) => (name === "" ? [] : [[name, gitRaw(repo, "show", `${ref}:${name}`)]])),
  );
}

/** As `git`, untrimmed. */
export function gitRaw(cwd: string, ...args: readonly string[]): string {
  return execFileSync("git", [...args], { cwd, env, encoding: "utf8" });
}

/** Command lines of living processes whose environment or arguments mention `mark`. Linux only. */
export function processesThatMention(mark: string): readonly string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    if (pid === String(process.pid)) continue;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      const living = !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (living && (command.includes(mark) || environment.includes(mark))) found.push(command);
    } catch {
      // it ended, or it is not ours
    }
  }
  return found;
}

/** As above, for processes that were told to end and may take a moment: those still running after five seconds. */
export async function processesThatStay(mark: string): Promise<readonly string[]> {
  for (let tries = 0; tries < 50 && processesThatMention(mark).length > 0; tries++) await sleep(100);
  return processesThatMention(mark);
}
