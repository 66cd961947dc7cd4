// What the steps `http` and `http-download` have in common: building the request and bounding it in time.
// Sends nothing by itself; tools/http-request.ts does.
import { parseDurationMs } from "../../base/duration";
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { StepContext } from "../promotion/step";
import { type HttpAnswer, type HttpRequest, HttpRequestError, sendHttpRequest } from "../tools/http-request";

/** A header or a query parameter. */
export interface NameAndValue {
  readonly name: string;
  readonly value: string;
}

/** The part of a configuration that both steps share. */
export interface ExchangeConfig {
  readonly url: string;
  readonly headers?: readonly NameAndValue[];
  readonly queryParams?: readonly NameAndValue[];
  readonly insecureSkipTLSVerify?: boolean;
}

/** The address with the configured parameters. Throws an Error that says why it is none. */
export function requestUrl({ url: text, queryParams = [] }: ExchangeConfig): URL {
  if (!URL.canParse(text))
    throw new Error(`error creating HTTP request: parse ${goQuote(text)}: invalid URL`);
  const url = new URL(text);
  if (queryParams.length === 0) return url;
  for (const { name, value } of queryParams) url.searchParams.append(name, value);
  url.searchParams.sort();
  return url;
}

/** Sends within `timeoutMs`, the reading of the body by `read` included. Errors read as Go's client says them. */
export async function exchange<T>(
  { signal }: Pick<StepContext, "signal">,
  request: Omit<HttpRequest, "signal">,
  timeoutMs: number,
  read: (answer: HttpAnswer, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const both = timeoutMs > 0 ? AbortSignal.any([signal, timeout]) : signal;
  let answer: HttpAnswer | undefined;
  try {
    if (!/^https?:$/.test(request.url.protocol)) {
      throw new HttpRequestError(
        `unsupported protocol scheme ${goQuote(request.url.protocol.replace(/:$/, ""))}`,
      );
    }
    answer = await sendHttpRequest({ ...request, signal: both });
    return await read(answer, both);
  } catch (error) {
    signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    const doing = answer === undefined ? "awaiting headers" : "reading body";
    throw new HttpRequestError(
      `context deadline exceeded (Client.Timeout or context cancellation while ${doing})`,
    );
  } finally {
    await answer?.close();
  }
}

/** Milliseconds of a configured duration, or the default. Throws an Error in Go's words. */
export function timeoutOf(text: string | undefined, defaultMs: number): number {
  if (text === undefined || text === "") return defaultMs;
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new Error(`error parsing timeout: time: invalid duration ${goQuote(text)}`);
  return ms;
}

/** The reason of a failed exchange. */
export function exchangeReason(error: unknown): string {
  return errorMessage(error);
}
