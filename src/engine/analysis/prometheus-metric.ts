// Metrics of the provider `prometheus` (Argo Rollouts metricproviders/prometheus): an instant or a range query, the
// samples as a list of floats, the metric's conditions. Asks as Prometheus' own Go client does.
import { parseDurationMs } from "../../base/duration";
import { isObject } from "../../base/json";
import {
  ListValue,
  parseFloatGo,
  parseJson,
  sliceOf,
  type TimeValue,
  types,
} from "../../expression/expression";
import type { AnalysisMetric, PrometheusMetric } from "../../model/analysis";
import type { Clock } from "../ports";
import { evaluateTime, judgeResult } from "./metric-condition";
import {
  authorization,
  headerList,
  isFine,
  type MeasuredValue,
  type MetricAnswer,
  sendMetricRequest,
} from "./metric-http";

const defaultTimeoutMs = 30_000;
const floatList = sliceOf(types.float64);

/** Takes one measurement. Throws an Error that becomes the measurement's message. */
export async function measurePrometheus(
  metric: AnalysisMetric,
  prometheus: PrometheusMetric,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<MeasuredValue> {
  const { data, warnings } = await ask(prometheus, clock, signal);
  const { result, value } = readSamples(data);
  const phase = judgeResult(result, metric);
  const quoted = warnings.map((text) => `"${text}"`).join(", ");
  return { phase, value, ...(quoted === "" ? {} : { metadata: { warnings: quoted } }) };
}

/** What is remembered of a metric: the query with its arguments filled in. */
export function prometheusMetadata({ query = "" }: PrometheusMetric): Readonly<Record<string, string>> {
  return query === "" ? {} : { ResolvedPrometheusQuery: query };
}

interface Answer {
  readonly data: unknown;
  readonly warnings: readonly string[];
}

async function ask(prometheus: PrometheusMetric, clock: Clock, signal: AbortSignal): Promise<Answer> {
  const { address = "", timeout, insecure = false, headers = [], authentication } = prometheus;
  if (address === "") throw new Error("prometheus address is not configured");
  const base = URL.canParse(address) ? new URL(address) : undefined;
  if (base === undefined || base.host === "") throw new Error("prometheus address is not is url format");
  if (timeout !== undefined && timeout < 0) throw new Error("prometheus timeout should not be negative");
  const { endpoint, form } = questionOf(prometheus, clock);
  base.pathname = `${base.pathname.replace(/\/+$/, "")}/api/v1/${endpoint}`;
  const settings = { insecure, timeoutMs: timeout === undefined ? defaultTimeoutMs : timeout * 1000 };
  const proof = await authorization(authentication, settings, signal);
  const own = [...headerList(headers), ...proof];
  const type = { name: "Content-Type", value: "application/x-www-form-urlencoded" };
  const all = own.some(({ name }) => name === type.name) ? own : [type, ...own];
  const body = form.toString();
  const request = { ...settings, method: "POST", url: base.href, headers: all, body };
  let answer = await sendMetricRequest(request, signal);
  if (answer.status === 405 || answer.status === 501) {
    base.search = body;
    const plain = { ...settings, method: "GET", url: base.href, headers: own };
    answer = await sendMetricRequest(plain, signal);
  }
  return readAnswer(answer);
}

function questionOf({ query = "", rangeQuery }: PrometheusMetric, clock: Clock) {
  if (rangeQuery === undefined) {
    const time = String(clock.now().getTime() / 1000);
    return { endpoint: "query", form: new URLSearchParams({ query, time }) };
  }
  const start = timeOf("start", rangeQuery.start);
  const end = timeOf("end", rangeQuery.end);
  const stepMs = parseDurationMs(rangeQuery.step ?? "");
  if (stepMs === undefined) {
    throw new Error(
      `failed to parse rangeQuery.step as duration: time: invalid duration ${JSON.stringify(rangeQuery.step ?? "")}`,
    );
  }
  const step = String(stepMs / 1000);
  return { endpoint: "query_range", form: new URLSearchParams({ query, start, end, step }) };
}

function timeOf(which: string, expression = ""): string {
  let time: TimeValue;
  try {
    time = evaluateTime(expression);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`failed to parse rangeQuery.${which} as time: ${reason}`, { cause });
  }
  return String(time.seconds + time.nanos / 1e9);
}

function readAnswer({ status, body }: MetricAnswer): Answer {
  const isApiError = status === 400 || status === 422;
  if (!isFine(status) && !isApiError) {
    if (status >= 400 && status < 500) throw new Error(`client_error: client error: ${status}`);
    if (status >= 500 && status < 600) throw new Error(`server_error: server error: ${status}`);
    throw new Error(`bad_response: bad response code ${status}`);
  }
  const read = parseJson(body);
  if (read.problem !== undefined) throw new Error(`bad_response: ${read.problem}`);
  const answer = isObject(read.value) ? read.value : {};
  if (answer.status === "error") throw new Error(`${answer.errorType ?? ""}: ${answer.error ?? ""}`);
  if (isApiError && answer.status === "success") {
    throw new Error("bad_response: inconsistent body for response code");
  }
  const warnings = Array.isArray(answer.warnings) ? answer.warnings.map(String) : [];
  return { data: answer.data, warnings };
}

function readSamples(data: unknown): { readonly result: unknown; readonly value: string } {
  const { resultType, result } = isObject(data) ? data : {};
  if (resultType === "scalar") {
    const number = sample(result);
    return { result: number, value: sampleText(number) };
  }
  if (resultType !== "vector" && resultType !== "matrix") {
    throw new Error(`unexpected value type ${JSON.stringify(resultType ?? "")}`);
  }
  const series = Array.isArray(result) ? result.filter(isObject) : [];
  const samples = series.flatMap(({ value, values }) =>
    resultType === "vector" ? [value] : Array.isArray(values) ? values : [],
  );
  const numbers = samples.map(sample);
  return { result: new ListValue(floatList, numbers), value: `[${numbers.map(sampleText).join(",")}]` };
}

/** `[time, "value"]`; a histogram has no value, which Go reads as zero. */
function sample(pair: unknown): number {
  if (!Array.isArray(pair)) return 0;
  const number = parseFloatGo(String(pair[1]));
  if (number === undefined) throw new Error(`sample value ${JSON.stringify(pair[1] ?? null)} is no number`);
  return number;
}

function sampleText(number: number): string {
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "+Inf" : "-Inf";
  return Object.is(number, -0) ? "-0" : withoutExponent(String(number));
}

/** Go's `'f', -1`: the shortest digits, never with an exponent. */
function withoutExponent(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent] = /^(-?)(\d+)\.?(\d*)e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0");
}
