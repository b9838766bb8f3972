import Database from "better-sqlite3";
import { errorMessage } from "../format.ts";
import { failure } from "../result.ts";
import type { DatabaseProblem, DatabaseProblemCode } from "./types.ts";

/** What to do, by problem. */
const ADVICE: Readonly<Record<DatabaseProblemCode, string>> = {
  "database-missing":
    "Start Uptime Kuma once so that it makes its database, or check where its data folder is.",
  "database-empty":
    "Uptime Kuma hangs on an empty database file: if nothing of value is in the folder, remove the file and restart.",
  "database-not-sqlite":
    "Check that the data folder is Uptime Kuma's, and which database its db-config.json names. It runs on, alone.",
  "database-not-mariadb":
    "Move Uptime Kuma's database to MariaDB (10.11 is tried): MySQL is not supported. Uptime Kuma runs on, alone.",
  "database-settings-invalid":
    "Correct the variable (UPTIME_KUMA_DB_…) or db-config.json in Uptime Kuma's data folder, and restart.",
  "database-not-chosen": "Open Uptime Kuma's page and choose one; replication begins after that.",
  "database-unreachable":
    "Nothing to do if it passes; else start the database server, or check its address in Uptime Kuma's settings.",
  "database-login-refused":
    "Check user, password and database name in Uptime Kuma's settings, and what the account may do (GRANT ALL on that database).",
  "database-untrusted":
    "Check UPTIME_KUMA_DB_SSL and UPTIME_KUMA_DB_CA, and the certificate and the demands of the database server.",
  "database-damaged":
    "Restore the data folder from a backup, or let SQLite's .recover command save what it can.",
  "database-locked": "Nothing to do if it passes; else find out which other program has the database open.",
  "database-read-only":
    "Give this process read and write access to the data folder and all files in it; on a MariaDB server, to Uptime Kuma's account, and end the server's read-only mode.",
  "database-full":
    "Free space on the disk of the database (the data folder, or the MariaDB server's); nothing was changed.",
  "schema-unknown": "Check that versions of Uptime Kuma and Replicator Kuma fit each other.",
  "version-mismatch": "Run the same version of Uptime Kuma on all instances; nothing was changed.",
  "snapshot-inconsistent":
    "Nothing was changed here. On the primary, `replicator-kuma doctor` names the same rows and what mends them; if it does not know of them, update Replicator Kuma there.",
  "database-cannot-hold":
    "Nothing was changed here. Change these values on the primary: shorter, or in a form that both databases hold.",
  "upload-failed": "Check space, owner and permissions of the upload folder in Uptime Kuma's data folder.",
  "database-failed": "Nothing was changed. Please report it with this line if it stays.",
};

/** By the start of SQLite's extended result code (https://www.sqlite.org/rescode.html); the first that fits. */
const SQLITE_CODES: readonly (readonly [string, DatabaseProblemCode, string])[] = [
  ["SQLITE_BUSY", "database-locked", "is locked by another program"],
  ["SQLITE_LOCKED", "database-locked", "is locked by another program"],
  ["SQLITE_PROTOCOL", "database-locked", "is locked by another program"],
  ["SQLITE_NOTADB", "database-not-sqlite", "is not an SQLite database"],
  ["SQLITE_CORRUPT", "database-damaged", "is damaged"],
  ["SQLITE_FULL", "database-full", "cannot grow: the disk is full"],
  ["SQLITE_READONLY", "database-read-only", "cannot be written"],
  ["SQLITE_CANTOPEN", "database-read-only", "cannot be opened"],
  ["SQLITE_PERM", "database-read-only", "cannot be opened"],
];

/** An expected failure; the advice follows from the code. */
export function refuse(code: DatabaseProblemCode, message: string) {
  return failure<DatabaseProblem>({ code, message, advice: ADVICE[code] });
}

/** Whatever SQLite or the file system threw, as a problem that names the database file. */
export function explain(error: unknown, file: string) {
  if (error instanceof Database.SqliteError) {
    const known = SQLITE_CODES.find(([prefix]) => error.code.startsWith(prefix));
    if (known) return refuse(known[1], `The database ${file} ${known[2]} (${error.code}).`);
    return refuse("database-failed", `The database ${file} failed: ${error.message} (${error.code}).`);
  }
  // Only uploaded files are touched through the file system; node's message names call and path.
  if (error instanceof Error && "syscall" in error)
    return refuse("upload-failed", `An uploaded icon: ${error.message}.`);
  return refuse("database-failed", `The database ${file} failed: ${errorMessage(error)}.`);
}
