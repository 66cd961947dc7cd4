// Read-only documents `kargo:…` that show a resource as YAML with its status, and follow its changes.
// Written resources are edited in their own files; these documents are only looked at.
import { type Event, EventEmitter, type TextDocumentContentProvider, Uri, workspace } from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable";
import { isObject } from "../base/json";
import { isCompletedPhase } from "../model/analysis";
import { type AnyResource, type Kind, type ResourceRef, refKey, toRef } from "../model/resources";
import { freightLabel } from "../model/state";
import { type Backends, findTarget, type OpenFolder } from "./backends";
import { documentScheme, type ResourceTarget } from "./contributions";

/** Prints a resource as YAML. */
export type FormatResource = (resource: AnyResource) => Promise<string>;

/** Address of the document of a resource. Its name in tabs is the alias of Freight, else the resource's name. */
export function documentUri(folder: string, resource: AnyResource): Uri {
  const ref = toRef<Kind>(resource);
  const name = resource.kind === "Freight" ? freightLabel(resource) : ref.name;
  return Uri.from({
    scheme: documentScheme,
    path: `/${ref.namespace ?? ref.name}/${ref.kind}/${name}.yaml`,
    query: JSON.stringify({ folder, ...ref }),
  });
}

/** The resource a document shows; undefined when the address is not one of ours. */
export function documentTarget(uri: Uri): (ResourceTarget & { readonly folder: string }) | undefined {
  try {
    const value: unknown = JSON.parse(uri.query);
    if (!isObject(value)) return undefined;
    const { folder, kind, namespace, name } = value;
    if (typeof folder !== "string" || typeof kind !== "string" || typeof name !== "string") return undefined;
    const ref = { kind: kind as Kind, name, ...(typeof namespace === "string" ? { namespace } : {}) };
    return { folder, ref };
  } catch {
    return undefined;
  }
}

/** Every resource of a Project that has a node in the tree. */
export function findResource(
  folders: readonly OpenFolder[],
  target: ResourceTarget,
): AnyResource | undefined {
  const tree = findTarget(folders, target)?.tree;
  if (tree === undefined) return undefined;
  const { project, warehouses, stages, freight, promotions, tasks } = tree;
  const all: readonly AnyResource[] = [...warehouses, ...stages, ...freight, ...promotions, ...tasks];
  const isIt = (resource: AnyResource) => refKey(toRef<Kind>(resource)) === refKey(target.ref as ResourceRef);
  return project !== undefined && isIt(project) ? project : all.find(isIt);
}

/** Any resource; AnalysisRuns are not in snapshots. */
async function findRecorded(
  folders: readonly OpenFolder[],
  target: ResourceTarget,
): Promise<AnyResource | undefined> {
  if (target.ref.kind !== "AnalysisRun") return findResource(folders, target);
  const { namespace = "", name } = target.ref;
  const runs = await findTarget(folders, target)?.folder.backend.analysisRuns(namespace);
  return runs?.find(({ metadata }) => metadata.name === name);
}

/** Provides the documents. */
export class ResourceDocuments implements TextDocumentContentProvider, Disposable {
  readonly #backends: Backends;
  readonly #format: FormatResource;
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<Uri>());
  /** What each open document was made of: snapshots share what did not change. */
  readonly #shown = new Map<string, AnyResource | undefined>();

  readonly onDidChange: Event<Uri> = this.#changed.event;

  constructor(backends: Backends, format: FormatResource) {
    this.#backends = backends;
    this.#format = format;
    this.#owned.add(workspace.registerTextDocumentContentProvider(documentScheme, this));
    this.#owned.add(backends.onDidChange(() => this.#compare()));
    this.#owned.add(workspace.onDidCloseTextDocument(({ uri }) => this.#shown.delete(uri.toString())));
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const target = documentTarget(uri);
    const folders = await this.#backends.ready();
    const resource = target === undefined ? undefined : await findRecorded(folders, target);
    this.#shown.set(uri.toString(), resource);
    if (resource === undefined) return `# ${target?.ref.kind ?? "This resource"} is no longer there.\n`;
    return this.#format(resource);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #compare(): void {
    for (const [text, resource] of this.#shown) {
      const uri = Uri.parse(text);
      const target = documentTarget(uri);
      if (target === undefined) continue;
      const isOther =
        resource?.kind === "AnalysisRun"
          ? !isCompletedPhase(resource.status?.phase)
          : findResource(this.#backends.folders, target) !== resource;
      if (isOther) this.#changed.fire(uri);
    }
  }
}
