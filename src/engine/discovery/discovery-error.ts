// The one error of discovery. Its message is a sentence for the Warehouse's conditions and never holds a secret.
import { CodedError } from "../../base/errors";

/** What kept discovery from succeeding: the subscription itself, its credentials, the remote, or what the remote holds. */
export type DiscoveryErrorCode = "subscription" | "credentials" | "remote" | "content";

/** Thrown when artifacts of a subscription cannot be discovered. */
export class DiscoveryError extends CodedError<DiscoveryErrorCode> {}
