// JSON over HTTP as the hosting services speak it: one request, one answer, secrets masked, sizes and times bounded.
// Knows no service; whether a status is good or bad is theirs to say.
import { STATUS_CODES } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { type Dispatcher, fetch, type Response } from "undici";
import { isObject } from "../../../base/json";
import { maskSecrets } from "../git-error";
import { openHttpAgent } from "../http-agent";
import { errorCode, failureReason } from "../http-retry";
import { readUpTo } from "../read-body";
import { PullRequestError } from "./provider";

/** What requests of one client have in common. */
export interface RestOptions {
  /** Address that paths are joined to. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of `headers`, those that no other server may see. In lower case. */
  readonly secretHeaders: readonly string[];
  /** Values that are masked in messages. */
  readonly secrets: readonly string[];
  readonly insecureSkipTLSVerify?: boolean;
  readonly signal: AbortSignal;
  /** Pauses before further tries after 429, 5xx and refused connections, in milliseconds; none when absent. */
  readonly retryDelaysMs?: readonly number[];
}

/** One request. */
export interface RestRequest {
  readonly method: "DELETE" | "GET" | "PATCH" | "POST" | "PUT";
  /** Parts that come from users are percent-encoded already. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
}

/** An answer, whatever its status. */
export interface RestAnswer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly headers: Response["headers"];
  readonly text: string;
  /** The text as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** How long one request may take in all, in milliseconds: these answers are small. */
const requestTimeoutMs = 60_000;
const maxAnswerBytes = 32 * 1024 * 1024;
const maxRedirects = 5;
const agentName = "kargo-workbench";

/** Sends requests to one service. Close it when done. */
export class RestClient {
  readonly #options: RestOptions;
  readonly #agent: Dispatcher;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#agent = openHttpAgent(options);
  }

  /** Throws PullRequestError `network` or `protocol` when no complete answer comes, and the signal's reason. */
  async send(request: RestRequest): Promise<RestAnswer> {
    const { retryDelaysMs = [], signal } = this.#options;
    for (let tries = 0; ; tries++) {
      const pauseMs = retryDelaysMs[tries];
      try {
        const answer = await this.#follow(request);
        if (pauseMs === undefined || !mayPass(answer.status)) return answer;
      } catch (error) {
        const refused = error instanceof PullRequestError && errorCode(error) === "ECONNREFUSED";
        if (pauseMs === undefined || !isNetworkError(error) || !refused) throw error;
      }
      await delay(pauseMs, undefined, { signal });
    }
  }

  /** `text` with the secrets of this client masked. */
  mask(text: string): string {
    return maskSecrets(text, this.#options.secrets);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Redirects are followed by hand: no other server may see the token, and a POST must not turn into a GET. */
  async #follow({ method, path, query = {}, body }: RestRequest): Promise<RestAnswer> {
    const { baseUrl, headers, secretHeaders } = this.#options;
    let url = new URL(baseUrl.replace(/\/*$/, "/") + path.replace(/^\//, ""));
    for (const [name, value] of Object.entries(query)) {
      for (const one of typeof value === "string" ? [value] : value) url.searchParams.append(name, one);
    }
    url.searchParams.sort(); // as Go writes them, into messages too
    const { origin } = url;
    for (let redirects = 0; ; redirects++) {
      const known = Object.entries({ "user-agent": agentName, ...headers });
      const sent = url.origin === origin ? known : known.filter(([name]) => !secretHeaders.includes(name));
      const answer = await this.#once(method, url, Object.fromEntries(sent), body);
      const location = answer.headers.get("location");
      const follows = [307, 308].includes(answer.status) || (method === "GET" && isMoved(answer.status));
      if (location === null || !follows) return answer;
      if (redirects >= maxRedirects) {
        throw new PullRequestError("protocol", this.mask(`${goCall(method, url)}: too many redirects`));
      }
      url = new URL(location, url);
    }
  }

  async #once(
    method: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: unknown,
  ): Promise<RestAnswer> {
    const { signal } = this.#options;
    try {
      const response = await fetch(url, {
        method,
        redirect: "manual",
        headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
        dispatcher: this.#agent,
      });
      const text = await readText(response, maxAnswerBytes);
      const { status } = response;
      return { method, url: url.href, status, headers: response.headers, text, json: parseJson(text) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PullRequestError) throw error;
      const text = this.mask(`${goCall(method, url)}: ${failureReason(error)}`);
      throw new PullRequestError("network", text, { cause: error });
    }
  }
}

/** The value at a path of names in JSON; undefined when a part is missing. */
export function valueAt(json: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), json);
}

/** As `valueAt`, for text; empty when there is none. */
export function textAt(json: unknown, ...path: readonly string[]): string {
  const value = valueAt(json, ...path);
  return typeof value === "string" ? value : "";
}

/** As `valueAt`, for a number; 0 when there is none. */
export function numberAt(json: unknown, ...path: readonly string[]): number {
  const value = valueAt(json, ...path);
  return typeof value === "number" ? value : 0;
}

/** A date in JSON as `createdAtMs`; nothing when there is none. */
export function createdAt(json: unknown, name: string): { createdAtMs?: number } {
  const createdAtMs = Date.parse(textAt(json, name));
  return Number.isNaN(createdAtMs) ? {} : { createdAtMs };
}

/** Elements of a JSON list. Throws PullRequestError `protocol` when it is none. */
export function listIn(answer: RestAnswer, json: unknown = answer.json): readonly unknown[] {
  if (Array.isArray(json)) return json;
  throw wrongAnswer(answer);
}

/** The JSON object of an answer. Throws PullRequestError `protocol` when it is none. */
export function objectIn(answer: RestAnswer): Record<string, unknown> {
  if (isObject(answer.json)) return answer.json;
  throw wrongAnswer(answer);
}

/** Number of the next page in a Link header (RFC 8288); undefined on the last. */
export function nextPage(answer: RestAnswer): string | undefined {
  for (const link of (answer.headers.get("link") ?? "").split(",")) {
    const [target = "", ...parameters] = link.split(";");
    const isNext = parameters.some((parameter) => /^\s*rel="?next"?\s*$/.test(parameter));
    const url = /^\s*<(.*)>\s*$/.exec(target)?.[1];
    if (isNext && url !== undefined) return new URL(url, answer.url).searchParams.get("page") ?? undefined;
  }
  return undefined;
}

/** `status` and what is wrong with the answer, for a service that speaks JSON. */
function wrongAnswer({ method, url, status }: RestAnswer): PullRequestError {
  const text = `${method} ${url}: HTTP ${status} with an answer that is not the JSON it should be`;
  return new PullRequestError("protocol", text, { status });
}

/** `Get "https://…"`, as Go names a request that got no answer. */
function goCall(method: string, url: URL): string {
  return `${method.charAt(0)}${method.slice(1).toLowerCase()} "${url.href}"`;
}

/** What is worth another try; 501 stays what it is. */
function mayPass(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/** A status as Go prints it: `403 Forbidden`. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
}

function isMoved(status: number): boolean {
  return [301, 302, 303].includes(status);
}

function isNetworkError(error: unknown): boolean {
  return error instanceof PullRequestError && error.code === "network";
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const bytes = await readUpTo(response.body, maxBytes);
  if (bytes === undefined)
    throw new PullRequestError("protocol", `The answer is longer than ${maxBytes} bytes`);
  return bytes.toString("utf8").replace(/^\ufeff/, "");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
