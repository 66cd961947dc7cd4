// Reads a tar archive, packed with gzip or not, entry by entry. Extracts nothing; the step decides what becomes of an entry.
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";

/** One entry of an archive. */
export interface TarEntry {
  readonly name: string;
  /** As tar-stream names it: `file`, `directory`, `symlink`, `link` and others. */
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly modifiedAt: Date | undefined;
  readonly linkTarget: string;
  /** Its content; read it, or it is passed over. */
  readonly content: Readable;
}

/** Calls `onEntry` for each entry in order, one at a time. Throws an Error for what is no archive. */
export async function readTar(
  path: string,
  signal: AbortSignal,
  onEntry: (entry: TarEntry) => Promise<void>,
): Promise<void> {
  const packed = await isGzip(path);
  const file = createReadStream(path, { signal });
  const entries = extract();
  const bytes = packed ? file.pipe(createGunzip()) : file;
  const fail = (error: Error) => entries.destroy(error);
  file.on("error", fail);
  bytes.on("error", fail);
  bytes.pipe(entries);
  try {
    for await (const stream of entries) {
      signal.throwIfAborted();
      const { name, type, size, mode, mtime, linkname } = stream.header;
      await onEntry({
        name,
        type: type ?? "file",
        size: size ?? 0,
        mode: mode ?? 0,
        modifiedAt: mtime instanceof Date ? mtime : undefined,
        linkTarget: linkname ?? "",
        content: stream as unknown as Readable,
      });
      stream.resume();
    }
  } finally {
    file.destroy();
  }
}

/** By the first two bytes. Throws an Error when there are none. */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    if (bytesRead === 0) throw new Error("failed to read file header: EOF");
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
