// Reads a tar archive entry by entry, as Go's archive/tar does, up to its end mark and no further.
// Extracts nothing; the step decides what becomes of an entry.
import type { FileHandle } from "node:fs/promises";
import { ByteSource, fileChunks, UnexpectedEndError } from "./byte-source";
import { checkGzip, gunzip } from "./gunzip";
import {
  blockSize,
  type HeaderBlock,
  isZeroBlock,
  type PaxRecords,
  readHeaderBlock,
  readPaxRecords,
  TarHeaderError,
  withRecords,
} from "./header";
import { type Piece, readSparseMap, skipOldSparseMap, sparseInfo } from "./sparse";

/** One entry of an archive. */
export interface TarEntry {
  readonly type: "file" | "directory" | "link" | "other";
  readonly name: string;
  readonly linkName: string;
  readonly size: number;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
}

/** Longest extended header or long name. */
const maxSpecialSize = 1024 * 1024;

/** Types of entries that have no content whatever their size says. */
const emptyTypes = "123456";

const types: Readonly<Record<string, TarEntry["type"]>> = { "0": "file", "2": "link", "5": "directory" };

/** Reads one archive. Errors have Go's words. */
export class TarReader {
  readonly #source: ByteSource;
  /** Bytes of the entry that have not been read, and what fills its last block. */
  #remaining = 0;
  #padding = 0;
  /** Where the content of a sparse file lies in it; undefined for one that is as it is. */
  #pieces: readonly Piece[] | undefined;
  #size = 0;

  private constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Begins with the archive in an open file, which may be packed with gzip. */
  static async open(file: FileHandle, isPacked: boolean): Promise<TarReader> {
    if (isPacked) await checkGzip(file);
    return new TarReader(new ByteSource(isPacked ? gunzip(file) : fileChunks(file)));
  }

  /** The next entry, undefined at the end. What was not read of the one before is passed over. */
  async next(): Promise<TarEntry | undefined> {
    let records: PaxRecords = new Map();
    let longName = "";
    let longLink = "";
    for (;;) {
      const header = await this.#header();
      if (header === undefined) return undefined;
      switch (header.type) {
        case "x":
          records = readPaxRecords(await this.#special());
          continue;
        case "g":
          readPaxRecords(await this.#special());
          return { ...header, type: "other" };
        case "L":
          longName = textOf(await this.#special());
          continue;
        case "K":
          longLink = textOf(await this.#special());
          continue;
      }
      const known = withRecords(header, records);
      return await this.#entry(
        { ...known, name: longName || known.name, linkName: longLink || known.linkName },
        records,
      );
    }
  }

  /** The content of the entry. Throws UnexpectedEndError where the archive ends before it. */
  async *content(): AsyncGenerator<Buffer> {
    if (this.#pieces === undefined) {
      yield* this.#stored(this.#remaining);
      return;
    }
    let position = 0;
    for (const { offset, length } of this.#pieces) {
      yield* zeros(offset - position);
      if (length > this.#remaining) throw new Error("archive/tar: sparse file references non-existent data");
      yield* this.#stored(length);
      position = offset + length;
    }
    yield* zeros(this.#size - position);
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  /** The next header of any kind, ready for its content; undefined at the end. */
  async #header(): Promise<HeaderBlock | undefined> {
    await this.#source.skip(this.#remaining);
    this.#remaining = 0;
    // An archive may end before its last block is filled.
    const padding = await this.#source.upTo(this.#padding);
    if (padding.length < this.#padding) return undefined;
    this.#padding = 0;
    const block = await this.#block();
    if (block === undefined) return undefined;
    if (!isZeroBlock(block)) return this.#expect(readHeaderBlock(block));
    const second = await this.#block();
    if (second === undefined || isZeroBlock(second)) return undefined;
    throw new TarHeaderError();
  }

  async #block(): Promise<Buffer | undefined> {
    const block = await this.#source.upTo(blockSize);
    if (block.length === 0) return undefined;
    if (block.length < blockSize) throw new UnexpectedEndError();
    return block;
  }

  #expect(header: HeaderBlock): HeaderBlock {
    const size = emptyTypes.includes(header.type) ? 0 : header.size;
    if (size < 0) throw new TarHeaderError();
    this.#remaining = size;
    this.#padding = (blockSize - (size % blockSize)) % blockSize;
    return header;
  }

  async #entry(header: HeaderBlock, records: PaxRecords): Promise<TarEntry> {
    const isOld = header.type === "\0";
    const type = isOld ? (header.name.endsWith("/") ? "5" : "0") : header.type;
    this.#expect({ ...header, type });
    this.#pieces = undefined;
    if (type === "S") {
      await skipOldSparseMap(header, this.#source);
      return { ...header, type: "other" };
    }
    const sparse = sparseInfo(records);
    if (sparse === undefined) return { ...header, type: types[type] ?? "other" };
    if (emptyTypes.includes(type)) throw new TarHeaderError();
    const size = sparse.size ?? header.size;
    this.#pieces = await readSparseMap(sparse, size, () => this.#take(blockSize));
    this.#size = size;
    return { ...header, type: types[type] ?? "other", name: sparse.name ?? header.name, size };
  }

  async #special(): Promise<Buffer> {
    const content = await this.#take(Math.min(this.#remaining, maxSpecialSize + 1));
    if (content.length > maxSpecialSize) throw new Error("archive/tar: header field too long");
    return content;
  }

  async #take(length: number): Promise<Buffer> {
    if (length > this.#remaining) throw new UnexpectedEndError();
    const bytes = await this.#source.exactly(length);
    this.#remaining -= length;
    return bytes;
  }

  async *#stored(length: number): AsyncGenerator<Buffer> {
    for (let missing = length; missing > 0; ) {
      const part = await this.#source.some(missing);
      if (part === undefined) throw new UnexpectedEndError();
      missing -= part.length;
      this.#remaining -= part.length;
      yield part;
    }
  }
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString("utf8");
}

function* zeros(length: number): Generator<Buffer> {
  for (let missing = length; missing > 0; missing -= 64 * 1024)
    yield Buffer.alloc(Math.min(missing, 64 * 1024));
}
