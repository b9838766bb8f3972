import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "../../../src/database/catalog.ts";
import type { Content, Snapshot } from "../../../src/snapshot/index.ts";
import { changeRows, removeMonitor, value } from "../fixtures.ts";
import type { ContractInstance } from "./engine.ts";

/** Another apply than that of `IDS`. */
export const NEXT_IDS = { snapshotId: "c".repeat(64), contentHash: "d".repeat(64) };

/** Tables whose rows are no history and not replicated, so that nothing of ours may ever change them. */
function isForeign(table: string): boolean {
  return table !== "sqlite_sequence" && !catalog.some(({ name }) => name === table);
}

/** What is here, as the snapshot of a primary; changed. */
export async function take(
  { kuma, kumaVersion }: ContractInstance,
  change = (content: Content) => content,
): Promise<Snapshot> {
  return {
    origin: {
      kumaVersion,
      instanceName: "primary",
      instanceId: "p",
      createdAt: "2026-11-23T08:00:00.000Z",
    },
    content: change(value(await kuma.read())),
  };
}

/** Rows and uploaded files. */
export async function dumpAll(instance: ContractInstance): Promise<Record<string, unknown>> {
  const { uploadDir } = instance;
  const files = readdirSync(uploadDir).sort();
  const bytes = files.map((name) => [name, readFileSync(join(uploadDir, name), "hex")]);
  return { ...(await instance.dump()), files: bytes };
}

/** Of the tables that an apply must not touch. */
export async function dumpForeign(instance: ContractInstance): Promise<Record<string, unknown>> {
  const all = Object.entries(await instance.dump());
  return Object.fromEntries(all.filter(([table]) => isForeign(table)));
}

/** Ids of the monitors that are no group and in none. */
export function plainMonitors({ tables }: Content): bigint[] {
  const monitors = tables.find(({ name }) => name === "monitor");
  assert.ok(monitors);
  const [id, type, parent] = ["id", "type", "parent"].map((name) => monitors.columns.indexOf(name));
  return monitors.rows
    .filter((row) => row[type ?? -1] !== "group" && row[parent ?? -1] === null)
    .map((row) => BigInt(String(row[id ?? -1])));
}

export async function countHistory({ query }: ContractInstance, monitor: bigint): Promise<number> {
  const rows = await query(`SELECT id FROM heartbeat WHERE monitor_id = ${monitor}`);
  return rows.length;
}

export function recolour(content: Content): Content {
  return changeRows(content, "tag", (rows) => rows.map((row) => ({ ...row, color: "#123456" })));
}

/** Something of every kind of change: rows that come, that change and that go, a monitor among them, and an icon. */
export function changeAll(icon: Uint8Array): (content: Content) => Content {
  return (content) => {
    const [first = 0n, second = 0n] = plainMonitors(content);
    const added = changeRows(removeMonitor(recolour(content), first), "monitor", (rows) => [
      ...rows.map((row) => (row.id === second ? { ...row, name: "renamed", interval: 77n } : row)),
      { ...rows.at(-1), id: 9000n, name: "new", parent: null },
    ]);
    const linked = changeRows(added, "monitor_tag", (rows) => [
      ...rows,
      { ...rows.at(-1), id: 9000n, monitor_id: 9000n },
    ]);
    return { ...linked, files: [{ name: "logo1.png", bytes: icon }] };
  };
}
