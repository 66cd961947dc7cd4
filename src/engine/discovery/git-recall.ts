// Remembers what was selected from a remote in a certain state, so that an unchanged remote with many thousand tags
// costs no more than asking it. Upstream does the same through the Warehouse's status, for up to a thousand tags.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { isObject } from "../../base/json";
import type { GitDiscoveryResult, GitSubscription } from "../../model/resources";
import { loadJson, saveJson } from "./json-file";

const cacheVersion = 1;
/** Results of one repository that are kept, the latest first. */
const maxResults = 16;

/** A result without its URL, which may hold a password. */
export type Selected = Omit<GitDiscoveryResult, "repoURL">;

interface Remembered {
  readonly key: string;
  readonly selected: Selected;
}

/** Names one state of a remote, as it told it itself, together with what is wanted of it. */
export function recallKey(remoteRefs: string, subscription: GitSubscription): string {
  return createHash("sha256")
    .update(JSON.stringify(subscription))
    .update("\n")
    .update(remoteRefs)
    .digest("hex");
}

/** What was selected in that state; undefined when it is not known. */
export async function recall(mirror: string, key: string): Promise<Selected | undefined> {
  return (await load(mirror)).find((one) => one.key === key)?.selected;
}

/** Remembers what was selected. */
export async function remember(mirror: string, key: string, selected: Selected): Promise<void> {
  const others = (await load(mirror)).filter((one) => one.key !== key);
  const results: Remembered[] = [{ key, selected }, ...others].slice(0, maxResults);
  await saveJson(pathOf(mirror), { version: cacheVersion, results });
}

async function load(mirror: string): Promise<readonly Remembered[]> {
  const value = await loadJson(pathOf(mirror));
  const isUsable = isObject(value) && value.version === cacheVersion && Array.isArray(value.results);
  return isUsable ? (value.results as readonly Remembered[]) : [];
}

function pathOf(mirror: string): string {
  return join(mirror, "kargo-results.json");
}
