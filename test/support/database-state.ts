import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { copyDatabase } from "./copy-database.ts";
import { assertInvariant } from "./invariant.ts";
import { readLocalTables, readReplicatedTables, type TableRows } from "./rows.ts";

/** All that a database held at one moment, as text that can be compared. */
export interface DatabaseState {
  /** By table. */
  readonly replicated: ReadonlyMap<string, string>;
  /** By table, one text per row; without what the stand-in itself writes. */
  readonly local: ReadonlyMap<string, readonly string[]>;
  /** Ids of the monitors. */
  readonly monitors: ReadonlySet<string>;
  /** Whether Kuma was seen running with what was applied last; undefined before the first apply. */
  readonly proven: boolean | undefined;
  /** The counters of the replicated tables, which only a roll back restores. */
  readonly sequences: string;
  /** The uploaded icon. */
  readonly icon: string | undefined;
}

/**
 * Looks at a database, and insists that it is whole. A copy is looked at, -wal included: opening the database itself
 * would recover it, and that is for the next start to do.
 */
export function readState(dataDir: string): DatabaseState {
  const folder = mkdtempSync(join(tmpdir(), "faults-look-"));
  try {
    copyDatabase(dataDir, folder);
    const file = join(folder, "kuma.db");
    const { integrity, proven, sequences } = ask(file);
    assertInvariant(integrity === "ok", `integrity_check of ${dataDir}: ${integrity}`);
    const tables = { replicated: readReplicatedTables(file), local: readLocalTables(file) };
    return stateOf(dataDir, tables, { proven, sequences });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The state of a database by its rows, whatever the engine. @param dataDir has the icon */
export function stateOf(
  dataDir: string,
  tables: Readonly<Record<"replicated" | "local", Readonly<Record<string, TableRows>>>>,
  facts: Pick<DatabaseState, "proven" | "sequences">,
): DatabaseState {
  const { monitor } = tables.replicated;
  const icon = join(dataDir, "upload", "logo1.png");
  const [replicated, local] = [Object.entries(tables.replicated), Object.entries(tables.local)];
  return {
    replicated: new Map(replicated.map(([table, rows]) => [table, toTexts(rows).join("\n")])),
    local: new Map(local.map(([table, rows]) => [table, toTexts(withoutBeats(rows))])),
    monitors: new Set(monitor && columnOf(monitor, "id").map(String)),
    ...facts,
    icon: existsSync(icon) ? readFileSync(icon, "utf8") : undefined,
  };
}

function ask(file: string): { integrity: string; proven: boolean | undefined; sequences: string } {
  const db = new Database(file, { fileMustExist: true });
  try {
    const integrity = String(db.pragma("integrity_check", { simple: true }));
    const hasRecord = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'replicator_apply'").get();
    const proven = hasRecord && db.prepare("SELECT proven FROM replicator_apply").pluck().get();
    const counters = db
      .prepare("SELECT name, seq FROM sqlite_sequence WHERE name <> 'heartbeat' ORDER BY name")
      .all();
    return {
      integrity,
      sequences: JSON.stringify(counters),
      proven: proven === undefined ? undefined : proven === 1,
    };
  } finally {
    db.close();
  }
}

/** Without the heartbeats of the stand-in. */
function withoutBeats(table: TableRows): TableRows {
  const messages = columnOf(table, "msg");
  return { ...table, rows: table.rows.filter((_row, at) => messages[at] !== "stand-in") };
}

function columnOf({ columns, rows }: TableRows, name: string): unknown[] {
  const position = columns.indexOf(name);
  return rows.map((row) => row[position]);
}

/** Each row as JSON with its columns' names; an exact integer as "1n". */
function toTexts({ columns, rows }: TableRows): string[] {
  const keys = columns.map((column) => `${JSON.stringify(column)}:`);
  const toText = (value: unknown) => JSON.stringify(typeof value === "bigint" ? `${value}n` : value);
  return rows.map((row) => `{${keys.map((key, at) => key + toText(row[at])).join(",")}}`);
}

/** Tables whose replicated rows differ. */
export function differing(a: DatabaseState, b: DatabaseState): string[] {
  return [...new Set([...a.replicated.keys(), ...b.replicated.keys()])].filter(
    (table) => (a.replicated.get(table) ?? "") !== (b.replicated.get(table) ?? ""),
  );
}

/** Insists that the replicated rows are wholly those of one of the looks; gives which. */
export function assertEqualsOneOf(
  now: DatabaseState,
  candidates: Readonly<Record<string, DatabaseState>>,
): string {
  const differences = Object.entries(candidates).map(([name, readState]) => ({
    name,
    tables: differing(now, readState),
  }));
  const whole = differences.find(({ tables }) => tables.length === 0);
  assertInvariant(
    whole !== undefined,
    `replicated rows are neither: ${differences.map(({ name, tables }) => `from ${name} differ ${tables.join(", ")}`).join("; ")}`,
  );
  return whole.name;
}

/**
 * Insists that every other row is as before. Only the history of a monitor that is gone may be gone, too, once the
 * configuration without that monitor is proven.
 */
export function assertLocalUnchanged(before: DatabaseState, now: DatabaseState): void {
  assertNothingLost(before, now, [...before.local.keys()]);
  for (const [table, rows] of now.local) {
    const known = new Set(before.local.get(table));
    const strange = rows.find((row) => !known.has(row));
    assertInvariant(strange === undefined, `table ${table} has a row that nobody wrote: ${strange}`);
  }
}

/** Insists that nothing at all has changed since: neither replicated rows nor any other. Gives the new look. */
export function assertUnchanged(dataDir: string, before: DatabaseState): DatabaseState {
  const now = readState(dataDir);
  assertEqualsOneOf(now, { before });
  assertLocalUnchanged(before, now);
  return now;
}

/**
 * Insists on other rows as `insistLocalUnchanged` does, for a real Kuma, which writes by itself: no former row of
 * these tables is changed or lost.
 */
export function assertNothingLost(
  before: DatabaseState,
  now: DatabaseState,
  tables: readonly string[],
): void {
  for (const table of tables) {
    const rows = new Set(now.local.get(table));
    const former = before.local.get(table) ?? [];
    const lost = former.find((row) => !rows.has(row) && !mayBeGone(row, before, now));
    assertInvariant(lost === undefined, `table ${table} lost a row: ${lost}`);
  }
}

function mayBeGone(row: string, before: DatabaseState, now: DatabaseState): boolean {
  const monitor = /"monitor_id":"(-?\d+)n"/.exec(row)?.[1];
  if (monitor === undefined || now.monitors.has(monitor)) return false;
  return now.proven === true || !before.monitors.has(monitor);
}
