// Remembers images of one repository between discoveries: by digest, and which digest a tag was last seen at.
// Content never changes under its digest; whether a tag still points there is for the caller to find out.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { isObject } from "../../base/json";
import type { ImageMetadata } from "./image-metadata";
import { loadJson, markUsed, saveJson } from "./json-file";

const cacheVersion = 1;

/** The cache of one repository, loaded whole and saved whole. */
export class ImageCache {
  readonly #path: string;
  readonly #images: Map<string, ImageMetadata>;
  readonly #tags: Map<string, string>;
  #changed = false;

  private constructor(path: string, images: Map<string, ImageMetadata>, tags: Map<string, string>) {
    this.#path = path;
    this.#images = images;
    this.#tags = tags;
  }

  /** Loads what is remembered of a repository; nothing when there is no usable file. */
  static async load(directory: string, repository: string): Promise<ImageCache> {
    const hash = createHash("sha256").update(repository).digest("hex").slice(0, 16);
    const name = /[\w.-]{1,40}$/.exec(repository)?.[0] ?? "repository";
    const path = join(directory, `${name}-${hash}.json`);
    const content = toContent(await loadJson(path));
    await markUsed(path);
    return new ImageCache(
      path,
      new Map(Object.entries(content.images)),
      new Map(Object.entries(content.tags)),
    );
  }

  image(digest: string): ImageMetadata | undefined {
    return this.#images.get(digest);
  }

  /** The image a tag was last seen at. */
  lastSeen(tag: string): ImageMetadata | undefined {
    return this.#images.get(this.#tags.get(tag) ?? "");
  }

  add(image: ImageMetadata): void {
    if (this.#images.has(image.digest)) return;
    this.#images.set(image.digest, image);
    this.#changed = true;
  }

  see(tag: string, digest: string): void {
    if (this.#tags.get(tag) === digest) return;
    this.#tags.set(tag, digest);
    this.#changed = true;
  }

  /** Forgets tags that no longer exist. */
  keepTags(existing: ReadonlySet<string>): void {
    for (const tag of [...this.#tags.keys()].filter((tag) => !existing.has(tag))) {
      this.#tags.delete(tag);
      this.#changed = true;
    }
  }

  /** Writes what has changed; images that no tag leads to are left out. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    const kept = new Map<string, ImageMetadata>();
    const keep = (digest: string) => {
      const image = this.#images.get(digest);
      if (image === undefined || kept.has(digest)) return;
      kept.set(digest, image);
      for (const platform of image.platforms) keep(platform.digest);
    };
    for (const digest of this.#tags.values()) keep(digest);
    const content: Content = {
      version: cacheVersion,
      tags: Object.fromEntries(this.#tags),
      images: Object.fromEntries(kept),
    };
    await saveJson(this.#path, content);
    this.#changed = false;
  }
}

interface Content {
  readonly version: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, ImageMetadata>>;
}

function toContent(value: unknown): Content {
  const isUsable =
    isObject(value) && value.version === cacheVersion && isObject(value.tags) && isObject(value.images);
  return isUsable ? (value as unknown as Content) : { version: cacheVersion, tags: {}, images: {} };
}
