// Reads Kargo's resources out of YAML text: resources plus problems, never an exception.
// Does no I/O and tells no fault of a field; schema/schema.ts and admission.ts do.
import { type Document, LineCounter, parseDocument } from "yaml";
import { isObject } from "../base/json";
import { splitDocuments } from "./documents";
import { type AnyResource, clusterScopedKinds, type Kind, kargoApiVersion, kargoKinds } from "./resources";
import { conform, kindSchema } from "./schema/schema";
import { yamlOptions } from "./yaml-options";

/** A place in a text: UTF-16 offset, one-based line and column. */
export interface SourceLocation {
  /** Path as the caller named it. */
  readonly file: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Something wrong with a resource or a document, at its place. */
export interface ResourceProblem {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly location: SourceLocation;
  /** Where the resource of the same document begins, when the problem lies elsewhere in it. */
  readonly resourceOffset?: number;
}

/** A resource and where it is written. */
export interface ParsedResource {
  readonly resource: AnyResource;
  readonly location: SourceLocation;
}

/** What a text held. */
export interface ParseResult {
  readonly resources: readonly ParsedResource[];
  readonly problems: readonly ResourceProblem[];
}

const argoRollouts = "argoproj.io/v1alpha1";
const apiVersions: Readonly<Record<string, readonly Kind[]>> = {
  [kargoApiVersion]: kargoKinds,
  [argoRollouts]: ["AnalysisTemplate", "ClusterAnalysisTemplate"],
  v1: ["Secret", "ConfigMap"],
};
const mentionsUs = /kargo\.akuity\.io\/|argoproj\.io\/v1alpha1|kind:\s*["']?(?:Secret|ConfigMap|List)\b/;

/** True when `text` can hold resources this program reads; cheap enough to ask of every YAML file. */
export function mayHoldResources(text: string): boolean {
  return mentionsUs.test(text);
}

/** Problems of the resource that is written at `source`. */
export function problemsAt(
  source: SourceLocation | undefined,
  problems: readonly ResourceProblem[],
): readonly ResourceProblem[] {
  return problems.filter(
    ({ location, resourceOffset = location.offset }) =>
      location.file === source?.file && resourceOffset === source.offset,
  );
}

/** Documents that were read before, by their text; their places are those within the document, in a file without name. */
export interface KnownDocuments {
  get(text: string): ParseResult | undefined;
  set(text: string, result: ParseResult): void;
}

/**
 * Reads every resource of `text`. Documents of other kinds are passed over in silence, broken ones only when they are
 * Kargo's. With `known`, a document that was read before is not read again, and its resources are the same objects.
 */
export function parseResources(file: string, text: string, known?: KnownDocuments): ParseResult {
  const resources: ParsedResource[] = [];
  const problems: ResourceProblem[] = [];
  if (!mayHoldResources(text)) return { resources, problems };
  for (const slice of splitDocuments(text)) {
    const source = text.slice(slice.start, slice.end);
    if (!mayHoldResources(source)) continue;
    let read = known?.get(source);
    if (read === undefined) {
      read = readDocument(source);
      known?.set(source, read);
    }
    const placed = (location: SourceLocation): SourceLocation => ({
      file,
      offset: slice.start + location.offset,
      line: slice.startLine + location.line,
      column: location.column,
    });
    for (const { resource, location } of read.resources)
      resources.push({ resource, location: placed(location) });
    for (const { resourceOffset, ...problem } of read.problems) {
      const owner = resourceOffset === undefined ? {} : { resourceOffset: slice.start + resourceOffset };
      problems.push({ ...problem, location: placed(problem.location), ...owner });
    }
  }
  return { resources, problems };
}

/**
 * Reads the documents of `text` that were not read before into `known`, one at each step, so that whoever goes through
 * the steps can pause between them. `parseResources` is quick afterwards.
 */
export function* readAhead(text: string, known: KnownDocuments): Generator<void> {
  if (!mayHoldResources(text)) return;
  for (const { start, end } of splitDocuments(text)) {
    const source = text.slice(start, end);
    if (!mayHoldResources(source) || known.get(source) !== undefined) continue;
    known.set(source, readDocument(source));
    yield;
  }
}

/** Reads one document, with places as if it were a file of its own. */
function readDocument(source: string): ParseResult {
  const resources: ParsedResource[] = [];
  const problems: ResourceProblem[] = [];
  const lines = new LineCounter();
  const locate = (offset: number): SourceLocation => {
    const { line, col } = lines.linePos(Math.min(offset, source.length));
    return { file: "", offset, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseDocument(source, { ...yamlOptions, lineCounter: lines });
  const value = toValue(document);
  const start = locate(firstContent(document));
  const isOurs = source.includes("kargo.akuity.io/v1alpha1");
  if (isOurs) {
    for (const error of document.errors) {
      const location = locate(error.pos[0]);
      const message = `YAML: ${error.message}`;
      problems.push({ severity: "error", message, location, resourceOffset: start.offset });
    }
  }
  for (const item of listItems(value)) {
    const read = toResource(item);
    if (read === undefined) continue;
    if (typeof read === "string") problems.push({ severity: "error", message: read, location: start });
    else resources.push({ resource: read, location: start });
  }
  return { resources, problems };
}

function toValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch {
    return undefined;
  }
}

function firstContent(document: Document): number {
  const range = isObject(document.contents) ? document.contents.range : undefined;
  return Array.isArray(range) && typeof range[0] === "number" ? range[0] : 0;
}

/** A `List` is read as its items. */
function listItems(value: unknown): readonly unknown[] {
  if (!isObject(value)) return [];
  const kind = value.kind;
  if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(value.items)) return value.items;
  return [value];
}

/** The resource, undefined when it is not one of ours, or a sentence that says why it cannot be used. */
function toResource(value: unknown): AnyResource | string | undefined {
  if (!isObject(value)) return undefined;
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== "string") return undefined;
  const kinds = apiVersions[apiVersion];
  if (kinds === undefined) return undefined;
  if (typeof kind !== "string" || !(kinds as readonly string[]).includes(kind)) {
    return apiVersion === kargoApiVersion
      ? `Kargo has no kind ${JSON.stringify(kind ?? null)} in ${apiVersion}.`
      : undefined;
  }
  const problem = metadataProblem(value.metadata);
  if (problem !== undefined) return apiVersion === kargoApiVersion ? `${kind}: ${problem}` : undefined;
  return typed(value, kind as Kind);
}

/** Why the resource cannot be told from others; undefined when it can. */
function metadataProblem(metadata: unknown): string | undefined {
  if (!isObject(metadata)) return "metadata with a name is missing.";
  const { name, namespace } = metadata;
  if (typeof name !== "string" || name === "") return "metadata.name is missing or is not text.";
  if (namespace !== undefined && typeof namespace !== "string") return "metadata.namespace is not text.";
  return undefined;
}

/** The resource with what is wrongly typed left out, so that every reader can trust the types of resources.ts. */
function typed(value: Record<string, unknown>, kind: Kind): AnyResource {
  const known = kindSchema(kind);
  const resource = (known === undefined ? value : conform(value, known.schema)) as AnyResource;
  if (!clusterScopedKinds.has(kind)) return resource;
  return { ...resource, metadata: { ...resource.metadata, namespace: undefined } } as AnyResource;
}
