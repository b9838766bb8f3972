import { success } from "../../result.ts";
import { keptForUndo } from "../read/inspect.ts";
import { readZoneSetting } from "../read/zone.ts";
import { quote } from "../sqlite/connection.ts";
import type { DatabaseResult, Inspection } from "../types.ts";
import { toServer } from "./history.ts";
import type { Mirror } from "./mirror.ts";
import type { Session } from "./session.ts";
import { historyTablesHere } from "./tables.ts";

/** As `inspectDatabase` of SQLite. @param mirror with the rows, among which the setting of the zone is */
export async function inspectServer({ db }: Mirror, session: Session): Promise<DatabaseResult<Inspection>> {
  const kept = keptForUndo(db);
  if (!kept.ok) return kept;
  // No monitor has 0, and a list must not be empty.
  const ids = [0n, ...kept.value.map(toServer)];
  const orphans: { table: string; rows: number }[] = [];
  for (const table of await historyTablesHere(session)) {
    const [[rows = 0] = []] = await session.ask(
      `SELECT COUNT(*) FROM ${quote(table)} WHERE monitor_id NOT IN (SELECT id FROM monitor)
      AND monitor_id NOT IN (${ids.map(() => "?").join(", ")})`,
      ids,
    );
    if (Number(rows) > 0) orphans.push({ table, rows: Number(rows) });
  }
  return success({ zoneSetting: readZoneSetting(db), orphans });
}

/** See `KumaDatabase.serverUpFor`. */
export async function readUptime(session: Session): Promise<DatabaseResult<number>> {
  const [[, seconds = 0] = []] = await session.read("SHOW GLOBAL STATUS LIKE 'Uptime'");
  return success(Number(seconds) * 1_000);
}
