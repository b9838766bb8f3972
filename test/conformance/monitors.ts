import { join } from "node:path";
import Database from "better-sqlite3";

/** As a person would in Kuma's pages; the stand-in does not look at its database. */
export function changeMonitors(folder: string, sql: string): void {
  const db = new Database(join(folder, "data", "kuma.db"));
  db.exec(sql);
  db.close();
}

/** Names of the monitors in an instance's database, and whether SQLite finds it whole. */
export function readMonitors(folder: string): { names: string; whole: boolean } {
  const db = new Database(join(folder, "data", "kuma.db"), { fileMustExist: true });
  try {
    const names = db.prepare("SELECT name FROM monitor ORDER BY id").pluck().all().join();
    return { names, whole: db.pragma("integrity_check", { simple: true }) === "ok" };
  } finally {
    db.close();
  }
}
