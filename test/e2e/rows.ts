import Database from "better-sqlite3";

/** Written down here once more, apart from the program's own catalog, so that a slip in that shows. */
const REPLICATED = [
  ...["monitor", "monitor_tag", "tag", "monitor_notification", "notification", "monitor_group", "group"],
  ...["status_page", "status_page_cname", "monitor_maintenance", "maintenance", "maintenance_status_page"],
  ...["incident", "proxy", "docker_host", "remote_browser"],
];

/** What differs by nature: whose account a row belongs to, and what Kuma writes by itself. */
const LOCAL_COLUMNS = ["user_id", "dns_last_result", "last_start_date"];

type Rows = Record<string, unknown>[];

function inDatabase<T>(file: string, work: (db: Database.Database) => T): T {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 });
  db.defaultSafeIntegers(true);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** Every replicated row as the database has it, by table, without the columns that stay local. */
export function readReplicated(file: string): Record<string, Rows> {
  return inDatabase(file, (db) => {
    const tables = listTables(db).filter((table) => REPLICATED.includes(table));
    return Object.fromEntries(tables.map((table) => [table, readTable(db, table, LOCAL_COLUMNS)]));
  });
}

/** Every row of every table that is Kuma's own and not replicated. */
export function readLocal(file: string): Record<string, Rows> {
  return inDatabase(file, (db) => {
    const tables = listTables(db).filter(
      (table) => !REPLICATED.includes(table) && table !== "sqlite_sequence" && table !== "replicator_apply",
    );
    return Object.fromEntries(tables.map((table) => [table, readTable(db, table, [])]));
  });
}

/** The rows that a query gives, with exact integers. */
export function query(file: string, sql: string, ...values: unknown[]): Rows {
  return inDatabase(file, (db) => db.prepare<unknown[], Record<string, unknown>>(sql).all(...values));
}

function listTables(db: Database.Database): string[] {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck();
  return names.all().map(String);
}

function readTable(db: Database.Database, table: string, without: readonly string[]): Rows {
  const rows = db.prepare<[], Record<string, unknown>>(`SELECT * FROM "${table}" ORDER BY 1`).all();
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([column]) => !without.includes(column))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  );
}
