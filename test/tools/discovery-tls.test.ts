// Certificates nobody vouches for: refused by every kind of remote, accepted where the subscription says so.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../src/base/log";
import { discoverChart } from "../../src/engine/discovery/chart";
import { discoverGit } from "../../src/engine/discovery/git";
import { discoverImage } from "../../src/engine/discovery/image";
import { startGitServer } from "../support/git-http-server";
import { makeRemote, missingGit } from "../support/git-repos";
import { startProxy, type TestProxy } from "../support/http-proxy";
import { missingRegistry, startRegistry } from "../support/registry";
import { tempDir } from "../support/temp";

const noOpenssl = spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is missing";

function certificate(root: string): { readonly key: Buffer; readonly cert: Buffer } {
  const [key, cert] = [join(root, "tls.key"), join(root, "tls.crt")];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", cert, "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...names], {
    stdio: "ignore",
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

function options(t: TestContext) {
  return {
    project: "demo",
    credentials: { find: async () => undefined },
    cacheDir: tempDir(t),
    signal: new AbortController().signal,
  };
}

async function registryBehindTls(t: TestContext): Promise<TestProxy> {
  const root = tempDir(t);
  const registry = await startRegistry(root);
  t.after(() => registry.stop());
  await registry.push("team/app", {}, "1.0.0");
  const proxy = await startProxy(registry.host, undefined, certificate(root));
  t.after(() => proxy.close());
  return proxy;
}

test("images over TLS", { skip: missingRegistry() }, async (t) => {
  const { host } = await registryBehindTls(t);
  const wanted = { repoURL: `${host}/team/app` };
  await assert.rejects(discoverImage(wanted, options(t)), {
    code: "remote",
    message: /self.signed certificate/,
  });
  const found = await discoverImage({ ...wanted, insecureSkipTLSVerify: true }, options(t));
  assert.equal(found.references?.[0]?.tag, "1.0.0");
});

test("OCI charts over TLS", { skip: missingRegistry() }, async (t) => {
  const { host } = await registryBehindTls(t);
  const wanted = { repoURL: `oci://${host}/team/app` };
  await assert.rejects(discoverChart(wanted, options(t)), {
    code: "remote",
    message: /self.signed certificate/,
  });
  assert.deepEqual((await discoverChart({ ...wanted, insecureSkipTLSVerify: true }, options(t))).versions, [
    "1.0.0",
  ]);
});

test("classic charts over TLS", { skip: noOpenssl }, async (t) => {
  const answer = startProxy(
    undefined,
    (_request, response) => {
      response.end("entries:\n  app:\n  - version: 1.0.0\n");
      return true;
    },
    certificate(tempDir(t)),
  );
  const server = await answer;
  t.after(() => server.close());
  const wanted = { repoURL: `https://${server.host}`, name: "app" };
  await assert.rejects(discoverChart(wanted, options(t)), {
    code: "remote",
    message: /self.signed certificate/,
  });
  assert.deepEqual((await discoverChart({ ...wanted, insecureSkipTLSVerify: true }, options(t))).versions, [
    "1.0.0",
  ]);
});

test("git over TLS", { skip: noOpenssl || missingGit() }, async (t) => {
  const root = tempDir(t);
  makeRemote(join(root, "r.git"), { a: "1" });
  const { key, cert } = certificate(root);
  const server = await startGitServer(root, { tls: { key: key.toString(), cert: cert.toString() } });
  t.after(() => server.close());
  const wanted = { repoURL: `${server.url}/r.git` };
  const git = { ...options(t), mirrorDir: tempDir(t), tools: {}, log: silentLogger };
  await assert.rejects(discoverGit(wanted, git), { code: "remote", message: /certificate/ });
  const found = await discoverGit({ ...wanted, insecureSkipTLSVerify: true }, git);
  assert.equal(found.commits?.[0]?.subject, "first");
});
