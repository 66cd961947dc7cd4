// Reads the body of an answer whole, within a size. Whether too long a body is an error, and which, the caller says.

/** The bytes of `body`; undefined once they are more than `maxBytes`. Throws what the body throws. */
export async function readUpTo(
  body: AsyncIterable<Uint8Array> | null | undefined,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
