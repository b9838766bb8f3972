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

/**
 * What the bash version does on MariaDB, by the client: it knows no transaction, and writes one statement for each row.
 */
export function openClient(socket: string, database: string) {
  const options = ["--no-defaults", `--socket=${socket}`, "--user=root"];
  const mariadb = [...options, "--default-character-set=utf8mb4", database];
  return {
    /** Reads table after table; gives milliseconds. */
    readAndHash: async (): Promise<number> => {
      const begun = performance.now();
      for (const table of TABLES)
        await execa("mariadb", [...mariadb, "--batch", "-e", `SELECT * FROM \`${table}\``], {
          buffer: false,
        }).pipe("sha256sum");
      return performance.now() - begun;
    },
    /** The statements that put all rows back, to be run by `replaceAll`. */
    dump: async (): Promise<string> => {
      const form = ["--no-create-info", "--skip-extended-insert", "--complete-insert", "--skip-add-locks"];
      const { stdout } = await execa(
        "mariadb-dump",
        [...options, ...form, "--skip-disable-keys", "--no-autocommit=0", database, ...TABLES],
        { maxBuffer: MAX_DUMP },
      );
      const deletes = TABLES.map((table) => `DELETE FROM \`${table}\`;`);
      return ["SET foreign_key_checks = 0;", ...deletes, stdout].join("\n");
    },
    /** Gives milliseconds. */
    replaceAll: async (statements: string): Promise<number> => {
      const begun = performance.now();
      await execa("mariadb", mariadb, { input: statements, maxBuffer: MAX_DUMP });
      return performance.now() - begun;
    },
  };
}
