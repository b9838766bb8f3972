import type { Database } from "better-sqlite3";
import { type Result, success } from "../result.ts";
import { type BashSnapshotProblem, incomplete, invalid } from "./problems.ts";
import { readStatements } from "./sql-tokens.ts";
import { judge } from "./statements.ts";

/** What the version for Uptime Kuma 1.23 dumps, one after the other. */
export const DUMPED_TABLES: readonly string[] = [
  ...["monitor", "monitor_tag", "tag", "monitor_notification", "notification", "monitor_group", "group"],
  ...["status_page", "monitor_maintenance", "maintenance", "maintenance_status_page", "incident"],
];

/** How the shell of SQLite begins a dump, and tells in it that it could not go on. */
const BEGINNING = "PRAGMA foreign_keys=OFF;";
const SHELL_ERROR = "/**** ERROR:";

/** Whether a file can only be such a dump: no export of ours begins like that. */
export function isDump(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, BEGINNING.length)).toString("latin1") === BEGINNING;
}

/**
 * Loads a dump into an empty database. Nothing of it is run that `judge` has not let through; that the tables and rows
 * of the twelve blocks are all there is checked, for the bash version published a dump that had failed as well.
 */
export function loadDump(db: Database, sql: string): Result<void, BashSnapshotProblem> {
  if (sql.includes("\u0000")) return invalid("its dump has a zero byte in it");
  const found = new Set<string>();
  let isOpen = false;
  for (const tokens of readStatements(sql)) {
    if (tokens === "cut-off") return incomplete("its dump is cut off");
    if (tokens === "strange") return invalid("its dump has a character that SQL does not know");
    const statement = judge(tokens);
    switch (statement.kind) {
      case "begin":
        isOpen = true;
        break;
      case "commit":
        isOpen = false;
        break;
      case "skipped":
        break;
      case "failed":
        return incomplete(`the dump of the bash version had failed ${reasonIn(sql)}`);
      case "table":
      case "row": {
        if (!DUMPED_TABLES.includes(statement.table))
          return invalid("its dump has a table that the bash version does not dump");
        const done = run(db, statement.sql, statement.table);
        if (!done.ok) return done;
        found.add(statement.table);
        break;
      }
      case "refused":
        return invalid("its dump has a statement that SQLite's .dump does not write for these tables");
    }
  }
  if (isOpen) return incomplete("its dump ends before its last table does");
  const lacking = DUMPED_TABLES.find((table) => !found.has(table));
  return lacking === undefined ? success(undefined) : incomplete(`its dump has no table ${lacking}`);
}

/** `prepare` takes one statement alone. */
function run(db: Database, sql: string, table: string): Result<void, BashSnapshotProblem> {
  try {
    db.prepare(sql).run();
    return success(undefined);
  } catch {
    // SQLite's words may quote a row.
    return invalid(`its dump of table ${table} cannot be read by SQLite`);
  }
}

/** What the shell said, such as "(database is locked)". */
function reasonIn(sql: string): string {
  const at = sql.lastIndexOf(SHELL_ERROR);
  const said = at < 0 ? undefined : /^\s*\(\d+\) ([\w ]{1,60})/.exec(sql.slice(at + SHELL_ERROR.length));
  return said?.[1] === undefined ? "half-way" : `(${said[1].trim()})`;
}
