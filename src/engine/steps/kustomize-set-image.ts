// Step `kustomize-set-image`: sets the images of a kustomization file, from its configuration or from the Freight.
// Starts no kustomize; the file is re-encoded as go-yaml does it.
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { compareBytewise } from "../../base/text";
import type { ControlPlane, StepContext, StepResult, StepRunner } from "../promotion/step";
import { readInside, statInside, writeInside } from "../tools/files";
import { emitYaml } from "../tools/go-yaml/emitter";
import type { YamlNode } from "../tools/go-yaml/node";
import { makeNode } from "../tools/go-yaml/node";
import { NodeParser, parseYamlDocument } from "../tools/go-yaml/parser";
import { decodeRecords, encodeRecords, type TextRecord } from "../tools/go-yaml/records";
import { insideWorkDir } from "../tools/paths";
import { because, errored } from "./step-failure";

/** Configuration of `kustomize-set-image`. */
export interface KustomizeSetImageConfig {
  readonly path: string;
  /** Empty or absent: every image of the Freight. */
  readonly images?: readonly KustomizeImageConfig[];
}

/** One image to set; exactly one of tag and digest. `*` keeps what the file has. */
export interface KustomizeImageConfig {
  readonly image: string;
  readonly name?: string;
  readonly newName?: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** An entry of `images` in a kustomization file (kustomize/api types.Image). */
type Image = TextRecord<(typeof imageType.fields)[number]>;

const imageType = {
  goName: "types.Image",
  fields: ["name", "newName", "tagSuffix", "newTag", "digest"],
} as const;

const fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** In place of a value: keep the one the file has. */
const keep = "*";

/** Runs `kustomize-set-image` (pkg/promotion/runner/builtin/kustomize_image_setter.go). */
export const kustomizeSetImage: StepRunner<"kustomize-set-image", KustomizeSetImageConfig, "controlPlane"> = {
  kind: "kustomize-set-image",
  needs: ["controlPlane"],
  async run(context, { path, images = [] }): Promise<StepResult> {
    try {
      const { workDir, signal } = context;
      const file = await because("could not discover kustomization file", findKustomization(workDir, path));
      const targets = images.length > 0 ? imagesOfConfig(images) : await imagesOfFreight(context);
      const reading = readInside(workDir, file, signal);
      const bytes = await because("could not read Kustomization file", reading);
      const { text, all } = await setImages(bytes, targets);
      await because("could not write updated Kustomization file", writeInside(workDir, file, text, 0o777));
      return {
        status: "Succeeded",
        ...(all.size > 0 && { output: { commitMessage: commitMessage(path, all) } }),
        ...(hasMoreDocuments(bytes) && { warnings: [lostDocuments(path)] }),
      };
    } catch (error) {
      throw isAbortError(error) ? error : errored(errorMessage(error));
    }
  },
};

async function findKustomization(workDir: string, path: string): Promise<string> {
  const folder = await because(`could not secure join path ${goQuote(path)}`, insideWorkDir(workDir, path));
  const found: string[] = [];
  for (const name of fileNames) {
    const file = folder === "/" ? `/${name}` : `${folder}/${name}`;
    // Whatever keeps one from being looked at, the others still count.
    const info = await statInside(workDir, file).catch(() => undefined);
    if (info?.isFile()) found.push(file);
  }
  const [only] = found;
  if (only === undefined) throw new Error(`could not find any Kustomization files in ${goQuote(path)}`);
  if (found.length > 1) {
    const list = found.join(" ");
    throw new Error(`ambiguous result: found multiple Kustomization files in ${goQuote(path)}: [${list}]`);
  }
  return only;
}

function imagesOfConfig(images: readonly KustomizeImageConfig[]): Map<string, Image> {
  const targets = images.map(({ image, name, newName, tag, digest }): Image => {
    const wanted = digest ? { digest } : { newTag: tag };
    return { name: name || image, newName, ...wanted };
  });
  return new Map(targets.map((target) => [target.name ?? "", target]));
}

/** Every image of the Freight, unless two subscriptions could give the same one. */
async function imagesOfFreight(
  context: StepContext & { readonly controlPlane: ControlPlane },
): Promise<Map<string, Image>> {
  await because("manual configuration required due to ambiguous result", assertUnambiguous(context));
  const origins = Object.keys(context.freight.items).sort(compareBytewise);
  const images = origins.flatMap((origin) => context.freight.items[origin]?.images ?? []);
  return new Map(
    images.map(({ repoURL = "", tag, digest }) => [repoURL, { name: repoURL, newTag: tag, digest }]),
  );
}

/** Throws when an image is subscribed to twice (pkg/controller/freight/finder.go HasAmbiguousImageRequest). */
async function assertUnambiguous(
  context: StepContext & { readonly controlPlane: ControlPlane },
): Promise<void> {
  const seen = new Set<string>();
  for (const { origin } of context.freightRequests) {
    const place = `${goQuote(origin.name)} in namespace ${goQuote(context.project)}`;
    const reading = context.controlPlane.warehouse(origin.name);
    const warehouse = await because(`error getting Warehouse ${place}`, reading);
    if (warehouse === undefined) {
      const [name, project] = [goQuote(origin.name), goQuote(context.project)];
      throw new Error(`Warehouse ${name} not found in namespace ${project}`);
    }
    for (const { image } of warehouse.spec.subscriptions) {
      if (image === undefined) continue;
      if (seen.has(image.repoURL)) {
        throw new Error(
          `multiple requested Freight could potentially provide a container image from repository ${image.repoURL}`,
        );
      }
      seen.add(image.repoURL);
    }
  }
}

/** The file's new text, and all images it has, those with `*` as they were asked for. */
async function setImages(
  bytes: Uint8Array,
  targets: ReadonlyMap<string, Image>,
): Promise<{ readonly text: string; readonly all: ReadonlyMap<string, Image> }> {
  const document = await because(
    "could not unmarshal Kustomization file",
    () => parseYamlDocument(bytes) ?? makeNode("document"),
  );
  const field = findImages(document);
  const current = await because("could not decode images field in Kustomization file", () =>
    field === undefined ? [] : decodeRecords(field, imageType),
  );
  const { merged, all } = mergeImages(current, targets);
  const encoded = encodeRecords(merged, imageType);
  if (field === undefined) {
    document.content[0]?.content.push(makeNode("scalar", { value: "images" }), encoded);
  } else {
    replaceInPlace(field, encoded);
  }
  return { text: emitYaml(document), all };
}

/** The value of `images` in the root mapping. */
function findImages(document: YamlNode): YamlNode | undefined {
  const root = document.content[0];
  if (root?.kind === "mapping") {
    const at = root.content.findIndex((node, i) => i % 2 === 0 && node.value === "images");
    return at < 0 ? undefined : root.content[at + 1];
  }
  const problem =
    root?.kind === "sequence" ? "invalid index format: images" : "cannot access nested field on scalar node";
  throw new Error(`could not decode images field in Kustomization file: ${problem}`);
}

/** Sorted by name; a target replaces the entry of its name as a whole. */
function mergeImages(
  current: readonly Image[],
  targets: ReadonlyMap<string, Image>,
): { readonly merged: readonly Image[]; readonly all: ReadonlyMap<string, Image> } {
  const all = new Map(targets);
  for (const image of current) {
    const name = image.name ?? "";
    const target = all.get(name);
    all.set(name, target === undefined ? image : withKept(target, image));
  }
  const merged = [...all.values()]
    .map((image) => withKept(image, {}))
    .sort((a, b) => compareBytewise(a.name ?? "", b.name ?? ""));
  return { merged, all };
}

/** Replaces every `*` by what `source` has in that place; an image that had one loses its tag suffix. */
function withKept(image: Image, source: Image): Image {
  const { name, newName, newTag, digest } = image;
  if (newName !== keep && newTag !== keep && digest !== keep) return image;
  const kept = (value: string | undefined, other: string | undefined) => (value === keep ? other : value);
  return {
    name,
    newName: kept(newName, source.newName),
    newTag: kept(newTag, source.newTag),
    digest: kept(digest, source.digest),
  };
}

/** Puts a new value in the place of an old one and keeps its comments and its style (pkg/yaml/update.go). */
function replaceInPlace(node: YamlNode, value: YamlNode): void {
  keepComments(node, value);
  Object.assign(node, { ...value, alias: undefined, style: node.style });
}

/** Comments go over by position in lists and by key in mappings. */
function keepComments(from: YamlNode, to: YamlNode): void {
  to.headComment = from.headComment;
  to.lineComment = from.lineComment;
  to.footComment = from.footComment;
  if (from.kind === "sequence" && to.kind === "sequence") {
    for (const [i, entry] of to.content.entries()) {
      const before = from.content[i];
      if (before !== undefined) keepComments(before, entry);
    }
  } else if (from.kind === "mapping" && to.kind === "mapping") {
    const before = new Map<string, YamlNode>();
    for (let i = 0; i + 1 < from.content.length; i += 2) {
      before.set(from.content[i]?.value ?? "", from.content[i + 1] as YamlNode);
    }
    for (let i = 0; i + 1 < to.content.length; i += 2) {
      const old = before.get(to.content[i]?.value ?? "");
      if (old !== undefined) keepComments(old, to.content[i + 1] as YamlNode);
    }
  }
}

function commitMessage(path: string, images: ReadonlyMap<string, Image>): string {
  const lines = [...images.keys()].sort(compareBytewise).map((key) => {
    const { name = "", newName, newTag, digest } = images.get(key) ?? {};
    return `\n- ${newName || name}${newTag ? `:${newTag}` : ""}${digest ? `@${digest}` : ""}`;
  });
  return `Updated ${path} to use new image${images.size > 1 ? "s" : ""}\n${lines.join("")}`;
}

function hasMoreDocuments(bytes: Uint8Array): boolean {
  const parser = new NodeParser(bytes);
  parser.document();
  try {
    return parser.document() !== undefined;
  } catch {
    // What cannot be read is lost as well.
    return true;
  }
}

function lostDocuments(path: string): string {
  return `Only the first document of the kustomization file in ${path} was kept, as Kargo does.`;
}
