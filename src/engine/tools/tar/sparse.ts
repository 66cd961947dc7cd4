// Files with holes in tar archives: where the stored pieces lie, in the dialects of GNU tar that Go reads.
import type { ByteSource } from "./byte-source";
import { blockSize, decimal, type HeaderBlock, type PaxRecords, TarHeaderError } from "./header";

/** A stored piece of a file; between pieces there are zeros. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** What the records of a file with holes say. */
export interface SparseInfo {
  /** The map stands before the content, not in the records. */
  readonly isMapStored: boolean;
  readonly records: PaxRecords;
  readonly name: string | undefined;
  /** Size with the holes. */
  readonly size: number | undefined;
}

/** Longest map, in bytes. */
const maxMapSize = 1024 * 1024;

/** Reads the records of an entry; undefined for a file without holes. */
export function sparseInfo(records: PaxRecords): SparseInfo | undefined {
  const version = `${records.get("GNU.sparse.major") ?? ""}.${records.get("GNU.sparse.minor") ?? ""}`;
  const isGuessed = version === "." && (records.get("GNU.sparse.map") ?? "") !== "";
  if (!["0.0", "0.1", "1.0"].includes(version) && !isGuessed) return undefined;
  const size = records.get("GNU.sparse.size") || records.get("GNU.sparse.realsize") || undefined;
  return {
    isMapStored: version === "1.0",
    records,
    name: records.get("GNU.sparse.name") || undefined,
    size: decimal(size),
  };
}

/** The pieces of a file of that size; `take` reads the next block of the entry. Throws TarHeaderError. */
export async function readSparseMap(
  { isMapStored, records }: SparseInfo,
  size: number,
  take: () => Promise<Buffer>,
): Promise<Piece[]> {
  const numbers = isMapStored ? await storedMap(take) : recordedMap(records);
  const pieces: Piece[] = [];
  let end = 0;
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const [offset = 0, length = 0] = numbers.slice(i, i + 2);
    if (offset < end || length < 0 || offset + length > size) throw new TarHeaderError();
    pieces.push({ offset, length });
    end = offset + length;
  }
  if (size < 0) throw new TarHeaderError();
  return pieces;
}

function recordedMap(records: PaxRecords): number[] {
  const count = toCount(records.get("GNU.sparse.numblocks"));
  const text = records.get("GNU.sparse.map") ?? "";
  const numbers = text === "" ? [] : text.split(",").map(toNumber);
  if (numbers.length !== 2 * count) throw new TarHeaderError();
  return numbers;
}

/** Lines of digits: how many pieces there are, then offset and length of each; the last block is filled up. */
async function storedMap(take: () => Promise<Buffer>): Promise<number[]> {
  let text = "";
  const lines = async (count: number): Promise<string[]> => {
    while (text.split("\n").length <= count) {
      if (text.length + blockSize > maxMapSize) throw new Error("archive/tar: sparse map too long");
      text += (await take()).toString("latin1");
    }
    return text.split("\n");
  };
  const [first] = await lines(1);
  const count = toCount(first);
  return (await lines(1 + 2 * count)).slice(1, 1 + 2 * count).map(toNumber);
}

function toCount(text: string | undefined): number {
  const count = toNumber(text);
  if (count < 0) throw new TarHeaderError();
  return count;
}

function toNumber(text: string | undefined): number {
  const number = decimal(text);
  if (number === undefined) throw new TarHeaderError();
  return number;
}

/** Passes over the blocks in which GNU's own format continues a map; such entries are not extracted. */
export async function skipOldSparseMap(header: HeaderBlock, source: ByteSource): Promise<void> {
  if (!header.isGnu) throw new TarHeaderError();
  let isExtended = header.hasMoreSparse;
  while (isExtended) isExtended = (await source.exactly(blockSize))[504] !== 0;
}
