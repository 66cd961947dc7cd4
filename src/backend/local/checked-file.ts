// A file of what can be had again: one line with the format and a digest of the rest, then the rest. Whatever does not
// fit its first line (another version, half a file, a flipped bit) counts as no file at all.
import { createHash } from "node:crypto";
import {
  closeSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";

/** What follows the first line, in UTF-8; undefined when the content is not exactly what was written in this format. */
export function readChecked(content: Buffer, format: string): Buffer | undefined {
  const end = content.indexOf(10);
  if (end < 0 || content.toString("utf8", 0, end) !== firstLine(digestOf(content.subarray(end + 1)), format))
    return undefined;
  return content.subarray(end + 1);
}

/** Replaces the file in one act. */
export async function writeChecked(path: string, format: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, `${firstLine(digestOf(text), format)}\n${text}`, { fsync: false });
}

/** Bytes read at one go. */
const pieceBytes = 256 * 1024;
/** As much of a line as `onLine` sees. */
const headBytes = 512;

/** Where a line is in its file, in bytes. */
export interface LinePlace {
  readonly start: number;
  readonly length: number;
}

/** A file of lines that is read in pieces: what is not asked for is never in memory. Close it when done. */
export class CheckedLines {
  readonly #file: number;
  #isClosed = false;

  private constructor(file: number) {
    this.#file = file;
  }

  /**
   * Opens the file when it is exactly what was written in this format, and tells of each line: where it is, and how it
   * begins. Undefined when there is no such file; what was told before is to be forgotten then.
   */
  static open(
    path: string,
    format: string,
    onLine: (place: LinePlace, head: Buffer) => void,
  ): CheckedLines | undefined {
    let file: number;
    try {
      file = openSync(path, "r");
    } catch {
      return undefined;
    }
    try {
      if (isWhole(file, format, onLine)) return new CheckedLines(file);
    } catch {
      // Unreadable is as good as not there.
    }
    closeSync(file);
    return undefined;
  }

  /** The line there; undefined once the file is closed. */
  read({ start, length }: LinePlace): string | undefined {
    if (this.#isClosed) return undefined;
    const buffer = Buffer.allocUnsafe(length);
    const read = readSync(this.#file, buffer, 0, length, start);
    return buffer.toString("utf8", 0, read);
  }

  close(): void {
    if (!this.#isClosed) closeSync(this.#file);
    this.#isClosed = true;
  }
}

function isWhole(file: number, format: string, onLine: (place: LinePlace, head: Buffer) => void): boolean {
  const first = Buffer.alloc(Buffer.byteLength(firstLine(noDigest, format)) + 1);
  if (readSync(file, first, 0, first.length, 0) < first.length || first.at(-1) !== 10) return false;
  const hash = createHash("sha1");
  const buffer = Buffer.allocUnsafe(pieceBytes);
  const { size } = fstatSync(file);
  let head = Buffer.alloc(0);
  let lineStart = first.length;
  const endLine = (end: number) => {
    if (end > lineStart) onLine({ start: lineStart, length: end - lineStart }, head);
    lineStart = end + 1;
    head = Buffer.alloc(0);
  };
  for (let position = first.length; position < size; ) {
    const read = readSync(file, buffer, 0, pieceBytes, position);
    if (read === 0) return false;
    const piece = buffer.subarray(0, read);
    hash.update(piece);
    for (let from = 0; from < read; ) {
      const newline = piece.indexOf(10, from);
      const end = newline < 0 ? read : newline;
      if (head.length < headBytes)
        head = Buffer.concat([head, piece.subarray(from, Math.min(end, from + headBytes - head.length))]);
      if (newline >= 0) endLine(position + newline);
      from = end + 1;
    }
    position += read;
  }
  endLine(size);
  return first.toString("utf8", 0, first.length - 1) === firstLine(hash.digest("hex"), format);
}

/** A half-written file older than this belongs to a process that has died. */
const leftoverAgeMs = 60_000;

/** Writes such a file line by line; it replaces the one at `path` when it is done, in one act. */
export class CheckedWriter {
  readonly #path: string;
  readonly #format: string;
  readonly #file: number;
  readonly #hash = createHash("sha1");
  #position: number;
  #isOpen = true;

  private constructor(path: string, format: string, file: number) {
    this.#path = path;
    this.#format = format;
    this.#file = file;
    // Until the digest is known, the first line fits nothing.
    this.#position = writeSync(file, `${firstLine(noDigest, format)}\n`, 0);
  }

  /** Undefined while another process writes the same file. Rejects when it cannot be written. */
  static async begin(path: string, format: string): Promise<CheckedWriter | undefined> {
    await mkdir(dirname(path), { recursive: true });
    const fresh = freshPath(path);
    const age = Date.now() - (statSync(fresh, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > leftoverAgeMs) unlinkSync(fresh);
    try {
      return new CheckedWriter(path, format, openSync(fresh, "wx"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
      throw error;
    }
  }

  line(text: string): void {
    const bytes = Buffer.from(`${text}\n`);
    this.#hash.update(bytes);
    writeSync(this.#file, bytes, 0, bytes.length, this.#position);
    this.#position += bytes.length;
  }

  /** Puts the file in its place. */
  end(): void {
    writeSync(this.#file, firstLine(this.#hash.digest("hex"), this.#format), 0);
    closeSync(this.#file);
    this.#isOpen = false;
    renameSync(freshPath(this.#path), this.#path);
  }

  /** Leaves everything as it was. Also after `end` has failed. */
  giveUp(): void {
    if (this.#isOpen) closeSync(this.#file);
    unlinkSync(freshPath(this.#path));
  }
}

function freshPath(path: string): string {
  return `${path}.new`;
}

const noDigest = "0".repeat(40);

function digestOf(rest: Buffer | string): string {
  return createHash("sha1").update(rest).digest("hex");
}

function firstLine(digest: string, format: string): string {
  return `${format} ${digest}`;
}
