// Which files of a work directory a glob names, with the meaning github.com/bmatcuk/doublestar v4.9 gives it on a file
// system. Deletes and opens nothing; a link that leads outside is taken as leading nowhere.
import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { matchesGlob } from "../../base/glob";
import { listInside } from "./files";
import { isSubPath } from "./paths";

/** What a glob found. */
export interface GlobFiles {
  /** Paths whose folders are real, and which may be links themselves; each once. */
  readonly paths: readonly string[];
  /** Links out of the root that were not followed. */
  readonly outsideLinks: readonly string[];
}

/** The files below `root`, a real path, that a well-formed pattern matches (doublestar.Glob over os.DirFS). */
export async function globFiles(root: string, pattern: string): Promise<GlobFiles> {
  const search = new GlobSearch(root);
  const places = await search.find(search.root, pattern, true);
  return { paths: [...new Set(places.map(({ path }) => path))], outsideLinks: [...search.outsideLinks] };
}

/** Something found: where it is, links themselves not followed, and which directory it leads to, if it does. */
interface Place {
  readonly path: string;
  readonly directory?: string;
  /** Its text ends in a slash, so that nothing can be looked for below it. */
  readonly isClosed?: boolean;
}

class GlobSearch {
  readonly root: Place;
  readonly outsideLinks = new Set<string>();

  constructor(root: string) {
    this.root = { path: root, directory: root };
  }

  /**
   * Everything the pattern matches from a directory on; only directories when more of it follows. A pattern is taken
   * apart from its end, so that braces are reached with what stands before them already found.
   */
  async find(base: Place, pattern: string, mayBeFile: boolean): Promise<Place[]> {
    const firstWildcard = indexOfWildcard(pattern);
    if (firstWildcard < 0) return await this.#literal(base, unescaped(pattern), true);
    const split = lastIndexOf(pattern, "/}");
    if (pattern[split] === "}") return await this.#alternatives(base, pattern, split, mayBeFile);
    const folder = split < 0 ? "." : pattern.slice(0, split);
    const name = pattern.slice(split + 1);
    const folders =
      split <= firstWildcard
        ? await this.#literal(base, unescaped(folder), false)
        : await this.find(base, folder, false);
    return await each(folders, (place) => this.#matching(place, name, mayBeFile));
  }

  async #alternatives(base: Place, pattern: string, close: number, mayBeFile: boolean): Promise<Place[]> {
    const open = openingOf(pattern, close);
    const split = lastIndexOf(pattern.slice(0, open), "/}");
    const hasPrefix = split >= 0 && pattern[split] === "/";
    const bases = hasPrefix ? await this.find(base, pattern.slice(0, split), false) : [base];
    const before = pattern.slice(hasPrefix ? split + 1 : 0, open);
    const after = pattern.slice(close + 1);
    return await each(bases, (place) =>
      each(alternativesIn(pattern.slice(open + 1, close)), (alternative) =>
        this.#alternative(place, before + alternative + after, mayBeFile),
      ),
    );
  }

  /** An alternative that leaves nothing names what stands before it, unless that is the root. */
  async #alternative(place: Place, pattern: string, mayBeFile: boolean): Promise<Place[]> {
    if (pattern !== "") return await this.find(place, pattern, mayBeFile);
    return place.path === this.root.path || place.isClosed ? [] : [{ path: place.path, isClosed: true }];
  }

  /** A path without wildcards names what is there, links followed. */
  async #literal(base: Place, path: string, mayEndInSlash: boolean): Promise<Place[]> {
    if (path === ".") return [base];
    const trimmed = mayEndInSlash && path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    const names = trimmed.split("/");
    if (names.some((name) => name === "" || name === "." || name === "..")) return [];
    let place = base;
    for (const name of names) {
      if (place.directory === undefined) return [];
      place = await this.#place(place.directory, name);
    }
    return (await exists(place.path)) ? [place] : [];
  }

  async #matching(place: Place, name: string, mayBeFile: boolean): Promise<Place[]> {
    const { directory } = place;
    if (directory === undefined) return [];
    // A slash at the end, or two in a row, mean the directory itself.
    if (name === "") return [place];
    if (name === "**") return await this.#everything(place, mayBeFile);
    const places = await each(await this.#namesIn(directory), async (entry) =>
      matchesGlob(name, entry) ? [await this.#place(directory, entry)] : [],
    );
    return mayBeFile ? places : places.filter(isDirectory);
  }

  /** `**`: the directory and all below it. Links that lead in a circle bring nothing new. */
  async #everything(start: Place, mayBeFile: boolean): Promise<Place[]> {
    const found = new Map([[start.path, start]]);
    const open = [start];
    const seen = new Set<string>();
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      const { directory } = place;
      if (directory === undefined || seen.has(directory)) continue;
      seen.add(directory);
      for (const name of await this.#namesIn(directory)) {
        const entry = await this.#place(directory, name);
        if (mayBeFile || isDirectory(entry)) found.set(entry.path, entry);
        open.push(entry);
      }
    }
    return [...found.values()];
  }

  /** Opened name by name from the root, so that a link swapped in for a folder shows nothing of where it leads. */
  async #namesIn(directory: string): Promise<string[]> {
    try {
      return await listInside(this.root.path, directory);
    } catch {
      // As upstream: what cannot be listed holds nothing.
      return [];
    }
  }

  async #place(directory: string, name: string): Promise<Place> {
    const path = join(directory, name);
    try {
      const real = await realpath(path);
      if (isSubPath(this.root.path, real)) {
        return (await stat(real)).isDirectory() ? { path, directory: real } : { path };
      }
      if ((await stat(real)).isDirectory()) this.outsideLinks.add(path);
    } catch {
      // It leads nowhere.
    }
    return { path };
  }
}

function isDirectory({ directory }: Place): boolean {
  return directory !== undefined;
}

async function each<T>(items: Iterable<T>, act: (item: T) => Promise<Place[]>): Promise<Place[]> {
  const places: Place[] = [];
  for (const item of items) places.push(...(await act(item)));
  return places;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

function indexOfWildcard(pattern: string): number {
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] ?? "";
    if ("*?[{".includes(character)) return i;
    if (character === "\\") i++;
  }
  return -1;
}

/** The last of some characters without a backslash right before it. */
function lastIndexOf(pattern: string, characters: string): number {
  for (let i = pattern.length - 1; i >= 0; i--) {
    if (characters.includes(pattern[i] ?? "") && pattern[i - 1] !== "\\") return i;
  }
  return -1;
}

/** Where the braces open that close at `close`. */
function openingOf(pattern: string, close: number): number {
  let depth = 1;
  for (let i = close - 1; i >= 0; i--) {
    if (pattern[i - 1] === "\\") continue;
    if (pattern[i] === "}") depth++;
    else if (pattern[i] === "{" && --depth === 0) return i;
  }
  return 0;
}

/** What stands between the commas of braces. An empty last alternative does not count; empty ones before it do. */
function alternativesIn(text: string): string[] {
  const alternatives: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "\\") i++;
    else if (character === "{") depth++;
    else if (character === "}") depth--;
    else if (character === "," && depth === 0) {
      alternatives.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return start < text.length ? [...alternatives, text.slice(start)] : alternatives;
}

function unescaped(text: string): string {
  return text.replace(/\\([*?[\]{}])/g, "$1");
}
