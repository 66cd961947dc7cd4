// The workspace's YAML files read with plain Node, for the terminal and for tests.
// Watches nothing: a command reads once and ends. The editor has its own implementation.
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
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
