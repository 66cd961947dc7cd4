// GitHub's "Git database" endpoints over a real bare repository: refs, commits and the comparison of two commits.
// Signs nothing; a commit without an author becomes the signed-in user's, as GitHub's own signed commits do.
import { execFileSync, spawnSync } from "node:child_process";
import type { GitHosting, HostedAnswer, HostedRequest } from "./git-hosting-server";
import { git } from "./git-repos";

/** Whom a token belongs to. */
export const githubUser = { name: "octocat", email: "octocat@users.noreply.github.com" };

/** Answers a request about refs, commits or comparisons; undefined when it is about something else. */
export function githubGitData(
  hosting: GitHosting,
  repo: string,
  path: string,
  { method, body }: HostedRequest,
): HostedAnswer | undefined {
  const dir = hosting.directory(repo);
  const [, refs = "", name = ""] = /^git\/(refs?)(?:\/(.+))?$/.exec(decodeURIComponent(path)) ?? [];
  if (refs === "ref" && method === "GET") return getRef(dir, `refs/${name}`);
  if (refs === "refs" && method === "POST") return createRef(dir, String(body.ref), String(body.sha));
  if (refs === "refs" && method === "PATCH") return updateRef(dir, `refs/${name}`, body);
  if (refs === "refs" && method === "DELETE") {
    if (resolve(dir, `refs/${name}`) === "") return refusal("Reference does not exist");
    git(dir, "update-ref", "-d", `refs/${name}`);
    return { status: 204 };
  }
  if (path === "git/commits" && method === "POST") return createCommit(dir, body as unknown as NewCommit);
  const [, base, head] = /^compare\/(\w+)\.\.\.(\w+)$/.exec(path) ?? [];
  return base !== undefined && head !== undefined ? compare(dir, base, head) : undefined;
}

function refusal(message: string): HostedAnswer {
  return { status: 422, body: { message } };
}

function resolve(dir: string, name: string): string {
  const args = ["rev-parse", "--verify", "--quiet", name];
  return spawnSync("git", args, { cwd: dir, encoding: "utf8" }).stdout.trim();
}

function getRef(dir: string, ref: string): HostedAnswer {
  const sha = resolve(dir, ref);
  if (sha === "") return { status: 404, body: { message: "Not Found" } };
  return { status: 200, body: { ref, object: { sha, type: "commit" } } };
}

function createRef(dir: string, ref: string, sha: string): HostedAnswer {
  if (resolve(dir, ref) !== "") return refusal("Reference already exists");
  if (resolve(dir, `${sha}^{commit}`) === "") return refusal("Object does not exist");
  git(dir, "update-ref", ref, sha);
  return { ...getRef(dir, ref), status: 201 };
}

function updateRef(dir: string, ref: string, body: Record<string, unknown>): HostedAnswer {
  const sha = String(body.sha);
  const isForward = spawnSync("git", ["merge-base", "--is-ancestor", ref, sha], { cwd: dir }).status === 0;
  if (!isForward && body.force !== true) return refusal("Update is not a fast forward");
  git(dir, "update-ref", ref, sha);
  return getRef(dir, ref);
}

interface Person {
  readonly name: string;
  readonly email: string;
  readonly date?: string;
}

interface NewCommit {
  readonly message: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author?: Person;
  readonly committer?: Person;
}

function createCommit(dir: string, { message, tree, parents, ...people }: NewCommit): HostedAnswer {
  const author = people.author ?? githubUser;
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${stamp(author)}`,
    `committer ${stamp(people.committer ?? author)}`,
    "",
    message,
  ];
  const args = ["hash-object", "-t", "commit", "-w", "--stdin"];
  const sha = execFileSync("git", args, { cwd: dir, input: lines.join("\n"), encoding: "utf8" }).trim();
  return { status: 201, body: { sha } };
}

function stamp({ name, email, date = "2026-01-01T00:00:00Z" }: Person): string {
  return `${name} <${email}> ${Date.parse(date) / 1000} +0000`;
}

function compare(dir: string, base: string, head: string): HostedAnswer {
  if (resolve(dir, `${head}^{commit}`) === "") return { status: 404, body: { message: "Not Found" } };
  const count = (range: string) => Number(git(dir, "rev-list", "--count", range));
  const ahead = count(`${base}..${head}`);
  const behind = count(`${head}..${base}`);
  const status = ahead > 0 ? (behind > 0 ? "diverged" : "ahead") : behind > 0 ? "behind" : "identical";
  const ids = git(dir, "rev-list", "--reverse", "--topo-order", `${base}..${head}`)
    .split("\n")
    .filter(Boolean);
  return {
    status: 200,
    body: {
      status,
      ahead_by: ahead,
      behind_by: behind,
      merge_base_commit: { sha: git(dir, "merge-base", base, head) },
      commits: ids.slice(0, 250).map((id) => commitJson(dir, id)),
    },
  };
}

function commitJson(dir: string, id: string) {
  const format = ["%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].join("%x00");
  const [tree, parents = "", an, ae, ad, cn, ce, cd, message = ""] = git(
    dir,
    "log",
    "-1",
    `--format=${format}`,
    id,
  ).split("\0");
  return {
    sha: id,
    commit: {
      message: message.trimEnd(),
      tree: { sha: tree },
      author: { name: an, email: ae, date: ad },
      committer: { name: cn, email: ce, date: cd },
    },
    parents: parents
      .split(" ")
      .filter(Boolean)
      .map((sha) => ({ sha })),
  };
}
