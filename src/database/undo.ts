import type { Database } from "better-sqlite3";
import { z } from "zod";
import { decodeValue, encodeValue, isSafeFileName, type Row, type Value } from "../snapshot/index.ts";
import type { Plan } from "./plan.ts";
import type { ApplyRecord } from "./types.ts";
import { readUpload, type UploadState } from "./uploads.ts";
import { idsOf } from "./write-rows.ts";

/** What takes an apply back. */
export interface Undo {
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    /** Ids of the rows that the apply added. */
    readonly added: readonly Value[];
    /** The rows that it removed, as they were. */
    readonly removed: readonly Row[];
    /** What it changed in rows, as that was. */
    readonly changed: readonly { readonly columns: readonly string[]; readonly rows: readonly Row[] }[];
  }[];
  /** AUTOINCREMENT counters as they were; null: the table had none yet. */
  readonly sequences: readonly { readonly table: string; readonly seq: Value }[];
  readonly files: readonly UploadState[];
  /** The record of the apply before this one. */
  readonly previous: ApplyRecord | undefined;
}

/** Takes down what the plan is about to change. */
export function prepareUndo(
  db: Database,
  plan: Plan,
  uploadDir: string,
  previous: ApplyRecord | undefined,
): Undo {
  const readSequence = db.prepare<[string], bigint>("SELECT seq FROM sqlite_sequence WHERE name = ?").pluck();
  return {
    tables: plan.tables.map(({ name, columns, addedColumns, added, changed, removed }) => ({
      name,
      columns,
      added: idsOf(addedColumns, added),
      removed,
      changed: changed.map((group) => ({ columns: group.columns, rows: group.before })),
    })),
    sequences: plan.tables.map(({ name }) => ({ table: name, seq: readSequence.get(name) ?? null })),
    files: plan.files.map(({ name }) => ({ name, bytes: readUpload(uploadDir, name) })),
    previous,
  };
}

const value = z.unknown().transform((json, context): Value => {
  const decoded = decodeValue(json);
  if (decoded !== undefined) return decoded;
  context.addIssue("not a value");
  return z.NEVER;
});

const undoShape = z.object({
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.string()),
      added: z.array(value),
      removed: z.array(z.array(value)),
      changed: z.array(z.object({ columns: z.array(z.string()), rows: z.array(z.array(value)) })),
    }),
  ),
  sequences: z.array(z.object({ table: z.string(), seq: value })),
  files: z.array(z.object({ name: z.string().refine(isSafeFileName), bytes: value })),
  previous: z
    .object({ snapshotId: z.string(), contentHash: z.string(), appliedAt: z.number(), proven: z.boolean() })
    .optional(),
});

/** As JSON text, every value in the form that snapshots use. */
export function encodeUndo(undo: Undo): string {
  return JSON.stringify({
    tables: undo.tables.map((table) => ({
      ...table,
      added: table.added.map(encodeValue),
      removed: encodeRows(table.removed),
      changed: table.changed.map(({ columns, rows }) => ({ columns, rows: encodeRows(rows) })),
    })),
    sequences: undo.sequences.map(({ table, seq }) => ({ table, seq: encodeValue(seq) })),
    files: undo.files.map(({ name, bytes }) => ({ name, bytes: encodeValue(bytes ?? null) })),
    previous: undo.previous,
  });
}

function encodeRows(rows: readonly Row[]) {
  return rows.map((row) => row.map(encodeValue));
}

/** undefined when the text is not what `encodeUndo` writes. */
export function decodeUndo(text: string): Undo | undefined {
  try {
    const undo = undoShape.parse(JSON.parse(text));
    const files = undo.files.map(({ name, bytes }) => ({
      name,
      bytes: bytes instanceof Uint8Array ? bytes : undefined,
    }));
    return { ...undo, files, previous: undo.previous };
  } catch {
    return undefined;
  }
}
