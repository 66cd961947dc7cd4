// One HTTP request as Go's client sends it: headers as given, at most ten redirects, no connection kept, no link-local
// address dialled (pkg/net/safe_dialer.go). Reads no body; the caller does, within its own limit.
import { lookup } from "node:dns";
import { BlockList, isIP, isIPv4, type LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from "undici";
import { goQuote } from "../../base/go-text";
import type { GoUrl } from "../../base/go-url";
import { compareBytewise } from "../../base/text";
import { failureReason } from "./http-retry";
import { hostOf, requestTarget, resolveReference, shownUrl } from "./request-url";

/** A request to send. */
export interface HttpRequest {
  readonly url: GoUrl;
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
const privateHeaders = new Set([
  "authorization",
  "www-authenticate",
  "cookie",
  "cookie2",
  "proxy-authorization",
  "proxy-authenticate",
]);
/** Headers about a body, which do not follow a redirect that drops it. */
const bodyHeaders = new Set(["content-encoding", "content-language", "content-location", "content-type"]);
/** Names that Go writes in canonical form; others it refuses. */
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

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
  let { url, method, body, headers } = options;
  headers = options.headers.filter(({ name }) => !ownHeaders.has(name.toLowerCase()));
  const without = (names: ReadonlySet<string>) =>
    headers.filter(({ name }) => !names.has(name.toLowerCase()));
  const verb = { method: options.method };
  for (let redirects = 0; ; redirects++) {
    const answer = await send({ ...options, url, method, headers, body }, verb, dispatcher);
    const location = answer.headers.Location?.[0];
    if (!isRedirect(answer.status) || location === undefined || location === "") return answer;
    answer.body.resume();
    const next = redirected(options, url, location);
    if (redirects + 1 > maxRedirects - 1) throw failed(verb, next, `stopped after ${maxRedirects} redirects`);
    if (!isSameDomain(options.url, next)) headers = without(privateHeaders);
    if (answer.status !== 307 && answer.status !== 308) {
      if (method !== "GET" && method !== "HEAD") method = "GET";
      body = undefined;
      headers = without(bodyHeaders);
    }
    headers = withReferer(headers, options, url, next);
    url = next;
  }
}

function redirected(options: HttpRequest, url: GoUrl, location: string): GoUrl {
  try {
    return resolveReference(url, location);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw failed(options, url, `failed to parse Location header ${goQuote(location)}: ${reason}`);
  }
}

/** A redirect names where it came from, unless it leaves TLS or the caller names something else (net/http refererForURL). */
function withReferer(
  headers: HttpRequest["headers"],
  { headers: given }: HttpRequest,
  from: GoUrl,
  to: GoUrl,
): HttpRequest["headers"] {
  if (given.some(({ name }) => name.toLowerCase() === "referer")) return headers;
  const others = headers.filter(({ name }) => name !== "Referer");
  if (from.scheme === "https" && to.scheme === "http") return others;
  const { user: _user, ...shared } = from;
  return [...others, { name: "Referer", value: shownUrl(shared) }];
}

/** `verb` is what was asked for first; it names the request in errors. */
async function send(
  options: HttpRequest,
  verb: Pick<HttpRequest, "method">,
  dispatcher: Dispatcher,
): Promise<HttpAnswer> {
  const { url, method, body, proxy = "", signal } = options;
  const asksForAll =
    !options.headers.some(({ name }) => /^(accept-encoding|range)$/i.test(name)) && method !== "HEAD";
  const problem = requestProblem(options);
  if (problem !== undefined) throw failed(verb, url, problem);
  try {
    const answer = await dispatcher.request({
      origin: `${url.scheme}://${hostOf(url)}`,
      path: requestTarget(url),
      method: method as Dispatcher.HttpMethod,
      headers: sentHeaders(options, asksForAll),
      body: body === undefined || body === "" ? null : body,
      signal,
      reset: true,
    });
    return toAnswer(answer, asksForAll, dispatcher);
  } catch (error) {
    signal.throwIfAborted();
    throw failed(verb, url, goReason(error, proxy));
  }
}

/** Why Go's transport would not send this at all; undefined when it would. */
function requestProblem({ url, headers }: HttpRequest): string | undefined {
  const { scheme } = url;
  const host = hostOf(url);
  if (scheme !== "http" && scheme !== "https") return `unsupported protocol scheme ${goQuote(scheme)}`;
  for (const { name, value } of headers) {
    if (!headerName.test(name)) return `net/http: invalid header field name ${goQuote(name)}`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value))
      return `net/http: invalid header field value for ${goQuote(name)}`;
  }
  if (host === "") return "http: no Host in request URL";
  if (!URL.canParse(`${scheme}://${host}`)) {
    const port = /:(\d+)$/.exec(host)?.[1];
    return port === undefined ? notResolved(host) : `dial tcp: address ${port}: invalid port`;
  }
  const name = host.replace(/:\d*$/, "").replace(/^\[|\]$/g, "");
  const dialled = new URL(`${scheme}://${host}`).hostname.replace(/^\[|\]$/g, "");
  if (isLinkLocal(dialled)) return linkLocalMessage(name);
  // WHATWG's URL reads 127.1 and 0x7f.1 as addresses, Go and its resolver do not.
  if (isIPv4(dialled) && isIP(name) === 0) return notResolved(name);
  return undefined;
}

/** Headers in Go's order and writing: names in canonical form and sorted, values trimmed, what Go adds last. */
function sentHeaders({ url, headers }: HttpRequest, asksForAll: boolean): Record<string, string | string[]> {
  const sent: Record<string, string | string[]> = {
    Host: hostOf(url),
    "User-Agent": userAgent,
  };
  const own = headers.map(({ name, value }) => ({ name: canonicalHeader(name.toLowerCase()), value }));
  const agent = own.find(({ name }) => name === "User-Agent");
  if (agent !== undefined) sent["User-Agent"] = agent.value;
  const rest = own.filter(({ name }) => name !== "User-Agent");
  if (url.user !== undefined && !rest.some(({ name }) => name === "Authorization")) {
    const pair = `${url.user.name}:${url.user.password ?? ""}`;
    rest.push({ name: "Authorization", value: `Basic ${Buffer.from(pair, "latin1").toString("base64")}` });
  }
  for (const { name, value } of rest.sort((a, b) => compareBytewise(a.name, b.name))) {
    // Go sends UTF-8 where this client would send Latin-1.
    const bytes = Buffer.from(value.trim(), "utf8").toString("latin1");
    sent[name] = [...(sent[name] ?? []), bytes];
  }
  if (asksForAll) sent["Accept-Encoding"] = "gzip";
  return sent;
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
  // It may break before anybody reads it; whoever reads it then hears of it.
  gunzip.on("error", () => {});
  return body.pipe(gunzip);
}

function openDispatcher({ proxy, insecureSkipTLSVerify }: HttpRequest): Dispatcher {
  const connect = {
    timeout: connectTimeoutMs,
    rejectUnauthorized: insecureSkipTLSVerify !== true,
    lookup: lookupWithoutLinkLocal,
  };
  // Go asks a proxy for a plain URL by its whole name, and tunnels to a TLS one.
  const limits = { headersTimeout: 0, bodyTimeout: 0, pipelining: 0 };
  const shared = { connect, requestTls: connect, proxyTunnel: false, ...limits };
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
    if (error) return callback(error.code === "ENOTFOUND" ? new Error(notResolved(hostname)) : error, []);
    const safe = addresses.filter(({ address }) => !isLinkLocal(address));
    const [first] = safe;
    if (first === undefined) return callback(new Error(linkLocalMessage(hostname)), []);
    if (options.all === true) return callback(null, safe.slice(0, 1));
    return callback(null, first.address, first.family);
  });
};

const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16);
linkLocal.addSubnet("fe80::", 10, "ipv6");

/** True for 169.254.0.0/16, however it is written, and fe80::/10. */
export function isLinkLocal(address: string): boolean {
  const version = isIP(address.replace(/%.*$/, ""));
  return version !== 0 && linkLocal.check(address.replace(/%.*$/, ""), version === 4 ? "ipv4" : "ipv6");
}

function notResolved(host: string): string {
  return `failed to resolve host ${goQuote(host)}: lookup ${host}: no such host`;
}

function linkLocalMessage(host: string): string {
  return `connections to link-local addresses are not permitted (host ${goQuote(host)} resolved to link-local IPs only)`;
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** The same host, or one below it (net/http shouldCopyHeaderOnRedirect). */
function isSameDomain(from: GoUrl, to: GoUrl): boolean {
  const [first, second] = [from, to].map((url) => hostOf(url).replace(/:\d*$/, "").toLowerCase());
  return second === first || second?.endsWith(`.${first}`) === true;
}

/** `content-type` as Go writes it: `Content-Type`. */
export function canonicalHeader(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_match, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** The commonest reasons in Go's words. */
function goReason(error: unknown, proxy: string): string {
  const reason = failureReason(error);
  const refused = /^connect ECONNREFUSED (\S+)$/.exec(reason)?.[1];
  if (refused !== undefined) {
    return `${proxy === "" ? "" : "proxyconnect tcp: "}dial tcp ${refused}: connect: connection refused`;
  }
  return reason === "other side closed" ? "EOF" : reason;
}

/** Go's `Get "https://host/path": reason`; a password in the URL is never shown. */
function failed({ method }: Pick<HttpRequest, "method">, url: GoUrl, reason: string): HttpRequestError {
  return new HttpRequestError(requestFailure({ method, url }, reason));
}

/** The sentence about a request that failed, as Go's client has it. */
export function requestFailure({ method, url }: Pick<HttpRequest, "method" | "url">, reason: string): string {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return `${verb} ${goQuote(shownUrl(url))}: ${reason}`;
}
