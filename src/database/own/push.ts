import type { Database } from "better-sqlite3";
import type { Content, Row } from "../../snapshot/index.ts";
import { hasRemembered, REMEMBERED, type Remembered } from "./remembered.ts";

/** `monitor.active`, and the type whose checks come from outside (src/util.ts of Kuma, 1.23 to 2.5). */
const [ACTIVE, PAUSED, PUSH] = [1n, 0n, "push"];

/** Remembered of a monitor: the snapshot has it active. */
const WAS_ACTIVE = "active";

/**
 * Content with every push monitor paused, and which of them are active in it: what pushes reaches one instance alone,
 * and every other one would raise an alarm.
 */
export function pausePush(content: Content): { readonly content: Content; readonly paused: Remembered[] } {
  const paused: Remembered[] = [];
  const tables = content.tables.map((table) => {
    const [id, type, active] = ["id", "type", "active"].map((name) => table.columns.indexOf(name));
    if (table.name !== "monitor" || id === undefined || type === undefined || active === undefined)
      return table;
    const rows = table.rows.map((row): Row => {
      const monitor = row[id];
      if (row[type] !== PUSH || row[active] !== ACTIVE || typeof monitor !== "bigint") return row;
      paused.push({ table: table.name, row: monitor, value: WAS_ACTIVE });
      return row.with(active, PAUSED);
    });
    return { ...table, rows };
  });
  return { content: { ...content, tables }, paused };
}

/**
 * `monitor.active` as the snapshot has it, as an SQL expression: so a push monitor that is paused here by us alone is
 * no difference. Undefined: as it is here.
 * @param row the name under which the statement knows the table
 */
export function publishedActive(db: Database, row: string): string | undefined {
  return countPaused(db) === 0 ? undefined : `CASE WHEN ${isPaused(row)} THEN 1 ELSE ${row}.active END`;
}

/** How many push monitors we have paused and nobody has resumed. */
export function countPaused(db: Database): number {
  if (!hasRemembered(db)) return 0;
  const counted = db
    .prepare<[], bigint>(`SELECT count(*) FROM monitor WHERE ${isPaused("monitor")}`)
    .pluck()
    .get();
  return Number(counted);
}

/** Resumes all of them: this instance is the primary now. Must run in a transaction, with Kuma stopped. */
export function resumePush(db: Database): number {
  if (!hasRemembered(db)) return 0;
  const { changes } = db.prepare(`UPDATE monitor SET active = 1 WHERE ${isPaused("monitor")}`).run();
  db.prepare(`DELETE FROM ${REMEMBERED} WHERE table_name = 'monitor'`).run();
  return changes;
}

function isPaused(row: string): string {
  return `${row}.type = '${PUSH}' AND ${row}.active = 0 AND ${row}.id IN (
    SELECT row_id FROM ${REMEMBERED} WHERE table_name = 'monitor' AND value = '${WAS_ACTIVE}')`;
}
