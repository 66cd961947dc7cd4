// Step `oci-download`: saves one layer of an image or artifact as it lies in the registry. Unpacks nothing.
import { randomBytes } from "node:crypto";
import { constants as flags } from "node:fs";
import { dirname } from "node:path";
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import {
  type Capabilities,
  type StepContext,
  StepError,
  type StepResult,
  type StepRunner,
} from "../promotion/step";
import { makeDirsInside, removeInside, replaceInside, statOrThrow, withFile } from "../tools/files";
import { type Descriptor, readLayers } from "../tools/oci-manifest";
import { insideWorkDir, isNotExist } from "../tools/paths";
import type { RegistryClient } from "../tools/registry";
import { contentOf, imageManifest, type OciReference, openRegistry, parseOciReference } from "./oci-artifact";
import { because, errored } from "./step-failure";

/** Configuration of `oci-download`. */
export interface OciDownloadConfig {
  /** With a tag or a digest; `oci://` in front looks for credentials of charts. */
  readonly imageRef: string;
  readonly outPath: string;
  /** Which layer; the first when absent. */
  readonly mediaType?: string;
  readonly allowOverwrite?: boolean;
  readonly insecureSkipTLSVerify?: boolean;
}

type Context = StepContext & Pick<Capabilities, "credentials" | "network">;

/** Largest layer that is saved, in bytes. */
const maxBytes = 100 * 1024 * 1024;

/** Runs `oci-download` (pkg/promotion/runner/builtin/oci_downloader.go). */
export const ociDownload: StepRunner<"oci-download", OciDownloadConfig, "credentials" | "network"> = {
  kind: "oci-download",
  needs: ["credentials", "network"],
  async run(context, config): Promise<StepResult> {
    try {
      const target = await prepareTarget(context, config);
      const { imageRef, insecureSkipTLSVerify = false } = config;
      const reference = await because(`failed to parse image reference ${goQuote(imageRef)}`, () =>
        parseOciReference(imageRef),
      );
      const client = await openRegistry(context, reference, { insecureSkipTLSVerify });
      try {
        await download(context, config, { client, reference, target });
      } finally {
        await client.close();
      }
      return { status: "Succeeded" };
    } catch (error) {
      if (isAbortError(error) || error instanceof StepError) throw error;
      context.signal.throwIfAborted();
      throw errored(errorMessage(error));
    }
  },
};

async function prepareTarget({ workDir }: Context, config: OciDownloadConfig): Promise<string> {
  const { outPath, allowOverwrite = false } = config;
  const target = await because(`failed to join path ${goQuote(outPath)}`, insideWorkDir(workDir, outPath));
  if (!allowOverwrite) {
    const looking = statOrThrow(workDir, target, "stat").catch((error) => {
      if (!isNotExist(error)) throw error;
    });
    const known = await because("error checking destination file", looking);
    if (known !== undefined) throw terminal(`file already exists at ${outPath} and overwrite is not allowed`);
  }
  const making = makeDirsInside(workDir, dirname(target), 0o700);
  await because("failed to create destination directory", making);
  return target;
}

async function download(
  context: Context,
  { imageRef, mediaType }: OciDownloadConfig,
  from: { readonly client: RegistryClient; readonly reference: OciReference; readonly target: string },
): Promise<void> {
  const { client, reference, target } = from;
  const resolving = imageManifest(client, reference);
  const manifest = await because(`failed to resolve image ${goQuote(imageRef)}`, resolving);
  const layers = await because("failed to get manifest", () => readLayers(manifest));
  const layer = await because("failed to find target layer", () => findLayer(layers, mediaType));
  if (layer.size > maxBytes) {
    throw terminal(`layer size ${layer.size} exceeds maximum allowed size of ${maxBytes} bytes`);
  }
  await save(context, client, reference.repository, layer, target);
}

function findLayer(layers: readonly Descriptor[], mediaType: string | undefined): Descriptor {
  if (layers.length === 0) throw new Error("image has no layers");
  const found = mediaType ? layers.find((layer) => layer.mediaType === mediaType) : layers[0];
  if (found === undefined) throw new Error(`no layer found with media type ${goQuote(mediaType ?? "")}`);
  return found;
}

/** Writes next to the target and moves there at the end, so that half a file is never taken for a whole one. */
async function save(
  { workDir, signal }: Context,
  client: RegistryClient,
  repository: string,
  layer: Descriptor,
  target: string,
): Promise<void> {
  const partial = `${target}.tmp${randomBytes(5).toString("hex")}`;
  const openFlags = flags.O_WRONLY | flags.O_CREAT | flags.O_EXCL;
  try {
    await withFile(workDir, partial, openFlags, 0o600, async (file) => {
      const getting = contentOf(client, repository, layer);
      const stream = await because("failed to get layer content", getting);
      let length = 0;
      await because("failed to copy layer content", async () => {
        for await (const chunk of stream) {
          signal.throwIfAborted();
          length += (chunk as Buffer).length;
          if (length > maxBytes) throw new Error(`content exceeds limit of ${maxBytes} bytes`);
          await file.write(chunk as Buffer);
        }
      });
    });
    await because(
      "failed to move file to final destination",
      replaceInside(workDir, partial, target, signal),
    );
  } catch (error) {
    await removeInside(workDir, partial);
    throw error;
  }
}

function terminal(message: string): StepError {
  return new StepError("Errored", message, { terminal: true });
}
