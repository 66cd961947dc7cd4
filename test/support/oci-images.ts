// Makes OCI images out of nothing: layouts on disk that skopeo can push, one image or an index of several platforms.
// Knows no registry.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One image. */
export interface ImagePlan {
  /** Creation time in its configuration; none when absent. */
  readonly created?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image of an index, with what the index says of it. */
export interface PlatformPlan extends ImagePlan {
  readonly os: string;
  readonly arch: string;
  readonly variant?: string;
  /** Annotations of the index's entry. */
  readonly entryAnnotations?: Readonly<Record<string, string>>;
}

/** An index. */
export interface IndexPlan {
  readonly platforms: readonly PlatformPlan[];
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Writes a layout whose only entry is the image or index; answers its digest. */
export function writeLayout(directory: string, plan: ImagePlan | IndexPlan): string {
  mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
  writeFileSync(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const entry = "platforms" in plan ? writeIndex(directory, plan) : writeImage(directory, plan);
  writeFileSync(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  return entry.digest;
}

function writeIndex(directory: string, { platforms, annotations }: IndexPlan): Descriptor {
  const manifests = platforms.map(({ os, arch, variant, entryAnnotations, ...image }) => ({
    ...writeImage(directory, image, { os, architecture: arch }),
    platform: { os, architecture: arch, ...(variant && { variant }) },
    ...(entryAnnotations && { annotations: entryAnnotations }),
  }));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return writeBlob(directory, mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests,
    ...(annotations && { annotations }),
  });
}

function writeImage(
  directory: string,
  { created, labels, annotations }: ImagePlan,
  platform = { os: "linux", architecture: "amd64" },
): Descriptor {
  const layer = writeBytes(directory, "application/vnd.oci.image.layer.v1.tar", Buffer.alloc(1024));
  const config = writeBlob(directory, "application/vnd.oci.image.config.v1+json", {
    ...platform,
    ...(created && { created }),
    config: { ...(labels && { Labels: labels }) },
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config,
    layers: [layer],
    ...(annotations && { annotations }),
  };
  return writeBlob(directory, mediaType, manifest);
}

function writeBlob(directory: string, mediaType: string, content: object): Descriptor {
  return writeBytes(directory, mediaType, Buffer.from(JSON.stringify(content)));
}

function writeBytes(directory: string, mediaType: string, bytes: Buffer): Descriptor {
  const hex = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(join(directory, "blobs", "sha256", hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}
