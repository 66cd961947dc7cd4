// Unpacks gzip lazily and as Go does it: member after member, and a fault counts only once somebody reads that far.
// Node's own gunzip loses what stands right before a fault.
import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { createInflateRaw, type InflateRaw } from "node:zlib";
import { ByteSource, fileChunks, UnexpectedEndError } from "./byte-source";
import { crc32 } from "./crc32";

/** The unpacked bytes of a file. Throws Error in the words of Go's compress/gzip and compress/flate. */
export async function* gunzip(file: FileHandle): AsyncGenerator<Buffer> {
  let position = 0;
  for (;;) {
    const start = await dataStart(file, position);
    if (start === undefined) return;
    const inflate = createInflateRaw();
    let checksum = 0;
    let size = 0;
    for await (const chunk of inflated(file, start, inflate)) {
      checksum = crc32(chunk, checksum);
      size = (size + chunk.length) >>> 0;
      yield chunk;
    }
    position = start + inflate.bytesWritten;
    const trailer = await sourceAt(file, position).exactly(8);
    if (trailer.readUInt32LE(0) !== checksum || trailer.readUInt32LE(4) !== size) {
      throw new Error("gzip: invalid checksum");
    }
    position += trailer.length;
  }
}

/** Throws what is wrong with the file's first header. */
export async function checkGzip(file: FileHandle): Promise<void> {
  await dataStart(file, 0);
}

function sourceAt(file: FileHandle, position: number): ByteSource {
  return new ByteSource(fileChunks(file, position));
}

const flag = { headerChecksum: 2, extra: 4, name: 8, comment: 16 } as const;
/** Longest name or comment, the closing zero included. */
const maxText = 512;

/** Where the packed data of the member at `position` begins; undefined at the end of the file. */
async function dataStart(file: FileHandle, position: number): Promise<number | undefined> {
  const source = sourceAt(file, position);
  const seen: Buffer[] = [];
  const take = async (length: number): Promise<Buffer> => {
    const bytes = await source.exactly(length);
    seen.push(bytes);
    return bytes;
  };
  const head = await source.upTo(10);
  if (head.length === 0) return undefined;
  if (head.length < 10) throw new UnexpectedEndError();
  if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8) throw invalidHeader();
  seen.push(head);
  const flags = head[3] ?? 0;
  if (flags & flag.extra) await take((await take(2)).readUInt16LE(0));
  for (const text of [flag.name, flag.comment]) {
    if (flags & text) await passText(take);
  }
  if (flags & flag.headerChecksum) {
    const checksum = crc32(Buffer.concat(seen)) & 0xffff;
    if ((await take(2)).readUInt16LE(0) !== checksum) throw invalidHeader();
  }
  return position + seen.reduce((sum, { length }) => sum + length, 0);
}

async function passText(take: (length: number) => Promise<Buffer>): Promise<void> {
  for (let length = 1; (await take(1))[0] !== 0; length++) {
    if (length >= maxText) throw invalidHeader();
  }
}

function invalidHeader(): Error {
  return new Error("gzip: invalid header");
}

async function* inflated(file: FileHandle, start: number, inflate: InflateRaw): AsyncGenerator<Buffer> {
  const packed = Readable.from(fileChunks(file, start));
  packed.on("error", (error) => inflate.destroy(error));
  packed.pipe(inflate);
  try {
    yield* inflate;
  } catch (error) {
    throw inGoWords(error, inflate);
  } finally {
    packed.destroy();
    inflate.destroy();
  }
}

function inGoWords(error: unknown, inflate: InflateRaw): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "Z_BUF_ERROR") return new UnexpectedEndError();
  if (code !== "Z_DATA_ERROR") return error;
  return new Error(`flate: corrupt input before offset ${inflate.bytesWritten}`, { cause: error });
}
