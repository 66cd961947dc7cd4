// Finds repository credentials among the Secrets of a Project, by Kargo's labels and matching rules (pkg/credentials).
// Knows the pairs and keys a Secret can hold by itself; what must be asked of GitHub or a cloud, tools/minting asks for.
import { errorMessage } from "../base/errors";
import type { Logger } from "../base/log";
import { compareBytewise } from "../base/text";

import type { Secret } from "../model/resources";
import { normChart, normGit, normImage } from "../model/urls";
import { parseRegex } from "./patterns";
import type { ResourceStore, SecretValueSource } from "./ports";
import type { CredentialSource, Credentials, CredentialType } from "./promotion/step";
import {
  gitHelperCredentials,
  helmRepositoryCredentials,
  registryCredentials,
} from "./tools/ambient-credentials";
import { Mint } from "./tools/minting/mint";

/** Label that says what a Secret is for (api/v1alpha1/labels.go). */
export const credentialTypeLabel = "kargo.akuity.io/cred-type";

/** Namespace whose credentials serve every Project, as Kargo's chart sets it up. */
export const sharedResourcesNamespace = "kargo-shared-resources";

/** Annotation that says which repositories of which Projects a GitHub App may serve (api/v1alpha1/annotations.go). */
const githubTokenScopesAnnotation = "kargo.akuity.io/github-token-scopes";

type CredentialQuery = Parameters<CredentialSource["find"]>[0];

const normalise: Readonly<Record<CredentialType, (url: string) => string>> = {
  git: normGit,
  image: normImage,
  helm: normChart,
};

/** What a Secret says, decoded; `stringData` wins over `data`, as when Kubernetes stores it. */
export function secretValues(secret: Secret): Readonly<Record<string, string>> {
  const decoded = Object.entries(secret.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(String(value), "base64").toString("utf8"),
  ]);
  return { ...Object.fromEntries(decoded), ...secret.stringData };
}

/** Credentials from Secrets in the workspace: the Project's own first, then the shared ones. */
export function secretCredentials(store: ResourceStore, log: Logger, mint = new Mint()): CredentialSource {
  return {
    async find(query) {
      const { project, type, repoURL } = query;
      if (repoURL.startsWith("http://") && !isLoopback(repoURL)) return undefined;
      for (const namespace of [project, sharedResourcesNamespace]) {
        const secrets = await store.list("Secret", { namespace });
        const match = firstMatch(secrets, type, repoURL, log);
        if (match === undefined) continue;
        logMatch(log, query, `${namespace}/${match.metadata.name}`, secretValues(match));
        const scopes = match.metadata.annotations?.[githubTokenScopesAnnotation];
        return await toCredentials(secretValues(match), query, mint, scopes);
      }
      return undefined;
    },
  };
}

/** Value that says what a stored Secret is for, as the label does in Kubernetes; `git` when it is not set. */
const storedTypeKey = "credType";

/** Credentials among the Secrets kept outside the workspace (the editor's): same keys, same rules, ordered by name. */
export function storedCredentials(
  secrets: SecretValueSource,
  log: Logger,
  mint = new Mint(),
): CredentialSource {
  return {
    async find(query) {
      const { project, type, repoURL } = query;
      if (repoURL.startsWith("http://") && !isLoopback(repoURL)) return undefined;
      for (const namespace of [project, sharedResourcesNamespace]) {
        for (const name of [...(await secrets.names(namespace))].sort(compareBytewise)) {
          const values = (await secrets.secret(namespace, name)) ?? {};
          if ((values[storedTypeKey] ?? "git") !== type) continue;
          if (!isFor(values, name, type, repoURL, log)) continue;
          logMatch(log, query, `${namespace}/${name}`, values);
          return await toCredentials(values, query, mint);
        }
      }
      return undefined;
    },
  };
}

/** Types of credentials that may come from this machine's own tools, as the user allowed. */
export interface AmbientCredentialsOptions {
  readonly types: ReadonlySet<CredentialType>;
  readonly git?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Credentials that git, docker and helm know on this machine; they stand in for a server's cloud identities. */
export function ambientCredentials(options: AmbientCredentialsOptions): CredentialSource {
  return {
    async find({ type, repoURL, signal }) {
      if (!options.types.has(type)) return undefined;
      const ask = { signal, git: options.git, env: options.env };
      if (type === "git") return gitHelperCredentials(repoURL, ask);
      if (type === "helm" && /^https?:/i.test(repoURL)) {
        const wanted = normChart(repoURL).replace(/\/$/, "");
        return helmRepositoryCredentials((url) => normChart(url).replace(/\/$/, "") === wanted, ask);
      }
      return registryCredentials(registryOf(repoURL), ask);
    },
  };
}

/** The registry that an image or OCI chart lies in; Docker Hub when none is named. */
function registryOf(repoURL: string): string {
  const [first = "", rest] = repoURL.replace(/^oci:\/\//i, "").split("/", 2);
  return rest !== undefined && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}

/** Asks each source in turn; the first answer is final. */
export function firstCredentials(sources: readonly CredentialSource[]): CredentialSource {
  return {
    async find(query) {
      for (const source of sources) {
        const found = await source.find(query);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** The first Secret by name that is of the type and names the repository; later ones are never tried. */
function firstMatch(
  secrets: readonly Secret[],
  type: CredentialType,
  repoURL: string,
  log: Logger,
): Secret | undefined {
  const ofType = secrets.filter((secret) => secret.metadata.labels?.[credentialTypeLabel] === type);
  return [...ofType]
    .sort((a, b) => compareBytewise(a.metadata.name, b.metadata.name))
    .find((secret) => matches(secret, type, repoURL, log));
}

function matches(secret: Secret, type: CredentialType, repoURL: string, log: Logger): boolean {
  return isFor(secretValues(secret), secret.metadata.name, type, repoURL, log);
}

/** Which Secret is used surprises people, for the first by name wins and is final. */
function logMatch(
  log: Logger,
  { type, repoURL }: CredentialQuery,
  secret: string,
  values: Readonly<Record<string, string>>,
): void {
  const how = values.repoURLIsRegex === "true" ? "by its pattern" : "by its URL";
  const url = normalise[type](repoURL).replace(/\/\/[^/@]*@/, "//");
  log.debug(`Credentials for ${type} ${url}: Secret ${secret}, ${how}.`);
}

/** True when the values name the repository, exactly or by a regular expression. */
function isFor(
  values: Readonly<Record<string, string>>,
  name: string,
  type: CredentialType,
  repoURL: string,
  log: Logger,
): boolean {
  const { repoURL: pattern, repoURLIsRegex } = values;
  if (pattern === undefined) return false;
  const normalised = normalise[type](repoURL);
  if (repoURLIsRegex !== "true") return normalise[type](pattern) === normalised;
  try {
    const regex = parseRegex(pattern);
    if (regex.matches !== undefined) return regex.matches(repoURL) || regex.matches(normalised);
    log.warn(`Secret ${name}: ${regex.problem}`);
  } catch (error) {
    log.warn(`Secret ${name}: ${errorMessage(error)}`);
  }
  return false;
}

/** What the data can be used as: a pair, else an SSH key, else what can be minted from it (pkg/credentials providers). */
async function toCredentials(
  values: Readonly<Record<string, string>>,
  { project, type, repoURL, signal }: CredentialQuery,
  mint: Mint,
  githubTokenScopes?: string,
): Promise<Credentials | undefined> {
  const { username, password, sshPrivateKey } = values;
  if (username !== undefined && password !== undefined)
    return username && password ? { username, password } : undefined;
  if (sshPrivateKey !== undefined) return sshPrivateKey ? { sshPrivateKey } : undefined;
  const normalised = normalise[type](repoURL);
  return await mint.credentials({ project, type, repoURL: normalised, values, githubTokenScopes, signal });
}

/** Plain HTTP to this machine exposes nothing; a Kargo server refuses it like any other (decision record). */
function isLoopback(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
