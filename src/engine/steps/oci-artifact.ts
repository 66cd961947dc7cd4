// What oci-download and oci-push have in common: references, credentials by them, and the image behind one.
// Writes nothing.
import { Readable } from "node:stream";
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { type ImageName, parseImageName } from "../../model/urls";
import type { CredentialSource, CredentialType, StepContext } from "../promotion/step";
import { type Descriptor, isIndexType, readIndex } from "../tools/oci-manifest";
import { RegistryClient, type RegistryManifest, sha256 } from "../tools/registry";

/** A reference of a step's configuration. */
export interface OciReference extends ImageName {
  /** As it was written, without `oci://`. */
  readonly text: string;
  /** `oci://` stands for a chart, whose credentials are kept apart. */
  readonly credentialType: Extract<CredentialType, "helm" | "image">;
}

/** Reads a reference. Throws Error (pkg/promotion/runner/builtin/oci_common.go parseOCIReference). */
export function parseOciReference(imageRef: string): OciReference {
  const isChart = imageRef.startsWith("oci://");
  const text = isChart ? imageRef.slice("oci://".length) : imageRef;
  const name = parseImageName(text);
  if (name === undefined) {
    throw new Error(`invalid image reference ${goQuote(text)}: could not parse reference: ${text}`);
  }
  return { ...name, text, credentialType: isChart ? "helm" : "image" };
}

/** Registry and repository, by which two references are of one place and credentials are found. */
export function placeOf({ registry, repository }: ImageName): string {
  return `${registry}/${repository}`;
}

/** Opens the registry of a reference with the credentials kept for it. Close it when done. */
export async function openRegistry(
  context: Pick<StepContext, "project" | "signal"> & { readonly credentials: CredentialSource },
  reference: OciReference,
  options: { readonly insecureSkipTLSVerify: boolean },
): Promise<RegistryClient> {
  const { project, signal } = context;
  const repoURL = `${reference.credentialType === "helm" ? "oci://" : ""}${placeOf(reference)}`;
  const query = { project, type: reference.credentialType, repoURL, signal };
  const credentials = await context.credentials.find(query).catch((error) => {
    if (isAbortError(error)) throw error;
    const reason = errorMessage(error);
    throw new Error(`error obtaining credentials for image repo ${goQuote(repoURL)}: ${reason}`, {
      cause: error,
    });
  });
  return new RegistryClient({
    host: reference.registry,
    manners: "image",
    insecureSkipTLSVerify: options.insecureSkipTLSVerify,
    ...(credentials && { credentials }),
    signal,
  });
}

/** Manifests from before 2016, which go-containerregistry reads no image from (remote Descriptor.Image). */
const dockerSchema1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/** A blob's bytes: those its manifest carries, or the registry's. Throws Error when the former are of another digest. */
export async function contentOf(
  client: RegistryClient,
  repository: string,
  { digest, size, data }: Descriptor,
): Promise<AsyncIterable<unknown>> {
  if (data === undefined) return await client.blobStream(repository, digest);
  if (data.length !== size || sha256(data) !== digest) {
    throw new Error(`the manifest carries other content than ${digest}`);
  }
  return Readable.from([data]);
}

/** The manifest of one image; an index answers its image for linux/amd64, the first one that has it. */
export async function imageManifest(
  client: RegistryClient,
  reference: ImageName,
  digestOrTag = reference.digest ?? reference.tag ?? "",
): Promise<RegistryManifest> {
  const manifest = await client.manifest(reference.repository, digestOrTag);
  if (dockerSchema1.test(manifest.mediaType)) {
    const more = "see https://github.com/google/go-containerregistry/issues/377";
    throw new Error(`unsupported MediaType: ${goQuote(manifest.mediaType)}, ${more}`);
  }
  if (!isIndexType(manifest.mediaType)) return manifest;
  const child = readIndex(manifest).find(({ platform }) => {
    const { os, architecture } = platform ?? { os: "linux", architecture: "amd64" };
    return os === "linux" && architecture === "amd64";
  });
  if (child === undefined) {
    const index = `${placeOf(reference)}${digestOrTag.includes(":") ? "@" : ":"}${digestOrTag}`;
    throw new Error(`no child with platform linux/amd64 in index ${index}`);
  }
  return await imageManifest(client, reference, child.digest);
}
