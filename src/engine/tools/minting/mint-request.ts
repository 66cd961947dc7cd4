// The requests by which tokens are minted: one POST or GET, an answer in JSON, no redirect, no token in any message.
// Signs nothing; github-app.ts, ecr.ts and google.ts do.
import { createSign } from "node:crypto";
import { fetch } from "undici";
import { isObject } from "../../../base/json";
import { openHttpAgent } from "../http-agent";
import { defaultRetryPolicy, failureReason, sendWithRetries } from "../http-retry";
import { readUpTo } from "../read-body";

/** An answer; `body` is an empty object unless it was one in JSON. */
export interface MintAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const maxBytes = 1024 * 1024;

/** Sends a request. Throws Error without a secret in it when there is no answer. */
export async function askForToken(
  url: string,
  request: {
    readonly method: "GET" | "POST";
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly timeoutMs: number;
  },
): Promise<MintAnswer> {
  const { timeoutMs, ...init } = request;
  const signal = AbortSignal.timeout(timeoutMs);
  const agent = openHttpAgent();
  try {
    // A redirect could carry a signature to somebody else.
    const send = () => fetch(url, { ...init, redirect: "manual", signal, dispatcher: agent });
    const response = await sendWithRetries(send, defaultRetryPolicy, signal);
    const bytes = await readUpTo(response.body, maxBytes);
    if (bytes === undefined) throw new Error("the answer is too long");
    return { status: response.status, body: parseObject(bytes.toString("utf8")) };
  } catch (error) {
    const reason = signal.aborted ? `no answer within ${timeoutMs / 1000}s` : failureReason(error);
    throw new Error(`${request.method} ${withoutQuery(url)}: ${reason}`, { cause: error });
  } finally {
    await agent.destroy();
  }
}

/** A refusal in one sentence: what was asked, the status, and the server's own words. */
export function refusal(method: string, url: string, { status, body }: MintAnswer): Error {
  const words = [body.message, body.Message, body.error_description, body.error].find(
    (value): value is string => typeof value === "string" && value !== "",
  );
  return new Error(`${method} ${withoutQuery(url)}: ${status}${words === undefined ? "" : ` ${words}`}`);
}

/** A JSON Web Token signed with RSA and SHA-256. Throws Error when the key is none. */
export function signedJwt(
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
  privateKeyPem: string,
): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", typ: "JWT", ...header })}.${part(claims)}`;
  try {
    return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKeyPem, "base64url")}`;
  } catch {
    // What OpenSSL says of a key may quote it.
    throw new Error("the private key is no RSA key in PEM format");
  }
}

/** Base64 as Go's StdEncoding reads it: padded, line breaks left out of account; undefined when it is none. */
export function decodeBase64(text: string): Buffer | undefined {
  const bare = text.replace(/[\r\n]/g, "");
  const isBase64 = bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
  return isBase64 ? Buffer.from(bare, "base64") : undefined;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*/s, "");
}
