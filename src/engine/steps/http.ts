// Step `http`: sends a request and judges the answer by expressions; polls until one of them decides.
// Saves no file; that is `http-download`.
import type { Readable } from "node:stream";
import {
  compile,
  FunctionValue,
  functionType,
  goQuote,
  ListValue,
  MapValue,
  mapOf,
  namedType,
  type Program,
  parseJson,
  Scalar,
  sliceOf,
  typeName,
  types,
} from "../../expression/expression";
import {
  type Capabilities,
  type StepContext,
  StepError,
  type StepOutput,
  type StepResult,
  type StepRunner,
} from "../promotion/step";
import { yamlToJson } from "../tools/go-yaml/to-json";
import { canonicalHeader, type HttpAnswer, type HttpRequest } from "../tools/http-request";
import { readUpTo } from "../tools/read-body";
import { parseRequestUrl, requestPlace } from "../tools/request-url";
import { configuredMs, type ExchangeConfig, exchange, requestUrl } from "./http-exchange";
import { inDetail } from "./parse-outputs";
import { errored, erroredBecause } from "./step-failure";

/** Configuration of `http`. */
export interface HttpConfig extends ExchangeConfig {
  readonly method?: string;
  readonly body?: string;
  readonly proxy?: string;
  /** Go duration; 10s when absent. */
  readonly timeout?: string;
  /** Go duration; 30s when absent. */
  readonly pollInterval?: string;
  readonly responseContentType?: string;
  readonly successExpression?: string;
  readonly failureExpression?: string;
  readonly errorExpression?: string;
  readonly outputs?: readonly { readonly name: string; readonly fromExpression: string }[];
}

const defaultTimeoutMs = 10_000;
const defaultPollIntervalMs = 30_000;
/** Before a fault of what expressions are to see. */
const envContext = "error building expression context from HTTP response";
const bodyReadContext = "reading response body: failed to read from reader";
const maxBodyBytes = 2 * 1024 * 1024;
const yamlTypes = new Set(["application/yaml", "text/yaml", "application/x-yaml"]);

/** Types of what expressions see of an answer's headers (net/http). */
const stringList = sliceOf(types.string);
const headerType = namedType({
  name: "http.Header",
  packagePath: "net/http",
  underlying: mapOf(types.string, stringList),
});
const getHeaderType = functionType([types.string], [types.string]);

/** Runs `http` (pkg/promotion/runner/builtin/http_requester.go). */
export const http: StepRunner<"http", HttpConfig, "network" | "effects"> = {
  kind: "http",
  needs: ["network", "effects"],
  async run(context, config) {
    const { request, timeoutMs } = asTerminal(() => prepare(config));
    const bodyContext = `${envContext}: ${bodyReadContext}`;
    const act = () =>
      exchange(context, request, { timeoutMs, bodyContext }, (answer, signal) =>
        read(answer, config, signal),
      );
    const answer = await sendOnce(context, request, act);
    return judge(config, answer, context.signal);
  },
};

/** What expressions see, and the status. */
interface ReadAnswer {
  readonly status: number;
  readonly env: Readonly<Record<string, unknown>>;
}

function prepare(config: HttpConfig): {
  readonly request: Omit<HttpRequest, "signal">;
  readonly timeoutMs: number;
} {
  const { method = "GET", headers = [], body, proxy, insecureSkipTLSVerify = false } = config;
  const url = within("error building HTTP request", () => requestUrl(config));
  const timeoutMs = within("error creating HTTP client", () =>
    configuredMs("timeout", config.timeout, defaultTimeoutMs),
  );
  if (proxy) within("error creating HTTP client: error parsing proxy URL", () => parseRequestUrl(proxy));
  return {
    request: { url, method: method || "GET", headers, body, proxy, insecureSkipTLSVerify },
    timeoutMs,
  };
}

/** A request that only reads leaves nothing behind; every other is an effect. */
async function sendOnce<T>(
  context: StepContext & Pick<Capabilities, "effects">,
  { method, url }: Omit<HttpRequest, "signal">,
  act: () => Promise<T>,
): Promise<T> {
  try {
    if (method === "GET" || method === "HEAD") return await act();
    const target = requestPlace(url);
    return await context.effects.perform(
      { kind: "http.request", target, summary: `${method} ${target}` },
      act,
    );
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof StepError) throw error;
    throw erroredBecause("error sending HTTP request", error);
  }
}

async function read(answer: HttpAnswer, config: HttpConfig, signal: AbortSignal): Promise<ReadAnswer> {
  const context = envContext;
  if (answer.contentLength !== undefined && answer.contentLength > maxBodyBytes) {
    throw errored(
      `${context}: response body size ${answer.contentLength} exceeds limit of ${maxBodyBytes} bytes`,
    );
  }
  const bytes = await readBody(answer.body, context, signal);
  const { status, headers } = answer;
  const lists = Object.entries(headers).map(
    ([name, values]) => [name, new ListValue(stringList, values)] as const,
  );
  const response = {
    status: new Scalar(types.int64, BigInt(status)),
    header: new FunctionValue(
      getHeaderType,
      (name) => headers[canonicalHeader(String(name).toLowerCase())]?.[0] ?? "",
    ),
    headers: new MapValue(headerType, lists),
    body: bytes.length === 0 ? {} : parseBody(bytes, config, headers, context),
  };
  return { status, env: { response } };
}

async function readBody(body: Readable, context: string, signal: AbortSignal): Promise<Buffer> {
  const bytes = await readUpTo(body, maxBodyBytes).catch((error) => {
    if (signal.aborted) throw error;
    throw erroredBecause(`${context}: ${bodyReadContext}`, error);
  });
  if (bytes !== undefined) return bytes;
  throw errored(`${context}: reading response body: content exceeds limit of ${maxBodyBytes} bytes`);
}

/** By the configured type, else the answer's; a type that says nothing is tried as JSON. */
function parseBody(
  bytes: Buffer,
  config: HttpConfig,
  headers: HttpAnswer["headers"],
  context: string,
): unknown {
  const type = (config.responseContentType || mediaType(headers["Content-Type"]?.[0])).toLowerCase();
  if (type === "text/plain") return bytes.toString("utf8");
  if (yamlTypes.has(type)) {
    try {
      return yamlToJson(bytes);
    } catch (error) {
      throw erroredBecause(`${context}: failed to parse YAML response`, error);
    }
  }
  const parsed = parseJson(bytes.toString("utf8"));
  if (parsed.problem === undefined) return parsed.value;
  if (type !== "application/json") return {};
  throw errored(`${context}: failed to parse JSON response: ${parsed.problem}`);
}

function mediaType(header: string | undefined): string {
  return header?.split(";")[0]?.trim() ?? "";
}

function judge(config: HttpConfig, { status, env }: ReadAnswer, signal: AbortSignal): StepResult {
  const success = decide("success", config.successExpression, env, signal);
  const failure = decide("failure", config.failureExpression, env, signal);
  if (failure === true) {
    const reason = messageOf(config.errorExpression, env, signal);
    const detail = reason === "" ? "" : `: ${goQuote(reason)}`;
    throw new StepError("Failed", `HTTP (${status}) response met failure criteria${detail}`, {
      terminal: true,
    });
  }
  if (success === true) return { status: "Succeeded", output: outputs(config, env, signal) };
  if (success === undefined && failure === undefined) {
    const isFine = status >= 200 && status < 300;
    return isFine ? { status: "Succeeded", output: outputs(config, env, signal) } : { status: "Failed" };
  }
  const retryAfterMs = asOrdinary(() =>
    configuredMs("pollInterval", config.pollInterval, defaultPollIntervalMs),
  );
  return { status: "Running", retryAfterMs };
}

/** Undefined when there is no such expression. */
function decide(
  which: "success" | "failure",
  source: string | undefined,
  env: ReadAnswer["env"],
  signal: AbortSignal,
): boolean | undefined {
  if (source === undefined || source === "") return undefined;
  const context = `error evaluating ${which} criteria`;
  const program = compiled(source, `${context}: error compiling ${which} expression ${goQuote(source)}`);
  let result: unknown;
  try {
    result = inDetail(() => program.evaluate(env, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    throw erroredBecause(`${context}: error evaluating ${which} expression ${goQuote(source)}`, error);
  }
  if (typeof result === "boolean") return result;
  const type = typeName(result);
  throw errored(
    `${context}: ${which} expression ${goQuote(source)} did not evaluate to a boolean (got ${type})`,
  );
}

/** Best effort: only an expression that does not compile is an error. */
function messageOf(source: string | undefined, env: ReadAnswer["env"], signal: AbortSignal): string {
  if (source === undefined || source === "") return "";
  const program = compiled(source, `error compiling error expression ${goQuote(source)}`);
  try {
    const result = program.evaluate(env, { signal });
    return typeof result === "string" ? result : "";
  } catch {
    signal.throwIfAborted();
    return "";
  }
}

function outputs(
  { outputs: wanted = [] }: HttpConfig,
  env: ReadAnswer["env"],
  signal: AbortSignal,
): StepOutput {
  const context = "error extracting outputs from HTTP response";
  const values: [string, unknown][] = [];
  for (const { name, fromExpression } of wanted) {
    const program = compiled(
      fromExpression,
      `${context}: error compiling output expression ${goQuote(name)}`,
    );
    try {
      values.push([name, inDetail(() => program.evaluate(env, { signal }))]);
    } catch (error) {
      signal.throwIfAborted();
      throw erroredBecause(`${context}: error evaluating output expression ${goQuote(name)}`, error);
    }
  }
  return Object.fromEntries(values);
}

function compiled(source: string, context: string): Program {
  try {
    return inDetail(() => compile(source));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StepError("Errored", `${context}: ${reason}`, { terminal: true, cause });
  }
}

function within<T>(context: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new Error(`${context}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function asTerminal<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new StepError("Errored", cause instanceof Error ? cause.message : String(cause), {
      terminal: true,
      cause,
    });
  }
}

function asOrdinary<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw errored(cause instanceof Error ? cause.message : String(cause));
  }
}
