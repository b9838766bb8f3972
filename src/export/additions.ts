/** The end mark, or the end of a document over several lines. */
const LAST_LINE = /^(\{"lines":\d+,"sha256":"[0-9a-f]{64}"\}|\})$/;

/**
 * The text of an exported file without what was added on its way: a terminal ends lines with CR LF, and shows what came
 * on standard error between them (`docker exec -t` has one stream for both); Windows shells begin a file with a byte
 * order mark, and some write UTF-16; an editor or a clipboard drops the last newline. Neither form has a bare CR in it,
 * so nothing that was exported is lost.
 */
export function withoutAdditions(bytes: Uint8Array): string {
  const lines = decode(bytes).split(/\r*\n/);
  const first = lines.findIndex((line) => line.startsWith("{"));
  if (first < 0) return lines.join("\n");
  const kept = lines.slice(first, endOf(lines, first)).map((line) => `${line.trimEnd()}\n`);
  return kept.join("");
}

/** Where the lines after the export begin. One that was cut off has no end, and all is kept. */
function endOf(lines: readonly string[], first: number): number {
  const last = lines.findLastIndex((line) => LAST_LINE.test(line.trimEnd()));
  if (last >= first) return last + 1;
  const isOneLine = lines[first]?.trimEnd().endsWith("}") && !/^["[]/.test(lines[first + 1] ?? "");
  return isOneLine ? first + 1 : lines.length;
}

function decode(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  // Drops a byte order mark.
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
}
