/**
 * The whole lines of a stream of UTF-8, without their newlines. A line of more than `longest` characters is left out,
 * and never held in memory; what comes after the last newline is no line.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  let isTail = false;
  for await (const chunk of chunks) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!isTail && line.length <= longest) yield line;
      isTail = false;
    }
    if (rest.length <= longest) continue;
    rest = "";
    isTail = true;
  }
}
