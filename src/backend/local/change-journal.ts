// Tells processes that share a `.kargo` folder which objects changed: an append-only file of one line for each change.
// A change is announced before it is written and confirmed after; one that a killed process left open is confirmed by the next writer.
import { type FSWatcher, watch } from "node:fs";
import { appendFile, open, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Disposable, toDisposable } from "../../base/disposable";
import { isObject } from "../../base/json";
import type { Kind, ResourceRef } from "../../model/resources";

/** Which object changed; Promotions carry the Stage that groups them. */
export interface JournalEntry extends ResourceRef {
  readonly stage?: string;
}

const maxBytes = 1024 * 1024;
const pollIntervalMs = 1000;

/** One process's view of the journal. */
export class ChangeJournal {
  readonly #path: string;
  #inode = 0;
  #offset = 0;
  #open: JournalEntry | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Entries confirmed since the last call; `"everything"` when some of them cannot be had any more. */
  async readNew(): Promise<readonly JournalEntry[] | "everything"> {
    const info = await stat(this.#path).catch(() => undefined);
    const isSame = info === undefined ? this.#inode === 0 : this.#inode === 0 || info.ino === this.#inode;
    const isCut = isSame && info !== undefined && info.size < this.#offset;
    const rest = isSame ? [] : await this.#restOfEarlier();
    if (info === undefined) return rest ?? "everything";
    if (!isSame || isCut) this.#offset = 0;
    this.#inode = info.ino;
    const entries = info.size === this.#offset ? [] : await this.#readFrom(this.#path, info.size);
    return isCut || rest === undefined ? "everything" : [...rest, ...entries];
  }

  /** What was not read of the file that was begun anew; undefined when it is not there any more. */
  async #restOfEarlier(): Promise<readonly JournalEntry[] | undefined> {
    const info = await stat(this.#earlierPath).catch(() => undefined);
    const isOurs = info?.ino === this.#inode && info.size >= this.#offset;
    const rest = isOurs ? await this.#readFrom(this.#earlierPath, info.size) : undefined;
    this.#inode = 0;
    this.#offset = 0;
    return rest;
  }

  get #earlierPath(): string {
    return `${this.#path}.1`;
  }

  /** Announces a change. Call only while holding the store's lock and after `readNew`. */
  async begin(entry: JournalEntry): Promise<void> {
    await this.#rotateWhenLarge();
    if (this.#open !== undefined) await this.#append("done", this.#open);
    await this.#append("begin", entry);
    this.#open = entry;
  }

  /** Confirms the change announced last. */
  async done(entry: JournalEntry): Promise<void> {
    await this.#append("done", entry);
    this.#open = undefined;
  }

  /** Calls `listener` soon after another process wrote. Falls back to polling where files cannot be watched. */
  watch(listener: () => void): Disposable {
    let watcher: FSWatcher | undefined;
    try {
      const name = basename(this.#path);
      watcher = watch(dirname(this.#path), { persistent: false }, (_type, file) => {
        if (file === name) listener();
      });
      watcher.on("error", () => {});
      const own = watcher;
      return toDisposable(() => own.close());
    } catch {
      const timer = setInterval(listener, pollIntervalMs).unref();
      return toDisposable(() => clearInterval(timer));
    }
  }

  async #append(verb: "begin" | "done", entry: JournalEntry): Promise<void> {
    const line = `${JSON.stringify({ verb, ...entry })}\n`;
    await appendFile(this.#path, line);
    this.#offset += Buffer.byteLength(line);
    if (this.#inode === 0) this.#inode = (await stat(this.#path)).ino;
  }

  /** Reads up to the last whole line, so that a line still being appended is read next time. */
  async #readFrom(path: string, size: number): Promise<JournalEntry[]> {
    const handle = await open(path, "r");
    try {
      const buffer = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#offset);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
      this.#offset += end;
      return this.#confirmed(buffer.subarray(0, end).toString("utf8"));
    } finally {
      await handle.close();
    }
  }

  #confirmed(text: string): JournalEntry[] {
    const entries: JournalEntry[] = [];
    for (const line of text.split("\n")) {
      const parsed = parseLine(line);
      if (parsed === undefined) continue;
      this.#open = parsed.verb === "begin" ? parsed.entry : undefined;
      if (parsed.verb === "done") entries.push(parsed.entry);
    }
    return entries;
  }

  /**
   * A file begun anew has another inode, which tells readers to read the rest of the earlier one first. Whoever comes later
   * than that reads all state again.
   */
  async #rotateWhenLarge(): Promise<void> {
    if (this.#offset < maxBytes) return;
    const fresh = `${this.#path}.${process.pid}`;
    await writeFile(fresh, "");
    await rename(this.#path, this.#earlierPath);
    await rename(fresh, this.#path);
    this.#inode = (await stat(this.#path)).ino;
    this.#offset = 0;
  }
}

function parseLine(line: string): { verb: "begin" | "done"; entry: JournalEntry } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isObject(value) || typeof value.kind !== "string" || typeof value.name !== "string")
      return undefined;
    const { verb, kind, name, namespace, stage } = value;
    const entry: JournalEntry = {
      kind: kind as Kind,
      name,
      ...(typeof namespace === "string" ? { namespace } : {}),
      ...(typeof stage === "string" ? { stage } : {}),
    };
    return verb === "begin" || verb === "done" ? { verb, entry } : undefined;
  } catch {
    return undefined;
  }
}
