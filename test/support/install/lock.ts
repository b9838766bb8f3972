import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { labFolder } from "../paths.ts";

/** Longer than the slowest thing done under a lock (compiling Kuma's SQLite on a slow machine), milliseconds. */
const WAIT_AT_MOST = 15 * 60_000;

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

/**
 * Does `task` while no other process does one under the same name: test files run side by side, and each may be the
 * first to need an install. The lock is SQLite's on an empty file, so the kernel frees it when its holder dies.
 */
export async function withLock<T>(name: string, task: () => Promise<T>, folder = labFolder): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const lock = new Database(join(folder, `${name}.lock`), { timeout: 0 });
  try {
    for (const end = Date.now() + WAIT_AT_MOST; ; await sleep(200)) {
      try {
        lock.exec("BEGIN EXCLUSIVE");
        break;
      } catch (error) {
        if (!isBusy(error) || Date.now() > end) throw error;
      }
    }
    return await task();
  } finally {
    lock.close();
  }
}
