// One HTTP request as Go's client sends it: headers as given, at most ten redirects, no connection kept, no link-local
// address dialled (pkg/net/safe_dialer.go). Reads no body; the caller does, within its own limit.
import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, request } from "undici";
import { failureReason } from "./http-retry";

/** A request to send. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  /** In order; a name may come twice. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body?: string;
  readonly insecureSkipTLSVerify?: boolean;
  /** Proxy of this request; the environment's are used when absent. */
  readonly proxy?: string;
  readonly signal: AbortSignal;
}

/** An answer whose body has not been read. Whoever got it reads it or calls `close`. */
export interface HttpAnswer {
  readonly status: number;
  /** By canonical name (`Content-Type`), every value. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Length the server announced; undefined when it did not or the body is compressed. */
  readonly contentLength: number | undefined;
  readonly body: Readable;
  close(): Promise<void>;
}

/** Thrown when no answer came. The message is Go's: method, URL and reason. */
export class HttpRequestError extends Error {}

const maxRedirects = 10;
const connectTimeoutMs = 30_000;
const userAgent = "Go-http-client/1.1";
/** Headers that Go's client writes itself, whatever the caller sets. */
const ownHeaders = new Set(["host", "content-length", "transfer-encoding", "trailer", "connection"]);
/** Headers that do not follow a redirect to another domain. */
const privateHeaders = new Set(["authorization", "www-authenticate", "cookie", "cookie2"]);

/** Sends the request and follows redirects. Throws HttpRequestError, or the signal's reason once it is aborted. */
export async function sendHttpRequest(options: HttpRequest): Promise<HttpAnswer> {
  const dispatcher = openDispatcher(options);
  try {
    return await follow(options, dispatcher);
  } catch (error) {
    await dispatcher.destroy().catch(() => {});
    options.signal.throwIfAborted();
    throw error;
  }
}

async function follow(options: HttpRequest, dispatcher: Dispatcher): Promise<HttpAnswer> {
  let { url, method, body } = options;
  let headers = options.headers.filter(({ name }) => !ownHeaders.has(name.toLowerCase()));
  for (let redirects = 0; ; redirects++) {
    const answer = await send({ ...options, url, method, headers, body }, dispatcher);
    const location = answer.headers.Location?.[0];
    if (
      !isRedirect(answer.status) ||
      (location === undefined && answer.status !== 307 && answer.status !== 308)
    )
      return answer;
    if (location === undefined) return answer;
    answer.body.resume();
    if (redirects + 1 > maxRedirects - 1)
      throw failed(options, url, `stopped after ${maxRedirects} redirects`);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined)
      throw failed(options, url, `failed to parse Location header ${JSON.stringify(location)}`);
    if (!isSameDomain(url, next))
      headers = headers.filter(({ name }) => !privateHeaders.has(name.toLowerCase()));
    if (answer.status !== 307 && answer.status !== 308) {
      if (method !== "GET" && method !== "HEAD") method = "GET";
      body = undefined;
    }
    url = next;
  }
}

async function send(options: HttpRequest, dispatcher: Dispatcher): Promise<HttpAnswer> {
  const { url, method, body, signal } = options;
  const asksForAll =
    !options.headers.some(({ name }) => /^(accept-encoding|range)$/i.test(name)) && method !== "HEAD";
  const flat = options.headers.flatMap(({ name, value }) => [name, value]);
  if (!options.headers.some(({ name }) => name.toLowerCase() === "user-agent"))
    flat.push("User-Agent", userAgent);
  if (asksForAll) flat.push("Accept-Encoding", "gzip");
  if (url.username !== "" && !options.headers.some(({ name }) => name.toLowerCase() === "authorization")) {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    flat.push("Authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
  }
  if (isLinkLocal(url.hostname.replace(/^\[|\]$/g, "")))
    throw failed(options, url, linkLocalMessage(url.hostname));
  try {
    const answer = await request(url, {
      dispatcher,
      method: method as Dispatcher.HttpMethod,
      headers: flat,
      body: body === undefined || body === "" ? null : body,
      signal,
      reset: true,
    });
    return toAnswer(answer, asksForAll, dispatcher);
  } catch (error) {
    signal.throwIfAborted();
    throw failed(options, url, goReason(error));
  }
}

function toAnswer(answer: Dispatcher.ResponseData, mayUnpack: boolean, dispatcher: Dispatcher): HttpAnswer {
  const headers: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[canonicalHeader(name)] = Array.isArray(value) ? value : [value];
  }
  const packed = mayUnpack && headers["Content-Encoding"]?.[0]?.toLowerCase() === "gzip";
  const length = headers["Content-Length"]?.[0];
  if (packed) {
    delete headers["Content-Encoding"];
    delete headers["Content-Length"];
  }
  return {
    status: answer.statusCode,
    headers,
    contentLength: packed || length === undefined ? undefined : Number(length),
    body: packed ? unpack(answer.body) : answer.body,
    close: () => dispatcher.destroy().catch(() => {}),
  };
}

/** A broken transfer must break the unpacked stream too, not end it. */
function unpack(body: Readable): Readable {
  const gunzip = createGunzip();
  body.on("error", (error) => gunzip.destroy(error));
  return body.pipe(gunzip);
}

function openDispatcher({ proxy, insecureSkipTLSVerify }: HttpRequest): Dispatcher {
  const connect = {
    timeout: connectTimeoutMs,
    rejectUnauthorized: insecureSkipTLSVerify !== true,
    lookup: lookupWithoutLinkLocal,
  };
  const shared = { connect, requestTls: connect, headersTimeout: 0, bodyTimeout: 0, pipelining: 0 };
  if (proxy !== undefined && proxy !== "") return new ProxyAgent({ ...shared, uri: proxy });
  const asks = ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"].some((name) => process.env[name]);
  if (!asks) return new Agent(shared);
  const configured = process.env.no_proxy ?? process.env.NO_PROXY ?? "";
  const noProxy = [configured, "localhost", "127.0.0.1", "[::1]"].filter(Boolean).join(",");
  return new EnvHttpProxyAgent({ ...shared, noProxy });
}

/** Resolves names as usual, but never to an address that only this machine's own network answers (cloud metadata). */
const lookupWithoutLinkLocal: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    const safe = addresses.filter(({ address }) => !isLinkLocal(address));
    const [first] = safe;
    if (first === undefined) return callback(new Error(linkLocalMessage(hostname)), []);
    if (options.all === true) return callback(null, safe.slice(0, 1));
    return callback(null, first.address, first.family);
  });
};

/** True for 169.254.0.0/16 and fe80::/10. */
export function isLinkLocal(address: string): boolean {
  return /^(::ffff:)?169\.254\./i.test(address) || /^fe[89ab][0-9a-f]:/i.test(address);
}

function linkLocalMessage(host: string): string {
  return `connections to link-local addresses are not permitted (host ${JSON.stringify(host)} resolved to link-local IPs only)`;
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** The same host, or one below it (net/http shouldCopyHeaderOnRedirect). */
function isSameDomain(from: URL, to: URL): boolean {
  return to.hostname === from.hostname || to.hostname.endsWith(`.${from.hostname}`);
}

/** `content-type` as Go writes it: `Content-Type`. */
export function canonicalHeader(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_match, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** Go's `Get "https://host/path": reason`; a password in the URL is never shown. */
function failed({ method }: HttpRequest, url: URL, reason: string): HttpRequestError {
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return new HttpRequestError(`${verb} ${JSON.stringify(shown.href)}: ${reason}`);
}

function goReason(error: unknown): string {
  return failureReason(error);
}
