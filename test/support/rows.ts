import Database from "better-sqlite3";

/** Written down here once more, apart from the program's own catalog, so that a slip in that shows. */
const REPLICATED = [
  ...["monitor", "monitor_tag", "tag", "monitor_notification", "notification", "monitor_group", "group"],
  ...["status_page", "status_page_cname", "monitor_maintenance", "maintenance", "maintenance_status_page"],
  ...["incident", "proxy", "docker_host", "remote_browser"],
];

/**
 * What differs by nature: whose account a row belongs to, what Kuma writes by itself, and the zone of a maintenance
 * window, where "same as server" arrives as the name of that zone (maintenance.test.ts).
 */
const LOCAL_COLUMNS = ["user_id", "dns_last_result", "last_start_date", "timezone"];

/** Dates and times of day arrive in MariaDB's form: with seconds. */
const MOMENTS = ["start_date", "end_date", "start_time", "end_time"];

type Rows = Record<string, unknown>[];

/** The rows of a table in the order of its first column, each with its values in the order of `columns`. */
export interface TableRows {
  /** By name: their order in the database differs between fresh and migrated ones. */
  readonly columns: readonly string[];
  readonly rows: readonly unknown[][];
}

function inDatabase<T>(file: string, work: (db: Database.Database) => T): T {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 30_000 });
  db.defaultSafeIntegers(true);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** Every replicated row as the database has it, by table, without the columns that stay local. */
export function readReplicated(file: string): Record<string, Rows> {
  return asObjects(readReplicatedTables(file));
}

/** Every row of every table that is Kuma's own and not replicated. */
export function readLocal(file: string): Record<string, Rows> {
  return asObjects(readLocalTables(file));
}

/** As `readReplicated`, for tables of any size: rows as arrays take a fifth of the time. */
export function readReplicatedTables(file: string): Record<string, TableRows> {
  const tables = readTables(file, (table) => REPLICATED.includes(table), LOCAL_COLUMNS);
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, withSeconds(table)]));
}

/** As `readLocal`, for tables of any size. */
export function readLocalTables(file: string): Record<string, TableRows> {
  const others = [...REPLICATED, "sqlite_sequence", "replicator_apply", "replicator_remembered"];
  return readTables(file, (table) => !others.includes(table), []);
}

/** The rows that a query gives, with exact integers. */
export function query(file: string, sql: string, ...values: unknown[]): Rows {
  return inDatabase(file, (db) => db.prepare<unknown[], Record<string, unknown>>(sql).all(...values));
}

function listTables(db: Database.Database): string[] {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck();
  return names.all().map(String);
}

function readTables(
  file: string,
  isWanted: (table: string) => boolean,
  without: readonly string[],
): Record<string, TableRows> {
  return inDatabase(file, (db) => {
    const tables = listTables(db).filter(isWanted);
    return Object.fromEntries(tables.map((table) => [table, readTable(db, table, without)]));
  });
}

function readTable(db: Database.Database, table: string, without: readonly string[]): TableRows {
  const all = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  const columns = all.filter((column) => !without.includes(column)).sort();
  const list = columns.map((column) => `"${column}"`).join(", ");
  const query = `SELECT ${list} FROM "${table}" ORDER BY "${all[0]}"`;
  return { columns, rows: db.prepare<[], unknown[]>(query).raw().all() };
}

function withSeconds({ columns, rows }: TableRows): TableRows {
  const isMoment = columns.map((column) => MOMENTS.includes(column));
  const isShort = (value: unknown) =>
    typeof value === "string" && /^(\d{4}-\d\d-\d\d )?\d\d:\d\d$/.test(value);
  if (!isMoment.includes(true)) return { columns, rows };
  return {
    columns,
    rows: rows.map((row) => row.map((value, at) => (isMoment[at] && isShort(value) ? `${value}:00` : value))),
  };
}

function asObjects(tables: Record<string, TableRows>): Record<string, Rows> {
  const toObjects = ({ columns, rows }: TableRows) =>
    rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
  return Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, toObjects(rows)]));
}
