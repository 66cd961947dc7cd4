import assert from "node:assert/strict";
import { test } from "node:test";
import { commitUrl, type GitProvider, gitHostUrl, gitProviderOf } from "../../../src/model/git-hosting";

const providers: readonly (readonly [string, GitProvider | undefined])[] = [
  ["https://github.com/a/b", "github"],
  ["https://github.example.com/a/b.git", "github"],
  ["https://acme.ghe.com/a/b", "github"],
  ["https://gitlab.com/a/b/c", "gitlab"],
  ["https://my-gitea.example.com/a/b", "gitea"],
  ["https://bitbucket.org:443/a/b", "bitbucket"],
  ["https://bitbucket.example.com/a/b", undefined],
  ["https://dev.azure.com/o/p/_git/r", "azure"],
  ["https://o.visualstudio.com/p/_git/r", "azure"],
  ["https://dev.azure.com:443/o/p/_git/r", undefined],
  ["ssh://git@github.com/a/b", "github"],
  ["git@github.com:a/b.git", undefined],
  ["https://GitHub.com/a/b", undefined],
  ["https://git.example.com/a/b", undefined],
  ["/srv/github/r.git", undefined],
];

for (const [url, expected] of providers) {
  test(`provider of ${url}`, () => assert.equal(gitProviderOf(url), expected));
}

const urls: readonly (readonly [GitProvider, string, string | undefined])[] = [
  ["github", "https://User:pw@GitHub.com/Acme/Repo.git", "https://github.com/acme/repo/commit/abc"],
  ["github", "http://github.example.com:8080/a/b", "https://github.example.com:8080/a/b/commit/abc"],
  ["github", "git@github.com:Acme/Repo.git", "https://github.com/acme/repo/commit/abc"],
  ["github", "https://github.com/a/b/c", undefined],
  ["github", "https://github.com/a", undefined],
  ["gitlab", "https://gitlab.com/a/b/c.git", "https://gitlab.com/a/b/c/-/commit/abc"],
  ["gitea", "https://gitea.io/a/b", "https://gitea.io/a/b/commit/abc"],
  ["gitea", "https://gitea.io/sub/a/b", undefined],
  ["bitbucket", "https://bitbucket.org/a/b.git", "https://bitbucket.org/a/b/commits/abc"],
  ["azure", "https://dev.azure.com/o/p/_git/r", "https://dev.azure.com/o/p/_git/r/commit/abc"],
  ["azure", "git@ssh.dev.azure.com:v3/o/p/r", "https://dev.azure.com/o/p/r/commit/abc"],
];

for (const [provider, url, expected] of urls) {
  test(`commit URL of ${provider} for ${url}`, () => assert.equal(commitUrl(provider, url, "abc"), expected));
}

test("the URL of a host keeps http and takes https for all else", () => {
  assert.equal(gitHostUrl("http://Gitea.local:3000/a/b.git"), "http://gitea.local:3000");
  assert.equal(gitHostUrl("git@gitea.local:a/b"), "https://gitea.local");
});
