import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "better-sqlite3";
import { steadyNow } from "../../clock.ts";
import { success } from "../../result.ts";
import { REMEMBERED } from "../own/remembered.ts";
import { explain, refuse } from "../problems.ts";
import type { DatabaseProblem, DatabaseResult } from "../types.ts";
import { removeUploads, writeUploads } from "../uploads/uploads.ts";
import { tablesHere } from "../write/history.ts";
import { TABLE as RECORD } from "../write/record.ts";
import type { ChangedRows } from "../write/transaction.ts";
import { changesOf, type TableChanges, watchChanges } from "./changes.ts";
import { digestRows } from "./digest.ts";
import {
  describeRecord,
  type Mirror,
  type MirrorScope,
  makeOurTables,
  RECORD_ONLY,
  withMirror,
} from "./mirror.ts";
import { findMisfits } from "./misfits.ts";
import { describeServer, explainMariaDb } from "./problems.ts";
import { type MariaDbServer, type Session, withSession } from "./session.ts";
import { findFolded } from "./verify.ts";
import { writeChanges, writeHistory, writeRecord } from "./write.ts";

/** How long an answer is waited for after a COMMIT without one, and how often is asked, milliseconds. */
const SETTLING = { limit: 20_000, every: 500 };

/** How often a change is prepared while others may write. Heartbeats are no reason to do it again, an edit is. */
const ATTEMPTS = 5;

/**
 * Changes a mirror of what the scope names, and then MariaDB's rows in the same way, in one transaction: what the
 * change does and whether it is right is decided on the mirror, as on SQLite. That is done before the transaction, since
 * others wait for its locks; what they have changed meanwhile is found when it begins, and then all is done again, in
 * the end within it. Files as with `withFiles`.
 */
export async function inTransaction<T>(
  server: MariaDbServer,
  uploadDir: string,
  scope: Omit<MirrorScope, "lock">,
  change: (db: Database) => DatabaseResult<ChangedRows<T>>,
): Promise<DatabaseResult<T>> {
  return withSession(server, async (session): Promise<DatabaseResult<T>> => {
    await makeOurTables(session);
    for (let tries = 0; tries < ATTEMPTS; tries += 1) {
      const done = await changeOnce(session, false);
      if (done !== undefined) return done;
    }
    return (
      (await changeOnce(session, true)) ?? refuse("database-locked", "The database changes all the time.")
    );
  });

  /** @returns undefined: others have changed something meanwhile, and nothing was done */
  async function changeOnce(session: Session, lock: boolean): Promise<DatabaseResult<T> | undefined> {
    await session.run(lock ? "START TRANSACTION" : "START TRANSACTION WITH CONSISTENT SNAPSHOT");
    return withMirror(session, { ...scope, lock }, async (mirror) => {
      const before = describeRecord(mirror);
      const digest = lock ? undefined : await digestRows(session, mirror, false);
      if (!lock) await session.run("COMMIT");
      const changed = await changeMirror(session, server, mirror, change);
      if (!changed.ok) return changed;
      if (digest !== undefined && !(await beginAsBefore(session, mirror, digest))) return undefined;
      return write(session, mirror, before, changed.value);
    });
  }

  async function write(
    session: Session,
    mirror: Mirror,
    before: string,
    { outcome, files: wanted, changes }: ChangedRows<T> & { readonly changes: readonly TableChanges[] },
  ): Promise<DatabaseResult<T>> {
    const written = await writeAll(session, mirror, changes);
    if (!written.ok) return written;
    const files = attempt(server, () => success(writeUploads(uploadDir, wanted)));
    if (!files.ok) return files;
    const committed = await commit(session, server, { before, after: describeRecord(mirror) });
    if (committed.ok) removeUploads(uploadDir, wanted);
    else files.value();
    return committed.ok ? success(outcome) : committed;
  }
}

/** Begins a transaction in which nobody else changes what was read. @returns false: somebody has, and there is none */
async function beginAsBefore(session: Session, mirror: Mirror, digest: string): Promise<boolean> {
  await session.run("START TRANSACTION");
  if (digest === (await digestRows(session, mirror, true))) return true;
  await session.run("ROLLBACK");
  return false;
}

/**
 * Changes a mirror, and finds what MariaDB would not hold of that. With nothing written it is what the change would do.
 * @param session asked for what only the server knows
 * @returns also what has changed in the replicated tables
 */
export async function changeMirror<T>(
  session: Session,
  server: MariaDbServer,
  { db, tables, scope: { rows, history } }: Mirror,
  change: (db: Database) => DatabaseResult<ChangedRows<T>>,
): Promise<DatabaseResult<ChangedRows<T> & { readonly changes: readonly TableChanges[] }>> {
  const replicated = rows ? tables : [];
  const changed = attempt(server, () => {
    const names = rows ? [...replicated.map(({ name }) => name), REMEMBERED] : [];
    watchChanges(db, [...names, ...(history ? tablesHere(db) : []), RECORD]);
    return change(db);
  });
  if (!changed.ok) return changed;
  const changes = replicated.map((table) => ({ table, changes: changesOf(db, table.name) }));
  const misfits: string[] = [];
  for (const each of changes) misfits.push(...(await findMisfits(session, db, each.table, each.changes)));
  if (misfits.length > 0) return refuse("database-cannot-hold", misfits.join(" "));
  return success({ ...changed.value, changes: changes.map((each) => each.changes) });
}

async function writeAll(
  session: Session,
  { db, scope: { rows, history } }: Mirror,
  changes: readonly TableChanges[],
): Promise<DatabaseResult<void>> {
  for (const each of changes) {
    await writeChanges(session, each);
    const folded = await findFolded(session, each);
    if (folded)
      return refuse(
        "database-cannot-hold",
        `Row ${folded.id} of table ${each.table}: MariaDB would hold another ${folded.columns.join(", ")} than what is to be written.`,
      );
  }
  if (rows) await writeChanges(session, changesOf(db, REMEMBERED));
  if (history) for (const name of tablesHere(db)) await writeHistory(session, changesOf(db, name));
  await writeRecord(session, db);
  return success(undefined);
}

/**
 * An error at COMMIT does not say whether it was done (measured: the connection was lost, and the change was there).
 * Our record, which changes with the rows, does.
 * @param record before and after the change
 */
async function commit(
  session: Session,
  server: MariaDbServer,
  record: { readonly before: string; readonly after: string },
): Promise<DatabaseResult<void>> {
  try {
    await session.run("COMMIT");
    return success(undefined);
  } catch (error) {
    const { problem } = explainMariaDb(error, server);
    return settle(server, record, problem);
  }
}

async function settle(
  server: MariaDbServer,
  { before, after }: { readonly before: string; readonly after: string },
  problem: DatabaseProblem,
): Promise<DatabaseResult<void>> {
  const end = steadyNow() + SETTLING.limit;
  while (before !== after && steadyNow() < end) {
    const found = await withSession(server, async (session) =>
      success(await withMirror(session, { ...RECORD_ONLY, lock: false }, describeRecord)),
    );
    if (found.ok) return found.value === after ? success(undefined) : { ok: false, problem };
    await sleep(SETTLING.every);
  }
  if (before === after) return { ok: false, problem };
  return refuse(
    "database-unreachable",
    `The database ${describeServer(server)} was lost while a change was committed; whether it was made shows when it answers again.`,
  );
}

/** What SQLite or the file system throws comes back as a problem. */
function attempt<T>(server: MariaDbServer, work: () => DatabaseResult<T>): DatabaseResult<T> {
  try {
    return work();
  } catch (error) {
    return explain(error, describeServer(server));
  }
}
