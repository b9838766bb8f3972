import { decodeUtf8 } from "../parse.ts";

const BLOCK = 512;

/** One file of an archive. */
export interface ArchivedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The regular files of a tar archive as `restic dump` writes it: ustar headers, and PAX headers where a name or size
 * does not fit into one (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html). Names are as in the
 * archive: to be compared, not to be opened.
 * @returns undefined for what is no such archive, or is cut off
 */
export function readTar(archive: Uint8Array): ArchivedFile[] | undefined {
  const files: ArchivedFile[] = [];
  let extended: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + BLOCK <= archive.byteLength; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return files;
    const size = Number(extended.get("size") ?? readOctal(header, 124, 12));
    const begin = at + BLOCK;
    if (!hasRightChecksum(header) || !Number.isSafeInteger(size) || begin + size > archive.byteLength)
      return undefined;
    const bytes = archive.subarray(begin, begin + size);
    const type = readText(header, 156, 1);
    if (type === "x") extended = readExtended(bytes);
    else {
      if (type === "0" || type === "") files.push({ name: extended.get("path") ?? readName(header), bytes });
      extended = new Map();
    }
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}

function readName(header: Uint8Array): string {
  const prefix = readText(header, 345, 155);
  const name = readText(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Up to the first NUL. */
function readText(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return decodeUtf8(end < 0 ? field : field.subarray(0, end));
}

/** NaN for what is not an octal number. */
function readOctal(header: Uint8Array, start: number, length: number): number {
  const digits = readText(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** The sum of the header's bytes, its own field counted as blanks. */
function hasRightChecksum(header: Uint8Array): boolean {
  const sum = header.reduce(
    (all, byte, position) => all + (position >= 148 && position < 156 ? 32 : byte),
    0,
  );
  return sum === readOctal(header, 148, 8);
}

/** Records of the form "LENGTH KEY=VALUE\n"; the length is that of the whole record, in bytes. */
function readExtended(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.byteLength; ) {
    const blank = bytes.indexOf(32, at);
    const length = Number(decodeUtf8(bytes.subarray(at, blank)));
    if (blank < 0 || !Number.isSafeInteger(length) || length <= blank - at) break;
    const record = decodeUtf8(bytes.subarray(blank + 1, at + length - 1));
    const equals = record.indexOf("=");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
