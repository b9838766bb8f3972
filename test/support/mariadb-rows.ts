import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { TableRows } from "./rows.ts";
import { PATIENCE } from "./wait.ts";

/** Tables of a MariaDB database as `rows.ts` reads them from SQLite, to be compared with those. */
export async function readMariaDbTables(
  socketPath: string,
  database: string,
  like: Readonly<Record<string, TableRows>>,
): Promise<Record<string, TableRows>> {
  return inMariaDb(socketPath, database, async (query) => {
    const tables: Record<string, TableRows> = {};
    for (const [table, { columns }] of Object.entries(like)) {
      const list = columns.map((column) => `\`${column}\``).join(", ");
      const rows = await query(`SELECT ${list} FROM \`${table}\` ORDER BY id`);
      tables[table] = { columns, rows: rows.map((row) => columns.map((column) => row[column])) };
    }
    return tables;
  });
}

/** The rows that a query gives; dates as text. */
export function queryMariaDb(socketPath: string, database: string, sql: string) {
  return inMariaDb(socketPath, database, (query) => query(sql));
}

/** SQLite's exact integers as the numbers that MariaDB gives; those of a test are small. */
export function withNumbers(tables: Readonly<Record<string, TableRows>>): Record<string, TableRows> {
  const toNumber = (value: unknown) => (typeof value === "bigint" ? Number(value) : value);
  const entries = Object.entries(tables).map(([name, { columns, rows }]) => [
    name,
    { columns, rows: rows.map((row) => row.map(toNumber)) },
  ]);
  return Object.fromEntries(entries);
}

async function inMariaDb<T>(
  socketPath: string,
  database: string,
  work: (query: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<T>,
): Promise<T> {
  const connection = await createConnection({
    ...{
      socketPath,
      database,
      user: "root",
      charset: "utf8mb4_bin",
      dateStrings: true,
      connectTimeout: PATIENCE,
    },
  });
  try {
    return await work(async (sql) => {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows.map((row) => ({ ...row }));
    });
  } finally {
    await connection.end();
  }
}
