// Sends a metric's HTTP request and reads the answer, within its time and a size; gets an OAuth2 token first when asked.
// Judges nothing.

import { isObject } from "../../base/json";
import type { AnalysisAuthentication, AnalysisHeader, AnalysisPhase } from "../../model/analysis";
import { exchange, type NameAndValue } from "../steps/http-exchange";
import { canonicalHeader } from "../tools/http-request";
import { readUpTo } from "../tools/read-body";
import { parseRequestUrl } from "../tools/request-url";

/** What a provider found. */
export interface MeasuredValue {
  readonly phase: AnalysisPhase;
  readonly value: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A request of a metric. */
export interface MetricRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly NameAndValue[];
  readonly body?: string;
  readonly insecure: boolean;
  readonly timeoutMs: number;
}

/** An answer with its whole body. */
export interface MetricAnswer {
  readonly status: number;
  readonly body: string;
}

/** More than any metric has to say; upstream reads without a limit. */
const maxBodyBytes = 10 * 1024 * 1024;

/** Sends the request. Throws an Error in the words of Go's client, and the signal's reason once it is aborted. */
export async function sendMetricRequest(request: MetricRequest, signal: AbortSignal): Promise<MetricAnswer> {
  const { method, url, headers, body, insecure, timeoutMs } = request;
  return exchange(
    { signal },
    {
      url: parseRequestUrl(url),
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      insecureSkipTLSVerify: insecure,
    },
    { timeoutMs },
    async (answer) => {
      const bytes = await readUpTo(answer.body, maxBodyBytes);
      if (bytes === undefined) throw new Error(`response body exceeds ${maxBodyBytes} bytes`);
      return { status: answer.status, body: bytes.toString("utf8") };
    },
  );
}

/** Headers as Go's Header.Set leaves them: of two with one name the later counts. */
export function headerList(headers: readonly AnalysisHeader[]): readonly NameAndValue[] {
  const byName = new Map(
    headers.map(({ key, value }) => [canonicalHeader(key.toLowerCase()), value] as const),
  );
  return [...byName].map(([name, value]) => ({ name, value }));
}

/**
 * The header that proves who asks, by OAuth2 client credentials; none when they are not configured. Throws an Error for
 * a configuration that lacks something and for a server that gives no token.
 */
export async function authorization(
  authentication: AnalysisAuthentication | undefined,
  { insecure, timeoutMs }: Pick<MetricRequest, "insecure" | "timeoutMs">,
  signal: AbortSignal,
): Promise<readonly NameAndValue[]> {
  const { tokenUrl = "", clientId = "", clientSecret = "", scopes = [] } = authentication?.oauth2 ?? {};
  if (tokenUrl === "") return [];
  if (clientId === "" || clientSecret === "") {
    throw new Error("missing mandatory parameter in metric for OAuth2 setup");
  }
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scopes.length > 0) form.set("scope", scopes.join(" "));
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const basic = { name: "Authorization", value: `Basic ${Buffer.from(pair).toString("base64")}` };
  const type = { name: "Content-Type", value: "application/x-www-form-urlencoded" };
  const ask = (headers: readonly NameAndValue[], body: URLSearchParams) =>
    sendMetricRequest(
      { method: "POST", url: tokenUrl, headers, body: body.toString(), insecure, timeoutMs },
      signal,
    );
  let answer = await ask([type, basic], form);
  // Servers that want the credentials in the body refuse them in a header.
  if (!isFine(answer.status)) {
    const whole = new URLSearchParams([...form, ["client_id", clientId], ["client_secret", clientSecret]]);
    answer = await ask([type], whole);
  }
  if (!isFine(answer.status)) throw new Error(`oauth2: cannot fetch token: status ${answer.status}`);
  return [{ name: "Authorization", value: tokenHeader(answer.body) }];
}

/** True for an answer that says yes. */
export function isFine(status: number): boolean {
  return status >= 200 && status < 300;
}

function tokenHeader(body: string): string {
  let token: unknown;
  try {
    token = JSON.parse(body);
  } catch {
    token = undefined;
  }
  if (!isObject(token) || typeof token.access_token !== "string" || token.access_token === "") {
    throw new Error("oauth2: server response missing access_token");
  }
  const type = typeof token.token_type === "string" ? token.token_type : "";
  return `${type === "" || /^bearer$/i.test(type) ? "Bearer" : type} ${token.access_token}`;
}
