import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openSqlite, type SyncDatabase } from "../src/database/index.ts";
import type { Snapshot } from "../src/snapshot/index.ts";
import { projectFolder } from "../test/support/paths.ts";

/** The release whose database all of these are of. */
export const KUMA = "2.5.3";
/** Ids of what is added begin here. */
export const FIRST = 100_000;

/** A data folder with the database of a real Kuma, and so many monitors more, each with its links. */
export function fillWithMonitors(dataDir: string, monitors: number): void {
  mkdirSync(dataDir, { recursive: true });
  copyFileSync(join(projectFolder, `test/fixtures/kuma-dbs/${KUMA}.db`), join(dataDir, "kuma.db"));
  runSql(
    dataDir,
    `BEGIN;
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${monitors})
     INSERT INTO monitor (id, name, type, url, description, active, user_id, interval)
     SELECT ${FIRST} + i, 'service ' || i, 'http', 'https://example.org/service/' || i, 'what it is for: ' || i, 0, 1, 60 FROM n;
     INSERT INTO monitor_notification (monitor_id, notification_id) SELECT id, 1 FROM monitor WHERE id > ${FIRST};
     INSERT INTO monitor_tag (monitor_id, tag_id, value) SELECT id, 1, 'value' FROM monitor WHERE id > ${FIRST};
     INSERT INTO monitor_group (monitor_id, group_id, weight)
     SELECT id, (SELECT min(id) FROM "group"), 1000 FROM monitor WHERE id > ${FIRST};
     INSERT INTO monitor_maintenance (monitor_id, maintenance_id)
     SELECT id, (SELECT min(id) FROM maintenance) FROM monitor WHERE id > ${FIRST} AND id % 10 = 0;
     COMMIT;`,
  );
}

/** Gives the first so many of the added monitors another description. */
export function changeMonitors(dataDir: string, monitors: number, text: string): void {
  runSql(
    dataDir,
    `UPDATE monitor SET description = '${text} ' || id WHERE id > ${FIRST} AND id <= ${FIRST + monitors}`,
  );
}

/** Gives the database so many heartbeats, of the monitors that are there, a minute apart. */
export function addHeartbeats(dataDir: string, heartbeats: number): void {
  runSql(
    dataDir,
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${heartbeats - 1})
     INSERT INTO heartbeat (monitor_id, status, msg, time, ping, duration, important)
     SELECT ${FIRST + 1} + i % (SELECT count(*) FROM monitor WHERE id > ${FIRST}), 1, '200 - OK',
            datetime('2026-01-01', '+' || (i / 1000) || ' minutes'), 20 + i % 50, 60, 0 FROM n`,
  );
}

export function openData(dataDir: string): SyncDatabase {
  return openSqlite({
    file: join(dataDir, "kuma.db"),
    uploadDir: join(dataDir, "upload"),
    kumaVersion: KUMA,
  });
}

/** What is in a data folder, as the snapshot of a primary. */
export function takeSnapshot(dataDir: string): Snapshot {
  const createdAt = new Date().toISOString();
  const origin = { kumaVersion: KUMA, instanceName: "bench", instanceId: "bench", createdAt };
  return { origin, content: taken(openData(dataDir).read()) };
}

/** The value of a result; a bench has no use for a problem. */
export function taken<T>(result: { ok: true; value: T } | { ok: false; problem: { message: string } }): T {
  if (result.ok) return result.value;
  throw new Error(result.problem.message);
}

/** Applies it as a replica does with Kuma stopped. */
export function apply(dataDir: string, snapshot: Snapshot): void {
  taken(openData(dataDir).apply(snapshot, { snapshotId: "ab".repeat(32), contentHash: "cd".repeat(32) }));
}

function runSql(dataDir: string, sql: string): void {
  const db = new Database(join(dataDir, "kuma.db"), { fileMustExist: true });
  try {
    db.pragma("journal_mode = WAL");
    db.exec(sql);
    db.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}
