// The steps `http` and `http-download` against a real server on loopback: outcomes, bodies, faults and bounds.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Effect } from "../../src/engine/promotion/step";
import { type HttpConfig, http } from "../../src/engine/steps/http";
import { type HttpDownloadConfig, httpDownload } from "../../src/engine/steps/http-download";
import { serveRoutes } from "../support/http-routes";
import { contextOf, type Outcome, outcomeOf } from "../support/http-steps";
import { tempDir } from "../support/temp";

const served = serveRoutes({
  "/json": (_q, r) =>
    r.setHeader("Content-Type", "application/json; charset=utf-8").end('{"id":7,"tags":["a","b"],"big":1e3}'),
  "/untyped": (_q, r) => r.end('{"ok":true}'),
  "/garbled": (_q, r) => r.end("{oops"),
  "/badjson": (_q, r) => r.setHeader("Content-Type", "application/json").end("{oops"),
  "/yaml11": (_q, r) => r.setHeader("Content-Type", "text/yaml").end("on: yes\nnum: 0o10\nt: 1:30\n"),
  "/yaml-broken": (_q, r) => r.setHeader("Content-Type", "text/yaml").end("a: b: c\n"),
  "/yaml": (_q, r) => r.setHeader("Content-Type", "application/yaml").end("id: 7\nlist: [1, 2]\n"),
  "/text": (_q, r) => r.setHeader("Content-Type", "text/plain").end("hello"),
  "/empty": (_q, r) => r.writeHead(204).end(),
  "/gzip": (_q, r) => r.setHeader("Content-Encoding", "gzip").end(gzipSync('{"packed":true}')),
  "/teapot": (_q, r) => r.writeHead(418, { "X-Reason": "short" }).end('{"error":"short and stout"}'),
  "/huge": (_q, r) => r.end(Buffer.alloc(2 * 1024 * 1024 + 1, 32)),
  "/announced": (_q, r) => void r.writeHead(200, { "Content-Length": String(200 * 1024 * 1024) }).write("x"),
  "/slow": (_q, r) => void r.write("x"),
  "/reset": (_q, r) => {
    r.writeHead(200, { "Content-Length": "100" }).write("part");
    setTimeout(() => r.socket?.resetAndDestroy(), 50);
  },
  "/loop": (_q, r) => r.writeHead(302, { Location: "/loop" }).end(),
  "/moved": (_q, r) => r.writeHead(301, { Location: "/json" }).end(),
  "/kept": (_q, r) => r.writeHead(307, { Location: "/json" }).end(),
  "/file": (_q, r) => r.end("content of the file"),
});

async function run(path: string, config: Partial<HttpConfig> = {}, effects: Effect[] = []): Promise<Outcome> {
  served.seen = [];
  const context = contextOf("/nonexistent", new AbortController().signal, effects);
  return outcomeOf(http.run(context, { url: path.includes(":") ? path : served.base + path, ...config }));
}

const out = (fromExpression: string) => ({ outputs: [{ name: "x", fromExpression }] });
const rows: Record<string, [path: string, config: Partial<HttpConfig>, expected: Outcome | RegExp]> = {
  "2xx without expressions": ["/json", {}, { status: "Succeeded", output: {} }],
  "a JSON body": ["/json", out("response.body.tags[1]"), { status: "Succeeded", output: { x: "b" } }],
  "numbers are doubles": ["/json", out("response.body.id / 2"), { status: "Succeeded", output: { x: 3.5 } }],
  "the status is an integer": ["/json", out("response.status"), { status: "Succeeded", output: { x: 200 } }],
  "a header, whatever its case": [
    "/teapot",
    { successExpression: "true", ...out('response.header("x-REASON")') },
    { status: "Succeeded", output: { x: "short" } },
  ],
  "a header that is not there": [
    "/json",
    out('response.header("X-None")'),
    { status: "Succeeded", output: { x: "" } },
  ],
  "all values of a header": [
    "/json",
    out('response.headers["Content-Type"]'),
    { status: "Succeeded", output: { x: ["application/json; charset=utf-8"] } },
  ],
  "no content type, valid JSON": [
    "/untyped",
    out("response.body.ok"),
    { status: "Succeeded", output: { x: true } },
  ],
  "no content type, no JSON": ["/garbled", out("response.body"), { status: "Succeeded", output: { x: {} } }],
  "a body that is not what its type says": [
    "/badjson",
    {},
    /^error building expression context from HTTP response: failed to parse JSON response: /,
  ],
  "a YAML body of version 1.1": [
    "/yaml11",
    out("[response.body.num, response.body['true'], response.body.t]"),
    { status: "Succeeded", output: { x: [8, true, "1:30"] } },
  ],
  "a YAML body that is none": [
    "/yaml-broken",
    {},
    /failed to parse YAML response: error converting YAML to JSON: yaml: mapping values are not allowed in this context$/,
  ],
  "a YAML body": ["/yaml", out("response.body.list[1]"), { status: "Succeeded", output: { x: 2 } }],
  "a text body": ["/text", out("response.body"), { status: "Succeeded", output: { x: "hello" } }],
  "the configured type wins": [
    "/json",
    { responseContentType: "text/plain", ...out("len(response.body) > 10") },
    { status: "Succeeded", output: { x: true } },
  ],
  "an empty body": ["/empty", out("response.body"), { status: "Succeeded", output: { x: {} } }],
  "a packed body": ["/gzip", out("response.body.packed"), { status: "Succeeded", output: { x: true } }],
  "non-2xx without expressions polls for ever": ["/teapot", {}, { status: "Failed" }],
  "success decides, not the status": [
    "/teapot",
    { successExpression: "response.status == 418" },
    { status: "Succeeded", output: {} },
  ],
  "success not met yet": [
    "/json",
    { successExpression: "false" },
    { status: "Running", retryAfterMs: 30_000 },
  ],
  "failure not met yet": [
    "/json",
    { failureExpression: "false", pollInterval: "1m" },
    { status: "Running", retryAfterMs: 60_000 },
  ],
  "failure wins over success": [
    "/teapot",
    { successExpression: "true", failureExpression: "true" },
    { status: "Failed", terminal: true, message: "HTTP (418) response met failure criteria" },
  ],
  "a failure with its reason": [
    "/teapot",
    { failureExpression: "true", errorExpression: "response.body.error" },
    {
      status: "Failed",
      terminal: true,
      message: 'HTTP (418) response met failure criteria: "short and stout"',
    },
  ],
  "a reason that is no text": [
    "/teapot",
    { failureExpression: "true", errorExpression: "7" },
    { status: "Failed", terminal: true, message: "HTTP (418) response met failure criteria" },
  ],
  "a reason that fails": [
    "/teapot",
    { failureExpression: "true", errorExpression: "response.none.deep" },
    { status: "Failed", terminal: true, message: "HTTP (418) response met failure criteria" },
  ],
  "an expression that does not compile": [
    "/json",
    { successExpression: "1 +" },
    /^error evaluating success criteria: error compiling success expression "1 \+": /,
  ],
  "an expression that is no boolean": [
    "/json",
    { failureExpression: "1" },
    /failure expression "1" did not evaluate to a boolean \(got int\)/,
  ],
  "an output that fails": [
    "/json",
    out("response.body.none.deep"),
    /^error extracting outputs from HTTP response: error evaluating output expression "x": /,
  ],
  "a redirect": ["/moved", out("response.body.id"), { status: "Succeeded", output: { x: 7 } }],
  "a redirect without end": ["/loop", {}, /stopped after 10 redirects/],
  "a body over the limit": ["/huge", {}, /exceeds limit of 2097152 bytes/],
  "a reset in mid-body": ["/reset", {}, /reading response body: failed to read from reader/],
  "a server that is too slow": [
    "/slow",
    { timeout: "300ms" },
    /context deadline exceeded .*while reading body/,
  ],
  "nobody there": ["http://127.0.0.1:1/", {}, /^error sending HTTP request: Get "http:\/\/127.0.0.1:1\/": /],
  "cloud metadata": ["http://169.254.169.254/latest", {}, /link-local/],
  "no URL": ["::not a url::", {}, /^error building HTTP request: /],
  "another scheme": ["ftp://127.0.0.1/x", {}, /unsupported protocol scheme "ftp"/],
};
for (const [name, [path, config, expected]] of Object.entries(rows)) {
  test(`http: ${name}`, async () => {
    const outcome = await run(path, config);
    if (expected instanceof RegExp) {
      assert.match(outcome.message ?? "", expected);
      assert.equal(outcome.status, "Errored");
    } else assert.deepEqual(outcome, expected);
  });
}

test("http: faulty configuration is final, a fault on the way is not", async () => {
  assert.equal((await run("::not a url::")).terminal, true);
  assert.equal((await run("/json", { successExpression: "1 +" })).terminal, true);
  assert.equal((await run("http://127.0.0.1:1/")).terminal, false);
  assert.equal((await run("/badjson")).terminal, false);
});

test("http: what is sent is what was configured", async () => {
  await run("/json?b=2&a=1 2", {
    method: "POST",
    body: "payload",
    headers: [
      { name: "X-One", value: "1" },
      { name: "X-One", value: "2" },
      { name: "Host", value: "evil" },
    ],
    queryParams: [
      { name: "z", value: "ü &" },
      { name: "a", value: "0" },
    ],
  });
  const [request] = served.seen;
  assert.equal(request?.method, "POST");
  assert.equal(request?.body, "payload");
  assert.equal(request?.url, "/json?a=1+2&a=0&b=2&z=%C3%BC+%26");
  const values = (name: string) =>
    request?.rawHeaders.filter((_v, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === name);
  assert.deepEqual(values("x-one"), ["1", "2"]);
  assert.deepEqual(values("host"), [served.base.slice("http://".length)]);
  assert.deepEqual(values("user-agent"), ["Go-http-client/1.1"]);
  assert.deepEqual(values("content-type"), []);
  assert.deepEqual(values("content-length"), ["7"]);
});

test("http: 301 turns POST into GET without its body, 307 keeps both", async () => {
  await run("/moved", { method: "POST", body: "x" });
  assert.deepEqual(
    served.seen.map((s) => [s.method, s.body]),
    [
      ["POST", "x"],
      ["GET", ""],
    ],
  );
  await run("/kept", { method: "POST", body: "x" });
  assert.deepEqual(
    served.seen.map((s) => [s.method, s.body]),
    [
      ["POST", "x"],
      ["POST", "x"],
    ],
  );
});

test("http: only a request that can change something is an effect", async () => {
  const effects: Effect[] = [];
  await run("/json", {}, effects);
  assert.equal(effects.length, 0);
  await run("/json?token=secret", { method: "DELETE" }, effects);
  assert.deepEqual(
    effects.map((e) => [e.kind, e.target]),
    [["http.request", `${served.base}/json`]],
  );
});

test("http: cancelling ends a request at once", async () => {
  const stop = new AbortController();
  const running = http.run(contextOf("/nonexistent", stop.signal), { url: `${served.base}/slow` });
  setTimeout(() => stop.abort(), 100);
  await assert.rejects(running, (error) => (error as Error).name === "AbortError");
});

async function download(t: TestContext, config: Partial<HttpDownloadConfig>, workDir = tempDir(t)) {
  const url = config.url?.includes(":") ? config.url : served.base + (config.url ?? "/file");
  const context = contextOf(workDir, new AbortController().signal);
  return {
    workDir,
    outcome: await outcomeOf(httpDownload.run(context, { outPath: "out/file.txt", ...config, url })),
  };
}

test("http-download: a file arrives whole, its folders are made", async (t) => {
  const { workDir, outcome } = await download(t, {});
  assert.deepEqual(outcome, { status: "Succeeded" });
  assert.equal(readFileSync(join(workDir, "out/file.txt"), "utf8"), "content of the file");
});

test("http-download: a file that is there stays, unless overwriting is allowed", async (t) => {
  const workDir = tempDir(t);
  writeFileSync(join(workDir, "file.txt"), "old");
  const kept = await download(t, { outPath: "file.txt" }, workDir);
  assert.deepEqual(kept.outcome, {
    status: "Errored",
    terminal: true,
    message: "file already exists at file.txt and overwrite is not allowed",
  });
  await download(t, { outPath: "file.txt", allowOverwrite: true }, workDir);
  assert.equal(readFileSync(join(workDir, "file.txt"), "utf8"), "content of the file");
});

const refused: Record<string, [Partial<HttpDownloadConfig>, Partial<Outcome>, RegExp]> = {
  "a status that is not 2xx may be retried": [
    { url: "/nowhere" },
    { status: "Failed", terminal: false },
    /^HTTP request failed with status 404$/,
  ],
  "an announced size over the limit is final": [
    { url: "/announced" },
    { status: "Failed", terminal: true },
    /exceeds limit of 104857600 bytes/,
  ],
  "a broken transfer may be retried": [
    { url: "/reset" },
    { status: "Errored", terminal: false },
    /failed to read response body/,
  ],
  "an address that is none is final": [
    { url: "::" },
    { status: "Errored", terminal: true },
    /^error building HTTP request/,
  ],
  "a slow server ends at the timeout": [
    { url: "/slow", timeout: "300ms" },
    { status: "Errored", terminal: false },
    /context deadline exceeded/,
  ],
};
for (const [name, [config, expected, message]] of Object.entries(refused)) {
  test(`http-download: ${name}, and nothing is left`, async (t) => {
    const { workDir, outcome } = await download(t, config);
    assert.deepEqual({ status: outcome.status, terminal: outcome.terminal }, expected);
    assert.match(outcome.message ?? "", message);
    assert.equal(existsSync(join(workDir, "out/file.txt")), false);
  });
}

test("http-download: no path leads out of the work directory", async (t) => {
  const outside = tempDir(t);
  const workDir = join(tempDir(t), "work");
  mkdirSync(workDir);
  symlinkSync(outside, join(workDir, "link"));
  for (const outPath of ["../escaped", "/escaped", "link/escaped"])
    await download(t, { outPath, allowOverwrite: true }, workDir);
  assert.equal(existsSync(join(outside, "escaped")), false);
  assert.equal(existsSync(join(workDir, "..", "escaped")), false);
  assert.equal(existsSync("/escaped"), false);
});
