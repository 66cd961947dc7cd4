// Discovery of many tags, beside the raw question to the remote, in pairs and in turns, at three sizes.
// Prints figures; asserts nothing but that both saw every tag.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../src/base/log";
import { discoverGit } from "../../src/engine/discovery/git";
import { discoverImage } from "../../src/engine/discovery/image";
import { type CommitPlan, importCommits, initBareRepo } from "../support/fast-import";
import { missingGit } from "../support/git-repos";
import { pageTags, startProxy } from "../support/http-proxy";
import { missingRegistry, startRegistry } from "../support/registry";
import { tempDir } from "../support/temp";

const sizes = [2_500, 5_000, 10_000];
const pairs = 11;
const { signal } = new AbortController();
const credentials = { find: async () => undefined };

/** Times both in turns and prints one line. The first pair warms the caches. */
async function compare(
  what: string,
  raw: () => Promise<unknown>,
  ours: () => Promise<unknown>,
): Promise<void> {
  const times: { raw: number; ours: number }[] = [];
  for (let pair = 0; pair <= pairs; pair++) {
    const taken = { raw: 0, ours: 0 };
    for (const who of pair % 2 === 0 ? (["raw", "ours"] as const) : (["ours", "raw"] as const)) {
      const start = performance.now();
      await (who === "raw" ? raw() : ours());
      taken[who] = performance.now() - start;
    }
    if (pair > 0) times.push(taken);
  }
  const of = (pick: (one: { raw: number; ours: number }) => number) => median(times.map(pick));
  const ratio = of(({ raw: a, ours: b }) => b / a);
  const least = (pick: (one: { raw: number; ours: number }) => number) => Math.min(...times.map(pick));
  const undisturbed = least((one) => one.ours) / least((one) => one.raw);
  console.log(
    `${what}: raw ${of((one) => one.raw).toFixed(0)} ms, discovery ${of((one) => one.ours).toFixed(0)} ms, ` +
      `ratio ${ratio.toFixed(2)} (median of ${pairs} pairs), ${undisturbed.toFixed(2)} of the quickest of each; budget 1.30 at 10000`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function* taggedCommits(count: number): Generator<CommitPlan> {
  for (let n = 1; n <= count; n++) {
    const annotation = n % 2 === 0 ? { message: `release ${n}`, at: 1_600_000_000 + n } : {};
    yield {
      message: `change ${n}`,
      at: 1_600_000_000 + n,
      tags: [{ name: `v1.${n % 7}.${n}`, ...annotation }],
    };
  }
}

for (const count of sizes) {
  test(`git: ${count} tags`, { skip: missingGit() }, async (t) => {
    const root = tempDir(t);
    const repo = join(root, "origin.git");
    initBareRepo(repo);
    importCommits(repo, taggedCommits(count));
    const repoURL = `file://${repo}`;
    const options = {
      project: "p",
      credentials,
      tools: {},
      mirrorDir: join(root, "m"),
      log: silentLogger,
      signal,
    };
    const ours = () =>
      discoverGit({ repoURL, commitSelectionStrategy: "NewestTag", discoveryLimit: 1 }, options);
    const raw = async () => {
      const listed = execFileSync("git", ["ls-remote", repoURL], { encoding: "utf8", maxBuffer: 1 << 28 });
      assert.ok(listed.split("\n").length > count);
    };
    const start = performance.now();
    assert.equal((await ours()).commits?.[0]?.subject, `change ${count}`);
    console.log(`git, ${count} tags, first time: ${(performance.now() - start).toFixed(0)} ms`);
    await compare(`git, ${count} tags`, raw, ours);
  });

  test(`images: ${count} tags`, { skip: missingRegistry() }, (t) => benchImages(t, count));
}

async function benchImages(t: TestContext, count: number): Promise<void> {
  const root = tempDir(t);
  const registry = await startRegistry(root);
  t.after(() => registry.stop());
  const digest = await registry.push("team/app", {}, "0.0.1");
  registry.tagMany(
    "team/app",
    digest,
    Array.from({ length: count }, (_, n) => `1.${n % 7}.${n}`),
  );
  const proxy = await startProxy(registry.host, pageTags);
  t.after(() => proxy.close());
  const options = { project: "p", credentials, cacheDir: join(root, "images"), signal };
  const ours = async () => {
    const found = await discoverImage({ repoURL: `${proxy.host}/team/app`, discoveryLimit: 1 }, options);
    assert.equal(found.references?.length, 1);
  };
  const raw = async () => {
    let seen = 0;
    for (let path: string | undefined = "/v2/team/app/tags/list?n=1000"; path !== undefined; ) {
      const response: Response = await fetch(`http://${proxy.host}${path}`);
      seen += ((await response.json()) as { tags: string[] }).tags.length;
      path = /^<([^>]*)>/.exec(response.headers.get("link") ?? "")?.[1];
    }
    assert.equal(seen, count + 1);
  };
  await compare(`images, ${count} tags`, raw, ours);
}
