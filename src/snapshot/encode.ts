import { createHash } from "node:crypto";
import { type Result, success } from "../result.ts";
import { describeFile, endLine, MAX_SNAPSHOT_BYTES, SNAPSHOT_FORMAT } from "./format.ts";
import { writeRow } from "./hash.ts";
import { type SnapshotProblem, tooLargeToPublish } from "./problems.ts";
import type { Snapshot, Table } from "./types.ts";
import { encodeValue } from "./values.ts";

/** Characters joined before they are handed on: few writes into a pipe, little memory. */
const CHUNK_LENGTH = 64 * 1024;

/**
 * The snapshot as JSON Lines in UTF-8, piece by piece: header, one line per row in the order of the header's tables,
 * one line of base64 per file, end mark with line count and checksum. The same snapshot always gives the same bytes.
 */
export function* encodeSnapshot(snapshot: Snapshot): Generator<Uint8Array, void, void> {
  const hash = createHash("sha256");
  let lines = 0;
  let pending = "";
  for (const line of snapshotLines(snapshot)) {
    pending += `${line}\n`;
    lines += 1;
    if (pending.length >= CHUNK_LENGTH) {
      const chunk = Buffer.from(pending, "utf8");
      hash.update(chunk);
      yield chunk;
      pending = "";
    }
  }
  hash.update(pending);
  yield Buffer.from(pending + endLine(lines, hash.digest("hex")), "utf8");
}

/**
 * The same, all of it, unless it is more than a replica takes.
 * @param limit bytes
 */
export function encodeWhole(
  snapshot: Snapshot,
  limit = MAX_SNAPSHOT_BYTES,
): Result<Uint8Array[], SnapshotProblem> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of encodeSnapshot(snapshot)) {
    bytes += chunk.byteLength;
    if (bytes > limit) return tooLargeToPublish(limit, largestPart(snapshot));
    chunks.push(chunk);
  }
  return success(chunks);
}

/** What takes most of the room, in words. */
function largestPart({ content }: Snapshot): string {
  const files = content.files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  const sizes = content.tables.map(({ name, rows }) => ({
    what: `the rows of table ${name}`,
    size: rows.reduce((sum, row) => sum + writeRow(row).length, 0),
  }));
  const [largest] = [{ what: "uploaded icons", size: files }, ...sizes].sort((a, b) => b.size - a.size);
  return largest?.what ?? "nothing";
}

function* snapshotLines({ origin, content }: Snapshot): Generator<string> {
  yield JSON.stringify({
    format: SNAPSHOT_FORMAT,
    kumaVersion: origin.kumaVersion,
    instance: { name: origin.instanceName, id: origin.instanceId },
    createdAt: origin.createdAt,
    tables: content.tables.map(describeTable),
    files: content.files.map(describeFile),
    ...(content.omits === undefined ? {} : { omits: content.omits }),
  });
  for (const table of content.tables) {
    for (const row of table.rows) yield writeRow(row);
  }
  for (const file of content.files) yield JSON.stringify(Buffer.from(file.bytes).toString("base64"));
}

function describeTable(table: Table) {
  const { name, columns, owner, defaults, rows } = table;
  return {
    name,
    columns,
    ...(owner === undefined ? {} : { owner }),
    ...(defaults === undefined ? {} : { defaults: encodeDefaults(defaults) }),
    rows: rows.length,
  };
}

function encodeDefaults(defaults: NonNullable<Table["defaults"]>) {
  return Object.fromEntries(Object.entries(defaults).map(([column, value]) => [column, encodeValue(value)]));
}
