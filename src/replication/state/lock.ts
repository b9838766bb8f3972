import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { errorMessage } from "../../format.ts";
import { failure, type Problem, type Result, success } from "../../result.ts";

/**
 * Makes the state folder if need be and takes it for this process. The lock is SQLite's own exclusive file lock: the
 * kernel drops it with the process, however that dies, so there is no stale lock and no time to guess.
 * @returns a function that gives the lock back, or the problem "instance-running" or "state-not-writable"
 */
export function lockStateDir(stateDir: string): Result<() => void> {
  const path = join(stateDir, "lock.db");
  try {
    // The mode is for the state alone: Kuma's embedded MariaDB, another user, must reach its data in the folder above.
    mkdirSync(dirname(stateDir), { recursive: true });
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const db = new Database(path, { timeout: 0 });
    try {
      db.pragma("locking_mode = EXCLUSIVE");
      db.exec("BEGIN EXCLUSIVE");
      return success(() => db.close());
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    return failure(explain(error, stateDir));
  }
}

function explain(error: unknown, stateDir: string): Problem {
  if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) {
    return {
      code: "instance-running",
      message: `Another Replicator Kuma is running on the same data: it holds the lock in ${stateDir}.`,
      advice: "Give each instance a data folder of its own, or stop the other one first.",
    };
  }
  return {
    code: "state-not-writable",
    message: `The state folder ${stateDir} cannot be written (${errorMessage(error)}).`,
    advice: "Make it writable for the user that runs this, or set REPLICATOR_STATE_DIR to a folder that is.",
  };
}
