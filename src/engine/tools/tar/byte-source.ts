// Bytes in order, from a file or from what is packed in it, a few at a time. Knows nothing of what they mean.
import type { FileHandle } from "node:fs/promises";

/** The text ended before what it promised, in Go's words. */
export class UnexpectedEndError extends Error {
  constructor() {
    super("unexpected EOF");
    this.name = "UnexpectedEndError";
  }
}

const chunkSize = 64 * 1024;

/** The bytes of a file from `start` on. */
export async function* fileChunks(file: FileHandle, start = 0): AsyncGenerator<Buffer> {
  for (let position = start; ; ) {
    const chunk = Buffer.allocUnsafe(chunkSize);
    const { bytesRead } = await file.read(chunk, 0, chunkSize, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Hands out chunks piece by piece; reads no further than it must. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks;
  }

  /** The next bytes, at least one and no more than `limit`; undefined at the end. */
  async some(limit: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Exactly `length` bytes; fewer only where the end comes first. */
  async upTo(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const part = await this.some(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** Exactly `length` bytes. Throws UnexpectedEndError. */
  async exactly(length: number): Promise<Buffer> {
    const bytes = await this.upTo(length);
    if (bytes.length < length) throw new UnexpectedEndError();
    return bytes;
  }

  /** Passes over `length` bytes. Throws UnexpectedEndError. */
  async skip(length: number): Promise<void> {
    for (let missing = length; missing > 0; ) {
      const part = await this.some(missing);
      if (part === undefined) throw new UnexpectedEndError();
      missing -= part.length;
    }
  }

  /** Lets go of what the bytes come from. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
