// Metrics of the provider `web` (Argo Rollouts metricproviders/webmetric): a request, a value of its answer by JSONPath,
// the metric's conditions. A request that is not GET passes through the effect port.
import { errorMessage } from "../../base/errors";
import { parseJson, toJson } from "../../expression/expression";
import type { AnalysisMetric, WebMetric } from "../../model/analysis";
import type { EffectPort } from "../promotion/step";
import { findByPath } from "../tools/kubectl-path";
import { parsePath } from "../tools/kubectl-path-parser";
import { judgeResult } from "./metric-condition";
import {
  authorization,
  headerList,
  isFine,
  type MeasuredValue,
  type MetricRequest,
  sendMetricRequest,
} from "./metric-http";

const defaultTimeoutMs = 10_000;

/** Takes one measurement. Throws an Error that becomes the measurement's message. */
export async function measureWeb(
  metric: AnalysisMetric,
  web: WebMetric,
  { effects, signal }: { readonly effects: EffectPort; readonly signal: AbortSignal },
): Promise<MeasuredValue> {
  const path = web.jsonPath || "{$}";
  parsePath(path);
  const request = toRequest(web);
  const act = async () => {
    const proof = await authorization(web.authentication, request, signal);
    return sendMetricRequest({ ...request, headers: [...request.headers, ...proof] }, signal);
  };
  const { status, body } =
    request.method === "GET" ? await act() : await effects.perform(effectOf(request), act);
  if (!isFine(status)) throw new Error(`received non 2xx response code: ${status}`);
  const read = parseJson(body);
  if (read.problem !== undefined) return { phase: "Successful", value: body };
  const result = firstValue(path, read.value);
  return { phase: judgeResult(result, metric), value: toJson(result) };
}

function toRequest(web: WebMetric): MetricRequest {
  const { method = "", url, headers = [], body = "", jsonBody, insecure = false, timeoutSeconds = 0 } = web;
  const verb = method || "GET";
  const hasJson = jsonBody !== undefined && jsonBody !== null;
  if (body !== "" && hasJson) {
    throw new Error("use either Body or JSONBody; both cannot exists for WebMetric payload");
  }
  if ((body !== "" || hasJson) && verb === "GET") {
    throw new Error("Body/JSONBody can only be used with POST or PUT WebMetric Method types");
  }
  const contentType = hasJson ? [{ key: "Content-Type", value: "application/json" }] : [];
  return {
    method: verb,
    url,
    headers: headerList([...headers, ...contentType]),
    ...(body === "" && !hasJson ? {} : { body: hasJson ? JSON.stringify(jsonBody) : body }),
    insecure,
    timeoutMs: timeoutSeconds <= 0 ? defaultTimeoutMs : timeoutSeconds * 1000,
  };
}

function effectOf({ method, url }: MetricRequest) {
  const target = URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : url;
  return { kind: "http.request", target, summary: `${method} ${target}` } as const;
}

function firstValue(path: string, data: unknown): unknown {
  let lists: readonly (readonly unknown[])[];
  try {
    lists = findByPath(path, data);
  } catch (error) {
    throw new Error(`Could not find JSONPath in body: ${errorMessage(error)}`, { cause: error });
  }
  const found = lists.find((list) => list.length > 0);
  if (found === undefined) throw new Error("result of web metric produced no value");
  return found[0];
}
