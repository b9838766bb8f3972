import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

/**
 * Whether this Kuma would change the schema of this database at its next start.
 * Kuma 2.x notes each migration in the table knex_migrations; 1.23 notes them in the setting databasePatchedFiles.
 * Both keep the scripts themselves in their tree's db folder (seen in 1.23.0 to 2.5.3). Anything that cannot be read
 * counts as pending, since that is the careful answer: Kuma is then started before anything is changed.
 * @param file Kuma's database
 * @param kumaDir Kuma's tree
 */
export function hasPendingMigrations(file: string, kumaDir: string): boolean {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    try {
      if (existsSync(knexFolder(kumaDir))) return isMissingMigrations(readKnexMigrations(db), kumaDir);
      const done = readPatchedFiles(db);
      return listFiles(join(kumaDir, "db"), /^patch-.*\.sql$/).some((script) => !done.has(script));
    } finally {
      db.close();
    }
  } catch {
    return true;
  }
}

/** Whether Kuma 2 would make migrations that are not among those done. It has the same ones for every database. */
export function isMissingMigrations(done: ReadonlySet<unknown>, kumaDir: string): boolean {
  return listFiles(knexFolder(kumaDir), /\.js$/).some((script) => !done.has(script));
}

function knexFolder(kumaDir: string): string {
  return join(kumaDir, "db", "knex_migrations");
}

function listFiles(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder).filter((name) => pattern.test(name));
}

function readKnexMigrations(db: Database.Database): Set<unknown> {
  return new Set(db.prepare("SELECT name FROM knex_migrations").pluck().all());
}

function readPatchedFiles(db: Database.Database): Set<unknown> {
  const value = db.prepare("SELECT value FROM setting WHERE key = 'databasePatchedFiles'").pluck().get();
  return new Set(Object.keys(JSON.parse(String(value))));
}
