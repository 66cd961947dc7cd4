// A workspace folder's YAML files, watched by VS Code. Only saved text counts: what an editor holds unsaved is not taken.
// Lists and reads through the port it is given, so that editor and terminal see the same files.
import { FileType, RelativePattern, Uri, type WorkspaceFolder, workspace } from "vscode";
import type { WorkspaceFiles } from "../../backend/local/ports";
import { type Disposable, DisposableStore, toDisposable } from "../../base/disposable";
import { Emitter } from "../../base/events";

const quietMs = 100;
const manyCreated = 100;
const notOurs = /[\\/](?:\.git|\.kargo|node_modules|\.hg|\.svn|\.terraform)(?:[\\/]|$)/;
const yaml = /\.ya?ml$/i;

/** `files` with an `onDidChange` that fires when VS Code sees a YAML file, or a folder that holds some, come, change or go. */
export function watchedFiles(
  folder: WorkspaceFolder,
  files: Omit<WorkspaceFiles, "onDidChange">,
): WorkspaceFiles & Disposable {
  const watch = new Watch(folder, () => files.list());
  return {
    root: files.root,
    list: async () => {
      const paths = await files.list();
      watch.remember(paths);
      return paths;
    },
    read: (path) => files.read(path),
    onDidChange: watch.onDidChange,
    dispose: () => watch.dispose(),
  };
}

/** Gathers events until they pause, then tells the paths once. */
class Watch implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<readonly string[]>());
  readonly #list: () => Promise<readonly string[]>;
  readonly #known = new Set<string>();
  readonly #paths = new Set<string>();
  readonly #created = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(folder: WorkspaceFolder, list: () => Promise<readonly string[]>) {
    this.#list = list;
    const changes = this.#owned.add(
      workspace.createFileSystemWatcher(new RelativePattern(folder, "**/*.{yaml,yml,YAML,YML}")),
    );
    changes.onDidCreate((uri) => this.#add(this.#paths, uri));
    changes.onDidChange((uri) => this.#add(this.#paths, uri));
    changes.onDidDelete((uri) => this.#add(this.#paths, uri));
    // A folder that is moved or removed is told once, without the files in it.
    const folders = this.#owned.add(
      workspace.createFileSystemWatcher(new RelativePattern(folder, "**"), false, true, false),
    );
    folders.onDidCreate((uri) => {
      if (!yaml.test(uri.fsPath)) this.#add(this.#created, uri);
    });
    folders.onDidDelete((uri) => this.#addBelow(uri));
    this.#owned.add(toDisposable(() => clearTimeout(this.#timer)));
  }

  /** These files are there: when a folder above them goes, so do they. */
  remember(paths: readonly string[]): void {
    this.#known.clear();
    for (const path of paths) this.#known.add(path);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #add(to: Set<string>, uri: Uri): void {
    if (notOurs.test(uri.fsPath)) return;
    to.add(uri.fsPath);
    this.#wait();
  }

  #addBelow(uri: Uri): void {
    const gone = [...this.#known].filter((path) => isBelow(path, uri.fsPath));
    for (const path of gone) this.#paths.add(path);
    if (gone.length > 0) this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tell(), quietMs);
  }

  async #tell(): Promise<void> {
    const created = [...this.#created];
    this.#created.clear();
    for (const path of await this.#filesIn(created)) this.#paths.add(path);
    if (this.#owned.disposed || this.#paths.size === 0) return;
    const paths = [...this.#paths];
    this.#paths.clear();
    for (const path of paths) this.#known.add(path);
    this.#changed.fire(paths);
  }

  /** YAML files in what is new, where that is a folder. */
  async #filesIn(created: readonly string[]): Promise<readonly string[]> {
    const folders = created.length > manyCreated ? created : await onlyFolders(created);
    if (folders.length === 0) return [];
    return (await this.#list()).filter((path) => folders.some((folder) => isBelow(path, folder)));
  }
}

async function onlyFolders(paths: readonly string[]): Promise<string[]> {
  const kept = await Promise.all(
    paths.map(async (path) => {
      const type = await workspace.fs.stat(Uri.file(path)).then(
        (stat) => stat.type,
        () => FileType.Unknown,
      );
      return (type & FileType.Directory) === 0 ? [] : [path];
    }),
  );
  return kept.flat();
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder) && /^[\\/]/.test(path.slice(folder.length));
}
