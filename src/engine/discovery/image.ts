// Discovers images of a subscription as Kargo does (pkg/image/*_selector.go, pkg/subscription/image.go).
// Makes no Freight and writes no status.
import { mapConcurrently } from "../../base/concurrency";
import { goQuote } from "../../base/go-text";
import { compareBytewise } from "../../base/text";
import { formatTime } from "../../base/time";
import type {
  DiscoveredImageReference,
  ImageDiscoveryResult,
  ImageSubscription,
} from "../../model/resources";
import { compareNewestFirst } from "../../model/semver";
import { normImage } from "../../model/urls";
import type { CredentialSource } from "../promotion/step";
import { registryRateLimit } from "../tools/rate-limit";
import { RegistryClient, RegistryError } from "../tools/registry";
import { DiscoveryError, refusedByRemote, within, wrapped } from "./discovery-error";
import { findCredentials } from "./find-credentials";
import { ImageCache } from "./image-cache";
import { compareTimes, type ImageMetadata, type ImagePlatform } from "./image-metadata";
import { ImageRepository } from "./image-repository";
import { tagNameFilter, versionFilter } from "./tag-names";

/** What discovery of an image subscription is given. */
export interface ImageDiscoveryOptions {
  readonly project: string;
  readonly credentials: CredentialSource;
  /** Directory that remembers images; absolute, created when missing. */
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

/** An image by one of its tags. */
interface TaggedImage extends ImageMetadata {
  readonly tag: string;
}

type PlatformTest = (platform: ImagePlatform) => boolean;

const dockerHub = "index.docker.io";
/** Images that are read at once. */
const concurrency = 8;

/** Finds the images a subscription selects, best first. Throws DiscoveryError. */
export async function discoverImage(
  subscription: ImageSubscription,
  options: ImageDiscoveryOptions,
): Promise<ImageDiscoveryResult> {
  const { repoURL, platform } = subscription;
  const { signal } = options;
  const quoted = goQuote(repoURL);
  const credentials = await findCredentials(options.credentials, { ...options, type: "image", repoURL });
  const { select, isWanted, host, repository } = within(`error obtaining selector for image ${quoted}`, () =>
    toSelection(subscription),
  );
  const cache = await ImageCache.load(options.cacheDir, `${host}/${repository}`);
  const client = new RegistryClient({
    host,
    manners: "image",
    rateLimit: registryRateLimit(host),
    signal,
    ...(credentials && { credentials }),
    ...(subscription.insecureSkipTLSVerify && { insecureSkipTLSVerify: true }),
  });
  try {
    const trustTags = subscription.cacheByTag === true && subscription.imageSelectionStrategy !== "Digest";
    const images = await select(new ImageRepository({ client, repository, cache, trustTags }), isWanted);
    await cache.save();
    return {
      repoURL,
      ...(platform && { platform }),
      references: images.map((image) => toReference(image, isWanted)),
    };
  } catch (error) {
    signal.throwIfAborted();
    const what = `error discovering newest applicable images ${quoted}`;
    if (!(error instanceof RegistryError)) throw wrapped(what, error);
    throw refusedByRemote(what, error);
  } finally {
    await client.close();
  }
}

type Selector = (
  repository: ImageRepository,
  isWanted: PlatformTest | undefined,
) => Promise<readonly TaggedImage[]>;

interface ImageSelection extends ReturnType<typeof parseRepository> {
  readonly select: Selector;
  readonly isWanted: PlatformTest | undefined;
}

/** What a subscription asks for and where; throws DiscoveryError for what no selector can be made of. */
function toSelection(subscription: ImageSubscription): ImageSelection {
  const { platform, repoURL, imageSelectionStrategy: strategy } = subscription;
  const base = () =>
    within("error building base selector", () => ({
      isWanted: platform ? platformTest(platform) : undefined,
      ...parseRepository(normImage(repoURL)),
    }));
  if (strategy === "Digest") return { ...base(), select: toSelector(subscription) };
  return within("error building tag based selector", () => ({
    ...base(),
    select: toSelector(subscription),
  }));
}

const tagNameFaults = {
  allow: "error compiling allow tags regex",
  ignore: "error compiling ignore tags regex",
};

/** The strategy of a subscription; throws DiscoveryError when a pattern or constraint in it is malformed. */
function toSelector(subscription: ImageSubscription): Selector {
  const { constraint, strictSemvers } = subscription;
  const limit = subscription.discoveryLimit || 20;
  const strategy = subscription.imageSelectionStrategy || "SemVer";
  if (strategy === "Digest")
    return (repository, isWanted) => selectDigest(repository, constraint ?? "", isWanted);
  const isAllowed = tagNameFilter(subscription, tagNameFaults);
  switch (strategy) {
    case "SemVer": {
      const versionOf = versionFilter({
        ...(constraint !== undefined && { constraint }),
        ...(strictSemvers !== undefined && { strictSemvers }),
      });
      return async (repository, isWanted) => {
        const versions = (await repository.tags()).filter(isAllowed).flatMap((tag) => versionOf(tag) ?? []);
        const tags = versions.sort(compareNewestFirst).map((version) => version.original);
        return firstImages(repository, tags, limit, isWanted);
      };
    }
    case "Lexical":
      return async (repository, isWanted) => {
        const tags = (await repository.tags()).filter(isAllowed).sort((a, b) => compareBytewise(b, a));
        return firstImages(repository, tags, limit, isWanted);
      };
    case "NewestBuild":
      return async (repository, isWanted) => {
        const tags = (await repository.tags()).filter(isAllowed);
        const images = (await readAll(repository, tags)).filter((image) => hasPlatform(image, isWanted));
        const newestFirst = (a: TaggedImage, b: TaggedImage) =>
          compareTimes(b.createdAt, a.createdAt) || compareBytewise(b.tag, a.tag);
        return images.sort(newestFirst).slice(0, limit);
      };
  }
}

/** What a mutable tag points to now. Nothing there is no error. */
async function selectDigest(
  repository: ImageRepository,
  tag: string,
  isWanted: PlatformTest | undefined,
): Promise<readonly TaggedImage[]> {
  try {
    const image = { ...(await repository.image(tag)), tag };
    return hasPlatform(image, isWanted) ? [image] : [];
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return [];
    throw error;
  }
}

/** The first images, up to the limit, that have the platform. Reads no more of them than one after the other would. */
async function firstImages(
  repository: ImageRepository,
  tags: readonly string[],
  limit: number,
  isWanted: PlatformTest | undefined,
): Promise<readonly TaggedImage[]> {
  const found: TaggedImage[] = [];
  for (let start = 0; start < tags.length && found.length < limit; ) {
    const batch = tags.slice(start, start + limit - found.length);
    found.push(...(await readAll(repository, batch)).filter((image) => hasPlatform(image, isWanted)));
    start += batch.length;
  }
  return found;
}

function readAll(repository: ImageRepository, tags: readonly string[]): Promise<TaggedImage[]> {
  return mapConcurrently(tags, concurrency, async (tag) => {
    try {
      return { ...(await repository.image(tag)), tag };
    } catch (error) {
      throw wrapped(`error retrieving image with tag ${goQuote(tag)}`, error);
    }
  });
}

/** Only an index names platforms, so a single image has none, whatever it was built for; that is upstream's rule. */
function hasPlatform(image: ImageMetadata, isWanted: PlatformTest | undefined): boolean {
  return isWanted === undefined || image.platforms.some(isWanted);
}

/** Reads `os/arch[/variant]`; all three must be equal, an absent variant counts as empty (platform_constraint.go). */
function platformTest(constraint: string): PlatformTest {
  const [os, arch, ...variant] = constraint.split("/");
  if (arch === undefined) {
    const what = `error parsing platform constraint ${goQuote(constraint)}`;
    throw new DiscoveryError("subscription", `${what}: ${what}`); // said twice, as upstream
  }
  const wanted = variant.join("/");
  return (platform) => platform.os === os && platform.arch === arch && platform.variant === wanted;
}

function toReference(image: TaggedImage, isWanted: PlatformTest | undefined): DiscoveredImageReference {
  const { tag, digest, createdAt } = image;
  const platform = isWanted && image.platforms.find(isWanted);
  const annotations = { ...image.annotations, ...platform?.annotations };
  return {
    tag,
    digest,
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(createdAt !== undefined && { createdAt: toSeconds(createdAt) }),
  };
}

/** Registry and path of a normalised repository (go-containerregistry pkg/name). */
function parseRepository(repoURL: string): { readonly host: string; readonly repository: string } {
  const slash = repoURL.indexOf("/");
  const first = repoURL.slice(0, Math.max(slash, 0));
  const [host, path] = /[.:]/.test(first) ? [first, repoURL.slice(slash + 1)] : [dockerHub, repoURL];
  if (!/^[a-z0-9_./-]{2,255}$/.test(path)) {
    const what = `error creating repository client for image ${goQuote(repoURL)}`;
    const reason = `error parsing image repo URL ${repoURL}: could not parse reference: ${repoURL}`;
    throw new DiscoveryError("subscription", `${what}: ${reason}`);
  }
  const isShort = host === dockerHub && !path.includes("/");
  return { host, repository: isShort ? `library/${path}` : path };
}

/** UTC in whole seconds; fine fractions and a comma before them are more than Date reads. */
function toSeconds(createdAt: string): string {
  return formatTime(new Date(createdAt.replace(/[.,]\d+/, "")));
}
