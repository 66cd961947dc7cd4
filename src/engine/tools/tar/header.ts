// Header blocks and extended headers of tar archives, in all the dialects that Go's archive/tar reads.
// Reads no stream; reader.ts does.

/** Size of a block; everything in an archive fills whole blocks. */
export const blockSize = 512;

/** What Go calls a header that makes no sense. */
export class TarHeaderError extends Error {
  constructor() {
    super("archive/tar: invalid tar header");
    this.name = "TarHeaderError";
  }
}

/** What an archive says of one entry. */
export interface TarHeader {
  /** The flag as it stands in the archive: `0` a file, `2` a link, `5` a directory. */
  readonly type: string;
  readonly name: string;
  readonly linkName: string;
  readonly size: number;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
}

/** A header and what of its block later parts of the entry depend on. */
export interface HeaderBlock extends TarHeader {
  readonly isGnu: boolean;
  /** The map of a file with holes goes on in blocks of its own. */
  readonly hasMoreSparse: boolean;
}

/** Records of an extended header by key. */
export type PaxRecords = ReadonlyMap<string, string>;

/** True for the blocks that end an archive. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** Reads a block; throws TarHeaderError. */
export function readHeaderBlock(block: Buffer): HeaderBlock {
  if (!hasChecksum(block)) throw new TarHeaderError();
  const name = textAt(block, 0, 100);
  const isUstar = textAt(block, 257, 6, true) === "ustar\0";
  const isStar = isUstar && textAt(block, 508, 4, true) === "tar\0";
  const isGnu = textAt(block, 257, 8, true) === "ustar  \0";
  if (isUstar || isGnu) for (const device of [329, 337]) numberAt(block, device, 8);
  // Owners are of no use, but must be numbers.
  for (const owner of [108, 116]) numberAt(block, owner, 8);
  if (isStar) for (const time of [476, 488]) numberAt(block, time, 12);
  const prefix = isStar ? textAt(block, 345, 131) : isUstar ? textAt(block, 345, 155) : "";
  const oldPrefix = isGnu ? prefixOfOldGo(block) : "";
  return {
    type: String.fromCharCode(block[156] ?? 0),
    name: [prefix, oldPrefix, name].filter((part, i) => part !== "" || i === 2).join("/"),
    linkName: textAt(block, 157, 100),
    size: numberAt(block, 124, 12),
    mode: numberAt(block, 100, 8),
    modifiedAt: numberAt(block, 136, 12),
    isGnu,
    hasMoreSparse: isGnu && block[482] !== 0,
  };
}

/** Go before 1.8 wrote a prefix where GNU has times. */
function prefixOfOldGo(block: Buffer): string {
  const times = [345, 357].filter((offset) => block[offset] !== 0);
  if (times.every((offset) => isNumberAt(block, offset, 12))) return "";
  const prefix = textAt(block, 345, 155);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what ASCII is.
  return /^[\x01-\x7f]*$/.test(prefix) ? prefix : "";
}

/** The sum of all bytes, those of the sum itself counted as spaces; old archives take bytes as signed. */
function hasChecksum(block: Buffer): boolean {
  if (!isNumberAt(block, 148, 8, true)) return false;
  let unsigned = 0;
  let signed = 0;
  for (const [i, byte] of block.entries()) {
    const counted = i >= 148 && i < 156 ? 0x20 : byte;
    unsigned += counted;
    signed += counted > 0x7f ? counted - 0x100 : counted;
  }
  const written = numberAt(block, 148, 8, true);
  return written === unsigned || written === signed;
}

/** Text up to a zero byte, or with `whole` all of it. */
function textAt(block: Buffer, offset: number, length: number, whole = false): string {
  const field = block.subarray(offset, offset + length);
  const end = whole ? -1 : field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString("utf8");
}

function isNumberAt(block: Buffer, offset: number, length: number, isOctal = false): boolean {
  try {
    numberAt(block, offset, length, isOctal);
    return true;
  } catch {
    return false;
  }
}

/** Octal digits, or with the first bit set a big-endian number in two's complement. */
function numberAt(block: Buffer, offset: number, length: number, isOctal = false): number {
  const field = block.subarray(offset, offset + length);
  if (!isOctal && (field[0] ?? 0) & 0x80) return binaryNumber(field);
  const text = field.toString("latin1").replace(/^[ \0]+|[ \0]+$/g, "");
  if (text === "") return 0;
  const digits = text.replace(/\0.*$/s, "");
  if (!/^[0-7]+$/.test(digits)) throw new TarHeaderError();
  const value = BigInt(`0o${digits}`);
  if (value >> 64n !== 0n) throw new TarHeaderError();
  return Number(BigInt.asIntN(64, value));
}

function binaryNumber(field: Buffer): number {
  const bits = field.length * 8 - 1;
  const value = BigInt.asIntN(bits, BigInt(`0x${field.toString("hex")}`));
  if (BigInt.asIntN(64, value) !== value) throw new TarHeaderError();
  return Number(value);
}

/** Reads the records of an extended header; throws TarHeaderError. */
export function readPaxRecords(content: Buffer): PaxRecords {
  const records = new Map<string, string>();
  const sparse: string[] = [];
  for (let rest = content; rest.length > 0; ) {
    const { key, value, length } = readPaxRecord(rest);
    rest = rest.subarray(length);
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") {
      const expected = sparse.length % 2 === 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes";
      if (key !== expected || value.includes(",")) throw new TarHeaderError();
      sparse.push(value);
    } else {
      records.set(key, value);
    }
  }
  if (sparse.length > 0) records.set("GNU.sparse.map", sparse.join(","));
  return records;
}

/** Keys whose values are names, which hold no zero byte. */
const nameKeys = new Set(["path", "linkpath", "uname", "gname"]);

/** `<length> <key>=<value>` and a line feed, all of them counted. */
function readPaxRecord(bytes: Buffer): { key: string; value: string; length: number } {
  const space = bytes.indexOf(" ");
  const count = bytes.subarray(0, Math.max(space, 0)).toString("latin1");
  const length = Number(count);
  if (!/^[+-]?\d+$/.test(count) || length < 5 || length > bytes.length || length <= space + 1) {
    throw new TarHeaderError();
  }
  const record = bytes.subarray(space + 1, length - 1);
  const equals = record.indexOf("=");
  if (bytes[length - 1] !== 0x0a || equals <= 0) throw new TarHeaderError();
  const key = record.subarray(0, equals).toString("utf8");
  const value = record.subarray(equals + 1).toString("utf8");
  if ((nameKeys.has(key) ? value : key).includes("\0")) throw new TarHeaderError();
  return { key, value, length };
}

/** The header with what its extended header says instead; throws TarHeaderError. */
export function withRecords(header: HeaderBlock, records: PaxRecords): HeaderBlock {
  const given = (key: string): string | undefined => records.get(key) || undefined;
  for (const key of ["uid", "gid"]) decimal(given(key));
  for (const key of ["atime", "ctime"]) paxTime(given(key));
  return {
    ...header,
    name: given("path") ?? header.name,
    linkName: given("linkpath") ?? header.linkName,
    size: decimal(given("size")) ?? header.size,
    modifiedAt: paxTime(given("mtime")) ?? header.modifiedAt,
  };
}

/** A whole number of 64 bits; throws TarHeaderError. */
export function decimal(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw new TarHeaderError();
  const value = BigInt(text.replace(/^\+/, ""));
  if (BigInt.asIntN(64, value) !== value) throw new TarHeaderError();
  return Number(value);
}

function paxTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [whole = "", fraction = ""] = text.split(/\.(.*)/s);
  const seconds = decimal(whole) ?? 0;
  if (!/^\d*$/.test(fraction)) throw new TarHeaderError();
  const part = Number(`0.${fraction.slice(0, 9)}0`);
  return whole.startsWith("-") ? seconds - part : seconds + part;
}
