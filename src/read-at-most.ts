/**
 * Reads a body of bytes, no more of it than so many.
 * @param longest bytes
 * @returns undefined when there is more: what is left is not read, which ends the connection
 */
export async function readAtMost(
  parts: AsyncIterable<Uint8Array>,
  longest: number,
): Promise<Buffer | undefined> {
  const read: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    length += part.byteLength;
    if (length > longest) return undefined;
    read.push(part);
  }
  return Buffer.concat(read);
}
