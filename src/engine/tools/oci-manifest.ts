// Reads OCI and Docker manifests and writes them anew with more annotations, byte for byte as go-containerregistry does.
// Moves no content; the steps do.
import { isObject } from "../../base/json";
import { compareBytewise } from "../../base/text";
import { manifestTypes, type RegistryManifest } from "./registry";

/** What a manifest says of a piece of content. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
  /** The content itself, where the manifest carries it; it is not checked yet. */
  readonly data?: Buffer;
}

/** Annotations by key. */
export type Annotations = Readonly<Record<string, string>>;

/** True for the manifest of one image (go-containerregistry types.MediaType IsImage). */
export function isImageType(mediaType: string): boolean {
  return mediaType === manifestTypes.ociManifest || mediaType === manifestTypes.dockerManifest;
}

/** True for a list of images (IsIndex). */
export function isIndexType(mediaType: string): boolean {
  return mediaType === manifestTypes.ociIndex || mediaType === manifestTypes.dockerList;
}

/** Configuration and layers of an image. Throws Error when the text is no manifest. */
export function readImage(manifest: RegistryManifest): {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
} {
  const value = parseManifest(manifest);
  return { config: toDescriptor(value.config), layers: toList(value.layers).map(toDescriptor) };
}

/** The layers alone; whatever else the text lacks is no matter. Throws Error when it is no manifest. */
export function readLayers(manifest: RegistryManifest): readonly Descriptor[] {
  return toList(parseManifest(manifest).layers).map(toDescriptor);
}

/** The images an index lists. Throws Error when the text is no manifest. */
export function readIndex(manifest: RegistryManifest): readonly Descriptor[] {
  return toList(parseManifest(manifest).manifests).map(toDescriptor);
}

/**
 * The manifest with annotations added, those of the same key replaced, and descriptors of `replaced` digests rewritten.
 * Fields that go-containerregistry does not know are lost, as they are there.
 */
export function rewriteManifest(
  manifest: RegistryManifest,
  annotations: Annotations,
  replaced: ReadonlyMap<string, { readonly digest: string; readonly size: number }> = new Map(),
): Buffer {
  const value = parseManifest(manifest);
  const given = { ...toAnnotations(value.annotations), ...annotations };
  const content: Fields = isIndexType(manifest.mediaType)
    ? [["manifests", list(value.manifests, (child) => descriptor(renewed(child, replaced)))]]
    : [
        ["config", descriptor(value.config)],
        ["layers", list(value.layers, descriptor)],
      ];
  const text = object([
    ["schemaVersion", json(value.schemaVersion ?? 0)],
    ["mediaType", value.mediaType ? json(value.mediaType) : undefined],
    ...content,
    ["annotations", record(given)],
    ["subject", isObject(value.subject) ? descriptor(value.subject) : undefined],
  ]);
  return Buffer.from(text, "utf8");
}

function renewed(
  child: unknown,
  replaced: ReadonlyMap<string, { readonly digest: string; readonly size: number }>,
): unknown {
  if (!isObject(child)) return child;
  return { ...child, ...replaced.get(String(child.digest)) };
}

/** Fields in the order of Go's struct, already encoded; undefined ones are left out. */
type Fields = readonly (readonly [name: string, text: string | undefined])[];

function descriptor(value: unknown): string {
  const given = isObject(value) ? value : {};
  return object([
    ["mediaType", json(given.mediaType ?? "")],
    ["size", json(given.size ?? 0)],
    ["digest", json(given.digest ?? "")],
    ["data", given.data ? json(given.data) : undefined],
    ["urls", filled(given.urls)],
    ["annotations", record(toAnnotations(given.annotations))],
    ["platform", isObject(given.platform) ? platform(given.platform) : undefined],
    ["artifactType", given.artifactType ? json(given.artifactType) : undefined],
  ]);
}

function platform(value: Readonly<Record<string, unknown>>): string {
  return object([
    ["architecture", json(value.architecture ?? "")],
    ["os", json(value.os ?? "")],
    ["os.version", value["os.version"] ? json(value["os.version"]) : undefined],
    ["os.features", filled(value["os.features"])],
    ["variant", value.variant ? json(value.variant) : undefined],
    ["features", filled(value.features)],
  ]);
}

function object(fields: Fields): string {
  const parts = fields
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `${json(name)}:${text}`);
  return `{${parts.join(",")}}`;
}

function list(value: unknown, encode: (entry: unknown) => string): string {
  return Array.isArray(value) ? `[${value.map(encode).join(",")}]` : "null";
}

function filled(value: unknown): string | undefined {
  return Array.isArray(value) && value.length > 0 ? list(value, json) : undefined;
}

/** A Go map: sorted by key; none when empty. */
function record(values: Annotations): string | undefined {
  const keys = Object.keys(values).sort(compareBytewise);
  return keys.length === 0 ? undefined : object(keys.map((key) => [key, json(values[key])]));
}

/** A value as encoding/json writes it, which escapes what HTML gives a meaning. */
function json(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parseManifest({ body }: RegistryManifest): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(body.toString("utf8"));
  if (!isObject(value)) throw new Error("the manifest is no JSON object");
  return value;
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toDescriptor(value: unknown): Descriptor {
  const { mediaType, digest, size, platform: where, data } = isObject(value) ? value : {};
  if (typeof digest !== "string" || typeof size !== "number") throw new Error("a descriptor has no digest");
  const described = isObject(where)
    ? { platform: { os: text(where.os), architecture: text(where.architecture) } }
    : {};
  const carried = typeof data === "string" && data !== "" ? { data: Buffer.from(data, "base64") } : {};
  return { mediaType: text(mediaType), digest, size, ...described, ...carried };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function toAnnotations(value: unknown): Annotations {
  return isObject(value) ? (value as Annotations) : {};
}
