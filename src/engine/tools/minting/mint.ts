// Credentials that have to be asked for: GitHub App installations, AWS ECR access keys, Google service account keys.
// Holds tokens in memory alone; which Secret is used is credentials.ts' business.
import { decodeEcrToken, ecrApiUrl, ecrRepository, mintEcrToken } from "./ecr";
import { githubApiUrl, githubProbeDelaysMs, githubRepoName, mintGithubAppToken } from "./github-app";
import { googleRepository, googleUsername, mintGoogleToken } from "./google";
import { TokenCache } from "./token-cache";

/** Where tokens are asked for, and the time. Google's address stands in the key itself. */
export interface MintEndpoints {
  /** Address of GitHub's API for a server such as `https://github.com`, without a slash at its end. */
  readonly githubApi?: (serverUrl: string) => string;
  /** Address of the ECR service of a region. */
  readonly ecrApi?: (region: string) => string;
  /** Pauses between probes of a new GitHub token. */
  readonly githubProbeDelaysMs?: readonly number[];
  readonly now?: () => Date;
}

/** A repository that credentials are wanted for, and what the Secret that matched says (pkg/credentials Request). */
export interface MintRequest {
  readonly project: string;
  readonly type: "git" | "helm" | "image";
  /** Normalised. */
  readonly repoURL: string;
  readonly values: Readonly<Record<string, string>>;
  /** JSON: the names of repositories by Project that an App may serve. Absent means all. */
  readonly githubTokenScopes?: string | undefined;
  readonly signal: AbortSignal;
}

/** A user name and the token that is its password. */
export interface MintedCredentials {
  readonly username: string;
  readonly password: string;
}

const minuteMs = 60_000;

/** Mints credentials and remembers them until shortly before they expire. */
export class Mint {
  readonly #endpoints: MintEndpoints;
  readonly #now: () => Date;
  readonly #github: TokenCache;
  readonly #google: TokenCache;
  readonly #ecr: TokenCache;

  constructor(endpoints: MintEndpoints = {}) {
    this.#endpoints = endpoints;
    this.#now = endpoints.now ?? (() => new Date());
    this.#github = new TokenCache(40 * minuteMs, this.#now);
    this.#google = new TokenCache(40 * minuteMs, this.#now);
    this.#ecr = new TokenCache(10 * 60 * minuteMs, this.#now);
  }

  /** Credentials by the first kind of key that fits; undefined when none does or it is not to be used. Throws Error. */
  async credentials(request: MintRequest): Promise<MintedCredentials | undefined> {
    const { type, repoURL, values } = request;
    if (type === "git") return isGithubApp(request) ? await this.#githubApp(request) : undefined;
    const { awsRegion, awsAccessKeyID, awsSecretAccessKey, gcpServiceAccountKey } = values;
    const isAws = [awsRegion, awsAccessKeyID, awsSecretAccessKey].every((value) => value !== undefined);
    if (isAws && ecrRepository.test(repoURL)) return await this.#awsKeys(request);
    if (gcpServiceAccountKey !== undefined && googleRepository.test(repoURL)) {
      return await this.#googleKey(gcpServiceAccountKey, request.signal);
    }
    return undefined;
  }

  async #githubApp(request: MintRequest): Promise<MintedCredentials | undefined> {
    const { values, repoURL, signal } = request;
    const name = githubRepoName(repoURL);
    if (name === undefined || !isInScope(request, name)) return undefined;
    const appId = values.githubAppClientID || values.githubAppID || "";
    const installationId = parseInstallationId(values.githubAppInstallationID ?? "");
    const privateKey = values.githubAppPrivateKey ?? "";
    const mint = () =>
      mintGithubAppToken(
        { appId, installationId, privateKey, repoURL },
        {
          apiUrl: this.#endpoints.githubApi ?? githubApiUrl,
          now: this.#now,
          probeDelaysMs: this.#endpoints.githubProbeDelaysMs ?? githubProbeDelaysMs,
        },
      );
    const parts = [appId, installationId, privateKey, repoURL];
    const getting = this.#github.get(parts, signal, mint);
    const password = await told("error minting installation access token", signal, getting);
    return { username: "kargo", password };
  }

  async #awsKeys({ values, signal }: MintRequest): Promise<MintedCredentials> {
    const { awsRegion: region = "", awsAccessKeyID = "", awsSecretAccessKey = "" } = values;
    const request = { region, accessKeyId: awsAccessKeyID, secretAccessKey: awsSecretAccessKey };
    const parts = { apiUrl: this.#endpoints.ecrApi ?? ecrApiUrl, now: this.#now };
    const keys = [region, awsAccessKeyID, awsSecretAccessKey];
    const getting = this.#ecr.get(keys, signal, () => mintEcrToken(request, parts));
    return decodeEcrToken(await told("error getting ECR auth token", signal, getting));
  }

  async #googleKey(key: string, signal: AbortSignal): Promise<MintedCredentials | undefined> {
    const getting = this.#google.get([key], signal, () => mintGoogleToken(key, this.#now));
    const password = await told("error getting GCP access token", signal, getting);
    return password === "" ? undefined : { username: googleUsername, password };
  }
}

function isGithubApp({ repoURL, values }: MintRequest): boolean {
  const { githubAppClientID, githubAppID, githubAppInstallationID, githubAppPrivateKey } = values;
  const isComplete = (githubAppClientID || githubAppID) && githubAppInstallationID && githubAppPrivateKey;
  return Boolean(isComplete) && /^https?:\/\//.test(repoURL);
}

/** Without the annotation an App serves every Project. */
function isInScope({ project, githubTokenScopes }: MintRequest, name: string): boolean {
  if (!githubTokenScopes) return true;
  const scopes = parseScopes(githubTokenScopes);
  return Object.hasOwn(scopes, project) && (scopes[project] ?? []).includes(name);
}

function parseScopes(text: string): Readonly<Record<string, readonly string[] | null>> {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return {};
    if (typeof value === "object" && !Array.isArray(value)) {
      const entries = Object.entries(value);
      if (entries.every(([, names]) => names === null || isTexts(names))) return Object.fromEntries(entries);
    }
  } catch {
    // Told below.
  }
  throw new Error("error unmarshaling scope map: it is no JSON object of lists of repository names");
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

function parseInstallationId(text: string): string {
  if (/^[+-]?\d+$/.test(text)) return String(BigInt(text.replace("+", "")));
  throw new Error("error parsing installation ID: it is no whole number");
}

async function told<T>(context: string, signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${context}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
