// Opens the pull requests of a repository at the service that hosts it. An explicit table: there are no others.
// Infers no service from a URL; model/git-hosting.ts does.
import { openAzure } from "./azure";
import { openBitbucket } from "./bitbucket";
import { openGitea } from "./gitea";
import { openGithub } from "./github";
import { openGitlab } from "./gitlab";
import type { ProviderOptions, PullRequestProvider } from "./provider";

/** Services with pull requests, by Kargo's name. */
const openers = {
  azure: openAzure,
  bitbucket: openBitbucket,
  gitea: openGitea,
  github: openGithub,
  gitlab: openGitlab,
} satisfies Record<string, (options: ProviderOptions) => PullRequestProvider | Promise<PullRequestProvider>>;

/** Kargo's name of a service. */
export type ProviderName = keyof typeof openers;

/** Opens a service for one repository. Throws PullRequestError; close what it returns. */
export async function openProvider(
  name: ProviderName,
  options: ProviderOptions,
): Promise<PullRequestProvider> {
  return openers[name](options);
}
