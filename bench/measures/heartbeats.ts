import { cpSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { historyTables } from "../../src/database/catalog.ts";
import type { Row, Snapshot } from "../../src/snapshot/index.ts";
import {
  addHeartbeats,
  apply,
  changeMonitors,
  fillWithMonitors,
  openData,
  taken,
  takeSnapshot,
} from "../databases.ts";
import { compare, type Figure, type Measure, type Pair, takePairs } from "../figure.ts";
import { timeOf } from "../stats.ts";

const HEARTBEATS = 10_000_000;
const MONITORS = 1_000;
const RUNS = 9;
const LIMIT = 1.2;
/** What grows with time; the others have a row or so per monitor. */
const GROWING = historyTables.filter((table) => table === "heartbeat" || table.startsWith("stat_"));

/** A long history must cost an apply nothing. */
export const heartbeats: Measure = {
  name: "a long history",
  measure: async (folder) => {
    const [bare, old, other] = ["bare", "old", "other"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    fillWithMonitors(bare, MONITORS);
    cpSync(bare, other, { recursive: true });
    cpSync(bare, old, { recursive: true });
    addHeartbeats(old, HEARTBEATS);
    changeMonitors(other, MONITORS, "changed");
    const snapshots = [takeSnapshot(other), takeSnapshot(bare)] as const;
    // There and back again, so that no run needs a fresh copy of a gigabyte.
    let next = { bare: 0, old: 0 };
    const run = (which: "bare" | "old", dataDir: string) => {
      const snapshot = snapshots[next[which] % 2 === 0 ? 0 : 1];
      next = { ...next, [which]: next[which] + 1 };
      return timeOf(() => apply(dataDir, snapshot));
    };
    run("bare", bare);
    run("old", old);
    const pairs = await takePairs(
      RUNS,
      () => run("old", old),
      () => run("bare", bare),
    );
    return [figure(pairs, explain(old, snapshots[0]))];
  },
};

function figure(pairs: readonly Pair[], steps: readonly string[]): Figure {
  const isScanned = steps.some((step) => step.startsWith("SCAN"));
  const about = {
    name: `diff and apply of ${MONITORS.toLocaleString("en")} changed monitors beside ${HEARTBEATS.toLocaleString("en")} heartbeats`,
    unit: "ms",
    reference: "the same without heartbeats",
    goal: `within ${LIMIT}, no scan of the history`,
    note: `how the history is found when a monitor is removed: ${steps.join("; ")}`,
  };
  return compare(pairs, about, (ratio) => ratio <= LIMIT && !isScanned);
}

/**
 * The steps of the query plans that concern a history that grows, of all statements of applies that remove a monitor
 * and give its id to another one, of the confirmation that drops history, of a roll back, and of the look for a
 * change.
 */
function explain(dataDir: string, snapshot: Snapshot): string[] {
  const statements = recordStatements(() => {
    apply(dataDir, withoutLastMonitor(snapshot));
    apply(dataDir, withAnotherMonitor(snapshot));
    taken(openData(dataDir).confirm());
    taken(openData(dataDir).rollBack());
    taken(openData(dataDir).hash());
  });
  const concerned = statements.filter((sql) => GROWING.some((table) => sql.includes(`"${table}"`)));
  const db = new Database(join(dataDir, "kuma.db"), { readonly: true });
  try {
    const steps = concerned.flatMap((sql) =>
      db
        .prepare<[object], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all({ monitor: 1, monitors: "[1]", from: 1, to: 2 }),
    );
    return steps.map(({ detail }) => detail).filter((step) => GROWING.some((table) => step.includes(table)));
  } finally {
    db.close();
  }
}

/** The last monitor's id belongs to something else. */
function withAnotherMonitor({ origin, content }: Snapshot): Snapshot {
  const tables = content.tables.map((table) => {
    if (table.name !== "monitor") return table;
    const other = { type: "ping", name: "another", url: "https://", hostname: "another.example" };
    const change = (row: Row) => row.map((value, at) => ({ ...other })[table.columns[at] ?? ""] ?? value);
    return {
      ...table,
      rows: table.rows.map((row, at) => (at === table.rows.length - 1 ? change(row) : row)),
    };
  });
  return { origin, content: { ...content, tables } };
}

function withoutLastMonitor({ origin, content }: Snapshot): Snapshot {
  const tables = content.tables.map((table) => {
    if (table.name === "monitor") return { ...table, rows: table.rows.slice(0, -1) };
    return table.name.startsWith("monitor_") ? { ...table, rows: [] } : table;
  });
  return { origin, content: { ...content, tables } };
}

function recordStatements(work: () => void): string[] {
  const seen = new Set<string>();
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function record(this: Database.Database, sql: string) {
    seen.add(sql);
    return prepare.call(this, sql);
  } as typeof prepare;
  try {
    work();
  } finally {
    Database.prototype.prepare = prepare;
  }
  return [...seen];
}
