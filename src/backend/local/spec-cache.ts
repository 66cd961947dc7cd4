// What the YAML documents of a workspace came to when they were read, kept in `.kargo/cache` by their text: reading YAML
// is most of the work of opening a large workspace. Holds nothing that the texts do not say; a damaged file counts as none.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { KnownDocuments, ParseResult } from "../../model/parse";
import { readChecked, writeChecked } from "./checked-file";

/**
 * A digest of the code that reads documents, put here when the program is bundled: what another version read is not
 * believed. Without it nothing is kept.
 */
const readerDigest: string | undefined = process.env.KARGO_WORKBENCH_READER;

/** Fewer documents than this are read faster than it takes to keep them. */
const minNewDocuments = 50;

/** An edited document leaves its earlier texts behind; the oldest go first. */
const maxDocuments = 20_000;

/** The documents of one workspace. */
export class SpecCache implements KnownDocuments {
  readonly #path: string;
  readonly #prepare: () => Promise<void>;
  /** By the digest of the text. */
  #kept: Record<string, ParseResult> = {};
  /** By the text: digests are computed once for each document of a process. */
  readonly #known = new Map<string, ParseResult>();
  #added = 0;

  /** `prepare` makes the folder that ignores itself in Git. */
  constructor(path: string, prepare: () => Promise<void>) {
    this.#path = path;
    this.#prepare = prepare;
  }

  /** Reads what an earlier process kept. Never rejects. */
  async load(): Promise<void> {
    if (readerDigest === undefined) return;
    const kept = readChecked(await readFile(this.#path).catch(() => Buffer.alloc(0)), readerDigest);
    if (kept !== undefined) this.#kept = JSON.parse(kept.toString("utf8")) as Record<string, ParseResult>;
  }

  get(text: string): ParseResult | undefined {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const kept = this.#kept[digest(text)];
    if (kept !== undefined) this.#known.set(text, kept);
    return kept;
  }

  set(text: string, result: ParseResult): void {
    this.#known.set(text, result);
    this.#added++;
    if (this.#known.size <= maxDocuments) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }

  /** Keeps what is known for the next process when enough of it is new. Rejects when it cannot be written. */
  async save(): Promise<void> {
    this.#kept = {};
    if (readerDigest === undefined || this.#added < minNewDocuments) return;
    this.#added = 0;
    const kept = Object.fromEntries([...this.#known].map(([text, result]) => [digest(text), result]));
    await this.#prepare();
    await writeChecked(this.#path, readerDigest, JSON.stringify(kept));
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
