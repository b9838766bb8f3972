/**
 * The records of a CSV file as csv-writer 1.6 writes it, which the bash version uses: commas, LF after each record,
 * quotes around a field that has a comma, quote or line end in it, quotes doubled (RFC 4180).
 * @returns undefined for what is not such a file, or is cut off
 */
export function readCsv(text: string): string[][] | undefined {
  const records: string[][] = [];
  let record: string[] = [];
  for (let at = 0; at < text.length; ) {
    const field = text[at] === '"' ? readQuoted(text, at) : readBare(text, at);
    if (field === undefined) return undefined;
    record.push(field.value);
    const after = text[field.end];
    if (after !== "," && after !== "\n") return undefined;
    if (after === "\n") {
      records.push(record);
      record = [];
    }
    at = field.end + 1;
  }
  return record.length === 0 && text.endsWith("\n") ? records : undefined;
}

interface Field {
  readonly value: string;
  /** Where what follows it stands. */
  readonly end: number;
}

function readBare(text: string, start: number): Field {
  const rest = /[^,\n]*/y;
  rest.lastIndex = start;
  const value = rest.exec(text)?.[0] ?? "";
  return { value, end: start + value.length };
}

function readQuoted(text: string, start: number): Field | undefined {
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    if (text[quote + 1] !== '"')
      return { value: text.slice(start + 1, quote).replaceAll('""', '"'), end: quote + 1 };
    at = quote + 2;
  }
}
