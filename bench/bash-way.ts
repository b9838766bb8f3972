import { execa, execaSync } from "execa";

/** What the bash version replicates, and how: the twelve tables of its README, by sqlite3's own dump. */
const TABLES = [
  ...["monitor", "monitor_tag", "tag", "monitor_notification", "notification", "monitor_group", "group"],
  ...["status_page", "monitor_maintenance", "maintenance", "maintenance_status_page", "incident"],
];

/** More than a dump of ten thousand monitors, bytes. */
const MAX_DUMP = 1024 ** 3;

/** `sqlite3 .dump` of the tables, piped to sha256sum; gives milliseconds. */
export async function dumpAndHash(file: string): Promise<number> {
  const begun = performance.now();
  await execa("sqlite3", [file, `.dump ${TABLES.join(" ")}`], { buffer: false }).pipe("sha256sum");
  return performance.now() - begun;
}

export function dumpTables(file: string): string {
  return execaSync("sqlite3", [file, `.dump ${TABLES.join(" ")}`], { maxBuffer: MAX_DUMP }).stdout;
}

/** Drops the tables and pipes the dump into sqlite3: what the bash version does with Kuma stopped. */
export function restoreTables(file: string, dump: string): void {
  const drops = TABLES.map((table) => `DROP TABLE IF EXISTS "${table}";`).join("\n");
  execaSync("sqlite3", [file], { input: drops });
  execaSync("sqlite3", [file], { input: dump, maxBuffer: MAX_DUMP });
}
