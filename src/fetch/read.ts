/** The whole of an answer; undefined: it is longer than so many bytes, and is not read on. */
export async function readAtMost(response: Response, longest: number): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) {
    length += next.value.byteLength;
    if (length > longest) {
      await reader?.cancel();
      return undefined;
    }
    parts.push(next.value);
  }
  return Buffer.concat(parts);
}
