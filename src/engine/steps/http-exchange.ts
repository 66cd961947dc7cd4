// What the steps `http` and `http-download` have in common: building the request and bounding it in time.
// Sends nothing by itself; tools/http-request.ts does.
import { durationProblem, parseDurationMs } from "../../base/duration";
import { errorMessage } from "../../base/errors";
import type { GoUrl } from "../../base/go-url";
import type { StepContext } from "../promotion/step";
import {
  type HttpAnswer,
  type HttpRequest,
  HttpRequestError,
  requestFailure,
  sendHttpRequest,
} from "../tools/http-request";
import { parseRequestUrl, withParameters } from "../tools/request-url";
import { errored } from "./step-failure";

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

/** Timers beyond it fire at once; it is most of a month. */
const longestTimerMs = 2 ** 31 - 1;
const headersTimeout = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
const bodyTimeout = "context deadline exceeded (Client.Timeout or context cancellation while reading body)";

/** The address with the configured parameters. Throws an Error that says why it is none. */
export function requestUrl({ url: text, queryParams = [] }: ExchangeConfig): GoUrl {
  try {
    const url = parseRequestUrl(text);
    return queryParams.length === 0 ? url : withParameters(url, queryParams);
  } catch (error) {
    throw new Error(`error creating HTTP request: ${errorMessage(error)}`);
  }
}

/** How long an exchange may take, and what a step says before the fault of a body that did not come in time. */
export interface ExchangeLimits {
  /** Zero and less mean no limit. */
  readonly timeoutMs: number;
  readonly bodyContext?: string;
}

/** Sends within the limit, the reading of the body by `read` included. Errors read as Go's client says them. */
export async function exchange<T>(
  { signal }: Pick<StepContext, "signal">,
  request: Omit<HttpRequest, "signal">,
  { timeoutMs, bodyContext }: ExchangeLimits,
  read: (answer: HttpAnswer, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // As in Go, no time at all means no limit.
  const timeout =
    timeoutMs > 0 ? AbortSignal.timeout(Math.ceil(Math.min(timeoutMs, longestTimerMs))) : undefined;
  const both = timeout === undefined ? signal : AbortSignal.any([signal, timeout]);
  let answer: HttpAnswer | undefined;
  try {
    answer = await sendHttpRequest({ ...request, signal: both });
    return await read(answer, both);
  } catch (error) {
    signal.throwIfAborted();
    if (timeout?.aborted !== true) throw error;
    if (answer === undefined) throw new HttpRequestError(requestFailure(request, headersTimeout));
    if (bodyContext === undefined) throw new HttpRequestError(bodyTimeout);
    throw errored(`${bodyContext}: ${bodyTimeout}`);
  } finally {
    await answer?.close();
  }
}

/** Milliseconds of the duration configured as `name`, or the default. Throws an Error in Go's words. */
export function configuredMs(
  name: "timeout" | "pollInterval",
  text: string | undefined,
  defaultMs: number,
): number {
  if (text === undefined || text === "") return defaultMs;
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new Error(`error parsing ${name}: ${durationProblem(text)}`);
  return ms;
}
