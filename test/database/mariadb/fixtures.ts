import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import Database from "better-sqlite3";
import type { RowDataPacket } from "mysql2/promise";
import type { KumaDatabase } from "../../../src/database/index.ts";
import { openMariaDb } from "../../../src/database/mariadb/open-mariadb.ts";
import type { MariaDbServer } from "../../../src/database/mariadb/session.ts";
import type { Content, Snapshot } from "../../../src/snapshot/index.ts";
import { SIDE_BY_SIDE, type TestMariaDb } from "../../support/mariadbd.ts";
import { ICON, value } from "../fixtures.ts";

export interface MariaDbInstance {
  readonly kuma: KumaDatabase;
  readonly database: string;
  readonly server: MariaDbServer;
  readonly uploadDir: string;
}

let made = 0;

/** A copy of the populated Kuma in a database of its own, dropped after the test. */
export async function makeMariaDb(
  t: TestContext,
  maria: TestMariaDb,
  kumaVersion = "2.5.3",
): Promise<MariaDbInstance> {
  const database = `kuma_${++made}`;
  const uploadDir = join(mkdtempSync(join(tmpdir(), "replicator-mariadb-")), "upload");
  mkdirSync(uploadDir);
  writeFileSync(join(uploadDir, "logo1.png"), ICON);
  const server = await maria.create(database, SIDE_BY_SIDE.mariadb);
  t.after(async () => {
    await maria.drop(database);
    rmSync(join(uploadDir, ".."), { recursive: true });
  });
  return { kuma: openMariaDb({ server, uploadDir, kumaVersion }), database, server, uploadDir };
}

/** Every row of every table but ours. */
export async function dumpMariaDb(
  maria: TestMariaDb,
  { database }: MariaDbInstance,
): Promise<Record<string, unknown>> {
  const connection = await maria.connect(database);
  try {
    const [tables] = await connection.query<RowDataPacket[]>(
      "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
    );
    const dump: Record<string, unknown> = {};
    for (const { name } of tables) {
      if (String(name).startsWith("replicator_")) continue;
      const [rows] = await connection.query<RowDataPacket[]>(`SELECT * FROM \`${name}\` ORDER BY 1`);
      dump[String(name)] = rows.map((row) => ({ ...row }));
    }
    return dump;
  } finally {
    await connection.end();
  }
}

/** What the primary of the other engine has, as a snapshot. */
export function snapshotOf(content: Content, kumaVersion = "2.5.3"): Snapshot {
  const createdAt = "2026-11-23T08:00:00.000Z";
  return { origin: { kumaVersion, instanceName: "primary", instanceId: "p", createdAt }, content };
}

export async function take(
  { kuma }: MariaDbInstance,
  change = (content: Content) => content,
): Promise<Snapshot> {
  return snapshotOf(change(value(await kuma.read())));
}

/**
 * Makes the SQLite copy in a file equal where the two truly differ: the second at which a row was made, the icon's, and
 * what Kuma writes by itself.
 */
export async function equalize(
  maria: TestMariaDb,
  { database }: MariaDbInstance,
  file: string,
): Promise<void> {
  const db = new Database(file, { fileMustExist: true });
  const columns = {
    monitor: ["created_date"],
    status_page: ["created_date", "modified_date", "icon"],
    group: ["created_date"],
    incident: ["created_date"],
  };
  for (const [table, names] of Object.entries(columns)) {
    for (const row of await maria.query(database, `SELECT * FROM \`${table}\``)) {
      const list = names.map((name) => `${name} = ?`).join(", ");
      db.prepare(`UPDATE "${table}" SET ${list} WHERE id = ?`).run(...names.map((name) => row[name]), row.id);
    }
  }
  db.close();
}
