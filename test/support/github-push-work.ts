// A clone of a repository at GitHub's endpoints on loopback, ready for github-push.
// Runs every step with real git.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { GitHosting, type HostingBehaviour } from "./git-hosting-server";
import { git, writeFiles } from "./git-repos";
import { GitWork, type GitWorkOptions } from "./git-steps";

/** Credentials the service takes. */
export const credentials = { username: "kargo", password: "t0ken" };
/** Configuration of the step. */
export const step = { path: "src" };
/** The repository at the service. */
export const repo = "acme/deploy";

/** A clone of a hosted repository with one commit of ours that is nowhere else. */
export async function committed(
  t: TestContext,
  options: GitWorkOptions = {},
  behaviour: HostingBehaviour = {},
) {
  const work = new GitWork(t, { credentials, ...options });
  const hosting = await GitHosting.start("github", join(work.root, "hosting"), {
    token: "t0ken",
    ...behaviour,
  });
  t.after(() => hosting.close());
  const remote = hosting.makeRepository(repo, { a: "base", b: "base" });
  const tree = join(work.dir, "src");
  const repoURL = `${hosting.url}/${repo}`;
  await work.succeed("git-clone", { repoURL, checkout: [{ branch: "main", path: "src" }] });
  await commit(work, { a: "ours" }, "ours");
  return { work, hosting, remote, tree, repoURL };
}

/** Commits files in the clone. */
export async function commit(work: GitWork, files: Readonly<Record<string, string>>, message: string) {
  writeFiles(join(work.dir, "src"), files);
  await work.succeed("git-commit", { path: "src", message });
}

/** Nothing of the detour stays at GitHub. */
export function checkNoStaging(remote: string): void {
  assert.equal(git(remote, "for-each-ref", "refs/kargo"), "");
}
