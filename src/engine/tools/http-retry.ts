// Sends a request again when trying again can help: broken connections, busy servers, and 429 with its Retry-After.
// Knows no protocol above HTTP.
import { setTimeout as delay } from "node:timers/promises";
import type { Response } from "undici";
import { isObject } from "../../base/json";

/** When and how often to try again. */
export interface RetryPolicy {
  /** Pauses before the second, third … try, in milliseconds; as many tries more. */
  readonly delaysMs: readonly number[];
  /** Longest pause a server may ask for with Retry-After; a longer one ends the trying. */
  readonly maxRetryAfterMs: number;
}

/** Retries of go-containerregistry, with patience for 429 added. */
export const defaultRetryPolicy: RetryPolicy = { delaysMs: [1000, 3000], maxRetryAfterMs: 60_000 };

/** A busy server may ask for several pauses in a row. */
const maxRateLimitedTries = 6;
const busyStatuses = new Set([408, 499, 500, 502, 503, 504, 522]);
const brokenConnection = new Set([
  "ECONNABORTED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_SOCKET",
]);

/**
 * Calls `send` until its answer is final. The last answer is returned whatever its status; the last network error is
 * thrown. Answers that are not kept are read to their end.
 */
export async function sendWithRetries(
  send: () => Promise<Response>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<Response> {
  let failures = 0;
  for (let tries = 1; ; tries++) {
    let pauseMs: number | undefined;
    try {
      const response = await send();
      pauseMs = pauseAfter(response, policy, failures, tries);
      if (pauseMs === undefined) return response;
      if (response.status !== 429) failures++;
      await response.body?.cancel();
    } catch (error) {
      signal.throwIfAborted();
      pauseMs = brokenConnection.has(errorCode(error)) ? policy.delaysMs[failures++] : undefined;
      if (pauseMs === undefined) throw error;
    }
    await delay(pauseMs * (1 + Math.random() / 10), undefined, { signal });
  }
}

/** Code of the system or of undici behind a failed fetch; empty when there is none. */
export function errorCode(error: unknown): string {
  if (!isObject(error)) return "";
  return typeof error.code === "string" ? error.code : errorCode(error.cause);
}

/** Why a fetch failed, in a few words: fetch itself says nothing, its cause does, and at times only by its code. */
export function failureReason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { reason, message } = isObject(cause) ? cause : { reason: String(cause), message: "" };
  const text =
    [reason, message].find((value) => typeof value === "string" && value !== "") ?? errorCode(cause);
  return String(text).replace(/\s+/g, " ").trim();
}

function pauseAfter(
  response: Response,
  policy: RetryPolicy,
  failures: number,
  tries: number,
): number | undefined {
  if (busyStatuses.has(response.status)) return policy.delaysMs[failures];
  if (response.status !== 429 || tries >= maxRateLimitedTries) return undefined;
  const asked = retryAfterMs(response.headers.get("retry-after"));
  const pauseMs = asked ?? policy.delaysMs[Math.min(tries, policy.delaysMs.length) - 1] ?? 0;
  return pauseMs > policy.maxRetryAfterMs ? undefined : pauseMs;
}

/** The pause a Retry-After header asks for, in seconds or until a date. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(date - Date.now(), 0);
}
