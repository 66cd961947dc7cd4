// A file of what can be had again: one line with the format and a digest of the rest, then the rest. Whatever does not
// fit its first line (another version, half a file, a flipped bit) counts as no file at all.
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";

/** What follows the first line, in UTF-8; undefined when the content is not exactly what was written in this format. */
export function readChecked(content: Buffer, format: string): Buffer | undefined {
  const end = content.indexOf(10);
  if (end < 0 || content.toString("utf8", 0, end) !== firstLine(content.subarray(end + 1), format))
    return undefined;
  return content.subarray(end + 1);
}

/** Replaces the file in one act. */
export async function writeChecked(path: string, format: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, `${firstLine(text, format)}\n${text}`, { fsync: false });
}

function firstLine(rest: Buffer | string, format: string): string {
  return `${format} ${createHash("sha1").update(rest).digest("hex")}`;
}
