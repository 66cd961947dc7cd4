// Reads images of one repository from its registry, with what is remembered of them spared (pkg/image/repository_client.go).
// Decides nothing about which images are wanted.
import { mapConcurrently } from "../../base/concurrency";
import type { RegistryClient } from "../tools/registry";
import { sha256 } from "../tools/registry";
import type { ImageCache } from "./image-cache";
import { creationTime, type ImageMetadata, newestTime, readManifest } from "./image-metadata";

/** Images of an index that are read at once. */
const childConcurrency = 4;
const tagPageSize = 1000;
const maxConfigBytes = 8 * 1024 * 1024;

/** One image repository. */
export class ImageRepository {
  readonly #client: RegistryClient;
  readonly #repository: string;
  readonly #cache: ImageCache;
  readonly #trustTags: boolean;

  /** `trustTags`: a tag that was seen once never moves (`cacheByTag`). */
  constructor(options: {
    readonly client: RegistryClient;
    readonly repository: string;
    readonly cache: ImageCache;
    readonly trustTags: boolean;
  }) {
    this.#client = options.client;
    this.#repository = options.repository;
    this.#cache = options.cache;
    this.#trustTags = options.trustTags;
  }

  /** Every tag, in the registry's order. */
  async tags(): Promise<readonly string[]> {
    const tags: string[] = [];
    for await (const page of this.#client.tags(this.#repository, tagPageSize)) tags.push(...page);
    this.#cache.keepTags(new Set(tags));
    return tags;
  }

  /** The image a tag points to. */
  async image(tag: string): Promise<ImageMetadata> {
    const known = this.#cache.lastSeen(tag);
    if (known !== undefined) {
      if (this.#trustTags) return known;
      if ((await this.#client.tagDigest(this.#repository, tag)) === known.digest) return known;
    }
    const image = await this.#read(tag);
    this.#cache.see(tag, image.digest);
    return image;
  }

  async #read(reference: string): Promise<ImageMetadata> {
    const manifest = await this.#client.manifest(this.#repository, reference);
    const known = this.#cache.image(manifest.digest);
    if (known !== undefined) return known;
    const { digest } = manifest;
    const read = readManifest(manifest);
    const annotations = read.annotations && { annotations: read.annotations };
    let image: ImageMetadata;
    if (read.kind === "index") {
      const children = await mapConcurrently(read.platforms, childConcurrency, (platform) =>
        this.#child(platform.digest),
      );
      image = {
        digest,
        ...created(newestTime(children.map((c) => c.createdAt))),
        ...annotations,
        platforms: read.platforms,
      };
    } else {
      const config = await this.#config(read.config);
      image = {
        digest,
        ...created(creationTime(read.annotations, config, digest)),
        ...annotations,
        platforms: [],
      };
    }
    this.#cache.add(image);
    return image;
  }

  async #child(digest: string): Promise<ImageMetadata> {
    return this.#cache.image(digest) ?? this.#read(digest);
  }

  async #config({ digest, data }: { readonly digest: string; readonly data?: Buffer }): Promise<Buffer> {
    if (data !== undefined && sha256(data) === digest) return data;
    return this.#client.blob(this.#repository, digest, maxConfigBytes);
  }
}

function created(createdAt: string | undefined): { readonly createdAt?: string } {
  return createdAt === undefined ? {} : { createdAt };
}
