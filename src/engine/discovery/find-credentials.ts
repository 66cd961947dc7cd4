// Credentials for one repository, with a failing look-up told as what it is.
// Finds none itself; the engine's CredentialSource does.
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { CredentialSource, Credentials, CredentialType } from "../promotion/step";
import { shownUrl } from "../tools/git-auth";
import { DiscoveryError } from "./discovery-error";

/** As pkg/subscription names them. */
const nouns = {
  git: "git repo",
  image: "image repo",
  helm: "chart repository",
} as const satisfies Record<CredentialType, string>;

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
    const what = `error obtaining credentials for ${nouns[query.type]} ${goQuote(shownUrl(query.repoURL))}`;
    const reason = `${what}: ${errorMessage(error)}`;
    throw new DiscoveryError("credentials", reason, { cause: error });
  }
}
