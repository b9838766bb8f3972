import { createHash } from "node:crypto";
import { type Result, success } from "../result.ts";
import { endLine, MAX_SNAPSHOT_BYTES, sha256 } from "./format.ts";
import { decodeDefaults, decodeHeader, type Header, type TableHeader } from "./header.ts";
import { damaged, invalid, type SnapshotProblem, tooLarge, truncated } from "./problems.ts";
import type { Row, Snapshot, Table, UploadedFile, Value } from "./types.ts";
import { decodeValue } from "./values.ts";

const NEWLINE = 10;

interface LineReader {
  /** The next line as JSON; undefined at the end and for a line that is not JSON in UTF-8. */
  readonly next: () => unknown;
  readonly atEnd: () => boolean;
}

/**
 * The snapshot that `encodeSnapshot` wrote, or why these bytes are none: the end mark and checksum are checked before
 * anything is parsed. Never throws, whatever the bytes are.
 */
export function decodeSnapshot(bytes: Uint8Array): Result<Snapshot, SnapshotProblem> {
  if (bytes.byteLength > MAX_SNAPSHOT_BYTES) return tooLarge(bytes.byteLength);
  const body = checkEnd(bytes);
  if (!body.ok) return body;
  const reader = readLines(body.value.bytes);
  const header = decodeHeader(reader.next());
  return header.ok ? decodeBody(header.value, body.value.lines, reader) : header;
}

/** Everything before the end mark, and its number of lines. */
function checkEnd(bytes: Uint8Array): Result<{ bytes: Uint8Array; lines: number }, SnapshotProblem> {
  const start = bytes.lastIndexOf(NEWLINE, -2) + 1;
  if (bytes.at(-1) !== NEWLINE || start === 0) return truncated();
  const end = Buffer.from(bytes.subarray(start)).toString("utf8");
  const lines = Number(/^\{"lines":([1-9]\d{0,9}),"sha256":"[0-9a-f]{64}"\}\n$/.exec(end)?.[1]);
  if (Number.isNaN(lines)) return truncated();
  const body = bytes.subarray(0, start);
  if (end !== endLine(lines, createHash("sha256").update(body).digest("hex"))) {
    return damaged("its checksum does not match its content");
  }
  return success({ bytes: body, lines });
}

function readLines(bytes: Uint8Array): LineReader {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let position = 0;
  const next = () => {
    const start = position;
    const end = bytes.indexOf(NEWLINE, start);
    position = end < 0 ? bytes.byteLength : end + 1;
    try {
      return JSON.parse(utf8.decode(bytes.subarray(start, position)));
    } catch {
      return undefined;
    }
  };
  return { next, atEnd: () => position === bytes.byteLength };
}

function decodeBody(header: Header, lines: number, reader: LineReader): Result<Snapshot, SnapshotProblem> {
  const rows = header.tables.reduce((sum, table) => sum + table.rows, 0);
  const announced = 1 + rows + header.files.length;
  if (announced !== lines) return invalid(`its header announces ${announced} lines, its end mark ${lines}`);
  const tables: Table[] = [];
  for (const described of header.tables) {
    const table = decodeTable(described, reader);
    if (!table.ok) return table;
    tables.push(table.value);
  }
  const files: UploadedFile[] = [];
  for (const described of header.files) {
    const bytes = decodeFile(reader.next(), described.size);
    if (!bytes || sha256(bytes) !== described.sha256)
      return damaged(`file ${described.name} has a wrong checksum`);
    files.push({ name: described.name, bytes });
  }
  if (!reader.atEnd()) return invalid("it has more lines than it announces");
  const { kumaVersion, instance, createdAt, omits } = header;
  const origin = { kumaVersion, instanceName: instance.name, instanceId: instance.id, createdAt };
  return success({ origin, content: { tables, files, ...(omits === undefined ? {} : { omits }) } });
}

function decodeTable(described: TableHeader, reader: LineReader): Result<Table, SnapshotProblem> {
  const { name, columns, owner } = described;
  const defaults = described.defaults && decodeDefaults(described.defaults);
  if (described.defaults && !defaults) return invalid(`a default of table ${name} is not a value`);
  const idColumn = columns.indexOf("id");
  const rows: Row[] = [];
  let lastId: bigint | undefined;
  for (let number = 1; number <= described.rows; number += 1) {
    const row = decodeRow(reader.next(), columns.length);
    const id = row?.[idColumn];
    if (!row || typeof id !== "bigint") return invalid(`row ${number} of table ${name} is not a row`);
    if (lastId !== undefined && id <= lastId)
      return invalid(`table ${name} has row ${id} twice or out of order`);
    lastId = id;
    rows.push(row);
  }
  return success({
    name,
    columns,
    ...(owner === undefined ? {} : { owner }),
    ...(defaults ? { defaults } : {}),
    rows,
  });
}

function decodeRow(json: unknown, width: number): Row | undefined {
  if (!Array.isArray(json) || json.length !== width) return undefined;
  const row: Value[] = [];
  for (const form of json) {
    const value = decodeValue(form);
    if (value === undefined) return undefined;
    row.push(value);
  }
  return row;
}

function decodeFile(json: unknown, size: number): Uint8Array | undefined {
  const bytes = decodeValue({ b: json });
  return bytes instanceof Uint8Array && bytes.byteLength === size ? bytes : undefined;
}
