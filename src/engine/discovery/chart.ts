import { goQuote } from "../../base/go-text";
import type { ChartDiscoveryResult, ChartSubscription } from "../../model/resources";
import { compareNewestFirst, parseStrictVersion, parseVersion, type SemVer } from "../../model/semver";
import type { CredentialSource, Credentials } from "../promotion/step";
import { shownUrl } from "../tools/git-auth";
import { getFile, HttpFileError } from "../tools/http-file";
import { RegistryClient, RegistryError } from "../tools/registry";
import { chartCachePath, loadIndex, saveIndex } from "./chart-cache";
import { readChartVersions } from "./chart-index";
import { DiscoveryError, refusedByRemote, within, withinAsync } from "./discovery-error";
import { findCredentials } from "./find-credentials";
import { constraintFilter } from "./tag-names";

/** What discovery of a chart subscription is given. */
export interface ChartDiscoveryOptions {
  readonly project: string;
  readonly credentials: CredentialSource;
  /** Directory that remembers indexes; absolute, created when missing. */
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

/** Retries of oras-go. */
const ociRetries = { delaysMs: [250, 500, 1000, 2000, 3000], maxRetryAfterMs: 60_000 };
const ociRepository = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
/** No index known to us comes near; it keeps a broken server from filling the memory. */
const maxIndexBytes = 256 * 1024 * 1024;

/** Finds the versions a subscription selects, greatest first. Throws DiscoveryError. */
export async function discoverChart(
  subscription: ChartSubscription,
  options: ChartDiscoveryOptions,
): Promise<ChartDiscoveryResult> {
  const { repoURL, name, semverConstraint, discoveryLimit } = subscription;
  const repo = `from helm chart repo ${goQuote(shownUrl(repoURL))}`;
  const credentials = await findCredentials(options.credentials, { ...options, type: "helm", repoURL });
  const { admits, list } = within(`error obtaining selector for chart versions ${repo}`, () => ({
    admits: within("error building base selector", () =>
      constraintFilter(semverConstraint, { as: "constraint" }),
    ),
    list: toLister(subscription),
  }));
  const versions = await withinAsync(`error discovering chart versions ${repo}`, () =>
    list(credentials, options),
  );
  return {
    repoURL,
    ...(name && { name }),
    ...(semverConstraint && { semverConstraint }),
    versions: versions
      .filter(admits)
      .sort(compareNewestFirst)
      .slice(0, discoveryLimit || 20)
      .map((version) => version.original),
  };
}

type Lister = (
  credentials: Credentials | undefined,
  options: ChartDiscoveryOptions,
) => Promise<readonly SemVer[]>;

/** How the versions of the repository are listed. Throws DiscoveryError for a URL that names none. */
function toLister(subscription: ChartSubscription): Lister {
  if (!subscription.repoURL.startsWith("oci://")) return (...args) => listClassic(subscription, ...args);
  const place = parseOciUrl(subscription.repoURL);
  return (...args) => listOci(subscription, place, ...args);
}

/** Versions of an index, read leniently; what is no version is left out. */
async function listClassic(
  { repoURL, name = "", insecureSkipTLSVerify }: ChartSubscription,
  credentials: Credentials | undefined,
  { cacheDir, signal }: ChartDiscoveryOptions,
): Promise<readonly SemVer[]> {
  const url = `${repoURL.endsWith("/") ? repoURL.slice(0, -1) : repoURL}/index.yaml`;
  const path = chartCachePath(cacheDir, url, name);
  const remembered = await loadIndex(path);
  try {
    const file = await getFile(url, {
      maxBytes: maxIndexBytes,
      signal,
      ...(credentials && { credentials }),
      ...(insecureSkipTLSVerify && { insecureSkipTLSVerify }),
      ...(remembered && { marks: remembered }),
    });
    const { content, ...marks } = file ?? {};
    const versions = content && readChartVersions(content.toString("utf8"), name);
    if (versions !== undefined) await saveIndex(path, { ...marks, versions });
    return (versions ?? remembered?.versions ?? []).flatMap((text) => parseVersion(text) ?? []);
  } catch (error) {
    if (!(error instanceof HttpFileError)) throw error;
    throw refusedByRemote(`error querying repository index at ${goQuote(shownUrl(url))}`, error);
  }
}

/** Tags of an OCI repository, read strictly; `_` stands for the `+` that a tag cannot hold. */
async function listOci(
  { repoURL, insecureSkipTLSVerify }: ChartSubscription,
  { host, repository }: ReturnType<typeof parseOciUrl>,
  credentials: Credentials | undefined,
  { signal }: ChartDiscoveryOptions,
): Promise<readonly SemVer[]> {
  const client = new RegistryClient({
    host,
    manners: "chart",
    retry: ociRetries,
    signal,
    ...(credentials && { credentials }),
    ...(insecureSkipTLSVerify && { insecureSkipTLSVerify }),
  });
  try {
    const versions: SemVer[] = [];
    for await (const page of client.tags(repository)) {
      versions.push(...page.flatMap((tag) => parseStrictVersion(tag.replaceAll("_", "+")) ?? []));
    }
    return versions;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RegistryError)) throw error;
    const what = `error retrieving versions of chart from repository ${goQuote(shownUrl(repoURL))}`;
    throw refusedByRemote(what, error);
  } finally {
    await client.close();
  }
}

/** Host and repository of `oci://host/repository[:tag][@digest]` (oras-go registry/reference.go). */
function parseOciUrl(repoURL: string): { readonly host: string; readonly repository: string } {
  const [, registry = "", path = ""] = /^oci:\/\/([^/]*)\/(.*)$/s.exec(repoURL) ?? [];
  const repository = path.replace(/[@:].*$/s, "");
  if (!/^[\w.-]+(?::\d+)?$|^\[[\da-f:.]+\](?::\d+)?$/i.test(registry) || !ociRepository.test(repository)) {
    const what = `error parsing repository URL ${goQuote(shownUrl(repoURL))}`;
    throw new DiscoveryError("subscription", `${what}: invalid reference`);
  }
  return { host: registry === "docker.io" ? "registry-1.docker.io" : registry, repository };
}
