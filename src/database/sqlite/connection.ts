import { closeSync, fsyncSync, openSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { defineMoments } from "../moments.ts";
import { explain, refuse } from "../problems.ts";
import type { DatabaseProblem, DatabaseResult } from "../types.ts";

/** How long a call waits for a lock of Kuma's, milliseconds; Kuma's own transactions last well below a second. */
const BUSY_TIMEOUT = { read: 5_000, write: 10_000 };

/**
 * Opens the database, does the work, closes it. Nothing is ever created: on an empty `kuma.db` that somebody's open
 * call made, Kuma hangs for ever. Whatever SQLite throws comes back as a problem.
 */
export function withDatabase<T>(
  file: string,
  mode: "read" | "write",
  work: (db: Database.Database) => DatabaseResult<T>,
): DatabaseResult<T> {
  const unusable = checkFile(file);
  if (unusable) return { ok: false, problem: unusable };
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: mode === "read", fileMustExist: true, timeout: BUSY_TIMEOUT[mode] });
    setUp(db);
    if (mode === "write") {
      // better-sqlite3 turns foreign keys on: deleting a monitor would cascade away its heartbeats. Must come before
      // the transaction, inside it SQLite ignores the statement.
      db.pragma("foreign_keys = OFF");
      // Without a WAL a commit has to wait for the disk. With one it waits after it: see `flush`.
      db.pragma(hasWal(db) ? "synchronous = NORMAL" : "synchronous = FULL");
    }
    return work(db);
  } catch (error) {
    return explain(error, file);
  } finally {
    db?.close();
  }
}

/** A database in memory, empty, that is used as Kuma's is. */
export function openInMemory(): Database.Database {
  const db = new Database(":memory:");
  setUp(db);
  db.pragma("foreign_keys = OFF");
  return db;
}

/** The beginning of a sentence. What stands for MariaDB's tables has no file. */
export function nameDatabase(db: Database.Database): string {
  return db.memory ? "Uptime Kuma's database" : `The database ${db.name}`;
}

function setUp(db: Database.Database): void {
  // INTEGER as bigint and REAL as number: the only way to tell 1 from 1.0, and 2^53 + 1 from 2^53.
  db.defaultSafeIntegers(true);
  defineMoments(db);
}

/** All or nothing: a failure, returned or thrown, undoes what the work did. */
export function inTransaction<T>(
  db: Database.Database,
  kind: "DEFERRED" | "IMMEDIATE",
  work: () => DatabaseResult<T>,
): DatabaseResult<T> {
  try {
    db.exec(`BEGIN ${kind}`);
    const result = work();
    if (result.ok) db.exec("COMMIT");
    if (result.ok && kind === "IMMEDIATE") flush(db);
    return result;
  } catch (error) {
    return explain(error, db.name);
  } finally {
    if (db.inTransaction) db.exec("ROLLBACK");
  }
}

/**
 * Has what was committed survive a power cut. SQLite itself would wait for the disk within the commit (synchronous =
 * FULL), and Kuma's heartbeats with it; as Kuma does it (NORMAL), the last transactions of a WAL may be lost.
 * https://www.sqlite.org/pragma.html#pragma_synchronous
 */
function flush(db: Database.Database): void {
  if (!hasWal(db)) return;
  try {
    const wal = openSync(`${db.name}-wal`, "r");
    try {
      fsyncSync(wal);
    } finally {
      closeSync(wal);
    }
  } catch {
    // It is committed, and a disk that cannot do this is no reason to say otherwise.
  }
}

function hasWal(db: Database.Database): boolean {
  return db.pragma("journal_mode", { simple: true }) === "wal";
}

/** A name as an SQL identifier; Kuma has tables and columns named `group`, `default` and the like. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function checkFile(file: string): DatabaseProblem | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return refuse("database-missing", `There is no database at ${file}.`).problem;
  if (!stats.isFile()) return refuse("database-not-sqlite", `${file} is not a file.`).problem;
  if (stats.size === 0) return refuse("database-empty", `The database ${file} is an empty file.`).problem;
  return undefined;
}
