// The YAML files of the workspace folders, for the language server: finds and reads them without holding anything up.
// Keeps nothing; what is read is handed over.
import { close, fstat, open, read } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Turns } from "../base/turns";

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
    return await readSmall(fileURLToPath(uri));
  } catch {
    return undefined;
  }
}

/** Of a small file the promises of Node's own functions cost more than all else, so there is one for all of it. */
function readSmall(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    open(path, "r", (failure, file) => {
      if (failure) return resolve(undefined);
      const done = (text: string | undefined) => {
        close(file, () => {});
        resolve(text);
      };
      fstat(file, (error, stats) => {
        if (error || !stats.isFile() || stats.size > largestFile) return done(undefined);
        const bytes = Buffer.allocUnsafe(stats.size);
        const more = (from: number) => {
          if (from === bytes.length) return done(bytes.toString("utf8"));
          read(file, bytes, from, bytes.length - from, null, (fault, count) => {
            if (fault) return done(undefined);
            if (count === 0) return done(bytes.toString("utf8", 0, from));
            more(from + count);
          });
        };
        more(0);
      });
    });
  });
}

/** Reads the files and hands each over. */
export async function readAll(
  uris: AsyncIterable<string>,
  take: (uri: string, text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const found = uris[Symbol.asyncIterator]();
  const lane = async () => {
    for (let next = await found.next(); next.done !== true; next = await found.next()) {
      const text = await readText(next.value);
      if (signal.aborted) return;
      if (text !== undefined) take(next.value, text);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** Works through a list. After every few milliseconds others get their turn, so that requests are answered meanwhile. */
export async function inTurns<T>(
  list: Iterable<T>,
  work: (item: T) => void,
  signal: AbortSignal,
): Promise<void> {
  const turns = new Turns(turnMs);
  for (const item of list) {
    if (signal.aborted) return;
    work(item);
    const turn = turns.over();
    if (turn !== undefined) await turn;
  }
}
