// Metrics of the provider `prometheus` against a real Prometheus that scrapes an exporter of this test.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Measured } from "../../src/engine/analysis/metric-assessment";
import { measure } from "../../src/engine/analysis/metric-provider";
import type { AnalysisMetric, PrometheusMetric } from "../../src/model/analysis";
import { missingPrometheus, startPrometheus, type TestPrometheus } from "../support/prometheus";
import { makeTempDir } from "../support/temp";

const skip = missingPrometheus();
let server: TestPrometheus;
const root = makeTempDir("prometheus");

const metrics = `# TYPE rate gauge
rate{env="uat"} 0.97
rate{env="prod"} 12500000000000000000000000
odd NaN
endless +Inf
`;

before(async () => {
  if (skip !== false) return;
  server = await startPrometheus(join(root.path, "server"), metrics);
  await server.untilSampled("rate");
});
after(async () => {
  await server?.stop();
  root.remove();
});

function take(prometheus: PrometheusMetric, more: Partial<AnalysisMetric> = {}): Promise<Measured> {
  const metric = { name: "m", provider: { prometheus: { address: server.address, ...prometheus } }, ...more };
  const ports = {
    clock: { now: () => new Date() },
    effects: { perform: () => Promise.reject(new Error("no")) },
  };
  return measure(metric, ports, new AbortController().signal);
}

const rows: readonly (readonly [
  string,
  PrometheusMetric,
  Partial<AnalysisMetric>,
  string,
  string | undefined,
])[] = [
  [
    "a vector",
    { query: 'rate{env="uat"}' },
    { successCondition: "result[0] >= 0.95" },
    "Successful",
    "[0.97]",
  ],
  ["too low", { query: 'rate{env="uat"}' }, { successCondition: "result[0] >= 0.99" }, "Failed", "[0.97]"],
  [
    "between the conditions",
    { query: 'rate{env="uat"}' },
    { successCondition: "result[0] > 0.98", failureCondition: "result[0] < 0.5" },
    "Inconclusive",
    "[0.97]",
  ],
  ["a large number", { query: 'rate{env="prod"}' }, {}, "Successful", "[12500000000000000000000000]"],
  [
    "several series",
    { query: "count(rate) by (env)" },
    { successCondition: "len(result) == 2" },
    "Successful",
    "[1,1]",
  ],
  ["no series", { query: "nothing" }, { successCondition: "len(result) == 0" }, "Successful", "[]"],
  ["no series to look at", { query: "nothing" }, { successCondition: "result[0] > 1" }, "Error", undefined],
  ["a scalar", { query: "scalar(vector(2)) * 1.5" }, { successCondition: "result == 3" }, "Successful", "3"],
  ["not a number", { query: "odd" }, { failureCondition: "isNaN(result[0])" }, "Failed", "[NaN]"],
  ["infinity", { query: "endless" }, { successCondition: "isInf(result[0])" }, "Successful", "[+Inf]"],
];

test("a query gives its samples to the conditions", { skip }, async (t) => {
  for (const [name, prometheus, metric, phase, value] of rows) {
    await t.test(name, async () => {
      const { measurement, metadata } = await take(prometheus, metric);
      assert.deepEqual([measurement.phase, measurement.value], [phase, value], measurement.message);
      assert.deepEqual(metadata, { ResolvedPrometheusQuery: prometheus.query });
    });
  }
});

test("a range query gives the samples of all its steps", { skip }, async () => {
  const rangeQuery = { start: 'now() - duration("2s")', end: "now()", step: "1s" };
  const query = "vector(7)";
  const { measurement } = await take({ query, rangeQuery }, { successCondition: "len(result) == 3" });
  assert.deepEqual([measurement.phase, measurement.value], ["Successful", "[7,7,7]"], measurement.message);
});

const faults: readonly (readonly [string, PrometheusMetric, RegExp])[] = [
  ["a wrong query", { query: "rate{" }, /^bad_data: .*parse error/],
  ["a query that gives text", { query: '"text"' }, /^unexpected value type "string"$/],
  ["no address", { address: "", query: "rate" }, /^prometheus address is not configured$/],
  [
    "an address that is none",
    { address: "prometheus", query: "rate" },
    /^prometheus address is not is url format$/,
  ],
  ["a negative timeout", { query: "rate", timeout: -1 }, /^prometheus timeout should not be negative$/],
  [
    "a range without a step",
    { query: "rate", rangeQuery: { start: "now()", end: "now()" } },
    /^failed to parse rangeQuery\.step as duration: /,
  ],
  [
    "a range that begins nowhere",
    { query: "rate", rangeQuery: { start: "1", end: "now()", step: "1s" } },
    /^failed to parse rangeQuery\.start as time: expected time\.Time, but got int$/,
  ],
  [
    "nobody there",
    { address: "http://127.0.0.1:1", query: "rate" },
    /^Post "http:\/\/127\.0\.0\.1:1\/api\/v1\/query": dial tcp 127\.0\.0\.1:1: connect: connection refused$/,
  ],
];

test("what goes wrong is an Error with its reason", { skip }, async (t) => {
  for (const [name, prometheus, message] of faults) {
    await t.test(name, async () => {
      const { measurement } = await take(prometheus);
      assert.equal(measurement.phase, "Error");
      assert.match(measurement.message ?? "", message);
    });
  }
});

test("headers and credentials are sent, a server that takes no POST is asked by GET", async (t) => {
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    seen.push(
      `${request.method} ${request.url?.split("?")[0]} ${request.headers["x-scope-orgid"] ?? "-"} ${request.headers.authorization ?? "-"}`,
    );
    if (request.url === "/token") return void response.end('{"access_token":"t0ken","token_type":"bearer"}');
    if (request.method === "POST") return void response.writeHead(405).end();
    response.end(
      '{"status":"success","warnings":["old"],"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"5"]}]}}',
    );
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => proxy.close());
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const oauth2 = { tokenUrl: `${address}/token`, clientId: "id", clientSecret: "secret" };
  const prometheus = {
    address: `${address}/base/`,
    query: "q",
    headers: [{ key: "X-Scope-OrgID", value: "team" }],
    authentication: { oauth2 },
  };
  const ports = {
    clock: { now: () => new Date() },
    effects: { perform: () => Promise.reject(new Error("no")) },
  };
  const { measurement } = await measure(
    { name: "m", provider: { prometheus } },
    ports,
    new AbortController().signal,
  );
  assert.deepEqual(
    [measurement.phase, measurement.value, measurement.metadata],
    ["Successful", "[5]", { warnings: '"old"' }],
  );
  assert.deepEqual(seen, [
    "POST /token - Basic aWQ6c2VjcmV0",
    "POST /base/api/v1/query team Bearer t0ken",
    "GET /base/api/v1/query team Bearer t0ken",
  ]);
});
