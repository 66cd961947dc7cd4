// Metrics of the provider `web` against a real server on loopback: requests, answers, values, faults and bounds.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Measured } from "../../src/engine/analysis/metric-assessment";
import { measure } from "../../src/engine/analysis/metric-provider";
import type { Effect } from "../../src/engine/promotion/step";
import type { AnalysisMetric, WebMetric } from "../../src/model/analysis";
import { serveRoutes } from "../support/http-routes";

const served = serveRoutes({
  "/json": (_q, r) =>
    r.end('{"status":"ok","rate":0.97,"n":3,"list":[{"v":1},{"v":2}],"none":null,"tag":"<b>"}'),
  "/text": (_q, r) => r.end("not json"),
  "/empty": (_q, r) => r.end(),
  "/down": (_q, r) => r.writeHead(503).end('{"status":"down"}'),
  "/slow": (_q, r) => void r.write("["),
  "/huge": (_q, r) => r.end(Buffer.alloc(10 * 1024 * 1024 + 1, 32)),
  "/long": (_q, r) => r.end("x".repeat(100_000)),
  "/moved": (_q, r) => r.writeHead(302, { Location: "/json" }).end(),
  "/token": (q, r) =>
    q.headers.authorization === undefined ? r.end('{"access_token":"t0ken"}') : r.writeHead(401).end(),
  "/no-token": (_q, r) => r.end("{}"),
});

let effects: Effect[] = [];

function take(
  path: string,
  web: Partial<WebMetric> = {},
  more: Partial<AnalysisMetric> = {},
  signal = new AbortController().signal,
): Promise<Measured> {
  served.seen = [];
  effects = [];
  const url = path.startsWith("/") ? `${served.base}${path}` : path;
  const perform = <T>(effect: Effect, act: () => Promise<T>) => {
    effects.push(effect);
    return act();
  };
  const ports = { clock: { now: () => new Date() }, effects: { perform } };
  return measure({ name: "m", provider: { web: { url, ...web } }, ...more }, ports, signal);
}

const answers: readonly (readonly [
  string,
  string,
  Partial<WebMetric>,
  Partial<AnalysisMetric>,
  string,
  string,
])[] = [
  [
    "a field",
    "/json",
    { jsonPath: "{$.status}" },
    { successCondition: 'result == "ok"' },
    "Successful",
    '"ok"',
  ],
  [
    "a number",
    "/json",
    { jsonPath: "{$.rate}" },
    { successCondition: "result >= 0.95" },
    "Successful",
    "0.97",
  ],
  ["a failure", "/json", { jsonPath: "{$.n}" }, { failureCondition: "result > 2" }, "Failed", "3"],
  [
    "neither",
    "/json",
    { jsonPath: "{$.n}" },
    { successCondition: "result > 5", failureCondition: "result < 2" },
    "Inconclusive",
    "3",
  ],
  [
    "an element",
    "/json",
    { jsonPath: "{$.list[-1].v}" },
    { successCondition: "result == 2" },
    "Successful",
    "2",
  ],
  [
    "everything",
    "/json",
    { jsonPath: "{$.list}" },
    { successCondition: "len(result) == 2" },
    "Successful",
    '[{"v":1},{"v":2}]',
  ],
  ["null", "/json", { jsonPath: "{$.none}" }, { successCondition: "isNil(result)" }, "Successful", "null"],
  ["Go's JSON", "/json", { jsonPath: "{$.tag}" }, {}, "Successful", '"\\u003cb\\u003e"'],
  [
    "no path",
    "/json",
    {},
    { successCondition: 'result.status == "ok"' },
    "Successful",
    '{"list":[{"v":1},{"v":2}],"n":3,"none":null,"rate":0.97,"status":"ok","tag":"\\u003cb\\u003e"}',
  ],
  [
    "text is a success whatever the condition",
    "/text",
    {},
    { successCondition: "false" },
    "Successful",
    "not json",
  ],
  ["nothing is text", "/empty", {}, {}, "Successful", ""],
  ["a redirect", "/moved", { jsonPath: "{$.n}" }, {}, "Successful", "3"],
  ["a long text is cut", "/long", {}, {}, "Successful", `${"x".repeat(32_768)}…`],
];

test("an answer gives its value to the conditions", async (t) => {
  for (const [name, path, web, metric, phase, value] of answers) {
    await t.test(name, async () => {
      const { measurement } = await take(path, web, metric);
      assert.deepEqual([measurement.phase, measurement.value], [phase, value], measurement.message);
      assert.deepEqual(effects, []);
    });
  }
});

const faults: readonly (readonly [string, string, Partial<WebMetric>, Partial<AnalysisMetric>, RegExp])[] = [
  ["a bad status", "/down", {}, {}, /^received non 2xx response code: 503$/],
  [
    "a missing field",
    "/json",
    { jsonPath: "{$.nope}" },
    {},
    /^Could not find JSONPath in body: nope is not found$/,
  ],
  ["no value", "/json", { jsonPath: "{$.list[?(@.x)]}" }, {}, /^result of web metric produced no value$/],
  ["a path that is none", "/json", { jsonPath: "{$.list[" }, {}, /^unterminated array$/],
  ["a condition that is none", "/json", {}, { successCondition: "result ==" }, /unexpected token/],
  [
    "a condition about a name nobody knows",
    "/json",
    {},
    { successCondition: "results.n" },
    /^unknown name results$/,
  ],
  ["a body with GET", "/json", { body: "x" }, {}, /^Body\/JSONBody can only be used with POST or PUT/],
  ["two bodies", "/json", { method: "POST", body: "x", jsonBody: {} }, {}, /^use either Body or JSONBody/],
  ["an answer without end", "/slow", { timeoutSeconds: 1 }, {}, /context deadline exceeded/],
  ["an answer too large", "/huge", {}, {}, /^response body exceeds 10485760 bytes$/],
  [
    "nobody there",
    "http://127.0.0.1:1/",
    {},
    {},
    /^Get "http:\/\/127\.0\.0\.1:1\/": dial tcp 127\.0\.0\.1:1: connect: connection refused$/,
  ],
  ["no address", "nowhere/x", {}, {}, /^Get "nowhere\/x": unsupported protocol scheme ""$/],
  ["a scheme that is none", "ftp://127.0.0.1/x", {}, {}, /unsupported protocol scheme "ftp"/],
];

test("what goes wrong is an Error with its reason", async (t) => {
  for (const [name, path, web, metric, message] of faults) {
    await t.test(name, async () => {
      const { measurement } = await take(path, web, metric);
      assert.equal(measurement.phase, "Error");
      assert.match(measurement.message ?? "", message);
      assert.equal(measurement.value, undefined);
    });
  }
});

test("a request that changes something is an effect, with its headers and body", async () => {
  const headers = [
    { key: "X-Twice", value: "first" },
    { key: "x-twice", value: "second" },
  ];
  await take("/json", { method: "PUT", headers, jsonBody: { a: [1] } });
  assert.deepEqual(effects, [
    { kind: "http.request", target: `${served.base}/json`, summary: `PUT ${served.base}/json` },
  ]);
  const [request] = served.seen;
  assert.deepEqual(
    [
      `${request?.method} ${request?.url}`,
      request?.body,
      request?.headers["content-type"],
      request?.headers["x-twice"],
    ],
    ["PUT /json", '{"a":[1]}', "application/json", "second"],
  );
  await take("/json", { method: "POST", body: "plain" });
  assert.deepEqual([served.seen[0]?.body, served.seen[0]?.headers["content-type"]], ["plain", undefined]);
});

test("a token is asked for in a header first, then in the body, and sent as bearer", async () => {
  const oauth2 = { tokenUrl: `${served.base}/token`, clientId: "id", clientSecret: "s", scopes: ["a", "b"] };
  const { measurement } = await take("/json", { authentication: { oauth2 } });
  assert.equal(measurement.phase, "Successful", measurement.message);
  assert.deepEqual(
    served.seen.map(({ method, url, headers, body }) => [`${method} ${url}`, headers.authorization, body]),
    [
      ["POST /token", "Basic aWQ6cw==", "grant_type=client_credentials&scope=a+b"],
      ["POST /token", undefined, "grant_type=client_credentials&scope=a+b&client_id=id&client_secret=s"],
      ["GET /json", "Bearer t0ken", ""],
    ],
  );
  const half = await take("/json", { authentication: { oauth2: { tokenUrl: `${served.base}/token` } } });
  assert.match(half.measurement.message ?? "", /^missing mandatory parameter/);
  const none = await take("/json", {
    authentication: { oauth2: { ...oauth2, tokenUrl: `${served.base}/no-token` } },
  });
  assert.match(none.measurement.message ?? "", /missing access_token$/);
});

test("an abort ends the waiting at once", async () => {
  const stop = new AbortController();
  const waiting = take("/slow", {}, {}, stop.signal);
  setTimeout(() => stop.abort(new Error("stopped")), 50);
  await assert.rejects(waiting, /stopped/);
});

test("other providers are inconclusive and say why", async () => {
  const ports = {
    clock: { now: () => new Date() },
    effects: { perform: () => Promise.reject(new Error("no")) },
  };
  for (const provider of [{ job: { spec: {} } }, { datadog: {} }, { plugin: { "a/b": {} } }]) {
    const { measurement, unavailable } = await measure(
      { name: "m", provider },
      ports,
      new AbortController().signal,
    );
    assert.deepEqual([measurement.phase, unavailable], ["Inconclusive", true]);
    assert.match(measurement.message ?? "", /are measured by a connected cluster, and there is none\.$/);
  }
});
