import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import Database from "better-sqlite3";
import { catalog } from "../../src/database/catalog.ts";
import { openSqlite, type SyncDatabase } from "../../src/database/index.ts";
import type { Result } from "../../src/result.ts";
import type { Content, Row, Snapshot, Table, Value } from "../../src/snapshot/index.ts";

/** Real databases of real, populated Kumas. */
export const VERSIONS = ["1.23.0", "1.23.13", "1.23.17", "2.0.0-dev.0", "2.0.2", "2.3.2", "2.5.3"] as const;
export type Version = (typeof VERSIONS)[number];

export const IDS = { snapshotId: "a".repeat(64), contentHash: "b".repeat(64) };

/** The icon that the fixtures' status page refers to. */
export const ICON = png("an icon");

/** A file that begins as a PNG does, with a text in it. */
export function png(text: string): Buffer {
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.from(text)]);
}

export interface Instance {
  readonly kuma: SyncDatabase;
  readonly file: string;
  readonly uploadDir: string;
  readonly version: Version;
}

/**
 * A copy of a fixture with its icon in a folder of its own, removed after the test.
 * @param timeZone TZ of its Kuma
 */
export function makeInstance(t: TestContext, version: Version, timeZone?: string): Instance {
  const dir = mkdtempSync(join(tmpdir(), "replicator-database-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "kuma.db");
  const uploadDir = join(dir, "upload");
  copyFileSync(new URL(`../fixtures/kuma-dbs/${version}.db`, import.meta.url), file);
  mkdirSync(uploadDir);
  writeFileSync(join(uploadDir, "logo1.png"), ICON);
  const kuma = openSqlite({ file, uploadDir, kumaVersion: version, timeZone });
  return { kuma, file, uploadDir, version };
}

export function value<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? "" : `${result.problem.code}: ${result.problem.message}`);
  return result.value;
}

export function problem(result: Result<unknown>) {
  assert.ok(!result.ok, "expected a problem");
  return result.problem;
}

export function takeSnapshot({ kuma, version }: Instance, change = (content: Content) => content): Snapshot {
  return {
    origin: {
      kumaVersion: version,
      instanceName: "primary",
      instanceId: "p",
      createdAt: "2026-11-23T08:00:00.000Z",
    },
    content: change(value(kuma.read())),
  };
}

/** Runs SQL on the instance's database, as Kuma or a person would. */
export function sql(instance: Instance, ...statements: string[]): void {
  const db = new Database(instance.file, { fileMustExist: true });
  for (const statement of statements) db.exec(statement);
  db.close();
}

export function query(instance: Instance, statement: string): Record<string, Value>[] {
  const db = new Database(instance.file, { fileMustExist: true });
  try {
    return db.defaultSafeIntegers(true).prepare<[], Record<string, Value>>(statement).all();
  } finally {
    db.close();
  }
}

/** Every row of every table but ours, and every file; what must be equal when nothing changed. */
export function dump(instance: Instance, isWanted = (_table: string) => true): Record<string, unknown> {
  const db = new Database(instance.file, { fileMustExist: true });
  db.defaultSafeIntegers(true);
  const tables = db
    .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .pluck()
    .all()
    .filter((name) => !name.startsWith("replicator_") && isWanted(name));
  const rows = tables.map((name) => [name, db.prepare(`SELECT * FROM "${name}" ORDER BY 1`).all()]);
  db.close();
  const files = readdirSync(instance.uploadDir).sort();
  const bytes = files.map((name) => [name, readFileSync(join(instance.uploadDir, name), "hex")]);
  return Object.fromEntries([...rows, ["files", bytes]]);
}

/** The tables that an apply must not touch. sqlite_sequence follows the replicated ones. */
export function isPrivate(table: string): boolean {
  return table !== "sqlite_sequence" && !catalog.some(({ name }) => name === table);
}

export function table(content: Content, name: string): Table {
  const found = content.tables.find((each) => each.name === name);
  assert.ok(found, `no table ${name}`);
  return found;
}

/** The content with the rows of one table changed by name. */
export function changeRows(
  content: Content,
  name: string,
  change: (rows: Record<string, Value>[]) => Record<string, Value>[],
): Content {
  const { columns, rows } = table(content, name);
  const named = rows.map(
    (row): Record<string, Value> =>
      Object.fromEntries(columns.map((column, position) => [column, row[position] ?? null])),
  );
  const changed = change(named).map((row): Row => columns.map((column) => row[column] ?? null));
  return {
    ...content,
    tables: content.tables.map((each) => (each.name === name ? { ...each, rows: changed } : each)),
  };
}

/** The content without a monitor and what hangs on it, as after its deletion in Kuma. */
export function removeMonitor(content: Content, id: bigint): Content {
  return ["monitor_notification", "monitor_group", "monitor_tag", "monitor_maintenance"].reduce(
    (changed, name) => changeRows(changed, name, (rows) => rows.filter((row) => row.monitor_id !== id)),
    changeRows(content, "monitor", (rows) => rows.filter((row) => row.id !== id)),
  );
}
