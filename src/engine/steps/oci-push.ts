// Step `oci-push`: copies an image, index or artifact from one repository to another, with annotations if wanted.
// Keeps nothing on disk; content goes from registry to registry.
import { Readable } from "node:stream";
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import {
  type Capabilities,
  type StepContext,
  StepError,
  type StepResult,
  type StepRunner,
} from "../promotion/step";
import {
  type Annotations,
  type Descriptor,
  isImageType,
  isIndexType,
  readImage,
  readIndex,
  rewriteManifest,
} from "../tools/oci-manifest";
import { type RegistryClient, type RegistryManifest, sha256 } from "../tools/registry";
import {
  contentOf,
  imageManifest,
  type OciReference,
  openRegistry,
  parseOciReference,
  placeOf,
} from "./oci-artifact";
import { because, errored, failed } from "./step-failure";

/** Configuration of `oci-push`. */
export interface OciPushConfig {
  readonly srcRef: string;
  /** With a tag. */
  readonly destRef: string;
  /** `index:` in front of a key is for the index alone; anything else goes to every image. */
  readonly annotations?: Annotations;
  /** Of both registries. */
  readonly insecureSkipTLSVerify?: boolean;
}

type Context = StepContext & Pick<Capabilities, "credentials" | "network" | "effects">;

/** Kargo's default of MAX_OCI_PUSH_ARTIFACT_SIZE, in bytes; it counts between repositories only. */
const maxBytes = 1024 * 1024 * 1024;

/** Layers that may not be handed on stay where they are (go-containerregistry types.MediaType IsDistributable). */
const undistributable = new Set([
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
]);

/** Runs `oci-push` (pkg/promotion/runner/builtin/oci_pusher.go). */
export const ociPush: StepRunner<"oci-push", OciPushConfig, "credentials" | "network" | "effects"> = {
  kind: "oci-push",
  needs: ["credentials", "network", "effects"],
  resumable: true,
  async run(context, config): Promise<StepResult> {
    const source = parse("source", config.srcRef);
    const target = parse("destination", config.destRef);
    const clients: RegistryClient[] = [];
    try {
      const options = { insecureSkipTLSVerify: config.insecureSkipTLSVerify ?? false };
      const from = await openRegistry(context, source, options);
      clients.push(from);
      const to = await openRegistry(context, target, options);
      clients.push(to);
      const digest = await new ArtifactCopy({ from, source, to, target }).run(context, config);
      return { status: "Succeeded", output: { image: target.text, digest, tag: target.tag ?? "" } };
    } catch (error) {
      if (isAbortError(error) || error instanceof StepError) throw error;
      context.signal.throwIfAborted();
      throw errored(errorMessage(error));
    } finally {
      for (const client of clients) await client.close();
    }
  },
};

function parse(which: string, text: string): OciReference {
  try {
    return parseOciReference(text);
  } catch (error) {
    throw failed(`failed to parse ${which} reference ${goQuote(text)}: ${errorMessage(error)}`);
  }
}

/** One push from a repository to another, or to another tag of the same. */
class ArtifactCopy {
  readonly #from: RegistryClient;
  readonly #source: OciReference;
  readonly #to: RegistryClient;
  readonly #target: OciReference;

  constructor(ends: {
    readonly from: RegistryClient;
    readonly source: OciReference;
    readonly to: RegistryClient;
    readonly target: OciReference;
  }) {
    this.#from = ends.from;
    this.#source = ends.source;
    this.#to = ends.to;
    this.#target = ends.target;
  }

  /** Answers the digest of what the tag points to afterwards. */
  async run({ effects }: Context, { srcRef, annotations = {} }: OciPushConfig): Promise<string> {
    const reference = this.#source.digest ?? this.#source.tag ?? "";
    const getting = this.#from.manifest(this.#source.repository, reference);
    const manifest = await because(`failed to get source artifact ${goQuote(srcRef)}`, getting);
    await this.#checkSize(manifest);
    const isIndex = isIndexType(manifest.mediaType);
    if (!isIndex && !isImageType(manifest.mediaType)) throw unsupported(manifest);
    const { text, tag = "" } = this.#target;
    const effect = {
      kind: "registry.write",
      target: text,
      summary: `Push ${this.#source.text} to ${text}.`,
    } as const;
    const scopes = byScope(annotations);
    const act = () =>
      isIndex ? this.#pushIndex(manifest, tag, scopes) : this.#pushImage(manifest, tag, scopes.manifest);
    const what = isIndex ? "image index" : "image";
    return await because(`failed to push ${what} to ${goQuote(text)}`, effects.perform(effect, act));
  }

  async #checkSize(manifest: RegistryManifest): Promise<void> {
    if (placeOf(this.#source) === placeOf(this.#target)) return;
    const size = await this.#size(manifest);
    if (size <= maxBytes) return;
    const sizes = `${byteCount(size)} exceeds maximum allowed size of ${byteCount(maxBytes)}`;
    throw new StepError("Errored", `compressed artifact size ${sizes}`, { terminal: true });
  }

  async #size(manifest: RegistryManifest): Promise<number> {
    if (isImageType(manifest.mediaType)) return imageSize(manifest);
    if (!isIndexType(manifest.mediaType)) throw unsupported(manifest);
    let total = 0;
    for (const { digest } of readIndex(manifest)) {
      const resolving = imageManifest(this.#from, this.#source, digest);
      const child = await because(`failed to resolve child image ${digest}`, resolving);
      total += await because(`failed to compute size of child image ${digest}`, () => imageSize(child));
    }
    return total;
  }

  async #pushImage(manifest: RegistryManifest, reference: string, annotations: Annotations): Promise<string> {
    const { config, layers } = readImage(manifest);
    for (const blob of layers) if (!undistributable.has(blob.mediaType)) await this.#copyBlob(blob);
    await this.#copyBlob(config);
    const isSame = Object.keys(annotations).length === 0;
    const body = isSame ? manifest.body : rewriteManifest(manifest, annotations);
    const place = reference === manifest.digest ? sha256(body) : reference;
    return await this.#to.putManifest(this.#target.repository, place, manifest.mediaType, body);
  }

  /** Images go first: a registry takes no index whose images it does not have. */
  async #pushIndex(
    manifest: RegistryManifest,
    reference: string,
    scopes: { readonly index: Annotations; readonly manifest: Annotations },
  ): Promise<string> {
    const replaced = new Map<string, { readonly digest: string; readonly size: number }>();
    for (const child of readIndex(manifest)) {
      if (!isImageType(child.mediaType) && !isIndexType(child.mediaType)) {
        await this.#copyBlob(child);
        continue;
      }
      const found = await this.#from.manifest(this.#source.repository, child.digest);
      if (isIndexType(child.mediaType)) {
        // An index within an index is copied as it is.
        await this.#pushIndex(found, child.digest, { index: {}, manifest: {} });
        continue;
      }
      const digest = await this.#pushImage(found, child.digest, scopes.manifest);
      if (digest !== child.digest) {
        replaced.set(child.digest, { digest, size: rewriteManifest(found, scopes.manifest).length });
      }
    }
    const isSame = replaced.size === 0 && Object.keys(scopes.index).length === 0;
    const body = isSame ? manifest.body : rewriteManifest(manifest, scopes.index, replaced);
    return await this.#to.putManifest(this.#target.repository, reference, manifest.mediaType, body);
  }

  async #copyBlob(blob: Descriptor): Promise<void> {
    const [from, repository] = [this.#from, this.#source.repository];
    // The registry that is written to would be said to give no answer.
    let unread: unknown;
    const open = () =>
      Readable.from(
        (async function* () {
          try {
            yield* await contentOf(from, repository, blob);
          } catch (error) {
            unread = error;
            throw error;
          }
        })(),
      );
    const { digest, size } = blob;
    await this.#to.putBlob(this.#target.repository, { digest, size, open }).catch((error) => {
      throw unread ?? error;
    });
  }
}

function imageSize(manifest: RegistryManifest): number {
  const { config, layers } = readImage(manifest);
  return layers.reduce((total, { size }) => total + size, config.size);
}

function byScope(annotations: Annotations): { readonly index: Annotations; readonly manifest: Annotations } {
  const index: Record<string, string> = {};
  const manifest: Record<string, string> = {};
  for (const [key, value] of Object.entries(annotations)) {
    if (key.startsWith("index:")) index[key.slice("index:".length)] = value;
    else manifest[key.replace(/^manifest:/, "")] = value;
  }
  return { index, manifest };
}

function unsupported({ mediaType }: RegistryManifest): StepError {
  return new StepError("Errored", `unsupported media type ${goQuote(mediaType)}`, { terminal: true });
}

/** pkg/fmt/bytes.go FormatByteCount. */
function byteCount(bytes: number): string {
  for (const [unit, size] of [
    ["GiB", 2 ** 30] as const,
    ["MiB", 2 ** 20] as const,
    ["KiB", 2 ** 10] as const,
  ]) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} bytes`;
}
