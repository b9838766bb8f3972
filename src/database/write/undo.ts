import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import * as z from "zod";
import { decodeValue, encodeValue, isSafeFileName, type Row, type Value } from "../../snapshot/index.ts";
import type { Plan } from "../plan/plan.ts";
import type { ApplyRecord } from "../types.ts";
import type { UploadState } from "../uploads/uploads.ts";
import type { SetAside } from "./history.ts";
import { idsOf } from "./write-rows.ts";

/** What takes an apply back. */
export interface Undo {
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    /** Ids of the rows that the apply added. */
    readonly added: readonly Value[];
    /** What tells whether somebody has edited those rows since; undefined when a former release took it down. */
    readonly marks?: { readonly columns: readonly string[]; readonly digests: readonly string[] } | undefined;
    /** The rows that it removed, as they were. */
    readonly removed: readonly Row[];
    /** What it changed in rows, as that was, and what it wrote there (`after`; a former release did not note it). */
    readonly changed: readonly {
      readonly columns: readonly string[];
      readonly rows: readonly Row[];
      readonly after?: readonly Row[] | undefined;
    }[];
  }[];
  /** History that was moved out of the way of monitors that the apply added. */
  readonly setAside: readonly SetAside[];
  /** By how much the ids of what was here grew, since all of it became this instance's own; undefined: it did not. */
  readonly keptBy?: bigint | undefined;
  /** AUTOINCREMENT counters as they were; null: the table had none yet. */
  readonly sequences: readonly { readonly table: string; readonly seq: Value }[];
  readonly files: readonly UploadState[];
  /** The record of the apply before this one. */
  readonly previous: ApplyRecord | undefined;
}

/**
 * Takes down what the plan is about to change, all but the history that it sets aside.
 * @param files as they are before
 */
export function prepareUndo(
  db: Database,
  plan: Plan,
  files: readonly UploadState[],
  previous: ApplyRecord | undefined,
): Omit<Undo, "setAside" | "keptBy"> {
  const readSequence = db.prepare<[string], bigint>("SELECT seq FROM sqlite_sequence WHERE name = ?").pluck();
  return {
    tables: plan.tables.map(({ name, columns, addedColumns, added, changed, removed }) => ({
      name,
      columns,
      added: idsOf(addedColumns, added),
      marks: { columns: addedColumns, digests: added.map(digestRow) },
      removed,
      changed: changed.map((group) => ({ columns: group.columns, rows: group.before, after: group.after })),
    })),
    sequences: plan.tables.map(({ name }) => ({ table: name, seq: readSequence.get(name) ?? null })),
    files,
    previous,
  };
}

/** Enough to see that a row is not the one that was written. */
export function digestRow(row: Row): string {
  return createHash("sha256")
    .update(JSON.stringify(row.map(encodeValue)))
    .digest("hex")
    .slice(0, 16);
}

const value = z.unknown().transform((json, context): Value => {
  const decoded = decodeValue(json);
  if (decoded !== undefined) return decoded;
  context.addIssue("not a value");
  return z.NEVER;
});

const id = value.refine((decoded) => typeof decoded === "bigint");

const undoShape = z.object({
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.string()),
      added: z.array(value),
      marks: z.object({ columns: z.array(z.string()), digests: z.array(z.string()) }).optional(),
      removed: z.array(z.array(value)),
      changed: z.array(
        z.object({
          columns: z.array(z.string()),
          rows: z.array(z.array(value)),
          after: z.array(z.array(value)).optional(),
        }),
      ),
    }),
  ),
  setAside: z.array(z.object({ monitor: id, under: id })).default([]),
  keptBy: id.optional(),
  sequences: z.array(z.object({ table: z.string(), seq: value })),
  files: z.array(z.object({ name: z.string().refine(isSafeFileName), bytes: value })),
  previous: z
    .object({ snapshotId: z.string(), contentHash: z.string(), appliedAt: z.number(), proven: z.boolean() })
    .transform(({ proven, ...record }): ApplyRecord => ({ ...record, verified: proven }))
    .optional(),
});

/** As JSON text, every value in the form that snapshots use. */
export function encodeUndo(undo: Undo): string {
  return JSON.stringify({
    tables: undo.tables.map((table) => ({
      ...table,
      added: table.added.map(encodeValue),
      removed: encodeRows(table.removed),
      changed: table.changed.map(({ columns, rows, after }) => ({
        columns,
        rows: encodeRows(rows),
        after: after && encodeRows(after),
      })),
    })),
    setAside: undo.setAside.map(({ monitor, under }) => ({
      monitor: encodeValue(monitor),
      under: encodeValue(under),
    })),
    keptBy: undo.keptBy && encodeValue(undo.keptBy),
    sequences: undo.sequences.map(({ table, seq }) => ({ table, seq: encodeValue(seq) })),
    files: undo.files.map(({ name, bytes }) => ({ name, bytes: encodeValue(bytes ?? null) })),
    previous: undo.previous && toStored(undo.previous),
  });
}

/** `verified` is written as `proven`, as every release so far reads it. */
function toStored({ verified, ...record }: ApplyRecord) {
  return { ...record, proven: verified };
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
