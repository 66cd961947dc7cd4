// The specs of a workspace: every Kargo resource written in its YAML files, with problems and places.
// Reads a file again only when it changed; writes nothing and holds no status.
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import { Emitter, type Event } from "../../base/events";
import type { Logger } from "../../base/log";
import { Turns } from "../../base/turns";
import {
  type ParsedResource,
  type ParseResult,
  parseResources,
  type ResourceProblem,
  readAhead,
  type SourceLocation,
} from "../../model/parse";
import { compareText } from "../../model/pipeline";
import { type AnyResource, clusterScopedKinds, refKey, toRef } from "../../model/resources";
import type { WorkspaceFiles } from "./ports";
import type { SpecCache } from "./spec-cache";
import { isObjectName } from "./state-files";

/** One resource of the workspace with its place and the hash of what was written. */
export interface SpecEntry {
  readonly resource: AnyResource;
  readonly location: SourceLocation;
  /** Hex digest over everything but metadata; another hash means another generation. */
  readonly specHash: string;
}

/** Everything the workspace's files say, by refKey. */
export interface WorkspaceSpecs {
  readonly entries: ReadonlyMap<string, SpecEntry>;
  readonly problems: readonly ResourceProblem[];
}

/** A resource that another reading of the files found written, written otherwise, or gone. */
export interface SpecChange {
  readonly before: SpecEntry | undefined;
  readonly after: SpecEntry | undefined;
}

const kindsOfState: ReadonlySet<string> = new Set(["Freight", "Promotion", "AnalysisRun"]);

/** Keeps the specs of a workspace current. */
export class Workspace implements Disposable {
  readonly #files: WorkspaceFiles;
  readonly #log: Logger;
  readonly #parsed = new Map<string, ParseResult>();
  readonly #cache: SpecCache | undefined;
  readonly #entries = new EntryMaker();
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<readonly SpecChange[]>());
  #specs: WorkspaceSpecs = { entries: new Map(), problems: [] };
  #isRead = false;
  #reading: Promise<void> = Promise.resolve();

  /** `cache` spares reading documents that an earlier process has read. */
  constructor(files: WorkspaceFiles, log: Logger, cache?: SpecCache) {
    this.#files = files;
    this.#log = log;
    this.#cache = cache;
    this.#owned.add(files.onDidChange((paths) => void this.#readFiles(paths)));
  }

  /**
   * Files were read again; carries what that changed in resources, nothing the first time. Fires also when only
   * problems changed.
   */
  readonly onDidChange: Event<readonly SpecChange[]> = this.#changed.event;

  /** What the files said when they were last read. */
  get specs(): WorkspaceSpecs {
    return this.#specs;
  }

  /** Lists and reads every file again. */
  async load(): Promise<void> {
    const paths = new Set(await this.#files.list());
    for (const known of this.#parsed.keys()) if (!paths.has(known)) this.#parsed.delete(known);
    await this.#cache?.load();
    await this.#readFiles([...paths]);
    await this.#cache?.save().catch((error) => this.#log.debug(`Documents not kept: ${errorMessage(error)}`));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Reads happen one after the other, so that an older text cannot overwrite a newer one. */
  #readFiles(paths: readonly string[]): Promise<void> {
    this.#reading = this.#reading.then(async () => {
      const texts = await Promise.all(paths.map((path) => this.#textOf(path)));
      const turns = new Turns();
      for (const [place, path] of paths.entries()) {
        await this.#parseFile(path, texts[place], turns);
        await turns.over();
      }
      if (this.#owned.disposed) return;
      const before = this.#specs;
      this.#specs = collect(this.#parsed, this.#entries);
      const isFirst = !this.#isRead;
      this.#isRead = true;
      this.#changed.fire(isFirst ? [] : changesBetween(before.entries, this.#specs.entries));
    });
    return this.#reading;
  }

  async #textOf(path: string): Promise<string | undefined> {
    try {
      return await this.#files.read(path);
    } catch (error) {
      const isGone = error instanceof Error && "code" in error && error.code === "ENOENT";
      this.#log[isGone ? "debug" : "warn"](`Not read: ${path}: ${errorMessage(error)}`);
      return undefined;
    }
  }

  async #parseFile(path: string, text: string | undefined, turns: Turns): Promise<void> {
    if (text === undefined) {
      this.#parsed.delete(path);
      return;
    }
    if (this.#cache !== undefined) for (const _ of readAhead(text, this.#cache)) await turns.over();
    this.#parsed.set(path, parseResources(relative(this.#files.root, path), text, this.#cache));
  }
}

/** Makes entries, the hash of each resource once. */
class EntryMaker {
  readonly #hashes = new WeakMap<AnyResource, string>();
  readonly #namespaced = new WeakMap<AnyResource, AnyResource>();

  make(resource: AnyResource, location: SourceLocation): SpecEntry {
    const specHash = this.#hashes.get(resource) ?? specHashOf(resource);
    this.#hashes.set(resource, specHash);
    return { resource, location, specHash };
  }

  /** The resource with the namespace it belongs to; undefined when there is none to take. */
  namespaced(resource: AnyResource, fallback: string | undefined): AnyResource | undefined {
    if (clusterScopedKinds.has(resource.kind) || resource.metadata.namespace !== undefined) return resource;
    if (fallback === undefined) return undefined;
    const known = this.#namespaced.get(resource);
    if (known?.metadata.namespace === fallback) return known;
    const made = { ...resource, metadata: { ...resource.metadata, namespace: fallback } } as AnyResource;
    this.#namespaced.set(resource, made);
    return made;
  }
}

function changesBetween(
  before: ReadonlyMap<string, SpecEntry>,
  after: ReadonlyMap<string, SpecEntry>,
): SpecChange[] {
  const changes: SpecChange[] = [];
  for (const [key, entry] of after) {
    const old = before.get(key);
    if (old?.resource !== entry.resource) changes.push({ before: old, after: entry });
  }
  for (const [key, entry] of before) if (!after.has(key)) changes.push({ before: entry, after: undefined });
  return changes;
}

function collect(parsed: ReadonlyMap<string, ParseResult>, maker: EntryMaker): WorkspaceSpecs {
  const results = [...parsed].sort(([a], [b]) => compareText(a, b)).map(([, result]) => result);
  const problems = results.flatMap((result) => result.problems);
  const entries = new Map<string, SpecEntry>();
  const resources = results
    .flatMap((result) => result.resources)
    .filter(({ resource, location }) => {
      const name = misnamed(resource);
      if (name === undefined) return true;
      const message = `${resource.kind} is left out: ${JSON.stringify(name.slice(0, 80))} is not a Kubernetes name.`;
      if (resource.apiVersion.startsWith("kargo.")) problems.push({ severity: "error", message, location });
      return false;
    });
  const namespace = onlyProject(resources);
  for (const { resource: written, location } of resources) {
    if (kindsOfState.has(written.kind)) continue;
    const resource = maker.namespaced(written, namespace);
    if (resource === undefined) {
      const message = `${written.kind} ${written.metadata.name} has no namespace, and the workspace does not have exactly one Project to take it from.`;
      if (written.apiVersion.startsWith("kargo.")) problems.push({ severity: "error", message, location });
      continue;
    }
    const key = refKey(toRef(resource));
    const earlier = entries.get(key);
    if (earlier === undefined) entries.set(key, maker.make(resource, location));
    else problems.push({ severity: "warning", message: duplicateMessage(resource, earlier), location });
  }
  return { entries, problems };
}

/** The name or namespace that no object of a cluster can have, as in templates of another program. */
function misnamed({ metadata: { name, namespace } }: AnyResource): string | undefined {
  return [name, namespace].find((one) => one !== undefined && !isObjectName(one));
}

function duplicateMessage(resource: AnyResource, earlier: SpecEntry): string {
  const { file, line } = earlier.location;
  return `${resource.kind} ${resource.metadata.name} is also in ${file}:${line}; that one is used.`;
}

/** The name of the Project when the workspace has exactly one: resources without a namespace then belong to it. */
function onlyProject(resources: readonly ParsedResource[]): string | undefined {
  const projects = resources.filter((r) => r.resource.kind === "Project");
  const names = new Set(projects.map((r) => r.resource.metadata.name));
  return names.size === 1 ? [...names][0] : undefined;
}

/** The hash of everything but metadata. */
export function specHashOf(resource: AnyResource): string {
  const { metadata: _metadata, ...content } = resource;
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}
