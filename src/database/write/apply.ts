import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import type { Snapshot } from "../../snapshot/index.ts";
import { mergeFiles } from "../own/icons.ts";
import { keepAll } from "../own/keep-all.ts";
import { raiseCounters } from "../own/local.ts";
import { makeRemembered, REMEMBERED, readRemembered } from "../own/remembered.ts";
import { mayBeOwn } from "../own/rules.ts";
import { countLocal } from "../own/take-over.ts";
import { hasAccounts } from "../plan/owners.ts";
import { makePlan, type Plan } from "../plan/plan.ts";
import { describeBroken, findBrokenReferences } from "../plan/references.ts";
import { refuse } from "../problems.ts";
import type { Surroundings } from "../read/read.ts";
import { inTransaction } from "../sqlite/connection.ts";
import { readSchema } from "../sqlite/schema.ts";
import type { ApplyOrder, DatabaseResult, PlanSummary } from "../types.ts";
import { removeUploads, type UploadState, writeUploads } from "../uploads/uploads.ts";
import { makeRoom } from "./make-room.ts";
import { readRecord, recordApplied, summarize, writeRecord } from "./record.ts";
import { encodeUndo, prepareUndo } from "./undo.ts";
import { writeTable } from "./write-rows.ts";

/** What a change of rows has come to, and the states of the files that go with it. */
export interface ChangedRows<T> {
  readonly outcome: T;
  readonly files: readonly UploadState[];
}

/**
 * Makes rows and files equal to the snapshot's, in one transaction. Killed before COMMIT, the rows are as before and
 * a file or two may be new already; the next apply finds the rows differing and goes through.
 *
 * There is no quick_check before it: that reads every page of a file which may have ten million heartbeats. What
 * protects instead: the plan reads every replicated row before anything is written, SQLite reports damage that it
 * meets (SQLITE_CORRUPT), and then the transaction leaves everything as it was.
 */
export function applySnapshot(
  db: Database,
  snapshot: Snapshot,
  order: ApplyOrder,
  surroundings: Surroundings & { readonly kumaVersion: string },
): DatabaseResult<PlanSummary> {
  return withFiles(db, surroundings.uploadDir, () => applyRows(db, snapshot, order, surroundings));
}

/**
 * Changes rows in a transaction. Files are written right before its end, and go back when it fails; they are removed
 * after it.
 */
export function withFiles<T>(
  db: Database,
  uploadDir: string,
  change: () => DatabaseResult<ChangedRows<T>>,
): DatabaseResult<T> {
  let putFilesBack = () => {};
  let files: readonly UploadState[] = [];
  const done = inTransaction(db, "IMMEDIATE", () => {
    const changed = change();
    if (!changed.ok) return changed;
    files = changed.value.files;
    putFilesBack = writeUploads(uploadDir, files);
    return success(changed.value.outcome);
  });
  if (done.ok) removeUploads(uploadDir, files);
  else putFilesBack();
  return done;
}

/** The rows of an apply, and its record; must run in a transaction. */
export function applyRows(
  db: Database,
  snapshot: Snapshot,
  { keepsAll = false, ...id }: ApplyOrder,
  surroundings: Surroundings & { readonly kumaVersion: string },
): DatabaseResult<ChangedRows<PlanSummary>> {
  const { uploadDir } = surroundings;
  const found = readSchema(db, surroundings.rules);
  if (!found.ok) return found;
  const kept = keepsAll ? keepAll(db, found.value, uploadDir) : undefined;
  const plan = makePlan(db, snapshot, surroundings);
  if (!plan.ok) return plan;
  const { schema } = plan.value;
  const summary = kept ? withKept(db, plan.value) : plan.value.summary;
  if (surroundings.rules?.keepsLocal) raiseCounters(db, schema);
  const record = readRecord(db);
  if (!record.ok) return record;
  if (summary.empty && kept === undefined) {
    const noted = noteApplied(db, plan.value, id);
    return noted.ok ? success({ outcome: summary, files: [] }) : noted;
  }
  const previous = record.value && summarize(record.value);
  const prepared = prepareUndo(db, plan.value, uploadDir, previous);
  const { setAside, ...history } = makeRoom(db, plan.value, record.value);
  const undo = encodeUndo({ ...prepared, setAside, keptBy: kept?.by });
  const written = writePlan(db, plan.value);
  if (!written.ok) return written;
  const now = Date.now();
  writeRecord(db, { ...id, appliedAt: now, changedAt: now, verified: false, undo, ...history });
  return success({ outcome: summary, files: mergeFiles(...(kept?.files ?? []), ...plan.value.files) });
}

function withKept(db: Database, { schema, summary }: Plan): PlanSummary {
  const { monitors, others } = countLocal(db, schema);
  const note = `What was here stays, as this instance's own (monitors: ${monitors}, others: ${others}).`;
  return { ...summary, notes: [note, ...summary.notes] };
}

/**
 * Notes that a snapshot equal to what is here counts as applied and verified, and what we have to remember of it. Must
 * run in a transaction; nothing of Kuma's is changed.
 */
export function markApplied(
  db: Database,
  snapshot: Snapshot,
  id: { snapshotId: string; contentHash: string },
  surroundings: Surroundings & { readonly kumaVersion: string },
): DatabaseResult<ChangedRows<void>> {
  const plan = isAnythingOwn(db, surroundings) ? makePlan(db, snapshot, surroundings) : undefined;
  if (plan && !plan.ok) return plan;
  // Somebody has edited since it was compared: the next apply remembers.
  const isSame = plan?.value.summary.empty ?? false;
  if (plan && surroundings.rules?.keepsLocal) raiseCounters(db, plan.value.schema);
  const noted = plan && isSame ? noteApplied(db, plan.value, id) : recordApplied(db, id);
  return noted.ok ? success({ outcome: undefined, files: [] }) : noted;
}

function isAnythingOwn(db: Database, { rules = {} }: Surroundings): boolean {
  return readRemembered(db).length > 0 || mayBeOwn(rules);
}

/** @param plan changes nothing of Kuma's */
function noteApplied(
  db: Database,
  plan: Plan,
  id: { snapshotId: string; contentHash: string },
): DatabaseResult<void> {
  const written = writePlan(db, plan);
  return written.ok ? recordApplied(db, id) : written;
}

/** Writes the rows; SQLite itself has the last word on whether any of them now points at nothing. */
function writePlan(db: Database, { schema, tables }: Plan): DatabaseResult<void> {
  if (tables.length === 0) return success(undefined);
  const before = findBrokenReferences(db, schema);
  if (tables.some(({ name }) => name === REMEMBERED)) makeRemembered(db);
  for (const table of tables) {
    const written = writeTable(db, table);
    if (!written.ok) return written;
  }
  const ownersExist = hasAccounts(db);
  const broken = [...findBrokenReferences(db, schema)].filter((reference) => {
    if (before.has(reference)) return false;
    return ownersExist || !reference.endsWith(" user");
  });
  return broken.length === 0 ? success(undefined) : refuse("snapshot-inconsistent", describeBroken(broken));
}
