// Credentials for one repository, with a failing look-up told as what it is.
// Finds none itself; the engine's CredentialSource does.
import { errorMessage } from "../../base/errors";
import type { CredentialSource, Credentials, CredentialType } from "../promotion/step";
import { DiscoveryError } from "./discovery-error";

/** Asks for credentials; having none is no error. Throws DiscoveryError `credentials` when the look-up fails. */
export async function findCredentials(
  source: CredentialSource,
  query: {
    readonly project: string;
    readonly type: CredentialType;
    readonly repoURL: string;
    readonly signal: AbortSignal;
  },
): Promise<Credentials | undefined> {
  try {
    return await source.find(query);
  } catch (error) {
    query.signal.throwIfAborted();
    const reason = `The credentials could not be looked up: ${errorMessage(error)}`;
    throw new DiscoveryError("credentials", reason, { cause: error });
  }
}
