// A client of OCI registries (distribution specification): tags, manifests and blobs, to and fro.
// Gives content no meaning; what an image or a chart is, others know.
import { createHash } from "node:crypto";
import { Readable, Transform } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { Response } from "undici";
import { isObject } from "../../base/json";
import { RegistryError } from "./registry-error";
import {
  type RegistryOptions,
  type RegistryRequest,
  RegistrySession,
  readBody,
  unexpected,
} from "./registry-session";

export type { RegistryCredentials } from "./registry-auth";
export { RegistryError, type RegistryErrorCode } from "./registry-error";
export type { RegistryOptions } from "./registry-session";

/** Media types of manifests. */
export const manifestTypes = {
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
} as const;

/** A manifest as the registry gave it. */
export interface RegistryManifest {
  /** The Content-Type, unchanged. */
  readonly mediaType: string;
  /** `sha256:` of the body, whatever the registry says it is. */
  readonly digest: string;
  readonly body: Buffer;
}

/** Content that is sent to a registry. */
export interface BlobSource {
  readonly digest: string;
  readonly size: number;
  /** Opens the content; called again when the upload has to be tried again. */
  open(): Buffer | Readable;
}

const maxManifestBytes = 32 * 1024 * 1024;
const maxPageBytes = 32 * 1024 * 1024;
const oldManifests = [
  "application/vnd.docker.distribution.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v1+prettyjws",
];
const { dockerManifest, dockerList, ociManifest, ociIndex } = manifestTypes;
/** What go-containerregistry accepts, in its order. */
const acceptManifests = [...oldManifests, dockerManifest, ociManifest, dockerList, ociIndex].join(",");

/** Talks to one registry until it is closed. Every method throws RegistryError, or the signal's reason. */
export class RegistryClient {
  readonly #session: RegistrySession;
  readonly #host: string;

  constructor(options: RegistryOptions) {
    this.#session = new RegistrySession(options);
    this.#host = options.host;
  }

  /** The tags of a repository, page by page, in the registry's order. `pageSize` asks for that many at a time. */
  async *tags(repository: string, pageSize?: number): AsyncGenerator<readonly string[]> {
    let url: string | URL | undefined =
      `/v2/${repository}/tags/list${pageSize === undefined ? "" : `?n=${pageSize}`}`;
    const seen = new Set<string>();
    while (url !== undefined) {
      const response: Response = await this.#get(url, repository, `The list of tags of ${repository}`);
      seen.add(response.url);
      yield readTags(await readBody(response, maxPageBytes));
      url = nextPage(response);
      if (url !== undefined && seen.has(url.href))
        throw new RegistryError("protocol", "The list of tags has no end");
    }
  }

  /** A manifest by tag or digest. Asked for by digest, it must have that. */
  async manifest(repository: string, reference: string): Promise<RegistryManifest> {
    const url = `/v2/${repository}/manifests/${reference}`;
    const what = `The manifest ${nameOf(repository, reference)}`;
    const response = await this.#get(url, repository, what, { accept: acceptManifests });
    const body = await readBody(response, maxManifestBytes);
    const digest = sha256(body);
    if (reference.includes(":") && reference !== digest) throw corrupt(what, digest);
    return { mediaType: response.headers.get("content-type") ?? "", digest, body };
  }

  /** The digest a tag points to by the registry's own word; undefined when it gives none. */
  async tagDigest(repository: string, tag: string): Promise<string | undefined> {
    const url = `/v2/${repository}/manifests/${tag}`;
    const headers = { accept: acceptManifests };
    const response = await this.#session.send({ method: "HEAD", url, repository, access: "pull", headers });
    await response.body?.cancel();
    return response.ok ? (response.headers.get("docker-content-digest") ?? undefined) : undefined;
  }

  /** A blob of at most `maxBytes`, checked against its digest. */
  async blob(repository: string, digest: string, maxBytes: number): Promise<Buffer> {
    const what = `The blob ${nameOf(repository, digest)}`;
    const response = await this.#get(`/v2/${repository}/blobs/${digest}`, repository, what);
    const body = await readBody(response, maxBytes);
    if (sha256(body) !== digest) throw corrupt(what, sha256(body));
    return body;
  }

  /** A blob as a stream that fails at its end when the content does not have the digest. */
  async blobStream(repository: string, digest: string): Promise<Readable> {
    const what = `The blob ${nameOf(repository, digest)}`;
    const response = await this.#get(`/v2/${repository}/blobs/${digest}`, repository, what);
    const hash = createHash("sha256");
    const check = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
      flush(done) {
        const actual = `sha256:${hash.digest("hex")}`;
        done(actual === digest ? null : corrupt(what, actual));
      },
    });
    const source = Readable.fromWeb(response.body as ReadableStream);
    source.on("error", (error) => check.destroy(error));
    check.on("close", () => source.destroy());
    return source.pipe(check);
  }

  /** True when the repository has the blob. */
  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const url = `/v2/${repository}/blobs/${digest}`;
    const response = await this.#session.send({ method: "HEAD", url, repository, access: "pull,push" });
    if (response.status === 404 || response.ok) return response.ok;
    throw await unexpected(`The blob ${nameOf(repository, digest)}`, response);
  }

  /** Sends a blob, unless the repository has it already. */
  async putBlob(repository: string, source: BlobSource): Promise<void> {
    if (await this.hasBlob(repository, source.digest)) return;
    const what = `The upload of ${nameOf(repository, source.digest)}`;
    const started = await this.#push({ method: "POST", url: `/v2/${repository}/blobs/uploads/`, repository });
    if (started.status !== 202) throw await unexpected(what, started);
    const url = new URL(started.headers.get("location") ?? "", started.url);
    await started.body?.cancel();
    url.searchParams.set("digest", source.digest);
    const headers = { "content-type": "application/octet-stream", "content-length": String(source.size) };
    const ended = await this.#push({ method: "PUT", url, repository, headers, body: () => source.open() });
    if (ended.status !== 201 && ended.status !== 204) throw await unexpected(what, ended);
    await ended.body?.cancel();
  }

  /** Stores a manifest under a tag or its digest and answers the digest. */
  async putManifest(repository: string, reference: string, mediaType: string, body: Buffer): Promise<string> {
    const url = `/v2/${repository}/manifests/${reference}`;
    const headers = { "content-type": mediaType };
    const response = await this.#push({ method: "PUT", url, repository, headers, body: () => body });
    if (!response.ok) throw await unexpected(`The manifest ${nameOf(repository, reference)}`, response);
    await response.body?.cancel();
    return sha256(body);
  }

  /** Ends the client's connections. */
  close(): Promise<void> {
    return this.#session.close();
  }

  async #get(
    url: string | URL,
    repository: string,
    what: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const response = await this.#session.send({ method: "GET", url, repository, access: "pull", headers });
    if (response.status !== 200) throw await unexpected(`${what} on ${this.#host}`, response);
    return response;
  }

  #push(request: Omit<RegistryRequest, "access">): Promise<Response> {
    return this.#session.send({ ...request, access: "pull,push" });
  }
}

/** The digest of content, as registries write it. */
export function sha256(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function readTags(body: Buffer): readonly string[] {
  const { tags } = parseObject(body);
  if (tags === undefined || tags === null) return [];
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  throw new RegistryError("protocol", "The list of tags is not one");
}

/** The page a Link header points to; undefined when there is none (go-containerregistry pkg/v1/remote/list.go). */
function nextPage(response: Response): URL | undefined {
  const link = response.headers.get("link");
  if (!link) return undefined;
  const target = /^<([^>]*)>/.exec(link)?.[1];
  if (target === undefined || !URL.canParse(target, response.url)) {
    throw new RegistryError("protocol", "The list of tags says in no readable way where it goes on");
  }
  return new URL(target, response.url);
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (isObject(value)) return value;
  } catch {
    // Falls through: text that is no JSON is as wrong as JSON of another kind.
  }
  throw new RegistryError("protocol", "The registry's answer is no JSON object");
}

function nameOf(repository: string, reference: string): string {
  return `${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
}

function corrupt(what: string, actual: string): RegistryError {
  return new RegistryError("corrupt", `${what} arrived with other content (${actual})`);
}
