// One backend for each workspace folder, opened when something is first asked of them and never before.
// Decides which folders are open; what is in them the backends say.
import { type WorkspaceFolder, workspace } from "vscode";
import type { Backend, Snapshot } from "../backend/backend";
import { type Disposable, DisposableStore } from "../base/disposable";
import { errorMessage } from "../base/errors";
import { Emitter } from "../base/events";
import type { Logger } from "../base/log";
import type { ProjectTree } from "../model/pipeline";
import { isTerminalPhase, type Kind, type ResourceRef } from "../model/resources";
import { backendSettingNames, type ResourceTarget } from "./contributions";
import { settingsSection } from "./platform/settings";

/** A backend together with what must be released when its folder is closed. */
export interface OpenedBackend extends Disposable {
  readonly backend: Backend;
}

/** A folder whose backend is open. */
export interface OpenFolder {
  /** URI of the folder as text. */
  readonly id: string;
  readonly name: string;
  readonly backend: Backend;
}

/** A folder whose backend could not be opened, and why. */
export interface ClosedFolder {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
}

interface Entry {
  readonly folder: WorkspaceFolder;
  readonly owned: DisposableStore;
  readonly opening: Promise<void>;
  backend?: Backend;
  reason?: string;
}

/** The backends of the window. */
export class Backends implements Disposable {
  readonly #open: (folder: WorkspaceFolder) => Promise<OpenedBackend>;
  readonly #log: Logger;
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<void>((error) => this.#log.error(errorMessage(error))));
  readonly #entries = new Map<string, Entry>();
  #started = false;
  #stale = false;

  /** A snapshot, or the set of folders, is another one. */
  readonly onDidChange = this.#changed.event;

  constructor(options: {
    readonly open: (folder: WorkspaceFolder) => Promise<OpenedBackend>;
    readonly log: Logger;
  }) {
    this.#open = options.open;
    this.#log = options.log;
    this.#owned.add(workspace.onDidChangeWorkspaceFolders(() => this.#matchFolders()));
    this.#owned.add(workspace.onDidGrantWorkspaceTrust(() => this.#reopen()));
    this.#owned.add(
      workspace.onDidChangeConfiguration((event) => {
        const isBuiltIn = backendSettingNames.some((name) =>
          event.affectsConfiguration(`${settingsSection}.${name}`),
        );
        if (isBuiltIn) this.#reopenWhenIdle();
      }),
    );
  }

  /** Opens what is not open yet and resolves with every folder that could be. */
  async ready(): Promise<readonly OpenFolder[]> {
    this.#started = true;
    this.#matchFolders();
    await Promise.all([...this.#entries.values()].map((entry) => entry.opening));
    return this.folders;
  }

  /** Folders that are open now, in the workspace's order. */
  get folders(): readonly OpenFolder[] {
    return this.#inOrder().flatMap(({ folder, backend }) =>
      backend === undefined ? [] : [{ id: folder.uri.toString(), name: folder.name, backend }],
    );
  }

  /** Folders that could not be opened. */
  get failures(): readonly ClosedFolder[] {
    return this.#inOrder().flatMap(({ folder, reason }) =>
      reason === undefined ? [] : [{ id: folder.uri.toString(), name: folder.name, reason }],
    );
  }

  /** True while a folder is being opened, and before anything was asked. */
  get opening(): boolean {
    return !this.#started || this.#inOrder().some((e) => e.backend === undefined && e.reason === undefined);
  }

  /** Reads everything again; folders that could not be opened are tried anew. */
  async reload(): Promise<void> {
    for (const [id, entry] of this.#entries) if (entry.reason !== undefined) this.#close(id);
    const folders = await this.ready();
    await Promise.all(folders.map(({ backend }) => backend.reload()));
  }

  dispose(): void {
    for (const id of [...this.#entries.keys()]) this.#close(id);
    this.#owned.dispose();
  }

  #inOrder(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => a.folder.index - b.folder.index);
  }

  #matchFolders(): void {
    if (!this.#started || this.#owned.disposed) return;
    const folders = (workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
    const wanted = new Map(folders.map((folder) => [folder.uri.toString(), folder]));
    const gone = [...this.#entries.keys()].filter((id) => !wanted.has(id));
    const come = [...wanted].filter(([id]) => !this.#entries.has(id));
    for (const id of gone) this.#close(id);
    for (const [id, folder] of come) this.#entries.set(id, this.#start(folder));
    if (gone.length + come.length > 0) this.#changed.fire();
  }

  #start(folder: WorkspaceFolder): Entry {
    const owned = new DisposableStore();
    const opening = this.#open(folder).then(
      (opened) => {
        owned.add(opened);
        if (owned.disposed) return;
        entry.backend = opened.backend;
        owned.add(opened.backend.onDidChange(() => this.#onSnapshot()));
        this.#changed.fire();
      },
      (error: unknown) => {
        if (owned.disposed) return;
        entry.reason = errorMessage(error);
        this.#log.error(`${folder.uri.fsPath} could not be opened: ${errorMessage(error)}`);
        this.#changed.fire();
      },
    );
    const entry: Entry = { folder, owned, opening };
    return entry;
  }

  #close(id: string): void {
    this.#entries.get(id)?.owned.dispose();
    this.#entries.delete(id);
  }

  #onSnapshot(): void {
    if (this.#stale) this.#reopenWhenIdle();
    this.#changed.fire();
  }

  /** Settings are read when a backend is opened; one that promotes is left alone until it has ended. */
  #reopenWhenIdle(): void {
    this.#stale = this.folders.some(({ backend }) => isPromoting(backend.snapshot));
    if (!this.#stale) this.#reopen();
  }

  /** Without trust nothing was started, so nothing can be interrupted when trust is given. */
  #reopen(): void {
    this.#stale = false;
    if (!this.#started || this.#owned.disposed) return;
    for (const id of [...this.#entries.keys()]) this.#close(id);
    this.#matchFolders();
  }
}

/** True while a Promotion of the snapshot runs. */
export function isPromoting(snapshot: Snapshot): boolean {
  return snapshot.projects.some((tree) => tree.promotions.some((p) => p.status?.phase === "Running"));
}

/** Where a target was found. */
export interface Found {
  readonly folder: OpenFolder;
  readonly tree: ProjectTree;
}

/** The folder and Project of a target; undefined when it is not there any more. */
export function findTarget(folders: readonly OpenFolder[], target: ResourceTarget): Found | undefined {
  const project = projectName(target.ref);
  for (const folder of folders) {
    if (target.folder !== undefined && target.folder !== folder.id) continue;
    const tree = folder.backend.snapshot.projects.find((p) => p.name === project);
    if (tree !== undefined) return { folder, tree };
  }
  return undefined;
}

/** The Project a reference belongs to. */
export function projectName<K extends Kind>(ref: ResourceRef<K>): string {
  return ref.namespace ?? ref.name;
}

/** Promotions of all folders that have not ended. */
export function countOpenPromotions(folders: readonly OpenFolder[]): number {
  return folders
    .flatMap(({ backend }) => backend.snapshot.projects)
    .flatMap((tree) => tree.promotions)
    .filter((promotion) => !isTerminalPhase(promotion.status?.phase)).length;
}
