// Installation tokens of GitHub Apps for one repository (pkg/credentials/github/app.go).
// Decides nothing about which Secret is used; caches nothing itself.
import { setTimeout as delay } from "node:timers/promises";
import { asString } from "../../../base/json";
import { askForToken, decodeBase64, refusal, signedJwt } from "./mint-request";
import type { MintedToken } from "./token-cache";

/** An App's installation and the repository its token is for. */
export interface GithubAppRequest {
  /** Client id, or the older App id. */
  readonly appId: string;
  readonly installationId: string;
  /** PEM, or base64 of it. */
  readonly privateKey: string;
  /** Normalised. */
  readonly repoURL: string;
}

/** What a mint needs of its surroundings. */
export interface GithubAppParts {
  /** Address of the API for a server such as `https://github.com`, without a slash at its end. */
  readonly apiUrl: (serverUrl: string) => string;
  readonly now: () => Date;
  /** Pauses between the probes of a new token. */
  readonly probeDelaysMs: readonly number[];
}

/** GitHub's own API, or that of an enterprise server at its usual place. */
export function githubApiUrl(serverUrl: string): string {
  return serverUrl === "https://github.com" ? "https://api.github.com" : `${serverUrl}/api/v3`;
}

/** GitHub's advice for tokens that have not reached all of its servers yet. */
export const githubProbeDelaysMs: readonly number[] = [3_000, 10_000, 30_000];

const requestTimeoutMs = 60_000;
const probeTimeoutMs = 10_000;
const jwtLifeSeconds = 600;
/** Clocks differ; GitHub takes no token from the future. */
const jwtBackdatingSeconds = 60;

/** The last part of a repository's URL; undefined when it is no URL of a repository. */
export function githubRepoName(repoURL: string): string | undefined {
  const parts = repoURL.split("/");
  return parts.length < 5 ? undefined : parts.at(-1);
}

/** Mints a token that is good for the one repository, and waits until it works. Throws Error. */
export async function mintGithubAppToken(
  request: GithubAppRequest,
  parts: GithubAppParts,
): Promise<MintedToken> {
  const { origin } = new URL(request.repoURL);
  const api = parts.apiUrl(origin);
  const url = `${api}/app/installations/${request.installationId}/access_tokens`;
  const answer = await askForToken(url, {
    method: "POST",
    headers: { ...githubHeaders(appJwt(request, parts.now())), "content-type": "application/json" },
    body: JSON.stringify({ repositories: [githubRepoName(request.repoURL)] }),
    timeoutMs: requestTimeoutMs,
  });
  const value = asString(answer.body.token) ?? "";
  if (answer.status < 200 || answer.status >= 300 || value === "") throw refusal("POST", url, answer);
  await untilUsable(`${api}/repos${new URL(request.repoURL).pathname}`, value, parts.probeDelaysMs);
  const expiresAt = new Date(asString(answer.body.expires_at) ?? "");
  return Number.isNaN(expiresAt.getTime()) ? { value } : { value, expiresAt };
}

function appJwt({ appId, privateKey }: GithubAppRequest, now: Date): string {
  const issuedAt = Math.floor(now.getTime() / 1000) - jwtBackdatingSeconds;
  const claims = { iss: appId, iat: issuedAt, exp: issuedAt + jwtLifeSeconds };
  return signedJwt({}, claims, decodeKey(privateKey));
}

/** Keys had to be in base64 once and need not be any more; what looks like broken base64 is not taken for a key. */
function decodeKey(key: string): string {
  const decoded = decodeBase64(key);
  if (decoded !== undefined) return decoded.toString("utf8");
  if (!/^[a-zA-Z0-9+/]*={0,2}$/.test(key)) return key;
  throw new Error(
    "probable corrupt base64 encoding of private key; base64 encoding this key is no longer required and is discouraged",
  );
}

/** A token that still does not work at the end is given out all the same: no worse than not having asked. */
async function untilUsable(url: string, token: string, delaysMs: readonly number[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    if (await isUsable(url, token)) return;
    const pauseMs = delaysMs[attempt];
    if (pauseMs === undefined) return;
    await delay(pauseMs);
  }
}

async function isUsable(url: string, token: string): Promise<boolean> {
  try {
    const probe = { method: "GET", headers: githubHeaders(token), timeoutMs: probeTimeoutMs } as const;
    const { status } = await askForToken(url, probe);
    return status >= 200 && status < 300;
  } catch {
    return false;
  }
}

function githubHeaders(token: string): Record<string, string> {
  return {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${token}`,
    "user-agent": "kargo-workbench",
  };
}
