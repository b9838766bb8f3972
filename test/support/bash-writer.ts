import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Connection, RowDataPacket } from "mysql2/promise";

/** In the order in which the version for Uptime Kuma 1.23 dumps them. */
const DUMPED = [
  ...["monitor", "monitor_tag", "tag", "monitor_notification", "notification", "monitor_group", "group"],
  ...["status_page", "monitor_maintenance", "maintenance", "maintenance_status_page", "incident"],
];

/** In the order in which the version for Uptime Kuma 2 exports them. */
const EXPORTED = [
  ...[
    "group",
    "user",
    "tag",
    "notification",
    "status_page",
    "proxy",
    "remote_browser",
    "incident",
    "api_key",
  ],
  ...[
    "maintenance",
    "monitor",
    "monitor_notification",
    "monitor_group",
    "monitor_tag",
    "monitor_maintenance",
  ],
  "maintenance_status_page",
];

/** What SQLite's shell 3.40.1 prints for `.dump T`, table after table: the backup.sql of the version for 1.23. */
export function writeDump(databaseFile: string, { indexes = false } = {}): string {
  const db = new Database(databaseFile, { readonly: true });
  try {
    db.defaultSafeIntegers(true);
    return DUMPED.map((table) => dumpTable(db, table, indexes)).join("");
  } finally {
    db.close();
  }
}

function dumpTable(db: Database.Database, table: string, indexes: boolean): string {
  const sqlOf = db.prepare<[string, string], string>(
    "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL ORDER BY rowid",
  );
  const [definition = ""] = sqlOf.pluck().all(table, "table");
  // The shell adds this where the name is in quotes, as it is after ALTER TABLE … RENAME.
  const created = definition.replace(/^CREATE TABLE (['"])/, "CREATE TABLE IF NOT EXISTS $1");
  const columns = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  const list = columns.map((column) => `"${column}"`).join(", ");
  const rows = db.prepare<[], unknown[]>(`SELECT ${list} FROM "${table}" ORDER BY rowid`).raw().all();
  const name = table === "group" ? `"${table}"` : table;
  return [
    "PRAGMA foreign_keys=OFF;",
    "BEGIN TRANSACTION;",
    `${created};`,
    ...rows.map((row) => `INSERT INTO ${name} VALUES(${row.map(literal).join(",")});`),
    ...(indexes ? sqlOf.pluck().all(table, "index") : []).map((sql) => `${sql};`),
    "COMMIT;\n",
  ].join("\n");
}

function literal(value: unknown): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return Number.isInteger(value) ? `${value}.0` : String(value);
  return typeof value === "string" ? textLiteral(value) : String(value);
}

/**
 * Line ends by marks that the text does not have, so that each row stays on a line (output_quoted_escaped_string in
 * shell.c).
 */
function textLiteral(value: string): string {
  const [lf, cr] = [unusedIn(value, "\\n", "\\012"), unusedIn(value, "\\r", "\\015")];
  const quoted = `'${value.replaceAll("'", "''").replaceAll("\n", lf).replaceAll("\r", cr)}'`;
  const withCr = value.includes("\r") ? `replace(${quoted},'${cr}',char(13))` : quoted;
  return value.includes("\n") ? `replace(${withCr},'${lf}',char(10))` : withCr;
}

function unusedIn(value: string, ...marks: readonly [string, string]): string {
  const free = marks.find((mark) => !value.includes(mark));
  for (let number = 0; ; number += 1) {
    const mark = free ?? `(${marks[0]}${number})`;
    if (!value.includes(mark)) return mark;
  }
}

/** The CSV files of the version for Uptime Kuma 2, as csv-writer writes them. @param folder is made */
export function writeExports(databaseFile: string, folder: string): void {
  const db = new Database(databaseFile, { readonly: true });
  try {
    mkdirSync(folder, { recursive: true });
    for (const table of EXPORTED) {
      const columns = db
        .prepare<[string], string>("SELECT name FROM pragma_table_info(?)")
        .pluck()
        .all(table);
      const rows = db.prepare<[], unknown[]>(`SELECT * FROM "${table}"`).raw().all();
      const records = [columns, ...rows].map((row) => `${row.map(field).join(",")}\n`);
      if (rows.length > 0) writeFileSync(join(folder, `${table}.csv`), records.join(""));
    }
  } finally {
    db.close();
  }
}

function field(value: unknown): string {
  const text = String(value);
  return /[,"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The same from MariaDB, as the bash version asks mysql2: prepared statements, dates as text. @param folder is made */
export async function writeMariaDbExports(connection: Connection, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const table of EXPORTED) {
    const [described] = await connection.execute<RowDataPacket[]>(`DESCRIBE \`${table}\``);
    const columns = described.map(({ Field }) => String(Field));
    const [rows] = await connection.execute<RowDataPacket[]>(`SELECT * FROM \`${table}\``);
    const records = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
    const text = records.map((record) => `${record.map(field).join(",")}\n`).join("");
    if (rows.length > 0) writeFileSync(join(folder, `${table}.csv`), text);
  }
}
