// The YAML files of the workspace folders, for the language server: finds and reads them without holding anything up.
// Keeps nothing; what is read is handed over.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Folders nobody keeps pipelines in. */
const skipped = new Set(["node_modules", ".git", ".hg", ".svn", ".terraform", ".cache", ".kargo", "vendor"]);
/** Larger files are no pipelines. */
const largestFile = 8 * 1024 * 1024;
/** Files read at once. */
const width = 16;
/** How long anybody may have to wait for work that is not urgent. */
const turnMs = 8;

/** True for names this server reads. */
export function isYamlName(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

/** URIs of the YAML files below a folder, as they are found. Folders that cannot be read are passed over. */
export async function* yamlFiles(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  const waiting = [fileURLToPath(folder)];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (signal.aborted) return;
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) waiting.push(inner);
      } else if (entry.isFile() && isYamlName(entry.name)) yield pathToFileURL(inner).href;
    }
  }
}

/** The text of a file; undefined when it is not there, cannot be read, or is too large. */
export async function readText(uri: string): Promise<string | undefined> {
  try {
    const path = fileURLToPath(uri);
    if ((await stat(path)).size > largestFile) return undefined;
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Reads the files and hands each over. */
export async function readAll(
  uris: AsyncIterable<string>,
  take: (uri: string, text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let pending: Promise<readonly [string, string | undefined]>[] = [];
  const drain = async () => {
    const texts = await Promise.all(pending);
    pending = [];
    await inTurns(texts, ([uri, text]) => text !== undefined && take(uri, text), signal);
  };
  for await (const uri of uris) {
    pending.push(readText(uri).then((text) => [uri, text] as const));
    if (pending.length >= width) await drain();
    if (signal.aborted) return;
  }
  await drain();
}

/** Works through a list. After every few milliseconds others get their turn, so that requests are answered meanwhile. */
export async function inTurns<T>(
  list: Iterable<T>,
  work: (item: T) => void,
  signal: AbortSignal,
): Promise<void> {
  let since = performance.now();
  for (const item of list) {
    if (signal.aborted) return;
    work(item);
    if (performance.now() - since <= turnMs) continue;
    await new Promise((resume) => setImmediate(resume));
    since = performance.now();
  }
}
