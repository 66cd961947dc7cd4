// Git hosting services: which one serves a repository and where it shows a commit (pkg/gitprovider of Kargo).
// Talks to none of them.
import { type GoUrl, goUrlText, parseGoUrl } from "../base/go-url";
import { normGit } from "./urls";

/** The hosting services Kargo knows by name. */
export const gitProviders = ["azure", "bitbucket", "gitea", "github", "gitlab"] as const;

/** One of `gitProviders`. */
export type GitProvider = (typeof gitProviders)[number];

/** How the host of a URL gives its service away; the URL is read as written, so SCP forms never match. */
const hostTests: readonly (readonly [GitProvider, (host: string) => boolean])[] = [
  ["github", (host) => host.includes("github") || host.endsWith(".ghe.com")],
  ["gitlab", (host) => host.includes("gitlab")],
  ["gitea", (host) => host.includes("gitea")],
  ["bitbucket", (host) => host.replace(/:\d*$/, "") === "bitbucket.org"],
  ["azure", (host) => host === "dev.azure.com" || host.endsWith("visualstudio.com")],
];

/** The service that serves a repository, going by its host; undefined when no name is recognised. */
export function gitProviderOf(repoURL: string): GitProvider | undefined {
  const url = parseGoUrl(repoURL);
  if (url === undefined) return undefined;
  const host = goUrlText(url.host);
  return hostTests.find(([, matches]) => matches(host))?.[0];
}

/** Base URL of a repository's host, `https` unless it is written with http; undefined for an unreadable URL. */
export function gitHostUrl(repoURL: string): string | undefined {
  const url = parseGoUrl(normGit(repoURL));
  if (url === undefined) return undefined;
  return `${url.scheme === "http" ? "http" : "https"}://${goUrlText(url.host)}`;
}

/**
 * Where the service shows a commit, in lower case throughout; undefined when the URL does not name a repository the way
 * the service does (GetCommitURL of each provider).
 */
export function commitUrl(provider: GitProvider, repoURL: string, commit: string): string | undefined {
  const url = parseGoUrl(normGit(repoURL));
  if (url === undefined) return undefined;
  const host = goUrlText(url.host);
  const path = goUrlText(url.path);
  switch (provider) {
    case "github":
      return isOwnerAndName(url) ? `https://${host}/${path.replace(/^\//, "")}/commit/${commit}` : undefined;
    case "gitea":
      return isOwnerAndName(url) ? `https://${host}${path}/commit/${commit}` : undefined;
    case "bitbucket":
      return isOwnerAndName(url) ? `https://${host}${path}/commits/${commit}` : undefined;
    case "gitlab":
      return `https://${host}${path}/-/commit/${commit}`;
    case "azure":
      return `https://dev.azure.com${path.replace(/^\/v3/, "")}/commit/${commit}`;
  }
}

function isOwnerAndName(url: GoUrl): boolean {
  return url.path.replace(/^\//, "").split("/").length === 2;
}
