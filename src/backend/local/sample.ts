// Makes the sample pipeline: Kargo YAML in a new folder and a bare Git repository beside it that it promotes.
// The sample's text lies in media/sample; nothing here knows what it says but one placeholder.

import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { seedRepository } from "../../engine/engine";
import { BackendError } from "../backend";

/** Where the parts of a sample lie; absolute paths. */
export interface Sample {
  readonly root: string;
  readonly pipelineDir: string;
  /** The bare repository. */
  readonly repository: string;
}

const placeholder = "__REPOSITORY__";

/** Creates the sample in `root`, which must be new or empty. Throws BackendError. */
export async function createSample(root: string, options: { readonly signal: AbortSignal }): Promise<Sample> {
  const present = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new BackendError("io", `${root} cannot be used: ${error.message}`, { cause: error });
  });
  if (present.length > 0)
    throw new BackendError("alreadyExists", `${root} is not empty; the sample needs a new folder.`);
  const media = sampleMedia();
  const repository = join(root, "repository.git");
  const pipelineDir = join(root, "kargo");
  await mkdir(pipelineDir, { recursive: true });
  const url = pathToFileURL(repository).href;
  for (const name of await readdir(join(media, "kargo"))) {
    const text = await readFile(join(media, "kargo", name), "utf8");
    await writeFile(join(pipelineDir, name), text.replaceAll(placeholder, url));
  }
  await cp(join(media, "README.md"), join(root, "README.md"));
  const seed = join(root, ".seed");
  try {
    await cp(join(media, "repository"), seed, { recursive: true });
    await seedRepository({ from: seed, repository, message: "Say hello", signal: options.signal });
  } finally {
    await rm(seed, { recursive: true, force: true });
  }
  return { root, pipelineDir, repository };
}

/** media/sample, beside the bundle that runs (dist/) or up from it in a checkout. */
function sampleMedia(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, "media", "sample");
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder))
      throw new BackendError("io", "The sample's files are missing from this installation.");
  }
}
