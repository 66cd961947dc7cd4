// The one error of discovery, and how its message grows as Go's wrapped errors do. The message becomes part of the
// Warehouse's conditions and never holds a secret. Knows no subscription.
import { CodedError } from "../../base/errors";

/** What kept discovery from succeeding: the subscription itself, its credentials, the remote, or what the remote holds. */
export type DiscoveryErrorCode = "subscription" | "credentials" | "remote" | "content";

/** Thrown when artifacts of a subscription cannot be discovered. */
export class DiscoveryError extends CodedError<DiscoveryErrorCode> {}

/** The same error with what was being done in front of its message; any other thrown value as it is. */
export function wrapped(what: string, error: unknown): unknown {
  if (!(error instanceof DiscoveryError)) return error;
  return new DiscoveryError(error.code, `${what}: ${error.message}`, { cause: error });
}

/** The error for a server that did not give what was asked for: `what` was being done, `code` and words are its client's. */
export function refusedByRemote(what: string, cause: Error & { readonly code: string }): DiscoveryError {
  const code = cause.code === "auth" ? "credentials" : "remote";
  return new DiscoveryError(code, `${what}: ${cause.message}`, { cause });
}

/** Does a part of discovery; a DiscoveryError of it says first what was being done. */
export function within<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw wrapped(what, error);
  }
}

/** As `within`, for work that takes time. */
export async function withinAsync<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw wrapped(what, error);
  }
}
