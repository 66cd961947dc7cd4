// What the steps about pull requests share: credentials, the service, the pause between two looks.
// Runs no step.
import { durationProblem, parseDurationMs } from "../../base/duration";
import { errorMessage } from "../../base/errors";
import { goUrlText, parseGoUrl } from "../../base/go-url";
import { type GitProvider, gitProviderOf } from "../../model/git-hosting";
import { normGit } from "../../model/urls";
import type { Capabilities, Effect, StepContext } from "../promotion/step";
import { type GitCredentials, shownUrl } from "../tools/git-auth";
import type { openProvider } from "../tools/pull-requests/open-provider";
import {
  PullRequestError,
  type PullRequestProvider,
  type RepositoryAddress,
} from "../tools/pull-requests/provider";
import { orErrored } from "./git-step";
import { errored } from "./step-failure";

/** What all of them are configured with. */
export interface PullRequestConfig {
  readonly repoURL: string;
  /** The service, where its name is not in the URL. */
  readonly provider?: GitProvider;
  /** Without effect on Azure and Bitbucket. */
  readonly insecureSkipTLSVerify?: boolean;
}

/** Parts a test can hold. */
export interface PullRequestParts {
  readonly open: typeof openProvider;
}

/** Opens the service of a repository, lets `use` work with it, and closes it. What `use` throws passes as it is. */
export async function withProvider<T>(
  { signal }: StepContext & Pick<Capabilities, "network">,
  config: PullRequestConfig,
  credentials: GitCredentials | undefined,
  parts: PullRequestParts,
  use: (provider: PullRequestProvider) => Promise<T>,
): Promise<T> {
  const sentence = "error creating git provider service";
  const name = config.provider ?? gitProviderOf(config.repoURL);
  if (name === undefined) {
    throw errored(`${sentence}: no registered providers for ${shownUrl(config.repoURL)}`);
  }
  const repository = addressOf(config.repoURL);
  if (repository === undefined) {
    throw errored(`${sentence}: error parsing ${name} repository URL "${shownUrl(config.repoURL)}"`);
  }
  const opened = parts.open(name, {
    repository,
    signal,
    ...(credentials?.password !== undefined && { token: credentials.password }),
    ...(config.insecureSkipTLSVerify !== undefined && {
      insecureSkipTLSVerify: config.insecureSkipTLSVerify,
    }),
  });
  const provider = await orErrored(signal, sentence, opened);
  try {
    return await use(provider);
  } finally {
    await provider.close();
  }
}

/** Address of a repository as services are asked by it, in lower case throughout; undefined when it is no URL. */
export function addressOf(repoURL: string): RepositoryAddress | undefined {
  const url = parseGoUrl(normGit(repoURL));
  if (url === undefined) return undefined;
  return {
    scheme: url.scheme === "http" ? "http" : "https",
    host: goUrlText(url.host),
    path: goUrlText(url.path),
    shown: shownUrl(normGit(repoURL)),
  };
}

/** Milliseconds until the next look (pkg/promotion/runner/builtin/poll_interval.go). Throws StepError. */
export function pollIntervalMs(configured: string | undefined, defaultMs: number): number {
  if (configured === undefined || configured === "") return defaultMs;
  const ms = parseDurationMs(configured);
  if (ms !== undefined) return ms;
  throw errored(`error parsing pollInterval: ${durationProblem(configured)}`);
}

/** What is told of an act on a pull request. */
export function pullRequestEffect(
  kind: Extract<Effect["kind"], `pull-request.${string}`>,
  repoURL: string,
  what: string,
): Effect {
  const target = `${shownUrl(repoURL)} ${what}`;
  const verb = kind === "pull-request.open" ? "Open a pull request" : "Merge a pull request";
  return { kind, target, summary: `${verb}: ${target}` };
}

/** What the service itself said of a refusal, for the user, where Kargo's own sentence leaves it out. */
export function omittedReason(error: unknown): readonly string[] {
  if (!(error instanceof PullRequestError) || error.reason === "") return [];
  return errorMessage(error).includes(error.reason) ? [] : [`The service says: ${error.reason}`];
}
