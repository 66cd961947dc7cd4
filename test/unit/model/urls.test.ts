import assert from "node:assert/strict";
import { test } from "node:test";
import { chartKey, joinPath, normChart, normGit, normImage } from "../../../src/model/urls";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

const git: readonly [string, string][] = [
  ["https://u:p@github.com/A/b.git/", "https://github.com/a/b"],
  ["git@github.com:A/b.git", "ssh://git@github.com/a/b"],
  ["ssh://git@h:22/x.git", "ssh://git@h:22/x"],
  ["https://x/y?z=1", "https://x/y?z=1"],
  ["https://X/Y?z=1", "https://X/Y?z=1"],
  ["https://github.com/a/b.git#frag", "https://github.com/a/b#frag"],
  ["https://GitHub.com/Foo/Bar.GIT", "https://github.com/foo/bar"],
  ["https://github.com/foo/bar//", "https://github.com/foo/bar/"],
  ["https://github.com/foo/bar.git.git", "https://github.com/foo/bar.git"],
  ["https://github.com:443/foo/bar", "https://github.com:443/foo/bar"],
  ["git@github.com:Foo/Bar.git", "ssh://git@github.com/foo/bar"],
  ["github.com:22/foo", "ssh://github.com/22/foo"],
  ["github.com/foo/bar", "github.com/foo/bar"],
  ["/srv/x.git", "/srv/x.git"],
  ["git@host:/foo/bar.git", "ssh://git@host//foo/bar"],
  ["git@h:/x.git", "ssh://git@h//x"],
  ["git@host:a:b", "ssh://git@host"],
  ["git@host:x?y=1", "ssh://git@host/x?y=1"],
  ["file:///srv/x.git", "ssh://file////srv/x"],
  ["git.example.com", "ssh://git.example.com"],
  ["https://not a url", "https://not a url"],
  ["ssh://github.com/example/repo?foo=bar", "ssh://github.com/example/repo?foo=bar"],
  ["https://github.com/a b", "https://github.com/a%20b"],
  ["\ufeff https://example.com/\u200brepo \t", "https://example.com/repo"],
  ["https://github.com/\u0130", "https://github.com/i"],
  ["", ""],
];
for (const [input, output] of git) {
  test(`git ${JSON.stringify(input)}`, () => assert.equal(normGit(input), output));
}

const image: readonly [string, string][] = [
  ["nginx", "nginx"],
  ["library/nginx", "nginx"],
  ["docker.io/nginx", "nginx"],
  ["docker.io/library/nginx", "nginx"],
  ["index.docker.io/library/nginx", "nginx"],
  ["registry-1.docker.io/library/nginx", "nginx"],
  ["registry-1.docker.io/nginx", "nginx"],
  ["index.docker.io/foo/bar", "foo/bar"],
  ["docker.io/library/foo/bar", "foo/bar"],
  ["library/foo/bar", "foo/bar"],
  ["ghcr.io/Foo/Bar", "ghcr.io/foo/bar"],
  ["ghcr.io/foo/bar:v1", "ghcr.io/foo/bar"],
  [`ghcr.io/foo/bar@${digest}`, "ghcr.io/foo/bar"],
  [`ghcr.io/foo/bar:v1@${digest}`, "ghcr.io/foo/bar"],
  ["ghcr.io/foo/bar@sha256:1234", "ghcr.io/foo/bar@sha256:1234"],
  ["ghcr.io/a/b:1.0", "ghcr.io/a/b"],
  ["localhost:5000/foo", "localhost:5000/foo"],
  ["myhost:5000/foo/bar", "myhost:5000/foo/bar"],
  ["localhost/foo", "localhost/foo"],
  ["ghcr.io/foo/bar/", "ghcr.io/foo/bar/"],
  ["Foo Bar", "Foo Bar"],
  ["N", "N"],
  ["ghcr.io/X", "ghcr.io/X"],
  ["ghcr.io/a/b:", "ghcr.io/a/b:"],
];
for (const [input, output] of image) {
  test(`image ${JSON.stringify(input)}`, () => assert.equal(normImage(input), output));
}

const chart: readonly [string, string][] = [
  ["oci://ghcr.io/org/chart", "ghcr.io/org/chart"],
  ["oci://ghcr.io/Org/Chart:1.0.0", "ghcr.io/org/chart"],
  ["oci://registry-1.docker.io/bitnamicharts/nginx", "bitnamicharts/nginx"],
  ["oci://registry-1.docker.io/x/y", "x/y"],
  ["https://charts.example.com/Foo/", "https://charts.example.com/foo/"],
  ["https://charts.example.com/stable", "https://charts.example.com/stable"],
  ["https://charts.example.com:8080", "https://charts.example.com"],
  ["http://localhost:8080/charts", "http://localhost:8080/charts"],
  ["  OCI://Repo  ", "repo"],
  ["https://U:p@charts.example.com/x", "https://u:p@charts.example.com/x"],
  ["https://a b/", "https://a b/"],
];
for (const [input, output] of chart) {
  test(`chart ${JSON.stringify(input)}`, () => assert.equal(normChart(input), output));
}

test("chart keys are cleaned like Go's path.Join", () => {
  assert.equal(chartKey("https://charts.example.com", "nginx"), "https:/charts.example.com/nginx");
  assert.equal(chartKey("https://charts.example.com/Foo/", "nginx"), "https:/charts.example.com/foo/nginx");
  assert.equal(chartKey("oci://ghcr.io/org/chart", undefined), "ghcr.io/org/chart");
  assert.equal(joinPath("a/b/../../..", "c/./"), "../c");
  assert.equal(joinPath("/..", ""), "/");
  assert.equal(joinPath("a", ".."), ".");
  assert.equal(joinPath("", ""), "");
});
