// The specs of a workspace: every Kargo resource written in its YAML files, with problems and places.
// Reads a file again only when it changed; writes nothing and holds no status.
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import { Emitter, type Event } from "../../base/events";
import type { Logger } from "../../base/log";
import {
  type ParseResult,
  parseResources,
  type ResourceProblem,
  type SourceLocation,
} from "../../model/parse";
import { compareText } from "../../model/pipeline";
import { type AnyResource, clusterScopedKinds, refKey, toRef } from "../../model/resources";
import type { WorkspaceFiles } from "./ports";

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

const kindsOfState: ReadonlySet<string> = new Set(["Freight", "Promotion", "AnalysisRun"]);

/** Keeps the specs of a workspace current. */
export class Workspace implements Disposable {
  readonly #files: WorkspaceFiles;
  readonly #log: Logger;
  readonly #parsed = new Map<string, ParseResult>();
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<void>());
  #specs: WorkspaceSpecs = { entries: new Map(), problems: [] };
  #reading: Promise<void> = Promise.resolve();

  constructor(files: WorkspaceFiles, log: Logger) {
    this.#files = files;
    this.#log = log;
    this.#owned.add(files.onDidChange((paths) => void this.#readFiles(paths)));
  }

  readonly onDidChange: Event<void> = this.#changed.event;

  /** What the files said when they were last read. */
  get specs(): WorkspaceSpecs {
    return this.#specs;
  }

  /** Lists and reads every file again. */
  async load(): Promise<void> {
    const paths = new Set(await this.#files.list());
    for (const known of this.#parsed.keys()) if (!paths.has(known)) this.#parsed.delete(known);
    await this.#readFiles([...paths]);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Reads happen one after the other, so that an older text cannot overwrite a newer one. */
  #readFiles(paths: readonly string[]): Promise<void> {
    this.#reading = this.#reading.then(async () => {
      await Promise.all(paths.map((path) => this.#readFile(path)));
      if (this.#owned.disposed) return;
      this.#specs = collect(this.#parsed);
      this.#changed.fire();
    });
    return this.#reading;
  }

  async #readFile(path: string): Promise<void> {
    try {
      const name = relative(this.#files.root, path);
      this.#parsed.set(path, parseResources(name, await this.#files.read(path)));
    } catch (error) {
      this.#parsed.delete(path);
      this.#log.debug(`Not read: ${path}: ${errorMessage(error)}`);
    }
  }
}

function collect(parsed: ReadonlyMap<string, ParseResult>): WorkspaceSpecs {
  const results = [...parsed].sort(([a], [b]) => compareText(a, b)).map(([, result]) => result);
  const problems = results.flatMap((result) => result.problems);
  const entries = new Map<string, SpecEntry>();
  const namespace = onlyProject(results);
  for (const { resource: written, location } of results.flatMap((result) => result.resources)) {
    if (kindsOfState.has(written.kind)) continue;
    const resource = withNamespace(written, namespace);
    if (resource === undefined) {
      const message = `${written.kind} ${written.metadata.name} has no namespace, and the workspace does not have exactly one Project to take it from.`;
      if (written.apiVersion.startsWith("kargo.")) problems.push({ severity: "error", message, location });
      continue;
    }
    const key = refKey(toRef(resource));
    const earlier = entries.get(key);
    if (earlier === undefined) entries.set(key, { resource, location, specHash: specHash(resource) });
    else problems.push({ severity: "warning", message: duplicateMessage(resource, earlier), location });
  }
  return { entries, problems };
}

function duplicateMessage(resource: AnyResource, earlier: SpecEntry): string {
  const { file, line } = earlier.location;
  return `${resource.kind} ${resource.metadata.name} is also in ${file}:${line}; that one is used.`;
}

/** The name of the Project when the workspace has exactly one: resources without a namespace then belong to it. */
function onlyProject(results: readonly ParseResult[]): string | undefined {
  const projects = results.flatMap((r) => r.resources).filter((r) => r.resource.kind === "Project");
  const names = new Set(projects.map((r) => r.resource.metadata.name));
  return names.size === 1 ? [...names][0] : undefined;
}

function withNamespace(resource: AnyResource, fallback: string | undefined): AnyResource | undefined {
  if (clusterScopedKinds.has(resource.kind) || resource.metadata.namespace !== undefined) return resource;
  if (fallback === undefined) return undefined;
  return { ...resource, metadata: { ...resource.metadata, namespace: fallback } } as AnyResource;
}

function specHash(resource: AnyResource): string {
  const { metadata: _metadata, ...content } = resource;
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}
