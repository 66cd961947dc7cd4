// One conversation with one registry: finds out whether it speaks TLS, how it wants to be asked, and asks accordingly.
// Knows no repositories' contents; registry.ts does.
import { setTimeout as delay } from "node:timers/promises";
import { type Dispatcher, fetch, type RequestInit, type Response } from "undici";
import { errorMessage } from "../../base/errors";
import { openHttpAgent } from "./http-agent";
import { defaultRetryPolicy, failureReason, type RetryPolicy, sendWithRetries } from "./http-retry";
import type { RateLimit } from "./rate-limit";
import { readUpTo } from "./read-body";
import {
  basicAuthorization,
  type Challenge,
  isComplete,
  type RegistryCredentials,
  readToken,
  tokenUrl,
  usableChallenge,
} from "./registry-auth";
import { RegistryError, statusError } from "./registry-error";

/** What it takes to talk to a registry. */
export interface RegistryOptions {
  /** Host and port, such as `ghcr.io` or `localhost:5000`. */
  readonly host: string;
  readonly credentials?: RegistryCredentials;
  readonly insecureSkipTLSVerify?: boolean;
  /**
   * Whose manners to have. `image`, of go-containerregistry: local hosts may speak plain HTTP, `/v2/` must answer, and
   * a user name and password go along with every request. `chart`, of Helm: a host speaks plain HTTP when it shows so,
   * `/v2/` may be missing, credentials are proved by signing in and sent to those alone who ask.
   */
  readonly manners: "image" | "chart";
  readonly retry?: RetryPolicy;
  readonly rateLimit?: RateLimit | undefined;
  readonly signal: AbortSignal;
}

/** A request within a session. */
export interface RegistryRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  /** A path of the registry, or a whole URL it has given. */
  readonly url: string | URL;
  /** What the request does to which repository; decides the token's scope. */
  readonly repository: string;
  readonly access: "pull" | "pull,push";
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body anew for every try. */
  readonly body?: () => RequestInit["body"];
}

const plainHttpDelayMs = 300;
/** What is read of an answer that tells of a failure. */
const maxReasonBytes = 64 * 1024;
/** What OpenSSL, and BoringSSL in an editor, say of an answer that is no TLS. */
const noTls = /wrong.version.number|packet.length.too.long/i;
/** go-containerregistry pkg/name: hosts that may have no certificate, apart from addresses of private networks. */
const localName = /^localhost:|\.local(?:host)?(?::\d{1,5})?$|127\.0\.0\.1|::1/;
const privateAddress = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+(?::\d+)?$/;

/** A session. Close it when done. */
export class RegistrySession {
  readonly #options: RegistryOptions;
  readonly #agent: Dispatcher;
  readonly #tokens = new Map<string, string>();
  /** How the registry wants to be asked, as far as it has said so. */
  #challenge: Challenge | undefined;
  #origin: Promise<string> | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#agent = openHttpAgent(options);
  }

  /** Sends a request, signing in as the registry asks, and answers whatever it answers. Throws RegistryError. */
  async send(request: RegistryRequest): Promise<Response> {
    this.#origin ??= this.#connect();
    const origin = await this.#origin.catch((error) => {
      this.#origin = undefined;
      throw error;
    });
    const scope = `repository:${request.repository}:${request.access}`;
    return this.#sendSigned(new URL(request.url, origin), request, scope, origin);
  }

  /** Ends the session's connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Finds the registry's origin, and learns how it wants to be asked. */
  async #connect(): Promise<string> {
    const { host, credentials, manners } = this.#options;
    if (manners === "chart") {
      const origin = await this.#detectOrigin();
      if (credentials !== undefined) await this.#signIn(origin);
      return origin;
    }
    const isLocal = localName.test(host) || privateAddress.test(host);
    const { origin, response } = isLocal ? await this.#pingEither() : await this.#ping("https");
    if (response.status === 401) this.#challenge = usableChallenge(response.headers.get("www-authenticate"));
    else if (response.status !== 200) throw await unexpected(`${host}/v2/`, response);
    await response.body?.cancel();
    return origin;
  }

  async #ping(scheme: "http" | "https"): Promise<{ readonly origin: string; readonly response: Response }> {
    const origin = `${scheme}://${this.#options.host}`;
    return { origin, response: await this.#fetch(new URL("/v2/", origin)) };
  }

  /**
   * Tries TLS, and plain HTTP too once that has failed or kept silent for a moment; the first answer counts. A server
   * whose certificate is refused speaks TLS, so there is nothing else to try.
   */
  async #pingEither(): Promise<{ readonly origin: string; readonly response: Response }> {
    const secure = this.#ping("https");
    const speaksTls = secure.then(
      () => true,
      (error) => /certificate/i.test(errorMessage(error)),
    );
    if (await Promise.race([speaksTls, delay(plainHttpDelayMs, false, { ref: false })])) return secure;
    const plain = this.#ping("http");
    return Promise.any([secure, plain]).catch(() => plain);
  }

  /** Plain HTTP only where the server shows that it speaks nothing else; any other outcome leaves it at TLS. */
  async #detectOrigin(): Promise<string> {
    const { host, signal } = this.#options;
    try {
      const { response } = await this.#ping("https");
      await response.body?.cancel();
    } catch (error) {
      signal.throwIfAborted();
      if (noTls.test(errorMessage(error))) return `http://${host}`;
    }
    return `https://${host}`;
  }

  async #signIn(origin: string): Promise<void> {
    const { host } = this.#options;
    const response = await this.#sendSigned(new URL("/v2/", origin), { method: "GET" }, undefined, origin);
    if (response.status !== 200) throw await unexpected(`Signing in to ${host}`, response);
    await response.body?.cancel();
  }

  async #sendSigned(
    url: URL,
    request: Pick<RegistryRequest, "method" | "headers" | "body">,
    scope: string | undefined,
    origin: string,
  ): Promise<Response> {
    const send = (authorization: string | undefined) =>
      this.#fetch(url, () => toInit(request, authorization));
    const authorization = await this.#authorization(url, scope, origin);
    const response = await send(authorization);
    if (response.status !== 401) return response;
    const challenge = usableChallenge(response.headers.get("www-authenticate"));
    if (challenge === undefined) return response;
    this.#challenge = challenge;
    if (scope !== undefined) this.#tokens.delete(scope);
    const asked = challenge.parameters.scope;
    const renewed = await this.#authorization(url, scope, origin, asked);
    if (renewed === undefined || renewed === authorization) return response;
    await response.body?.cancel();
    return send(renewed);
  }

  /** The header for a request to the registry itself; whom it redirects to is told nothing. */
  async #authorization(
    url: URL,
    scope: string | undefined,
    origin: string,
    askedScope?: string,
  ): Promise<string | undefined> {
    const { credentials, manners } = this.#options;
    if (url.origin !== origin) return undefined;
    if (this.#challenge?.scheme === "bearer") {
      return `Bearer ${await this.#token(this.#challenge, scope, askedScope)}`;
    }
    const isAsked = this.#challenge !== undefined || manners === "image";
    return isAsked && isComplete(credentials) ? basicAuthorization(credentials) : undefined;
  }

  async #token(challenge: Challenge, scope: string | undefined, askedScope?: string): Promise<string> {
    const key = scope ?? "";
    const known = this.#tokens.get(key);
    if (known !== undefined) return known;
    const { credentials, host, manners } = this.#options;
    const scopes = [...new Set([askedScope, scope])].filter((one) => one !== undefined && one !== "");
    const url = tokenUrl(challenge, scopes as string[]);
    const isUsable = manners === "chart" ? credentials !== undefined : isComplete(credentials);
    const headers = isUsable ? { authorization: basicAuthorization(credentials ?? {}) } : {};
    const response = await this.#fetch(url, () => ({ headers }));
    if (response.status !== 200) throw await unexpected(`The token service of ${host}`, response);
    const token = readToken(await response.text());
    this.#tokens.set(key, token);
    return token;
  }

  /** One request with its retries. Throws RegistryError `network` when no answer comes. */
  async #fetch(url: URL, init: () => RequestInit = () => ({})): Promise<Response> {
    const { retry = defaultRetryPolicy, rateLimit, signal, host } = this.#options;
    const send = async () => {
      await rateLimit?.take(signal);
      return fetch(url, { ...init(), signal, dispatcher: this.#agent });
    };
    try {
      return await sendWithRetries(send, retry, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new RegistryError("network", `${url.host || host} gave no answer: ${failureReason(error)}`, {
        cause: error,
      });
    }
  }
}

/** The error of an answer that is not the wanted one. */
export async function unexpected(what: string, response: Response): Promise<RegistryError> {
  return statusError(what, response.status, await readText(response, maxReasonBytes));
}

/** Reads an answer; throws RegistryError `protocol` once it is longer than `maxBytes`. */
export async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const bytes = await readUpTo(response.body, maxBytes).catch((error) => {
    throw new RegistryError("network", `The answer broke off: ${failureReason(error)}`, { cause: error });
  });
  if (bytes === undefined) throw new RegistryError("protocol", `The answer is longer than ${maxBytes} bytes`);
  return bytes;
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  return readBody(response, maxBytes).then(
    (body) => body.toString("utf8"),
    () => "",
  );
}

function toInit(
  { method, headers, body }: Pick<RegistryRequest, "method" | "headers" | "body">,
  authorization: string | undefined,
): RequestInit {
  const follows = method === "GET" || method === "HEAD";
  return {
    method,
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    redirect: follows ? "follow" : "manual",
    ...(body && { body: body(), duplex: "half" as const }),
  };
}

/**
 * True when a registry answers a TLS greeting with plain HTTP. False when it speaks TLS, and when nothing can be found
 * out: then the real request says why (pkg/helm/registry.go IsPlainHTTP).
 */
export async function speaksPlainHttp(host: string, signal: AbortSignal): Promise<boolean> {
  const agent = openHttpAgent();
  try {
    const response = await fetch(`https://${host}/v2/`, { signal, dispatcher: agent });
    await response.body?.cancel();
    return false;
  } catch (error) {
    signal.throwIfAborted();
    return noTls.test(failureReason(error));
  } finally {
    await agent.destroy();
  }
}
