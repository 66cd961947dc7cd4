// What goes wrong with a registry: the reason as data, the text as one sentence without secrets.
// Decides nothing about retries.
import { CodedError } from "../../base/errors";
import { isObject } from "../../base/json";

/**
 * Why a request to a registry failed. `auth`: credentials are missing or refused; `notFound`: HTTP 404; `rateLimited`:
 * too many requests and no patience left; `network`: no answer; `protocol`: an answer no registry should give;
 * `corrupt`: content that does not have the digest it was asked by; `refused`: any other status.
 */
export type RegistryErrorCode =
  | "auth"
  | "corrupt"
  | "network"
  | "notFound"
  | "protocol"
  | "rateLimited"
  | "refused";

/** A failed request to a registry. */
export class RegistryError extends CodedError<RegistryErrorCode> {
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;

  constructor(
    code: RegistryErrorCode,
    message: string,
    options: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: options.cause });
    this.status = options.status;
  }
}

/** The error of an answer with an unwanted status; `body` is what the registry said, if anything. */
export function statusError(what: string, status: number, body: string): RegistryError {
  const code =
    status === 401 || status === 403
      ? "auth"
      : status === 404
        ? "notFound"
        : status === 429
          ? "rateLimited"
          : "refused";
  const reason = registryReason(body);
  return new RegistryError(code, `${what} was answered with HTTP ${status}${reason && `: ${reason}`}`, {
    status,
  });
}

/** What a registry's error document says (distribution specification, error codes); empty when it is none. */
function registryReason(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value) || !Array.isArray(value.errors)) return "";
    const texts = value.errors
      .filter(isObject)
      .map(({ code, message }) => [code, message].filter(isText).join(" "));
    return texts.filter(Boolean).join("; ").slice(0, 500);
  } catch {
    return "";
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
