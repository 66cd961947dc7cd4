// What discovery needs to know of an image, read from its manifests and configuration (pkg/image/repository_client.go).
// Parses content that image-repository.ts fetches; selects nothing.
import { isObject } from "../../base/json";
import { rfc3339Nanos } from "../../base/time";
import { manifestTypes, type RegistryManifest } from "../tools/registry";
import { DiscoveryError } from "./discovery-error";

/** An image, or an index of images for several platforms. */
export interface ImageMetadata {
  readonly digest: string;
  /** RFC 3339; absent when the image does not say. Of an index: that of its newest image. */
  readonly createdAt?: string;
  readonly annotations?: Annotations;
  /** The images of an index; empty for a single image, whatever platform it is for. */
  readonly platforms: readonly ImagePlatform[];
}

/** An image within an index. */
export interface ImagePlatform {
  readonly os: string;
  readonly arch: string;
  readonly variant: string;
  readonly digest: string;
  readonly annotations?: Annotations;
}

type Annotations = Readonly<Record<string, string>>;

/** A manifest, read: an index with its images, or a single image and where its configuration is. */
export type ReadManifest =
  | {
      readonly kind: "index";
      readonly annotations?: Annotations;
      readonly platforms: readonly ImagePlatform[];
    }
  | { readonly kind: "image"; readonly annotations?: Annotations; readonly config: ConfigDescriptor };

interface ConfigDescriptor {
  readonly digest: string;
  /** The configuration itself, when the manifest carries it along. */
  readonly data?: Buffer;
}

/** Annotations and labels that tell when an image was made, most trusted first. */
const createdKeys = ["org.opencontainers.image.created", "org.label-schema.build-date"];

/** Reads a manifest by its media type. Throws DiscoveryError `content` for anything that is no image. */
export function readManifest({ mediaType, body, digest }: RegistryManifest): ReadManifest {
  switch (mediaType) {
    case manifestTypes.ociIndex:
    case manifestTypes.dockerList:
      return readIndex(toObject(body, digest), digest);
    case manifestTypes.ociManifest:
    case manifestTypes.dockerManifest: {
      const manifest = toObject(body, digest);
      const { digest: configDigest, data } = isObject(manifest.config) ? manifest.config : {};
      if (typeof configDigest !== "string") throw malformed(digest, "names no configuration");
      const embedded = typeof data === "string" ? { data: Buffer.from(data, "base64") } : {};
      const config = { digest: configDigest, ...embedded };
      return { kind: "image", ...readAnnotations(manifest.annotations, digest), config };
    }
    default:
      throw new DiscoveryError("content", `unknown artifact type: ${mediaType}`);
  }
}

/** When a single image was made: its annotations and labels first, then its configuration (getCreationTime). */
export function creationTime(
  annotations: Annotations | undefined,
  config: Buffer,
  digest: string,
): string | undefined {
  const value = toObject(config, digest);
  const own = member(value, "config");
  const labels = isObject(own) ? member(own, "labels") : undefined;
  for (const source of [annotations, readAnnotations(labels, digest).annotations]) {
    for (const key of createdKeys) {
      const text = source?.[key];
      if (text !== undefined && rfc3339Nanos(text) !== undefined) return text;
    }
  }
  const created = member(value, "created") ?? undefined;
  if (created === undefined) return undefined;
  if (typeof created !== "string" || rfc3339Nanos(created) === undefined) {
    throw malformed(digest, "has a creation time that is none");
  }
  return created;
}

/** The newest of several creation times; an image without one counts as older than all others. */
export function newestTime(times: readonly (string | undefined)[]): string | undefined {
  return times.reduce((newest, time) => (nanos(time) > nanos(newest) ? time : newest), undefined);
}

/** Orders by creation, for sorting: negative when `a` is older. */
export function compareTimes(a: string | undefined, b: string | undefined): number {
  const difference = nanos(a) - nanos(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Go's zero time, which an image without a creation time has. */
const zeroTime = -62_135_596_800_000_000_000n;

function nanos(time: string | undefined): bigint {
  return (time === undefined ? undefined : rfc3339Nanos(time)) ?? zeroTime;
}

/** Entries that name no platform are attestations and the like. */
function readIndex(index: Record<string, unknown>, digest: string): ReadManifest {
  const entries = Array.isArray(index.manifests) ? index.manifests : [];
  const platforms = entries.filter(isObject).flatMap((entry): ImagePlatform[] => {
    const { os, architecture: arch, variant } = isObject(entry.platform) ? entry.platform : {};
    if (!isKnown(os) || !isKnown(arch) || typeof entry.digest !== "string") return [];
    const annotations = readAnnotations(entry.annotations, digest);
    return [
      { os, arch, variant: typeof variant === "string" ? variant : "", digest: entry.digest, ...annotations },
    ];
  });
  if (platforms.length === 0) throw malformed(digest, "is an index without any image");
  return { kind: "index", ...readAnnotations(index.annotations, digest), platforms };
}

function isKnown(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value !== "unknown";
}

function readAnnotations(value: unknown, digest: string): { readonly annotations?: Annotations } {
  if (value === undefined || value === null) return {};
  if (isObject(value) && Object.values(value).every((text) => typeof text === "string")) {
    return { annotations: value as Annotations };
  }
  throw malformed(digest, "has annotations or labels that are no texts");
}

/** A member by its name in any case, as Go's JSON decoder finds it. */
function member(value: Record<string, unknown>, name: string): unknown {
  return value[Object.keys(value).find((key) => key.toLowerCase() === name) ?? ""];
}

function toObject(body: Buffer, digest: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (isObject(value)) return value;
  } catch {
    // Text that is no JSON is as wrong as JSON of another kind.
  }
  throw malformed(digest, "is no JSON object");
}

function malformed(digest: string, reason: string): DiscoveryError {
  return new DiscoveryError("content", `${digest} ${reason}`);
}
