import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openSqlite } from "../../src/database/index.ts";
import type { Snapshot } from "../../src/snapshot/index.ts";
import { assertInvariant } from "./invariant.ts";
import { projectFolder } from "./paths.ts";

/** Monitors that later versions delete one by one, each with a history to lose. */
const VICTIMS = { first: 1_000, count: 120, beats: 15 };

const templates = new Map<string, string>();

/** Fills a data folder as a real, populated Uptime Kuma left it, with more monitors and more history. */
export function fillData(dataDir: string, kumaVersion = "2.5.3"): void {
  const template = templates.get(kumaVersion) ?? makeTemplate(kumaVersion);
  templates.set(kumaVersion, template);
  mkdirSync(dataDir, { recursive: true });
  copyFileSync(template, join(dataDir, "kuma.db"));
  writeIcon(dataDir, "the first icon");
}

/** Only what begins as an image does is published. */
export function writeIcon(dataDir: string, text: string): void {
  mkdirSync(join(dataDir, "upload"), { recursive: true });
  writeFileSync(join(dataDir, "upload", "logo1.png"), `\x89PNG\r\n\x1a\n${text}`, "latin1");
}

function makeTemplate(kumaVersion: string): string {
  const folder = mkdtempSync(join(tmpdir(), "faults-template-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "kuma.db");
  copyFileSync(join(projectFolder, `test/fixtures/kuma-dbs/${kumaVersion}.db`), file);
  change(folder, [
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${VICTIMS.count - 1})
     INSERT INTO monitor (id, name, type, url, active, user_id, interval)
     SELECT ${VICTIMS.first} + i, 'victim ' || i, 'http', 'http://127.0.0.1:9/' || i, i % 10 = 0, 1, 60 FROM n`,
    `INSERT INTO monitor_notification (monitor_id, notification_id) SELECT id, 1 FROM monitor WHERE id >= ${VICTIMS.first}`,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${VICTIMS.beats})
     INSERT INTO heartbeat (monitor_id, status, msg, time, ping)
     SELECT monitor.id, 1, 'history ' || n.i, '2026-11-01 00:00:00', 7 FROM monitor, n WHERE monitor.id >= ${VICTIMS.first}`,
    "UPDATE status_page SET icon = '/upload/logo1.png?t=1' WHERE id = 1",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA journal_mode = DELETE",
  ]);
  return file;
}

/** Runs SQL on a Kuma's database, as the Kuma that runs on it would: foreign keys on, in one transaction each. */
export function change(dataDir: string, statements: readonly string[]): void {
  const db = new Database(join(dataDir, "kuma.db"), { fileMustExist: true, timeout: 30_000 });
  try {
    for (const statement of statements) db.exec(statement);
  } finally {
    db.close();
  }
}

/** A person edits: a little of everything, different for each version. Many rows, so that half of it would show. */
export function edit(dataDir: string, version: number): void {
  writeIcon(dataDir, `icon of version ${version}`);
  change(dataDir, [
    `BEGIN IMMEDIATE;
     UPDATE monitor SET description = 'version ${version}', interval = ${20 + version} WHERE type <> 'group';
     UPDATE tag SET color = '#${String(version).padStart(6, "0")}';
     UPDATE notification SET name = 'notification ${version}' WHERE id = 1;
     UPDATE status_page SET title = 'title ${version}', icon = '/upload/logo1.png?t=${version}' WHERE id = 1;
     UPDATE maintenance SET description = 'version ${version}';
     UPDATE incident SET content = 'version ${version}; --';
     DELETE FROM monitor WHERE id = ${VICTIMS.first + (version % VICTIMS.count)};
     INSERT INTO monitor (name, type, active, user_id) VALUES ('added in version ${version}', 'ping', 1, 1);
     COMMIT`,
  ]);
}

/** The configuration in a data folder as a snapshot. */
export function takeSnapshot(dataDir: string, instanceName = "source"): Snapshot {
  const read = openSqlite({
    file: join(dataDir, "kuma.db"),
    uploadDir: join(dataDir, "upload"),
    kumaVersion: "2.5.3",
  }).read();
  assertInvariant(read.ok, `the harness itself could not read ${dataDir}`);
  const createdAt = new Date().toISOString();
  return {
    origin: { kumaVersion: "2.5.3", instanceName, instanceId: "source", createdAt },
    content: read.value,
  };
}
