import type { Database } from "better-sqlite3";
import { accountTables, catalog, historyTables } from "../catalog.ts";
import { makeRemembered, REMEMBERED, REMEMBERED_COLUMNS } from "../own/remembered.ts";
import { OTHER_ACCOUNTS } from "../plan/owners.ts";
import { openInMemory, quote } from "../sqlite/connection.ts";
import { makeTable, TABLE as RECORD } from "../write/record.ts";
import { fromServer } from "./history.ts";
import { NoTables } from "./problems.ts";
import type { Cell, Session } from "./session.ts";
import { type MariaDbColumn, type MariaDbTable, readTables } from "./tables.ts";

/**
 * Kuma's tables on MariaDB as an SQLite database in memory, made for one call: so what content means is said in one
 * place, in SQL that SQLite answers. A mirror costs about what reading its rows costs.
 */
export interface Mirror {
  readonly db: Database;
  /** The replicated tables that are there, as the server has them. */
  readonly tables: readonly MariaDbTable[];
  /** What was copied. */
  readonly scope: MirrorScope;
}

/** Of our record, without the undo. */
export const RECORD_COLUMNS = [
  ...["id", "snapshot_id", "content_hash", "applied_at", "proven", "stale_history", "kept_history"],
  "changed_at",
] as const;

/** What of the database a call needs. */
export interface MirrorScope {
  /** The replicated rows. */
  readonly rows: boolean;
  /** Our record, with or without its undo; without, an empty text stands for one that is there. */
  readonly record: "summary" | "whole";
  /** Which monitors have history: a row stands for all that a table has of one. */
  readonly history: boolean;
  /** Whether nobody else may change what was copied until the end of the transaction. */
  readonly lock: boolean;
}

/** Our record alone, without its undo. */
export const RECORD_ONLY = { rows: false, record: "summary", history: false } as const;

/** Works on a mirror, and lets go of it. Must begin in a transaction, so that the tables fit each other. */
export async function withMirror<T>(
  session: Session,
  scope: MirrorScope,
  work: (mirror: Mirror) => T | Promise<T>,
): Promise<T> {
  const mirror = await makeMirror(session, scope);
  try {
    return await work(mirror);
  } finally {
    mirror.db.close();
  }
}

/** Copies what the scope names. */
async function makeMirror(session: Session, scope: MirrorScope): Promise<Mirror> {
  const names = [...accountTables, ...catalog].map(({ name }) => name);
  const found = await readTables(session, [...names, ...historyTables, RECORD, REMEMBERED, OTHER_ACCOUNTS]);
  const tables = found.filter(({ name }) => names.includes(name));
  if (tables.length === 0) throw new NoTables();
  const db = openInMemory();
  try {
    for (const table of tables) db.exec(defineTable(table));
    db.exec("CREATE TABLE setting (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, value TEXT)");
    makeTable(db);
    makeRemembered(db);
    if (found.some(({ name }) => name === OTHER_ACCOUNTS)) await copyOtherAccounts(session, db);
    // Not FOR UPDATE: Kuma's INSERT of a heartbeat shares the row of its monitor, and would wait for the plan.
    const lock = scope.lock ? " LOCK IN SHARE MODE" : "";
    if (scope.rows) {
      for (const { name, columns } of tables) {
        const list = columns.map((column) => quote(column.name));
        const rows = await session.read(`SELECT ${list.join(", ")} FROM ${quote(name)}${lock}`);
        insertRows(db, name, list, rows);
      }
      const settings = await session.read(`SELECT "key", value FROM setting WHERE "key" = 'serverTimezone'`);
      insertRows(db, "setting", ["key", "value"], settings);
      if (found.some(({ name }) => name === REMEMBERED)) {
        const rows = await session.read(`SELECT ${REMEMBERED_COLUMNS.join(", ")} FROM ${REMEMBERED}${lock}`);
        insertRows(db, REMEMBERED, REMEMBERED_COLUMNS, rows);
      }
    }
    for (const table of tables) setCounter(db, table);
    if (found.some(({ name }) => name === RECORD)) await copyRecord(session, db, scope.record, lock);
    const history = found.filter(({ name }) => historyTables.includes(name));
    if (scope.history) for (const table of history) await copyHistory(session, db, table);
    return { db, tables, scope };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Kuma 3's accounts: all that is asked of them is which there are, and which was the first. */
async function copyOtherAccounts(session: Session, db: Database): Promise<void> {
  db.exec(`CREATE TABLE ${OTHER_ACCOUNTS} (id TEXT PRIMARY KEY, createdAt TEXT)`);
  const rows = await session.read(`SELECT id, CAST(createdAt AS CHAR) FROM ${OTHER_ACCOUNTS}`);
  insertRows(db, OTHER_ACCOUNTS, ["id", "createdAt"], rows);
}

function defineTable({ name, columns, unique, references }: MariaDbTable): string {
  const parts = columns.map((column) => {
    if (column.name === "id") return "id INTEGER PRIMARY KEY AUTOINCREMENT";
    const [notNull, fallback] = [column.isNullable ? "" : " NOT NULL", toDefault(column)];
    return `${quote(column.name)} ${toType(column)}${notNull}${fallback}`;
  });
  const keys = references.map(
    ({ column, parent, key }) => `FOREIGN KEY (${quote(column)}) REFERENCES ${quote(parent)} (${quote(key)})`,
  );
  const indexes = unique.map(
    (set) =>
      `CREATE UNIQUE INDEX ${quote(`${name} ${set.join(" ")}`)} ON ${quote(name)} (${set.map(quote).join(", ")})`,
  );
  return [`CREATE TABLE ${quote(name)} (${[...parts, ...keys].join(", ")})`, ...indexes].join(";\n");
}

/** A declared type by which SQLite stores what the server answers: whole numbers, floating ones, or text. */
function toType({ type }: MariaDbColumn): string {
  if (/^(tiny|small|medium|big)?int$/.test(type)) return "INTEGER";
  if (/^(double|float)$/.test(type)) return "DOUBLE";
  if (/^(datetime|time)$/.test(type)) return type.toUpperCase();
  return /blob|binary/.test(type) ? "BLOB" : "TEXT";
}

/** MariaDB writes a default as SQL, with \' for a quote in a text, and the present time as a call. */
function toDefault({ default: expression }: MariaDbColumn): string {
  if (expression === undefined) return "";
  if (/^current_timestamp/i.test(expression)) return " DEFAULT (datetime('now'))";
  if (/^-?\d+(\.\d+)?$/.test(expression)) return ` DEFAULT ${expression}`;
  const text = /^'(.*)'$/s.exec(expression)?.[1];
  if (text === undefined) return "";
  return ` DEFAULT '${text.replaceAll(/\\(.)|''/gs, (pair) => pair.slice(1)).replaceAll("'", "''")}'`;
}

/** @param columns as SQL */
function insertRows(db: Database, table: string, columns: readonly string[], rows: readonly Cell[][]): void {
  const [first] = rows;
  if (first === undefined) return;
  const places = first.map(() => "?").join(", ");
  const insert = db.prepare(`INSERT INTO ${quote(table)} (${columns.join(", ")}) VALUES (${places})`);
  for (const row of rows) insert.run(row);
}

/** A counter outlasts the rows: it tells whether there ever was one. */
function setCounter(db: Database, { name, nextId }: MariaDbTable): void {
  if (nextId === undefined) return;
  db.prepare("DELETE FROM sqlite_sequence WHERE name = ?").run(name);
  db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)").run(name, nextId - 1n);
}

async function copyRecord(
  session: Session,
  db: Database,
  record: MirrorScope["record"],
  lock: string,
): Promise<void> {
  const undo = `CASE WHEN "undo" IS NOT NULL THEN '' END`;
  const rows = await session.read(
    `SELECT ${RECORD_COLUMNS.join(", ")}, ${undo} FROM ${RECORD} WHERE id = 1${lock}`,
  );
  insertRows(db, RECORD, [...RECORD_COLUMNS, "undo"], rows);
  if (record === "summary" || rows.length === 0) return;
  const parts = await session.read(`SELECT "undo" FROM ${RECORD} WHERE "undo" IS NOT NULL ORDER BY id`);
  if (parts.length > 0) db.prepare(`UPDATE ${RECORD} SET undo = ?`).run(parts.flat().join(""));
}

/** Makes our tables where they are not yet. Not in a transaction: that would be committed by it. */
export async function makeOurTables(session: Session): Promise<void> {
  if ((await readTables(session, [RECORD, REMEMBERED])).length === 2) return;
  await session.run(`CREATE TABLE IF NOT EXISTS ${RECORD} (
    id INT UNSIGNED NOT NULL PRIMARY KEY,
    snapshot_id VARCHAR(255) NOT NULL DEFAULT '',
    content_hash VARCHAR(255) NOT NULL DEFAULT '',
    applied_at BIGINT NOT NULL DEFAULT 0,
    proven TINYINT NOT NULL DEFAULT 0,
    stale_history LONGTEXT NOT NULL DEFAULT '',
    kept_history LONGTEXT NOT NULL DEFAULT '',
    changed_at BIGINT NOT NULL DEFAULT 0,
    "undo" LONGTEXT
  ) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await session.run(`CREATE TABLE IF NOT EXISTS ${REMEMBERED} (
    id BIGINT NOT NULL PRIMARY KEY,
    row_id BIGINT NOT NULL,
    table_name VARCHAR(255) NOT NULL,
    value LONGTEXT NOT NULL
  ) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
}

/** Our record as it is here, without the undo, as a text to be compared. */
export function describeRecord({ db }: Mirror): string {
  const row = db.prepare<[], unknown[]>(`SELECT ${RECORD_COLUMNS} FROM ${RECORD}`).raw().get();
  return String(row);
}

/** The id of the row says which history it stood for at first. */
async function copyHistory(session: Session, db: Database, { name }: MariaDbTable): Promise<void> {
  db.exec(`CREATE TABLE ${quote(name)} (id INTEGER PRIMARY KEY, monitor_id INTEGER NOT NULL)`);
  const ids = await session.read(`SELECT DISTINCT monitor_id FROM ${quote(name)}`);
  const rows = ids.map(([id]) => fromServer(BigInt(String(id)))).map((id) => [id, id]);
  const insert = db.prepare(`INSERT INTO ${quote(name)} (id, monitor_id) VALUES (?, ?)`);
  for (const row of rows) insert.run(row);
}
