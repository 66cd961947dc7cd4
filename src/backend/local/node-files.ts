// The workspace's YAML files read with plain Node, for the terminal and for tests.
// A command that reads once and ends watches nothing. The editor has its own implementation.
import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Disposable } from "../../base/disposable";
import { Emitter } from "../../base/events";
import type { WorkspaceFiles } from "./ports";

const skippedFolders = new Set([".git", ".kargo", "node_modules", ".hg", ".svn", ".terraform"]);
const maxDepth = 24;

/** The YAML files below `root`, symlinked folders not followed. */
export function nodeFiles(root: string): WorkspaceFiles {
  const base = resolve(root);
  return {
    root: base,
    list: () => listYaml(base, 0),
    read: (path) => readFile(path, "utf8"),
    onDidChange: new Emitter<readonly string[]>().event,
  };
}

/**
 * The same, told of changes: folders that may hold YAML are watched one by one, never the state below `.kargo`. Changes
 * that come close together are told once. Where a folder cannot be watched its changes are not noticed.
 */
export async function watchedNodeFiles(root: string): Promise<WorkspaceFiles & Disposable> {
  const files = nodeFiles(root);
  const watch = new FolderWatch(files.root);
  await watch.begin();
  return { ...files, onDidChange: watch.onDidChange, dispose: () => watch.dispose() };
}

const settleMs = 50;

class FolderWatch implements Disposable {
  readonly #root: string;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #changed = new Emitter<readonly string[]>();
  readonly #paths = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;
  readonly onDidChange = this.#changed.event;

  constructor(root: string) {
    this.#root = root;
  }

  async begin(): Promise<void> {
    await this.#watchFolders(this.#root, 0);
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#changed.dispose();
  }

  /** Watches a folder and those in it; resolves with the ones that were not watched before. */
  async #watchFolders(folder: string, depth: number): Promise<string[]> {
    if (depth > maxDepth || this.#disposed) return [];
    const isNew = !this.#watchers.has(folder);
    if (isNew) this.#watch(folder);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const inner = entries.filter((entry) => entry.isDirectory() && !skippedFolders.has(entry.name));
    const found = await Promise.all(
      inner.map((entry) => this.#watchFolders(join(folder, entry.name), depth + 1)),
    );
    return [...(isNew ? [folder] : []), ...found.flat()];
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_type, name) => {
        if (name === null || skippedFolders.has(name)) return;
        this.#paths.add(join(folder, name));
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.#tell(), settleMs).unref();
      });
      const forget = () => {
        watcher.close();
        this.#watchers.delete(folder);
      };
      watcher.on("error", forget);
      this.#watchers.set(folder, watcher);
    } catch {
      // Gone in the meantime, or the system allows no more watches.
    }
  }

  /** A name that is no YAML file may be a folder that came or went. */
  async #tell(): Promise<void> {
    const paths = [...this.#paths];
    this.#paths.clear();
    const added = await this.#watchFolders(this.#root, 0);
    const inAdded = (await Promise.all(added.map((folder) => listYaml(folder, 0)))).flat();
    const yaml = [...new Set([...paths.filter(isYamlPath), ...inAdded])];
    if (yaml.length > 0 && !this.#disposed) this.#changed.fire(yaml);
  }
}

async function listYaml(folder: string, depth: number): Promise<string[]> {
  if (depth > maxDepth) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : listYaml(path, depth + 1);
      return entry.isFile() && isYamlPath(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}

/** True for names that end in `.yaml` or `.yml`. */
export function isYamlPath(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}
