// Chart discovery from a classic repository on node:http and from OCI repositories in Debian's docker-registry.
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ChartDiscoveryOptions, discoverChart } from "../../src/engine/discovery/chart";
import type { ChartDiscoveryResult, ChartSubscription } from "../../src/model/resources";
import { pageTags, startProxy } from "../support/http-proxy";
import { missingRegistry, registryUser, startRegistry } from "../support/registry";
import { tempDir } from "../support/temp";

const skip = missingRegistry();
if (skip) console.error(`SKIPPED discovery of OCI charts: ${skip}`);

function discover(
  t: TestContext,
  subscription: ChartSubscription,
  options: Partial<ChartDiscoveryOptions> = {},
): Promise<ChartDiscoveryResult> {
  return discoverChart(subscription, {
    project: "demo",
    credentials: { find: async () => undefined },
    cacheDir: join(tempDir(t), "charts"),
    signal: new AbortController().signal,
    ...options,
  });
}

const signIn = { find: async () => registryUser };
const basic = `Basic ${Buffer.from(`${registryUser.username}:${registryUser.password}`).toString("base64")}`;

const index = `apiVersion: v1
entries:
  app:
  - version: 1.2.3
  - version: v1.10.0
  - version: 1.10
  - version: 2.0.0-rc.1
  - version: 1.9.0+b
  - version: 1.9.0+a
  - version: latest
  other:
  - version: 9.0.0
`;

async function serve(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = await startProxy(undefined, (request, response) => {
    answer(request, response);
    return true;
  });
  t.after(() => server.close());
  return { ...server, url: `http://${server.host}` };
}

const classicRows: readonly [name: string, rules: Partial<ChartSubscription>, versions: readonly string[]][] =
  [
    ["newest first, texts as written", {}, ["2.0.0-rc.1", "v1.10.0", "1.10", "1.9.0+b", "1.9.0+a", "1.2.3"]],
    ["a constraint", { semverConstraint: "^1.2.0" }, ["v1.10.0", "1.10", "1.9.0+b", "1.9.0+a", "1.2.3"]],
    ["a constraint with a pre-release", { semverConstraint: ">=2.0.0-0" }, ["2.0.0-rc.1"]],
    ["a limit", { discoveryLimit: 2 }, ["2.0.0-rc.1", "v1.10.0"]],
    ["another chart", { name: "other" }, ["9.0.0"]],
    ["no such chart", { name: "none" }, []],
  ];
for (const [name, rules, versions] of classicRows) {
  test(`classic: ${name}`, async (t) => {
    const { url, requests } = await serve(t, (_request, response) => response.end(index));
    const subscription = { repoURL: `${url}/charts/`, name: "app", ...rules };
    const { semverConstraint } = subscription;
    assert.deepEqual(await discover(t, subscription), {
      repoURL: subscription.repoURL,
      name: subscription.name,
      ...(semverConstraint && { semverConstraint }),
      versions,
    });
    assert.deepEqual(requests, ["GET /charts/index.yaml"]);
  });
}

test("classic: a user name and password, and where they do not go", async (t) => {
  const seen: string[] = [];
  const elsewhere = await serve(t, ({ headers }, response) => {
    seen.push(headers.authorization ?? "none");
    response.end(index);
  });
  const { url } = await serve(t, ({ headers, url: path }, response) => {
    if (headers.authorization !== basic) response.writeHead(401).end();
    else if (path === "/moved/index.yaml")
      response.writeHead(302, { location: `${elsewhere.url}/index.yaml` }).end();
    else response.end(index);
  });
  const subscription = { repoURL: url, name: "other" };
  assert.deepEqual((await discover(t, subscription, { credentials: signIn })).versions, ["9.0.0"]);
  await assert.rejects(discover(t, subscription), { code: "credentials", message: /401/ });
  const moved = { ...subscription, repoURL: `${url}/moved` };
  assert.deepEqual((await discover(t, moved, { credentials: signIn })).versions, ["9.0.0"]);
  assert.deepEqual(seen, ["none"]);
});

test("classic: a password in the URL is sent, and masked where the URL is told", async (t) => {
  const { url } = await serve(t, ({ headers, url: path }, response) =>
    path === "/index.yaml" && headers.authorization === basic
      ? response.end(index)
      : response.writeHead(404).end(),
  );
  const { username, password } = registryUser;
  const withUser = url.replace("http://", `http://${username}:${password}@`);
  assert.deepEqual((await discover(t, { repoURL: withUser, name: "other" })).versions, ["9.0.0"]);
  await assert.rejects(discover(t, { repoURL: `${withUser}/none`, name: "other" }), ({ message }: Error) => {
    assert.match(message, /index.yaml.* HTTP 404/);
    assert.equal(message.includes(password), false, message);
    return true;
  });
});

test("classic: an index that has not changed is not sent again", async (t) => {
  let etag = '"1"';
  let sent = 0;
  const { url } = await serve(t, ({ headers }, response) => {
    if (headers["if-none-match"] === etag) return response.writeHead(304).end();
    sent++;
    return response.writeHead(200, { etag }).end(index.replace("9.0.0", `9.0.${sent}`));
  });
  const cacheDir = join(tempDir(t), "charts");
  const versions = async () => (await discover(t, { repoURL: url, name: "other" }, { cacheDir })).versions;
  assert.deepEqual(await versions(), ["9.0.1"]);
  assert.deepEqual(await versions(), ["9.0.1"]);
  assert.equal(sent, 1);
  etag = '"2"';
  assert.deepEqual(await versions(), ["9.0.2"]);
});

test("classic: other answers are errors", async (t) => {
  const { url } = await serve(t, (_request, response) => response.writeHead(404).end());
  await assert.rejects(discover(t, { repoURL: url, name: "app" }), { code: "remote", message: /404/ });
  const broken = await serve(t, (_request, response) => response.end("entries: [\n"));
  await assert.rejects(discover(t, { repoURL: broken.url, name: "app" }), { code: "content" });
  await assert.rejects(discover(t, { repoURL: "http://127.0.0.1:1", name: "app" }), { code: "remote" });
  await assert.rejects(discover(t, { repoURL: url, name: "app", semverConstraint: "x.y.z.0" }), {
    code: "subscription",
  });
});

test("classic: aborting ends it with the signal's own error", async (t) => {
  const { url } = await serve(t, () => {});
  const controller = new AbortController();
  const running = discover(t, { repoURL: url, name: "app" }, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(running, { name: "AbortError" });
});

test("OCI: strict versions, the underscore for the plus", { skip }, async (t) => {
  const registry = await startRegistry(tempDir(t));
  t.after(() => registry.stop());
  const tags = ["1.2.3", "1.10.0", "1.10.0_b.2", "v3.0.0", "1.2", "2.0.0-rc.1", "latest"];
  await registry.push("charts/app", {}, ...tags);
  const repoURL = `oci://${registry.host}/charts/app`;
  assert.deepEqual(await discover(t, { repoURL }), {
    repoURL,
    versions: ["2.0.0-rc.1", "1.10.0+b.2", "1.10.0", "1.2.3"],
  });
  assert.deepEqual((await discover(t, { repoURL, semverConstraint: "^1.0.0", discoveryLimit: 1 })).versions, [
    "1.10.0+b.2",
  ]);
  await assert.rejects(discover(t, { repoURL: `oci://${registry.host}/charts/none` }), { code: "remote" });
  await assert.rejects(discover(t, { repoURL: `oci://${registry.host}/Charts/App` }), {
    code: "subscription",
  });
  await assert.rejects(discover(t, { repoURL: `oci://${registry.host}` }), { code: "subscription" });
  const proxy = await startProxy(registry.host, pageTags);
  t.after(() => proxy.close());
  const digest = await registry.push("charts/many", {}, "0.0.1");
  registry.tagMany(
    "charts/many",
    digest,
    Array.from({ length: 250 }, (_, n) => `1.0.${n}`),
  );
  const many = await discover(t, { repoURL: `oci://${proxy.host}/charts/many`, discoveryLimit: 1 });
  assert.deepEqual(many.versions, ["1.0.249"]);
  assert.equal(proxy.requests.filter((line) => line.includes("tags/list")).length, 3);
});

for (const auth of ["basic", "token"] as const) {
  test(`OCI: signing in, ${auth}`, { skip }, async (t) => {
    const registry = await startRegistry(tempDir(t), auth);
    t.after(() => registry.stop());
    await registry.push("private/app", {}, "1.0.0");
    const wanted = { repoURL: `oci://${registry.host}/private/app` };
    assert.deepEqual((await discover(t, wanted, { credentials: signIn })).versions, ["1.0.0"]);
    await assert.rejects(discover(t, wanted), { code: "credentials" });
    const wrong = { find: async () => ({ ...registryUser, password: "wr0ng" }) };
    await assert.rejects(discover(t, wanted, { credentials: wrong }), (error: Error & { code: string }) => {
      assert.equal(error.code, "credentials");
      return !error.message.includes("wr0ng");
    });
  });
}

test("OCI: 429 is waited out as Retry-After says", { skip }, async (t) => {
  const registry = await startRegistry(tempDir(t));
  t.after(() => registry.stop());
  await registry.push("charts/app", {}, "1.0.0");
  let refusals = 2;
  const proxy = await startProxy(registry.host, (request, response) => {
    if (!request.url?.includes("tags/list") || refusals-- <= 0) return false;
    response.writeHead(429, { "retry-after": "0" }).end();
    return true;
  });
  t.after(() => proxy.close());
  assert.deepEqual((await discover(t, { repoURL: `oci://${proxy.host}/charts/app` })).versions, ["1.0.0"]);
  assert.ok(refusals < 0);
});

test("classic: redirects are followed, and a redirect without an end is an error", async (t) => {
  const { url } = await serve(t, (request, response) => {
    if (request.url === "/moved/index.yaml") response.end(index);
    else
      response
        .writeHead(302, { location: request.url === "/index.yaml" ? "/moved/index.yaml" : request.url })
        .end();
  });
  assert.deepEqual((await discover(t, { repoURL: url, name: "other" })).versions, ["9.0.0"]);
  await assert.rejects(discover(t, { repoURL: `${url}/circle`, name: "other" }), { code: "remote" });
});
