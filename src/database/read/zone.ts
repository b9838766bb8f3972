import type { Database } from "better-sqlite3";
import { quote } from "../sqlite/connection.ts";

/**
 * The zone that Kuma takes where none is set or where it shall be the server's, decided as Kuma decides it (getTimezone
 * in server/uptime-kuma-server.js, the same in 1.23.17 and 2.5.3): TZ of its environment, the setting serverTimezone,
 * the zone of the machine, UTC; a zone that does not exist is skipped. Kuma goes by a setting that was changed while it
 * runs with TZ until its next start only, so TZ comes first here too.
 * @param tz TZ as Kuma's process sees it
 */
export function readServerZone(db: Database, tz: string | undefined): string {
  const candidates = [tz, readZoneSetting(db), Intl.DateTimeFormat().resolvedOptions().timeZone];
  return candidates.find((zone) => zone !== undefined && zone !== "" && isZone(zone)) ?? "UTC";
}

/**
 * The zone of a maintenance window as an SQL expression that means the same on every instance. Without a zone Kuma
 * takes the server's, unless the window has no cron expression either: then it is UTC (run in
 * server/model/maintenance.js).
 * @param row the name under which the statement knows the table
 * @param zone from `readServerZone`
 */
export function settledZone(row: string, column: string, zone: string): string {
  const own = `${row}.${quote(column)}`;
  const isServers = `${own} = 'SAME_AS_SERVER' OR (ifnull(${own}, '') = '' AND ifnull(${row}."cron", '') <> '')`;
  return `CASE WHEN ${isServers} THEN '${zone.replaceAll("'", "''")}' ELSE ${own} END`;
}

/** The zone that was chosen on Kuma's page of settings, which it stores as JSON. */
export function readZoneSetting(db: Database): string | undefined {
  const value = db.prepare("SELECT value FROM setting WHERE key = 'serverTimezone'").pluck().get();
  try {
    const zone: unknown = JSON.parse(String(value));
    return typeof zone === "string" ? zone : undefined;
  } catch {
    return undefined;
  }
}

function isZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat("en-US", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}
