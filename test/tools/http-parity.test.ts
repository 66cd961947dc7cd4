// The steps `http` and `http-download` against what Kargo's own steps did with the same server: what is sent, how
// redirects, proxies, limits of time and odd answers end, and every sentence.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type HttpConfig, http } from "../../src/engine/steps/http";
import { type HttpDownloadConfig, httpDownload } from "../../src/engine/steps/http-download";
import { serveRoutes } from "../support/http-routes";
import { contextOf, type Outcome, outcomeOf } from "../support/http-steps";
import { tempDir } from "../support/temp";

const served = serveRoutes({
  "/": (_q, r) => r.end("{}"),
  "/q": (_q, r) => r.end("{}"),
  "/b": (_q, r) => r.end("{}"),
  "/a/../b": (_q, r) => r.end("{}"),
  "/a|b": (_q, r) => r.end("raw"),
  "/a%7Cb": (_q, r) => r.end("{}"),
  "/json": (_q, r) => r.setHeader("Content-Type", "application/json").end('{"a":1,"b":[1,2],"s":"x"}'),
  "/302": (_q, r) => r.writeHead(302, { Location: "/json" }).end(),
  "/307": (_q, r) => r.writeHead(307, { Location: "/json" }).end(),
  "/relative": (_q, r) => r.writeHead(302, { Location: "json?x=1" }).end(),
  "/elsewhere": (_q, r) => r.writeHead(302, { Location: "ftp://127.0.0.1/x" }).end(),
  "/nowhere": (_q, r) => r.writeHead(302, { Location: "http://[::1/%zz" }).end(),
  "/bare": (_q, r) => r.writeHead(302).end("{}"),
  "/not-packed": (_q, r) => r.setHeader("Content-Encoding", "gzip").end("nogzip"),
  "/silent": () => {},
  "/slow": (_q, r) => void r.write("x"),
  "/limit": (_q, r) => r.end("x".repeat(2 * 1024 * 1024)),
  "/bom": (_q, r) => r.setHeader("Content-Type", "application/json").end("\ufeff{}"),
  "http://example.invalid/x": (_q, r) => r.end("{}"),
});

/** A server that hangs up at once. */
const rude = { base: "" };
const rudeServer = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", () => socket.end());
});
before(async () => {
  await new Promise<void>((resolve) => rudeServer.listen(0, "127.0.0.1", resolve));
  const address = rudeServer.address();
  assert.ok(typeof address === "object" && address !== null);
  rude.base = `http://127.0.0.1:${address.port}`;
});
after(() => rudeServer.close());

const here = (text: string): string => text.replaceAll("BASE", served.base).replaceAll("RUDE", rude.base);

async function run(url: string, config: Partial<HttpConfig> = {}): Promise<Outcome> {
  served.seen = [];
  const context = contextOf("/nonexistent", new AbortController().signal);
  const full = url.startsWith("/") ? served.base + url : here(url);
  const proxy = config.proxy === undefined ? {} : { proxy: here(config.proxy) };
  const outcome = await outcomeOf(http.run(context, { ...config, ...proxy, url: full }));
  const message = outcome.message?.replaceAll(served.base, "BASE").replaceAll(rude.base, "RUDE");
  return { ...outcome, ...(message !== undefined && { message }) };
}

const fault = (message: string): Outcome => ({ status: "Errored", terminal: false, message });
const final = (message: string): Outcome => ({ status: "Errored", terminal: true, message });
const building = "error building HTTP request: error creating HTTP request: parse";
const sending = "error sending HTTP request: Get";
const fine: Outcome = { status: "Succeeded", output: {} };
const out = (fromExpression: string) => ({ outputs: [{ name: "x", fromExpression }] });

const ends: readonly [name: string, url: string, config: Partial<HttpConfig>, expected: Outcome][] = [
  ["a broken escape", "/%zz", {}, final(`${building} "BASE/%zz": invalid URL escape "%zz"`)],
  [
    "a port that is no number",
    "http://127.0.0.1:port/",
    {},
    final(`${building} "http://127.0.0.1:port/": invalid port ":port" after host`),
  ],
  [
    "a port too high",
    "http://127.0.0.1:99999/",
    {},
    fault(`${sending} "http://127.0.0.1:99999/": dial tcp: address 99999: invalid port`),
  ],
  [
    "a line break in the URL",
    "BASE/json\n",
    {},
    final(`${building} "BASE/json\\n": net/url: invalid control character in URL`),
  ],
  [
    "a blank before the URL",
    " http://h/",
    {},
    final(`${building} " http://h/": first path segment in URL cannot contain colon`),
  ],
  ["no host", "http://", {}, fault(`${sending} "http:": http: no Host in request URL`)],
  ["one slash", "http:/x", {}, fault(`${sending} "http:/x": http: no Host in request URL`)],
  ["no scheme", "x", {}, fault(`${sending} "x": unsupported protocol scheme ""`)],
  [
    "a file",
    "file:///etc/passwd",
    {},
    fault(`${sending} "file:///etc/passwd": unsupported protocol scheme "file"`),
  ],
  [
    "an address that is none for Go",
    "http://127.1/",
    {},
    fault(`${sending} "http://127.1/": failed to resolve host "127.1": lookup 127.1: no such host`),
  ],
  [
    "a name that nobody has",
    "http://nohost.invalid/",
    {},
    fault(
      `${sending} "http://nohost.invalid/": failed to resolve host "nohost.invalid": lookup nohost.invalid: no such host`,
    ),
  ],
  [
    "cloud metadata by IPv6",
    "http://[::ffff:169.254.1.1]/",
    {},
    fault(
      `${sending} "http://[::ffff:169.254.1.1]/": connections to link-local addresses are not permitted (host "::ffff:169.254.1.1" resolved to link-local IPs only)`,
    ),
  ],
  [
    "a link-local address",
    "http://[fe80::1]/",
    {},
    fault(
      `${sending} "http://[fe80::1]/": connections to link-local addresses are not permitted (host "fe80::1" resolved to link-local IPs only)`,
    ),
  ],
  [
    "a password in the URL of a fault",
    "http://u:p@127.0.0.1:1/",
    {},
    fault(`${sending} "http://u:***@127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused`),
  ],
  ["a server that hangs up", "RUDE/", {}, fault(`${sending} "RUDE/": EOF`)],
  [
    "a header name that is none",
    "/json",
    { headers: [{ name: "X Y", value: "1" }] },
    fault(`${sending} "BASE/json": net/http: invalid header field name "X Y"`),
  ],
  [
    "a line break in a header",
    "/json",
    { headers: [{ name: "X", value: "a\nb" }] },
    fault(`${sending} "BASE/json": net/http: invalid header field value for "X"`),
  ],
  [
    "a redirect to another scheme",
    "/elsewhere",
    {},
    fault(`${sending} "ftp://127.0.0.1/x": unsupported protocol scheme "ftp"`),
  ],
  [
    "a redirect that posts is told as it began",
    "/elsewhere",
    { method: "POST" },
    fault('error sending HTTP request: Post "ftp://127.0.0.1/x": unsupported protocol scheme "ftp"'),
  ],
  [
    "a redirect to no URL",
    "/nowhere",
    {},
    fault(
      `${sending} "BASE/nowhere": failed to parse Location header "http://[::1/%zz": parse "http://[::1/%zz": missing ']' in host`,
    ),
  ],
  ["a redirect without a place", "/bare", { successExpression: "response.status == 302" }, fine],
  [
    "no answer in time",
    "/silent",
    { timeout: "200ms" },
    fault(
      `${sending} "BASE/silent": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    ),
  ],
  [
    "no body in time",
    "/slow",
    { timeout: "200ms" },
    fault(
      "error building expression context from HTTP response: reading response body: failed to read from reader: context deadline exceeded (Client.Timeout or context cancellation while reading body)",
    ),
  ],
  ["a timeout of none is no limit", "/json", { timeout: "0s" }, fine],
  ["a timeout before now is no limit", "/json", { timeout: "-5s" }, fine],
  [
    "a fault without a limit is the fault itself",
    "http://127.0.0.1:1/",
    { timeout: "0s" },
    fault(`${sending} "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused`),
  ],
  ["a timeout of a month and more", "/json", { timeout: "700h" }, fine],
  ["a timeout of a fraction", "/json", { timeout: "1h1m1s1ms1us1ns" }, fine],
  [
    "a timeout that the schema lets pass",
    "/json",
    { timeout: "abc5sxyz" },
    final('error creating HTTP client: error parsing timeout: time: invalid duration "abc5sxyz"'),
  ],
  [
    "a timeout of an unknown unit",
    "/json",
    { timeout: "1d2s" },
    final('error creating HTTP client: error parsing timeout: time: unknown unit "d" in duration "1d2s"'),
  ],
  [
    "a poll interval that the schema lets pass",
    "/json",
    { successExpression: "false", pollInterval: "1d2s" },
    fault('error parsing pollInterval: time: unknown unit "d" in duration "1d2s"'),
  ],
  ["a poll interval that nobody asks for", "/json", { pollInterval: "1d2s" }, fine],
  [
    "a proxy that is no URL",
    "/json",
    { proxy: "http://[::1" },
    final(`error creating HTTP client: error parsing proxy URL: parse "http://[::1": missing ']' in host`),
  ],
  [
    "a proxy that is not there",
    "http://example.invalid/x",
    { proxy: "http://127.0.0.1:1" },
    fault(
      `${sending} "http://example.invalid/x": proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused`,
    ),
  ],
  ["a body of just the limit", "/limit", {}, fine],
  [
    "a byte order mark before JSON",
    "/bom",
    {},
    fault(
      "error building expression context from HTTP response: failed to parse JSON response: invalid character 'ï' looking for beginning of value",
    ),
  ],
  [
    "an expression that fails says where",
    "/json",
    out("response.body.b[5]"),
    fault(
      'error extracting outputs from HTTP response: error evaluating output expression "x": index out of range: 5 (array length is 2) (1:16)\n | response.body.b[5]\n | ...............^',
    ),
  ],
  [
    "an expression that does not compile says where",
    "/json",
    { successExpression: "true", failureExpression: "1 +" },
    final(
      'error evaluating failure criteria: error compiling failure expression "1 +": unexpected token EOF (1:3)\n | 1 +\n | ..^',
    ),
  ],
  [
    "a reason that does not compile",
    "/json",
    { failureExpression: "true", errorExpression: "1 +" },
    final('error compiling error expression "1 +": unexpected token EOF (1:3)\n | 1 +\n | ..^'),
  ],
  [
    "functions of Kargo are not known",
    "/json",
    out('status("x")'),
    fault(
      'error extracting outputs from HTTP response: error evaluating output expression "x": invalid operation: cannot call nil (1:1)\n | status("x")\n | ^',
    ),
  ],
];
for (const [name, url, config, expected] of ends) {
  test(`http ends as Kargo's: ${name}`, async () => assert.deepEqual(await run(url, config), expected));
}

test("http: an answer that is not packed as it says ends the step, not the process", async (t) => {
  const { message = "" } = await run("/not-packed");
  assert.match(message, /^error building expression context from HTTP response: reading response body: /);
  const end = await download(tempDir(t), { url: `${served.base}/not-packed`, outPath: "f" });
  assert.match(end.message ?? "", /^failed to read response body: /);
});

const targets: readonly [name: string, url: string, config: Partial<HttpConfig>, target: string][] = [
  ["a path with dots", "/a/../b", {}, "/a/../b"],
  ["odd characters of a path", "/a|b", {}, "/a%7Cb"],
  ["a bare question mark", "/q?", {}, "/q?"],
  ["a query as it is written", "/q?b='\"<>&%zz;a", {}, "/q?b='\"<>&%zz;a"],
  ["no path", "BASE", {}, "/"],
  ["a fragment", "/q#frag", {}, "/q"],
  [
    "parameters in Go's encoding",
    "/q?b=2&a=1",
    {
      queryParams: [
        { name: "c", value: "~*'()!-_. +&=%/?ä" },
        { name: "a", value: "0" },
      ],
    },
    "/q?a=1&a=0&b=2&c=~%2A%27%28%29%21-_.+%2B%26%3D%25%2F%3F%C3%A4",
  ],
  [
    "parameters drop what Go cannot read",
    "/q?a;b=1&c=%zz&d",
    { queryParams: [{ name: "z", value: "1" }] },
    "/q?d=&z=1",
  ],
];
for (const [name, url, config, target] of targets) {
  test(`http asks as Kargo's does: ${name}`, async () => {
    await run(url, config);
    assert.deepEqual(
      served.seen.map(({ url: asked }) => asked),
      [target],
    );
  });
}

/** Headers of the request as `Name: value`, but for those that tell connections apart. */
function sentHeaders(index: number): string[] {
  const raw = served.seen[index]?.rawHeaders ?? [];
  const pairs = raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : []));
  return pairs.filter((pair) => !/^(host|connection|content-length): /i.test(pair));
}

test("http: names of headers are written as Go writes them, sorted, with values in UTF-8", async () => {
  const headers = [
    { name: "x-two", value: " padded " },
    { name: "X-ONE", value: "ä" },
    { name: "x-two", value: "again" },
  ];
  await run("/json", { headers });
  const utf8 = Buffer.from("ä", "utf8").toString("latin1");
  assert.deepEqual(sentHeaders(0), [
    "User-Agent: Go-http-client/1.1",
    `X-One: ${utf8}`,
    "X-Two: padded",
    "X-Two: again",
    "Accept-Encoding: gzip",
  ]);
});

test("http: a password of the URL is sent, and a header of one's own counts before it", async () => {
  const url = served.base.replace("http://", "http://user:p%40ss@");
  await run(`${url}/json`);
  assert.ok(sentHeaders(0).includes("Authorization: Basic dXNlcjpwQHNz"));
  await run(`${url}/json`, { headers: [{ name: "authorization", value: "Bearer x" }] });
  assert.ok(sentHeaders(0).includes("Authorization: Bearer x"));
});

test("http: a redirect names where it came from, and drops what belonged to the body", async () => {
  const headers = [{ name: "Content-Type", value: "application/json" }];
  await run("/302", { method: "POST", body: "{}", headers });
  assert.deepEqual(sentHeaders(1), [
    "User-Agent: Go-http-client/1.1",
    `Referer: ${served.base}/302`,
    "Accept-Encoding: gzip",
  ]);
  await run("/307", { method: "POST", body: "{}", headers });
  assert.ok(sentHeaders(1).includes("Content-Type: application/json"));
  await run("/relative");
  assert.equal(served.seen[1]?.url, "/json?x=1");
});

test("http: a proxy is asked for the whole URL, with its password", async () => {
  const proxy = served.base.replace("http://", "http://user:pw@");
  assert.deepEqual(await run("http://example.invalid/x?y=1", { proxy }), fine);
  const [seen] = served.seen;
  assert.equal(seen?.url, "http://example.invalid/x?y=1");
  assert.equal(seen?.headers["proxy-authorization"], "Basic dXNlcjpwdw==");
});

async function download(workDir: string, config: HttpDownloadConfig): Promise<Outcome> {
  const outcome = await outcomeOf(httpDownload.run(contextOf(workDir, new AbortController().signal), config));
  const message = outcome.message?.replaceAll(workDir, "<work>").replaceAll(served.base, "BASE");
  return { ...outcome, ...(message !== undefined && { message }) };
}

const downloads: readonly [
  name: string,
  config: Omit<HttpDownloadConfig, "url"> & { url?: string },
  end: Outcome,
][] = [
  [
    "a directory with its content is replaced",
    { outPath: "dir", allowOverwrite: true },
    { status: "Succeeded" },
  ],
  [
    "a directory stays without leave",
    { outPath: "dir" },
    final("file already exists at dir and overwrite is not allowed"),
  ],
  [
    "a timeout that the schema lets pass",
    { outPath: "f", timeout: "1d2s" },
    fault('error creating HTTP client: error parsing timeout: time: unknown unit "d" in duration "1d2s"'),
  ],
  [
    "a body that does not come in time",
    { outPath: "f", url: "/slow", timeout: "200ms" },
    fault(
      "failed to read response body: context deadline exceeded (Client.Timeout or context cancellation while reading body)",
    ),
  ],
  [
    "a header that is none",
    { outPath: "f", headers: [{ name: "X", value: "a\nb" }] },
    fault(`${sending} "BASE/json": net/http: invalid header field value for "X"`),
  ],
  [
    "a file where a folder must be",
    { outPath: "file/x/y", allowOverwrite: true },
    fault("failed to create destination directory: mkdir <work>/file: not a directory"),
  ],
];
for (const [name, { url = "/json", ...config }, expected] of downloads) {
  test(`http-download ends as Kargo's: ${name}`, async (t) => {
    const workDir = tempDir(t);
    mkdirSync(join(workDir, "dir"));
    writeFileSync(join(workDir, "dir/inner"), "x");
    writeFileSync(join(workDir, "file"), "old");
    assert.deepEqual(await download(workDir, { ...config, url: served.base + url }), expected);
    if (expected.status !== "Succeeded") {
      assert.equal(existsSync(join(workDir, "dir/inner")), true);
      return;
    }
    const target = join(workDir, config.outPath);
    assert.equal(readFileSync(target, "utf8"), '{"a":1,"b":[1,2],"s":"x"}');
    assert.equal(statSync(target).mode & 0o777, 0o600);
  });
}

test("http-download: the work directory itself is never replaced, as it would be by Kargo", async (t) => {
  const workDir = tempDir(t);
  writeFileSync(join(workDir, "file"), "old");
  const outcome = await download(workDir, { url: `${served.base}/json`, outPath: ".", allowOverwrite: true });
  assert.equal(outcome.status, "Errored");
  assert.equal(readFileSync(join(workDir, "file"), "utf8"), "old");
});
