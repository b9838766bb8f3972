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
import { readSchema } from "../sqlite/schema.ts";
import type { ApplyOrder, DatabaseResult, PlanSummary } from "../types.ts";
import { readUpload } from "../uploads/uploads.ts";
import { makeRoom } from "./make-room.ts";
import { readRecord, recordApplied, summarize, writeRecord } from "./record.ts";
import {
  type ChangedRows,
  changeAtOnce,
  type PreparedChange,
  withFiles,
  withFilesPrepared,
} from "./transaction.ts";
import { encodeUndo, prepareUndo } from "./undo.ts";
import { writeTable } from "./write-rows.ts";

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
  const { uploadDir } = surroundings;
  // With Kuma stopped, and not to be planned before it has begun.
  if (order.keepsAll) return withFiles(db, uploadDir, () => applyRows(db, snapshot, order, surroundings));
  return withFilesPrepared(db, uploadDir, () => prepareApply(db, snapshot, order, surroundings));
}

/** The rows of an apply, and its record; must run in a transaction. */
export function applyRows(
  db: Database,
  snapshot: Snapshot,
  order: ApplyOrder,
  surroundings: Surroundings & { readonly kumaVersion: string },
): DatabaseResult<ChangedRows<PlanSummary>> {
  if (!order.keepsAll) return changeAtOnce(prepareApply(db, snapshot, order, surroundings));
  const schema = readSchema(db, surroundings.rules);
  if (!schema.ok) return schema;
  const kept = keepAll(db, schema.value, surroundings.uploadDir);
  return changeAtOnce(prepareApply(db, snapshot, { ...order, kept }, surroundings));
}

/**
 * All of an apply that can be done before others may not write any more.
 * @param order.kept what was done to keep all that is here, in the same transaction
 */
export function prepareApply(
  db: Database,
  snapshot: Snapshot,
  { snapshotId, contentHash, kept }: ApplyOrder & { readonly kept?: ReturnType<typeof keepAll> },
  surroundings: Surroundings & { readonly kumaVersion: string },
): DatabaseResult<PreparedChange<PlanSummary>> {
  const made = makePlan(db, snapshot, surroundings);
  if (!made.ok) return made;
  const plan = made.value;
  const id = { snapshotId, contentHash };
  const summary = kept ? withKept(db, plan) : plan.summary;
  const former = plan.files.map(({ name }) => ({ name, bytes: readUpload(surroundings.uploadDir, name) }));
  const change = (): DatabaseResult<PlanSummary> => {
    if (surroundings.rules?.keepsLocal) raiseCounters(db, plan.schema);
    const record = readRecord(db);
    if (!record.ok) return record;
    if (summary.empty && kept === undefined) {
      const noted = noteApplied(db, plan, id);
      return noted.ok ? success(summary) : noted;
    }
    const prepared = prepareUndo(db, plan, former, record.value && summarize(record.value));
    const { setAside, ...history } = makeRoom(db, plan, record.value);
    const undo = encodeUndo({ ...prepared, setAside, keptBy: kept?.by });
    const written = writePlan(db, plan);
    if (!written.ok) return written;
    const now = Date.now();
    writeRecord(db, { ...id, appliedAt: now, changedAt: now, verified: false, undo, ...history });
    return success(summary);
  };
  return success({ files: mergeFiles(...(kept?.files ?? []), ...plan.files), change });
}

function withKept(db: Database, { schema, summary }: Plan): PlanSummary {
  const { monitors, others } = countLocal(db, schema);
  const note = `What was here stays, as this instance's own (monitors: ${monitors}, others: ${others}).`;
  return { ...summary, notes: [note, ...summary.notes] };
}

/**
 * Notes that a snapshot equal to what is here counts as applied and verified, and what we have to remember of it;
 * nothing of Kuma's is changed. Must run in a transaction.
 */
export function prepareMark(
  db: Database,
  snapshot: Snapshot,
  id: { snapshotId: string; contentHash: string },
  surroundings: Surroundings & { readonly kumaVersion: string },
): DatabaseResult<PreparedChange<void>> {
  const plan = isAnythingOwn(db, surroundings) ? makePlan(db, snapshot, surroundings) : undefined;
  if (plan && !plan.ok) return plan;
  const change = (): DatabaseResult<void> => {
    if (plan && surroundings.rules?.keepsLocal) raiseCounters(db, plan.value.schema);
    // Else somebody has edited since it was compared: the next apply remembers.
    return plan?.value.summary.empty ? noteApplied(db, plan.value, id) : recordApplied(db, id);
  };
  return success({ files: [], change });
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
function writePlan(db: Database, { schema, tables, broken: before }: Plan): DatabaseResult<void> {
  if (tables.length === 0) return success(undefined);
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
