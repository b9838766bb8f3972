import { spawnSync } from "node:child_process";
import { existsSync, rmSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { LabError } from "./install/lab-error.ts";

const FILES = ["kuma.db", "kuma.db-wal"];

/**
 * How long nobody has written to a database that is at rest, milliseconds; Linux tells writes apart by 4 ms at best.
 */
const AT_REST = 50;

/**
 * Copies Kuma's database, -wal included, from one data folder into another. Opens nothing for writing, so that what a
 * crash has left stays for the next start to recover.
 *
 * Database and -wal belong together. At rest both are copied as they are; where somebody writes all the time a large
 * copy never meets a quiet moment, and a checkpoint in its middle would leave it torn, so then a read transaction
 * keeps the -wal from beginning anew: it holds every page that changes in the database meanwhile.
 * @throws LabError when that cannot be had for some seconds.
 */
export function copyDatabase(from: string, to: string): void {
  for (let tries = 0; tries < 100; tries++) {
    if (copyAtRest(from, to) || copyInTransaction(from, to)) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AT_REST);
  }
  throw new LabError(`There is no whole copy of the database in ${from} to be had.`);
}

function copyAtRest(from: string, to: string): boolean {
  if (Date.now() - lastWrite(from) < AT_REST) return false;
  const before = signatures(from);
  return copyFiles(from, to) && signatures(from) === before;
}

function copyInTransaction(from: string, to: string): boolean {
  let db: Database.Database | undefined;
  try {
    db = new Database(join(from, "kuma.db"), { readonly: true, fileMustExist: true });
    db.exec("BEGIN; SELECT 1 FROM sqlite_master");
    return copyFiles(from, to);
  } catch {
    // Its writer ended just now, or began.
    return false;
  } finally {
    db?.close();
  }
}

/** By another process: closing a file here would drop the locks that SQLite holds on it here. */
function copyFiles(from: string, to: string): boolean {
  return FILES.every((name) => {
    rmSync(join(to, name), { force: true });
    const source = join(from, name);
    return !existsSync(source) || spawnSync("cp", ["--", source, join(to, name)]).status === 0;
  });
}

function lastWrite(folder: string): number {
  return Math.max(...FILES.map((name) => statsOf(folder, name)?.mtimeMs ?? 0));
}

/** Changes when one of the files does. */
function signatures(folder: string): string {
  return FILES.map((name) => statsOf(folder, name))
    .map((stats) => `${stats?.size} ${stats?.mtimeMs}`)
    .join(", ");
}

function statsOf(folder: string, name: string): Stats | undefined {
  return statSync(join(folder, name), { throwIfNoEntry: false });
}
