// Remembers the versions of a chart together with the mark of the index they came from, so that an index that has not
// changed need not be sent again.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { isObject } from "../../base/json";
import { loadJson, markUsed, saveJson } from "./json-file";

/** Versions as the index has them, and the marks by which the server knows that index again. */
export interface RememberedIndex {
  readonly etag?: string;
  readonly lastModified?: string;
  readonly versions: readonly string[];
}

const cacheVersion = 1;

/** Where the versions of a chart are remembered. */
export function chartCachePath(directory: string, indexURL: string, chart: string): string {
  return join(
    directory,
    `${createHash("sha256").update(`${indexURL}\n${chart}`).digest("hex").slice(0, 32)}.json`,
  );
}

/** What is remembered; undefined when there is nothing usable. */
export async function loadIndex(path: string): Promise<RememberedIndex | undefined> {
  const value = await loadJson(path);
  await markUsed(path);
  const isUsable = isObject(value) && value.version === cacheVersion && isObject(value.index);
  return isUsable ? (value.index as unknown as RememberedIndex) : undefined;
}

/** Remembers an index that the server gave a mark for. */
export async function saveIndex(path: string, index: RememberedIndex): Promise<void> {
  if (index.etag === undefined && index.lastModified === undefined) return;
  await saveJson(path, { version: cacheVersion, index });
}
